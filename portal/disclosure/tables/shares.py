"""Shares among those who answered, computed from what the table shows: they can tell nothing more than it does."""

import numpy as np

from portal.disclosure.classes import Floats, pack
from portal.disclosure.missing import UNANSWERED
from portal.disclosure.tables.cube import Cube
from portal.disclosure.tables.primary import answers_of


def shares(cube: Cube, shown: Floats, sensitive: str, minimum: int) -> Floats:
    """Each answer's share of its group's answered records (n,), from 0 to 1.

    ``shown`` (n,) the published counts, NaN where hidden. NaN where the cell, its group or the group's unanswered
    records are hidden, where fewer than ``minimum`` answered, and for totals and missing answers themselves.
    """
    axis = answers_of(cube, sensitive)
    node, paths = cube.nodes[:, axis], cube.dimensions[axis].paths
    missing = np.array([path != () and path[-1] in UNANSWERED for path in paths])[node]
    others = [column for at, column in enumerate(cube.nodes.T) if at != axis]
    group = pack(others) if others else np.zeros(len(node), dtype=np.int64)
    whole = np.full(int(group.max()) + 1, np.nan)
    whole[group[node == 0]] = shown[node == 0]
    answered = (whole - np.bincount(group[missing], weights=shown[missing], minlength=len(whole)))[group]
    fit = (node > 0) & ~missing & (answered >= minimum)
    return np.asarray(np.divide(shown, answered, out=np.full(len(shown), np.nan), where=fit))
