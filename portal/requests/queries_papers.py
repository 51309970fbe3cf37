"""Reads of the papers that came with a request, and what is still missing of them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.errors import NotFound
from portal.permissions import Permission
from portal.requests.models import Request
from portal.requests.models_papers import RequestPaper

ETHICS = "ethics"
NEEDED = {"licence": ETHICS}
"""By the kind of agreement: the paper without which nothing is sent."""


def papers(actor: Actor, one: Request) -> Sequence[RequestPaper]:
    """Return the papers of a request that the actor may read, the first one first.

    A part that was split off has those of the request it came from, too.
    """
    if not policy.holds(actor, Permission.PAPER_READ):
        return []
    query = policy.visible(actor, Permission.PAPER_READ, RequestPaper)
    kept = query.where(RequestPaper.request_id.in_(_line(one)), RequestPaper.removed_at.is_(None))
    return list(session().scalars(kept.options(joinedload(RequestPaper.person)).order_by(RequestPaper.id)))


def paper(actor: Actor, ref: str, paper_ref: str) -> RequestPaper:
    """Return one paper that the actor may read; NotFound if there is none, or it was removed."""
    own = (RequestPaper.ref == paper_ref, RequestPaper.request.has(Request.ref == ref))
    return policy.load(actor, Permission.PAPER_READ, RequestPaper, *own, RequestPaper.removed_at.is_(None))


def of_request(one: Request, paper_ref: str) -> RequestPaper:
    """Return a paper of a request that was loaded already, removed or not."""
    query = select(RequestPaper).where(RequestPaper.request_id == one.id, RequestPaper.ref == paper_ref)
    found = session().scalar(query)
    if found is None:
        raise NotFound("paper: no such one here")
    return found


def alike(one: Request, sha256: str, purpose: str) -> RequestPaper | None:
    """Return the paper of a request that has these bytes for this purpose already."""
    query = select(RequestPaper).where(
        RequestPaper.request_id == one.id, RequestPaper.sha256 == sha256, RequestPaper.purpose == purpose
    )
    return session().scalar(query.where(RequestPaper.removed_at.is_(None)).limit(1))


def number(one: Request) -> int:
    """Return how many papers a request has."""
    query = select(func.count()).where(RequestPaper.request_id == one.id, RequestPaper.removed_at.is_(None))
    return session().scalar(query) or 0


def missing(one: Request) -> bool:
    """Whether a paper is not there without which a request under this kind of agreement is not sent."""
    purpose = NEEDED.get(one.agreement.kind)
    if purpose is None:
        return False
    query = select(func.count()).where(
        RequestPaper.request_id.in_(_line(one)), RequestPaper.purpose == purpose, RequestPaper.removed_at.is_(None)
    )
    return not session().scalar(query)


def _line(one: Request) -> list[int]:
    """Return the ids of a request and of those it was split from."""
    ids = [one.id]
    while one.split_from_id is not None and one.split_from_id not in ids:
        ids.append(one.split_from_id)
        one = session().get_one(Request, one.split_from_id)
    return ids
