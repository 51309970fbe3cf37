"""Ordering a feed's next round: everything is asked again; what drifted stops it, is told and stays in the log."""

from sqlalchemy import select

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth import stepup
from portal.db import session
from portal.errors import IllegalStep, Stale
from portal.exports import letters_runs, ordering, runs
from portal.exports.drift import Against
from portal.exports.models import ProtectedFile, Release
from portal.exports.models_runs import Refusal
from portal.permissions import Permission
from portal.requests import queries, verdicts, workflow
from portal.requests.models import Request, Scope


def order(actor: Actor, request_ref: str, *, file_ref: str) -> Release | Refusal:
    """Order the delivery of a round, made from the file that was seen; the second of two clicks is the same order.

    Where something stands against it nothing is delivered: the refusal is recorded, told, and returned.
    Raises NotFound, NotFresh (a one-time code first), IllegalStep (no newer round), or Stale (a newer one came).
    """
    request = policy.load(actor, Permission.REQUEST_RUN, Request, Request.ref == request_ref)
    verdicts.take_turns(request)
    made = _made(request, file_ref)
    if made is not None:
        return made
    stepup.require(actor)
    file = runs.next_file(request)
    if file is None or request.accepted_at is None:
        raise IllegalStep("round: none that is newer than the one delivered last")
    if file.ref != file_ref:
        raise Stale("round: another one is the newest since the page was opened")
    found = runs.against(request, file)
    return _refuse(actor, request, file, found) if found else _deliver(actor, request, file)


def _made(request: Request, file_ref: str) -> Release | None:
    query = select(Release).join(Release.protected_file)
    return session().scalar(query.where(Release.request_id == request.id, ProtectedFile.ref == file_ref).limit(1))


def _deliver(actor: Actor, request: Request, file: ProtectedFile) -> Release:
    value = runs.scope_for(request, file)
    number = len(queries.scopes(request)) + 1
    row = Scope(request_id=request.id, number=number, kind="run", content=value.content(), sha256=value.sha256())
    session().add(row)
    session().flush()
    was, step = request.version.number, workflow.REQUEST.find(request.state, "run")
    request.take(step, scope_id=row.id, version_id=file.version_id)
    session().expire(request, ["scope", "version"])
    record(
        actor,
        step.event,
        target=("request", request.ref, row.number),
        purpose=request.logged_purpose,
        data={"dataset": request.dataset.code, "sha256": row.sha256},
        change={"version": (was, file.version.number)},
    )
    return ordering.order(request, runs.last_wave(request.id) + 1)


def _refuse(actor: Actor, request: Request, file: ProtectedFile, found: tuple[Against, ...]) -> Refusal:
    codes = tuple(dict.fromkeys(one.code for one in found))
    record(
        actor,
        "request.run.refused",
        target=("request", request.ref),
        purpose=request.logged_purpose,
        reason=codes[0],
        data={"dataset": request.dataset.code, "version": file.version.number, "clauses": list(codes)},
    )
    same = (Refusal.request_id == request.id, Refusal.protected_file_id == file.id, Refusal.codes == " ".join(codes))
    known = session().scalar(select(Refusal).where(*same))
    if known is not None:
        return known
    made = Refusal(request_id=request.id, protected_file_id=file.id, codes=" ".join(codes), person_id=actor.id)
    session().add(made)
    session().flush()
    letters_runs.refused(request, file, codes)
    return made
