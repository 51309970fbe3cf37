import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.refusals import CannotMeet
from portal.disclosure.tables import exact
from portal.disclosure.tables.audit import failing, intervals
from portal.disclosure.tables.exact import determined
from portal.disclosure.tables.secondary import suppress
from portal.disclosure.tables.system import not_exactly, sliding
from tests.core.disclosure.table_boards import a_table, by_rank, drawn, laid_out, small, square

tables = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([(3, 3, 2), (4, 3, 1), (2, 4, 3)]), st.floats(0.5, 3))


@settings(max_examples=8, deadline=None)
@given(tables, st.floats(0.1, 0.9))
def test_elimination_finds_what_the_rank_says(table, share):
    system = a_table(drawn(*table))
    hidden = np.random.default_rng(table[0]).random(len(system.values)) < share
    assert determined(system.relations, hidden).tolist() == by_rank(system.relations, hidden).tolist()


@settings(max_examples=6, deadline=None)
@given(tables, st.booleans())
def test_in_random_linked_tables_nothing_is_exactly_recoverable(table, linked):
    system = a_table(drawn(*table), linked=linked)
    primary = small(system, 3) & ~system.unseen
    hidden = suppress(system, primary)
    cells = np.flatnonzero(primary)
    low, high = intervals(system, hidden, cells).T
    assert (high - low > 0.99).all()
    assert (low <= system.values[cells] + 1e-6).all()
    assert (high >= system.values[cells] - 1e-6).all()


@settings(max_examples=4, deadline=None)
@given(tables, st.booleans())
def test_in_random_linked_tables_intervals_reach_as_far_as_asked(table, linked):
    system = a_table(drawn(*table), linked=linked)
    primary = small(system, 4) & ~system.unseen
    need = sliding(system, primary, 4 - system.values)
    hidden = suppress(system, primary, need)
    cells = np.flatnonzero(primary)
    low, high = intervals(system, hidden, cells).T
    assert (high >= np.minimum(4, system.values[cells] + need.above[cells]) - 1e-5).all()
    assert (low <= system.values[cells] - need.below[cells] + 1e-5).all()


def one_by_one(cells):
    """Each face protected as if it were the only one: a cell is hidden from a reader of both if both hide it."""
    shown = set()
    for face in ([0, 1], [1, 2]):
        made = laid_out(cells, [face])
        system = made.system(made.count())
        hidden = suppress(system, small(system, 3))
        shown |= {tuple(node) for node in made.nodes[~hidden]}
    return np.array([tuple(node) not in shown for node in laid_out(cells, [[0, 1], [1, 2]]).nodes])


def test_protecting_linked_tables_one_by_one_is_found_guilty():
    guilty = 0
    for seed in (5, 8):
        cells = drawn(seed, (4, 3, 3), 0.4)
        system = a_table(cells, linked=True)
        primary = small(system, 3) & ~system.unseen
        need = not_exactly(system, primary)
        guilty += bool(failing(system, one_by_one(cells), need).any())
        assert not failing(system, suppress(system, primary), need).any()
    assert guilty


def test_more_unknowns_than_can_be_judged_are_refused(monkeypatch):
    system = square([1, 20], [20, 20])
    monkeypatch.setattr(exact, "MOST_ENTRIES", 3)
    with pytest.raises(CannotMeet, match="too many to judge"):
        determined(system.relations, np.ones(len(system.values), dtype=bool))
