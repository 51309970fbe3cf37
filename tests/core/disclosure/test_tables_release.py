import numpy as np
import pandas as pd
import pytest

from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables import release
from portal.disclosure.tables.attack import by_programmes, on_rounded
from portal.disclosure.tables.cellkey import record_keys
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.ptable import ptable
from portal.disclosure.tables.release import Hide, Noise, Rounding, Wish, protect_table, protect_tables
from portal.disclosure.tables.rounding import rounded
from portal.disclosure.tables.rules import TableRules
from portal.disclosure.tables.system import System, not_exactly
from tests.core.disclosure.boards import board

SECRET = b"drawn for a test, of 32 bytes or more"


def crossed(drawn):
    """Records from a drawing of counts: rows of camps, columns of another variable."""
    counts, _ = board(drawn)
    side = counts.columns[0]
    across = [
        (row[0], name, int(n))
        for row in counts.itertuples(index=False)
        for name, n in zip(counts.columns[1:], row[1:], strict=True)
    ]
    records = [(camp, name) for camp, name, n in across for _ in range(n)]
    return pd.DataFrame(records, columns=[side, "answer"], dtype="str")


def shown(made, value="count"):
    """The table as a reader sees it, drawn again."""
    return made.cells.assign(cell=made.cells[value].astype("str").fillna(".s")).pivot_table(
        index=made.cells.columns[0], columns="answer", values="cell", aggfunc="first"
    )


CAMPS = """
camp f   m
a    4   50
b    60  70
c    80  90
"""


def test_one_small_count_takes_three_others_with_it():
    made = protect_table(crossed(CAMPS), ["camp"], ["answer"])
    assert made.report == {
        "cells": 12,
        "hidden_cells": 4,
        "cells_at_risk": 0,
        "passed": True,
        "hidden": {"few": 1, "to protect others": 3},
    }
    table = shown(made)
    assert table.loc["a"].isin([".s"]).sum() == 2
    assert table.loc["Total", "Total"] == "354"
    assert (made.reasons != "").tolist() == made.cells["count"].isna().tolist()


def test_what_is_published_does_not_say_why():
    assert list(protect_table(crossed(CAMPS), ["camp"], ["answer"]).cells.columns) == ["camp", "answer", "count"]


def test_exact_hiding_costs_no_more_than_intervals():
    frame = crossed(CAMPS.replace("60", "11").replace("70", "12"))
    exact = protect_table(frame, ["camp"], ["answer"], how=Hide(interval=False))
    wide = protect_table(frame, ["camp"], ["answer"], how=Hide(interval=True))
    assert exact.report["hidden_cells"] <= wide.report["hidden_cells"]


SHARES = """
camp yes no .r
a    30  10 0
b    12  17 20
c    20  0  0
d    50  50 11
"""


def test_shares_need_thirty_answers_and_a_group_of_one_answer_is_hidden():
    wish = Wish(["camp", "answer"], sensitive="answer")
    made = protect_tables(crossed(SHARES), wish)
    by_cell = made.cells.set_index(["camp", "answer"])
    share = by_cell["share"]
    assert share["b"].isna().all()
    assert by_cell.loc[[("c", "yes"), ("c", "no")], "count"].isna().all()
    assert share.drop("Total").dropna().to_dict() == {
        cell: value
        for cell, value in {("a", "yes"): 0.75, ("a", "no"): 0.25, ("d", "yes"): 0.5, ("d", "no"): 0.5}.items()
        if not by_cell.loc[[cell, (cell[0], "Total"), (cell[0], ".r")], "count"].isna().any()
    }
    assert not share.drop("Total").dropna().empty
    assert made.report["hidden"]["one answer"] == 3


def test_sums_hide_who_contributed_nearly_all():
    frame = pd.DataFrame(
        {"camp": np.repeat(["a", "b", "c"], 20), "answer": np.tile(["f", "m"], 30), "paid": [1000.0] + [10.0] * 59}
    )
    made = protect_table(frame, ["camp"], ["answer"], value="paid", rules=TableRules(minimum=3))
    table = shown(made, "paid")
    assert table.loc["a", "f"] == ".s"
    assert made.report["hidden"]["dominated"] >= 1
    assert made.report["passed"]


def test_linked_tables_hide_together_and_show_each_cell_once():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({name: rng.choice(list("xyz"), 150, p=[0.6, 0.3, 0.1]) for name in "abc"}, dtype="str")
    made = protect_tables(frame, Wish(["a", "b", "c"], tables=[[0, 1], [1, 2]]))
    assert made.report["cells"] == len(made.cells) == 16 + 16 - 4
    assert made.report["passed"]
    assert made.report["hidden_cells"] > 0


def test_levels_of_a_hierarchy_are_columns():
    frame = pd.DataFrame({"region": ["e"] * 30 + ["w"] * 40, "country": ["k"] * 12 + ["t"] * 18 + ["g"] * 40})
    cells = protect_table(frame, [["region", "country"]]).cells
    assert [tuple(row) for row in cells.itertuples(index=False)] == [
        ("Total", "Total", 70),
        ("e", "Total", 30),
        ("e", "k", 12),
        ("e", "t", 18),
        ("w", "Total", 40),
        ("w", "g", 40),
    ]


def noise(frame, **more):
    return Noise(record_keys(SECRET, [str(at) for at in range(len(frame))]), ptable(), **more)


def test_noise_states_its_variance_and_hides_nothing():
    frame = crossed(CAMPS)
    made = protect_table(frame, ["camp"], ["answer"], how=noise(frame))
    truth = protect_table(frame, ["camp"], ["answer"], rules=TableRules(minimum=3), how=Hide())
    assert made.report["variance"] == 3.0
    assert made.report["least_variance_left"] > 1
    assert not made.cells["count"].isna().any()
    assert (made.cells["count"] - truth.cells["count"]).abs().between(0, 5).all()
    assert (made.cells["count"] != truth.cells["count"]).any()


def test_rounding_keeps_every_sum_and_stays_near():
    frame = crossed(CAMPS)
    made = protect_table(frame, ["camp"], ["answer"], how=Rounding(10))
    layout = cube(frame, [["camp"], ["answer"]])
    count = made.cells["count"].to_numpy(dtype=np.int64)
    assert not (layout.relations() @ count).any()
    assert (count % 10 == 0).all()
    assert np.abs(count - layout.count()).max() == made.report["farthest"] < 10


@pytest.mark.parametrize("base", [3, 5, 10])
def test_random_three_way_tables_can_be_rounded(base):
    rng = np.random.default_rng(base)
    frame = pd.DataFrame({name: rng.choice(list("wxyz"), 300) for name in "abc"}, dtype="str")
    made = cube(frame, [["a"], ["b"], ["c"]])
    system = made.system(made.count())
    found = rounded(system, base)
    assert not (system.relations @ found).any()
    assert (found[system.values % base == 0] % base == 0).all()
    assert (found[system.values == 0] == 0).all()
    assert np.abs(found - system.values).max() < 2 * base


def test_rounding_is_refused_where_it_has_no_meaning():
    system = System(np.array([7.0, 3.0, 4.0]), cube(crossed(CAMPS), [["answer"]]).relations(), np.zeros(3, dtype=bool))
    with pytest.raises(BadInput, match="base: "):
        rounded(system, 2)
    with pytest.raises(BadInput, match="rounding: "):
        rounded(System(system.values, system.relations, np.ones(3, dtype=bool)), 5)
    with pytest.raises(CannotMeet, match="no additive table"):
        rounded(System(np.array([5.0, 0.0, 0.0]), system.relations, system.unseen), 5)


@pytest.mark.parametrize("how", [Rounding(5), "noise"])
def test_noise_and_rounding_are_for_counts(how):
    frame = crossed(CAMPS).assign(paid=1.0)
    how = noise(frame) if how == "noise" else how
    with pytest.raises(BadInput, match="plain counts"):
        protect_table(frame, ["camp"], value="paid", how=how)
    with pytest.raises(BadInput, match="plain counts"):
        protect_tables(frame, Wish(["camp", "answer"], sensitive="answer"), how=how)


def test_each_record_needs_a_key():
    frame = crossed(CAMPS)
    with pytest.raises(BadInput, match="keys: one for each"):
        protect_table(frame, ["camp"], how=noise(frame.iloc[1:]))


def test_a_value_called_total_is_refused():
    with pytest.raises(BadInput, match="answer: has a value 'Total'"):
        protect_table(crossed(CAMPS.replace(" m", " Total")), ["camp"], ["answer"])


def test_a_search_that_hides_too_little_is_caught_before_release(monkeypatch):
    monkeypatch.setattr(release, "suppress", lambda _system, primary, _need: primary)
    with pytest.raises(CannotMeet, match="1 cells could still be found out"):
        protect_table(crossed(CAMPS), ["camp"], ["answer"])


def test_the_attack_finds_a_changed_value_and_a_sum_that_does_not_hold():
    made = cube(crossed(CAMPS), [["camp"], ["answer"]])
    system = made.system(made.count())
    nothing = not_exactly(system, np.zeros(len(system.values), dtype=bool))
    assert by_programmes(system, system.values, nothing)["passed"]
    changed = system.values + np.eye(len(system.values))[5]
    assert by_programmes(system, changed, nothing)["cells_at_risk"] == 1
    found = rounded(system, 10)
    found[5] += 10
    assert not on_rounded(system, found, 10, nothing)["passed"]
