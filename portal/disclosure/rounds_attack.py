"""All files of a tier at once: somebody has every one of them, links them without a fault and knows who is in which."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from portal.disclosure.attacks import Result, downcoding
from portal.disclosure.classes import Ints, need, text
from portal.disclosure.eligible import eligible
from portal.disclosure.recode import Hierarchies, derive
from portal.disclosure.rounds_past import Earlier, least_k
from portal.disclosure.ruleset import RuleSet

Gains: TypeAlias = dict[str, dict[str, float]]
APART = "\x1f"


def together(earlier: Sequence[Earlier], released: pd.DataFrame, rules: RuleSet) -> Result:
    """Interviews whose keys in all files, being out of one included, fewer than k have in common: the k of the file
    that promised least.

    A class that the released file leaves as it was is not at risk from it, whatever its size. Nothing is taken from
    the ledger here: histories are written out and counted.

    Raises BadInput where a file lacks its ids or a key.
    """
    name = rules.duplicates.id
    files = [_views(one.frame, name, one.rules.key_columns) for one in earlier]
    known = pd.concat([*files, _views(released, name, rules.key_columns)], axis=1, keys=range(len(files) + 1))
    after = _sizes(known, len(files) + 1)
    before = np.where(known[list(range(len(files)))].notna().any(axis=1), _sizes(known, len(files)), 0)
    risk = (after < least_k(earlier, rules)) & (after != before)
    return Result(int(risk.sum()), not risk.any(), {"smallest": int(after.min(initial=len(known)))})


def by_round(
    earlier: Sequence[Earlier],
    source: pd.DataFrame,
    released: pd.DataFrame,
    rules: RuleSet,
    hierarchies: Hierarchies,
) -> Result:
    """Downcoding, of the rows of each round among themselves: a value is ruled out by what was shown beside it when
    the cell was hidden, and not by rows that came later or were there before.

    ``source`` is what the file was made from. Rows that show what no earlier file did belong to the new round. The
    facts hold the highest gains of any round, and as ``whole`` those of who takes all rows for one round: told, not
    judged.
    """
    name = rules.duplicates.id
    inside, _ = eligible(source.reset_index(drop=True), rules, hierarchies)
    derived = derive(inside, replace(rules, treatments=()), hierarchies)
    met = pd.Index(text(derived[name])).get_indexer(pd.Index(text(released[name])))
    truth, rows = derived[rules.key_columns].iloc[met], released.set_axis(derived.index[met])
    of = _rounds(earlier, released, rules)
    made = [downcoding(truth[of == at], rows[of == at], rules.keys) for at in np.unique(of).tolist()]
    gains = [cast("Gains", one.facts["gain"]) for one in made]
    worst = {
        column: {
            name: max(gain[column][name] for gain in gains if column in gain) for name in ("overall", "worst_value")
        }
        for column in rules.key_columns
        if any(column in gain for gain in gains)
    }
    facts = {"gain": worst, "whole": downcoding(truth, rows, rules.keys).facts["gain"]}
    return Result(sum(one.records_at_risk for one in made), all(one.passed for one in made), facts)


def _rounds(earlier: Sequence[Earlier], released: pd.DataFrame, rules: RuleSet) -> Ints:
    """The first file that shows each row as this one does, without a break up to the last that had it; (m,)."""
    mine = _views(released, rules.duplicates.id, rules.key_columns)
    found = np.full(len(mine), len(earlier), dtype=np.int64)
    same = np.ones(len(mine), dtype=bool)
    for at, one in reversed(list(enumerate(earlier))):
        if one.rules.key_columns != rules.key_columns:
            break
        theirs = _views(one.frame, rules.duplicates.id, rules.key_columns).reindex(mine.index)
        same &= (theirs.isna() | (theirs == mine)).to_numpy(dtype=bool)
        found[same & theirs.notna().to_numpy(dtype=bool)] = at
    return found


def _views(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> "pd.Series[str]":
    need(frame, [name, *columns])
    cells = [text(frame[column]).astype(object) for column in columns]
    return pd.Series([APART.join(row) for row in zip(*cells, strict=True)], index=text(frame[name]), dtype=object)


def _sizes(known: pd.DataFrame, files: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """How many interviews share each one's history in the first files, shape (n,)."""
    code = np.zeros(len(known), dtype=np.int64)
    for at in range(files):
        views = pd.factorize(known[at])[0] + 1
        code = np.unique(code * (len(known) + 1) + views, return_inverse=True)[1]
    return np.bincount(code)[code].astype(np.int64)
