"""Whiteboards: one record a row, what is expected on the right of the bar. A dot stands for an empty cell."""

from functools import cache

import pandas as pd

from portal.catalogue import synthetic
from portal.disclosure.ruleset import Key, Level, Limits, RuleSet, Treatment


def board(drawn):
    """The records left of the bar and the expected cells right of it, as two text frames."""
    lines = [line.split() for line in drawn.strip().splitlines()]
    bar = lines[0].index("|") if "|" in lines[0] else len(lines[0])
    left = [[_cell(cell) for cell in line[:bar]] for line in lines]
    right = [[_cell(cell) for cell in line[bar + 1 :]] for line in lines]
    return _frame(left), _frame(right)


def _cell(drawn):
    return "" if drawn == "." else drawn.replace("+", " ")


def _frame(rows):
    return pd.DataFrame(rows[1:], columns=rows[0], dtype="str")


def a_key(name, *columns, weight=1.0, costs=None):
    costs = costs or [1.0] * len(columns)
    return Key(
        name, tuple(Level(column, column, (), cost) for column, cost in zip(columns, costs, strict=True)), weight
    )


PLACE = a_key("place", "country", "camp", costs=[3.0, 1.0])
SEX = a_key("gender", "sex", weight=2.0)


def a_treatment(variable="abuse", *, role="sensitive", codes=("yes",), multiple=False, gate="", how="keep", **more):
    return Treatment(
        variable,
        how=how,
        role=role,
        reason="drawn",
        multiple=multiple,
        sensitive_codes=codes if role == "sensitive" else (),
        gate=gate,
        **more,
    )


def a_rule_set(*, k=3, keys=(PLACE, SEX), treatments=(), limits=None, **more):
    return RuleSet(
        "drawn", "1", more.pop("tier", "partner"), k, keys, tuple(treatments), limits=limits or Limits(), **more
    )


def a_survey(rows, seed=4):
    """A clean synthetic survey as the engine takes it in: with an id."""
    return _drawn(rows, seed).copy()


@cache
def _drawn(rows, seed):
    frame = synthetic.draw(rows, seed, dirt=False).frame
    frame.insert(0, "interview_id", frame["_uuid"])
    return frame


def repeated(text, times):
    """A board's row, several times."""
    return "\n".join([text] * times)
