"""The second person: an exception is handed out only once somebody who decided nothing about it has looked at it."""

from flask_babel import gettext as _

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import require_seen, session
from portal.errors import Invalid, Stale
from portal.exports import contents, handing, workflow
from portal.exports.models import Release
from portal.exports.moves import KIND
from portal.exports.schemas_check import Checked
from portal.jobs import bell
from portal.letters.settling import settled
from portal.permissions import Permission
from portal.requests import guards, verdicts

FORGOTTEN = {"held_as": "", "held_reason": "", "held_at": None}


def check(actor: Actor, ref: str, seen: Checked) -> Release:
    """Hand an exception out, or hold it, with the reason.

    Raises NotFound, NotAllowed, IllegalStep, Stale (another file than the one looked at), Invalid or TermsForbid.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == ref)
    verdicts.take_turns(release.request)  # whoever joins the team meanwhile is in it, or finds the release
    session().refresh(release)
    policy.require(actor, Permission.RELEASE_CHECK, release)
    step = workflow.RELEASE.find(release.state, seen.verdict)
    require_seen(release, seen.lock)
    if release.sha256 != seen.sha256:
        raise Stale("release: it is not the one you looked at")
    if not seen.reason:
        raise Invalid({"reason": [_("Say what you looked at, and what you found.")]})
    if seen.verdict == "hand_out":
        guards.may_build(release.request)
    prove(actor, seen.code)
    moment = clock.now()
    held = {"held_as": "signer", "held_reason": seen.reason, "held_at": moment}
    out = {"available_at": moment, "expires_at": contents.expiry(release, moment)}
    was = release.state
    release.take(step, **(out if seen.verdict == "hand_out" else held))
    if seen.verdict == "hand_out":
        handing.allow(release)
    settled(f"/releases/{release.ref}/check", "exception_to_check")
    record(
        actor,
        step.event,
        target=("release", release.ref),
        purpose=release.request.logged_purpose,
        change={"status": (was, release.state)},
        data={"dataset": release.request.dataset.code, "rows": release.rows, "sha256": release.sha256},
        private={actor.ref: seen.reason},
    )
    return release


def let_judge(actor: Actor, ref: str, seen: Checked) -> Release:
    """Let an exception be judged although its organisation was refused often of late, with the reason.

    Raises as :func:`check`.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == ref)
    policy.require(actor, Permission.RELEASE_LET, release)
    step = workflow.RELEASE.find(release.state, "let_judge")
    require_seen(release, seen.lock)
    if not seen.reason:
        raise Invalid({"reason": [_("Say why it may be judged once more.")]})
    guards.may_build(release.request)
    prove(actor, seen.code)
    release.take(step, let_by=actor.ref, **FORGOTTEN)
    record(
        actor,
        step.event,
        target=("release", release.ref),
        purpose=release.request.logged_purpose,
        change={"status": (step.source, step.target)},
        private={actor.ref: seen.reason},
    )
    bell.ask(KIND, release.ref)
    return release
