"""One writer appending to the log, against a plain insert of the same row, on SQLite with synchronous FULL."""

import tempfile
from pathlib import Path

from sqlalchemy import text

from bench.common import interleaved, line
from portal.actor import system
from portal.audit import verify
from portal.audit.recorder import record
from portal.db import db, transaction
from portal.setup import prepare

EVENTS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = prepare({"PORTAL_INSTANCE": str(Path(folder) / "instance")})
        with app.app_context():
            measure()
            db.engine.dispose()


def measure() -> None:
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE plain (id INTEGER PRIMARY KEY, body BLOB)"))
    actor, body = system("bench"), b"x" * 600

    def plain() -> None:
        for _ in range(EVENTS):
            with db.engine.begin() as connection:
                connection.execute(text("INSERT INTO plain (body) VALUES (:body)"), {"body": body})

    def logged() -> None:
        for number in range(EVENTS):
            with transaction():
                record(actor, "system.setup", target=("system", f"bench-{number}"))

    def together() -> None:
        with transaction():
            for number in range(EVENTS):
                record(actor, "system.setup", target=("system", f"bench-{number}"))

    found = interleaved(5, plain=plain, logged=logged, together=together)
    one = found["logged"] / EVENTS
    line(
        "one writer: appends per second against plain inserts", found["plain"] / found["logged"], 0.85, "x", most=False
    )
    line(f"{EVENTS} events in one transaction, against one", found["together"] / one, 2, "x", most=True)
    checked = interleaved(3, verify=verify.examine)["verify"]
    line("verifier", verify.examine().size / checked, 10_000, "ev/s", most=False)


main()
