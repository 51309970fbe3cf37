"""The log's only door. `record` collects; the transaction appends what was collected as it commits.

So an event cannot be written without its deed, nor a deed that says it was recorded without its event.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock, ports
from portal.actor import Actor
from portal.audit import appending, canonical, checkpoint, events, merkle
from portal.audit.canonical import Json
from portal.audit.event_types import Outcome
from portal.audit.flood import Flood
from portal.audit.models import AuditHead, AuditLog
from portal.db import session, transaction
from portal.errors import PortalError, UnauditedWrite

log = structlog.get_logger(__name__)
_FIELDS = {
    "purpose": frozenset({"mou", "request", "emergency", "legal_basis"}),
    "data": frozenset({"dataset", "version", "columns_n", "rows", "bytes", "sha256", "sdc", "clauses"}),
    "context": frozenset({"request_id", "route", "method", "endpoint", "job_id", "node", "app_version"}),
}


class Parts(TypedDict, total=False):
    """What an event may say besides who and what.

    `target` is type, reference and, where there is one, version. `reason` is a machine word. `change` maps a
    field to its old and new value: words, dates, numbers, references. Whatever a person typed, a name or an
    address goes into `private`, by the reference of whom it is about.
    """

    target: tuple[str, str] | tuple[str, str, int]
    outcome: Outcome
    reason: str
    on_behalf_of: str
    purpose: Mapping[str, str]
    data: Mapping[str, Json]
    change: Mapping[str, tuple[Json, Json]]
    private: Mapping[str, str | Mapping[str, str]]
    context: Mapping[str, str]


def record(actor: Actor, name: str, **parts: Unpack[Parts]) -> UUID:
    """Collect an event for the open transaction; it enters the log as the transaction commits.

    Raises events.Unknown for a name that is not listed, ValueError for a field that is not in the schema or
    a value that cannot be hashed, UnauditedWrite outside a transaction.
    """
    kind = events.find(name)
    collected = session().info.get("events")
    if collected is None:
        raise UnauditedWrite(f"record {name}: only inside portal.db.transaction")
    moment_us = microseconds(clock.now())
    event_id = appending.new_id(moment_us)
    body: dict[str, Json] = {
        "v": appending.SCHEMA,
        "id": str(event_id),
        "ts_us": moment_us,
        "type": kind.name,
        "outcome": parts.get("outcome", kind.outcome),
        "actor": _actor(actor),
        **_rest(parts),
    }
    canonical.encode(body)  # refuse here, where the caller can be seen, what the log would refuse later
    said = {who: _said(what) for who, what in parts.get("private", {}).items()}
    collected.append(appending.Collected(event_id, body, said))
    return event_id


def record_alone(actor: Actor, name: str, **parts: Unpack[Parts]) -> UUID:
    """Record in a transaction of its own what has no deed: a denial, a failure, after the rest was undone."""
    with transaction():
        return record(actor, name, **parts)


def open_log() -> None:
    """Open the first log, in the open transaction; nothing if there is one already."""
    current = session()
    if current.query(AuditLog.log_id).first() is not None:
        return
    moment = clock.now()
    origin = f"{ports.house.config.host}/audit/{moment.year}h{1 if moment.month <= 6 else 2}"
    vkey = checkpoint.verifier_key(origin, ports.house.keys.public_key())
    current.add(AuditLog(log_id=1, origin=origin, vkey=vkey, opened_us=microseconds(moment)))
    current.add(AuditHead(log_id=1, size=0, frontier=b"", root=merkle.EMPTY, state="open"))
    record(_SETUP, "audit.opened", target=("log", origin))


def microseconds(moment: dt.datetime) -> int:
    """Give a moment as whole microseconds since 1970, UTC."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def moment_of(since_1970_us: int) -> dt.datetime:
    """Give the moment that many microseconds after 1970, UTC."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=since_1970_us)


_SETUP = Actor(ref="system:setup", kind="system")


class Recorder:
    """The log as the rooms below it see it (`portal.ports.Log`)."""

    def __init__(self) -> None:
        self._flood = Flood()

    def append(self, session: Session) -> None:
        """Append what was recorded in this session's transaction."""
        appending.append(session, session.info["events"])

    def read(self, actor: Actor, event: str, target_ref: str, endpoint: str) -> None:
        """Record, in the open transaction, that `actor` read something."""
        area = events.find(event).area
        purpose = {"request": target_ref} if area == "request" and target_ref else {}
        record(actor, event, target=(area, target_ref or endpoint), purpose=purpose)

    def denied(
        self, actor: Actor, reason: str, *, target: str = "", context: Mapping[str, str], clauses: Sequence[str] = ()
    ) -> None:
        """Record a denial in a transaction of its own.

        If that fails the denial stands, and a line goes to stderr instead. From people who are not signed in
        only so many a minute are kept one by one, the rest as a number.
        """
        unseen = 0 if actor.signed_in else self._flood.take(clock.now())
        if unseen is None:
            return
        asked = "".join(sign for sign in target if sign.isprintable())[:64]  # anybody may ask for anything
        where = (context.get("endpoint", "").partition(".")[0] or "page", asked or context.get("endpoint", ""))
        try:
            with transaction():
                if unseen:
                    record(actor, "authz.denied.summary", target=("page", "any"), data={"rows": unseen})
                name = "authz.csrf_rejected" if reason in {"FormToken", "ForeignOrigin"} else "authz.denied"
                data: dict[str, Json] = {"clauses": list(clauses)} if clauses else {}
                record(actor, name, target=where, reason=reason, context=context, data=data)
        except (PortalError, SQLAlchemyError) as error:
            log.error(  # noqa: TRY400 -- a traceback may hold a value
                "audit.denial_not_recorded", actor=actor.ref, reason=reason, error=type(error).__name__, **context
            )


def _actor(actor: Actor) -> dict[str, Json]:
    full: dict[str, Json] = {
        "ref": actor.ref,
        "kind": actor.kind,
        "role": sorted(actor.roles),
        "org": actor.organisation_ref,
        "session": actor.session_ref,
        "amr": list(actor.authentication),
    }
    return {field: value for field, value in full.items() if value}


def _rest(parts: Parts) -> dict[str, Json]:
    rest: dict[str, Json] = {
        "reason": parts.get("reason", ""),
        "on_behalf_of": parts.get("on_behalf_of", ""),
        "target": dict(zip(("type", "ref", "rev"), parts.get("target", ()), strict=False)),
        "context": _checked("context", {**_surroundings(), **parts.get("context", {})}),
        "purpose": _checked("purpose", parts.get("purpose", {})),
        "data": _checked("data", parts.get("data", {})),
        "change": {field: list(pair) for field, pair in parts.get("change", {}).items()},
    }
    return {field: value for field, value in rest.items() if value}


def _surroundings() -> dict[str, str]:
    """Tell in which web request or job this happens, if the edge has said so."""
    bound = structlog.contextvars.get_contextvars()
    return {field: str(bound[field]) for field in _FIELDS["context"] if field in bound}


def _checked(part: str, values: Mapping[str, Json]) -> dict[str, Json]:
    if stray := set(values) - _FIELDS[part]:
        raise ValueError(f"event: {part}.{min(stray)} is not in the schema")
    return {field: value for field, value in values.items() if value != ""}


def _said(what: str | Mapping[str, str]) -> Mapping[str, str]:
    return {"text": what} if isinstance(what, str) else what
