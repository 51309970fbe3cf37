"""A plan: what will be done to which rows, frozen before it is done. Rows and plan give the same file again."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from portal.disclosure import rulejson
from portal.disclosure.classes import need, text
from portal.disclosure.protect import Outcome, protect
from portal.disclosure.recode import Hierarchies
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import RuleSet

METHOD = "2"
"""Raised whenever the engine would make another file of the same rows and rule set: then plans are made anew."""

NOTHING = pa.array([], type=pa.large_string())


@dataclass(frozen=True)
class Point:
    """One way to protect the file, and what it costs.

    ``k`` and ``shown`` (the finest level shown of each key, in the order of the keys) say which way; ``mean_risk``
    (0..1) is the mean of 1/f over the rows and ``kept`` (0..1) the information still shown, measured on one scale for
    all points. ``gap`` (0..1) is how far the worst-off group's share of shown cells lies from the share of all, and
    ``change`` (percent points, 0..100) the largest change of a cross-table. ``broken`` names the aims that are missed.
    """

    k: int
    shown: tuple[str, ...]
    mean_risk: float
    kept: float
    gap: float
    change: float
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The rule set with its levels chosen, the rows it was made for, and every way that was tried.

    ``snapshot`` is the digest of the frame (hexadecimal); ``chosen`` is the place of the chosen way in ``points``,
    which are none for a file without keys or rows. ``follows`` is the digest of the earlier files of the tier that it
    was made beside (``rounds``), empty for a file that stands by itself.
    """

    rules: RuleSet
    snapshot: str
    points: tuple[Point, ...]
    chosen: int
    method: str = METHOD
    follows: str = ""

    @property
    def met(self) -> bool:
        """Whether the chosen way keeps all of the rule set's aims."""
        return not self.points or not self.points[self.chosen].broken

    @property
    def undominated(self) -> tuple[Point, ...]:
        """The points that no other point beats in risk and in what is kept, in rising order of risk."""
        return undominated(self.points)

    def to_json(self) -> str:
        """Stable text: sorted keys and two spaces, so that equal plans are equal bytes."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, written: str) -> "Plan":
        """Read a plan. An unknown field is refused by its path, a rule set that cannot exist as well."""
        made = rulejson.read(cls, written)
        made.rules.validate()
        if not 0 <= made.chosen < max(len(made.points), 1):
            raise BadInput("plan.chosen: is none of its points")
        return made


def apply(plan: Plan, frame: pd.DataFrame, hierarchies: Hierarchies) -> Outcome:
    """Protect the rows that a plan was made for, as it says.

    Raises
    ------
    BadInput
        If the plan was made for other rows, or by another version of the engine.
    CannotMeet
        As ``protect`` does.
    """
    if plan.method != METHOD:
        raise BadInput(f"plan.method: made by version {plan.method} of the engine, this is {METHOD}; plan again")
    if plan.snapshot != snapshot(frame):
        raise BadInput("plan.snapshot: made for other rows; plan again")
    if plan.follows:
        raise BadInput("plan.follows: made beside earlier files, which it needs")
    return protect(frame, plan.rules, hierarchies)


def undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that no other beats in both, in rising order of risk; of equal points the first.

    >>> [one.k for one in undominated([Point(5, (), .1, .9, 0, 0), Point(3, (), .2, .8, 0, 0)])]
    [5]
    """
    found: list[Point] = []
    for one in sorted(points, key=lambda point: (point.mean_risk, -point.kept)):
        if not found or one.kept > found[-1].kept:
            found.append(one)
    return tuple(found)


def snapshot(frame: pd.DataFrame) -> str:
    """A digest of a frame's cells as text, by column name and row in order (hexadecimal)."""
    columns = sorted(map(str, frame.columns))
    need(frame, columns)
    told = hashlib.sha256(json.dumps([columns, len(frame)]).encode())
    for column in columns:
        cells = pa.array(text(frame[column]), type=pa.large_string())
        chunks = cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]
        whole = pa.concat_arrays([*chunks, NOTHING])  # a view of other rows becomes an array of its own
        told.update(pc.binary_length(whole).to_numpy().astype("<i8").tobytes())
        told.update(whole.buffers()[2] or b"")
    return told.hexdigest()
