from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.itemsets import chosen, rare_sets
from portal.disclosure.refusals import BadInput
from tests.core.disclosure.boards import board


def slowly(flags, k, largest):
    """Rare sets without a rare subset, each counted over all records."""
    found = []
    for size in range(1, largest + 1):
        for items in combinations(range(flags.shape[1]), size):
            support = sum(all(row[item] for item in items) for row in flags)
            if 0 < support < k and not any(set(less) < set(items) for less in found):
                found.append(items)
    return found


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 7).flatmap(lambda items: st.lists(st.tuples(*[st.booleans()] * items), max_size=12)),
    st.integers(2, 5),
    st.integers(1, 3),
)
def test_every_rare_set_is_counted_and_nothing_else(drawn, k, largest):
    flags = np.array(drawn, dtype=bool).reshape(len(drawn), len(drawn[0]) if drawn else 3)
    found, sets = rare_sets(flags, k, largest=largest), slowly(flags, k, largest)
    assert found.sets == {size: sum(len(one) == size for one in sets) for size in range(1, largest + 1)}
    assert found.items.tolist() == [sum(item in one for one in sets) for item in range(flags.shape[1])]
    mine = [[len(one) for one in sets if all(row[item] for item in one)] for row in flags]
    assert found.smallest.tolist() == [min(one, default=0) for one in mine]


STOPS = """
stops              | smallest
agadez             | 0
agadez+sebha       | 0
agadez+sebha       | 0
agadez+gao         | 2
gao+sebha          | 2
.d                 | 0
.                  | 0
gao                | 0
kidal+gao          | 1
"""


def test_an_answer_that_only_one_gave_and_a_pair_that_only_one_gave_are_told_apart():
    frame, expected = board(STOPS)
    items, flags = chosen(frame["stops"])
    assert items == ["agadez", "gao", "kidal", "sebha"]
    found = rare_sets(flags, 2)
    assert found.smallest.tolist() == expected["smallest"].astype(int).tolist()
    assert found.sets == {1: 1, 2: 2, 3: 0}
    assert dict(zip(items, found.items.tolist(), strict=True)) == {"agadez": 1, "gao": 2, "kidal": 1, "sebha": 1}


def test_a_set_of_exactly_k_is_safe_and_of_one_less_is_not():
    flags = np.repeat(np.array([[True, True, True]]), 5, axis=0)
    flags = np.concatenate(
        [flags, np.repeat(np.array([[True, True, False], [True, False, True], [False, True, True]]), 9, axis=0)]
    )
    assert rare_sets(flags, 5).sets == {1: 0, 2: 0, 3: 0}
    assert rare_sets(flags, 6).sets == {1: 0, 2: 0, 3: 1}
    assert rare_sets(flags, 6).smallest.tolist() == [3] * 5 + [0] * 27


def test_three_hundred_items_of_many_people_are_counted_right():
    rng = np.random.default_rng(3)
    flags = rng.random((2000, 300)) < 0.02
    found = rare_sets(flags, 3, largest=2)
    together = flags.T.astype("float32") @ flags.astype("float32")
    few = (together > 0) & (together < 3)
    common = np.diag(together) >= 3
    pairs = few & common[:, None] & common & ~np.eye(300, dtype=bool)
    assert found.sets == {1: int(np.diag(few).sum()), 2: int(pairs.sum()) // 2}


@pytest.mark.parametrize("rows", [0, 1])
def test_nobody_has_no_rare_set_and_one_person_only_rare_ones(rows):
    flags = np.ones((rows, 2), dtype=bool)
    assert rare_sets(flags, 2).sets == {1: 2 * rows, 2: 0, 3: 0}
    assert chosen(pd.Series(["", None][:rows], dtype="object"))[1].shape == (rows, 0)


@pytest.mark.parametrize(
    ("k", "largest", "fact"), [(1, 3, "k: below 2"), (2, 0, "largest: must"), (2, 4, "largest: must")]
)
def test_what_protects_nobody_or_is_not_searched_is_refused(k, largest, fact):
    with pytest.raises(BadInput, match=fact):
        rare_sets(np.ones((3, 3), dtype=bool), k, largest=largest)
