"""Asking for more of what runs, a longer use or somebody new in its team, and the parts' answers.

Last day and team stay what they are until all have agreed. One thing is asked for at a time: an answer is bound to the
scope it would make, and a second asking would change that below the first.
"""

import datetime as dt
from dataclasses import replace
from typing import Unpack

from portal import freezes, policy, ports
from portal.actor import Actor, system
from portal.audit.recorder import Parts, record
from portal.auth.actions_factor import prove
from portal.auth.models import Person
from portal.auth.queries import frozen
from portal.db import move, require_seen, session
from portal.errors import IllegalStep, Invalid, NotFound, Stale, TermsForbid
from portal.letters.settling import settled
from portal.permissions import Permission
from portal.requests import actions_settle as settling
from portal.requests import drafts, guards, letters, people, queries, queries_extension, verdicts, workflow
from portal.requests.models import Recipient, Request
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
    if (same := _again(actor, request, ends_on)) is not None:
        return same
    require_seen(request, lock)
    if request.ends_on is None or ends_on <= request.ends_on:
        raise Invalid({"ends_on": ["not_later"]})
    return _put(actor, request, Extension(ends_on=ends_on, reason=reason))


def ask_to_join(actor: Actor, ref: str, *, newcomer: str, reason: str, lock: int) -> Extension:
    """Ask that a colleague joins the team of a running request; until all have agreed they have nothing.

    The second of two clicks is the same asking. Raises as :func:`ask`; Invalid if nobody may name them, or has already.
    """
    request = queries.request(actor, ref, Permission.REQUEST_TEAM)
    verdicts.take_turns(request)
    if (same := _again(actor, request, newcomer)) is not None:
        return same
    require_seen(request, lock)
    found = next(iter(people.named(request.organisation_id, [newcomer])), None)
    if found is None:
        raise Invalid({"newcomer": ["off_menu"]})
    session().expire(request, ["recipients"])
    if found.id in {one.person_id for one in request.recipients}:
        raise Invalid({"newcomer": ["in_team"]})
    if frozen(found):
        raise TermsForbid((freezes.REASON,))
    return _put(actor, request, Extension(ends_on=request.ends_on, newcomer=found, reason=reason))


def _again(actor: Actor, request: Request, wanted: dt.date | str) -> Extension | None:
    """Return what the first of two clicks asked for; IllegalStep if anything else is asked for, or it does not run."""
    pending = queries_extension.pending(request)
    if pending is None and request.status == "active":
        return None
    if pending is None:
        raise IllegalStep("extension: only what runs can run longer, or for more people")
    asked = pending.newcomer.ref if pending.newcomer else pending.ends_on
    if (pending.person_id, asked) != (actor.id, wanted):
        raise IllegalStep("extension: one is asked for already")
    return pending


def _put(actor: Actor, request: Request, extension: Extension) -> Extension:
    """Keep what is asked for, bound to the scope it would make, and tell whoever must agree."""
    wider, step = _wider(request, extension), workflow.EXTENSION.find("", "ask")
    extension.request_id, extension.person_id, extension.status = request.id, actor.id, step.status
    extension.parts, extension.was_until = " ".join(_parts(request)), request.ends_on or extension.ends_on
    extension.sha256 = wider.sha256()
    session().add(extension)
    session().flush()
    _record(actor, step.event, extension, change=_change(extension), private={actor.ref: extension.reason})
    _tell(request, extension)
    return extension


def _change(extension: Extension) -> dict[str, tuple[str, str]]:
    if extension.newcomer is not None:
        return {"person": ("", extension.newcomer.ref)}
    return {"ends_on": (extension.was_until.isoformat(), extension.ends_on.isoformat())}


def _tell(request: Request, extension: Extension) -> None:
    for track in request.tracks:
        if track.region in extension.open_parts:
            letters.extension_to_deciders(track, extension)
    if OFFICER in extension.open_parts:
        letters.extension_to_officers(request, extension)


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
    """Keep one part's answer; the last agreement grants what is asked for, the first refusal ends the asking.

    Raises NotFound (nothing is asked), IllegalStep (answered already, or not asked of this part), Stale (another scope
    was seen), Invalid (a refusal without a reason, an agreement to somebody who left, or the code) or TermsForbid.
    """
    verdicts.take_turns(request)
    extension = queries_extension.pending(request)
    if extension is None:
        raise NotFound("extension: nothing is asked for")
    if part not in extension.open_parts:
        raise IllegalStep("extension: this part has answered, or is not asked")
    wider = _wider(request, extension)
    if answer.sha256 != extension.sha256 or wider.sha256() != extension.sha256:
        raise Stale("extension: not the scope you saw")
    if not answer.agreed and not answer.rationale:
        raise Invalid({"rationale": ["reason_needed"]})
    if answer.agreed and extension.newcomer is not None:
        _may_join(request, extension.newcomer)
    prove(actor, answer.code)
    _say(actor, extension, part, answer)
    if not answer.agreed:
        _settle(PORTAL, extension, "decline")
    elif not extension.open_parts:
        _grant(extension, wider)
    return extension


def _say(actor: Actor, extension: Extension, part: str, answer: Answer) -> None:
    """Keep what one part says, in the log too; what asked its people for it is read."""
    request = extension.request
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
    page = next((f"/tracks/{one.ref}" for one in request.tracks if one.region == part), f"/requests/{request.ref}")
    settled(f"{page}/extension", "extension_asked")
    _record(actor, "extension.answered", extension, reason="agreed" if answer.agreed else "refused", private=private)


def withdraw(actor: Actor, ref: str, *, lock: int) -> Extension:
    """Withdraw what was asked for: whoever could ask for it may. Raises NotFound, NotAllowed, Stale."""
    request = queries.request(actor, ref)
    verdicts.take_turns(request)
    extension = queries_extension.pending(request)
    if extension is None:
        raise NotFound("extension: nothing is asked for")
    policy.require(actor, Permission.REQUEST_TEAM if extension.newcomer_id else Permission.REQUEST_EXTEND, request)
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


def _grant(extension: Extension, wider: ScopeValue) -> None:
    request = extension.request
    row = settling.keep_beyond(request, wider, "joined" if extension.newcomer else "extended")
    settling.run_longer(request, row, extension.ends_on)
    if extension.newcomer is not None:
        _name_too(request, extension.newcomer)
    _settle(PORTAL, extension, "grant")


def _name_too(request: Request, newcomer: Person) -> None:
    """Name somebody in the team: from now on they may fetch what is there, as often as the others at the beginning."""
    session().add(Recipient(request_id=request.id, person_id=newcomer.id))
    move(request, draft=drafts.with_team(request.draft, (*drafts.read(request.draft).team, newcomer.ref)))
    session().expire(request, ["recipients"])
    ports.house.admit(request.id, newcomer.id)
    letters.joined_team(request, newcomer)


def _settle(actor: Actor, extension: Extension, verb: str) -> None:
    step = workflow.EXTENSION.find(extension.status, verb)
    extension.take(step)
    change = {"state": (step.source, step.target)}
    _record(actor, step.event, extension, change=change)
    letters.extension_settled(extension, step.target)


def _wider(request: Request, extension: Extension) -> ScopeValue:
    """Return the scope with what is asked for; TermsForbid if the agreement or the file would not allow it."""
    now = queries.scope_of(request.scope)
    team = (*now.recipients, *([extension.newcomer.ref] if extension.newcomer else []))
    scope = replace(now, ends_on=extension.ends_on, recipients=team)
    guards.allows(request, scope, guards.menu_of(request), "decide")
    return scope


def _may_join(request: Request, newcomer: Person) -> None:
    """Refuse somebody who left, may not be named any more (Invalid), or is frozen (TermsForbid)."""
    if not people.named(request.organisation_id, [newcomer.ref]):
        raise Invalid({"verb": ["newcomer_gone"]})
    if frozen(newcomer):
        raise TermsForbid((freezes.REASON,))


def _parts(request: Request) -> tuple[str, ...]:
    """Return who must agree: every region and co-owner that has a part, and the officer where a trigger says so."""
    scope = queries.scope_of(request.scope)
    triggered = guards.triggers_of(request, scope, guards.menu_of(request))
    return (*sorted(scope.offices), *((OFFICER,) if triggered else ()))


def _record(actor: Actor, event: str, extension: Extension, **more: Unpack[Parts]) -> None:
    purpose = extension.request.logged_purpose
    parts: Parts = {"target": ("extension", extension.ref), "purpose": purpose, **more}
    record(actor, event, **parts)
