"""Reads of protected files and releases, and the answers the lower rooms ask for through their ports."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import func, select

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.disclosure.plan import Plan
from portal.exports import assessment, chart, extras, guarding, menu
from portal.exports.chart import Chart
from portal.exports.models import Allowance, Download, ProtectedFile, Release
from portal.exports.selection import rounded
from portal.i18n import label
from portal.permissions import Permission

Held = TypeVar("Held", ProtectedFile, Release)


def protected_files(actor: Actor, version_ref: str = "", status: str = "") -> Sequence[ProtectedFile]:
    """Return the protected files, newest first."""
    query = policy.visible(actor, Permission.PROTECTED_READ, ProtectedFile).order_by(ProtectedFile.id.desc())
    if status:
        query = query.where(ProtectedFile.status == status)
    if version_ref:
        query = query.where(ProtectedFile.version.has(ref=version_ref))
    return list(session().scalars(query))


def held(actor: Actor, kind: type[Held]) -> Sequence[Held]:
    """Return the releases or the protected files that are held, as far as the actor may see them."""
    permission = Permission.RELEASE_READ if kind is Release else Permission.PROTECTED_READ
    return list(session().scalars(policy.visible(actor, permission, kind).where(kind.status == "held")))


def protected_file(actor: Actor, ref: str) -> ProtectedFile:
    """Return one protected file, or raise NotFound."""
    return policy.load(actor, Permission.PROTECTED_READ, ProtectedFile, ProtectedFile.ref == ref)


def ways(file: ProtectedFile) -> tuple[Chart | None, list[dict[str, Any]]]:
    """Return the ways to protect a file that were tried, by rising risk, and a chart of them; none of an old file."""
    if not file.plan:
        return None, []
    plan = Plan.from_json(json.dumps(file.plan))
    points = sorted(plan.points, key=lambda point: (point.mean_risk, -point.kept))
    best = set(plan.undominated)
    lines = [asdict(one) | {"chosen": one is plan.points[plan.chosen], "best": one in best} for one in points]
    return chart.of_lines(lines), lines


def may_sign(actor: Actor, file: ProtectedFile) -> bool:
    """Whether the actor may sign this file now."""
    return policy.may(actor, Permission.PROTECTED_SIGN, file)


def release(actor: Actor, ref: str) -> Release:
    """Return one release, or raise NotFound."""
    return policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == ref)


def releases_of(actor: Actor, request_id: int) -> Sequence[Release]:
    """Return a request's releases, newest first, as far as the actor may see them."""
    if not policy.holds(actor, Permission.RELEASE_READ):
        return []
    query = policy.visible(actor, Permission.RELEASE_READ, Release).where(Release.request_id == request_id)
    return list(session().scalars(query.order_by(Release.id.desc())))


def may_download(actor: Actor, release: Release) -> bool:
    """Whether a page offers the actor this release now."""
    return guarding.may_download(actor, release)


def remaining(actor: Actor, release: Release) -> int:
    """Return how many downloads the actor has left of this release."""
    query = select(Allowance.remaining).where(Allowance.release_id == release.id, Allowance.person_id == actor.id)
    return session().scalar(query) or 0


def signed_file(version_id: int, tier: str) -> ProtectedFile | None:
    """Return the signed-off protected file of a version's tier."""
    query = select(ProtectedFile).where(ProtectedFile.version_id == version_id, ProtectedFile.tier == tier)
    return session().scalar(query.where(ProtectedFile.status == "signed"))


def protected_menu(version_id: int, tier: str) -> Mapping[str, Any] | None:
    """Return the public menu of a protected file; none if nobody has signed one, or its assessment is overdue."""
    file = signed_file(version_id, tier)
    return _offer(file) if file is not None and assessment.holds(file.review_by) else None


def _offer(file: ProtectedFile) -> dict[str, Any]:
    return {"file": file.ref, **file.menu, "extras": extras.offered(file)}


def protected_counts(
    version_id: int, tier: str, filters: Mapping[str, Sequence[str]], by: Sequence[str]
) -> dict[tuple[str, ...], int]:
    """Count the rows of a signed-off protected file that match, by key columns; columns it lacks count as ""."""
    file = signed_file(version_id, tier)
    if file is None:
        return {}
    columns = file.menu["cube"]["columns"]
    if any(name not in columns for name in filters):
        return {}
    known = [name for name in by if name in columns]
    counted = menu.count(file.menu, filters, known)
    places = [known.index(name) if name in known else None for name in by]
    return {tuple("" if at is None else key[at] for at in places): number for key, number in counted.items()}


def earlier_releases(actor: Actor, organisation_id: int) -> Iterable[Mapping[str, Any]]:
    """Return what this partner received before, newest first: dataset, rows, variables, when."""
    query = (
        policy.visible(actor, Permission.RELEASE_READ, Release)
        .where(Release.request.has(organisation_id=organisation_id), Release.available_at.is_not(None))
        .order_by(Release.available_at.desc())
        .limit(20)
    )
    return [
        {
            "number": one.request.number,
            "title": label(one.request.dataset, "title"),
            "tier": one.request.tier,
            "rows": rounded(one.rows),
            "available_at": one.available_at,
            "status": one.status,
            "ended_as": one.ended_as,
            "downloads": _downloads(one.id),
        }
        for one in session().scalars(query)
    ]


def _downloads(release_id: int) -> int:
    return session().scalar(select(func.count()).where(Download.release_id == release_id)) or 0
