"""Local generalisation: only records that are rare give up detail. A value says beside it at which level it stands."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.classes import Floats, Ints, need
from portal.disclosure.close import Closing
from portal.disclosure.families import Family
from portal.disclosure.generalise import Hierarchy, leaves_of
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.suppress import OWN, arrange, checked, ranks

LEVEL = "_level"


def generalise_rare(
    frame: pd.DataFrame,
    hierarchies: Sequence[Hierarchy],
    k: int,
    *,
    importance: Mapping[str, float] | None = None,
    hidden: str = SUPPRESSED,
    closing: Closing | None = OWN,
) -> pd.DataFrame:
    """Coarsen keys of rare records, each along its hierarchy, until every strict class holds at least k rows.

    Parameters
    ----------
    frame : one row per record; the hierarchies' columns are its keys. A missing value needs a place in its hierarchy.
    importance : per column what its detail is worth (default 1): what is worth less is given up first. Within a
        column a level costs the share of detail that the file would lose if all records stood there.
    closing : as in ``suppress``.

    Returns
    -------
    The frame in its order, and behind it one column per key, named ``<key>_level``: 0 for the value itself, 1 for its
    next form, and so on. Where even the coarsest form tells values apart, one more level shows ``hidden``.

    Raises
    ------
    BadInput
        If a column is absent, a value is not in its hierarchy, a level column's name is taken, or an importance is
        not above 0.
    CannotMeet
        If the frame holds fewer than k rows, but at least one.
    """
    if not hierarchies:
        raise BadInput("keys: name at least one")
    need(frame, [one.column for one in hierarchies])
    for one in hierarchies:
        if one.column + LEVEL in frame:
            raise BadInput(f"{one.column}{LEVEL}: the name is needed for the level of {one.column}")
        if (importance or {}).get(one.column, 1.0) <= 0:
            raise BadInput(f"importance.{one.column}: must be above 0")
    if 0 < len(frame) < k:
        raise CannotMeet(f"k: {len(frame)} records are fewer than k = {k}; no treatment can make a class of them")
    leaves = np.column_stack([leaves_of(frame, one) for one in hierarchies])
    forest = [
        _family(one, leaves[:, at], weight=(importance or {}).get(one.column, 1.0), hidden=hidden)
        for at, one in enumerate(hierarchies)
    ]
    if frame.empty:
        return frame.assign(**{one.columns[1]: pd.array([], dtype="str") for one in forest})
    shown = arrange(forest, leaves, k, ranks=ranks(frame, None), closing=closing)
    return checked(trees.write(frame, forest, leaves, shown), forest, k)


def _family(one: Hierarchy, leaves: Ints, *, weight: float, hidden: str) -> Family:
    """The hierarchy as a tree of released values: a form and its level; the coarsest form is what nothing shows."""
    ladder = one.ladder()
    forms = np.array([list(forms) for forms in one.forms.values()], dtype=object)
    losses = _losses(ladder.share[:, leaves], len(forms))
    if ladder.share[-1].min() < 1:
        forms, losses = np.column_stack([forms, np.full(len(forms), hidden)]), [*losses, 1.0]
    named = [[(str(form), str(level)) for level, form in enumerate(row)][::-1] for row in forms]
    nodes = sorted({node for row in named for node in row})
    number = {node: at for at, node in enumerate(nodes)}
    up = np.array([[number[node] for node in row] for row in named], dtype=np.int64)
    return Family((one.column, one.column + LEVEL), up, tuple(nodes), tuple(weight * loss for loss in losses[::-1]))


def _losses(shares: Floats, values: int) -> list[float]:
    """Per level, (mean share - 1/V)/(1 - 1/V) over the rows, shares (L, n) of a hierarchy of V values; 0 if V = 1."""
    if values == 1 or not shares.shape[1]:
        return [0.0] * len(shares)
    return [float(one) for one in (shares.mean(axis=1) - 1 / values) / (1 - 1 / values)]
