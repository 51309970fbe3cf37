"""Small Ona exports for tests: a factory, and a big one drawn at random for speed."""

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np

from portal.catalogue.codebook import Codebook, reference

AN_INTERVIEW: Mapping[str, str] = {
    "_uuid": "11111111-1111-4111-8111-111111111111",
    "start": "2019-03-05T09:00:00.000+01:00",
    "end": "2019-03-05T09:34:00.000+01:00",
    "username": "enum-07",
    "instrument_version": "Version 2 (2017-2020)",
    "consent_given": "Yes",
    "consent_scope": "MMC analysis and anonymised sharing with partners",
    "interview_date": "2019-03-05",
    "interview_country": "Niger",
    "interview_admin1": "Agadez",
    "interview_place": "Agadez",
    "gender": "Woman",
    "age": "25",
    "nationality": "Guinea",
}


def an_interview(**answers: str) -> dict[str, str]:
    return {**AN_INTERVIEW, **answers}


def labels(header: Sequence[str], book: Codebook) -> list[str]:
    return [book.variables[name].label_en if name in book.variables else name for name in header]


def a_file(
    *interviews: Mapping[str, str],
    header: Sequence[str] | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8",
    label_row: bool = True,
) -> bytes:
    rows = interviews or (an_interview(),)
    names = list(header) if header is not None else list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(names)
    if label_row:
        writer.writerow(labels(names, reference()))
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue().encode(encoding)


def a_big_file(rows: int, *, seed: int = 4) -> bytes:
    """Draw every variable of the codebook at random; select-multiples as parent and label children."""
    rng, book = np.random.default_rng(seed), reference()
    columns: dict[str, Sequence[str]] = {}
    for name, variable in book.variables.items():
        codes = list(book.choices.get(variable.choices, {}).values())
        if variable.type == "multiple":
            chosen = rng.random((rows, len(codes))) < 0.2
            texts = np.array([choice.label_en for choice in codes], dtype=object)
            columns[name] = [", ".join(texts[row]) for row in chosen]
            for place, choice in enumerate(codes):
                columns[f"{name}/{choice.label_en}"] = np.where(chosen[:, place], choice.label_en, "")
        elif variable.type == "single":
            columns[name] = np.array([choice.label_en for choice in codes], dtype=object)[
                rng.integers(0, len(codes), rows)
            ]
        elif variable.type in {"integer", "decimal"}:
            columns[name] = rng.integers(1, 90, rows).astype(str)
        elif variable.type == "date":
            columns[name] = np.array([f"2019-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(rows)], dtype=object)
        else:
            columns[name] = [f"{name} {n}" for n in range(rows)]
    columns["_uuid"] = [f"uuid-{n}" for n in range(rows)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerow(labels(list(columns), book))
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()
