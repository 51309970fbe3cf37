"""What a protected file says about itself. Plain values; a group too small to be named is counted under "other"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, Ints, class_of, numbered, text
from portal.disclosure.codes import lone, mixed
from portal.disclosure.compatible import tables
from portal.disclosure.diversity import Told
from portal.disclosure.measure import global_risk, violations
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.ruleset import RuleSet

GROUPS = ("gender", "origin_subregion")
NAMED_FROM = 30
"""A group below this many rows is not named in a report: its being there would be a finding of its own."""


@dataclass(frozen=True)
class Facts:
    """What happened on the way, counted in rows."""

    rows_in: int
    excluded: Mapping[str, int]
    unknown: Mapping[str, int]
    absent: Sequence[str]
    enumerator_rows: int
    k_applied: int
    diversity: Told
    lists: Mapping[str, Mapping[str, int]]


def account(derived: pd.DataFrame, made: pd.DataFrame, rules: RuleSet, facts: Facts) -> dict[str, object]:
    """The report of a person file: ``derived`` before suppression, ``made`` as released, rows alike."""
    keys = rules.key_columns
    before, after = tables([derived, made], keys, hidden=SUPPRESSED)
    of = class_of(made, keys)
    sizes = np.bincount(of)[of]
    hidden = _hidden(made, keys) & ~_hidden(derived, keys)
    variables = [one.variable for one in rules.treatments if one.variable in made]
    return {
        **_head(rules, facts.rows_in, len(made), facts.excluded),
        "k": rules.k,
        "k_applied": facts.k_applied,
        "semantics": "strict",
        "keys": keys,
        "unknown_codes": dict(facts.unknown),
        "absent": list(facts.absent),
        "violations": {
            "before": violations(before),
            "after": violations(after, released_from=before),
        },
        "suppressed_cells": int(hidden.sum()),
        "suppressed_by_variable": dict(zip(keys, hidden.sum(axis=0).tolist(), strict=True)),
        "suppressed_records": int(hidden.any(axis=1).sum()),
        "generalised": generalised(rules),
        "few_enumerators": facts.enumerator_rows,
        "risk": _risk(sizes, rules),
        "classes": int(of.max(initial=-1)) + 1,
        "smallest_class": int(sizes.min()) if len(sizes) else 0,
        "diversity": facts.diversity,
        "lists": {name: dict(taken) for name, taken in facts.lists.items()},
        "blanked": dict(zip(variables, _hidden(made, variables).sum(axis=0).tolist(), strict=True)),
        "utility": utility(derived, made, rules),
        "unique_outside_keys": outside(made, keys, variables),
    }


def _hidden(frame: pd.DataFrame, columns: Sequence[str]) -> Bools:
    """Which cells of some columns are hidden, shape (n, columns)."""
    cells = [Cells.of(frame[column]).hold(SUPPRESSED) for column in columns]
    return np.array(cells, dtype=bool).reshape(len(columns), len(frame)).T


def event_account(
    made: pd.DataFrame, rules: RuleSet, *, rows_in: int, excluded: Mapping[str, int], merged: int
) -> dict[str, object]:
    """The report of an event file."""
    return {**_head(rules, rows_in, len(made), excluded), "merged": merged, "keys": []}


def _head(rules: RuleSet, rows_in: int, rows_out: int, excluded: Mapping[str, int]) -> dict[str, object]:
    return {
        "rule_set": {"name": rules.name, "version": rules.version},
        "tier": rules.tier,
        "rows_in": rows_in,
        "rows_out": rows_out,
        "excluded": dict(excluded),
    }


def generalised(rules: RuleSet) -> dict[str, str]:
    """Per source variable, the finest level that the keys carry."""
    return {level.source: level.column for level in rules.levels() if level.via}


def _risk(sizes: np.ndarray, rules: RuleSet) -> dict[str, object]:
    found = global_risk(1.0 / sizes)
    limit = rules.limits.mean_risk
    return {**found, "mean_limit": limit, "mean_kept": limit is None or found["mean"] <= limit}


def utility(derived: pd.DataFrame, made: pd.DataFrame, rules: RuleSet) -> dict[str, object]:
    """Shares 0..1 of key cells still shown: per column, in all, and within groups of the original rows.

    ``share_moved`` is what readers of the file get wrong about how large those groups are.
    """
    keys = rules.key_columns
    shown = pd.DataFrame(~_hidden(made, keys), columns=keys, index=made.index)
    per_row = shown.mean(axis=1)
    return {
        "kept": {column: _share(shown[column]) for column in keys},
        "kept_overall": _share(per_row),
        "retained": {name: _by_group(per_row, derived[name]) for name in GROUPS if name in keys},
        "share_moved": {name: _moved(derived[name], made[name]) for name in GROUPS if name in keys},
    }


def _moved(before: "pd.Series[str]", after: "pd.Series[str]") -> float:
    """How far a group's share (0..1) of the rows in which one is shown lies from its share of all, at most."""
    if before.empty:
        return 0.0
    shown = after[after != SUPPRESSED].value_counts(normalize=True)
    return round(float(before.value_counts(normalize=True).sub(shown, fill_value=0.0).abs().max()), 6)


def _by_group(per_row: "pd.Series[float]", group: "pd.Series[str]") -> dict[str, float]:
    cells = Cells.of(group)
    few = np.bincount(cells.codes, minlength=len(cells.words)) < NAMED_FROM
    named = Cells(["other" if rare else word for word, rare in zip(cells.words, few, strict=True)], cells.codes)
    return {str(name): _share(part) for name, part in per_row.groupby(named.column(group.index), sort=True)}


def _share(part: "pd.Series[float] | pd.Series[bool]") -> float:
    return round(float(part.mean()), 6) if len(part) else 1.0


def outside(made: pd.DataFrame, keys: Sequence[str], variables: Sequence[str]) -> dict[str, float]:
    """Share of rows that one released variable alone, or all together, makes unique within their class.

    Reported, not enforced: the rule set releases only what others cannot observe.
    """
    if made.empty:
        return {}
    classes = class_of(made, keys)
    told = {name: numbered(text(made[name])) for name in variables}
    found = {name: _unique(classes, codes) for name, codes in told.items()}
    return {**found, "all": _unique(classes, *told.values())}


def _unique(*codes: Ints) -> float:
    return round(float(lone(*mixed(codes)).mean()), 6)
