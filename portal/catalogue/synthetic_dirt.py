"""Dirt: what field work does to a file. The frame keeps what was meant, the raw cells what was written."""

import unicodedata

import numpy as np

from portal.catalogue.synthetic_planted import Planter
from portal.catalogue.synthetic_reference import labels, variables
from portal.catalogue.synthetic_sheet import SILENT, Mask, Sheet, texts

Cells = dict[str, dict[int, str]]
NEAR, EXACT = 0.006, 0.004
IVORIAN = ("Côte d'Ivoire", unicodedata.normalize("NFD", "Côte d’Ivoire"), "Cote d'Ivoire", "Ivory Coast")
SPELLINGS: tuple[tuple[str, str, tuple[str, ...], float], ...] = (
    ("nationality", "CIV", IVORIAN, 0.06),
    ("departure_country", "CIV", IVORIAN, 0.06),
    ("nationality", "GIN", ("Guinée",), 0.005),
    ("nationality", "NAM", ("NA",), 1.0),
    ("danger_place_1", "KUF", ("Kufrah", "Kurfrah"), 0.3),
    ("deaths_place", "KUF", ("Kufrah", "Kurfrah"), 0.3),
    ("exp_place", "KUF", ("Kufrah", "Kurfrah"), 0.3),
    ("interview_place", "OUA", ("Ougadougou",), 0.1),
    ("gender", "woman", ("Female", "F"), 0.002),
    ("gender", "man", ("Male", "MAN"), 0.002),
    ("education", "tertiary", ("Bac+2",), 0.006),
    ("occupation_before", "agriculture", ("Farmer",), 0.006),
)
SPACED = ("gender", "nationality", "marital", "education", "departure_country")
ACCENTED = ("interview_place", "nationality", "dest_country", "danger_place_1", "stop_place_1")
DECIMALS = ("cost_usd", "debt_usd")
EXCEL_DAY_ZERO = np.datetime64("1899-12-30")
SMALL_CHANGES = {
    "income_before": "occasional",
    "occupation_before": "trade",
    "would_again": "unsure",
    "transport": "bus walk",
}


def repeat_nearly(sheet: Sheet, planter: Planter) -> None:
    """Overwrite some rows with a copy of another interview, sent again a few minutes later with small changes."""
    free = np.array([row for row in range(sheet.rows) if row not in planter.taken], dtype=np.int64)
    count = min(round(sheet.rows * NEAR), len(free) // 2)
    order = sheet.rng.permutation(free)
    source, target = order[:count], np.sort(order[count : 2 * count])
    ids = {name: sheet[name][target].copy() for name in ("_uuid", "_id")}
    for values in sheet.columns.values():
        values[target] = values[source]
    sheet.columns["_uuid"][target], sheet.columns["_id"][target] = ids["_uuid"], ids["_id"]
    for name, value in SMALL_CHANGES.items():
        rows = target[(sheet.rng.random(count) < 0.6) & ~np.isin(sheet[name][target], list(SILENT))]
        sheet.columns[name][rows] = value
    for name in ("start", "end"):
        sheet.columns[name][target] = texts([_later(stamp, 43) for stamp in sheet[name][target]])
    sheet.columns["qc_flag"][target] = np.where(sheet.rng.random(count) < 0.5, "excluded", "review")
    sheet.columns["qc_note"][target] = "Similar to another interview."
    planter.taken.update(target.tolist())
    planter.note("dirt", "near duplicates", target.tolist(), "flagged excluded or review; each has its own _uuid")


def _later(stamp: str, minutes: int) -> str:
    moment = np.datetime64(stamp[:23]) + np.timedelta64(minutes, "m")
    return f"{np.datetime_as_string(moment, unit='ms')}{stamp[23:]}"


def _some(sheet: Sheet, where: Mask, share: float) -> list[int]:
    found: list[int] = np.flatnonzero(where & (sheet.rng.random(sheet.rows) < share)).tolist()
    return found


def _spell(sheet: Sheet, cells: Cells, planter: Planter) -> None:
    for name, code, variants, share in SPELLINGS:
        rows = _some(sheet, sheet[name] == code, share)
        for place, row in enumerate(rows):
            cells.setdefault(name, {})[row] = variants[place % len(variants)]
        planter.note("dirt", f"spelling of {code} in {name}", rows, " | ".join(variants))


def _label(name: str, code: str) -> str:
    return labels(variables()[name].choices)[code]


def _space(sheet: Sheet, cells: Cells, planter: Planter) -> None:
    for name in SPACED:
        rows = _some(sheet, ~np.isin(sheet[name], list(SILENT)), 0.003)
        rows = [row for row in rows if row not in cells.get(name, {})]
        for place, row in enumerate(rows):
            word = _label(name, sheet[name][row])
            cells.setdefault(name, {})[row] = (f"{word} ", f"{word}\u00a0", f" {word}")[place % 3]
        planter.note("dirt", f"spaces around {name}", rows)
    for name in ACCENTED:
        accented = {c for c, word in labels(variables()[name].choices).items() if not word.isascii()}
        rows = _some(sheet, np.isin(sheet[name], list(accented)), 0.03)
        rows = [row for row in rows if row not in cells.get(name, {})]
        for row in rows:
            cells.setdefault(name, {})[row] = unicodedata.normalize("NFD", _label(name, sheet[name][row]))
        planter.note("dirt", f"accents of {name} as combining marks", rows)


def _comma(sheet: Sheet, cells: Cells, planter: Planter) -> None:
    for name in DECIMALS:
        rows = _some(sheet, ~np.isin(sheet[name], list(SILENT)), 0.01)
        for row in rows:
            cells.setdefault(name, {})[row] = sheet[name][row].replace(".", ",")
        planter.note("dirt", f"decimal comma in {name}", rows)


def _dates(sheet: Sheet, cells: Cells, planter: Planter) -> None:
    day = sheet["interview_date"].astype("datetime64[D]")
    luck = sheet.rng.random(sheet.rows)
    serial = np.flatnonzero(luck < 0.002).tolist()
    slashed = np.flatnonzero((luck >= 0.002) & (luck < 0.004)).tolist()
    small = np.array([int(text[8:]) <= 12 and text[8:] != text[5:7] for text in sheet["interview_date"]])
    swapped = np.flatnonzero(small & (luck > 0.9975)).tolist()
    found = cells.setdefault("interview_date", {})
    found |= {row: str(int((day[row] - EXCEL_DAY_ZERO).astype(int))) for row in serial}
    iso = sheet["interview_date"]
    found |= {row: f"{iso[row][8:]}/{iso[row][5:7]}/{iso[row][:4]}" for row in slashed}
    found |= {row: f"{iso[row][:4]}-{iso[row][8:]}-{iso[row][5:7]}" for row in swapped}
    planter.note("dirt", "Excel serial number in interview_date", serial, "days since 1899-12-30")
    planter.note("dirt", "day/month/year in interview_date", slashed)
    planter.note("dirt", "day and month swapped in interview_date", swapped, "today holds the true date")
    left = sheet["departure_month"]
    rows = _some(sheet, ~np.isin(left, list(SILENT)), 0.002)
    first = {row: np.datetime64(f"{left[row]}-01") - EXCEL_DAY_ZERO for row in rows}
    cells.setdefault("departure_month", {}).update({row: str(int(gap.astype(int))) for row, gap in first.items()})
    planter.note("dirt", "Excel serial number in departure_month", rows)


def soil(sheet: Sheet, planter: Planter) -> tuple[Cells, tuple[int, ...]]:
    """Give the cells written otherwise than meant, and the rows sent twice."""
    cells: Cells = {}
    _spell(sheet, cells, planter)
    _space(sheet, cells, planter)
    _comma(sheet, cells, planter)
    _dates(sheet, cells, planter)
    renamed = np.isin(sheet["instrument_version"], ["v1_2014", "v2_2017"])
    old = [row for row in np.flatnonzero(renamed).tolist() if "trafficking" in sheet["exp_types"][row].split(" ")]
    planter.note("dirt", "renamed choice in exp_types", old, "Trafficking or exploitation")
    repeats = np.sort(sheet.rng.permutation(sheet.rows)[: round(sheet.rows * EXACT)]).tolist()
    planter.note("dirt", "exact duplicates", repeats, "the same _uuid again at the end of the file")
    return cells, tuple(repeats)
