"""How long ago somebody proved who they are: what hands data out, or changes who may, wants it fresh."""

import datetime as dt

from sqlalchemy import select

from portal import clock
from portal.actor import Actor
from portal.auth.models import SignIn
from portal.db import session
from portal.errors import NotFresh

FRESH = dt.timedelta(minutes=10)


def fresh(actor: Actor) -> bool:
    """Whether this session's last one-time code (its password, for who has no second factor) is younger than FRESH.

    No session, or none that proved anything, is not fresh.
    """
    proved = select(SignIn.proved_at).where(
        SignIn.ref == actor.session_ref, SignIn.person_id == actor.id, SignIn.ended_at.is_(None)
    )
    moment = session().scalar(proved)
    return moment is not None and moment > clock.now() - FRESH


def require(actor: Actor) -> None:
    """Refuse with NotFresh unless it is."""
    if not fresh(actor):
        raise NotFresh("session: a one-time code of the last ten minutes is needed; give one, then do it again")
