"""Attacks on a finished file. A report that passes says what was tried, never that nothing else could be."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from portal.disclosure.attacks import Result, classes, derivation, downcoding, homogeneity, prosecutor, uniqueness
from portal.disclosure.classes import Bools, Ints, need, text
from portal.disclosure.eligible import standing
from portal.disclosure.minimality import minimality
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.recode import Hierarchies, derive
from portal.disclosure.released import read_released
from portal.disclosure.ruleset import Key, Level, RuleSet, Treatment

__all__ = ["AttackReport", "Result", "attack", "read_released"]


@dataclass(frozen=True)
class AttackReport:
    """All attacks of one run, by name."""

    attacks: Mapping[str, Result]

    @property
    def passed(self) -> bool:
        """Whether the file withstands every attack that ran."""
        return all(result.passed for result in self.attacks.values())

    def to_json(self) -> dict[str, Any]:
        """Plain values: ``passed``, and under ``attacks`` per name ``records_at_risk``, ``passed`` and ``facts``."""
        return {"passed": self.passed, "attacks": {name: asdict(result) for name, result in self.attacks.items()}}


def attack(
    original_keys: pd.DataFrame,
    released: pd.DataFrame,
    rules: RuleSet,
    hierarchies: Hierarchies | None = None,
    *,
    protected: pd.DataFrame | None = None,
    hidden: str = SUPPRESSED,
) -> AttackReport:
    """Attack a released table.

    Parameters
    ----------
    original_keys : the true key columns, one row per record that an attacker may look for, released or not. With
        ``hierarchies`` it is the source frame itself, and the key columns are made from it.
    released : what is delivered, read from its bytes. It may carry fewer columns and rows than the protected file.
    rules : the rule set it must keep.
    protected : the signed-off protected file it was chosen from; with it, derivation is attacked and the limits of
        the diversity rule are taken from the whole file.

    Where both carry the rule set's id column, records are paired by it: those in the release must find k companions,
    and only then can it be said which guesses are right, so only then downcoding is attacked, and minimality: what
    hidden sensitive answers tell. The latter only for a protected file, for which company was hidden; of a selection
    nobody learns what the whole file does not tell.

    Raises
    ------
    BadInput
        If the original lacks a key column that the release carries.
    """
    keys = carried(rules, released)
    columns = [column for key in keys for column in key.columns]
    secrets = [one for one in rules.treatments if one.sensitive_codes and one.variable in released]
    # a selection hides no more answers than the protected file it was chosen from
    truth, out = _sources(original_keys, rules, hierarchies, secrets if protected is None else ())
    need(truth, columns)
    pairs = paired(truth, released, rules.duplicates.id)
    found: dict[str, Result] = {}
    if columns:
        found["classes"] = classes(released, columns, rules.k)
        found["prosecutor"] = prosecutor(
            pd.concat([truth[columns], out[columns]]),
            released,
            columns,
            rules.k,
            included=np.concatenate([pairs.there, np.zeros(len(out), dtype=bool)]),
            hidden=hidden,
        )
        found["homogeneity"] = homogeneity(released, rules, limits_from=protected, columns=columns)
    if protected is not None:
        found["derivation"] = derivation(protected, released, rules)
    if columns and len(pairs.at) == len(released):
        met = truth.iloc[pairs.at]
        found["downcoding"] = downcoding(met[columns], released, keys, hidden=hidden)
        if protected is None and secrets:
            found["minimality"] = minimality(met, released, secrets, columns, but=[rules.duplicates.id])
    found["uniqueness"] = uniqueness(released, rules, columns)
    return AttackReport(found)


def carried(rules: RuleSet, released: pd.DataFrame) -> tuple[Key, ...]:
    """The rule set's keys, each with those of its levels that the release has as columns."""
    kept = [Key(key.name, tuple(one for one in key.levels if one.column in released), key.weight) for key in rules.keys]
    return tuple(key for key in kept if key.levels)


def plain_keys(columns: Sequence[str], weights: Mapping[str, float] | None = None) -> tuple[Key, ...]:
    """Each column a family of its own with one level: keys without a hierarchy."""
    costs = weights or {}
    return tuple(Key(name, (Level(name, name),), costs.get(name, 1.0)) for name in columns)


def _sources(
    original: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies | None, secrets: Sequence[Treatment]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True keys and secrets of the records that may be in the release, and the keys of those that had to stay out."""
    if hierarchies is None:
        return original, original.iloc[:0]
    original = original.reset_index(drop=True)
    left, _ = standing(original, rules, hierarchies)
    return (
        derive(original, replace(rules, treatments=tuple(secrets)), hierarchies, rows=left),
        derive(original, replace(rules, treatments=()), hierarchies, rows=~left),
    )


@dataclass(frozen=True)
class Pairs:
    """Which original records are in the release (n,), and where each released row's original stands (m,) or ()."""

    there: Bools
    at: Ints


def paired(original: pd.DataFrame, released: pd.DataFrame, name: str) -> Pairs:
    """Pair records by id where both frames carry it, each id once; otherwise nothing is known to be in."""
    if name not in original or name not in released or released.empty:
        return Pairs(np.zeros(len(original), dtype=bool), np.zeros(0, dtype=np.int64))
    mine, theirs = (pa.array(text(frame[name]), type=pa.large_string()) for frame in (original, released))
    there = pc.is_in(mine, value_set=theirs).to_numpy(zero_copy_only=False)
    if pc.count_distinct(mine).as_py() < len(mine) or pc.any(pc.invert(pc.is_in(theirs, value_set=mine))).as_py():
        return Pairs(there, np.zeros(0, dtype=np.int64))
    return Pairs(there, pc.index_in(theirs, value_set=mine).to_numpy(zero_copy_only=False).astype(np.int64))
