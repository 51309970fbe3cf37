"""The file shape of the collection server. Children of a question repeat what its parent says, as labels."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd

from portal.catalogue.synthetic_planted import Planted
from portal.catalogue.synthetic_reference import MISSING, labels, table, variables
from portal.catalogue.synthetic_sheet import NOT_COLLECTED, Texts, mapped, texts

UNKNOWN_LABEL, REFUSED_LABEL, ABSENT = "Don't know", "Refused", "nc"
SYSTEM_FIRST = ("start", "end", "today", "deviceid", "simserial", "phonenumber", "username")
SYSTEM_LAST = ("_id", "_uuid", "_submission_time", "_duration")
POSITION = ("_location_latitude", "_location_longitude", "_location_altitude", "_location_precision")
AS_CODES = frozenset(
    {
        "instrument",
        "instrument_version",
        "mmc_region_at_interview",
        "interview_admin1",
        "origin_admin1",
        "age_band5",
        "nationality_subregion",
        "cost_currency",
        "cost_band",
        "route_group",
        "qc_flag",
        "consent_scope",
    }
)
RENAMED = "Trafficking or exploitation"
OLD = "\x1f"
CHUNK = 4_000
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Survey:
    """A synthetic survey: what was meant, what was written, and what was planted.

    Attributes
    ----------
    frame : one row per interview sent (near duplicates are interviews of their own), all `str`, columns by
        codebook name in codebook order; missing kinds are "" .d .r .n; a select-multiple is sorted codes.
    markers : strings that no delivered byte may contain; each is in the CSV.
    planted : rare people, boundary cases, dirt and canaries, with the `_uuid` of their rows.
    written : for some columns, the raw text of some rows where it differs from the label of the code.
    repeats : rows of the frame that the CSV holds a second time.
    """

    frame: pd.DataFrame
    markers: tuple[str, ...]
    planted: tuple[Planted, ...]
    seed: int
    written: Mapping[str, Mapping[int, str]]
    repeats: tuple[int, ...]


def _escaped(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def _missing_labels(kind: str) -> dict[str, str]:
    number = kind in {"integer", "decimal"}
    return {"": "", ".d": "-98" if number else UNKNOWN_LABEL, ".r": "-99" if number else REFUSED_LABEL, ".n": ABSENT}


def _single(survey: Survey, name: str, values: Texts) -> Texts:
    """Write codes as labels, then put in what was written otherwise."""
    variable = variables()[name]
    words = {} if name in AS_CODES or not variable.choices else dict(labels(variable.choices))
    words |= _missing_labels(variable.kind)
    out = mapped(values, lambda code: words.get(code, code))
    for row, text in survey.written.get(name, {}).items():
        out[row] = text
    return mapped(out, _escaped)


def _children(name: str) -> Mapping[str, str]:
    return labels(variables()[name].choices)


def _family(name: str, value: str) -> str:
    """Write a select-multiple's parent and children as one piece of a CSV line."""
    old, value = value.endswith(OLD), value.rstrip(OLD)
    codes = {MISSING[value]} if value in {".d", ".r"} else set(value.split(" "))
    parent = _missing_labels("multiple").get(value, value)
    cells = [label if code in codes else "" for code, label in _children(name).items()]
    if old:
        cells = [RENAMED if cell.startswith("Trafficking") else cell for cell in cells]
    return ",".join(_escaped(cell) for cell in (parent, *cells))


def _multiple(survey: Survey, name: str, values: Texts) -> Texts:
    if name == "exp_types":
        early = survey.frame["instrument_version"].isin(["v1_2014", "v2_2017"]).to_numpy()
        values = np.where(early & (values != NOT_COLLECTED), values + OLD, values).astype(object)
    return mapped(values, lambda value: _family(name, value))


def _position(values: Texts) -> Texts:
    return mapped(values, lambda text: text.replace(" ", ",") if " " in text else ",,,")


def _questions(survey: Survey) -> list[str]:
    out = {*SYSTEM_FIRST, *SYSTEM_LAST, "_location"}
    return [str(name) for name in survey.frame.columns if name not in out]


def _header(survey: Survey) -> Iterator[tuple[str, str]]:
    """Give each column's name and question text."""
    known = variables()
    yield from ((name, known[name].label) for name in SYSTEM_FIRST)
    for name in _questions(survey):
        yield name, known[name].label
        if known[name].kind == "multiple":
            yield from ((f"{name}/{label}", f"{known[name].label}/{label}") for label in _children(name).values())
    yield from ((name, name) for name in POSITION)
    yield from ((name, known[name].label) for name in SYSTEM_LAST)
    yield from ((name, name) for name in ("_version", "_submitted_by", "meta/instanceID"))


def _pieces(survey: Survey) -> list[Texts]:
    """Render every column, families and positions as several cells at once."""

    def column(name: str) -> Texts:
        return survey.frame[name].to_numpy(dtype=object)

    found = [_single(survey, name, column(name)) for name in SYSTEM_FIRST]
    for name in _questions(survey):
        draw = _multiple if variables()[name].kind == "multiple" else _single
        found.append(draw(survey, name, column(name)))
    found.append(_position(column("_location")))
    found += [_single(survey, name, column(name)) for name in SYSTEM_LAST]
    instance = texts([f"uuid:{text}" for text in column("_uuid")])
    return [*found, column("form_version"), column("username"), instance]


def to_ona_csv(survey: Survey, *, bom: bool = True, label_row: bool = True) -> bytes:
    """Write the survey as the collection server exports it: UTF-8, comma, one line per submission.

    Singles hold English labels (columns the form computes hold codes), select-multiples a parent of codes and
    children of labels, numbers -98 and -99, variables the version lacks `nc`.
    """
    out = [BOM] if bom else []
    names, questions = zip(*_header(survey), strict=True)
    heads = (names, questions) if label_row else (names,)
    out += [(",".join(_escaped(cell) for cell in line) + "\n").encode() for line in heads]
    pieces = _pieces(survey)
    rows = np.concatenate([np.arange(len(survey.frame)), np.array(survey.repeats, dtype=np.int64)])
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        lines = map(",".join, zip(*(piece[part].tolist() for piece in pieces), strict=True))
        out.append(("\n".join(lines) + "\n").encode())
    return b"".join(out)


def codebook_csv(survey: Survey) -> bytes:
    """Write the codebook rows of the survey's variables, as a data steward uploads them with the file."""
    rows = table("codebook.csv")
    out = StringIO()
    rows[rows["name"].isin(survey.frame.columns)].to_csv(out, index=False, quoting=csv.QUOTE_MINIMAL)
    return out.getvalue().encode()
