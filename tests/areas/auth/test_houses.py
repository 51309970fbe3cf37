"""Organisations: the focal point's own, the office's list, names, kinds, and a stop that works at once."""

import pytest

from portal.auth.models import Organisation
from tests import factories
from tests.areas.auth.links import Office, statements
from tests.areas.auth.pages import events, is_in


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def test_a_focal_point_sees_their_own_organisation_and_no_other(app, office):
    partner, other = office.house("partner"), office.house("other")
    with app.app_context(), factories.given():
        agreement = factories.an_agreement(organisation=partner, number="MoU-77")
        elsewhere = factories.an_agreement(organisation=other, number="MoU-88")
    page = office.get("focal", "/organisation").text
    for there in ("Relief", "Amina Asks", "MoU-77", "days left", "Requests under way", "Yes"):
        assert there in page
    for absent in ("Institute", "Carl", "MoU-88", "Stop this organisation"):
        assert absent not in page
    assert agreement.ref in page
    assert elsewhere.ref not in page
    assert "Institute" not in office.get("focal", "/organisations").text
    assert office.get("focal", f"/organisations/{office.people['other'].ref}").status_code == 404
    assert office.get("amina", "/organisation").status_code == 403


def test_the_office_sees_every_organisation(office):
    for who in ("admin", "coordinator", "dpo"):
        assert {"Relief", "Institute", "Centre"} <= set(
            office.get(who, "/organisations").text.replace("<", ">").split(">")
        )
        assert "Amina Asks" in office.get(who, f"/organisations/{office.people['partner'].ref}").text
    assert office.get("steward", "/organisations").status_code == 403


def test_who_reads_no_agreement_is_not_told_that_there_is_none(app, office):
    partner = office.house("partner")
    with app.app_context(), factories.given():
        factories.an_agreement(organisation=partner, number="MoU-77")
    address = f"/organisations/{office.people['partner'].ref}"
    assert "MoU-77" in office.get("coordinator", address).text
    page = office.get("admin", address).text
    for absent in ("MoU-77", "Agreements", "Requests under way", "Nothing at the moment."):
        assert absent not in page.partition("<main")[2]


def test_an_organisation_is_taken_in_renamed_and_refused_twice(app, office):
    assert office.post("coordinator", "/organisations", name="Aid", kind="ngo").status_code == 303
    for name in ("Aid", "aid", " AID "):
        answer = office.post("coordinator", "/organisations", name=name, kind="ngo")
        assert answer.status_code == 400
        assert "has this name" in answer.text
    (made,) = office.look(Organisation, Organisation.name == "Aid")
    path = f"/organisations/{made.ref}"
    assert office.post("admin", path, name="Aid and care", kind="un").status_code == 303
    assert office.post("admin", path, name="Relief", kind="un").status_code == 400
    assert office.post("admin", path, name="Aid", kind="mmc").status_code == 400
    assert office.post("admin", path, name="", kind="un").status_code == 400
    (made,) = office.look(Organisation, Organisation.id == made.id)
    assert (made.name, made.kind) == ("Aid and care", "un")
    assert len(events(app, "org.updated")) == 1
    assert office.post("dpo", path, name="x", kind="un").status_code == 403


def test_a_stopped_organisations_people_are_out_at_once(office):
    path = f"/organisations/{office.people['partner'].ref}/active"
    assert is_in(office.browser("amina"))
    assert office.post("admin", path, active="false").status_code == 303
    assert not is_in(office.browser("amina"))
    assert is_in(office.browser("carl"))
    assert office.post("admin", path, active="false").status_code == 409
    assert office.post("admin", path, active="true").status_code == 303
    assert is_in(office.browser("amina"))
    assert office.post("admin", path, active="perhaps").status_code == 400


def test_nobody_stops_or_renames_their_own(office):
    path = f"/organisations/{office.people['mmc'].ref}"
    assert office.post("admin", f"{path}/active", active="false").status_code == 403
    assert office.post("admin", path, name="x", kind="mmc").status_code == 403


def test_the_questions_to_the_database_do_not_grow_with_the_people(app, office):
    def asked(path, who):
        office.get(who, path)
        with statements() as seen:
            assert office.get(who, path).status_code == 200
        return len(seen)

    paths = [("/organisation", "focal"), ("/organisations", "admin"), ("/invitations", "admin"), ("/people/", "admin")]
    partner = office.house("partner")
    few = [asked(*one) for one in paths]
    with app.app_context(), factories.given():
        for _ in range(15):
            factories.a_person(organisation=partner)
            factories.an_organisation()
    for number in range(5):
        assert office.invite("focal", email=f"guest{number}@relief.example").status_code == 303
    assert [asked(*one) for one in paths] == few
