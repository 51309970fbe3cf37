"""Somebody leaves the team of a request that was sent: at once, for good, and never the last one."""

import pytest
from sqlalchemy import select

from portal.auth.models import Person
from portal.auth.queries import actor_of
from portal.db import session, transaction
from portal.exports.models import Release
from portal.exports.rules import named_recipient


def leave(world, ref, whom="ben", by="anna", **more):
    return world.post(
        by, f"/requests/{ref}/team/leave", **{"person": world.people[whom].ref, "lock": world.lock(ref)} | more
    )


def team(app, world, ref):
    with app.app_context(), transaction():
        found = session().merge(world.request(ref), load=True)
        return {one.person.name for one in found.recipients}


def may_fetch(app, world, who):
    """Whether the rule at a download's door counts somebody as named."""
    with app.app_context(), transaction():
        person = session().scalars(select(Person).where(Person.ref == world.people[who].ref)).one()
        return session().scalar(select(Release.id).where(named_recipient.test(actor_of(person), Release))) is not None


@pytest.mark.parametrize("by", ["anna", "focal"])
def test_whoever_is_taken_out_of_a_running_request_fetches_nothing_any_more(app, world, by):
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref).status_code == 303
    assert may_fetch(app, world, "ben")
    assert "Take Ben Beside out" in world.get(by, f"/requests/{ref}").text
    assert leave(world, ref, by=by).status_code == 303
    assert not may_fetch(app, world, "ben")
    assert may_fetch(app, world, "anna")
    assert world.get("ben", f"/requests/{ref}").status_code == 404
    (letter,) = world.letters("request_left_team")
    assert letter.address == world.people["ben"].email
    assert len(world.letters("request_narrowed")) == (1 if by == "focal" else 0)
    assert len(world.events("request.narrowed")) == 1
    assert world.request(ref).state == "active"


def test_a_question_that_is_answered_does_not_bring_them_back(app, world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref, "ask")
    world.verdict("esa", ref)
    assert world.request(ref).state == "returned"
    assert leave(world, ref).status_code == 303
    answer = world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="So it is.")
    assert answer.status_code == 303, answer.text
    assert team(app, world, ref) == {"Anna Asks"}


def test_somebody_always_stays(app, world):
    ref = world.sent(variables=("drivers",))
    assert leave(world, ref).status_code == 303
    assert "Take Anna Asks out" not in world.get("anna", f"/requests/{ref}").text
    answer = leave(world, ref, "anna")
    assert answer.status_code == 400
    assert "Nobody would be left." in answer.text
    assert team(app, world, ref) == {"Anna Asks"}


def test_two_clicks_are_one_deed_and_an_old_page_is_stale(world):
    ref = world.sent(variables=("drivers",))
    lock = world.lock(ref)
    assert [leave(world, ref, lock=lock).status_code for _ in range(2)] == [303, 303]
    assert len(world.events("request.narrowed")) == 1
    assert leave(world, ref, "anna", lock=lock).status_code == 409


def test_nobody_is_taken_out_of_a_draft_or_of_what_is_over(world):
    draft = world.start()
    assert leave(world, draft).status_code == 403
    ref = world.sent(variables=("drivers",))
    assert world.post("anna", f"/requests/{ref}/withdraw", lock=world.lock(ref)).status_code == 303
    assert leave(world, ref).status_code == 409


@pytest.mark.parametrize(("by", "status"), [("ben", 403), ("carl", 404), ("wana", 403), ("dpo", 403)])
def test_nobody_else_takes_anybody_out(app, world, by, status):
    ref = world.sent(variables=("drivers",))
    assert leave(world, ref, by=by).status_code == status
    assert team(app, world, ref) == {"Anna Asks", "Ben Beside"}


def test_somebody_who_is_not_in_it_cannot_be_taken_out(world):
    ref = world.sent(variables=("drivers",))
    assert leave(world, ref, "carl").status_code == 400
