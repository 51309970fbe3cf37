"""The attack on a finished table, from what it shows: an LP audit that knows nothing of how cells were chosen."""

import numpy as np

from portal.disclosure.classes import Floats, Ints
from portal.disclosure.tables.audit import failing
from portal.disclosure.tables.rounding import as_published
from portal.disclosure.tables.system import Need, System

Told = dict[str, object]


def by_programmes(system: System, shown: Floats, need: Need) -> Told:
    """Attack a table with hidden cells, NaN in ``shown`` (n,). A shown value that is not the true one is a fault too.

    Returns ``cells``, ``hidden_cells``, ``cells_at_risk`` and ``passed``.
    """
    hidden = np.isnan(shown)
    wrong = ~hidden & ~system.unseen & (shown != system.values)
    at_risk = failing(system, hidden, need)
    return _told(system, int((hidden & ~system.unseen).sum()), int((at_risk | wrong).sum()))


def on_rounded(system: System, shown: Ints, base: int, need: Need) -> Told:
    """Attack a rounded table: every count is unknown, but near what is shown, and sums hold before and after."""
    off = int((abs(system.relations @ shown) > 0).sum())
    at_risk = failing(as_published(system, shown, base), np.ones(len(shown), dtype=bool), need)
    return _told(system, 0, int(at_risk.sum()) + off) | {"farthest": int(np.abs(shown - system.values).max())}


def _told(system: System, hidden: int, at_risk: int) -> Told:
    return {
        "cells": int((~system.unseen).sum()),
        "hidden_cells": hidden,
        "cells_at_risk": at_risk,
        "passed": at_risk == 0,
    }
