"""A survey file as field teams export it, to a canonical frame and a report of everything found on the way.

Nothing is thrown away because it looks odd: every row of the file is in the frame, what must not be shared is
counted here and left out when a protected file is made. Only an error stops publication.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from portal import clock
from portal.catalogue import geography
from portal.catalogue.codebook import Codebook
from portal.catalogue.intake_cells import Cells, Mappings, apply_versions, read_cells
from portal.catalogue.intake_checks import (
    check_answers,
    check_consent,
    check_future,
    check_identity,
    check_interviews,
    check_versions,
)
from portal.catalogue.intake_columns import Layout, Names, lay_out, names_of, notice, take_label_row
from portal.catalogue.intake_derive import derive
from portal.catalogue.intake_near import near_duplicates
from portal.catalogue.intake_report import Finding, IntakeReport
from portal.catalogue.intake_settle import settle_areas, settle_dates
from portal.catalogue.intake_table import Coded, Table, read_table
from portal.errors import Invalid

KINDS = {"": "skipped", ".d": "dk", ".r": "ref", ".n": "nc"}
UNREADABLE = frozenset({"missing_columns", "wrong_types"})
NO_MAPPINGS: Mappings = {}
Mac = Callable[[bytes], bytes]
"""A keyed pseudo-random function, such as HMAC-SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What an upload became: the canonical frame without its id column, each row's own key, and the report.

    ``uuids`` has one entry per row of ``frame``: what ``assign_ids`` makes the stable identifiers from.
    """

    frame: pd.DataFrame
    uuids: tuple[str, ...]
    report: IntakeReport


def read_survey(
    data: bytes, codebook: Codebook, *, name: str, mac: Mac | None = None, mappings: Mappings = NO_MAPPINGS
) -> Intake:
    """Read an Ona export; with ``mac`` the rows get their identifiers, as by ``assign_ids``.

    ``mappings`` gives codes for labels by (variable, label), as a steward confirmed them. Enumerators are kept as
    pseudonyms only: keyed ones with ``mac``, numbers in order of appearance without.

    Never raises for what a file holds: what cannot be read is an error in the report, beside an empty frame.
    """
    names = names_of(codebook)
    table = read_table(data, knows=names.knows)
    if not table.readable:
        return refused(table, name)
    layout = lay_out(table, names)
    findings = [*table.findings, *notice(layout, table, codebook)]
    label_row = take_label_row(table, layout, names)
    findings.append(Finding(code=label_row, count=1))
    if table.rows == 0:
        findings.append(Finding(code="no_rows", count=1))
    if table.rows == 0 or any(finding.code in UNREADABLE for finding in findings):
        return refused(table, name, findings)
    first_row = 2 if label_row == "label_row_missing" else 3
    cells = read_cells(table, layout, names, mapped=mappings, first_row=first_row)
    return _finish(table, layout, names, cells, Head(name, findings, mac))


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a file before its answers are read."""

    name: str
    findings: list[Finding]
    mac: Mac | None


def _finish(table: Table, layout: Layout, names: Names, cells: Cells, head: Head) -> Intake:
    settle_dates(cells)
    settle_areas(cells, names)
    apply_versions(cells, names.codebook.variables)
    derived = derive(cells.columns, names.codebook, geography.reference())
    uuids = [value.strip() for value in table.columns[layout.system["_uuid"]].to_strings()]
    enumerators = table.columns[layout.system["username"]] if "username" in layout.system else None
    findings = [
        *head.findings,
        *check_versions(cells.columns),
        *check_identity(uuids, cells.columns, cells.first_row),
        *check_consent(cells.columns),
        *cells.findings,
        *derived,
        *check_interviews(cells.columns, enumerators),
        *check_future(cells.columns, clock.today(), cells.first_row),
        *check_answers(cells),
        *near_duplicates(cells.columns, names.codebook.variables, uuids),
    ]
    if enumerators is not None:
        cells.columns["username"] = pseudonymous(enumerators, head.mac)
        findings.append(Finding(code="enumerators", count=len(set(cells.columns["username"].values) - {""})))
    order = [variable for variable in names.codebook.variables if variable in cells.columns]
    columns = {variable: cells.columns[variable] for variable in order}
    report = report_of(table, head.name, findings, columns)
    frame = to_frame(columns)
    if head.mac is not None and report.ok:
        frame = assign_ids(frame, uuids, head.mac)
    return Intake(frame=frame, uuids=tuple(uuids), report=report)


def pseudonymous(enumerators: Coded, mac: Mac | None) -> Coded:
    """Return enumerators under other names: equal ones stay equal, and nobody can tell who it was."""
    used = [bool(count) and bool(value) for value, count in zip(enumerators.values, enumerators.counts(), strict=True)]
    names = [
        (mac(b"enumerator\0" + value.encode()).hex()[:16] if mac is not None else f"e{place}") if is_used else ""
        for place, (value, is_used) in enumerate(zip(enumerators.values, used, strict=True))
    ]
    return enumerators.mapped(names)


def report_of(
    table: Table, name: str, findings: Sequence[Finding], columns: Mapping[str, Coded] | None = None
) -> IntakeReport:
    """Return the report of a table and of the columns that became of it, if any did."""
    kept = columns or {}
    return IntakeReport(
        name=name,
        rows=table.rows,
        columns=len(table.header),
        variables=len(kept),
        encoding=table.encoding,
        delimiter=table.delimiter,
        findings=tuple(findings),
        missing=kinds_of_missing(kept),
    )


def refused(table: Table, name: str, findings: Sequence[Finding] | None = None) -> Intake:
    """Return the answer to a file that cannot be read on: its report, and no row."""
    report = report_of(table, name, table.findings if findings is None else findings)
    return Intake(frame=pd.DataFrame(), uuids=(), report=report)


def to_frame(columns: Mapping[str, Coded]) -> pd.DataFrame:
    """Return columns as a frame of strings."""
    return pd.DataFrame({name: pd.array(column.to_strings(), dtype="str") for name, column in columns.items()})


def kinds_of_missing(columns: Mapping[str, Coded]) -> dict[str, dict[str, int]]:
    """Return per variable how many cells hold each kind of missing; kinds that do not occur are left out."""
    counted: dict[str, dict[str, int]] = {}
    for name, column in columns.items():
        for value, count in zip(column.values, column.counts(), strict=True):
            if value in KINDS and count:
                kinds = counted.setdefault(name, {})
                kinds[KINDS[value]] = kinds.get(KINDS[value], 0) + count
    return counted


def assign_ids(
    frame: pd.DataFrame,
    uuids: Sequence[str],
    mac: Mac,
    *,
    column: str = "interview_id",
) -> pd.DataFrame:
    """Return the frame with stable keyed identifiers, hexadecimal, as its first column.

    Equal submissions get equal identifiers, in every round that repeats them.
    Raises Invalid where a row has no submission identifier.
    """
    if len(uuids) != len(frame) or not all(uuids):
        raise Invalid({"_uuid": ["some rows have no submission identifier: add it and import again"]})
    known: dict[str, str] = {}
    ids = [known.get(key) or known.setdefault(key, mac(key.encode()).hex()) for key in uuids]
    identified = frame.copy()
    identified.insert(0, column, pd.Series(ids, index=identified.index, dtype="str"))
    return identified
