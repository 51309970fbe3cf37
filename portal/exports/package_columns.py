"""The columns a file really has: record_id, the selection, and, in synthetic data, a column that says so in every row.

A CSV cannot carry a remark without breaking its readers; a constant column can.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.exports.package_cells import GATHERED, csv_bytes, label_of, mapped, one_label, safe_cell, typed_cell
from portal.exports.package_content import (
    MISSING_KINDS,
    NOTHING_CHOSEN,
    RECORD_ID,
    SYNTHETIC,
    PackageContent,
    PackagedVariable,
)
from portal.exports.package_words import Words, load


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the delivered file: its codebook record, its role, its codes in row order.

    ``diverse``: it is under the diversity rule.
    """

    variable: PackagedVariable
    role: str
    codes: Sequence[str]
    diverse: bool = False


def columns_of(content: PackageContent) -> list[Column]:
    """Return the delivered columns in file order."""
    frame = content.frame
    columns = [Column(variable=record_variable(), role="identifier", codes=frame[RECORD_ID].tolist())]
    for variable in content.variables:
        role = "key" if variable.name in content.keys else "variable"
        diverse = any(rule.variable == variable.name for rule in content.diversity)
        columns.append(Column(variable=variable, role=role, codes=frame[variable.name].tolist(), diverse=diverse))
    if content.synthetic:
        columns.append(Column(variable=synthetic_variable(), role="mark", codes=[SYNTHETIC] * len(frame)))
    return columns


def record_variable() -> PackagedVariable:
    """Return the codebook record of the pseudonym."""
    english, french = load("en"), load("fr")
    return PackagedVariable(
        name=RECORD_ID,
        label_en=english("codebook.record_id_label"),
        label_fr=french("codebook.record_id_label"),
        type="text",
        treatment="pseudonym",
    )


def synthetic_variable() -> PackagedVariable:
    """Return the codebook record of the mark on synthetic rows."""
    english, french = load("en"), load("fr")
    return PackagedVariable(
        name=SYNTHETIC,
        label_en=english("codebook.synthetic_label"),
        label_fr=french("codebook.synthetic_label"),
        type="single",
        choices={SYNTHETIC: (english("common.synthetic_cell"), french("common.synthetic_cell"))},
        treatment="synthetic_mark",
    )


def code_cells(column: Column) -> list[str]:
    """Return the cells of data.csv."""
    return mapped(column.codes, lambda code: safe_cell(code, column.variable.type))


def label_cells(column: Column, words: Words) -> list[str]:
    """Return the cells of data_labels.csv."""
    variable = column.variable
    return mapped(column.codes, lambda code: safe_cell(label_of(code, variable, words), variable.type))


def typed_codes(column: Column) -> list[str | int | float]:
    """Return the cells of the codes sheet: numbers are numbers."""
    return mapped(column.codes, lambda code: typed_cell(code, column.variable.type))


def typed_labels(column: Column, words: Words) -> list[str | int | float]:
    """Return the cells of the labels sheet: numbers are numbers."""
    variable = column.variable
    return mapped(column.codes, lambda code: typed_cell(label_of(code, variable, words), variable.type))


def data_csv(columns: Sequence[Column]) -> bytes:
    """Write the codes: names of the codebook as header, no byte-order mark."""
    return _csv(columns, code_cells, mark=False)


def data_labels_csv(columns: Sequence[Column], words: Words) -> bytes:
    """Write the labels under the same names, with a byte-order mark for spreadsheets."""
    return _csv(columns, lambda column: label_cells(column, words), mark=True)


def _csv(columns: Sequence[Column], cells: Callable[[Column], list[str]], *, mark: bool) -> bytes:
    rows = zip(*(cells(column) for column in columns), strict=True)
    return csv_bytes([column.variable.name for column in columns], rows, mark=mark)


def codebook_header() -> list[str]:
    """Return the header of the codebook's flat form: stable English names, labels in both languages."""
    return [
        "variable", "label_en", "label_fr", "type", "role", "universe", "versions", "sensitivity", "treatment",
        "code", "code_label_en", "code_label_fr", "records",
    ]  # fmt: skip


def codebook_rows(columns: Sequence[Column], words: Words) -> list[list[str]]:
    """Return one row per variable and code, missing codes included; the code is empty on a variable's own row.

    Labels are in both languages, for teams that share one file; the rest is in the recipient's. ``records`` counts
    the rows of the file that hold the code.
    """
    english, french = load("en"), load("fr")
    rows = []
    for column in columns:
        variable = column.variable
        head = [
            variable.name,
            variable.label_en,
            variable.label_fr,
            words(f"type.{variable.type}"),
            words(f"codebook.role_{column.role}"),
            words.universe(variable.universe),
            versions_text(variable, words),
            words(f"sensitivity.{variable.sensitivity}"),
            treatment_text(column, words),
        ]
        counts = code_counts(column)
        rows.append([*head, "", "", "", str(len(column.codes))])
        for (code, label), (_, label_fr) in zip(coded(column, english), coded(column, french), strict=True):
            shown = code or words("missing.code_blank")
            rows.append([variable.name, *[""] * 8, shown, label, label_fr, str(counts.get(code, 0))])
    return [[safe_cell(cell, "text") for cell in row] for row in rows]


def codebook_csv(columns: Sequence[Column], words: Words) -> bytes:
    """Write the codebook's flat form, with a byte-order mark for spreadsheets."""
    return csv_bytes(codebook_header(), codebook_rows(columns, words), mark=True)


def treatment_text(column: Column, words: Words) -> str:
    """Return what was done to the column: how it is released, then the diversity rule where it is under it."""
    text = words(f"treatment.{column.variable.treatment}")
    more = column.diverse and column.variable.treatment != "diversity"
    return f"{text} {words('treatment.diversity')}" if more else text


def versions_text(variable: PackagedVariable, words: Words) -> str:
    """Return the questionnaire versions that asked this."""
    return ", ".join(words("common.all") if version == "all" else version for version in variable.versions)


def coded(column: Column, words: Words) -> list[tuple[str, str]]:
    """Return a column's codes and labels: its list, 0 for several answers, then the missing ones."""
    variable = column.variable
    listed = list(variable.choices)
    if listed:
        listed += [code for code in GATHERED if code not in listed and code in code_counts(column)]
    pairs = [(code, one_label(code, variable, words)) for code in listed]
    if variable.type == "multiple":
        pairs.append((NOTHING_CHOSEN, words("missing.nothing_chosen")))
    return pairs + [(code, words(f"missing.{kind}")) for code, kind in missing_present(column)]


def missing_present(column: Column) -> list[tuple[str, str]]:
    """Return the missing codes that occur in the column or that the codebook announces, with their kinds."""
    occurring = set(column.codes) | set(column.variable.missing)
    return [(code, kind) for code, kind in MISSING_KINDS.items() if code in occurring]


def code_counts(column: Column) -> dict[str, int]:
    """Count the rows that hold each code; a row with several answers counts once for each."""
    counts: dict[str, int] = {}
    for cell in column.codes:
        parts = cell.split(" ") if column.variable.type == "multiple" else [cell]
        for part in parts:
            counts[part] = counts.get(part, 0) + 1
    return counts
