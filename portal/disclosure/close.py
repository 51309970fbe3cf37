"""Closing what the rule itself would tell: a hidden value is known to be none of those shown beside it.

Where rows had to hide a level, the classes that are the same but for showing it rule their own values out. So they
join: all of them, or, where they are many, enough rows of each that a guess which leaves them out is mostly wrong.
Whole classes or rows above k move, so no class falls below k.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from portal.disclosure.borrow import nodes_of
from portal.disclosure.cascade import Placed, Problem, identify
from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.families import Family

FAR = 1e9


@dataclass(frozen=True)
class Closing:
    """How far to close.

    ``company`` rows join for every row that had to hide a level (inf: whole blocks, however many). With the default
    all but one in fifty of such cells hold a value that is shown beside them, so that ruling those out gains no more
    than 2 points, in any selection of whole classes. ``fresh`` takes levels that came hidden
    for hidden on this rule's account; otherwise they are values like any other, and closing twice changes nothing.
    """

    company: float = 49.0
    fresh: bool = False


@dataclass(frozen=True)
class Entries:
    """Rows placed, as in Placed; ``joined[e]`` is the family in which entry e only keeps company, or -1."""

    placed: Placed
    joined: Ints


@dataclass(frozen=True)
class Move:
    """One step: rows of entries give up a level of one family. ``whole``: with nobody of their class staying."""

    family: int
    entries: Ints
    rows: Ints
    whole: bool


@dataclass(frozen=True)
class Classes:
    """Classes of the entries: ``of`` (E,) numbers, ``size`` (C,) rows, ``above`` (C, F) class one level up or -1."""

    of: Ints
    size: Ints
    above: Ints


def close(task: Problem, placed: Placed, how: Closing) -> Placed:
    """Let neighbours join until no class that had to hide is given away by those beside it. Moves only hide more."""
    now = Entries(placed, np.full(len(placed.key), -1, dtype=np.int64))
    while moves := list(_moves(task, now, how)):
        now = _moved(task, now, moves)
    return now.placed


def _moves(task: Problem, now: Entries, how: Closing) -> Iterator[Move]:
    """Steps that touch no class twice."""
    classes = _classes(task, now.placed)
    forced = _forced(task, now, fresh=how.fresh)
    touched = np.zeros(len(classes.size), dtype=bool)
    for at in range(len(task.families)):
        mine = np.bincount(classes.of, weights=now.placed.rows * forced[:, at], minlength=len(classes.size))
        company = np.bincount(classes.of, weights=now.placed.rows * (now.joined == at), minlength=len(classes.size))
        needed = np.where(mine > 0, np.ceil(np.minimum(how.company, FAR) * mine - company), 0)
        for upper in np.unique(classes.above[:, at]):
            if upper < 0 or needed[upper] <= 0:
                continue
            lower = np.flatnonzero(classes.above[:, at] == upper)
            if not (touched[upper] or touched[lower].any()):
                touched[upper] = touched[lower] = True
                yield _step(task, now.placed, classes, lower.astype(np.int64), at=at, needed=int(needed[upper]))


def _classes(task: Problem, placed: Placed) -> Classes:
    nodes = nodes_of(task, placed)
    ids, first, of = np.unique(identify(task.families, nodes)[0], return_index=True, return_inverse=True)
    size = np.bincount(of, weights=placed.rows, minlength=len(ids)).astype(np.int64)
    above = np.full((len(ids), len(task.families)), -1, dtype=np.int64)
    for at, family in enumerate(task.families):
        higher = nodes[first]
        higher[:, at] = _up(family)[higher[:, at]]
        asked, there = identify(task.families, higher, nodes[first])
        order = np.argsort(there)
        found = order[np.minimum(np.searchsorted(there[order], asked), len(order) - 1)]
        meets = (there[found] == asked) & (higher[:, at] != nodes[first][:, at])
        above[meets, at] = found[meets]
    return Classes(of.astype(np.int64), size, above)


def _up(family: Family) -> Ints:
    """Per node, the node with one level less shown; the node itself where nothing is shown."""
    up = np.arange(len(family.values), dtype=np.int64)
    for shown in range(family.up.shape[1] - 1, 0, -1):
        differs = family.up[:, shown] != family.up[:, shown - 1]
        up[family.up[differs, shown]] = family.up[differs, shown - 1]
    return up


def _forced(task: Problem, now: Entries, *, fresh: bool) -> Bools:
    """Whether an entry had to hide its finest level of a family, shape (E, F); company does not count."""
    nodes = nodes_of(task, now.placed)
    forced = np.zeros(nodes.shape, dtype=bool)
    for at, family in enumerate(task.families):
        up = _up(family)
        upper = np.zeros(len(up), dtype=bool)
        upper[up[up != np.arange(len(up))]] = True
        own = family.up[task.leaves[now.placed.key, at], -1]
        forced[:, at] = upper[nodes[:, at]] & (fresh | (nodes[:, at] != own)) & (now.joined != at)
    return forced


def _step(task: Problem, placed: Placed, classes: Classes, lower: Ints, *, at: int, needed: int) -> Move:
    spare = classes.size[lower] - task.k
    if classes.size[lower].sum() <= needed or spare.sum() < needed:
        entries = np.flatnonzero(np.isin(classes.of, lower)).astype(np.int64)
        return Move(at, entries, placed.rows[entries], whole=True)
    take = _shared(spare, needed)
    chosen = [_first_rows(placed, classes, one, rows) for one, rows in zip(lower, take, strict=True) if rows]
    entries, rows = (np.concatenate([part[side] for part in chosen]) for side in (0, 1))
    return Move(at, entries, rows, whole=False)


def _shared(spare: Ints, needed: int) -> Ints:
    """Share ``needed`` rows out in proportion to what each class can spare; what is left over goes to the largest.

    >>> _shared(np.array([10, 5, 0]), 4).tolist()
    [3, 1, 0]
    """
    exact: Floats = spare * (needed / spare.sum())
    take = np.floor(exact).astype(np.int64)
    most = np.argsort(take - exact, kind="stable")
    take[most[: needed - int(take.sum())]] += 1
    return np.minimum(take, spare)


def _first_rows(placed: Placed, classes: Classes, one: int, rows: int) -> tuple[Ints, Ints]:
    """The first ``rows`` rows of a class, as entries and how many of each."""
    entries = np.flatnonzero(classes.of == one).astype(np.int64)
    before = np.cumsum(placed.rows[entries]) - placed.rows[entries]
    take = np.clip(rows - before, 0, placed.rows[entries])
    return entries[take > 0], take[take > 0]


def _moved(task: Problem, now: Entries, moves: list[Move]) -> Entries:
    left = now.placed.rows.copy()
    keys, shown, rows, joined = [now.placed.key], [now.placed.shown], [left], [now.joined]
    for move in moves:
        left[move.entries] -= move.rows
        higher = now.placed.shown[move.entries].copy()
        keys.append(now.placed.key[move.entries])
        higher[:, move.family] = _next(
            task.families[move.family], task.leaves[keys[-1], move.family], higher[:, move.family]
        )
        shown.append(higher)
        rows.append(move.rows)
        joined.append(now.joined[move.entries] if move.whole else np.full(len(move.entries), move.family))
    stay = np.concatenate(rows) > 0
    made = [np.concatenate(part)[stay] for part in (keys, shown, rows, joined)]
    return Entries(Placed(made[0], made[1], made[2]), made[3])


def _next(family: Family, leaves: Ints, shown: Ints) -> Ints:
    """The largest number of levels below ``shown`` that leads to another node."""
    nodes = family.up[leaves, shown]
    lower = shown.copy()
    while (same := (family.up[leaves, lower] == nodes) & (lower > 0)).any():
        lower[same] -= 1
    return lower
