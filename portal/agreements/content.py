"""What an agreement says, as one value that can be hashed: every column is in it that is not named here as left out.

So a clause that is added to the table tomorrow is signed, compared and renewed without anybody remembering it here.
"""

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import inspect

from portal.agreements.models import Agreement
from portal.audit import canonical

STATE = frozenset({"status", "ended_as", "stage", "shared", "text_sha256", "terminated_on", "warned_days"})
RECORD = frozenset({"id", "ref", "lock", "created_at", "created_by", "activated_at"})
PEOPLE = frozenset({"organisation_id", "mmc_signatory_id", "partner_signatory_id"})
MOST = 256 * 1024  # bytes of the canonical form: the text may have 20,000 letters, of up to four bytes
OWN = frozenset({"number", "revision"})


def columns() -> tuple[str, ...]:
    """Return the columns that are part of what is signed, the people and the organisation aside."""
    names = (column.key for column in inspect(Agreement).column_attrs)
    return tuple(name for name in names if name not in STATE | RECORD | PEOPLE)


def content_of(agreement: Agreement) -> dict[str, Any]:
    """Return what an agreement says, as plain JSON; people and organisation by reference. Lists are sorted."""
    said = {name: _plain(getattr(agreement, name)) for name in columns()}
    sides = {"mmc_signatory": agreement.mmc_signatory, "partner_signatory": agreement.partner_signatory}
    people = {name: person.ref if person else "" for name, person in sides.items()}
    return said | people | {"organisation": agreement.organisation.ref}


def sha256_of(agreement: Agreement) -> str:
    """Return the hash of what an agreement says: SHA-256 (hex) of its canonical JSON (RFC 8785)."""
    return hashlib.sha256(canonical.encode(content_of(agreement), MOST)).hexdigest()


def carried() -> tuple[str, ...]:
    """Return the columns that a renewal takes over as they are."""
    return tuple(name for name in (*columns(), *sorted(PEOPLE)) if name not in OWN)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- whatever a column holds
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return sorted(value)
    return value
