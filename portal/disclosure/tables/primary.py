"""Which cells the rules hide, why, and how far above its value each must seem possible."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.classes import Bools, Floats, pack
from portal.disclosure.missing import UNANSWERED
from portal.disclosure.refusals import BadInput
from portal.disclosure.tables import rules as rule
from portal.disclosure.tables.cube import Cube, worth
from portal.disclosure.tables.rules import TableRules

Words = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Primary:
    """Per cell (n,): the true ``values``, whether it is ``hidden``, ``why`` ("" where not), and how far ``above``."""

    values: Floats
    hidden: Bools
    why: Words
    above: Floats


def of_counts(cube: Cube, rules: TableRules, sensitive: str | None) -> Primary:
    """The minimum count, and zeros that disclose an answer to ``sensitive``."""
    count = cube.count()
    few = rule.too_few(count, rules.minimum)
    telling = np.zeros(len(count), dtype=bool) if sensitive is None else same_answers(cube, sensitive)
    why = np.select([cube.unseen, few, telling], ["", "few", "one answer"], "")
    values = count.astype(np.float64)
    above = np.where(
        telling, np.maximum(1.0, rule.above_few(values, rules.minimum)), rule.above_few(values, rules.minimum)
    )
    return Primary(values, why != "", why, above)


def of_sums(cube: Cube, frame: pd.DataFrame, value: str, rules: TableRules) -> Primary:
    """The minimum count, dominance of one contribution, and p percent."""
    each = worth(frame, value)
    total, top = cube.added(each), cube.largest(each)
    few = rule.too_few(cube.count(), rules.minimum)
    heavy = rule.dominated(top[:, 0], total, rules.dominance)
    near = rule.guessable(top, total, rules.p)
    why = np.select([cube.unseen, few, heavy, near], ["", "few", "dominated", "guessable"], "")
    above = np.maximum(
        rule.above_dominated(top[:, 0], total, rules.dominance), rule.above_guessable(top, total, rules.p)
    )
    return Primary(total, why != "", why, np.maximum(above, rules.p / 100 * top[:, 0]))


def same_answers(cube: Cube, sensitive: str) -> Bools:
    """The cells (n,) of groups in which every record gave one and the same answer; to have answered at all is none."""
    axis = answers_of(cube, sensitive)
    side = cube.dimensions[axis]
    answered = np.array([path != () and path[-1] not in UNANSWERED for path in side.paths])
    cells = np.flatnonzero(cube.nodes[:, axis] > 0)
    others = [column for at, column in enumerate(cube.nodes[cells].T) if at != axis]
    groups = pack(others) if others else np.zeros(len(cells), dtype=np.int64)
    found = np.zeros(len(cube.nodes), dtype=bool)
    found[cells] = rule.one_answer(cube.count()[cells], groups, answered[cube.nodes[cells, axis]])
    return found


def answers_of(cube: Cube, sensitive: str) -> int:
    """The number of the dimension that holds the answers. BadInput unless it is one column of its own."""
    for axis, side in enumerate(cube.dimensions):
        if side.columns == (sensitive,):
            return axis
    raise BadInput(f"{sensitive}: must be a side of the table by itself")
