"""The next round of a feed: which file it would be made from, and what stands against it today."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from portal import clock, freezes, policy, ports
from portal.actor import Actor
from portal.agreements import queries_dpia
from portal.catalogue.geography import region_today
from portal.catalogue.models import Version
from portal.db import session
from portal.errors import TermsForbid
from portal.exports import assessment, menu
from portal.exports.drift import Against, drifted, unasked
from portal.exports.models import ProtectedFile, Release
from portal.exports.models_runs import Refusal
from portal.permissions import Permission
from portal.requests import coowners, guards, queries, rounds
from portal.requests import menu as menus
from portal.requests.models import Request
from portal.requests.scope import Scope

STANDING = frozenset({"request", "renewal", "requester", "organisation"})


@dataclass(frozen=True)
class Rounds:
    """What a page says of a feed's rounds: the next one, if it is there, whether the reader may order it, refusals."""

    request: Request
    file: ProtectedFile | None
    may_order: bool
    refusals: Sequence[Refusal]


def of_page(actor: Actor, request: Request) -> Rounds | None:
    """Return what a page says of the rounds of a feed that was accepted; None for anything else."""
    if request.kind != rounds.FEED or request.accepted_at is None:
        return None
    file = next_file(request) if request.status in {"active", "suspended"} else None
    query = select(Refusal).where(Refusal.request_id == request.id).order_by(Refusal.id.desc()).limit(10)
    may_order = file is not None and policy.may(actor, Permission.REQUEST_RUN, request)
    return Rounds(request, file, may_order, list(session().scalars(query)))


def next_file(request: Request) -> ProtectedFile | None:
    """Return the signed-off file of the newest published version that is newer than the one delivered last."""
    query = (
        select(ProtectedFile)
        .join(ProtectedFile.version)
        .where(
            Version.dataset_id == request.dataset_id,
            Version.status == "published",
            Version.number > request.version.number,
            ProtectedFile.tier == request.tier,
            ProtectedFile.status == "signed",
        )
    )
    newest = session().scalars(query.order_by(Version.number.desc()))
    return next((one for one in newest if assessment.holds(one.review_by)), None)


def menu_of(file: ProtectedFile) -> menus.Menu:
    """Return a protected file's menu, whether or not it is on offer now."""
    return menus.read({"file": file.ref, **file.menu})


def scope_for(request: Request, file: ProtectedFile) -> Scope:
    """Return the approved scope as it is for a round's file."""
    return rounds.of_round(queries.scope_of(request.scope), menu_of(file), file.version.ref)


def against(request: Request, file: ProtectedFile) -> tuple[Against, ...]:
    """Return everything that stands against a round today; nothing if it may be delivered."""
    approved = queries.scope_of(request.scope)
    seen = session().scalar(select(ProtectedFile).where(ProtectedFile.ref == queries.asked(request).content["file"]))
    if seen is None:
        return (Against("rule_set"),)
    found = list(_forbidden(request, file))
    if (approved.agreement, approved.agreement_revision) != (request.agreement.ref, request.agreement.revision):
        found.append(Against("revision"))
    if queries_dpia.valid(request.agreement) is None and not approved.unassessed:
        found.append(Against("dpia"))
    today = clock.today(ports.house.config.time_zone)
    found += drifted(approved, menu_of(seen), menu_of(file), lambda country: region_today(country, today))
    found += unasked(approved, coowners.shares(request.dataset_id, menu_of(file), approved.variables))
    if not found and not _rows(request, file):
        found.append(Against("no_rows"))
    return tuple(found)


def _forbidden(request: Request, file: ProtectedFile) -> Sequence[Against]:
    try:
        guards.may_run(request, scope_for(request, file), menu_of(file))
    except TermsForbid as error:
        if freezes.REASON in error.clauses:
            return (Against("frozen"),)
        code = "request" if STANDING.issuperset(error.clauses) else "agreement"
        return (Against(code, tuple(error.clauses)),)
    return ()


def _rows(request: Request, file: ProtectedFile) -> int:
    columns = file.menu["cube"]["columns"]
    return sum(
        rows
        for part in scope_for(request, file).parts
        for rows in menu.count(
            file.menu, {name: values for name, values in part.filters.items() if name in columns}
        ).values()
    )


def last_wave(request_id: int) -> int:
    """Return the number of a request's newest delivery, 0 before the first."""
    return session().scalar(select(func.max(Release.wave)).where(Release.request_id == request_id)) or 0


def uncovered(request: Request, file: ProtectedFile) -> list[str]:
    """Return the countries of a round that were asked for and about whose rows nobody was asked: they stay out."""
    asked = queries.scope_of(queries.asked(request))
    wanted = dict(request.draft.get("rows", {}).get("filters", {})).get(menus.COUNTRY, ())
    offered = [one.code for one in menu_of(file).filters.get(menus.COUNTRY, ())]
    return [code for code in offered if (not wanted or code in wanted) and code not in asked.values(menus.COUNTRY)]
