import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.classes import class_sizes
from portal.disclosure.refusals import BadInput
from portal.disclosure.utility import changed, discernibility, entropy_lost, il1s, loss, structure, table_change
from tests.core.disclosure import golden
from tests.core.disclosure.boards import board

NUMBERS = ["AGI", "EMCONTRB", "FEDTAX", "STATETAX", "PTOTVAL", "TAXINC"]


def parts(drawn):
    """One board as the file before (left of the bar) and after (right of it), under the same names."""
    before, after = board(drawn)
    after.columns = before.columns
    return before, after


RELEASED = """
camp age | camp. age.
a    1   | a     1
a    2   | a     .s
b    1   | .s    .s
b    3   | b     3
"""


def test_changed_cells_and_the_records_they_stand_in_are_counted():
    assert changed(*parts(RELEASED), ["camp", "age"]) == {
        "by_variable": {"camp": 1, "age": 2},
        "cells": 3,
        "records": 2,
    }


@pytest.mark.parametrize("case", [0, 1, 2])
def test_the_loss_of_adult_is_the_one_that_arx_reports(case):
    told = json.loads(golden.path("arx/adult_optimal.json").read_text())
    wanted = told["cases"][case]
    adult = pd.read_csv(golden.path("arx/adult.csv"), sep=";", dtype="str")
    made, shares, domains = {}, [], []
    for name, level in zip(told["attribute_order"], wanted["levels"], strict=True):
        forms = pd.read_csv(
            golden.path(f"arx/adult_hierarchy_{name}.csv"), sep=";", dtype="str", header=None, keep_default_na=False
        )
        made[name] = adult[name].map(dict(zip(forms[0], forms[level], strict=True)))
        shares.append(made[name].map(forms[level].value_counts() / len(forms)))
        domains.append(len(forms))
    gone = class_sizes(pd.DataFrame(made), list(made)) < wanted["k"]
    assert gone.sum() == wanted["suppressed_records"]
    found = np.column_stack(shares)
    found[gone] = 1.0
    assert loss(found, domains) == pytest.approx(wanted["score"], abs=1e-9)


def test_loss_runs_from_nothing_to_everything():
    assert loss(np.array([[1 / 2, 1 / 4]] * 3), [2, 4]) == pytest.approx(0)
    assert loss(np.ones((3, 2)), [2, 4]) == pytest.approx(1)
    assert loss(np.ones((3, 1)), [1]) == 0
    assert loss(np.ones((0, 2)), [2, 4]) == 0


@pytest.mark.parametrize("share", [0.2, 1.1, float("nan")])
def test_a_share_no_value_can_have_is_refused(share):
    with pytest.raises(BadInput, match=r"shares: must lie in 1/domain\.\.1"):
        loss(np.array([[share]]), [4])


def test_microaggregated_incomes_cost_what_sdcmicro_says():
    before = pd.read_csv(golden.path("data/CASCrefmicrodata.csv"))
    after = pd.read_csv(golden.path("sdcmicro/casc_microagg_mdav_3.csv"))
    assert il1s(before, after, NUMBERS) == pytest.approx(491.02, abs=0.005)
    found = structure(before, after, NUMBERS)
    moved = (before[NUMBERS].corr() - after[NUMBERS].corr()).abs().to_numpy()
    assert found["largest"] == pytest.approx(moved.max())
    assert found["mean"] == pytest.approx(moved.sum() / 30)
    roots = [np.linalg.svd(frame[NUMBERS].corr(), compute_uv=False) for frame in (before, after)]
    assert found["eigenvalues"] == pytest.approx(np.abs(roots[0] - roots[1]).sum() / 6)


def test_what_did_not_change_cost_nothing():
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [7, 7, 7]})
    assert il1s(frame, frame, ["a", "b"]) == 0
    assert structure(frame, frame, ["a", "b"]) == {"largest": 0, "mean": 0, "eigenvalues": 0}
    assert structure(frame, frame, ["a"]) == {"largest": 0, "mean": 0, "eigenvalues": 0}
    assert structure(frame, frame.assign(a=7), ["a", "b"])["largest"] == 0


@pytest.mark.parametrize(
    ("before", "after", "fact"),
    [
        ([1, 2], [1, None], "n: missing or not a number"),
        ([1, "x"], [1, 2], "n: missing or not a number"),
        ([1, 1], [1, 2], "n: has no spread"),
        ([1], [1], "rows: at least 2"),
        ([], [], "columns: at least one, and one row"),
        ([1, 2], [1], "rows: 2 before and 1 after"),
    ],
)
def test_numbers_that_cannot_be_compared_are_refused(before, after, fact):
    with pytest.raises(BadInput, match=fact):
        il1s(pd.DataFrame({"n": before}), pd.DataFrame({"n": after}), ["n"])


GENERALISED = """
age | age.
11  | 10s
12  | 10s
12  | 10s
12  | 10s
21  | 21
22  | .s
"""


def test_entropy_counts_the_bits_a_released_value_leaves_open():
    found = entropy_lost(*parts(GENERALISED), ["age"])["age"]
    assert found == pytest.approx((np.log2(4 / 1) + 3 * np.log2(4 / 3)) / 6)
    before, after = parts(GENERALISED)
    assert entropy_lost(before, before, ["age"]) == {"age": 0.0}
    assert entropy_lost(before.iloc[:0], after.iloc[:0], ["age"]) == {"age": 0.0}


CLASSES = """
camp age
a    1
a    1
b    .s
.s   .s
.s   .s
"""


def test_records_that_show_nothing_look_like_everybody():
    frame, _ = board(CLASSES)
    assert discernibility(frame, ["camp", "age"]) == 2 + 2 + 1 + 5 + 5
    assert discernibility(frame.iloc[:0], ["camp"]) == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(["1", "2", "3", ".s"])] * 2, st.booleans(), st.booleans()), max_size=20))
def test_a_cross_table_moves_by_what_its_readers_count(drawn):
    before = pd.DataFrame([row[:2] for row in drawn], columns=["a", "b"], dtype="str")
    holes = pd.DataFrame([row[2:] for row in drawn], columns=["a", "b"], dtype="bool")
    after = before.mask(holes, ".s")
    found = table_change(before, after, ["a", "b"])
    tables = []
    for frame in (before, after):
        rows = [row for row in frame.itertuples(index=False, name=None) if ".s" not in row]
        tables.append({row: 100 * rows.count(row) / len(rows) for row in rows})
    moved = [abs(tables[0].get(cell, 0) - tables[1].get(cell, 0)) for cell in tables[0]]
    assert found["largest"] == pytest.approx(max(moved, default=0))
    assert found["mean"] == pytest.approx(sum(moved) / max(len(moved), 1))
    whole = [(frame != ".s").all(axis=1).sum() for frame in (before, after)]
    assert found["shown"] == pytest.approx(100 * whole[1] / whole[0] if whole[0] else 100)


@pytest.mark.parametrize(("columns", "fact"), [([], "columns: name at least one"), (["shoe"], "shoe: not in the data")])
def test_a_table_of_nothing_is_refused(columns, fact):
    frame, _ = board(CLASSES)
    with pytest.raises(BadInput, match=fact):
        table_change(frame, frame, columns)
