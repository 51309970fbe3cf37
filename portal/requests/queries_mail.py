"""Reads for requests that came by mail: for whom one may be entered, what was entered, and who may fill a draft in."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal import policy
from portal.actor import Actor, Role
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import actor_of, frozen, valid_today
from portal.catalogue.models import Dataset
from portal.db import session
from portal.permissions import Permission
from portal.requests import queries
from portal.requests.models import Request


def requesters(without: int = 0) -> Sequence[Person]:
    """Return the requesters of active partners, less one organisation, whose access stands."""
    held = select(Grant.person_id).where(Grant.role == Role.REQUESTER.value, valid_today())
    query = select(Person).join(Organisation).options(joinedload(Person.organisation))
    theirs = query.where(
        *(Person.id.in_(held), Person.disabled_at.is_(None), Organisation.active),
        *(Organisation.kind != "mmc", Organisation.id != without),
    )
    found = session().scalars(theirs.order_by(Organisation.name, Person.name))
    return [one for one in found if not frozen(one)]


def datasets(people: Sequence[Person]) -> Sequence[Dataset]:
    """Return what at least one of these people's organisations may ask for today."""
    one_each = {person.organisation_id: person for person in people}
    found = {
        offer.dataset.code: offer.dataset for one in one_each.values() for offer in queries.offerable(actor_of(one))
    }
    return [found[code] for code in sorted(found)]


def entered(actor: Actor) -> Sequence[Request]:
    """Return the drafts that the actor entered and has not handed over, the newest first."""
    query = policy.visible(actor, Permission.REQUEST_HAND_OVER, Request).order_by(Request.id.desc())
    return list(session().scalars(query.options(joinedload(Request.requester), joinedload(Request.dataset))))


def to_fill(actor: Actor, ref: str) -> Request:
    """Return a draft that the actor may fill in: their own, or one that they entered and still hold.

    Raises NotFound, or NotAllowed if they may read it but not do this to it.
    """
    held = policy.visible(actor, Permission.REQUEST_FILL, Request).where(Request.ref == ref)
    found = session().scalar(held)
    return queries.request(actor, ref, Permission.REQUEST_FILL) if found is None else found
