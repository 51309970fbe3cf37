"""Reads of messages and of the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import defer

from portal import policy
from portal.actor import Actor
from portal.auth.models import Person
from portal.db import session
from portal.letters.kinds import CHOSEN, DIGEST, Way
from portal.letters.models import Attempt, Letter
from portal.notices.models import MessageSetting
from portal.notices.schemas import Look, OutboxLook
from portal.paging import SIZE, Paged, last_page
from portal.permissions import Permission
from portal.ports import Addressee

MOST_COUNTED = 99  # more than these are not counted one by one


@dataclass(frozen=True)
class Found(Paged):
    """One page of messages."""

    rows: Sequence[Letter]
    total: int
    page: int


@dataclass(frozen=True)
class Outbox(Paged):
    """One page of the outbox: each row is (letter, addressee's name or None, may be sent again)."""

    rows: Sequence[Row[tuple[Letter, str | None, bool]]]
    attempts: Mapping[int, Sequence[Attempt]]  # by the letter's key, in their order
    total: int
    page: int
    failed: int  # that this reader may send again


def addressee(address: str, person_id: int | None, kind: str) -> Addressee:
    """Say who reads letters at an address, or who a key stands for, and how a kind comes to them."""
    who = Person.id == person_id if person_id is not None else Person.email == address
    chosen = and_(MessageSetting.person_id == Person.id, MessageSetting.kind == kind)
    query = select(Person.id, Person.time_zone, MessageSetting.way).outerjoin(MessageSetting, chosen).where(who)
    found = session().execute(query).first()
    if found is None:
        return Addressee(None, Way.AT_ONCE, "UTC")
    return Addressee(found.id, found.way or Way.AT_ONCE, found.time_zone)


def _own(actor: Actor) -> Select[Letter]:
    """Return the actor's messages; a digest says nothing that is not in them."""
    return policy.visible(actor, Permission.NOTICE_READ, Letter).where(Letter.kind != DIGEST.name)


def unread(actor: Actor) -> int:
    """Count the actor's unread messages, up to 99; 0 outside of a transaction, where a fault is being shown."""
    if not actor.signed_in or not session().info.get("open"):
        return 0
    some = _own(actor).where(Letter.read_at.is_(None)).with_only_columns(Letter.id).limit(MOST_COUNTED)
    return session().scalar(select(func.count()).select_from(some.subquery())) or 0


def messages(actor: Actor, look: Look) -> Found:
    """Return a page of the actor's own messages, newest first."""
    query = _own(actor)
    if look.show == "unread":
        query = query.where(Letter.read_at.is_(None))
    if look.kind:
        query = query.where(Letter.kind == look.kind)
    total = session().scalar(select(func.count()).select_from(query.subquery())) or 0
    page = min(look.page, last_page(total))
    newest = query.order_by(Letter.id.desc()).limit(SIZE).offset((page - 1) * SIZE)
    return Found(session().scalars(newest).all(), total, page)


def newest(actor: Actor) -> str:
    """Return the reference of the actor's newest message, "" if there is none."""
    last = _own(actor).with_only_columns(Letter.message_id).order_by(Letter.id.desc()).limit(1)
    return session().scalar(last) or ""


def settings(actor: Actor) -> dict[str, MessageSetting]:
    """Return what the actor chose, by kind."""
    mine = select(MessageSetting).where(MessageSetting.person_id == actor.id)
    return {one.kind: one for one in session().scalars(mine)}


def ways(actor: Actor) -> Mapping[str, str]:
    """Return how each kind that one may choose for comes to the actor now."""
    chosen = settings(actor)
    return {kind: chosen[kind].way if kind in chosen else Way.AT_ONCE.value for kind in CHOSEN}


def waiting(actor: Actor, kind: str) -> Sequence[Letter]:
    """Return the actor's letters of a kind that wait for the next digest."""
    query = select(Letter).where(Letter.person_id == actor.id, Letter.kind == kind, Letter.status == "gathered")
    return session().scalars(query).all()


def outbox(actor: Actor, look: OutboxLook) -> Outbox:
    """Return a page of the outbox, without what the letters say."""
    visible = policy.visible(actor, Permission.OUTBOX_READ, Letter)
    if look.status:
        visible = visible.where(Letter.status == look.status)
    if look.kind:
        visible = visible.where(Letter.kind == look.kind)
    total = session().scalar(select(func.count()).select_from(visible.subquery())) or 0
    page = min(look.page, last_page(total))
    column = {"created": Letter.id, "attempts": Letter.attempts, "status": Letter.status}[look.sort]
    query = (
        visible.outerjoin(Person, Person.id == Letter.person_id)
        .add_columns(Person.name, policy.condition(actor, Permission.OUTBOX_RESEND).label("may_resend"))
        .options(defer(Letter.values, raiseload=True))
        .order_by(column.desc() if look.descending else column.asc(), Letter.id.desc())
    )
    rows = session().execute(query.limit(SIZE).offset((page - 1) * SIZE)).all()
    return Outbox(rows, _attempts([row[0].id for row in rows]), total, page, failed(actor))


def _attempts(letters: Sequence[int]) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = {}
    for one in session().scalars(select(Attempt).where(Attempt.letter_id.in_(letters)).order_by(Attempt.number)):
        found.setdefault(one.letter_id, []).append(one)
    return found


def failed(actor: Actor) -> int:
    """Count the letters that the actor may send again."""
    query = policy.visible(actor, Permission.OUTBOX_RESEND, Letter)
    return session().scalar(select(func.count()).select_from(query.subquery())) or 0
