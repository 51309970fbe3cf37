import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.refusals import BadInput
from portal.disclosure.tables import cube as cubes
from portal.disclosure.tables.cube import cube, worth
from tests.core.disclosure.boards import board

DRAWN = """
region country sex
east   ke      f
east   ke      m
east   et      f
west   ke      f
west   .       m
west   .d      m
"""

MARGINS = """
region country sex | count
Total  Total   Total | 6
Total  Total   f   | 3
east   Total   Total | 3
east   ke      Total | 2
east   ke      f   | 1
west   Total   m   | 2
west   ke      Total | 1
west   .       m   | 1
west   .d      f   | 0
"""


def labels(made):
    return [
        tuple(cell for axis, node in enumerate(row) for cell in padded(made.dimensions[axis], node))
        for row in made.nodes
    ]


def padded(side, node):
    path = side.paths[node]
    return path + ("Total",) * (len(side.columns) - len(path))


def test_margins_levels_and_missing_answers_are_cells():
    frame, _ = board(DRAWN)
    made = cube(frame, [["region", "country"], ["sex"]])
    count = dict(zip(labels(made), made.count().tolist(), strict=True))
    left, right = board(MARGINS)
    assert [count[row] for row in left.itertuples(index=False, name=None)] == right["count"].astype(int).tolist()
    assert len(count) == (1 + 2 + 5) * (1 + 2)


records = st.lists(
    st.tuples(st.sampled_from(["e", "w", ""]), st.sampled_from(["1", "2", ""]), st.sampled_from(["f", "m", ".d"])),
    min_size=1,
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(records, st.integers(0, 2**32 - 1))
def test_every_cell_is_what_counting_its_records_one_by_one_gives(rows, seed):
    frame = pd.DataFrame(rows, columns=["region", "country", "sex"], dtype="str")
    money = np.random.default_rng(seed).integers(0, 50, len(rows)).astype(float)
    made = cube(frame, [["region", "country"], ["sex"]], tables=[[0, 1], [1]])
    count, total, top = made.count(), made.added(money), made.largest(money)
    for at, label in enumerate(labels(made)):
        inside = [all(a in (b, "Total") for a, b in zip(label, row, strict=True)) for row in rows]
        paid = sorted(money[inside], reverse=True)
        assert count[at] == sum(inside)
        assert total[at] == sum(paid)
        assert top[at].tolist() == ([*paid, 0.0, 0.0])[:2]
    assert not (made.relations() @ count).any()
    assert not made.unseen.any()


def test_linked_tables_share_cells_and_are_tied_by_cells_nobody_sees():
    frame, _ = board(DRAWN)
    made = cube(frame, [["region"], ["country"], ["sex"]], tables=[[0, 1], [1, 2]])
    assert int((~made.unseen).sum()) == 3 * 5 + 5 * 3 - 5
    assert len(made.nodes) == 3 * 5 * 3
    apart = cube(frame, [["region"], ["country"], ["sex"]], tables=[[0, 1], [1, 2]], joined=False)
    assert len(apart.nodes) == 3 * 5 + 5 * 3 - 5
    assert not (apart.relations() @ apart.count()).any()


@pytest.mark.parametrize(
    ("dimensions", "tables", "fact"),
    [
        ([["camp"]], (), "camp: not in the data"),
        ([["sex"], ["sex"]], (), "sex: stands in two dimensions"),
        ([], (), "name at least one"),
        ([[]], (), "name at least one"),
        ([["sex"]], [[]], "name at least one"),
        ([[str(at)] for at in range(61)], (), "more than 60"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(dimensions, tables, fact):
    with pytest.raises(BadInput, match=fact):
        cube(board(DRAWN)[0], dimensions, tables=tables)


def test_no_records_and_too_many_cells_are_refused(monkeypatch):
    frame, _ = board(DRAWN)
    with pytest.raises(BadInput, match="no records"):
        cube(frame.iloc[:0], [["sex"]])
    monkeypatch.setattr(cubes, "MOST_CELLS", 8)
    with pytest.raises(BadInput, match="9 cells"):
        cube(frame, [["region"], ["sex"]])


@pytest.mark.parametrize(
    ("cell", "fact"), [("", "missing"), ("many", "no number"), ("-1", "negative"), ("inf", "no number")]
)
def test_contributions_must_be_numbers_of_zero_or_more(cell, fact):
    with pytest.raises(BadInput, match=f"paid: .*{fact}"):
        worth(pd.DataFrame({"paid": ["1", cell]}), "paid")
