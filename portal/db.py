"""The database and the one transaction.

The surprising fact: on SQLite every transaction starts with BEGIN IMMEDIATE, because reads are audited and
so write; a plain BEGIN that reads first fails at once with "database is locked" when somebody else commits.
"""

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Dialect, Engine, MetaData, TypeDecorator, event, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, UOWTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from portal import clock, ports
from portal.errors import LogUnavailable, PortalError, Stale, UnauditedWrite

log = structlog.get_logger(__name__)
BUSY_SECONDS = 10
ASK_SECONDS = 0.004
IMMEDIATE = "BEGIN IMMEDIATE"


class Base(DeclarativeBase):
    """Every table's parent. ``audited`` rows may not change unless the same transaction records an event."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    audited = True


db = SQLAlchemy(metadata=Base.metadata, session_options={"autoflush": True, "expire_on_commit": False})


def new_ref() -> str:
    """Return a random reference: what URLs and the log say instead of a name or a number."""
    return uuid.uuid4().hex


class Moment(TypeDecorator[Any]):
    """An aware UTC datetime on both databases (SQLite has none and would drop the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 -- SQLAlchemy's signature
        """Refuse naive values; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("moment: needs a time zone")
        utc = value.astimezone(clock.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Hand back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=clock.UTC) if value.tzinfo is None else value.astimezone(clock.UTC)


def session() -> Session:
    """Return the session of this web request, job step or command."""
    return cast("Session", db.session())


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what the block did together with its events, or undo both.

    The log takes the events as the last thing before the commit; promises made with :func:`after_commit`
    run when it has succeeded. Nothing inside may hash a password, build, seal, talk to a network or stream.
    """
    current = session()
    if current.info.get("open"):
        raise UnauditedWrite("transaction: already open; an action never opens its own")
    current.info.update(open=True, changed=set(), events=[], promises=[])
    try:
        yield current
        current.flush()
        _append(current)
        _refuse_silent_change(current)
        current.info["committing"] = True
        current.commit()
        promises = current.info["promises"]
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.clear()
        db.session.remove()
    for promise in promises:
        _keep(promise)


def move(row: Any, **values: object) -> None:  # noqa: ANN401 -- any row with id, status and lock
    """Change a row that has a life, by a guarded UPDATE: the lock on both databases.

    Raises Stale, and changes nothing, if its status or lock is no longer what was read.
    """
    kind, current = type(row), session()
    current.flush()
    guarded = update(kind).where(kind.id == row.id, kind.status == row.status, kind.lock == row.lock)
    statement = guarded.values(lock=row.lock + 1, **values).execution_options(synchronize_session=False)
    if cast("CursorResult[Any]", current.execute(statement)).rowcount != 1:
        raise Stale(f"{kind.__name__.lower()}: changed by somebody else meanwhile")
    current.refresh(row, ["lock", *values])


def require_seen(row: Any, lock: int) -> None:  # noqa: ANN401 -- as move
    """Refuse with Stale a form that was opened before the row was last changed."""
    if row.lock != lock:
        raise Stale(f"{type(row).__name__.lower()}: changed since the page was opened")


def write_once(what: str) -> None:
    """Write what is pending; Stale where somebody else wrote at the same moment what may be there once only."""
    try:
        session().flush()
    except IntegrityError as error:
        raise Stale(f"{what}: somebody was faster") from error


def after_commit(promise: Callable[[], object]) -> None:
    """Do ``promise`` once this transaction has committed; its failure is logged and undoes nothing."""
    session().info["promises"].append(promise)


def _keep(promise: Callable[[], object]) -> None:
    try:
        promise()
    except Exception as error:  # noqa: BLE001 -- one of two in the house: a promise may fail, the deed stands
        log.warning("promise.failed", promise=getattr(promise, "__name__", "?"), error=type(error).__name__)


def _append(current: Session) -> None:
    if not current.info["events"]:
        return
    try:
        ports.house.log.append(current)
    except PortalError:
        raise
    except DBAPIError as error:
        raise LogUnavailable("log: could not take the event; nothing was changed, try again") from error


def _refuse_silent_change(current: Session) -> None:
    changed = current.info["changed"]
    if changed and not current.info["events"]:
        raise UnauditedWrite(f"transaction: changed {', '.join(sorted(changed))} and recorded nothing")


@event.listens_for(Session, "after_flush")
def _notice_flush(current: Session, _context: UOWTransaction) -> None:
    touched = {type(row) for row in (*current.new, *current.deleted)}
    touched |= {type(row) for row in current.dirty if current.is_modified(row)}
    current.info.setdefault("changed", set()).update(
        kind.__name__ for kind in touched if getattr(kind, "audited", True)
    )


@event.listens_for(Session, "do_orm_execute")
def _notice_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and state.bind_mapper is not None:
        kind = state.bind_mapper.class_
        if getattr(kind, "audited", True):
            state.session.info.setdefault("changed", set()).add(kind.__name__)


@event.listens_for(Session, "before_commit")
def _refuse_foreign_commit(current: Session) -> None:
    # SQLAlchemy fires this for the release of a savepoint too; only the outermost one concerns us.
    if not current.in_nested_transaction() and not current.info.get("committing"):
        raise UnauditedWrite("commit: only portal.db.transaction commits")


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine options for ``url``.

    SQLite's connections are kept too: whoever closes its last one writes the log back and deletes it, which takes
    longer than most transactions. None may be open where a process forks (``portal/worker.py``).
    """
    more = {"connect_args": {"timeout": BUSY_SECONDS}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    return {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10} | more


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # manual mode: SQLAlchemy's "begin" event below decides
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or INSERT OR REPLACE slips past the log's DELETE trigger
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:  # noqa: ANN401 -- SQLAlchemy passes its Connection
    if connection.dialect.name == "sqlite" and not _took_its_turn(connection.connection.driver_connection):
        connection.exec_driver_sql(IMMEDIATE)  # raises what stands in the way


def _took_its_turn(driver: sqlite3.Connection) -> bool:
    """Begin, asking for the one writer's place every few milliseconds; false if there is no getting it.

    SQLite's own waiting ends up asking ten times a second, while whoever has just come asks at once: with a dozen
    writers somebody always waits the whole ten seconds in vain.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute(IMMEDIATE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False
                time.sleep(ASK_SECONDS)
            else:
                return True
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
