"""French is complete and good: every sentence has it, its holes are the same, its typography is French, and no page
or letter shows a word that did not pass through it."""

import re
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from flask_babel import force_locale

from portal import doctor, i18n, mail, translations
from portal.catalogue import codebook
from portal.catalogue.geography import reference
from portal.exports import package_words
from tests.house.doors import DOORS

ROOT = Path(__file__).parents[2]
HOLE = re.compile(r"%\((\w+)\)([sd])")
# Sentences that French writes as English does.
SAME = {
    "%(number)s s", "Mixed Migration Centre",
    "%(num)s variable", "%(num)s variables", "%(passed)s / %(tried)s", "Catalogue", "Clause", "Code", "Condition",
    "Condition (%(who)s)", "Conditions", "Copies", "Date", "Destination", "Destruction", "Documents", "Incident",
    "Incidents", "Interview", "Invitation", "Invitations", "Menu", "Message", "Messages", "Note", "Organisation",
    "Organisations", "Page", "Pages", "Protection", "Publication", "Publications", "Question", "SHA-256", "Session", "Signatures", "Source", "Type",
    "Variable", "Variables", "Version", "Version %(number)s", "Versions", "antivirus", "note", "organisation", "type",
    "version %(number)s",
}  # fmt: skip
# Words that are English and never French; a French sentence that holds one was not translated, or only half.
ENGLISH = re.compile(
    r"\b(the|and|of|with|this|that|your|you|is|are|was|were|been|not|nothing|request|release|dataset|download|upload"
    r"|track|scope|tier|agreement|people|person|rows?|password|sign|log|region'?s)\b",
    re.IGNORECASE,
)
CATALOGUE = translations.catalogue("fr")
SENTENCES = [message for message in CATALOGUE if message.id]


def forms(message):
    """Return (English, French) for each plural form of a sentence."""
    if isinstance(message.id, tuple):
        singular, plural = message.id
        return list(zip([singular, plural], message.string, strict=True))
    return [(message.id, message.string)]


PAIRS = [pair for message in SENTENCES for pair in forms(message)]


def test_code_templates_and_catalogue_say_the_same_sentences():
    assert list(doctor.untranslated()) == []


def test_the_doctor_notices_a_sentence_without_french(monkeypatch):
    monkeypatch.setattr(doctor, "sentences", lambda: {"A sentence nobody wrote": ("A sentence nobody wrote",)})
    found = list(doctor.untranslated())
    assert "translations/fr: not translated: 'A sentence nobody wrote'" in found
    assert any("no page says this any more" in one for one in found)


def test_french_has_its_two_plurals_and_nothing_is_doubtful():
    assert CATALOGUE.plural_expr == "(n > 1)"
    assert not CATALOGUE.fuzzy
    assert not [message.id for message in SENTENCES if message.fuzzy]


def test_every_hole_of_a_sentence_is_filled_in_french_too():
    assert [
        pair
        for pair in PAIRS
        if sorted(HOLE.findall(pair[0])) != sorted(HOLE.findall(pair[1]))
        and "%(num)s" not in pair[1]
        and "One" not in pair[0]
    ] == []
    assert [pair for pair in PAIRS if "%" in HOLE.sub("", pair[1]).replace("%%", "")] == []


def test_no_sentence_is_left_in_english():
    assert sorted({english for english, french in PAIRS if english == french} - SAME) == []
    assert [french for _, french in PAIRS if ENGLISH.search(HOLE.sub("", french))] == []


def test_french_typography():
    wrong = re.compile(
        r"[^\s\u00a0\u202f(]([;?!»](?=\s|$)|:(?=\s|$))|[ \u00a0][;?!]|[ \u202f]:|«(?!\u00a0)| »|'|\"|“|”| {2}"
    )
    assert [french for _, french in PAIRS if wrong.search(f" {HOLE.sub('x', french)}".removeprefix(" "))] == []


def test_sentences_end_alike():
    ends = [pair for pair in PAIRS if (pair[0][-1] in ".?!") != (pair[1][-1:] in {".", "?", "!"}) and " " in pair[0]]
    assert [pair for pair in ends if not pair[0].endswith((":", ")"))] == []


@pytest.mark.parametrize(
    ("value", "english", "french"), [(1234567, "1,234,567", "1\u202f234\u202f567"), ("2750", "2,750", "2\u202f750"),
                                     ("<30", "<30", "<30"), (None, "–", "–"), (0.5, "0.5", "0,5")])  # fmt: skip
def test_numbers_are_grouped_as_each_language_does(app, value, english, french):
    with app.test_request_context():
        for language, expected in (("en", english), ("fr", french)):
            with force_locale(language):
                assert i18n.number(value) == expected


def test_shares_and_sizes_are_written_as_each_language_does(app):
    with app.test_request_context():
        with force_locale("en"):
            assert (i18n.percent(0.0764), i18n.percent(0.5, 0), i18n.percent(None)) == ("7.6%", "50%", "–")
            assert (i18n.size(1_540_000), i18n.size(12), i18n.size(None)) == ("1.5 MB", "12 byte", "–")
        with force_locale("fr"):
            assert (i18n.percent(0.0764), i18n.percent(0.5, 0)) == ("7,6\u00a0%", "50\u00a0%")
            assert i18n.size(1_540_000) == "1,5\u202fMo"


# ---- pages ----
class Marking:
    """French in which every sentence is the English one between brackets: what stands outside them is no sentence."""

    @staticmethod
    def ugettext(text):
        return f"⟦{text}⟧"

    @classmethod
    def ungettext(cls, singular, plural, number):
        return cls.ugettext(singular if number == 1 else plural)


class Words(HTMLParser):
    """Every text a reader meets on a page, aloud or in print; what is set as code is nobody's language."""

    SPOKEN = frozenset({"aria-label", "title", "alt", "placeholder", "data-label", "data-count", "data-search"})
    SPOKEN |= {"data-found", "data-all", "data-none"}

    def __init__(self, html):
        super().__init__()
        self.found, self.inside = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "style", "code", "pre"}:
            self.inside.append(tag)
        self.found += [value for name, value in attrs if value and (name in self.SPOKEN or "data-words" in name)]

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside and data.strip():
            self.found.append(" ".join(data.split()))


def outside(text):
    """Return the words of a text that stand outside the brackets."""
    while "⟦" in text:
        bare = re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
        if bare == text:
            return ["unbalanced", text]
        text = bare
    return re.findall(r"[^\W\d_]{3,}", re.sub(r"\b[0-9a-f-]{8,}\b", " ", text))  # a reference, cut short, is no word


def data(world):
    """Return the words that are data: names, titles, French labels, dates, time zones, the portal's own names."""
    book, french = codebook.reference(), package_words.load("fr")
    labels = [one.label_fr for one in reference().regions.values()]
    labels += [choice.label_fr for codes in book.choices.values() for choice in codes.values()]
    labels += [variable.label_fr for variable in book.variables.values()]
    labels += [text for texts in french.texts.values() for text in texts.values() if isinstance(text, str)]
    labels += ["janv févr mars avr mai juin juil août sept oct nov déc", *french.texts["format"]["months"]]
    labels += [
        "il y a dans seconde secondes minute minutes heure heures jour jours mois an ans",
        *available_timezones(),
    ]
    labels += [
        "English Français Mixed Migration Centre info@mixedmigration.org UTC package.zip gdpr@drc.ngo tests PDF PNG JPEG DOCX"
    ]
    labels += [repr(world.contents(log=False)), " ".join(str(rule) for rule in world.app.url_map.iter_rules())]
    labels += [rule.endpoint for rule in world.app.url_map.iter_rules()]
    return set(re.findall(r"[^\W\d_]{3,}", " ".join(labels)))


READ = [door for door in DOORS if door.method == "GET" and "static" not in door.rule and "healthz" not in door.rule]


@pytest.mark.long
def test_no_page_shows_a_word_that_did_not_pass_through_gettext(world, monkeypatch):
    monkeypatch.setattr(translations, "compiled", lambda _language: Marking)
    known, strange, pages = data(world), {}, 0
    for path, name in [*((door.path(world), door.may[0]) for door in READ), ("/nothing-here", "author")]:
        browser = world.browser(name)
        browser.set_cookie("portal_language", "fr", domain="localhost")
        answer = browser.get(path)
        if answer.mimetype != "text/html" or answer.status_code in {302, 303}:
            continue
        pages += 1
        spoken = {word for text in Words(answer.text).found for word in outside(text)}
        strange |= {path: sorted(spoken - known)} if spoken - known else {}
    assert pages > 40
    assert strange == {}


def test_a_french_page_is_french(world):
    browser = world.browser("author")
    browser.set_cookie("portal_language", "fr", domain="localhost")
    page = browser.get(f"/requests/{world.refs['offered']}").text
    assert '<html lang="fr"' in page
    assert "Proposition à accepter" in page
    assert "Se déconnecter" in page


# ---- letters ----
NAMED = {path.stem for path in (ROOT / "templates/mail").glob("*.txt")}
VALUES = {
    "name": "Amina",
    "number": "MMC-4Mi-2026-0001",
    "dataset": {"label_en": "Core survey", "label_fr": "Enquête principale"},
    "region": {"label_en": "Europe", "label_fr": "Europe"},
    "path": "/requests/1",
    "ref": "1",
    "days": 30,
    "verdict": "approve",
    "manager": "Moussa Diallo",
    "first": "2026-12-01",
    "last": "2026-12-09",
    "zone": "Africa/Dakar",
    "day": {"label_en": "1 December 2026", "label_fr": "1er décembre 2026"},
    "inviter": "Elena Rossi",
    "house": "MMC",
    "organisation": "IOM",
    "nonce": "n" * 43,
    "hours": 24,
    "what": "build",
    "agreement": "MoU-2026-001",
    "asker": "Amina",
}
MANY = {"request_ended": ["rejected", "lapsed", "cancelled", "expired", "unconfirmed", "closed"],
        "request_stopped": ["suspended", "active", "revoked"],
        "emergency_settled": ["granted", "refused", "lapsed", "stopped", "over"],
        "emergency_told": ["asked", "granted"]}  # fmt: skip
LETTERS = [(name, how) for name in sorted(NAMED) for how in MANY.get(name, [""])]


def test_every_letter_the_code_writes_has_its_template_and_every_template_its_letter():
    calls = re.compile(
        r"""(?:to_requester|about_track|about_obligation|to_officers|_tell|_send|write)\((?:[^()]|\([^()]*\))*?"([a-z]+[-_][a-z_-]+)\"""",
        re.DOTALL,
    )
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "portal").rglob("*.py")]
    assert {name for text in code for name in calls.findall(text)} == NAMED


@pytest.mark.parametrize(("name", "how"), LETTERS)
def test_every_letter_is_written_in_both_languages(context, name, how):
    letters = {}
    for language in ("en", "fr"):
        letter = mail.Letter(message_id="x", address="a@example.org", language=language, template=name,
                             values=VALUES | {"how": how})  # fmt: skip
        with context.test_request_context():
            letters[language] = mail.compose(letter)
    english, french = letters["en"], letters["fr"]
    assert english["Subject"]
    assert french["Subject"] != english["Subject"]
    assert not re.search(r"&[a-z#0-9]+;", french.get_content()), "a letter is no HTML"
    for text in (french["Subject"], french.get_content()):
        bare = text.replace("example.org", "").replace("http://localhost:8000/requests", "")
        assert not ENGLISH.search(bare), text
    assert "\n\n\n" not in english.get_content()
