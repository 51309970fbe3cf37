"""People planted for the disclosure tests. Nobody else may share their cell, or the tests would count wrongly."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from portal.catalogue.synthetic_sheet import Mask, Sheet, holds

OUT_OF_RANGE_AGES = ("172", "3", "199", "0")


@dataclass(frozen=True)
class Planted:
    """Something put into the file on purpose, and the interviews that hold it."""

    kind: str
    name: str
    uuids: tuple[str, ...]
    note: str = ""

    @property
    def count(self) -> int:
        """Give the number of rows."""
        return len(self.uuids)


@dataclass
class Planter:
    """Chooses free rows and pins answers to them."""

    sheet: Sheet
    taken: set[int]
    found: list[Planted]

    def rows(self, where: Mask, most: int) -> list[int]:
        """Choose up to `most` rows that hold nothing planted yet."""
        free = [row for row in np.flatnonzero(where).tolist() if row not in self.taken]
        chosen = sorted(self.sheet.rng.permutation(np.array(free, dtype=np.int64))[:most].tolist())
        self.taken.update(chosen)
        return chosen

    def note(self, kind: str, name: str, rows: Iterable[int], note: str = "") -> None:
        """Write down what was planted."""
        uuids = tuple(str(self.sheet["_uuid"][row]) for row in rows)
        self.found.append(Planted(kind, name, uuids, note))

    def people(self, name: str, where: Mask, most: int, **answers: str) -> list[int]:
        """Plant people who share some answers."""
        rows = self.rows(where, most)
        for row in rows:
            self.sheet.pin(row, **answers)
        self.note("profile", name, rows)
        return rows


def _in_year(sheet: Sheet, year: str) -> Mask:
    return holds(sheet["interview_date"], lambda day: day[:4] == year)


def _plant_rare(planter: Planter) -> None:
    sheet = planter.sheet
    place, version = sheet["interview_place"], sheet["instrument_version"]
    v3 = version == "v3_2021"
    migrants: Mask = np.isin(sheet["instrument"], ["core_migrant", "covid"])
    agadez = (place == "AGZ") & _in_year(sheet, "2019")
    sudanese = planter.people("five Sudanese in Agadez 2019", agadez, 5, nationality="SDN", gender="man")
    for row in sudanese[:1]:
        sheet.pin(row, gender="woman", exp_any="yes", exp_types="physical sexual")
    planter.note("profile", "Sudanese woman in Agadez 2019 reporting sexual violence", sudanese[:1])
    planter.people("two Congolese in Agadez 2019", agadez, 2, nationality="COD")
    niger = (sheet["interview_country"] == "NER") & v3
    planter.people("Togolese asylum seeker in Niger", niger, 1, nationality="TGO", legal_status="asylum")
    answers = {"nationality": "CMR", "gender": "woman", "age": "61"}
    planter.people("Cameroonian woman of 61 in Necoclí", (place == "NEC") & migrants, 1, **answers)
    planter.people("Laotian in Bangkok", place == "BKK", 1, nationality="LAO")
    planter.people("non-binary respondents", migrants, 5, gender="nonbinary")
    path = {f"transit_country_{slot}": code for slot, code in enumerate(("GEO", "ARM", "AZE", "KWT"), start=1)}
    origin = {"nationality": "ERI", "departure_country": "ERI"}
    planter.people("four transit countries nobody else has", (place == "NBO") & v3, 1, **origin, **path)
    planter.people("Namibians in Johannesburg", place == "JNB", 3, nationality="NAM")


def _plant_odd(planter: Planter) -> None:
    sheet = planter.sheet
    usual = ~np.isin(sheet["cluster"], ["AFG", "UKR"]) & (sheet["instrument"] != "smuggler")
    rows = planter.rows(usual, round(sheet.rows * 0.002))
    for row in rows:
        sheet.pin(row, nationality=str(sheet["interview_country"][row]))
    planter.note("dirt", "country of interview equals nationality", rows)
    rows = planter.rows(usual, max(2, round(sheet.rows * 0.0003)))
    for place, row in enumerate(rows):
        sheet.pin(row, age=OUT_OF_RANGE_AGES[place % len(OUT_OF_RANGE_AGES)])
    planter.note("dirt", "age out of range", rows, "kept as recorded; the age band is don't know")
    rows = planter.rows(usual & sheet.asked("children_n"), max(1, round(sheet.rows * 0.0002)))
    for row in rows:
        sheet.pin(row, children_n="55")
    planter.note("dirt", "number of children out of range", rows, "kept as recorded")


BOUNDARIES = (
    ("EGY", "2020"),
    ("EGY", "2023"),
    ("YEM", "2019"),
    ("TUR", "2019"),
    ("TUR", "2023"),
    ("NER", "2023"),
    ("NER", "2025"),
    ("SDN", "2023"),
)


def plant(sheet: Sheet) -> Planter:
    """Pin rare people and odd records, and note the rows whose region changed hands."""
    planter = Planter(sheet, set(), [])
    _plant_rare(planter)
    _plant_odd(planter)
    for country, year in BOUNDARIES:
        rows = np.flatnonzero((sheet["interview_country"] == country) & _in_year(sheet, year)).tolist()
        planter.note("boundary", f"{country} {year}", rows)
    return planter
