"""A release as the ledger sees it: per interview what is shown. A table shows the cell that an interview counts in."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, class_of, need, text
from portal.disclosure.interviews import packed
from portal.disclosure.ledger import NO, UNTOLD, YES, Small, Views
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import Key, Treatment


def of_frame(
    frame: pd.DataFrame, keys: Sequence[Key], treatments: Sequence[Treatment] = (), *, id_column: str = "interview_id"
) -> Views:
    """The views of a file of interviews: their released key values, a hidden one being a value of its own.

    Raises BadInput for a key column or ids that are absent, and for an interview that is there twice.
    """
    columns = [column for key in keys for column in key.columns]
    need(frame, [id_column, *columns])
    code = class_of(frame, columns)
    first = np.unique(code, return_index=True)[1]
    cells = frame[columns].iloc[first].apply(text)
    answers: dict[str, Small] = {}
    for one in treatments:
        if one.variable in frame:
            answers |= told(frame[one.variable], one)
    return Views(
        packed(text(frame[id_column])),
        code,
        tuple(_label(columns, row) for row in cells.itertuples(index=False, name=None)),
        {column: (text(frame[column]) != SUPPRESSED).to_numpy(dtype=bool) for column in columns},
        answers,
    )


def of_cells(ids: Sequence[str], cells: Sequence[str], *, detail: Sequence[str] = ()) -> Views:
    """The views of a table: the name of the cell that each interview counts in, and the variables that span it.

    Cells that cannot be told apart from what is published (hidden ones that only their sum is known of) carry one
    name. An interview that no cell counts is left out of ``ids``.
    """
    if len(ids) != len(cells):
        raise BadInput("cells: one for every interview")
    code, labels = pd.factorize(np.asarray(cells, dtype=object))
    everybody = np.ones(len(ids), dtype=bool)
    return Views(
        packed(ids),
        code.astype(np.int64),
        tuple(_label(["cell"], [label]) for label in labels),
        dict.fromkeys(detail, everybody),
        {},
    )


def told(column: "pd.Series[str]", one: Treatment) -> dict[str, Small]:
    """Per sensitive code of a variable, what the file tells of each interview: UNTOLD, NO or YES, shape (n,)."""
    codes, values = pd.factorize(text(column))
    answered: Bools = np.array([value not in UNANSWERED for value in values], dtype=bool)
    made = {}
    for code in one.sensitive_codes:
        yes = np.array([code in value.split() for value in values], dtype=bool)
        each = np.where(answered, np.where(yes, YES, NO), UNTOLD).astype(np.int8)
        made[f"{one.variable}={code}"] = each[codes]
    return made


def blanks(variable: str, treatments: Sequence[Treatment]) -> list[str]:
    """What has to be hidden with a variable: itself, and all that it is the gate of."""
    found = [variable]
    for name in found:
        found += [one.variable for one in treatments if one.gate == name and one.variable not in found]
    return found


def _label(columns: Sequence[str], values: Sequence[object]) -> str:
    pairs: Mapping[str, object] = dict(zip(columns, values, strict=True))
    return json.dumps(pairs, ensure_ascii=False, sort_keys=True)
