"""One deed, one code: whoever decides something grave proves in the same form that it is still them.

A code is used up in the transaction of the deed; if the deed is undone the code is good again.
"""

from flask_babel import gettext as _
from sqlalchemy import update

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth import onetime, queries
from portal.auth.actions import note_wrong_password, spend
from portal.auth.models import SignIn
from portal.db import session
from portal.errors import Invalid
from portal.permissions import Permission


def prove(actor: Actor, code: str) -> None:
    """Use up one of the actor's one-time codes; their session is fresh again.

    Raises Invalid on the field ``code`` if it is wrong, used already, or the person has no second factor. The failure
    is recorded first: a caller that shows the form again lets the transaction commit, and so keeps it.
    """
    person = queries.oneself(actor, Permission.SELF_WRITE)
    step = onetime.step_of(onetime.secret_of(person), code, clock.now()) if person.totp_wrapped else None
    if step is None or not spend(person, step):
        record(actor, "auth.mfa.failed", target=("person", person.ref), reason="code" if step is None else "replayed")
        missing = _("Type the six digits that your authenticator app shows now.")
        wrong = _("This code is not right any more. Wait for the next one and type that.")
        raise Invalid({"code": [wrong if code.strip() else missing]})
    _freshen(actor)


def step_up(actor: Actor, code: str) -> None:
    """Prove with a one-time code, and nothing else, that it is still them.

    Raises Invalid as :func:`prove` does.
    """
    prove(actor, code)
    record(actor, "auth.mfa.proved", target=("session", actor.session_ref), reason="code")


def step_up_with_password(actor: Actor, *, known: str, matched: bool) -> None:
    """The same for somebody without a second factor; ``matched`` says whether the password was that of ``known``.

    Raises Invalid on the field ``password``: it was wrong, was changed meanwhile, or a code is needed instead. The
    failure is recorded first, as :func:`prove` does.
    """
    person = queries.oneself(actor, Permission.SELF_WRITE)
    if person.totp_wrapped is not None or not matched or person.password_hash != known:
        note_wrong_password(actor, "step_up")
        raise Invalid({"password": [_("This is not your password.")]})
    _freshen(actor)
    record(actor, "auth.mfa.proved", target=("session", actor.session_ref), reason="password_given")


def _freshen(actor: Actor) -> None:
    own = update(SignIn).where(SignIn.ref == actor.session_ref, SignIn.person_id == actor.id)
    session().execute(own.values(proved_at=clock.now()).execution_options(synchronize_session=False))
