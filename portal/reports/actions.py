"""Switching the public register on and off."""

from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, require_seen, session
from portal.errors import NotAllowed
from portal.permissions import Permission
from portal.reports.models import HIDDEN, REGISTER, SHOWN, Publicity


def switch_register(actor: Actor, *, on: bool, lock: int) -> Publicity:
    """Show the public register to everybody, or to nobody; ``lock`` is 0 where nobody has decided yet.

    Asking for what is already so changes nothing. Raises NotAllowed, or Stale if somebody else decided meanwhile.
    """
    if not policy.holds(actor, Permission.REGISTER_SWITCH):
        raise NotAllowed(f"{Permission.REGISTER_SWITCH}: your role does not include this")
    wanted = SHOWN if on else HIDDEN
    page = session().scalar(select(Publicity).where(Publicity.ref == REGISTER).with_for_update())
    if page is None:
        page = Publicity(ref=REGISTER, status=HIDDEN, lock=0)
        session().add(page)
        session().flush()
    elif page.status == wanted:
        return page
    require_seen(page, lock)
    was = page.status
    move(page, status=wanted, changed_at=clock.now(), changed_by=actor.id or None)
    record(actor, "register.switched", target=("page", REGISTER), change={"status": (was, wanted)})
    return page
