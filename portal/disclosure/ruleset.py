"""A named, versioned rule set: what happens to each variable of a tier. What it does not name is never released."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files

from portal.disclosure import rulecheck, rulejson
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleparts import Aims, Duplicates, Exclude, Key, Level, Limits, Treatment

__all__ = [
    "EXCEPTION",
    "TIERS",
    "Aims",
    "Duplicates",
    "Exclude",
    "Key",
    "Level",
    "Limits",
    "RuleSet",
    "Treatment",
    "default",
]

TIERS = ("partner", "licensed", "table", "event")
EXCEPTION = "exception"
"""What is no tier: made for one request from a tier's file. No rule set of it is kept or shipped."""


@dataclass(frozen=True)
class RuleSet:
    """Everything the engine needs to know about a tier.

    ``derived_from`` names the finer tier whose protected file this one starts from, so that it can never say more.
    ``merge`` (event files) holds the columns in which two reports of one event agree.
    """

    name: str
    version: str
    tier: str
    k: int
    keys: tuple[Key, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    derived_from: str | None = None
    limits: Limits = field(default_factory=Limits)
    aims: Aims = field(default_factory=Aims)
    excludes: tuple[Exclude, ...] = ()
    duplicates: Duplicates = field(default_factory=Duplicates)
    bands: Mapping[str, tuple[tuple[float, str], ...]] = field(default_factory=dict)
    merge: tuple[str, ...] = ()

    @property
    def key_columns(self) -> list[str]:
        """Every level column of every key, in the order of the released file."""
        return [level.column for level in self.levels()]

    def levels(self) -> Iterator[Level]:
        """Every level of every key, in the order of the released file."""
        for key in self.keys:
            yield from key.levels

    @property
    def sources(self) -> set[str]:
        """Every column that keys and released variables are made from."""
        return {level.source for level in self.levels()} | {one.variable for one in self.treatments}

    def narrowed(self, depths: Mapping[str, int]) -> "RuleSet":
        """The rule set with the first ``depths[name]`` levels of its keys; a rule on enumerators goes with its cell."""
        keys = tuple(replace(key, levels=key.levels[: depths.get(key.name, len(key.levels))]) for key in self.keys)
        limits = self.limits
        if not set(limits.enumerator_cell) <= {column for key in keys for column in key.columns}:
            limits = replace(limits, min_enumerators=0)
        return replace(self, keys=keys, limits=limits)

    def treatment(self, variable: str) -> Treatment:
        """The treatment of one released variable. KeyError where the rule set does not release it."""
        return {one.variable: one for one in self.treatments}[variable]

    def validate(self) -> "RuleSet":
        """Return the rule set itself, or raise BadInput (a ValueError) that names the field, then the fact."""
        for name in ("name", "version"):
            if not getattr(self, name).strip():
                raise BadInput(f"{name}: is empty")
        for name, tier in (("tier", self.tier), ("derived_from", self.derived_from or TIERS[0])):
            if tier not in (*TIERS, EXCEPTION):
                raise BadInput(f"{name}: must be one of {', '.join(TIERS)}")
        if self.derived_from == self.tier:
            raise BadInput("derived_from: a tier cannot start from itself")
        if self.tier == "event" and not self.merge:
            raise BadInput("merge: an event file needs the columns in which two reports of one event agree")
        rulecheck.check_k(self.k, tier=self.tier, keys=self.keys, limits=self.limits)
        rulecheck.check_aims(self.aims)
        rulecheck.check_bands(self.bands)
        rulecheck.check_keys(self.keys, self.bands)
        rulecheck.check_treatments(self.treatments, self.key_columns, self.bands)
        for one in self.excludes:
            rulecheck.check_steps(f"excludes.{one.column}", one.via, self.bands)
        return self

    def to_json(self) -> str:
        """Stable text: sorted keys and two spaces, so that equal rule sets are equal bytes."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "RuleSet":
        """Read a rule set and validate it. An unknown field is refused by its path."""
        return rulejson.read(cls, text).validate()


def default(tier: str) -> RuleSet:
    """The rule set shipped for a tier: partner, licensed, table or event."""
    if tier not in TIERS:
        raise BadInput(f"tier: must be one of {', '.join(TIERS)}")
    return RuleSet.from_json(files("portal.disclosure").joinpath("defaults", f"{tier}.json").read_text("utf-8"))
