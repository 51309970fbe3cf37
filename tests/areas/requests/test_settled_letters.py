"""What a letter asked for is done: it is read, for everybody whom it asked, and only then."""

import datetime as dt

from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Person
from portal.db import session, transaction
from portal.letters.settling import settled
from portal.mail import Letter, write
from portal.requests.models_duties import Obligation
from tests import factories
from tests.areas.requests.scene import WORDS


def unread(world, template):
    """The addresses of those who have not read a letter."""
    return sorted(one.address for one in world.letters(template) if one.read_at is None)


def address(world, *names):
    return sorted(world.people[name].email for name in names)


def another_manager(world):
    with world.app.app_context(), factories.given():
        first = session().get_one(Person, world.people["wana"].id)
        world.people["wim"] = factories.a_person(
            organisation=first.organisation, roles=[Role.REGIONAL_MANAGER], regions=["WANA"], name="Wim West"
        )


def test_a_decision_settles_the_letter_of_everybody_who_could_have_made_it(world):
    another_manager(world)
    ref = world.sent(variables=("drivers",))
    assert unread(world, "track_opened") == address(world, "esa", "wana", "wim")
    assert world.verdict("wim", ref, region="WANA").status_code == 303
    assert unread(world, "track_opened") == address(world, "esa")
    assert "track_opened" not in world.get("wana", "/notices?show=unread").text


def test_a_decision_that_was_not_made_settles_nothing(world):
    ref = world.sent(variables=("drivers",))
    assert world.verdict("wana", ref, code="000000").status_code == 400
    assert unread(world, "track_opened") == address(world, "esa", "wana")


def test_a_question_is_read_once_it_is_answered_and_the_region_is_asked_anew(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref, "ask")
    world.verdict("esa", ref)
    assert unread(world, "request_returned") == address(world, "anna")
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="So it is.")
    assert unread(world, "request_returned") == []
    assert unread(world, "track_opened") == address(world, "wana")


def test_an_offer_is_read_once_it_is_accepted_and_the_officers_letter_once_they_decided(world):
    ref = world.offered()
    world.forget_codes()
    assert unread(world, "request_for_officer") == address(world, "dpo")
    assert world.officer(ref).status_code == 303
    assert unread(world, "request_for_officer") == []
    assert unread(world, "request_offered") == address(world, "anna")
    assert world.accept(ref).status_code == 303
    assert unread(world, "request_offered") == []


def test_whoever_withdraws_settles_what_everybody_was_asked(world):
    ref = world.sent(variables=("drivers",))
    world.post("anna", f"/requests/{ref}/withdraw", lock=world.lock(ref))
    assert unread(world, "track_opened") == []


def test_each_part_of_a_longer_use_settles_its_own_letter_and_the_end_all_of_them(world):
    ref = world.offered(variables=("drivers",))
    world.accept(ref)
    world.forget_codes()
    later = world.request(ref).ends_on + dt.timedelta(days=9)
    world.post("anna", f"/requests/{ref}/extension", ends_on=later, reason=WORDS, lock=world.lock(ref))
    assert unread(world, "extension_asked") == address(world, "esa", "wana")
    page = world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}/extension").text
    sha256 = page.split('name="sha256" value="')[1][:64]
    said = {"verb": "refuse", "sha256": sha256, "rationale": "It is withdrawn soon.", "code": world.code("wana")}
    assert world.post("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}/extension", **said).status_code == 303
    assert unread(world, "extension_asked") == []


def test_a_condition_settles_its_own_letters_only(world):
    ref = world.sent(variables=("drivers",))
    more = {"conditions": "Show us the draft.", "due": "before_use", "conditions_2": "Cite us.", "due_2": "before_use"}
    world.verdict("wana", ref, **more)
    world.verdict("esa", ref)
    assert world.accept(ref).status_code == 303
    one, other = world.look(Obligation)
    for duty in (one, other):
        world.post("anna", f"/obligations/{duty.ref}/report", lock=duty.lock, note="Sent to you by mail.")
    assert len(unread(world, "obligation_reported")) == 2
    world.forget_codes()
    one = world.look(Obligation)[0]
    fields = {"verb": "confirm", "note": "", "lock": one.lock, "code": world.code("wana")}
    assert world.post("wana", f"/obligations/{one.ref}/judge", **fields).status_code == 303
    assert len(unread(world, "obligation_reported")) == 1


def test_only_what_points_there_is_settled_and_only_of_whom_is_named(app, world):
    with app.app_context(), factories.given():
        for name in ("wana", "esa"):
            for path in ("/here", "/there"):
                write(world.people[name].email, "en", "track_opened", name=name, number="X", path=path)
        settled("/here", "track_opened", whom=[world.people["esa"].id])
    with app.app_context(), transaction():
        found = session().execute(select(Letter.person_id, Letter.path).where(Letter.read_at.is_not(None))).all()
    assert [tuple(one) for one in found] == [(world.people["esa"].id, "/here")]
