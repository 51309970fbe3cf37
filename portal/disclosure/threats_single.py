"""Singling out: a description, drawn from the released rows, that fits exactly one of the people in the file."""

from dataclasses import dataclass

import numpy as np

from portal.disclosure.classes import Floats, Ints, pack
from portal.disclosure.codes import Codes
from portal.disclosure.threats_codes import Scene
from portal.disclosure.threats_rates import Tried

DRAWN = 2000
"""How many conjunctions are drawn; those that fit one released row are tried."""


@dataclass(frozen=True)
class Said:
    """Conjunctions of values: predicate i asks for ``values`` (p, m) in ``columns`` (p, m); -1 asks for nothing."""

    columns: Ints
    values: Ints

    def fits(self, rows: Codes) -> Ints:
        """How many of the rows (n, F) each predicate holds for, (p,). A hidden cell holds for none."""
        return np.array(
            [_fitting(rows, *asked) for asked in zip(self.columns.tolist(), self.values.tolist(), strict=True)],
            dtype=np.int64,
        )


def _fitting(rows: Codes, columns: list[int], values: list[int]) -> int:
    first, *others = [(column, value) for column, value in zip(columns, values, strict=True) if column >= 0]
    left = np.flatnonzero(rows[:, first[0]] == first[1])
    for column, value in others:
        left = left[rows[left, column] == value]
    return len(left)


def univariate(scene: Scene) -> Tried:
    """Every value that one released row alone shows."""
    column, value = [], []
    for at, shown in enumerate(scene.released.T):
        alone = np.flatnonzero(np.bincount(shown[shown >= 0]) == 1)
        column.append(np.full(len(alone), at))
        value.append(alone)
    if not column:
        return Tried(0, 0.0, 0, 0.0)
    return _tried(scene, Said(np.concatenate(column)[:, None], np.concatenate(value)[:, None]))


def multivariate(scene: Scene, rng: np.random.Generator, *, most: int) -> Tried:
    """Conjunctions of up to ``most`` values that a released row shows, where they fit this row alone."""
    if not scene.released.size:
        return Tried(0, 0.0, 0, 0.0)
    drawn = _drawn(scene.released, rng, most)
    alone = drawn.fits(scene.released) == 1
    return _tried(scene, Said(drawn.columns[alone], drawn.values[alone]))


def _drawn(released: Codes, rng: np.random.Generator, most: int) -> Said:
    """Conjunctions of a row's rarest values among the columns that somebody may know, from few to all; no two alike.

    Rows that look like few others are drawn more often: an attacker goes where nobody else stands.
    """
    crowd = np.bincount(same := pack(list(released.T)))[same].astype(np.float64)
    row = rng.choice(len(released), size=DRAWN, p=crowd**-2 / (crowd**-2).sum())
    rarity = _shares(released)[row]
    rarity[rng.random(rarity.shape) > rng.random((DRAWN, 1))] = np.inf  # columns that this attacker knows nothing of
    order = np.argsort(rarity, axis=1, kind="stable")[:, :most]
    asked = np.isfinite(np.take_along_axis(rarity, order, axis=1))
    columns = np.where(asked, order, -1)
    values = np.where(asked, np.take_along_axis(released[row], order, axis=1), -1)
    told = np.unique(np.concatenate([columns, values], axis=1)[asked.any(axis=1)], axis=0)
    return Said(*np.hsplit(told, 2))


def _shares(released: Codes) -> Floats:
    """How often each cell's value is shown in its column, (n, F), as a share of the rows; inf where it is hidden."""
    shares = np.full(released.shape, np.inf)
    for at, shown in enumerate(released.T):
        there = shown >= 0
        shares[there, at] = np.bincount(shown[there])[shown[there]] / len(released) if there.any() else np.inf
    return shares


def _tried(scene: Scene, said: Said) -> Tried:
    hits = [float((said.fits(rows) == 1).sum()) for rows in (scene.train, scene.control)]
    tried = len(said.columns)
    return Tried(tried, hits[0], tried, hits[1])
