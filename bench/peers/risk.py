"""fk, Fk and the approximate individual risk of every row, written as a pandas or a Polars user would."""

import importlib

import numpy as np

from bench.common import Found, run
from bench.keys import EIGHT, table


def with_pandas(rows: str, kind: str):
    frame = table(int(rows), coarse=kind == "coarse")

    def task() -> Found:
        grouped = frame.groupby(EIGHT, sort=False, observed=True)["weight"]
        return summed(grouped.transform("size").to_numpy(), grouped.transform("sum").to_numpy())

    return task


def with_polars(rows: str, kind: str):
    pl = importlib.import_module("polars")
    columns = table(int(rows), coarse=kind == "coarse")
    frame = pl.DataFrame({name: column.to_numpy() for name, column in columns.items()})

    def task() -> Found:
        counted = frame.select(pl.len().over(EIGHT).alias("fk"), pl.col("weight").sum().over(EIGHT).alias("Fk"))
        return summed(counted["fk"].to_numpy(), counted["Fk"].to_numpy())

    return task


def summed(fk: np.ndarray, weight: np.ndarray) -> Found:
    p = fk / weight
    q = 1 - p
    odds = p / q
    risk = np.select([fk == 1, fk == 2], [-odds * np.log(p), odds + odds**2 * np.log(p)], p / (fk - q))
    return {"sum": float(risk.sum())}


run(lambda: None, {"pandas": with_pandas, "polars": with_polars})
