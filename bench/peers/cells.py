"""A table of counts below ten: acro hides what its rule names and no more; cell-key-perturbation adds noise."""

import importlib

import numpy as np

from bench.common import Found, run
from bench.keys import SIDES, keys


def with_acro(rows: str):
    session = importlib.import_module("acro").ACRO(suppress=True)
    frame = keys(int(rows), coarse=True)

    def task() -> Found:
        made = session.crosstab([frame[SIDES[0]], frame[SIDES[1]]], frame[SIDES[2]], margins=True)
        return {"cells": float(made.size)}

    return task


def with_cell_keys(rows: str):
    create = importlib.import_module("cell_key_perturbation.create_perturbed_table").create_perturbed_table
    frame = keys(int(rows), coarse=True)[SIDES]
    frame["key"] = np.random.default_rng(1).integers(0, 256, len(frame))
    noise = importlib.import_module("cell_key_perturbation.utils.generate_test_ptable").generate_ptable_10_5_rule()

    def task() -> Found:
        return {"cells": float(len(create(frame, noise, [], SIDES, "key")))}

    return task


run(lambda: None, {"acro": with_acro, "cell-key-perturbation": with_cell_keys})
