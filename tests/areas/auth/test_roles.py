"""Roles with days, given and ended by somebody else, with a code in the same form; and leavers."""

import datetime as dt

import pytest

from portal import clock
from portal.actor import Role
from portal.auth.models import Grant, Person, SignIn
from tests.areas.auth.links import Office
from tests.areas.auth.pages import events, is_in

DAY = dt.timedelta(days=1)


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def give(office, who, whom, role, **fields):
    given = {"role": role, "since": clock.today().isoformat(), "code": office.code(who)}
    return office.post(who, f"/people/{office.people[whom].ref}/roles", **given | fields)


def end(office, who, whom, role, since="2018-01-01", **fields):
    given = {"role": role, "since": since, "code": office.code(who)}
    return office.post(who, f"/people/{office.people[whom].ref}/roles/end", **given | fields)


def test_a_role_counts_at_the_next_request_and_ends_at_the_next_request(app, office):
    assert office.get("steward", "/inbox").status_code == 403
    assert give(office, "admin", "steward", "head").status_code == 303
    assert office.get("steward", "/inbox").status_code == 200
    assert end(office, "admin", "steward", "head", since=clock.today().isoformat()).status_code == 303
    assert office.get("steward", "/inbox").status_code == 403
    page = office.get("admin", f"/people/{office.people['steward'].ref}").text
    assert "Over" in page
    told = [(one[0], one[2], one[3]) for one in events(app, "role.granted", "role.ended")]
    ada, stella = office.people["admin"].ref, office.people["steward"].ref
    assert told == [("role.granted", ada, stella), ("role.ended", ada, stella)]
    assert give(office, "admin", "steward", "head").status_code == 303  # and it may begin again on the same day
    assert office.get("steward", "/inbox").status_code == 200


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [(DAY, None, 403), (-5 * DAY, -DAY, 403), (-5 * DAY, 0 * DAY, 200), (0 * DAY, 0 * DAY, 200), (-DAY, DAY, 200)],
)
def test_a_role_is_one_from_its_first_day_to_its_last(office, since, until, status):
    (grant,) = office.look(Grant, Grant.person_id == office.people["dpo"].id)
    today = clock.today()
    office.change(grant, valid_from=today + since, valid_to=None if until is None else today + until)
    assert office.get("dpo", "/log").status_code == status


def test_nobody_changes_their_own_roles(office):
    assert give(office, "admin", "admin", "steward").status_code == 403
    assert end(office, "admin", "admin", "administrator").status_code == 403
    assert "Give a role" not in office.get("admin", f"/people/{office.people['admin'].ref}").text
    assert "Give a role" in office.get("admin", f"/people/{office.people['second'].ref}").text


REFUSED = {
    "a role of MMC": ("admin", "amina", "dpo", {}, "cannot hold a role of MMC"),
    "officer and administrator": ("admin", "dpo", "administrator", {}, "cannot be both"),
    "officer and steward": ("admin", "steward", "dpo", {}, "cannot be both"),
    "decides and asks": ("admin", "coordinator", "requester", {}, "their own organisation"),
    "twice": ("admin", "steward", "steward", {}, "already"),
    "without a region": ("admin", "steward", "regional_manager", {}, "Choose one"),
    "with a region": ("admin", "steward", "head", {"region": "WANA"}, "Only a regional"),
    "over": ("admin", "steward", "head", {"since": "2020-01-01", "until": "2020-01-02"}, "has passed"),
    "backwards": ("admin", "steward", "head", {"until": "2020-01-02"}, "before the first"),
    "no day": ("admin", "steward", "head", {"since": ""}, "year-month-day"),
    "no such role": ("admin", "steward", "king", {}, "from the list"),
    "wrong code": ("admin", "steward", "head", {"code": "123"}, "not right any more"),
    "no code": ("admin", "steward", "head", {"code": ""}, "Type the six digits"),
    "not the coordinator's to give": ("coordinator", "amina", "steward", {}, "cannot hold a role of MMC"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_given_is_refused_with_words(app, office, case):
    who, whom, role, fields, words = REFUSED[case]
    before = office.look(Grant)
    answer = give(office, who, whom, role, **fields)
    assert answer.status_code == 400, answer.text
    assert words in answer.text
    assert len(office.look(Grant)) == len(before)
    assert events(app, "role.granted") == []


def test_staff_without_codes_get_no_role_that_needs_them(office):
    office.change(office.people["steward"], totp_wrapped=None)
    answer = give(office, "admin", "steward", "head")
    assert answer.status_code == 400
    assert "needs one-time codes" in answer.text


def test_a_coordinator_changes_partners_people_and_nobody_else_does(office):
    assert give(office, "coordinator", "amina", "focal_point").status_code == 303
    assert end(office, "coordinator", "amina", "requester").status_code == 303
    assert give(office, "coordinator", "steward", "head").status_code == 403
    for who in ("dpo", "steward", "focal", "amina"):
        assert give(office, who, "carl", "focal_point").status_code == 403
    assert office.roles(office.people["amina"]) == ["focal_point"]


def test_the_last_administrator_and_the_last_officer_stay(app, office):
    answer = end(office, "admin", "dpo", "dpo")
    assert answer.status_code == 400
    assert "Nobody else would hold this role" in answer.text
    assert office.post("admin", f"/people/{office.people['dpo'].ref}/disable").status_code == 400
    assert end(office, "admin", "second", "administrator").status_code == 303
    assert office.get("second", "/people/").status_code == 403
    assert events(app, "person.disabled") == []
    assert give(office, "admin", "second", "dpo").status_code == 303
    assert end(office, "admin", "dpo", "dpo").status_code == 303


def test_a_role_that_is_over_is_not_ended_again(office):
    assert end(office, "admin", "steward", "steward").status_code == 303
    assert end(office, "admin", "steward", "steward").status_code == 404
    assert end(office, "admin", "steward", "head").status_code == 404


def test_a_leaver_is_out_at_the_next_request_with_every_session(app, office):
    amina = office.browser("amina")
    assert is_in(amina)
    page = office.get("focal", "/organisation").text
    assert "Amina Asks" in page
    assert "Carl Elsewhere" not in page
    answer = office.post("focal", f"/organisation/people/{office.people['amina'].ref}/end", reason="New job.")
    assert answer.status_code == 303
    assert not is_in(amina)
    (person,) = office.look(Person, Person.id == office.people["amina"].id)
    assert person.disabled_at is not None
    assert office.roles(person) == []
    assert {one.ended_as for one in office.look(SignIn, SignIn.person_id == person.id)} == {"disabled"}
    told = [one[0] for one in events(app, "role.ended", "person.disabled", "auth.session.revoked")]
    assert told == ["role.ended", "person.disabled", "auth.session.revoked"]
    assert office.post("focal", f"/organisation/people/{person.ref}/end").status_code == 409


def test_a_focal_point_ends_nobodys_access_but_that_of_their_own_people(office):
    with_role = office.people["amina"]
    for whom in ("carl", "steward", "focal"):
        assert office.post("focal", f"/organisation/people/{office.people[whom].ref}/end").status_code == 404
    (grant,) = office.look(Grant, Grant.person_id == with_role.id)
    office.change(grant, role=Role.REGIONAL_MANAGER.value, region="WANA")
    assert office.post("focal", f"/organisation/people/{with_role.ref}/end").status_code == 404
    for who in ("amina", "dpo", "coordinator"):
        assert office.post(who, f"/organisation/people/{office.people['focal'].ref}/end").status_code == 403
    assert all(office.look(Person, Person.id == one.id)[0].disabled_at is None for one in (with_role,))
