"""Agreements: drafted and activated by those who may, seen by their parties, and empty means no."""

import datetime as dt

import pytest

from portal import clock
from portal.actor import Role, system
from portal.agreements import actions, content, queries
from portal.agreements.models import Agreement, next_number
from portal.agreements.terms import Ask
from portal.audit.recorder import record
from portal.db import session, transaction
from portal.errors import TermsForbid
from tests import factories
from tests.areas.auth.pages import events, send

FORM = {
    "title_en": "Memorandum",
    "title_fr": "Protocole",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
    "time_zone": "Europe/Copenhagen",
    "purposes": ["research"],
    "datasets": ["4mi-core"],
    "regions": ["WANA", "unassigned"],
    "tier": "partner",
    "most_sensitive": "3",
    "download_limit": "5",
    "release_days": "30",
    "outputs": ["internal_analysis"],
}


@pytest.fixture
def scene(app):
    with app.app_context(), factories.given():
        mmc = factories.an_organisation(kind="mmc")
        partner = factories.an_organisation(name="Partner")
        factories.a_dataset(code="4mi-core")
        return {
            "partner": partner.ref,
            "agreement": factories.an_agreement(organisation=partner).ref,
            "draft": factories.an_agreement(organisation=partner, status="draft").ref,
            "anna": factories.a_person(organisation=partner),
            "carl": factories.a_person(),
            "coordinator": factories.a_person(organisation=mmc, roles=[Role.COORDINATOR]),
            "manager": factories.a_person(organisation=mmc, roles=[Role.REGIONAL_MANAGER], regions=["ESA"]),
        }


def load(app, ref):
    with app.app_context(), transaction():
        return session().query(Agreement).filter_by(ref=ref).one()


def test_an_agreement_is_drafted_and_allows_nothing_yet(app, as_person, scene):
    browser = as_person(scene["coordinator"])
    assert "Draft an agreement" in browser.get("/agreements/new").text
    answer = send(browser, "/agreements/new", organisation=scene["partner"], **FORM)
    assert answer.status_code == 303, answer.text
    ref = answer.headers["Location"].rsplit("/", 1)[1]
    assert load(app, ref).state == "draft"
    assert "to the end of that day in Europe/Copenhagen" in browser.get(f"/agreements/{ref}").text
    told = [name for name, _, _, target in events(app, "agreement.created") if target == ref]
    assert told == ["agreement.created"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", "nobody"),
        ("ends_on", "2025-12-31"),
        ("ends_on", "31.12.2027"),
        ("time_zone", "Europe/Atlantis"),
        ("purposes", []),
        ("purposes", ["law_enforcement"]),
        ("datasets", ["unheard-of"]),
        ("regions", ["NAF"]),  # a region that is no more
        ("tier", "raw"),
        ("most_sensitive", "5"),
        ("download_limit", "0"),
        ("kind", "treaty"),
        ("mmc_signatory", "nobody"),
        ("surprise", "1"),
    ],
)
def test_what_cannot_be_agreed_comes_back_with_what_was_typed(app, as_person, scene, field, value):
    browser = as_person(scene["coordinator"])
    fields = {"organisation": scene["partner"], **FORM, field: value}
    answer = send(browser, "/agreements/new", **fields)
    assert answer.status_code == 400
    assert "error-summary" in answer.text
    assert 'value="Memorandum"' in answer.text


@pytest.mark.parametrize(
    ("who", "agreement", "draft"),
    [("anna", 200, 404), ("carl", 404, 404), ("coordinator", 200, 200), ("manager", 200, 200)],
)
def test_parties_and_staff_see_an_agreement_and_only_staff_its_draft(as_person, scene, who, agreement, draft):
    browser = as_person(scene[who])
    assert browser.get(f"/agreements/{scene['agreement']}").status_code == agreement
    assert browser.get(f"/agreements/{scene['draft']}").status_code == draft


@pytest.mark.parametrize("who", ["anna", "manager"])
def test_only_makers_make(app, as_person, scene, who):
    browser = as_person(scene[who])
    assert browser.get("/agreements/new").status_code == 403
    assert send(browser, "/agreements/new", organisation=scene["partner"], **FORM).status_code == 403
    assert send(browser, f"/agreements/{scene['draft']}/turn", verb="drop", lock="1").status_code in {403, 404}
    assert load(app, scene["draft"]).status == "draft"


def test_the_list_is_searched_sorted_and_paged(app, as_person, scene):
    with app.app_context(), factories.given():
        for number in range(30):
            factories.an_agreement(title_en=f"Number {number:02d}")
    browser = as_person(scene["coordinator"])
    first = browser.get("/agreements?sort=number&descending=false").text
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in browser.get("/agreements?sort=number&descending=false&page=2").text
    assert browser.get("/agreements?q=Number+07").text.count("/agreements/") < first.count("/agreements/")
    assert "No agreement matches" in browser.get("/agreements?q=nothing").text
    assert browser.get("/agreements?sort=secret").status_code == 400
    assert "No agreement yet" in as_person(scene["carl"]).get("/agreements").text


def test_a_check_that_fails_names_its_clauses(app, scene):
    with app.app_context(), transaction():
        agreement = session().query(Agreement).filter_by(ref=scene["agreement"]).one()
        with pytest.raises(TermsForbid) as refused:
            queries.require(agreement, Ask())
        assert "purpose" in refused.value.clauses
        assert "status" not in refused.value.clauses
        here = clock.today(agreement.time_zone)  # after 23:00 UTC it is tomorrow there already
        assert queries.days_left(agreement) == (agreement.ends_on - here).days + 1 >= 300


def test_an_agreement_ends_by_the_clock_in_its_own_zone(app, scene):
    last = dt.date(2026, 12, 31)
    with app.app_context(), factories.given():
        agreement = session().query(Agreement).filter_by(ref=scene["agreement"]).one()
        agreement.ends_on, agreement.time_zone = last, "Pacific/Auckland"
    midnight = clock.day_end(last, "Pacific/Auckland")
    for moment, ended in ((midnight - dt.timedelta(seconds=1), 0), (midnight, 1), (midnight, 0)):
        with app.app_context(), transaction():
            assert actions.expire_due(system("keeper"), moment) == ended
    assert load(app, scene["agreement"]).ended_as == "expired"


def test_a_number_is_given_back_when_its_deed_is_undone(app):
    with app.app_context():
        with transaction():
            assert [next_number("test"), next_number("test"), next_number("other")] == [1, 2, 1]
        with pytest.raises(RuntimeError), transaction():
            assert next_number("test") == 3
            raise RuntimeError
        with transaction():
            assert next_number("test") == 3


def test_clauses_on_use_are_kept_shown_and_part_of_what_is_accepted(app, as_person, scene):
    browser = as_person(scene["coordinator"])
    fields = {"organisation": scene["partner"], **FORM, "outputs": ["public_report", "dashboard"]}
    fields |= {"onward_sharing": "named", "onward_bodies": "A sister body\n\n A cluster \n", "matching": "named"}
    fields |= {"retention_days": "45", "publication_review_days": "1", "factors": "pwd"}
    fields |= {"ip_ranges": "192.0.2.0/24\n2001:db8::/32\n198.51.100.7"}
    answer = send(browser, "/agreements/new", **fields)
    assert answer.status_code == 303, answer.text
    one = load(app, answer.headers["Location"].rsplit("/", 1)[1])
    assert one.outputs == ["public_report", "dashboard"]
    assert one.onward_bodies == ["A sister body", "A cluster"]
    assert one.ip_ranges == ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]
    assert (one.factors, one.retention_days, one.matching) == (["pwd"], 45, "named")
    page = browser.get(answer.headers["Location"]).text
    for told in ("Public report, Dashboard", "A sister body, A cluster", "Within 45 days", "198.51.100.7/32"):
        assert told in page
    with app.app_context(), transaction():
        agreement = session().query(Agreement).filter_by(ref=one.ref).one()
        before = content.sha256_of(agreement)
        agreement.outputs = ["dashboard", "public_report"]  # the order says nothing
        assert content.sha256_of(agreement) == before
        agreement.retention_days = 46
        assert content.sha256_of(agreement) != before
        record(system("setup"), "system.setup", target=("system", "tests"))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("outputs", [], "Choose at least one."),
        ("outputs", ["film"], "Choose from the list."),
        ("onward_sharing", "named", "Name each body on a line of its own."),
        ("onward_bodies", "x" * 201, "Line 1 is too long."),
        ("matching", "always", "Choose from the list."),
        ("ip_ranges", "192.0.2.0/24\n\n10.0.0.300/8", "Line 3 is not a network."),
        ("ip_ranges", "192.0.2.1/24", "Line 1 is not a network."),
        ("ip_ranges", "\n".join(["192.0.2.0/24"] * 41), "At most 40 lines."),
        ("retention_days", "-1", "Between 0 and 3650."),
        ("publication_review_days", "soon", "Give a whole number."),
        ("factors", "hwk", "Choose from the list."),
        ("purposes", ["border_control"], "Choose from the list."),
    ],
)
def test_a_clause_that_cannot_be_taken_says_which_line_and_keeps_what_was_typed(as_person, scene, field, value, told):
    browser = as_person(scene["coordinator"])
    answer = send(browser, "/agreements/new", **{"organisation": scene["partner"], **FORM, field: value})
    assert answer.status_code == 400
    assert told in answer.text
    assert 'value="Memorandum"' in answer.text
    if isinstance(value, str) and field == "ip_ranges":
        assert value.splitlines()[0] in answer.text
