"""A contractor's people are let in by the office, with one-time codes, and hold no role but their own."""

import re

import pyotp
import pytest

from portal import clock
from portal.actor import Role
from portal.auth.models import Organisation
from portal.auth.models_links import Invitation
from tests import factories
from tests.areas.auth.links import GOOD, Office
from tests.areas.auth.pages import is_in, send


@pytest.fixture
def office(app, as_person):
    made = Office(app, as_person)
    with app.app_context(), factories.given():
        house = factories.an_organisation(name="Fieldwork", kind="contractor")
        made.people["field"] = house
        made.people["maria"] = factories.a_person(organisation=house, roles=[Role.CONTRACTOR], name="Maria")
    return made


@pytest.mark.parametrize("who", ["admin", "coordinator"])
def test_a_contractors_person_is_invited_by_the_office_and_sets_codes_up(app, office, who):
    assert office.invite(who, house="field", roles=["contractor"]).status_code == 303
    guest, link = app.test_client(), office.link()
    shown = send(guest, link, page=link, password=GOOD, again=GOOD)  # without asking for codes
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", shown.text)[1].replace(" ", "")
    assert not is_in(guest)
    assert send(guest, f"{link}/code", page=link, code=pyotp.TOTP(secret).at(clock.now())).status_code == 303
    assert is_in(guest)
    assert office.roles(office.person("nina@relief.example")) == ["contractor"]
    assert guest.get("/").location == "/rounds"


@pytest.mark.parametrize("who", ["focal", "steward", "dpo", "maria"])
def test_nobody_else_invites_one(office, who):
    assert office.invite(who, house="field", roles=["contractor"]).status_code in {403, 404}
    assert office.look(Invitation) == []


CLASHES = {
    "a role of a partner": ("field", ["requester"]),
    "two roles": ("field", ["contractor", "focal_point"]),
    "a role of MMC": ("field", ["steward"]),
    "to a partner": ("partner", ["contractor"]),
    "to MMC": ("mmc", ["contractor"]),
}


@pytest.mark.parametrize("case", CLASHES)
def test_the_role_goes_with_a_contractor_and_no_other_role_does(office, case):
    house, roles = CLASHES[case]
    answer = office.invite("admin", house=house, roles=roles)
    assert answer.status_code == 400
    assert 'id="f-roles-error"' in answer.text
    assert office.look(Invitation) == []


def test_no_other_role_is_given_to_one_later(office):
    path = f"/people/{office.people['maria'].ref}/roles"
    fields = {"role": "steward", "region": "", "since": clock.today().isoformat(), "until": ""}
    for role in ("steward", "requester"):
        answer = office.post("admin", path, **fields | {"role": role, "code": office.code("admin")})
        assert answer.status_code == 400, answer.text
    assert office.roles(office.people["maria"]) == ["contractor"]


def test_a_contractor_becomes_no_partner_and_a_partner_no_contractor(office):
    for house, kind in (("field", "un"), ("field", "mmc"), ("partner", "contractor")):
        row = office.people[house]
        answer = office.post("coordinator", f"/organisations/{row.ref}", name=row.name, kind=kind)
        assert answer.status_code == 400, (house, kind)
    kinds = {one.name: one.kind for one in office.look(Organisation)}
    assert (kinds["Fieldwork"], kinds["Relief"]) == ("contractor", "un")


def test_the_office_takes_a_contractor_in(office):
    answer = office.post("coordinator", "/organisations", name="Surveys Ltd", kind="contractor")
    assert answer.status_code == 303
    assert "Contractor of field work" in office.get("coordinator", answer.location).text
