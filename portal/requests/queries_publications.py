"""Reads of publications, each narrowed by what the reader may see of their request."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from portal import policy
from portal.actor import Actor, Role
from portal.auth.models import Person
from portal.db import session
from portal.permissions import Permission
from portal.requests import people, workflow
from portal.requests.models import Request
from portal.requests.models_publications import Publication

WAITING = ("shown", "unanswered")
ORDER = workflow.PUBLICATION.states


@dataclass(frozen=True)
class Text:
    """One publication, and what the reader may do: write, answer, open its attached text, look at its request."""

    row: Publication
    may_write: bool
    may_judge: bool
    may_open: bool
    may_ask: bool

    @property
    def early(self) -> bool:
        """Whether it is to come out before the days in which it may be answered are over."""
        one = self.row
        return bool(one.status == "shown" and one.planned_on and one.answer_by and one.planned_on < one.answer_by)


def publication(actor: Actor, ref: str) -> Text:
    """Return one publication; NotFound if there is none for this actor."""
    one = policy.load(actor, Permission.PUBLICATION_READ, Publication, Publication.ref == ref)
    write = policy.may(actor, Permission.PUBLICATION_WRITE, one)
    readable = one.paper is not None and policy.may(actor, Permission.PAPER_READ, one.paper)
    judges_it = policy.may(actor, Permission.PUBLICATION_JUDGE, one)
    return Text(one, write, judges_it, readable, policy.may(actor, Permission.REQUEST_READ, one.request))


def publications(actor: Actor, *, show: str = "", request_id: int = 0) -> Sequence[Publication]:
    """Return the publications that the actor may see: all, those that wait for an answer, or those that are out.

    What is out comes first, the newest before; then what waits.
    """
    if not policy.holds(actor, Permission.PUBLICATION_READ):
        return []
    query = policy.visible(actor, Permission.PUBLICATION_READ, Publication).join(Publication.request)
    query = query.options(
        joinedload(Publication.request).joinedload(Request.organisation),
        joinedload(Publication.request).joinedload(Request.dataset),
    )
    if request_id:
        query = query.where(Publication.request_id == request_id)
    wanted = {"waiting": WAITING, "published": ("published",)}.get(show)
    if wanted:
        query = query.where(Publication.status.in_(wanted))
    found = session().scalars(query.order_by(Publication.published_on.desc(), Publication.id.desc()))
    return sorted(found, key=lambda one: one.status != "published")


def to_answer(actor: Actor) -> Sequence[Publication]:
    """Return the texts that wait for an answer of the actor's, the one to be answered first before."""
    query = policy.visible(actor, Permission.PUBLICATION_JUDGE, Publication).where(Publication.status.in_(WAITING))
    loaded = query.options(joinedload(Publication.request).joinedload(Request.organisation))
    return list(session().scalars(loaded.order_by(Publication.answer_by, Publication.id)))


def shown(actor: Actor) -> Sequence[Publication]:
    """Return the texts whose days run and that the actor may answer, or wrote."""
    either = (policy.condition(actor, one) for one in (Permission.PUBLICATION_JUDGE, Permission.PUBLICATION_WRITE))
    query = select(Publication).where(Publication.status == "shown", or_(*either))
    return list(session().scalars(query.options(joinedload(Publication.request)).order_by(Publication.id)))


def may_begin(actor: Actor, one: Request) -> bool:
    """Whether the actor may begin a publication of this request."""
    return policy.may(actor, Permission.PUBLICATION_BEGIN, one)


def judges(one: Request) -> list[Person]:
    """Return who may answer for MMC: who decides the parts that are in, and the data protection officers."""
    whom = [person.person for track in one.tracks if track.status != "closed" for person in people.of_track(track)]
    whom += people.holders(Role.DPO, one.organisation_id)
    return list({person.id: person for person in whom if person.disabled_at is None}.values())


def cited(dataset_id: int) -> int:
    """Answer the catalogue: how many publications that are out were made from a dataset."""
    query = select(func.count()).select_from(Publication).join(Publication.request)
    return session().scalar(query.where(Request.dataset_id == dataset_id, Publication.status == "published")) or 0
