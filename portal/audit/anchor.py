"""The second head: the last signed size and root, outside the database and never in a backup of it.

A database restored from a backup, or cut short by whoever owns it, is behind its second head; nothing inside
the database could show that.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from portal.errors import Tampered

_TABLE = "CREATE TABLE IF NOT EXISTS head (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL)"


@dataclass(frozen=True)
class Anchor:
    """A small SQLite file of its own, one row per log."""

    path: Path

    def read(self, origin: str) -> tuple[int, bytes] | None:
        """Give the last size and root that were signed for this log, if any were."""
        if not self.path.exists():
            return None
        with closing(self._connect()) as connection:
            row = connection.execute("SELECT size, root FROM head WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else (int(row[0]), bytes(row[1]))

    def refuse_to_go_back(self, origin: str, size: int) -> None:
        """Raise Tampered if this log had a larger size signed before."""
        known = self.read(origin)
        if known is not None and known[0] > size:
            raise Tampered(f"log: {known[0]} events were signed, {size} are here; was an old database restored?")

    def advance(self, origin: str, size: int, root: bytes) -> None:
        """Move to a larger size; a smaller one is left alone (another keeper was faster).

        Raises Tampered if the same size was signed with another root.
        """
        with closing(self._connect()) as connection:
            connection.execute(
                "INSERT INTO head (origin, size, root) VALUES (?, ?, ?) ON CONFLICT (origin) DO UPDATE "
                "SET size = excluded.size, root = excluded.root WHERE excluded.size > head.size",
                (origin, size, root),
            )
        known = self.read(origin)
        if known is not None and known[0] == size and known[1] != root:
            raise Tampered(f"log: two different roots were signed for {size} events")

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        self.path.chmod(0o600)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_TABLE)
        return connection


def of(instance: Path) -> Anchor:
    """Give the second head of this instance."""
    return Anchor(instance / "anchor" / "log.sqlite3")
