"""Building a release: the stages of the job kind ``release``.

A request is a selection of the signed-off protected file of its tier, so a build is a filter. Every guard is asked
again inside the job, and what is attacked is the finished package's own bytes.
"""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from portal import clock, ports
from portal.actor import system
from portal.audit.recorder import record
from portal.catalogue import rows
from portal.catalogue.codebooks import book_of
from portal.db import transaction
from portal.disclosure.ruleset import RuleSet
from portal.errors import LostFence, TermsForbid, Withheld, WithheldForNow
from portal.exports import (
    approved,
    building_exception,
    contents,
    former,
    handing,
    package,
    protecting,
    proving,
    pseudonym,
    runs,
)
from portal.exports.models import Release
from portal.exports.moves import KIND, asking, context_of, find, take
from portal.jobs import claim
from portal.jobs.registry import Held, Kind, Stage
from portal.keys import Mac, Wrapping
from portal.requests import guards, verdicts
from portal.requests.scope import Scope, from_content
from portal.vault import new_name, seal

WORKER = system("worker")


def _check(held: Held) -> None:
    with transaction():
        release = find(held.target_ref)
        scope = _still_allowed(release)
        take(release, "build")
        request = release.request
        if scope.extras:
            building_exception.may_be_judged(release, scope.extras)
        record(WORKER, "release.started", target=("release", release.ref), purpose={"request": request.ref})
        held.memo.update(
            scope=scope,
            finer=[],
            file_ref=release.protected_file.ref,
            organisation=request.organisation.ref,
            request=request.ref,
            dataset=request.dataset.code,
            tier=request.tier,
            rules=RuleSet.from_json(json.dumps(release.protected_file.rule_set)),
            book=book_of(request.version),
            context=context_of(release),
            frozen=contents.freeze(release),
            former=former.find(release),
        )


def _may_go_on(ref: str) -> None:
    with transaction():
        release = find(ref)
        if release.status != "building":
            raise LostFence("release: no longer in the making")
        _still_allowed(release)


def _still_allowed(release: Release) -> Scope:
    """Return the accepted scope if every guard still holds; raises Withheld with what stands against it."""
    try:
        guards.may_build(release.request)
    except TermsForbid as error:
        raise WithheldForNow(str(error), error.clauses) from None
    if release.request.status != "active" or release.protected_file.status != "signed":
        raise WithheldForNow("release: the request is not active or the protected file is no longer signed off")
    if release.wave < runs.last_wave(release.request_id):
        raise WithheldForNow("release: a later round was ordered")
    return from_content(release.scope.content)


def _select(held: Held) -> None:
    with transaction():
        file = protecting.find(held.memo["file_ref"])
    memo = held.memo
    memo["protected"] = protecting.frame_of(file)
    memo["frame"] = approved.chosen(memo["protected"], memo["scope"], memo["rules"])
    if memo["frame"].empty:
        raise Withheld("release: no row of the protected file matches the accepted scope")


def _judge(held: Held) -> None:
    """Judge an exception; what is a selection of a protected file needs no judging."""
    memo = held.memo
    protected = memo.pop("protected")
    if memo["scope"].extras:
        rows = protected[pseudonym.INTERVIEW_ID].isin(memo["frame"][pseudonym.INTERVIEW_ID])
        building_exception.judge(held, approved.as_approved(protected, memo["scope"]), rows)


def _package(held: Held) -> None:
    memo = held.memo
    memo["released"] = pseudonym.relabel(memo["frame"], _pseudonyms(memo))
    content = contents.assemble(
        memo["released"], memo["frozen"], memo["scope"], [memo["rules"], *memo["finer"]], memo["book"]
    )
    memo["bytes"] = package.build(former.compared(content, memo["former"]))


def _pseudonyms(memo: dict[str, Any]) -> Callable[[bytes], bytes]:
    """Return the keyed function of this organisation and this request: two files cannot be joined by it.

    What is built again for the same request keeps its identifiers, so that a recurring delivery can be followed.
    """
    whose = f"{memo['organisation']}:{memo['request']}:{memo['dataset']}:{memo['tier']}".encode()
    return lambda message: ports.house.keys.mac(Mac.PSEUDONYM, whose + b"\0" + message)


def _attack(held: Held) -> None:
    memo = held.memo
    with zipfile.ZipFile(io.BytesIO(memo["bytes"])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with transaction():
        file = protecting.find(memo["file_ref"])
        source = protecting.source_of(file)
        rounds = (
            file.attacks["attacks"].get("downcoding") if file.report.get("round") and not memo["scope"].extras else None
        )
    if memo["scope"].extras:
        original, protected = memo["truth"].copy(), memo["frame"].copy()
    else:
        original = protecting.open_source(source)
        protected = approved.as_approved(protecting.frame_of(file), memo["scope"])
    mac = _pseudonyms(memo)
    for frame in (original, protected):
        frame["interview_id"] = [pseudonym.pseudonym(one, mac) for one in frame["interview_id"]]
    quoted = contents.quoted(memo["frozen"])
    memo["attacks"] = proving.attack_release(
        members, original, protected, memo["rules"], memo["book"], quoted=quoted, rounds=rounds
    )


def _seal(held: Held) -> None:
    memo = held.memo
    wrapped = ports.house.keys.wrap(Wrapping.DATA, memo["context"])
    blob = new_name()
    sealed = seal(ports.house.store, blob, rows.pieces(memo["bytes"]), wrapped.dek, memo["context"])
    memo.update(blob=blob, sealed=sealed, wrapped=wrapped)
    if memo["scope"].extras:
        building_exception.seal(held)


def _publish(held: Held) -> None:
    memo = held.memo
    with transaction():
        release, moment = find(held.target_ref), clock.now()
        verdicts.take_turns(release.request)  # whoever joins the team meanwhile is in it, or finds the release
        _still_allowed(release)
        purpose, target = release.request.logged_purpose, ("release", release.ref)
        record(WORKER, "release.attacked", target=target, purpose=purpose)
        if memo["scope"].extras:
            building_exception.publish(held, release, **_made(memo))
        else:
            take(release, "publish", **_made(memo), available_at=moment, expires_at=contents.expiry(release, moment))
            handing.allow(release)
            former.supersede(WORKER, release)
            data = {"dataset": memo["dataset"], "rows": len(memo["released"]), "bytes": memo["sealed"].size}
            data |= {"sha256": memo["sealed"].sha256}
            record(WORKER, "release.available", target=target, purpose=purpose, data=data)
        claim.finish(held)


def _made(memo: dict[str, Any]) -> dict[str, Any]:
    """Return what a release's row says of its sealed bytes."""
    return {
        "blob": memo["blob"],
        "file_name": memo["frozen"]["file_name"],
        "key_id": memo["wrapped"].key_id,
        "key_wrapped": memo["wrapped"].wrapped,
        "sha256": memo["sealed"].sha256,
        "size": memo["sealed"].size,
        "rows": len(memo["released"]),
        "report": memo["attacks"],
    }


def _failed(held: Held, error: BaseException, for_good: bool) -> None:  # noqa: FBT001 -- the registry's signature
    release = find(held.target_ref)
    target, purpose = ("release", release.ref), {"request": release.request.ref}
    if isinstance(error, Withheld):
        held_as = building_exception.refused(release, error)
        held_as = held_as or ("terms" if isinstance(error, WithheldForNow) else "protection")
        take(release, "hold", held_as=held_as, held_reason=str(error), held_at=clock.now())
        broken = {"clauses": list(error.clauses)} if isinstance(error, WithheldForNow) else {}
        record(WORKER, "release.held", target=target, purpose=purpose, reason=held_as, data=broken)
        return
    if for_good:
        reason = type(error).__name__
        take(release, "give_up", held_as="machine", held_reason=reason, held_at=clock.now())
    record(WORKER, "release.failed", target=target, purpose=purpose, reason=type(error).__name__)


BUILD = Kind(
    KIND,
    (
        Stage("check", _check),
        Stage("select", asking(_may_go_on, _select)),
        Stage("judge", asking(_may_go_on, _judge)),
        Stage("package", asking(_may_go_on, _package)),
        Stage("attack", asking(_may_go_on, _attack)),
        Stage("seal", asking(_may_go_on, _seal)),
        Stage("publish", _publish),
    ),
    _failed,
)
