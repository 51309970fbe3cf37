"""The data protection officer reads the log, finds things in it, and leaves a trace by reading."""

import csv
import io
import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text

from portal import ports
from portal.actor import Role
from portal.audit import checkpoint, status, verify
from portal.audit.events import REGISTRY
from portal.audit.signing import Signer
from portal.audit.words import PROBLEMS
from portal.audit.words_deeds import DEEDS
from portal.db import transaction
from tests import factories

HOSTILE = '<script>alert(1)</script>\r\n\x1b[31m=cmd|" /C calc"'


@pytest.fixture
def office(app, story, names, as_person):
    """The data protection officer's browser."""
    with factories.given():
        person = factories.a_person(roles=(Role.DPO,), time_zone="Africa/Nairobi")
        ref = person.ref
    Signer().tick()
    browser = as_person(person)
    browser.ref = ref
    return browser


def page(answer):
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.data, "html.parser")


def deeds(answer):
    return [row.find_all("td")[1].get_text(strip=True) for row in page(answer).select("table.data tbody tr")]


def types():
    with transaction() as current:
        return list(current.scalars(text("SELECT type FROM audit_event ORDER BY leaf_index")))


def test_the_log_shows_the_newest_event_first_with_names(office):
    soup = page(office.get("/log"))
    rows = soup.select("table.data tbody tr")
    assert len(rows) == len(types()) - 1  # this very view was recorded after it had read
    assert "Ana Analyst" in soup.get_text()
    assert "MMC-4Mi-2026-0001" in soup.get_text()
    assert soup.find("time")["title"] == "Africa/Nairobi"
    assert types()[-1] == "audit.viewed"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=audit.opened", ["Log opened"]),
        ("actor=ana&outcome=success&type=request", ["Request looked at"] * 7),
        ("text=Analyst&type=request", ["Request looked at"] * 7),
        ("text=log+opened", ["Log opened"]),
        ("text=2026-0001&type=request", ["Request looked at"] * 7),
        ("target=req1", ["Request looked at"] * 7),
        ("outcome=denied", []),
        ("until=2000-01-01", []),
        ("since=2000-01-01&type=audit.opened", ["Log opened"]),
        ("text=%25", []),
        ("type=%25", []),
        ("text='; DROP TABLE audit_event; --", []),
        ("type=&actor=&outcome=&target=req1&since=&until=&text=", ["Request looked at"] * 7),
    ],
)
def test_the_log_is_searched(office, query, expected):
    answer = office.get(f"/log?{query}")
    if expected:
        assert deeds(answer) == expected
    else:
        assert "No event fits" in page(answer).get_text()


@pytest.mark.parametrize(
    "query", ["since=yesterday", "outcome=odd", "sort=body", "page=0", "page=x", "colour=red", "text=" + "x" * 101]
)
def test_a_search_that_makes_no_sense_names_the_field(office, query):
    answer = office.get(f"/log?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


def test_the_log_is_sorted_by_its_columns(office):
    oldest = deeds(office.get("/log?sort=time"))
    assert oldest[0] == "Log opened"
    by_type = page(office.get("/log?sort=type"))
    assert by_type.select_one("th[aria-sort=ascending]").get_text(strip=True) == "What"
    assert by_type.select_one("th[aria-sort] a")["href"].endswith("sort=-type")


def test_the_log_has_pages(office, monkeypatch):
    monkeypatch.setattr("portal.audit.queries.PAGE", 3)
    first = page(office.get("/log?sort=time&type=request"))
    assert len(first.select("table.data tbody tr")) == 3
    second = page(office.get(first.select_one("a[rel=next]")["href"]))
    last = page(office.get(second.select_one("a[rel=next]")["href"]))
    assert len(last.select("table.data tbody tr")) == 1
    assert last.select_one("a[rel=next]") is None
    assert len(page(office.get("/log?type=request&page=99")).select("table.data tbody tr")) == 1


def test_an_event_shows_what_it_says_and_its_proof(office):
    rows = page(office.get("/log?target=req1&sort=time")).select("table.data tbody tr")
    answer = office.get(rows[2].select_one("td a")["href"])
    words = page(answer).get_text(" ", strip=True)
    assert "we plan a shelter" in words
    assert "Ana Analyst" in words
    assert "Checked just now" in words
    assert "— localhost/audit/" in words


def test_an_event_that_no_checkpoint_holds_yet_says_so(office, write):
    write(1)
    href = page(office.get("/log?target=req1")).select_one("table.data tbody td a")["href"]
    assert "comes within seconds" in page(office.get(href)).get_text()


@pytest.mark.parametrize("ref", ["nonsense", "01a2001f-98c4-75bf-adde-7e1a5bd7a867", "../../etc"])
def test_an_event_that_is_not_there_is_not_there(office, ref):
    assert office.get(f"/log/events/{ref}").status_code == 404


def test_a_timeline_tells_a_request_from_its_beginning(office, write):
    write(
        1, "track.decided", target=("track", "t1"), purpose={"request": "req1"}, change={"status": ("open", "approved")}
    )
    write(1, "authz.denied", target=("request", "req1"), reason="expired")
    soup = page(office.get("/log/request/req1"))
    items = soup.select("ol.timeline > li")
    assert len(items) == 9
    assert "Decision taken" in items[7].get_text()
    assert "status: open → approved" in items[7].get_text()
    assert items[8]["class"] == ["is-denied"]
    assert "we plan a shelter" in items[2].get_text()
    assert "MMC-4Mi-2026-0001" in soup.h1.get_text()
    assert "192.0.2.7" not in soup.get_text()


def test_a_timeline_of_a_person_is_what_they_did_and_what_was_done_to_them(office, write):
    write(1, "person.disabled", by="officer", target=("person", "ana"), private={"ana": {"reason": "left"}})
    items = page(office.get("/log/person/ana")).select("ol.timeline > li")
    assert len(items) == 8
    assert "Person disabled" in items[-1].get_text()


@pytest.mark.parametrize("path", ["/log/request/none", "/log/nothing/req1"])
def test_a_timeline_of_nothing_is_not_there(office, path):
    assert office.get(path).status_code == 404


def test_a_download_is_an_event_and_holds_what_was_searched(office):
    answer = office.get("/log/download?target=req1&sort=time")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="log-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"])
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["event"] for row in rows] == ["request.viewed"] * 7
    assert rows[0]["who"] == "Ana Analyst"
    assert rows[0]["time_utc"].endswith("+00:00")
    assert types()[-1] == "audit.exported"


def test_no_name_is_run_by_a_spreadsheet(office, monkeypatch):
    monkeypatch.setattr(ports.house, "names", lambda _refs: {"ana": '=HYPERLINK("x")'})
    answer = office.get("/log/download?target=req1")
    assert {row["who"] for row in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))} == {'\'=HYPERLINK("x")'}


def test_what_people_wrote_is_shown_as_text(office, write, monkeypatch):
    monkeypatch.setattr(ports.house, "names", lambda refs: dict.fromkeys(refs, HOSTILE))
    write(1, private={"ana": {"reason": HOSTILE}}, target=("request", "<b>x"), reason="<i>")
    for path in ("/log", "/log/request/%3Cb%3Ex"):
        soup = page(office.get(path))
        assert not [one for one in soup.find_all("script") if "alert" in one.get_text()]
        assert not soup.select("main b, main i")
    href = page(office.get("/log?sort=-time")).select("table.data tbody td a")
    wanted = next(a["href"] for a in href if "/log/events/" in a["href"] and "looked at" in a.get_text())
    assert "<script>alert(1)" not in office.get(wanted).text


def test_the_badge_says_what_the_keeper_found(office, behind_the_back):
    assert "Not checked yet" in page(office.get("/log")).get_text()
    status.check()
    assert "Log verified" in page(office.get("/log")).get_text()
    behind_the_back("UPDATE audit_event SET actor_ref = 'bo' WHERE leaf_index = 4")
    status.check()
    words = page(office.get("/log")).get_text()
    assert "Log not verified" in words
    assert "The log does not verify" in words


def test_the_checkpoint_is_handed_out_as_others_tools_read_it(office):
    note = office.get("/log/checkpoint").text
    assert checkpoint.parse(note)[0].size == 9


@pytest.mark.parametrize("path", ["/log", "/log/download", "/log/events/x", "/log/request/req1", "/log/checkpoint"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_nobody_else_reads_the_log(app, context, as_person, path, role):
    with factories.given():
        person = factories.a_person(roles=(role,), regions=("ESA",))
    answer = as_person(person).get(path)
    assert answer.status_code == 403
    assert types()[-1] == "authz.denied"


def test_strangers_are_sent_to_sign_in(client):
    answer = client.get("/log")
    assert (answer.status_code, answer.headers["Location"].startswith("/")) == (303, True)


def test_every_event_and_every_problem_has_a_sentence():
    assert set(REGISTRY) - set(DEEDS) == set()
    assert set(verify.PROBLEMS) - {"no_log", "no_key", "unsigned"} == set(PROBLEMS)
