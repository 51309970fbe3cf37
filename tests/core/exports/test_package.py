"""What a recipient gets: whole, readable, the same bytes every time, and nothing on disk on the way."""

import csv
import datetime as dt
import hashlib
import io
import json
import sys
import threading
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from portal.disclosure import leaks
from portal.errors import Withheld
from portal.exports import package_sheets
from portal.exports.package import ORDER, Diversity, build, members
from portal.exports.package_content import Changes
from portal.exports.pseudonym import relabel
from tests.core.exports.content import a_content, frame, variables

LANGUAGES = ("en", "fr")


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def parts(language):
    return members(a_content(language=language))


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_package_has_every_member_in_order_and_its_checksums_hold():
    with zipfile.ZipFile(io.BytesIO(build(a_content(changes=Changes("MMC-1 v1", (("A", "gone"),)))))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(ORDER)
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(ORDER) - {"SHA256SUMS"}
        assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_content_gives_equal_bytes(language):
    assert build(a_content(language=language)) == build(a_content(language=language))


def test_the_same_moment_in_another_zone_gives_the_same_bytes():
    zone = dt.timezone(dt.timedelta(hours=3))
    moment = a_content().created_at
    assert build(a_content(created_at=moment.astimezone(zone))) == build(a_content())


def test_another_moment_gives_other_bytes():
    assert build(a_content(created_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC))) != build(a_content())


def test_no_file_is_opened_for_writing_while_a_package_is_built():
    opened = []
    here = threading.get_ident()
    watching = [True]

    def watch(event, args):
        if (
            watching[0]
            and threading.get_ident() == here
            and (event == "open" or event.startswith(("tempfile", "os.mkdir")))
        ):
            opened.append((event, args))

    sys.addaudithook(watch)
    build(a_content())
    watching[0] = False
    writes = [(event, args) for event, args in opened if event != "open" or _writes(args)]
    assert writes == []


def _writes(args):
    _, mode, flags = args
    return (isinstance(mode, str) and any(sign in mode for sign in "wax+")) or bool((flags or 0) & 0o3)


def test_the_watch_on_files_sees_a_spill(monkeypatch):
    monkeypatch.setitem(package_sheets.OPTIONS, "in_memory", False)
    seen = []
    watching = [True]

    def watch(event, _):
        if watching[0]:
            seen.append(event)

    sys.addaudithook(watch)
    build(a_content())
    watching[0] = False
    assert any(event.startswith("tempfile") for event in seen)


def test_data_csv_holds_the_codes_as_they_are(parts):
    assert not parts["data.csv"].startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in parts["data.csv"]
    rows = rows_of(parts["data.csv"])
    source = frame()
    assert [row["record_id"] for row in rows] == source["record_id"].tolist()
    for name in ("country", "year", "drivers", "exp_types", "balance", "cost"):
        assert [row[name] for row in rows] == source[name].tolist()
    assert {row["synthetic"] for row in rows} == {"synthetic"}


def test_namibia_survives_every_reader(parts):
    read = pd.read_csv(io.BytesIO(parts["data.csv"]), dtype=str, keep_default_na=False)
    assert (read["country"] == "NA").sum() == (frame()["country"] == "NA").sum() > 0


def test_labels_are_in_the_language_of_the_recipient(parts, language):
    assert parts["data_labels.csv"].startswith(b"\xef\xbb\xbf")
    rows = rows_of(parts["data_labels.csv"])
    place = {"en": 0, "fr": 1}[language]
    assert {row["gender"] for row in rows} == {("Man", "Homme")[place], ("Woman", "Femme")[place]}
    cells = {row["exp_types"] for row in rows}
    assert ("Sexual violence; Robbery", "Violence sexuelle; Vol")[place] in cells
    assert ("[None chosen]", "[Aucune réponse choisie]")[place] in cells
    assert ("[Suppressed]", "[Masqué]")[place] in {row["country"] for row in rows}
    assert "" in {row["drivers"] for row in rows}, "skipped stays empty"
    assert ("synthetic", "synthétique")[place] in {row["synthetic"] for row in rows}


def test_a_code_without_a_label_stays_visible():
    table = frame()
    table.loc[0, "smuggler_use"] = "unheard"
    rows = rows_of(members(a_content(frame=table))["data_labels.csv"])
    assert rows[0]["smuggler_use"] == "unheard"


def test_data_that_are_not_synthetic_do_not_say_so():
    made = members(a_content(synthetic=False))
    for name, data in made.items():
        if name != "data.xlsx":
            assert b"ynthetic" not in data.replace(b'"synthetic": false', b""), name
    assert "synthetic" not in rows_of(made["data.csv"])[0]


@pytest.mark.parametrize("name", [name for name in ORDER if name not in {"SHA256SUMS", "data.xlsx", "changes.csv"}])
def test_every_member_a_person_reads_says_synthetic(parts, language, name):
    text = parts[name].decode("utf-8-sig").lower()
    word = "synthetic" if language == "en" or name == "data.csv" else "synthéti"
    assert word in text


@pytest.mark.parametrize(
    "name", ["README.html", "methodology.html", "citation.txt", "citation.bib", "disclosure_report.json"]
)
def test_a_delivery_carries_the_sentence_that_it_is_not_representative(parts, language, name):
    sentence = {
        "en": "should not be considered as representative",
        "fr": "ne doivent pas être considérés comme représentatifs",
    }
    assert sentence[language] in parts[name].decode()


def test_an_event_file_speaks_of_incidents_and_claims_no_k():
    changes = {"k": 0, "keys": (), "diversity": (), "sources": ("IOM Missing Migrants Project, CC BY 4.0.",)}
    for language, word in (("en", "minimum estimate"), ("fr", "estimation minimale")):
        made = members(a_content(language=language, **changes))
        assert word in made["methodology.html"].decode()
        assert all("CC BY 4.0" in made[name].decode() for name in ("citation.txt", "README.html"))
        assert "0 record" not in made["methodology.html"].decode()
        report = json.loads(made["disclosure_report.json"])
        assert (report["unit"], report["keys"], report["k"]) == ("incident", [], 0)


def test_the_report_declares_what_a_recount_needs(parts):
    report = json.loads(parts["disclosure_report.json"])
    assert report["k"] == 5
    assert report["keys"] == ["region", "country", "year", "gender"]
    assert report["suppressed_code"] == ".s"
    assert report["diversity"] == [{"variable": "exp_types", "code": "sexual", "max_share": 0.5, "min_no": 2}]
    assert report["figures"]["smallest_class"] == 6
    assert report["figures"]["rows"] == 78
    assert report["figures"]["hidden_by_variable"] == {"country": 6}
    assert [column["name"] for column in report["columns"]] == list(rows_of(parts["data.csv"])[0])


def test_pages_escape_what_they_are_given(parts):
    for name in ("README.html", "terms.html"):
        text = parts[name].decode()
        assert "Institute of &lt;Migration&gt; &amp; Studies" in text
        assert "<Migration>" not in text


class Nesting(HTMLParser):
    """Notes elements that are not closed in order, and blocks inside a paragraph."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if "p" in self.open and tag in {"p", "table", "dl", "ul", "h2", "h3", "article"}:
            self.wrong.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


@pytest.mark.parametrize("name", [name for name in ORDER if name.endswith(".html")])
def test_pages_are_nested_as_html_is(parts, name):
    reader = Nesting()
    reader.feed(parts[name].decode())
    assert (reader.open, reader.wrong) == ([], [])


def test_pages_load_nothing_and_run_nothing(parts):
    for name, data in parts.items():
        if name.endswith(".html"):
            text = data.decode()
            found = [sign for sign in ("<script", "http://", "https://", "url(", "@import", " src=") if sign in text]
            assert found == [], name


def test_the_codebook_has_a_row_for_every_variable_and_code(parts):
    rows = rows_of(parts["codebook.csv"])
    named = [row["variable"] for row in rows if row["type"]]
    assert named == ["record_id", *(v.name for v in variables()), "synthetic"]
    risks = {row["code"]: int(row["records"]) for row in rows if row["variable"] == "exp_types" and row["code"]}
    answers = [cell.split(" ") for cell in frame()["exp_types"]]
    assert risks["sexual"] == sum("sexual" in cell for cell in answers)
    assert risks["0"] == sum(cell == ["0"] for cell in answers)


def test_a_number_too_many_for_a_sheet_leaves_the_workbook_out(monkeypatch):
    monkeypatch.setattr("portal.exports.package.SHEET_ROWS", 77)
    made = members(a_content())
    assert "data.xlsx" not in made
    assert "no data.xlsx" in made["README.html"].decode()
    monkeypatch.setattr("portal.exports.package.SHEET_ROWS", 78)
    assert "data.xlsx" in members(a_content())


def test_a_group_below_k_is_withheld():
    thin = frame().drop(index=[0, 1]).reset_index(drop=True)
    with pytest.raises(Withheld, match="smaller than k"):
        build(a_content(frame=thin))
    exact = frame().drop(index=[1]).reset_index(drop=True)
    assert build(a_content(frame=exact))


def test_a_broken_diversity_rule_is_withheld():
    table = frame()
    table.loc[0:3, "exp_types"] = "sexual"
    with pytest.raises(Withheld, match="exp_types"):
        build(a_content(frame=table))


def test_too_few_others_are_withheld():
    rule = Diversity(variable="exp_types", code="sexual", max_share=0.5, min_no=5)
    with pytest.raises(Withheld, match="exp_types"):
        build(a_content(diversity=(rule,)))


def test_an_attack_that_succeeded_is_withheld():
    with pytest.raises(Withheld, match="attack"):
        build(a_content(attack={"attacks": {"prosecutor": {"records_at_risk": 3, "passed": False}}}))


def test_an_attack_with_a_name_of_its_own_is_shown():
    made = members(a_content(attack={"new_one": {"records_at_risk": 0, "passed": True}}))
    assert "Other check: new_one" in made["disclosure_report.html"].decode()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"frame": frame().rename(columns={"record_id": "interview_id"})}, "frame: its first column is not record_id"),
        ({"frame": frame().assign(interview_id="x")}, "frame: interview_id never leaves"),
        ({"frame": frame().drop(columns="cost")}, "variables"),
        ({"keys": ("country", "region")}, "keys"),
        ({"keys": ()}, "keys"),
        ({"k": 1}, "k"),
        ({"k": 0}, "keys"),
        (
            {
                "frame": frame().assign(synthetic="x"),
                "variables": (*variables(), replace(variables()[-1], name="synthetic")),
            },
            "frame: a column",
        ),
        ({"diversity": (Diversity(variable="absent", code="x", max_share=0.5),)}, "diversity"),
        ({"language": "es"}, "language"),
        ({"created_at": a_content().created_at.replace(tzinfo=None)}, "created_at"),
        ({"reference": "../../x"}, "reference"),
        ({"reference": "a\r\nb"}, "reference"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(changes, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}"):
        a_content(**changes)


def test_an_empty_selection_still_makes_a_package():
    made = members(a_content(frame=frame().iloc[:0]))
    assert len(made["data.csv"].splitlines()) == 1
    assert made["data.xlsx"]


def test_years_are_listed_and_never_written_with_a_separator(parts):
    text = parts["codebook.html"].decode()
    assert "<code>2019</code>" in text
    assert "2,019" not in text
    assert "2\u202f019" not in text


def test_uniqueness_outside_the_keys_is_told_and_never_called_held():
    attack = {"passed": True, "attacks": {"uniqueness": {"records_at_risk": 71, "passed": True, "facts": {}}}}
    text = members(a_content(attack=attack))["disclosure_report.html"].decode()
    assert "71" in text
    assert "protection held" not in text


def test_the_engine_finds_no_leak_in_a_package_of_many_pseudonyms():
    table = pd.concat([frame(per_class=20, seed=place) for place in range(5)], ignore_index=True).drop(
        columns="record_id"
    )
    table.insert(0, "interview_id", [f"{place:x}" for place in range(len(table))])
    named = relabel(table, lambda data: hashlib.sha256(data).digest())
    packed = build(a_content(frame=named))
    assert leaks.scan({"release.zip": packed}, ["a marker that is not there"]) == []
