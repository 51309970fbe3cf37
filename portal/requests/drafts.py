"""What the five steps hold so far.

A draft may be half empty or wrong: it is kept as it was typed and judged only before it is sent.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.agreements.terms import ENFORCEMENT, ONWARD, OUTPUTS
from portal.requests.menu import Menu

STEPS = ("rows", "variables", "why", "team", "review")
REPEATS = ("once", "rounds")
"""Delivered once, or again with every new round."""

SENSITIVE = 3
"""From this class on each variable needs a reason of its own."""

LEAST_WORDS = 20
"""Characters below which a purpose says nothing."""

MOST_REASON, MOST_TEXT, MOST_NAME = 600, 4000, 200
Problems = dict[str, str]
"""The code of what is wrong, by field."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The form's content; a date as typed. ``terms`` is the hash of the agreement's terms that were accepted.

    ``exception`` asks for ``extras`` beside what the file shows, because the file does not answer the question.
    """

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    exception: bool = False
    extras: tuple[str, ...] = ()
    exception_text: str = ""
    purpose: str = ""
    purpose_text: str = ""
    outputs: str = ""
    output_kinds: tuple[str, ...] = ()
    onward: str = "none"
    matching: str = "none"
    matching_with: str = ""
    repeats: str = "once"
    ends_on: str = ""
    language: str = "en"
    reasons: Mapping[str, str] = field(default_factory=dict)
    team: tuple[str, ...] = ()
    accepted: bool = False
    terms: str = ""

    @property
    def end(self) -> dt.date | None:
        """The last day, if what was typed is one."""
        try:
            return dt.date.fromisoformat(self.ends_on)
        except ValueError:
            return None

    @property
    def beyond(self) -> tuple[str, ...]:
        """What is asked for beside the file: nothing unless the exception is."""
        return self.extras if self.exception else ()

    @property
    def matched_with(self) -> str:
        """The dataset it is to be matched with, "" for none."""
        return self.matching_with if self.matching != "none" else ""

    def why_sha256(self) -> str:
        """Return a hash of the reasons given, for the scope: who approved read exactly these."""
        said: list[object] = [self.purpose_text, self.outputs, dict(sorted(self.reasons.items()))]
        if self.exception:
            said.append(self.exception_text)
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read(kept: Mapping[str, Any]) -> Draft:
    """Return the draft that a request keeps, step by step, as plain JSON values."""
    flat = {name: value for step in STEPS for name, value in kept.get(step, {}).items()}
    flat["filters"] = {column: tuple(values) for column, values in flat.get("filters", {}).items()}
    plural = {
        name: tuple(flat[name]) for name in ("families", "variables", "extras", "output_kinds", "team") if name in flat
    }
    return Draft(**flat | plural)


def with_team(kept: Mapping[str, Any], team: Iterable[str]) -> dict[str, Any]:
    """Return what a request keeps as its draft with another team: what is sent again, or copied, names who is in it."""
    return {**kept, "team": {**kept.get("team", {}), "team": list(team)}}


def sensitive(draft: Draft, menu: Menu) -> tuple[str, ...]:
    """Return the chosen variables that need a reason of their own, in the menu's order."""
    return tuple(one.name for one in menu.variables if one.name in draft.variables and one.sensitivity >= SENSITIVE)


def problems(step: str, draft: Draft, menu: Menu, *, purposes: frozenset[str], today: dt.date) -> Problems:
    """Return what still keeps a step from being sent."""
    found: dict[str, Iterator[tuple[str, str]]] = {
        "rows": _rows(draft, menu),
        "variables": _variables(draft, menu),
        "why": _why(draft, menu, purposes, today),
        "team": _team(draft),
    }
    return dict(found.get(step, ()))


def all_problems(draft: Draft, menu: Menu, *, purposes: frozenset[str], today: dt.date) -> dict[str, Problems]:
    """Return the problems of every step that has one."""
    found = {step: problems(step, draft, menu, purposes=purposes, today=today) for step in STEPS}
    return {step: wrong for step, wrong in found.items() if wrong}


def _rows(draft: Draft, menu: Menu) -> Iterator[tuple[str, str]]:
    for column, values in draft.filters.items():
        if not set(values) <= {choice.code for choice in menu.filters.get(column, ())}:
            yield column, "off_menu"
    if menu.families and not draft.families:
        yield "families", "choose_some"
    elif not set(draft.families) <= {family.name for family in menu.families}:
        yield "families", "off_menu"


def _variables(draft: Draft, menu: Menu) -> Iterator[tuple[str, str]]:
    if not draft.variables:
        yield "variables", "choose_some"
    elif not set(draft.variables) <= menu.by_name.keys():
        yield "variables", "off_menu"
    if draft.exception:
        yield from _exception(draft, menu)


def _exception(draft: Draft, menu: Menu) -> Iterator[tuple[str, str]]:
    if not draft.extras:
        yield "extras", "choose_some"
    elif not set(draft.extras) <= {one.name for one in menu.extras}:
        yield "extras", "off_menu"
    if len(draft.exception_text) < LEAST_WORDS:
        yield "exception_text", "say_more"


def _why(draft: Draft, menu: Menu, purposes: frozenset[str], today: dt.date) -> Iterator[tuple[str, str]]:
    if draft.purpose not in purposes | set(ENFORCEMENT):  # these are refused by the agreement, in words
        yield "purpose", "choose_one"
    for name in ("purpose_text", "outputs"):
        if len(getattr(draft, name)) < LEAST_WORDS:
            yield name, "say_more"
    yield from _use(draft)
    if draft.end is None:
        yield "ends_on", "no_date"
    elif draft.end < today:
        yield "ends_on", "past"
    for name in sensitive(draft, menu):
        if len(draft.reasons.get(name, "")) < LEAST_WORDS:
            yield f"reason-{name}", "say_more"


def _use(draft: Draft) -> Iterator[tuple[str, str]]:
    if not draft.output_kinds:
        yield "output_kinds", "choose_some"
    elif not set(draft.output_kinds) <= set(OUTPUTS):
        yield "output_kinds", "off_menu"
    if draft.onward not in ONWARD:
        yield "onward", "choose_one"
    if draft.repeats not in REPEATS:
        yield "repeats", "choose_one"
    elif draft.exception and draft.repeats != "once":
        yield "repeats", "exception_once"
    if draft.matching not in {"none", "named"}:
        yield "matching", "choose_one"
    elif draft.matching == "named" and not draft.matching_with.strip():
        yield "matching_with", "name_it"


def _team(draft: Draft) -> Iterator[tuple[str, str]]:
    if not draft.team:
        yield "team", "choose_some"
    if not draft.accepted:
        yield "accepted", "accept"
