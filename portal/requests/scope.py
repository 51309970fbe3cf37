"""A frozen scope: exactly which rows and columns, for whom, until when, under what.

The surprising fact: it is kept in parts, one per region that decides, each with explicit countries and years. A region
can then refuse a year or a variable of its own rows without touching anybody else's. A co-owner has no rows of its own:
its slice runs across the parts, and holds its variables only.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from portal.requests.shares import Share

COMPOSED = frozenset({"parts", "families", "recipients", "ends_on", "outputs", "owners", "extras"})
LATER = ("outputs", "onward", "matching", "repeats", "later_than", "unassessed", "owners", "extras")
"""What older scopes have not: left out where empty, so that their hash stays."""

EVERYWHERE = ""
"""The region of a refusal that holds for every part: the data protection officer's."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One region's rows and variables. ``filters`` maps a key column to the values that are in."""

    region: str
    filters: Mapping[str, tuple[str, ...]]
    variables: tuple[str, ...]

    def __post_init__(self) -> None:
        """Sort, so that equal parts are equal bytes."""
        tidy = {column: tuple(sorted(set(self.filters[column]))) for column in sorted(self.filters)}
        object.__setattr__(self, "filters", tidy)
        object.__setattr__(self, "variables", tuple(sorted(set(self.variables))))

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it: no variable, or a key without a value."""
        return not self.variables or not all(self.filters.values())

    def content(self) -> dict[str, Any]:
        """Return the part as plain JSON values."""
        filters = {column: list(values) for column, values in self.filters.items()}
        return {"region": self.region, "filters": filters, "variables": list(self.variables)}

    def holds(self, other: "Part") -> bool:
        """Whether ``other`` asks for nothing beyond this part."""
        return (
            self.region == other.region
            and set(other.variables) <= set(self.variables)
            and self.filters.keys() <= other.filters.keys()
            and all(set(other.filters[column]) <= set(values) for column, values in self.filters.items())
        )


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a decider takes out: values of key columns, and variables, of one region's rows or of all."""

    region: str
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variables: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.variables) or any(self.rows.values())


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything an approval binds to. References are the log's random ones; ``why`` is a hash of the reasons given.

    ``request`` keeps two requests for the same thing apart: each is approved and built by itself. ``matching`` names
    the dataset it is matched with, "" for none. ``repeats`` is "rounds" for what is delivered again with every new
    round; then a part that holds the year ``later_than`` holds every later one too. ``unassessed`` says that the data
    protection officer was asked about that because no assessment (DPIA) was on file. ``extras`` are variables beyond
    the file: a scope that has some is an exception.
    """

    dataset: str
    version: str
    file: str
    rule_set: str
    rule_set_version: int
    tier: str
    families: tuple[str, ...]
    parts: tuple[Part, ...]
    recipients: tuple[str, ...]
    agreement: str
    agreement_revision: int
    purpose: str
    why: str
    ends_on: dt.date
    request: str = ""
    outputs: tuple[str, ...] = ()
    onward: str = ""
    matching: str = ""
    repeats: str = ""
    later_than: str = ""
    unassessed: str = ""
    owners: tuple[Share, ...] = ()
    extras: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Sort, so that equal scopes are equal bytes, and refuse two parts of one region."""
        regions = [*(part.region for part in self.parts), *(share.owner for share in self.owners)]
        if len(set(regions)) != len(regions):
            raise ValueError("parts: a region occurs twice")
        object.__setattr__(self, "families", tuple(sorted(set(self.families))))
        object.__setattr__(self, "recipients", tuple(sorted(set(self.recipients))))
        object.__setattr__(self, "outputs", tuple(sorted(set(self.outputs))))
        object.__setattr__(self, "extras", tuple(sorted(set(self.extras))))
        object.__setattr__(self, "parts", tuple(sorted(self.parts, key=lambda part: part.region)))
        object.__setattr__(self, "owners", tuple(sorted(self.owners, key=lambda share: share.owner)))

    @property
    def regions(self) -> frozenset[str]:
        """The regions whose rows are in."""
        return frozenset(part.region for part in self.parts)

    @property
    def shares(self) -> tuple[Share, ...]:
        """What co-owners have of what is in: an owner none of whose variables is left has no say."""
        return tuple(share for share in self.owners if not set(share.variables).isdisjoint(self.variables))

    @property
    def offices(self) -> frozenset[str]:
        """Who decides: the regions whose rows are in, and the co-owners of variables that are in."""
        return self.regions | {share.owner for share in self.shares}

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that some part holds."""
        return tuple(sorted({name for part in self.parts for name in part.variables}))

    def values(self, column: str) -> tuple[str, ...]:
        """Return every value of a key column that some part holds."""
        return tuple(sorted({value for part in self.parts for value in part.filters.get(column, ())}))

    def part(self, region: str) -> Part:
        """Return a region's part; KeyError if it has none."""
        return {part.region: part for part in self.parts}[region]

    def content(self) -> dict[str, Any]:
        """Return the scope as plain JSON values."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        plain |= {name: list(getattr(self, name)) for name in ("families", "recipients", "outputs", "extras")}
        plain |= {"ends_on": self.ends_on.isoformat(), "parts": [part.content() for part in self.parts]}
        plain["owners"] = [share.content() for share in self.owners]
        return {name: value for name, value in plain.items() if value or name not in LATER}

    def sha256(self) -> str:
        """Return the hash that an approval of the whole binds to, in hex."""
        return _hash(self.content())

    def slice(self, office: str) -> "Scope":
        """Return what is common and an office's own: a region's part, or a co-owner's variables of every part."""
        theirs = {share.owner: share for share in self.owners}
        if office not in theirs:
            return replace(self, owners=(), parts=tuple(part for part in self.parts if part.region == office))
        held = set(theirs[office].variables)
        cut = (replace(part, variables=tuple(held & set(part.variables))) for part in self.parts)
        return replace(self, owners=(theirs[office],), parts=tuple(part for part in cut if not part.empty))

    def slice_sha256(self, office: str) -> str:
        """Return the hash that an office's approval binds to: its slice. KeyError if it has none."""
        found = self.slice(office)
        if not found.parts:
            raise KeyError(office)
        return _hash(found.content())


def from_content(content: Mapping[str, Any]) -> Scope:
    """Return the scope that :meth:`Scope.content` wrote down; TypeError or KeyError on anything else."""
    parts = tuple(
        Part(
            region=part["region"],
            filters={column: tuple(values) for column, values in part["filters"].items()},
            variables=tuple(part["variables"]),
        )
        for part in content["parts"]
    )
    plain = {name: value for name, value in content.items() if name not in COMPOSED}
    return Scope(
        parts=parts,
        families=tuple(content["families"]),
        recipients=tuple(content["recipients"]),
        outputs=tuple(content.get("outputs", ())),
        extras=tuple(content.get("extras", ())),
        owners=tuple(Share(owner=one["owner"], variables=tuple(one["variables"])) for one in content.get("owners", ())),
        ends_on=dt.date.fromisoformat(content["ends_on"]),
        **plain,
    )


def _hash(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
