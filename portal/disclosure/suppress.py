"""Strict k-anonymity by hiding levels. The work is done on distinct keys with counts; rows only follow."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.borrow import settle
from portal.disclosure.cascade import Placed, problem
from portal.disclosure.classes import Ints, class_sizes, numbered, pack, text
from portal.disclosure.close import Closing, close
from portal.disclosure.families import Family
from portal.disclosure.lend import place
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.ruleset import Key

OWN = Closing()


def suppress(
    frame: pd.DataFrame,
    keys: Sequence[Key],
    k: int,
    *,
    tie: str | None = None,
    hidden: str = SUPPRESSED,
    closing: Closing | None = OWN,
) -> pd.DataFrame:
    """Hide key levels until every class over the keys' columns holds at least k rows; a hidden cell is a value.

    Parameters
    ----------
    frame : one row per record, the columns of ``keys`` as text.
    k : 2 or more.
    tie : a column that says which of several rows with the same keys is hidden first, so that the result does not
        depend on the order of rows; without it all columns together do.
    closing : also hide what shown neighbours of the cells hidden here would give away to someone who knows this rule
        (see ``close``); with None fewer cells are hidden, and the downcoding attack may succeed.

    Returns
    -------
    The frame in the same order with cells of the key columns replaced by ``hidden``; nothing else changes. A frame
    that satisfies the rule comes back unchanged.

    Raises
    ------
    CannotMeet
        If the frame holds fewer than k rows, but at least one.
    """
    if frame.empty:
        return frame.copy()
    if len(frame) < k:
        raise CannotMeet(f"k: {len(frame)} records are fewer than k = {k}; no treatment can make a class of them")
    built = [trees.build(frame, key, hidden=hidden) for key in keys]
    forest = [family for family, _ in built]
    leaves = np.column_stack([leaf for _, leaf in built])
    shown = arrange(forest, leaves, k, ranks=ranks(frame, tie), closing=closing)
    return checked(trees.write(frame, forest, leaves, shown), forest, k)


def arrange(forest: Sequence[Family], leaves: Ints, k: int, *, ranks: Ints, closing: Closing | None) -> Ints:
    """How many levels of each family every row shows, (n, F), for strict classes of at least k rows; n is k or more.

    ``leaves`` (n, F) are the rows' leaves in each family, ``ranks`` (n,) the order in which rows with equal leaves
    are hidden.
    """
    group = pack(list(leaves.T))
    first = np.unique(group, return_index=True)[1]
    counts = np.bincount(group).astype(np.int64)
    return to_rows(planned(forest, leaves[first], counts, k, closing=closing), group, ranks)


def planned(forest: Sequence[Family], leaves: Ints, counts: Ints, k: int, *, closing: Closing | None) -> Placed:
    """What the rows of every distinct key show: ``leaves`` (D, F) of each, and ``counts`` (D,) of its rows."""
    task = problem(forest, leaves, counts, k)
    placed = settle(task, *place(task))
    return placed if closing is None else close(task, placed, closing)


def ranks(frame: pd.DataFrame, tie: str | None) -> Ints:
    """In which order rows with the same keys are hidden, shape (n,): by ``tie``, or by all columns together."""
    columns = [tie] if tie is not None else list(frame.columns)
    return pack([numbered(text(frame[column])) for column in columns])


def to_rows(placed: Placed, group: Ints, ranks: Ints) -> Ints:
    """Hand what the entries show to rows (n, F): of one distinct key, entries in order to rows in order of rank."""
    entries = np.argsort(placed.key, kind="stable")
    rows = np.lexsort((ranks, group))
    shown = np.empty((len(group), placed.shown.shape[1]), dtype=np.int64)
    shown[rows] = np.repeat(placed.shown[entries], placed.rows[entries], axis=0)
    return shown


def checked(released: pd.DataFrame, forest: Sequence[Family], k: int) -> pd.DataFrame:
    """Count again from the released values; a fault in the search must never leave as a file."""
    columns = [column for family in forest for column in family.columns]
    if int(class_sizes(released, columns).min()) < k:
        raise CannotMeet("k: the search left a class below k; nothing is released")
    return released
