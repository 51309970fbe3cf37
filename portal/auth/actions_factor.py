"""One deed, one code: whoever decides something grave proves in the same form that it is still them.

A code is used up in the transaction of the deed; if the deed is undone the code is good again.
"""

from flask_babel import gettext as _

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth import onetime, queries
from portal.auth.actions import spend
from portal.errors import Invalid
from portal.permissions import Permission


def prove(actor: Actor, code: str) -> None:
    """Use up one of the actor's one-time codes.

    Raises Invalid on the field ``code`` if it is wrong, used already, or the person has no second factor. The failure
    is recorded first: a caller that shows the form again lets the transaction commit, and so keeps it.
    """
    person = queries.oneself(actor, Permission.SELF_WRITE)
    step = onetime.step_of(onetime.secret_of(person), code, clock.now()) if person.totp_wrapped else None
    if step is None or not spend(person, step):
        record(actor, "auth.mfa.failed", target=("person", person.ref), reason="code" if step is None else "replayed")
        raise Invalid({"code": [_("This code is not right any more. Wait for the next one and type that.")]})
