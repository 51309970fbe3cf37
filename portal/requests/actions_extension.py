"""Asking for a longer use of what runs, and the parts' answers. The last day stays until all have agreed."""

import datetime as dt
from dataclasses import replace
from typing import Unpack

from portal import policy
from portal.actor import Actor, system
from portal.audit.recorder import Parts, record
from portal.auth.actions_factor import prove
from portal.db import require_seen, session
from portal.errors import IllegalStep, Invalid, NotFound, Stale
from portal.permissions import Permission
from portal.requests import actions_settle as settling
from portal.requests import guards, letters, queries, queries_extension, verdicts, workflow
from portal.requests.models import Request
from portal.requests.models_extension import OFFICER, Extension, ExtensionAnswer
from portal.requests.schemas_extension import Answer
from portal.requests.scope import Scope as ScopeValue

PORTAL = system("workflow")


def ask(actor: Actor, ref: str, *, ends_on: dt.date, reason: str, lock: int) -> Extension:
    """Ask for a later last day of a running request.

    The second of two clicks is the same asking. Raises NotFound, NotAllowed, IllegalStep if it does not run, Invalid
    (no reason, or not later), TermsForbid if the agreement would not allow it, Stale.
    """
    request = queries.request(actor, ref, Permission.REQUEST_EXTEND)
    verdicts.take_turns(request)
    pending = queries_extension.pending(request)
    if pending is not None:
        if pending.person_id == actor.id and pending.ends_on == ends_on:
            return pending
        raise IllegalStep("extension: one is asked for already")
    if request.status != "active" or request.ends_on is None:
        raise IllegalStep("extension: only what runs can run longer")
    require_seen(request, lock)
    if ends_on <= request.ends_on:
        raise Invalid({"ends_on": ["not_later"]})
    longer, step = _longer(request, ends_on), workflow.EXTENSION.find("", "ask")
    extension = Extension(
        request_id=request.id,
        person_id=actor.id,
        status=step.status,
        parts=" ".join(_parts(request)),
        was_until=request.ends_on,
        ends_on=ends_on,
        reason=reason,
        sha256=longer.sha256(),
    )
    session().add(extension)
    session().flush()
    change = {"ends_on": (request.ends_on.isoformat(), ends_on.isoformat())}
    _record(actor, step.event, extension, change=change, private={actor.ref: reason})
    _tell(request, extension)
    return extension


def _tell(request: Request, extension: Extension) -> None:
    for track in request.tracks:
        if track.region in extension.open_parts:
            letters.extension_to_deciders(track)
    if OFFICER in extension.open_parts:
        letters.extension_to_officers(request)


def answer_region(actor: Actor, ref: str, answer: Answer) -> Extension:
    """Answer for one region's track. Raises as :func:`_answer`, and NotAllowed if it is not theirs to decide."""
    track = queries.track(actor, ref)
    policy.require(actor, Permission.TRACK_DECIDE, track)
    return _answer(actor, track.request, track.region, answer)


def answer_officer(actor: Actor, ref: str, answer: Answer) -> Extension:
    """Answer as the data protection officer. Raises as :func:`_answer`, and NotAllowed."""
    request = queries.request(actor, ref)
    policy.require(actor, Permission.REQUEST_OFFICER_DECIDE, request)
    return _answer(actor, request, OFFICER, answer)


def _answer(actor: Actor, request: Request, part: str, answer: Answer) -> Extension:
    """Keep one part's answer; the last agreement moves the last day, the first refusal ends the asking.

    Raises NotFound (nothing is asked), IllegalStep (answered already, or not asked of this part), Stale (another scope
    was seen), Invalid (a refusal without a reason, or the code) or TermsForbid.
    """
    verdicts.take_turns(request)
    extension = queries_extension.pending(request)
    if extension is None:
        raise NotFound("extension: nothing is asked for")
    if part not in extension.open_parts:
        raise IllegalStep("extension: this part has answered, or is not asked")
    longer = _longer(request, extension.ends_on)
    if answer.sha256 != extension.sha256 or longer.sha256() != extension.sha256:
        raise Stale("extension: not the scope you saw")
    if not answer.agreed and not answer.rationale:
        raise Invalid({"rationale": ["reason_needed"]})
    prove(actor, answer.code)
    said = ExtensionAnswer(
        extension_id=extension.id,
        part=part,
        person_id=actor.id,
        agreed=answer.agreed,
        rationale=answer.rationale,
        sha256=answer.sha256,
    )
    extension.answers.append(said)
    session().flush()
    private = {actor.ref: answer.rationale} if answer.rationale else {}
    _record(actor, "extension.answered", extension, reason="agreed" if answer.agreed else "refused", private=private)
    if not answer.agreed:
        _settle(PORTAL, extension, "decline")
    elif not extension.open_parts:
        _grant(extension, longer)
    return extension


def withdraw(actor: Actor, ref: str, *, lock: int) -> Extension:
    """Withdraw what was asked for. Raises NotFound, NotAllowed, Stale."""
    request = queries.request(actor, ref, Permission.REQUEST_EXTEND)
    verdicts.take_turns(request)
    extension = queries_extension.pending(request)
    if extension is None:
        raise NotFound("extension: nothing is asked for")
    require_seen(extension, lock)
    _settle(actor, extension, "withdraw")
    return extension


def lapse(actor: Actor, request: Request) -> None:
    """Close what is still asked for of a request whose agreement was renewed: it was of another scope."""
    extension = queries_extension.pending(request)
    if extension is not None:
        _settle(actor, extension, "lapse")


def lapse_due(actor: Actor) -> int:
    """Close what is still asked for of requests that have ended; return how many. The keeper calls it."""
    found = queries_extension.orphaned()
    for extension in found:
        _settle(actor, extension, "lapse")
    return len(found)


def _grant(extension: Extension, longer: ScopeValue) -> None:
    request = extension.request
    row = settling.keep_beyond(request, longer, "extended")
    settling.run_longer(request, row, extension.ends_on)
    _settle(PORTAL, extension, "grant")


def _settle(actor: Actor, extension: Extension, verb: str) -> None:
    step = workflow.EXTENSION.find(extension.status, verb)
    extension.take(step)
    change = {"state": (step.source, step.target)}
    _record(actor, step.event, extension, change=change)
    letters.to_requester(extension.request, "extension_settled", how=step.target)


def _longer(request: Request, ends_on: dt.date) -> ScopeValue:
    """Return the scope with a later last day; TermsForbid if the agreement or the file would not allow it."""
    scope = replace(queries.scope_of(request.scope), ends_on=ends_on)
    menu = guards.menu_of(request)
    guards.allows(request, scope, menu, "decide")
    return scope


def _parts(request: Request) -> tuple[str, ...]:
    """Return who must agree: every region and co-owner that has a part, and the officer where a trigger says so."""
    scope = queries.scope_of(request.scope)
    triggered = guards.triggers_of(request, scope, guards.menu_of(request))
    return (*sorted(scope.offices), *((OFFICER,) if triggered else ()))


def _record(actor: Actor, event: str, extension: Extension, **more: Unpack[Parts]) -> None:
    purpose = extension.request.logged_purpose
    parts: Parts = {"target": ("extension", extension.ref), "purpose": purpose, **more}
    record(actor, event, **parts)
