"""What a process's tests begin with again and again: played once over HTTP, then the database it left is copied.

A deed is remembered by the deeds before it, and only if nothing else was written since the last of them. On PostgreSQL,
and where a test moves the clock, every deed is played.
"""

import datetime as dt
import hashlib
import pickle
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select, update

from portal import clock
from portal.auth.models import Organisation, SignIn
from portal.db import db, transaction
from tests import conftest

COOKIES = ("portal_session", "portal_form")
EMPTY, UNKNOWN = ("empty",), ()
_left = {}  # the deeds that were done, each with what it was given: (the database, what the world then knew)
_empty = set()  # the hash of the database in which nothing was done yet


def begin(world):
    """Let a world stand at the empty database of its test; told before anything is written to it."""
    world.deeds, world.seen = UNKNOWN, ""
    if conftest.SERVER:
        return
    nobody = not _empty and not _anybody(world)
    world.seen = _hash(world)
    if nobody:
        _empty.add(world.seen)
    if world.seen in _empty:
        world.deeds = EMPTY


def _anybody(world):
    with world.app.app_context(), transaction() as current:
        return current.scalar(select(Organisation.id).limit(1))


def deed(world, name, given, play):
    """Return what ``play()`` returns; its database is copied where the same was done before."""
    known = world.deeds and _still(world)
    chain = (*world.deeds, (name, repr(sorted(given.items())))) if known else UNKNOWN
    if chain and chain in _left:
        return _restore(world, chain)
    result = play()
    if chain:
        world.deeds = chain
        world.seen = _hash(world)
        if world.seen:
            _left[chain] = (_file(world).read_bytes(), pickle.dumps((result, world.people, _browsers(world))))
    return result


def _still(world):
    near = abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)
    return near and _hash(world) == world.seen != ""


def _file(world):
    return Path(urlsplit(world.app.config["SQLALCHEMY_DATABASE_URI"]).path)


def _close(world):
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()


def _hash(world):
    """Return the hash of the database at rest, "" if somebody has it open."""
    _close(world)
    log = _file(world).with_name(_file(world).name + "-wal")
    if log.exists() and log.stat().st_size:
        return ""
    return hashlib.sha256(_file(world).read_bytes()).hexdigest()


def _browsers(world):
    held = {}
    for name, browser in world._browsers.items():
        cookies = {cookie: browser.get_cookie(cookie, domain="localhost") for cookie in COOKIES}
        held[name] = {cookie: found.value for cookie, found in cookies.items() if found}
    return held, dict(world._tokens)


def _restore(world, chain):
    data, rest = _left[chain]
    _close(world)
    _file(world).write_bytes(data)
    result, world.people, (held, tokens) = pickle.loads(rest)  # noqa: S301 -- ours, from a moment ago
    world._browsers, world._tokens = {}, tokens
    for name, cookies in held.items():
        world._browsers[name] = world.app.test_client()
        for cookie, value in cookies.items():
            world._browsers[name].set_cookie(cookie, value, domain="localhost")
    moment = clock.now()  # a session that was opened minutes ago is a new one to this test
    with world.app.app_context(), transaction() as current:
        current.execute(update(SignIn).values(created_at=moment, seen_at=moment, proved_at=moment))
    world.deeds, world.seen = chain, _hash(world)
    return result
