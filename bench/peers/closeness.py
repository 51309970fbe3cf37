"""The t-closeness of an ordered answer in the classes of six keys, by pycanon."""

import importlib

from bench.common import Found, run
from bench.keys import SIX, keys


def with_pycanon(rows: str):
    anonymity = importlib.import_module("pycanon.anonymity")
    frame = keys(int(rows))

    def task() -> Found:
        return {"closeness": float(anonymity.t_closeness(frame, SIX, ["reason"]))}

    return task


run(lambda: None, {"pycanon": with_pycanon})
