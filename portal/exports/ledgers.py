"""The ledger that exceptions are judged by, as the portal keeps it: opened, added to, never changed.

An entry seals the whole ledger after it. Which entry is the newest is told by the log as well: entries that are gone,
too few or other than the log says cannot be judged by, and then every exception is denied.
"""

import io
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from sqlalchemy import func, or_, select

from portal import clock, ports
from portal.actor import system
from portal.audit import queries as log
from portal.audit.recorder import record
from portal.catalogue import rows
from portal.catalogue.models import Dataset
from portal.db import session, transaction
from portal.disclosure import ledger as book
from portal.disclosure.joint import Terms, faults, meet
from portal.disclosure.judge import ready
from portal.disclosure.ledger import Ledger, Views
from portal.disclosure.ledgerstore import from_arrays, to_arrays
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.rounds_past import extract
from portal.disclosure.ruleset import RuleSet
from portal.errors import KeyMissing, Stale, Tampered
from portal.exports.models import ProtectedFile
from portal.exports.models_ledger import LedgerEntry
from portal.keys import WrappedKey, Wrapping
from portal.vault import new_name, open_, seal

WORKER = system("worker")
DOMAIN = book.EVERYONE
ENTERED = "ledger.entered"
PUBLICATION, RELEASE = "publication", "release"
ABSENT = "ledger: not what the log says it is; without it nothing can be judged"
BESIDE = "ledger: beside the exceptions that left, this file would tell people apart"
UNREADABLE = "ledger: unreadable; nothing can be judged"


def newest() -> LedgerEntry | None:
    """Return the newest entry, None where there never was one. Raises CannotMeet if the log knows of another."""
    of_domain = LedgerEntry.domain == DOMAIN
    found = session().scalar(select(LedgerEntry).where(of_domain).order_by(LedgerEntry.number.desc()).limit(1))
    count = session().scalar(select(func.count()).where(of_domain)) or 0
    head, number = (found.head, found.number) if found else ("", 0)
    if head != log.last_sha256(ENTERED) or number != count:
        raise CannotMeet(ABSENT)
    return found


def opened(entry: LedgerEntry | None) -> Ledger:
    """Open the ledger as it was after an entry; outside any transaction. Raises CannotMeet where it cannot be read."""
    if entry is None:
        return book.empty(DOMAIN)
    try:
        context = _context(entry.number)
        dek = ports.house.keys.unwrap(entry.key_id, entry.key_wrapped, context)
        sealed = b"".join(open_(ports.house.store, entry.blob, dek, context))
        arrays = np.load(io.BytesIO(sealed), allow_pickle=False)
        return ready(from_arrays(arrays), entry.head)
    except (Tampered, KeyMissing, OSError, ValueError, BadZipFile) as error:
        raise CannotMeet(UNREADABLE) from error


@dataclass(frozen=True)
class Sealed:
    """An entry that is sealed and not yet written down: the ledger after it, and the head it follows."""

    after: Ledger
    follows: str
    blob: str
    sha256: str
    wrapped: WrappedKey


def sealed(ledger: Ledger, views: Views, *, kind: str, reference: str) -> Sealed:
    """Seal the ledger as it will be after a release; outside any transaction."""
    said = {"kind": kind, "reference": reference, "on": clock.today().isoformat()}
    after = book.append(ledger, views, head=ledger.head, **said)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **to_arrays(after))  # type: ignore[arg-type] # arrays by name
    context = _context(len(after.entries))
    wrapped, blob = ports.house.keys.wrap(Wrapping.DATA, context), new_name()
    done = seal(ports.house.store, blob, rows.pieces(buffer.getvalue()), wrapped.dek, context)
    return Sealed(after, ledger.head, blob, done.sha256, wrapped)


def enter(one: Sealed) -> None:
    """Write a sealed entry down, in the transaction that publishes its release. Builds take turns here.

    Raises Stale if another entry was written since: then the release has to be judged again.
    """
    # On PostgreSQL two builds would not see each other's entries: they wait for each other at the datasets.
    session().execute(select(Dataset.id).order_by(Dataset.id).with_for_update())
    last = newest()
    if (last.head if last else book.empty(DOMAIN).head) != one.follows:
        raise Stale("ledger: another release was written down since this one was judged; judge it again")
    entry = one.after.entries[-1]
    row = LedgerEntry(
        domain=DOMAIN,
        number=entry.number,
        kind=entry.kind,
        reference=entry.reference,
        head=one.after.head,
        blob=one.blob,
        sha256=one.sha256,
        key_id=one.wrapped.key_id,
        key_wrapped=one.wrapped.wrapped,
    )
    session().add(row)
    session().flush()
    record(WORKER, ENTERED, target=("ledger", entry.reference, entry.number), data={"sha256": row.head})


def unregistered() -> list[ProtectedFile]:
    """Return the protected files that the ledger does not know yet, of those that are shared or may be, oldest first.

    Only what was made from a version itself: a coarser tier is computed from the finer one's file and tells nothing
    beyond it. The finer one counts as soon as a coarser one is shared.
    """
    known = select(LedgerEntry.reference).where(LedgerEntry.domain == DOMAIN)
    query = select(ProtectedFile).where(ProtectedFile.blob != "", ProtectedFile.ref.not_in(known))
    made = session().scalars(query.order_by(ProtectedFile.built_at, ProtectedFile.id))
    kept = or_(ProtectedFile.status.in_(("proposed", "signed")), ProtectedFile.review_by.is_not(None))
    shared = set(session().scalars(select(ProtectedFile.version_id).where(ProtectedFile.blob != "", kept)))
    return [
        one
        for one in made
        if one.rule_set["keys"] and one.rule_set["derived_from"] is None and one.version_id in shared
    ]


def stand_beside(frame: pd.DataFrame, rules: RuleSet) -> None:
    """Refuse a version's next protected file that would tell its people apart beside the exceptions that left.

    Outside any transaction. A coarser tier is computed from the finer one's file: there is nothing to ask of it.
    Raises Withheld, also where the ledger cannot be read.
    """
    with transaction():
        last = newest()
    ledger = opened(last)
    if rules.derived_from is not None or not any(one.kind == RELEASE for one in ledger.entries):
        return
    views = extract(rules).views(frame)
    found = faults(ledger, views, meet(ledger, views), Terms(rules.k, rules.limits))
    if found.thin.any() or found.leaving.any():
        raise CannotMeet(BESIDE)


def _context(number: int) -> bytes:
    return f"ledger:{DOMAIN}:{number}".encode()
