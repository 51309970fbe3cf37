"""Reads of what is said about a request, each narrowed by whose side the reader is on."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal import policy
from portal.actor import STAFF_ROLES, Actor
from portal.auth.models import Person
from portal.auth.queries import actor_of
from portal.db import session
from portal.permissions import Permission
from portal.requests import people
from portal.requests.models import Request
from portal.requests.models_talk import Note


def request(actor: Actor, ref: str) -> Request:
    """Return a request that the actor may talk about; NotFound if there is none."""
    return policy.load(actor, Permission.REQUEST_TALK, Request, Request.ref == ref)


def may_talk(actor: Actor, one: Request) -> bool:
    """Whether the actor may write about this request."""
    return policy.may(actor, Permission.REQUEST_TALK, one)


def decides(actor: Actor, one: Request) -> bool:
    """Whether the actor stands on the deciding side: staff, and not of the organisation that asks."""
    return one.organisation_id != actor.organisation_id and actor.has(*STAFF_ROLES)


def notes(actor: Actor, one: Request) -> Sequence[Note]:
    """Return what was said, the first one first, without what is not for the reader's side."""
    query = select(Note).where(Note.request_id == one.id).order_by(Note.id).options(joinedload(Note.person))
    return list(session().scalars(query if decides(actor, one) else query.where(Note.staff_only.is_(False))))


def readers(one: Request, author: int, *, staff_only: bool) -> list[tuple[Person, str]]:
    """Return who should hear of a new note, and on which page: whose turn it is, who spoke before, the requester.

    Whoever may no longer see the request hears nothing; of a note for staff, nobody of the organisation that asks.
    """
    whom: list[Person] = []
    for track in one.tracks:
        if track.status == "open":
            whom += [decider.person for decider in people.of_track(track)]
    spoke = select(Person).join(Note, Note.person_id == Person.id).where(Note.request_id == one.id)
    whom += [*session().scalars(spoke.where(Person.disabled_at.is_(None))), one.requester]
    kept = [person for person in whom if not staff_only or person.organisation_id != one.organisation_id]
    reached = {person.id: (person, _page(person, one)) for person in kept if person.id != author}
    return [pair for pair in reached.values() if pair[1]]


def _page(person: Person, one: Request) -> str:
    """Return the page on which somebody reads what is said, "" if there is none for them."""
    reader = actor_of(person)
    if person.disabled_at is not None or not may_talk(reader, one):
        return ""
    if policy.may(reader, Permission.REQUEST_READ, one):
        return f"/requests/{one.ref}"
    seen = (track for track in one.tracks if policy.may(reader, Permission.TRACK_READ, track))
    return next((f"/tracks/{track.ref}" for track in seen), "")
