"""Enumerators, devices, clocks: the system columns. An enumerator is often a migrant, and a place may have only one."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from portal.catalogue.synthetic_reference import country_of_place, places
from portal.catalogue.synthetic_sheet import Ints, Mask, Sheet, Texts, holds, mapped, texts

A_YEAR = 150
FULL = 140_000
RENEWED = 0.3675
SHARED_PLACE = 0.3
DAYLIGHT = (7 * 60, 18 * 60)


@dataclass
class Roster:
    """Who works where: most stay for years, and some serve a second place of their country."""

    rng: np.random.Generator
    posts: dict[tuple[str, int], str] = field(default_factory=dict)
    free: dict[str, str] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)
    hired: int = 0

    def person(self, place: str, slot: int) -> str:
        """Name the enumerator of a post this year."""
        country = country_of_place()[place]
        if (place, slot) not in self.posts or self.rng.random() < RENEWED:
            self.posts[place, slot] = self._borrowed(country) or self._new(country)
        if self.posts[place, slot] not in self.lent:
            self.free[country] = self.posts[place, slot]
        return self.posts[place, slot]

    def _new(self, country: str) -> str:
        self.hired += 1
        return f"enum.{country.lower()}.{self.hired:04d}"

    def _borrowed(self, country: str) -> str:
        if country not in self.free or self.rng.random() >= SHARED_PLACE:
            return ""
        self.lent.add(self.free[country])
        return self.free.pop(country)


def _crew(sheet: Sheet) -> Texts:
    """Give each row an enumerator, 150 interviews a year at most on average.

    A smaller survey is a sample of the full one: a place keeps the crew it would have there, each with fewer
    interviews, or a sample would look as if nearly every place had a single enumerator.
    """
    grown = max(1.0, FULL / sheet.rows)
    year = sheet["month"].astype(np.int64) // 12
    roster = Roster(sheet.rng)
    out = np.full(sheet.rows, "", dtype=object)
    for when in sorted(set(year.tolist())):
        for place in sorted(set(sheet["interview_place"][year == when].tolist())):
            rows = np.flatnonzero((year == when) & (sheet["interview_place"] == place))
            slots = min(len(rows), math.ceil(len(rows) * grown / A_YEAR))
            crew = np.array([roster.person(place, slot) for slot in range(slots)], dtype=object)
            out[rows] = crew[sheet.rng.integers(0, slots, len(rows))]
    return out


def _devices(sheet: Sheet, crew: Texts) -> None:
    names = sorted(set(crew.tolist()))
    luck = sheet.rng.integers(0, 10**9, (len(names), 3))
    gender = np.where(sheet.rng.random(len(names)) < 0.4, "woman", "man")
    row_of = {name: place for place, name in enumerate(names)}
    at = np.array([row_of[name] for name in crew], dtype=np.int64)
    formats = {
        "deviceid": [f"collect:{a:09x}{b:07x}" for a, b, _ in luck.tolist()],
        "simserial": [f"8900{a:09d}{b % 10**6:06d}" for a, b, _ in luck.tolist()],
        "phonenumber": [
            f"+000 {10 + c % 90} {place:04d} {a % 1000:03d}" for place, (a, _, c) in enumerate(luck.tolist())
        ],
        "enumerator_gender": gender.tolist(),
    }
    for name, values in formats.items():
        sheet.put(name, np.array(values, dtype=object)[at], unknown=0, refused=0)
    sheet.put("username", crew)


def _minutes(sheet: Sheet) -> tuple[Ints, Ints]:
    """Draw the minute of the day an interview starts, and its length in minutes."""
    low, high = DAYLIGHT
    start = sheet.rng.integers(low, high, sheet.rows)
    night: Mask = sheet.rng.random(sheet.rows) < 0.005
    start[night] = (22 * 60 + 30 + sheet.rng.integers(0, 6 * 60, int(night.sum()))) % (24 * 60)
    spread = sheet.rng.normal(0, 1, sheet.rows)
    length = np.exp(np.log(34) + spread * np.where(spread < 0, 0.435, 0.324))
    return start, np.maximum(np.round(length), 4).astype(np.int64)


def _clock(moment: npt.NDArray[np.datetime64], offset: Ints) -> Texts:
    stamp = np.datetime_as_string(moment.astype("datetime64[ms]"))
    zone = [f"{'+' if hours >= 0 else '-'}{abs(hours):02d}:00" for hours in offset.tolist()]
    return texts([f"{a}{b}" for a, b in zip(stamp.tolist(), zone, strict=True)])


def place_in_time(sheet: Sheet, day: Texts, start: Ints, length: Ints) -> None:
    """Write start, end, length and upload time of each interview.

    Parameters
    ----------
    day : ISO dates in the zone of the interview.
    start, length : minutes after local midnight and minutes of interview.
    """
    offset = mapped(sheet["interview_place"], lambda code: round(float(places()[code]["lon"]) / 15)).astype(np.int64)
    began = day.astype("datetime64[D]").astype("datetime64[s]") + (start * 60).astype("timedelta64[s]")
    began += sheet.rng.integers(0, 60, sheet.rows).astype("timedelta64[s]")
    ended = began + (length * 60).astype("timedelta64[s]")
    sent = ended - (offset * 3600).astype("timedelta64[s]")
    sent += np.exp(sheet.rng.normal(8, 2, sheet.rows)).astype(np.int64).astype("timedelta64[s]")
    sheet.put("start", _clock(began, offset))
    sheet.put("end", _clock(ended, offset))
    sheet.put("today", day)
    sheet.put("_duration", texts(length))
    sheet.put("_submission_time", np.datetime_as_string(sent.astype("datetime64[s]")).astype(object))


def unique_ids(rng: np.random.Generator, rows: int) -> Texts:
    """Draw version 4 UUIDs."""
    digits = rng.bytes(16 * rows).hex()
    ids = [digits[place : place + 32] for place in range(0, 32 * rows, 32)]
    return texts([f"{i[:8]}-{i[8:12]}-4{i[13:16]}-a{i[17:20]}-{i[20:]}" for i in ids])


def _position(sheet: Sheet) -> None:
    shape = (sheet.rows, 2)
    codes = sheet["interview_place"]
    centre = np.array([[float(places()[code][axis]) for axis in ("lat", "lon")] for code in codes.tolist()])
    near = centre + sheet.rng.normal(0, 0.02, shape)
    extra = sheet.rng.integers(3, 400, shape)
    words = [f"{a:.6f} {b:.6f} {c} {d % 30}" for (a, b), (c, d) in zip(near.tolist(), extra.tolist(), strict=True)]
    sheet.put("_location", texts(words), sheet.rng.random(sheet.rows) < 0.97)


def draw_field_work(sheet: Sheet) -> None:
    """Fill section 01, quality control aside."""
    sheet.put("_uuid", unique_ids(sheet.rng, sheet.rows))
    sheet.put("_id", texts(10_000_000 + np.cumsum(sheet.rng.integers(1, 6, sheet.rows))))
    _devices(sheet, _crew(sheet))
    start, length = _minutes(sheet)
    place_in_time(sheet, sheet["interview_date"], start, length)
    _position(sheet)


def draw_quality(sheet: Sheet, refusing: Mask) -> None:
    """Fill the quality flag: odd hours, odd lengths and many refusals are looked at."""
    hour = holds(sheet["start"], lambda stamp: not 5 <= int(stamp[11:13]) < 22)
    length = sheet["_duration"].astype(np.int64)
    odd = hour | (length < 15) | (length > 60) | refusing
    luck = sheet.rng.random(sheet.rows)
    flag = np.where(luck < 0.04, "recoded", "ok").astype(object)
    flag[odd & (luck > 0.9)] = "review"
    flag[odd & (luck > 0.96)] = "excluded"
    sheet.put("qc_flag", flag)
