"""What people type is text, wherever it turns up: a name, a purpose, a reason, a file's name, a codebook's label."""

import csv
import io

import pytest

from portal.catalogue import synthetic
from portal.catalogue.codebook import reference_bytes
from tests.browser import asking
from tests.browser.house import HOSTILE

LONG = f"{HOSTILE} and then some words, because twenty letters are asked for."


@pytest.fixture(scope="module")
def poisoned(house):
    """A request by somebody with a hostile name, hostile words in every field, and a round with a hostile codebook."""
    house.sign_off()
    house.a_person("mallory", HOSTILE, like="jonas")
    house.a_person("officer", HOSTILE, like="ingrid")
    ref = asking.a_draft(house, "mallory", purpose=LONG)
    browser = house["mallory"]
    form = browser.get(f"/requests/{ref}/edit/why").form("/edit/why")
    typed = {name: LONG for name, _ in form.fields if name.startswith("reason-") or name == "outputs"}
    browser.send(form, typed | {"go": "next"})
    browser.send(browser.get(f"/requests/{ref}/edit/review").form("/submit"), {})
    asking.regions_decide(house, ref, "ask", only=["WANA"], rationale=LONG, conditions=LONG)
    asking.regions_decide(house, ref, "approve", only=["ESA"], rationale=LONG, conditions=LONG)
    return {
        "request": ref,
        "track": house.track(ref, "WANA"),
        "other": house.track(ref, "ESA"),
        "agreement": house.places()["agreement"],
        "version": _poisoned_round(house),
        "dataset": house.state.dataset("4mi-core"),
    }


def _poisoned_round(house):
    """Load a second round whose file name and labels are hostile; it is read, not published."""
    few = synthetic.draw(40, 9)
    before = house.state.version("4mi-core").ref
    form = house["david"].get("/catalogue/upload").form("/upload")
    sent = {
        "file": (f"{HOSTILE}.csv", synthetic.to_ona_csv(few)),
        "codebook": ("codebook.csv", _hostile_codebook()),
        "choices": ("choices.csv", reference_bytes("choices.csv")),
    }
    values = {"dataset": house.state.dataset("4mi-core"), "source_note_en": LONG, "source_note_fr": LONG}
    house["david"].send(form, values, sent)
    house.told.wait(
        "reading", lambda: (one := house.state.version("4mi-core")).ref != before and one.status != "received"
    )
    return house.state.version("4mi-core").ref


def _hostile_codebook():
    rows = list(csv.DictReader(io.StringIO(reference_bytes("codebook.csv").decode("utf-8-sig"))))
    for row in rows:
        if row["name"] in {"drivers", "gender", "age"}:
            row["label_en"] = row["label_fr"] = HOSTILE
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


# who opens it, where, and what of it the page must show as plain text
PLACES = {
    "the person's own request": ("mallory", "/requests/{request}", LONG),
    "their list": ("mallory", "/requests", ""),
    "their form": ("mallory", "/requests/{request}/edit/why", ""),
    "their team": ("mallory", "/requests/{request}/edit/team", HOSTILE),
    "their answer": ("mallory", "/requests/{request}/edit/review", LONG),
    "their profile": ("mallory", "/profile", HOSTILE),
    "the inbox": ("moussa", "/inbox", ""),
    "the manager who asked": ("moussa", "/tracks/{track}", HOSTILE),
    "the manager who approved": ("wanjiru", "/tracks/{other}", LONG),
    "the officer": ("officer", "/requests/{request}", HOSTILE),
    "the timeline": ("officer", "/log/request/{request}", HOSTILE),
    "the log": ("officer", "/log?text=script", ""),
    "the log by name": ("officer", "/log", HOSTILE),
    "people": ("kofi", "/people/?q=script", HOSTILE),
    "the agreement": ("elena", "/agreements/{agreement}", ""),
    "the version": ("david", "/catalogue/versions/{version}", "onerror="),
    "its roles": ("david", "/catalogue/versions/{version}/roles", HOSTILE),
    "the dataset": ("david", "/catalogue/{dataset}", "onerror="),
    "a search for it": ("david", "/catalogue/?q=%3Cscript%3Ewindow.hacked%3D1%3C/script%3E", ""),
}


def test_what_people_type_is_text_everywhere_and_never_code(visit, house, poisoned):
    for name, (who, address, shown) in PLACES.items():
        visitor = visit(who)
        page = visitor.go(address.format(**poisoned))
        assert shown in page.locator("body").text_content(), name
        assert page.locator("img[src='x'], main script").count() == 0, name
        page.wait_for_timeout(30)
        visitor.look_for_violations()
        assert visitor.complaints == [], name
