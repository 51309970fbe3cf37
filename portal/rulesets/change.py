"""What a person may change in a rule set, and how two versions differ. Pure: values in, values out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from portal.disclosure.ruleset import Key, RuleSet

AIMS = ("gap", "change")
NUMBERS = ("max_risk", "mean_risk", "mean_enforced", "alpha", "margin", "min_no", "min_enumerators")


@dataclass(frozen=True)
class Wanted:
    """A rule set's numbers, the finest level shown of each key, and the variables released beside them.

    Shares, risks and ``gap`` lie in 0..1, ``change`` in 0..100 points; where None is possible, it asks for nothing.
    """

    k: int
    mean_risk: float | None
    mean_enforced: bool
    alpha: float
    margin: float
    min_no: int
    min_enumerators: int
    finest: Mapping[str, str]
    released: frozenset[str]
    gap: float | None = None
    change: float | None = None


@dataclass(frozen=True)
class Change:
    """One difference between two versions: what of it (a number, a key, a variable), what it was and what it is."""

    kind: str  # number | key | released | withdrawn
    name: str
    was: str = ""
    now: str = ""


def wanted_of(rules: RuleSet) -> Wanted:
    """Return what a rule set says now, as the form shows it."""
    limits = rules.limits
    return Wanted(
        k=rules.k,
        mean_risk=limits.mean_risk,
        mean_enforced=limits.mean_enforced,
        alpha=limits.alpha,
        margin=limits.margin,
        min_no=limits.min_no,
        min_enumerators=limits.min_enumerators,
        finest={key.name: key.levels[-1].column for key in rules.keys},
        released=frozenset(one.variable for one in rules.treatments),
        gap=rules.aims.gap,
        change=rules.aims.change,
    )


def changed(base: RuleSet, wanted: Wanted, version: str) -> RuleSet:
    """Return the rule set that is wanted, made from all that ``base`` (the portal's own) could show.

    The highest risk follows from k. Raises BadInput (a ValueError) with the field and the fact.
    """
    limits = replace(
        base.limits,
        max_risk=1 / wanted.k if base.keys and wanted.k > 0 else base.limits.max_risk,
        **{name: getattr(wanted, name) for name in ("mean_risk", "mean_enforced", "alpha", "margin")},
        **{name: getattr(wanted, name) for name in ("min_no", "min_enumerators")},
    )
    depths = {key.name: _depth(key, wanted.finest.get(key.name, "")) for key in base.keys}
    treatments = tuple(one for one in base.treatments if one.variable in wanted.released)
    aims = replace(base.aims, gap=wanted.gap, change=wanted.change)
    made = replace(base, version=version, k=wanted.k, limits=limits, aims=aims, treatments=treatments)
    return made.narrowed(depths).validate()


def _depth(key: Key, finest: str) -> int:
    return key.columns.index(finest) + 1 if finest in key.columns else len(key.columns)


def stranded(finer: RuleSet, coarser: RuleSet) -> list[str]:
    """Return what a coarser tier starts from that the finer tier no longer shows."""
    shown = {*finer.key_columns, *(one.variable for one in finer.treatments)}
    return sorted(coarser.sources - shown)


def changes(was: RuleSet, now: RuleSet) -> Iterator[Change]:
    """Say how two versions of a rule set differ."""
    old = numbers_of(was)
    for name, new in numbers_of(now).items():
        if old[name] != new:
            yield Change("number", name, old[name], new)
    finest = wanted_of(was).finest
    for key, column in wanted_of(now).finest.items():
        if finest.get(key, "") != column:
            yield Change("key", key, finest.get(key, ""), column)
    before, after = wanted_of(was).released, wanted_of(now).released
    yield from (Change("released", name) for name in sorted(after - before))
    yield from (Change("withdrawn", name) for name in sorted(before - after))


def numbers_of(rules: RuleSet) -> dict[str, str]:
    """Return the numbers of a rule set by name, written plainly: "" asks for nothing, shares lie in 0..1."""
    limits = {name: _said(getattr(rules.limits, name)) for name in NUMBERS}
    return {"k": str(rules.k)} | limits | {name: _said(getattr(rules.aims, name)) for name in AIMS}


def _said(value: float | bool | None) -> str:  # noqa: FBT001 -- a value to write down, no switch
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
