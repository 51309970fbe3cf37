"""Generalising keys: anjana level by level for the whole file, greedily; anonypy by halving the records (Mondrian)."""

import importlib

import numpy as np

from bench.common import Found, run
from bench.keys import EIGHT, SIX, forms, keys


def with_anjana(rows: str, k: str, percent: str):
    anonymity = importlib.import_module("anjana.anonymity")
    frame = keys(int(rows))[EIGHT]
    levels = {name: dict(enumerate(np.array(list(forms(frame[name]).values())).T)) for name in EIGHT}
    words = frame.astype(str)

    def task() -> Found:
        own = {name: dict(levels[name]) for name in EIGHT}  # anjana changes what it is given
        made = anonymity.k_anonymity(words, [], EIGHT, int(k), float(percent), own)
        found = {name: level_of(made[name].iloc[0], levels[name]) for name in EIGHT}
        return found | {"kept": float(len(made))}

    return task


def level_of(value: str, levels: dict[int, np.ndarray]) -> float:
    """The finest level that has the value."""
    return float(next(level for level, values in levels.items() if value in values))


def with_anonypy(rows: str, k: str):
    anonypy = importlib.import_module("anonypy")
    frame = keys(int(rows), coarse=True)[[*SIX, "reason"]].copy()
    for name in ("sex", "nationality", "interview_country"):
        frame[name] = frame[name].astype(str).astype("category")

    def task() -> Found:
        made = anonypy.Preserver(frame, SIX, "reason").anonymize_k_anonymity(int(k))
        blurred = sum(one["count"] * any_of(one[name][0]) for one in made for name in SIX)
        return {"cells": float(blurred)}

    return task


def any_of(shown: str) -> bool:
    """Whether a cell names more than one value: a list with commas, or a range."""
    return "," in shown or "-" in shown


run(lambda: None, {"anjana": with_anjana, "anonypy": with_anonypy})
