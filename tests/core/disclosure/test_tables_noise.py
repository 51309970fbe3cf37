import numpy as np
import pandas as pd
import pytest

from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables import averaging
from portal.disclosure.tables.averaging import Budget, afford, remaining
from portal.disclosure.tables.cellkey import perturbed, record_keys
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.ptable import PTable, ptable
from tests.core.disclosure import golden

SECRET = b"drawn for a test, of 32 bytes or more"
UNEQUAL = 6
"""The one row where the peer asks besides that nearer changes are likelier; ours is the more random."""


def their_table():
    drawn = pd.read_csv(golden.path("cellkey/ptable_D5_V3_js2_pstay05.csv"))
    return PTable(tuple((row["v"].to_numpy(), row["p_int_ub"].to_numpy()) for _, row in drawn.groupby("i")), 3.0)


def chances(row):
    return np.diff(row[1], prepend=0.0)


def entropy(row):
    share = chances(row)
    return -(share * np.log(share)).sum()


def test_the_perturbation_table_is_the_peers_row_for_row():
    ours, theirs = ptable(most=5, variance=3.0, unseen=2, stay=0.5), their_table()
    assert len(ours.rows) == len(theirs.rows)
    for count, (mine, peer) in enumerate(zip(ours.rows, theirs.rows, strict=True)):
        assert mine[0].tolist() == peer[0].tolist()
        if count == UNEQUAL:
            assert entropy(mine) > entropy(peer)
        else:
            assert mine[1] == pytest.approx(peer[1], abs=1e-7)


@pytest.mark.parametrize("settings", [{}, {"most": 8, "variance": 5.0}, {"unseen": 0, "stay": 0.3, "variance": 2.0}])
def test_noise_has_mean_nought_and_the_stated_variance_for_every_count(settings):
    made = ptable(**settings)
    for count, (steps, ends) in list(enumerate(made.rows))[1:]:
        share = chances((steps, ends))
        assert share @ steps == pytest.approx(0, abs=1e-9)
        assert share @ steps**2 == pytest.approx(made.variance)
        assert ends[-1] == pytest.approx(1)
        assert ((count + steps == 0) | (count + steps > settings.get("unseen", 2))).all()


def test_noise_that_cannot_be_is_refused():
    with pytest.raises(BadInput, match="variance: no noise"):
        ptable(most=2, variance=9.0)
    for wrong in ({"most": 0}, {"variance": 0.0}, {"unseen": -1}, {"stay": 1.0}):
        with pytest.raises(BadInput, match="ptable: "):
            ptable(**wrong)


@pytest.mark.parametrize("table", [their_table, ptable])
def test_the_peers_perturbed_table_comes_out_cell_for_cell(table):
    drawn = pd.read_csv(golden.path("cellkey/input_rkeys.csv"), dtype={"interview_country": "str", "sex": "str"})
    expected = pd.read_csv(golden.path("cellkey/cellkey_freqtab.csv"), dtype="str")
    made = cube(drawn, [["interview_country"], ["sex"]])
    keys = (drawn["rkey"].to_numpy() * 2.0**64).astype(np.uint64)
    found = perturbed(made.count(), made.added(keys), table())
    names = [
        tuple((side.paths[node] or ("Tot",))[0] for side, node in zip(made.dimensions, row, strict=True))
        for row in made.nodes
    ]
    told = {(row.interview_country, row.sex): (int(row.uwc), int(row.puwc)) for row in expected.itertuples()}
    assert {name: pair for name, *pair in zip(names, made.count().tolist(), found.tolist(), strict=True)} == {
        name: list(pair) for name, pair in told.items()
    }


def people(n=400, seed=3):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"v{at}": rng.integers(0, 3, n).astype(str) for at in range(4)}, dtype="str")
    return frame.assign(id=[f"interview {at}" for at in range(n)])


def noisy(frame, dimensions, *, keys, tables=()):
    made = cube(frame, dimensions, tables=tables, joined=False)
    shown = perturbed(made.count(), made.added(keys), ptable())
    return {
        frozenset((side.columns[len(path) - 1], path[-1]) for side, path in named if path): int(value)
        for named, value in zip(
            [[(side, side.paths[node]) for side, node in zip(made.dimensions, row, strict=True)] for row in made.nodes],
            shown,
            strict=True,
        )
    }


def test_a_cell_has_the_same_noise_in_whatever_table_and_order_it_is_asked():
    frame = people()
    keys = record_keys(SECRET, frame["id"])
    whole = noisy(frame, [["v0"], ["v1"], ["v2"]], keys=keys)
    for dimensions in ([["v2"], ["v0"]], [["v1"]], [["v2"], ["v1"], ["v0"]], [["v1"], ["v3"], ["v2"]]):
        part = noisy(frame, dimensions, keys=keys)
        same = whole.keys() & part.keys()
        assert len(same) > 3
        assert {cell: part[cell] for cell in same} == {cell: whole[cell] for cell in same}
    order = np.random.default_rng(1).permutation(len(frame))
    assert noisy(frame.iloc[order], [["v0"], ["v1"], ["v2"]], keys=keys[order]) == whole


def test_the_same_people_under_another_name_show_the_same_count():
    frame = people().assign(also=lambda rows: rows["v0"].map({"0": "x", "1": "y", "2": "z"}))
    keys = record_keys(SECRET, frame["id"])
    shown = noisy(frame, [["v0"], ["also"]], keys=keys)
    for one, other in (("0", "x"), ("1", "y"), ("2", "z")):
        names = [{("v0", one)}, {("also", other)}, {("v0", one), ("also", other)}]
        assert len({shown[frozenset(name)] for name in names}) == 1


def test_zeros_stay_zero_and_small_counts_never_come_out():
    frame = people(60)
    made = cube(frame, [["v0"], ["v1"], ["v2"], ["v3"]])
    count = made.count()
    shown = perturbed(count, made.added(record_keys(SECRET, frame["id"])), ptable())
    assert (shown[count == 0] == 0).all()
    assert not np.isin(shown, [1, 2]).any()
    assert (shown != count).any()


def test_record_keys_are_uniform_lasting_and_secret():
    keys = record_keys(SECRET, [str(at) for at in range(20_000)])
    assert np.histogram(keys / 2.0**64, bins=10, range=(0, 1))[0] == pytest.approx(2000, abs=200)
    assert record_keys(SECRET, ["7"])[0] == keys[7]
    assert record_keys(SECRET[::-1], ["7"])[0] != keys[7]


@pytest.mark.parametrize(
    ("secret", "ids", "fact"), [(b"short", ["a"], "secret"), (SECRET, ["a", "a"], "ids"), (SECRET, ["a", ""], "ids")]
)
def test_keys_need_a_secret_and_ids_of_their_own(secret, ids, fact):
    with pytest.raises(BadInput, match=f"^{fact}: "):
        record_keys(secret, ids)


TIMES = 50
TRUE = 7
TABLE = ptable()


def averaged(cell_keys):
    """The attacker's mean of the answers to one question, asked once for each key."""
    return perturbed(np.full(len(cell_keys), TRUE), cell_keys, TABLE).mean()


def test_asking_fifty_times_tells_nothing_but_fresh_noise_is_found_guilty():
    rng = np.random.default_rng(5)
    fresh = [averaged(rng.integers(0, 2**64, TIMES, dtype=np.uint64)) for _ in range(200)]
    ours = [averaged(np.repeat(rng.integers(0, 2**64, 1, dtype=np.uint64), TIMES)) for _ in range(200)]
    assert np.var(fresh) < 3 / TIMES * 1.5
    assert np.mean(np.rint(fresh) == TRUE) > 0.9
    assert 2 < np.var(ours) < 4
    assert np.mean(np.rint(ours) == TRUE) < 0.6


def repartitions(times, n=300):
    """A group, and as many variables that split it anew: each split adds up to another guess of the group."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({f"v{at}": rng.integers(0, 2, n).astype(str) for at in range(times)}, dtype="str")
    frame["group"] = np.where(np.arange(n) < 9, "small", "large")
    splits = [[at, times] for at in range(times)]
    return cube(frame, [[f"v{at}"] for at in range(times)] + [["group"]], tables=splits, joined=False), frame


def test_fifty_repartitions_are_refused_for_what_their_sums_give_away():
    made, _ = repartitions(TIMES)
    count, relations = made.count(), made.relations()
    small = np.flatnonzero(count == 9)
    assert remaining(relations, count > 0, 3.0)[small].min() < 0.15
    with pytest.raises(CannotMeet, match="ask for fewer tables"):
        afford(relations, count.astype(float), 3.0, Budget())
    few, _ = repartitions(1)
    assert afford(few.relations(), few.count().astype(float), 3.0, Budget()) > 1


def test_the_remaining_variance_is_what_the_attack_itself_achieves():
    made, frame = repartitions(6)
    count, relations = made.count(), made.relations().toarray()
    expected = remaining(made.relations(), count > 0, 3.0)
    tied = relations[:, count > 0]
    guess = np.eye(tied.shape[1]) - np.linalg.pinv(tied) @ tied
    errors = []
    for again in range(100):
        keys = record_keys(SECRET + bytes([again % 256, again // 256]), [str(at) for at in range(len(frame))])
        shown = perturbed(count, made.added(keys), TABLE)
        errors.append(guess @ shown[count > 0] - count[count > 0])
    assert np.mean(np.square(errors), axis=0).mean() == pytest.approx(expected[count > 0].mean(), rel=0.15)


def test_more_cells_than_can_be_judged_are_refused(monkeypatch):
    made, _ = repartitions(2)
    monkeypatch.setattr(averaging, "MOST_CELLS", 3)
    with pytest.raises(BadInput, match="not judged"):
        remaining(made.relations(), made.count() > 0, 3.0)


def test_without_small_counts_the_budget_is_untouched():
    made = cube(people(), [["v0"]])
    assert afford(made.relations(), made.count().astype(float), 3.0, Budget()) == np.inf
