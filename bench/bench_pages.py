"""The pages of daily work with 200 agreements and 1,000 requests, on SQLite, against a page that reads nothing.

In one process, without a network: what is measured is the portal's own work for one look, its event included.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from sqlalchemy import event, select

from bench.common import line
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.app import Portal
from portal.db import db, session
from portal.requests.models import Decision, Request, Scope
from portal.setup import prepare
from tests import factories
from tests.areas.requests.scene import World

REQUESTS, AGREEMENTS, RUNS = 1000, 200, 9
LIMIT_MS = 100


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = prepare({"PORTAL_INSTANCE": str(Path(folder) / "instance")})
        world = World(app, signed_in(app))
        with app.app_context(), factories.given():
            world.people["head"] = factories.a_person(roles=[Role.HEAD])
        ref = world.sent()
        world.verdict("wana", world.sent(), "approve")
        few = {name: queries(app, world, *where) for name, where in pages(world, ref)}
        fill(world)
        measure(app, world, ref, few)
        with app.app_context():
            db.engine.dispose()


def signed_in(app: Portal):
    def browser(person):
        with app.app_context(), factories.given():
            token = factories.a_session(person)
        opened = app.test_client()
        opened.set_cookie("portal_session", token, domain="localhost")
        return opened

    return browser


def pages(world: World, ref: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give each page: what it is called, who looks, and its address."""
    track = world.tracks(ref)["WANA"].ref
    yield "inbox", ("wana", "/inbox")
    yield "inbox, all regions", ("coordinator", "/inbox")
    yield "requests", ("coordinator", "/requests")
    yield "requests of a partner", ("anna", "/requests")
    yield "tracking", ("anna", f"/requests/{ref}")
    yield "decision", ("wana", f"/tracks/{track}")
    yield "agreements", ("coordinator", "/agreements")
    yield "agreements of a partner", ("anna", "/agreements")
    yield "reports", ("head", "/reports")


def fill(world: World) -> None:
    """Let there be many: copies of what two real requests became, each under an agreement of its own or shared."""
    with world.app.app_context(), factories.given() as current:
        agreements = list(session().scalars(select(Agreement)))
        agreements += [
            factories.another(agreements[0], number=f"MoU-copy-{number}") for number in range(AGREEMENTS - 1)
        ]
        current.add_all(agreements)
        current.flush()
        patterns = list(session().scalars(select(Request).order_by(Request.id)))
        for number in range(REQUESTS - len(patterns)):
            copy(patterns[number % len(patterns)], agreements[number % AGREEMENTS], number)


def copy(one: Request, agreement: Agreement, number: int) -> None:
    current = session()
    made = factories.another(one, number=f"MMC-copy-{number}", agreement_id=agreement.id, scope_id=None)
    current.add(made)
    current.flush()
    scope = factories.another(current.get_one(Scope, one.scope_id), request_id=made.id)
    current.add(scope)
    current.flush()
    made.scope_id = scope.id
    tracks = {track.id: factories.another(track, request_id=made.id, scope_id=scope.id) for track in one.tracks}
    current.add_all([*tracks.values(), *(factories.another(named, request_id=made.id) for named in one.recipients)])
    current.flush()
    for decision in current.scalars(select(Decision).where(Decision.request_id == one.id)):
        track_id = tracks[decision.track_id].id if decision.track_id else None
        current.add(factories.another(decision, request_id=made.id, track_id=track_id, idempotency_key=uuid4().hex))


def queries(app: Portal, world: World, who: str, path: str) -> int:
    """Count the statements of one look, the second, when everything is warm."""
    counted: list[int] = []

    def count(*_: object) -> None:
        counted.append(1)

    with app.app_context():
        engine = db.engine
    assert world.get(who, path).status_code == 200, path
    event.listen(engine, "before_cursor_execute", count)
    world.get(who, path)
    event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def measure(app: Portal, world: World, ref: str, few: dict[str, int]) -> None:
    empty = median(world, "wana", "/privacy")
    print(f"     a page that reads nothing: {empty:.1f} ms, {REQUESTS} requests, {AGREEMENTS} agreements")
    for name, (who, path) in pages(world, ref):
        many = queries(app, world, who, path)
        took = median(world, who, path)
        line(f"{name}: median of a look ({took / empty:.1f} x the empty page)", took, LIMIT_MS, "ms", most=True)
        line(f"{name}: statements, with two requests {few[name]}", many, max(few[name], 1) * 1.0, "", most=True)


def median(world: World, who: str, path: str) -> float:
    """Return the median milliseconds of a look."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        world.get(who, path)
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


if __name__ == "__main__":
    main()
