"""Publications: shown before, answered or not, reported once they are out; nothing is blocked."""

import csv
import datetime as dt
import io

import pytest
import time_machine

from portal.actor import Role, system
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.clock import now, today
from portal.db import session, transaction
from portal.requests import actions_publications
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.requests.places import is_https, read
from tests import factories
from tests.areas.agreements.way import PDF
from tests.areas.requests.scene import World
from tests.core.papers.test_filetype import DOCX, PNG

ZONE = "Europe/Copenhagen"
DAYS = 30


@pytest.fixture
def world(app, as_person):
    return World(
        app, as_person, publication_review_days=DAYS, outputs=["internal_analysis", "public_report", "dashboard"]
    )


def running(world, kinds=("public_report",)):
    ref = world.offered(variables=("drivers",), output_kinds=list(kinds))
    assert world.accept(ref).status_code == 303
    world.forget_codes()
    return ref


def one(world):
    return world.look(Publication)[-1]


def post(world, who, deed, data=None, /, **fields):
    row = one(world)
    said = {"lock": row.lock, "csrf_token": world.token(who)} | fields
    files = {"file": (io.BytesIO(data), "text.pdf")} if data is not None else {}
    return world.browser(who).post(f"/publications/{row.ref}/{deed}", data=said | files)


def show(world, who="anna", data=PDF, **more):
    day = (today(ZONE) + dt.timedelta(days=60)).isoformat()
    return post(world, who, "show", data, **{"title": "Routes to Libya", "planned_on": day, "link": ""} | more)


def judge(world, who="wana", verb="clear", **more):
    return post(world, who, "judge", **{"verb": verb, "note": "", "code": world.code(who)} | more)


def report(world, who="anna", **more):
    said = {"published_title": "Routes to Libya", "address": "https://doi.org/10.1000/182", "published_on": today(ZONE)}
    return post(world, who, "report", **said | more)


def test_accepting_an_offer_with_a_public_output_opens_the_duty_to_show_the_text(world):
    ref = running(world)
    row = one(world)
    assert (row.status, row.review_days, row.title) == ("open", DAYS, "")
    page = world.get("anna", f"/requests/{ref}").text
    assert f"/publications/{row.ref}" in page
    assert "30 days before it is out" in page
    assert [told[0] for told in world.events("publication.opened")] == ["publication.opened"]


def test_nothing_public_or_nothing_asked_opens_none(world):
    running(world, kinds=("internal_analysis",))
    world.agreement(publication_review_days=0)
    running(world)
    assert world.look(Publication) == []


def test_a_text_is_shown_read_and_answered(world):
    running(world)
    assert show(world).status_code == 303
    row = one(world)
    assert (row.status, row.title) == ("shown", "Routes to Libya")
    assert row.answer_by == today(ZONE) + dt.timedelta(days=DAYS)
    letters = {letter.address for letter in world.letters("publication_shown")}
    assert letters == {world.people[name].email for name in ("wana", "esa", "dpo")}
    # Whoever decides and the officer read it, and the log says so
    (paper,) = world.look(RequestPaper)
    assert paper.purpose == "manuscript"
    ref = world.look(type(world.request(world.start())))[0].ref
    download = f"/requests/{ref}/papers/{paper.ref}/download"
    for who in ("wana", "dpo", "anna", "focal"):
        assert download in world.get(who, f"/publications/{row.ref}").text, who
        assert world.post(who, download).data == PDF
    for who in ("ben", "coordinator"):  # they see that there is one, not its text
        page = world.get(who, f"/publications/{row.ref}")
        assert page.status_code == 200
        assert download not in page.text
        assert world.post(who, download).status_code == 404
    assert len(world.events("request.paper.read")) == 4
    # It waits in the inbox of who may answer, and of nobody else
    waiting = {who: f"/publications/{row.ref}" in world.get(who, "/inbox").text for who in ("wana", "dpo", "inside")}
    assert waiting == {"wana": True, "dpo": True, "inside": False}
    # One of them answers, with a second factor
    assert judge(world, code="000000").status_code == 400
    assert judge(world).status_code == 303
    assert one(world).status == "cleared"
    assert [letter.address for letter in world.letters("publication_answered")] == [world.people["anna"].email]
    assert "No objection" in world.get("anna", f"/publications/{row.ref}").text


def test_changes_are_asked_for_in_words_and_a_changed_text_begins_the_days_anew(world):
    running(world)
    show(world)
    answer = judge(world, "wana", "ask")
    assert answer.status_code == 400
    assert "Say what should change" in answer.text
    assert judge(world, "dpo", "ask", note="Leave out table 3.").status_code == 303
    assert one(world).status == "changes_asked"
    assert "Leave out table 3." in world.get("anna", f"/publications/{one(world).ref}").text
    assert judge(world, "esa").status_code == 409  # nothing waits for an answer
    with time_machine.travel(now() + dt.timedelta(days=2), tick=True):
        world._browsers.clear()
        world._tokens.clear()
        assert show(world, data=DOCX).status_code == 303
        assert one(world).answer_by == today(ZONE) + dt.timedelta(days=DAYS)
    assert (one(world).status, one(world).answer) == ("shown", "")
    assert len(world.look(RequestPaper)) == 2


def test_a_link_will_do_and_nothing_will_not(world):
    running(world)
    answer = show(world, data=None)
    assert answer.status_code == 400
    assert "Attach the text, or give its address." in answer.text
    assert 'value="Routes to Libya"' in answer.text  # nothing typed is lost
    assert show(world, data=None, link="http://drive.example/text").status_code == 400
    assert show(world, data=None, link="javascript:alert(1)").status_code == 400
    assert show(world, data=None, link="https://drive.example/text").status_code == 303
    assert 'href="https://drive.example/text"' in world.get("wana", f"/publications/{one(world).ref}").text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"data": b"MZ a program"}, "This is not a whole PDF or Word document"),
        ({"data": PNG}, "This is not a whole PDF or Word document"),
        ({"title": ""}, "Please fill this in."),
        ({"title": "x" * 301}, "This is too long."),
        ({"planned_on": ""}, "Give a date as year-month-day."),
        ({"planned_on": "soon"}, "Give a date as year-month-day."),
        ({"planned_on": "2020-01-01"}, "This day has passed"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(world, wrong, told):
    running(world)
    answer = show(world, **wrong)
    assert answer.status_code == 400
    assert told in answer.text
    assert (one(world).status, world.look(RequestPaper)) == ("open", [])


def test_a_day_that_comes_too_soon_is_said_and_blocks_nothing(world):
    running(world)
    assert show(world, planned_on=(today(ZONE) + dt.timedelta(days=3)).isoformat()).status_code == 303
    assert "before the days for an answer are over" in world.get("anna", f"/publications/{one(world).ref}").text


def test_nobody_answers_it_says_so_and_may_still_be_answered(world):
    running(world)
    show(world)
    with world.app.app_context(), transaction():
        assert actions_publications.lapse_due(system("keeper")) == 0
    with time_machine.travel(now() + dt.timedelta(days=DAYS + 1, hours=1), tick=True):
        world._browsers.clear()
        world._tokens.clear()
        for lapsed in (1, 0):
            with world.app.app_context(), transaction():
                assert actions_publications.lapse_due(system("keeper")) == lapsed
        assert one(world).status == "unanswered"
        whom = sorted(letter.address for letter in world.letters("publication_unanswered"))
        assert whom == sorted(world.people[name].email for name in ("anna", "wana", "esa", "dpo"))
        page = world.get("anna", f"/publications/{one(world).ref}").text
        assert "Nothing stands against publishing it" in page
        assert judge(world).status_code == 303
        assert one(world).status == "cleared"


def test_it_is_reported_from_wherever_it_stands_and_corrected(world):
    running(world)
    tomorrow = (today(ZONE) + dt.timedelta(days=1)).isoformat()
    for wrong, told in (
        ({"address": "page 3"}, "Give a DOI"),
        ({"address": "http://a.example/x"}, "Give a DOI"),
        ({"address": ""}, "Give a DOI"),
        ({"published_on": tomorrow}, "This day has not come yet"),
        ({"published_title": ""}, "Please fill this in."),
    ):
        answer = report(world, **wrong)
        assert answer.status_code == 400
        assert told in answer.text
    assert report(world).status_code == 303  # it was never shown: nothing blocks it
    row = one(world)
    assert (row.status, row.address, row.title) == ("published", "10.1000/182", "Routes to Libya")
    assert report(world, address="https://mixedmigration.org/routes").status_code == 303
    assert one(world).address == "https://mixedmigration.org/routes"
    assert show(world).status_code == 409
    assert post(world, "anna", "drop", note="No.").status_code == 409
    assert "Routes to Libya" not in str(world.events())


def test_nothing_will_be_published_with_a_reason(world):
    running(world)
    answer = post(world, "anna", "drop", note="")
    assert answer.status_code == 400
    assert "Give your reason" in answer.text
    assert post(world, "anna", "drop", note="The project was stopped.").status_code == 303
    assert one(world).status == "dropped"
    assert report(world).status_code == 409


def test_a_second_click_is_no_second_deed_and_an_old_page_no_deed(world):
    ref = running(world)
    old = one(world).lock
    for verb in (show, report):
        lock = one(world).lock
        assert [verb(world, lock=lock).status_code for _ in range(2)] == [303, 303]
    assert [len(world.events(f"publication.{name}")) for name in ("shown", "reported")] == [1, 1]
    assert len(world.look(RequestPaper)) == 1
    assert report(world, lock=old).status_code == 409
    for _ in range(2):
        assert world.post("anna", f"/requests/{ref}/publications").status_code == 303
    assert len(world.look(Publication)) == 2
    lock = one(world).lock
    assert [post(world, "anna", "drop", note="No.", lock=lock).status_code for _ in range(2)] == [303, 303]
    show_again = world.post("anna", f"/requests/{ref}/publications")
    assert show_again.status_code == 303
    show(world)
    lock, code = one(world).lock, world.code("wana")
    assert [judge(world, lock=lock, code=code).status_code for _ in range(2)] == [303, 303]
    assert len(world.events("publication.cleared")) == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("ben", 403), ("focal", 403), ("carl", 404), ("inside", 403), ("wana", 403), ("dpo", 403)],
)
def test_only_the_requester_shows_reports_and_gives_up(world, who, status):
    ref = running(world)
    assert show(world, who).status_code == status
    assert report(world, who).status_code == status
    assert post(world, who, "drop", note="No.").status_code == status
    assert world.post(who, f"/requests/{ref}/publications").status_code in {403, 404}
    assert one(world).status == "open"


@pytest.mark.parametrize(("who", "status"), [("anna", 403), ("carl", 403), ("inside", 404), ("coordinator", 403)])
def test_only_who_decided_or_the_officer_answers(world, who, status):
    running(world)
    show(world)
    assert judge(world, who).status_code == status
    assert one(world).status == "shown"


def test_a_draft_or_an_offer_has_no_publications(world):
    for ref in (world.start(), world.offered(variables=("drivers",))):
        assert world.post("anna", f"/requests/{ref}/publications").status_code in {403, 404}
        world.forget_codes()


def test_without_the_clause_a_publication_is_begun_and_reported_all_the_same(world):
    world.agreement(publication_review_days=0)
    ref = running(world)
    assert world.look(Publication) == []
    assert "Tell here what you publish with the data" in world.get("anna", f"/requests/{ref}").text
    assert world.post("anna", f"/requests/{ref}/publications").status_code == 303
    assert "Show the text" not in world.get("anna", f"/publications/{one(world).ref}").text
    assert show(world).status_code == 409
    assert report(world).status_code == 303


def test_the_list_for_both_sides_as_a_page_and_a_file(world):
    ref = running(world)
    assert "Publications" in world.get("focal", "/publications").text
    report(world, published_title="=Routes")
    world.post("anna", f"/requests/{ref}/publications")
    for who in ("focal", "dpo", "wana", "anna"):
        page = world.get(who, "/publications").text
        assert "=Routes" in page
        assert 'href="https://doi.org/10.1000/182"' in page
    rows = list(csv.reader(io.StringIO(world.get("focal", "/publications?as=csv").text.removeprefix("\ufeff"))))
    assert len(rows) == 3
    assert rows[1][:2] == ["'=Routes", "Partner"]
    assert rows[1][6] == "https://doi.org/10.1000/182"
    assert len(list(csv.reader(io.StringIO(world.get("dpo", "/publications?as=csv&show=published").text)))) == 2
    assert "=Routes" not in world.get("carl", "/publications").text
    assert world.get("carl", f"/publications/{world.look(Publication)[0].ref}").status_code == 404
    assert "No publications here" in world.get("carl", "/publications").text
    # The organisation's own page leads there, and the dataset says how often it was used
    (house,) = [one.ref for one in world.look(Organisation, Organisation.name == "Partner")]
    assert "=Routes" in world.get("focal", f"/organisations/{house}").text
    (dataset,) = [one.ref for one in world.look(Dataset)]
    assert "Publications made from it" in world.get("carl", f"/catalogue/{dataset}").text


def test_a_manager_of_another_region_sees_nothing(world, as_person):
    running(world)
    with world.app.app_context(), factories.given():
        house = session().get(Organisation, world.people["wana"].organisation_id)
        world.people["lac"] = factories.a_person(organisation=house, roles=[Role.REGIONAL_MANAGER], regions=["LAC"])
    assert world.get("lac", f"/publications/{one(world).ref}").status_code == 404
    assert "No publications here" in world.get("lac", "/publications").text


@pytest.mark.parametrize(
    "typed",
    ["https://u:p@a.example/", "https://localhost/", "https://a.example/ b", "https://a.example/\n", "ftp://a.example", "https://[::1", "x" * 600, "10.1/2"],
)  # fmt: skip
def test_what_is_no_place_is_none(typed):
    assert read(typed) == "" or typed.endswith("\n")
    assert not is_https(typed)


def test_the_day_of_an_answer_stands_in_the_calendars_of_who_answers_and_who_wrote(world):
    running(world)
    assert show(world).status_code == 303
    row = one(world)
    day = row.answer_by.strftime("%Y%m%d")
    for who in ("anna", "wana", "dpo"):
        text = world.get(who, "/calendar.ics").text
        assert f"text-{row.ref}" in text, who
        assert day in text
        assert "Routes to Libya" not in text
    for who in ("ben", "carl", "inside"):
        assert f"text-{row.ref}" not in world.get(who, "/calendar.ics").text, who
    assert judge(world).status_code == 303
    assert f"text-{row.ref}" not in world.get("wana", "/calendar.ics").text
