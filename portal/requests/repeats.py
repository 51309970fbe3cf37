"""An earlier request asked for again: what of it still fits today's menu, and what has been changed since.

Pure: drafts in, drafts and differences out.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.requests.drafts import Draft
from portal.requests.menu import Menu


@dataclass(frozen=True)
class Change:
    """What differs between two drafts in one field: codes gone and come, or only that a text was rewritten."""

    name: str
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()


def again(kept: Mapping[str, Any], menu: Menu, team: Collection[str], today: dt.date) -> dict[str, Any]:
    """Return an earlier draft's content for a new one: only what the menu still offers and who is still there.

    The terms are accepted anew, and a last day that has passed is asked for again.
    """
    rows, why = dict(kept.get("rows", {})), dict(kept.get("why", {}))
    offered = {column: {choice.code for choice in choices} for column, choices in menu.filters.items()}
    filters = {
        column: [value for value in values if value in offered[column]]
        for column, values in rows.get("filters", {}).items()
        if column in offered
    }
    families = {family.name for family in menu.families}
    variables = [name for name in kept.get("variables", {}).get("variables", ()) if name in menu.by_name]
    reasons = {name: text for name, text in why.get("reasons", {}).items() if name in variables}
    if str(why.get("ends_on", "")) < today.isoformat():
        why["ends_on"] = ""
    return {
        "rows": {
            "families": [name for name in rows.get("families", ()) if name in families],
            "filters": {column: values for column, values in filters.items() if values},
        },
        "variables": {"variables": variables},
        "why": why | {"reasons": reasons},
        "team": {"team": [ref for ref in kept.get("team", {}).get("team", ()) if ref in team], "accepted": False},
    }


def changes(before: Draft, now: Draft) -> list[Change]:
    """Return what differs from the earlier request, in the order of the form."""
    columns = dict.fromkeys([*before.filters, *now.filters])
    found = [_codes(column, before.filters.get(column, ()), now.filters.get(column, ())) for column in columns]
    lists = ("families", "variables", "output_kinds", "team")
    found += [_codes(name, getattr(before, name), getattr(now, name)) for name in lists]
    found.append(_codes("extras", before.beyond, now.beyond))
    found += [
        Change(name, (str(getattr(before, name)),), (str(getattr(now, name)),))
        for name in ("purpose", "onward", "matching", "matching_with", "repeats", "ends_on", "language")
        if getattr(before, name) != getattr(now, name)
    ]
    found += [Change(name) for name in ("purpose_text", "outputs") if getattr(before, name) != getattr(now, name)]
    found += [
        Change(f"reason-{name}")
        for name in dict.fromkeys([*before.reasons, *now.reasons])
        if before.reasons.get(name, "") != now.reasons.get(name, "")
    ]
    return [one for one in found if one.gone or one.come or one.name in TEXTS or one.name.startswith("reason-")]


@dataclass(frozen=True)
class Late:
    """What a repeated request is asked for on its last page, so that repeating takes two screens."""

    ends_on: str
    accepted: bool
    terms: str = ""  # the hash of those that were shown

    def onto(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Return a draft's content with this in it."""
        why = {**kept.get("why", {}), "ends_on": self.ends_on}
        return {**kept, "why": why, "team": {**kept.get("team", {}), "accepted": self.accepted, "terms": self.terms}}


TEXTS = frozenset({"purpose_text", "outputs"})


def _codes(name: str, before: Collection[str], now: Collection[str]) -> Change:
    return Change(
        name,
        tuple(value for value in before if value not in now),
        tuple(value for value in now if value not in before),
    )
