"""Who comes: the browser's cookie turned into an actor, judged anew at every request.

flask-login binds its ``current_user`` to that actor and does nothing else here: its own cookies, its
"remember me" and its session protection stay unused.
"""

import datetime as dt

from flask import Flask, Request
from flask_login import LoginManager, UserMixin

from portal import clock
from portal.actor import ANONYMOUS, FACTOR_ROLES, Actor
from portal.auth import queries
from portal.web import guard

SEEN_EVERY = dt.timedelta(minutes=1)
login = LoginManager()
login.session_protection = None


class Reader(UserMixin):  # type: ignore[misc]  # flask-login carries no types
    """The actor in the shape flask-login knows."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        """Return the session's reference: never anything a cookie could be made of."""
        return self.actor.session_ref


@login.request_loader  # type: ignore[untyped-decorator]
def _reader(_request: Request) -> Reader | None:
    actor = guard.actor()
    return Reader(actor) if actor.signed_in else None


def install(app: Flask) -> None:
    """Bind flask-login to the house's own sessions."""
    login.init_app(app)


def _stopped(token: str) -> Actor:
    """Return nobody, or somebody of whom only this is known: that a freeze keeps them out."""
    person = queries.stopped_person(token)
    return ANONYMOUS if person is None else Actor(kind="stopped", ref=person.ref)


def actor_behind(token: str) -> Actor:
    """Return who is behind a session's token now, or the anonymous actor; inside an open transaction.

    A session is nobody's once it idled, grew old or was ended, once its person is disabled, their
    organisation inactive or their password changed, and where staff got in without a second factor.
    """
    sign_in = queries.live_session(token)
    if sign_in is None:
        return _stopped(token)
    actor = queries.actor_of(sign_in.person, sign_in)
    if "otp" not in actor.authentication and not FACTOR_ROLES.isdisjoint(actor.roles):
        return ANONYMOUS
    if clock.now() - sign_in.seen_at >= SEEN_EVERY:
        sign_in.seen_at = clock.now()  # at most once a minute: a page view need not cost a write
    return actor
