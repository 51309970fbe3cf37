"""Event files: incidents, not persons. Several people report one event; each event is one row with its ``reports``."""

import hashlib

import pandas as pd

from portal.disclosure.classes import nfc, numbered, pack, text
from portal.disclosure.recode import Hierarchies, derive
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import RuleSet

REPORTS = "reports"


def merge(rows: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies) -> tuple[pd.DataFrame, int]:
    """One row per event, ordered by its id, and how many rows were merged into another.

    Rows that agree in every ``merge`` column the data has are one event; its other cells are those of the first
    report in order of content. The id is a digest of the event's own cells, so it links to no interview.

    Raises BadInput where the data has none of the ``merge`` columns, or none of the released ones.
    """
    same = [column for column in rules.merge if column in rows]
    if not same:
        raise BadInput(f"merge: the data has none of {', '.join(rules.merge)}")
    told = derive(rows, rules, hierarchies).drop(columns=rules.duplicates.id, errors="ignore")
    if told.empty and len(rows):
        raise BadInput("treatments: the data has none of the released variables")
    event = pack([numbered(nfc(text(rows[column]))) for column in same])
    content = pack([numbered(told[column]) for column in told])
    ordered = told.assign(_event=event, _content=content).sort_values(["_event", "_content"], kind="stable")
    made = ordered.drop_duplicates("_event").drop(columns="_content")
    made.insert(len(told.columns), REPORTS, made.pop("_event").map(ordered["_event"].value_counts()).astype("str"))
    made.insert(0, rules.duplicates.id, _ids(rows, same, made.index))
    return made.sort_values(rules.duplicates.id).reset_index(drop=True), len(rows) - len(made)


def _ids(rows: pd.DataFrame, same: list[str], kept: pd.Index) -> list[str]:
    cells = [nfc(text(rows.loc[kept, column])) for column in same]
    return [hashlib.sha256("\0".join(row).encode()).hexdigest()[:32] for row in zip(*cells, strict=True)]
