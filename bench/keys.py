"""Synthetic key tables that peers' tools were measured on: ``syn_N``, and coarser as ``syng_N``.

Each size is a file of its own, fixed by the seed; rows come in chunks of a million. Which draws happen in which order
is part of the definition: golden values hang on it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

SEED = 20240607
CHUNK = 1_000_000
EIGHT = ["age", "sex", "nationality", "interview_country", "education", "marital", "ym", "children"]
SIX = EIGHT[:6]
SIDES = ["nationality", "interview_country", "education"]
WIDTHS = {
    "age": (5, 10, 20),
    "sex": (),
    "nationality": (5, 20),
    "interview_country": (5,),
    "education": (2,),
    "marital": (2,),
    "ym": (3, 6, 12, 36),
    "children": (2, 4),
}
REASONS = (30, 18, 12, 10, 8, 6, 5, 4, 3, 2, 1, 1)
ABUSE = (40, 20, 12, 10, 8, 5, 3, 2)

Columns = dict[str, npt.NDArray[np.generic]]


def keys(rows: int, *, coarse: bool = False) -> pd.DataFrame:
    """Return a whole file: integer codes of eight keys and three sensitive variables, and a weight of 20 to 100."""
    return pd.concat(list(chunks(rows, coarse=coarse)), ignore_index=True)


def table(rows: int, *, coarse: bool = False) -> pd.DataFrame:
    """Return the keys in 16 bits and the weight, drawn piece by piece: ten million rows are 240 MB."""
    made = {name: np.empty(rows, dtype=np.int16) for name in EIGHT} | {"weight": np.empty(rows)}
    first = 0
    for chunk in chunks(rows, coarse=coarse):
        for name, column in made.items():
            column[first : first + len(chunk)] = chunk[name]
        first += len(chunk)
    return pd.DataFrame(made, copy=False)


def forms(column: "pd.Series[int]") -> dict[str, list[str]]:
    """A hierarchy of a key: each value itself, its range of each width, then nothing; 25,920 nodes over all eight."""
    values = range(int(column.min()), int(column.max()) + 1)
    return {
        str(value): [str(value), *(f"{value // width} of {width}" for width in WIDTHS[str(column.name)]), "*"]
        for value in values
    }


def chunks(rows: int, *, coarse: bool = False) -> Iterator[pd.DataFrame]:
    """Yield the same file a million rows at a time."""
    for first in range(0, rows, CHUNK):
        drawn = _draw(min(CHUNK, rows - first), first)
        yield pd.DataFrame(_coarser(drawn) if coarse else drawn)


def _draw(n: int, first: int) -> Columns:
    r = np.random.default_rng([SEED, n, first])
    nationality = r.choice(100, n, p=_zipf(100, 1.1)).astype(np.int16)
    interview = r.choice(25, n, p=_zipf(25, 0.9)).astype(np.int16)
    corridor = r.random(n) < 0.6  # here the nationality decides the country of the interview, within two
    interview[corridor] = ((nationality[corridor] * 7 + r.integers(0, 3, corridor.sum())) % 25).astype(np.int16)
    age = np.clip(np.round(r.gamma(9.0, 3.3, n)).astype(np.int16), 18, 85)
    sex = (r.random(n) < 0.38).astype(np.int16)
    sex[r.random(n) < 0.004] = 2
    education = r.choice(6, n, p=[0.16, 0.24, 0.28, 0.17, 0.12, 0.03]).astype(np.int16)
    older = np.clip((age - 18) / 30.0, 0, 1)
    u = r.random(n)
    steps = [u < 0.65 * (1 - older) + 0.05, u < 0.85, u < 0.92, u < 0.97]
    marital = np.select(steps, [0, 1, 2, 3], 4).astype(np.int16)
    month = np.minimum((r.beta(2.2, 1.4, n) * 120).astype(np.int16), 119)
    few = np.where(r.random(n) < 0.9, 0, 1)
    children = np.where(marital == 0, few, np.minimum(r.poisson(1.2 + 1.6 * older), 8)).astype(np.int16)
    return {
        "age": age,
        "sex": sex,
        "nationality": nationality,
        "interview_country": interview,
        "education": education,
        "marital": marital,
        "ym": month,
        "children": children,
        "reason": r.choice(12, n, p=np.array(REASONS) / 100).astype(np.int16),
        "abuse": r.choice(8, n, p=np.array(ABUSE) / 100).astype(np.int16),
        "cost": np.round(np.exp(r.normal(6.5, 1.1, n)) / 10).astype(np.int32) * 10,
        "weight": np.round(20 + 80 * r.random(n), 2),
    }


def _zipf(values: int, exponent: float) -> npt.NDArray[np.float64]:
    share = 1 / np.arange(1, values + 1) ** exponent
    return np.asarray(share / share.sum())


def _coarser(drawn: Columns) -> Columns:
    nationality, marital = drawn["nationality"], drawn["marital"]
    return drawn | {
        "age": drawn["age"] // 10,
        "nationality": np.where(nationality < 15, nationality, 15),
        "education": drawn["education"] // 2,
        "marital": np.where(marital == 1, 1, 0),
        "ym": drawn["ym"] // 12,
        "children": np.minimum(drawn["children"], 3),
    }
