from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from portal.disclosure.refusals import CannotMeet
from portal.disclosure.tables import audit, covering, secondary
from portal.disclosure.tables.audit import failing, intervals
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.exact import determined
from portal.disclosure.tables.secondary import suppress
from portal.disclosure.tables.system import System, not_exactly, sliding
from tests.core.disclosure import golden
from tests.core.disclosure.table_boards import by_rank, drawn, laid_out, small, square

SIDES = ["nationality", "interview_country", "education"]
GAUSS = {3: 131, 5: 50, 10: 45}
NAIVE = {5: 48, 10: 43}


@cache
def published_table():
    drawn = pd.read_csv(golden.path("tables/input_nat_ic_edu.csv"), dtype=dict.fromkeys(SIDES, "str"))
    frame = drawn.loc[drawn.index.repeat(drawn["freq"]), SIDES].astype("str")
    made = cube(frame, [[side] for side in SIDES])
    names = pd.DataFrame(
        {
            one.name: [(one.paths[node] or ("Total",))[0] for node in made.nodes[:, at]]
            for at, one in enumerate(made.dimensions)
        }
    )
    return names, made.system(made.count())


@pytest.mark.parametrize("minimum", [3, 5, 10])
def test_fewer_cells_than_gaussian_elimination_needs_and_none_exactly_recoverable(minimum):
    names, system = published_table()
    theirs = pd.read_csv(golden.path(f"tables/gauss_thr{minimum}.csv"), dtype="str")
    both = names.merge(theirs, on=SIDES, how="left", validate="1:1")
    primary = small(system, minimum)
    assert both["freq"].astype(int).tolist() == system.values.tolist()
    assert (both["primary"] == "TRUE").tolist() == primary.tolist()
    their = (both["suppressed"] == "TRUE").to_numpy()
    assert int((their & ~primary).sum()) == GAUSS[minimum]
    assert not determined(system.relations, their).any()
    hidden = suppress(system, primary)
    assert int((hidden & ~primary).sum()) < GAUSS[minimum]
    assert not (determined(system.relations, hidden) & primary).any()
    assert not failing(system, hidden, not_exactly(system, primary)).any()


@pytest.mark.parametrize("minimum", [5, 10])
def test_hiding_only_what_the_rule_names_is_found_guilty(minimum):
    _, system = published_table()
    primary = small(system, minimum)
    known = determined(system.relations, primary)
    assert int(known.sum()) == NAIVE[minimum]
    fourth = np.arange(len(primary)) % 4 == 0  # each that is known takes the audit two programmes
    found = failing(system, primary, not_exactly(system, primary & fourth))
    assert found.tolist() == (known & fourth).tolist()


def test_the_intervals_of_a_published_table_can_be_kept_wide_too():
    _, system = published_table()
    primary = small(system, 5)
    need = sliding(system, primary, 5 - system.values)
    hidden = suppress(system, primary, need)
    assert int((hidden & ~primary).sum()) <= 62
    assert not failing(system, hidden, need).any()


@pytest.mark.parametrize("seed", range(2))
def test_no_smaller_choice_of_cells_would_do(seed):
    made = laid_out(drawn(seed, (3, 3, 1), 3.0), [[0, 1]])
    system = made.system(made.count())
    primary = small(system, 3)
    chosen = suppress(system, primary)
    free = np.flatnonzero(~primary & (system.values > 0))
    for size in range(int((chosen & ~primary).sum())):
        for more in combinations(free, size):
            hidden = primary.copy()
            hidden[list(more)] = True
            assert (by_rank(system.relations, hidden) & primary).any()


def test_a_hidden_zero_is_lent_doubt_by_other_zeros_or_counts():
    system = square([0, 12], [30, 40])
    primary = np.zeros(len(system.values), dtype=bool)
    primary[np.flatnonzero(system.values == 0)[:1]] = True
    hidden = suppress(system, primary)
    assert not failing(system, hidden, not_exactly(system, primary)).any()


def test_a_count_without_company_takes_its_total_with_it():
    system = square([1])
    hidden = suppress(system, system.values > 0)
    assert hidden.all()
    assert np.isinf(intervals(system, hidden, np.array([0]))).any()


def test_a_cell_that_is_shown_fails_what_it_needs():
    system = square([1, 20], [20, 20])
    primary = small(system, 3)
    assert failing(system, np.zeros(len(primary), dtype=bool), not_exactly(system, primary)).sum() == primary.sum()
    assert not failing(system, ~primary, not_exactly(system, np.zeros(len(primary), dtype=bool))).any()


def test_a_value_next_to_certain_is_as_good_as_known():
    """A sum of 1000 tied to two of a hundredth: it can be computed to a hundred-thousandth, and that is too well."""
    values = np.array([1000.01, 1000.0, 0.01, 0.01, 0.02])
    sums = sparse.csr_matrix([[-1.0, 1.0, 1.0, 0, 0], [0, 0, 1.0, 1.0, -1.0]])
    system = System(values, sums, np.zeros(5, dtype=bool), whole=False)
    primary = np.array([False, True, False, False, False])
    hidden = np.array([False, True, True, True, False])
    assert not determined(system.relations, hidden).any()
    assert failing(system, hidden, not_exactly(system, primary)).tolist() == primary.tolist()
    assert not failing(system, suppress(system, primary), not_exactly(system, primary)).any()


def test_a_proof_that_does_not_hold_releases_nothing(monkeypatch):
    system = square([1, 20], [20, 20])
    nothing = audit.Short(int(small(system, 3).argmax()), 1, 1.0, np.zeros(system.relations.shape[0]))
    monkeypatch.setattr(secondary, "shortfalls", lambda *_: [[nothing]])
    with pytest.raises(CannotMeet, match="proof"):
        suppress(system, small(system, 3))


def test_a_cell_nothing_can_hide_is_refused():
    system = System(
        np.array([5.0, 5.0]), sparse.csr_matrix([[-1.0, 1.0]]), np.zeros(2, dtype=bool), ceiling=np.array([5.0, 5.0])
    )
    with pytest.raises(CannotMeet, match="no cells to hide"):
        suppress(system, np.array([True, False]), sliding(system, np.array([True, False]), np.array([4.0, 0.0])))


def test_more_cells_than_a_search_ends_with_are_refused(monkeypatch):
    system = square([1, 20], [20, 20])
    monkeypatch.setattr(secondary, "MOST_CELLS", 17)
    with pytest.raises(CannotMeet, match="18 cells are more than 17"):
        suppress(system, small(system, 3))


def test_a_search_that_does_not_end_releases_nothing(monkeypatch):
    system = square([1, 20], [20, 20])
    monkeypatch.setattr(secondary, "fewest", lambda *_: np.zeros(len(system.values), dtype=bool))
    monkeypatch.setattr(secondary, "MOST_ROUNDS", 3)
    with pytest.raises(CannotMeet, match="after 3 rounds"):
        suppress(system, small(system, 3))


class Gave:
    status, message = 4, "numbers"


@pytest.mark.parametrize("module", [audit, secondary])
def test_a_solver_that_gives_up_releases_nothing(monkeypatch, module):
    system = square([1, 20], [20, 20])
    monkeypatch.setattr(module, "linprog", lambda *_, **__: Gave())
    monkeypatch.setattr(
        secondary, "fewest", lambda *_: np.zeros(len(system.values), dtype=bool)
    ) if module is secondary else None
    with pytest.raises(CannotMeet, match="gave up"):
        suppress(system, small(system, 3))


def test_a_table_without_small_cells_loses_none():
    system = square([20, 20], [20, 20])
    assert not suppress(system, small(system, 3)).any()
    assert not covering.fewest(np.arange(2), np.ones(2), [], 2).any()
