"""Several parts that ask for the same: what they have in common, and what keeps one of them from going with the rest.

Only what is green and bound to nothing goes together. Whatever is not understood here is looked at by itself.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.errors import TermsForbid
from portal.permissions import Permission
from portal.requests import guards, precedents, queries, tracking
from portal.requests.differences import diff
from portal.requests.drafts import SENSITIVE
from portal.requests.menu import Menu
from portal.requests.models import Decision, Track
from portal.requests.scope import Scope

MOST = 50
"""Parts in one selection: as many as a page of the inbox."""


@dataclass(frozen=True)
class Line:
    """One part of a selection: why it cannot go with the others, and in which fields it differs from the first."""

    track: Track
    scope: Scope
    menu: Menu | None
    before: Decision | None
    against: tuple[str, ...]
    differs: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether it may be approved with the others."""
        return not self.against and not self.differs


def fits(lines: Collection[Line]) -> bool:
    """Whether all may be approved together; nothing never may."""
    return bool(lines) and all(line.fits for line in lines)


def lines(actor: Actor, tracks: Iterable[Track]) -> list[Line]:
    """Return the parts of a selection, the oldest first, each compared with the first."""
    ordered = sorted(tracks, key=lambda track: (track.opened_at, track.id))
    found = [_line(actor, track) for track in ordered]
    return [replace(line, differs=_differing(found[0].scope, line.scope)) for line in found]


def _line(actor: Actor, track: Track) -> Line:
    menu = tracking.menu_if_any(track.request)
    part = queries.part_of(track)
    before = precedents.approved_before(actor, track, menu)
    return Line(track, part, menu, before, _against(actor, track, menu, before), ())


def _against(actor: Actor, track: Track, menu: Menu | None, before: Decision | None) -> tuple[str, ...]:
    """Return the codes of what speaks against approving a part with others."""
    request, whole = track.request, queries.scope_of(track.scope)
    if menu is None:
        return ("no_file",)
    found = {
        "not_open": track.status != "open" or request.status not in {"in_review", "returned"},
        "not_yours": not policy.may(actor, Permission.TRACK_DECIDE, track),
        "sensitive": menu.most_sensitive(whole.variables) >= SENSITIVE,
        "officer": bool(guards.triggers_of(request, whole, menu)),
        "spoken": bool(track.decisions),
        "unlike_before": before is None and _decided_before(track),
        "terms": not _allowed(track, menu),
    }
    return tuple(code for code, stands in found.items() if stands)


def _decided_before(track: Track) -> bool:
    """Whether the region decided on the request that this one repeats: with a condition, in part, or against it."""
    repeated = track.request.copied_from_id
    earlier = select(Decision.id).join(Decision.track).where(Track.region == track.region)
    return (
        repeated is not None and session().scalar(earlier.where(Decision.request_id == repeated).limit(1)) is not None
    )


def _allowed(track: Track, menu: Menu) -> bool:
    try:
        guards.allows(track.request, queries.part_of(track), menu, "decide")
    except TermsForbid:
        return False
    return True


def _differing(first: Scope, other: Scope) -> tuple[str, ...]:
    """Return the fields in which two parts differ; another region's rows are another region's, whatever else."""
    if first.regions != other.regions:
        return ("region",)
    return tuple(dict.fromkeys(one.name for one in diff(_common(first), _common(other))))


def _common(scope: Scope) -> Scope:
    """Return a scope without whose it is, how it was reasoned and how long it runs: each line says that by itself."""
    own = {"request": "", "recipients": (), "agreement": "", "agreement_revision": 0, "why": "", "ends_on": dt.date.min}
    return replace(scope, **own)  # type: ignore[arg-type] # as many types as fields
