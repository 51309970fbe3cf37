from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import keys
from portal.disclosure import codes
from portal.disclosure import uniques as searching
from portal.disclosure.refusals import BadInput
from portal.disclosure.suda import Suda, suda
from tests.core.disclosure import golden
from tests.core.disclosure.boards import board

SCORED = """
camp age sex | score
a    1   f   | 0
a    1   f   | 0
a    2   f   | 1
a    2   m   | 2
b    2   f   | 2
b    3   .s  | 2
"""


def sets_of(frame, largest):
    """Every record's minimal sample-unique sets, by comparing each record with each other one."""
    columns, rows = list(frame), frame.to_numpy()
    missing = np.isin(rows.astype(str), ["", ".s", ".d", ".r", ".n"])
    found = []
    for at, row in enumerate(rows):
        alone = {
            members
            for size in range(1, len(columns) + 1)
            for members in combinations(range(len(columns)), size)
            if not missing[at, list(members)].any()
            and not any(
                other != at and all(rows[other, key] == row[key] for key in members) for other in range(len(rows))
            )
        }
        found.append([one for one in alone if len(one) <= largest and not any(set(less) < set(one) for less in alone)])
    return found


def test_a_score_counts_the_ways_to_be_told_apart_and_small_sets_most():
    frame, expected = board(SCORED)
    found = suda(frame, ["camp", "age", "sex"])
    assert found.score.tolist() == expected["score"].astype(float).tolist()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from(["1", "2", "3", "4", ".s", ".d"])] * 4), min_size=1, max_size=16),
    st.integers(1, 4),
)
def test_every_set_is_found_and_nothing_else(drawn, largest):
    frame = pd.DataFrame(drawn, columns=list("abcd"), dtype="str")
    found, sets = suda(frame, list("abcd"), largest=largest), sets_of(frame, largest)
    scores = [sum(factorial(4 - len(one)) for one in mine) for mine in sets]
    assert found.score.tolist() == scores
    for at, key in enumerate("abcd"):
        by_value = {}
        for row, mine in enumerate(sets):
            points = sum(factorial(4 - len(one)) for one in mine if at in one)
            by_value[frame[key][row]] = by_value.get(frame[key][row], 0) + 100 * points / max(sum(scores), 1)
        assert found.values[key] == pytest.approx({value: share for value, share in by_value.items() if share})
        assert found.attributes[key] == pytest.approx(sum(by_value.values()))


def test_adult_scores_as_its_authors_tool_does():
    adult = pd.read_csv(golden.path("arx/adult.csv"), sep=";", dtype="str")
    found = suda(adult, list(adult))
    assert found.score.sum() == 20402731
    assert (found.score > 0).sum() == 15512


@pytest.mark.parametrize(("coarse", "total", "scored"), [(True, 830353, 7835), (False, 13439966, None)])
def test_surveys_score_as_the_peers_measured(coarse, total, scored):
    found = suda(keys.keys(10_000, coarse=coarse), keys.EIGHT)
    assert found.score.sum() == total
    assert scored in (None, (found.score > 0).sum())


@pytest.mark.long
@pytest.mark.parametrize(("coarse", "total", "scored"), [(True, 1013918, 39_794), (False, 39922975, None)])
def test_larger_surveys_score_as_the_peers_measured(coarse, total, scored):
    found = suda(keys.keys(100_000, coarse=coarse), keys.EIGHT)
    assert found.score.sum() == total
    assert scored in (None, (found.score > 0).sum())


@pytest.mark.parametrize("roomy", [0, 10**9])
def test_a_hash_that_sends_all_to_few_seats_still_tells_everyone_apart_sorted_or_counted(monkeypatch, roomy):
    monkeypatch.setattr(codes, "MULTIPLIERS", (1, 3))
    monkeypatch.setattr(codes, "ROOMY", -1e9)
    monkeypatch.setattr(searching, "ROOMY", roomy)
    monkeypatch.setattr(searching, "BLOCK", 0)
    found = suda(keys.keys(10_000, coarse=True), keys.EIGHT)
    assert found.score.sum() == 830353


def test_many_keys_with_many_levels_merge_nobody():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({f"k{at}": rng.integers(0, 1000, 400) * 2**40 for at in range(14)})
    twin = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    assert (suda(frame, list(frame), largest=4).score > 0).all()
    assert np.flatnonzero(suda(twin, list(frame)).score == 0).tolist() == [0, 400]


def test_sets_of_fourteen_members_are_counted_in_a_domain_beyond_any_number(monkeypatch):
    rng = np.random.default_rng(8)
    values = np.sort(rng.choice(2**40, 300, replace=False))
    frame = pd.DataFrame({f"k{at}": rng.choice(values, 300) for at in range(3)})
    expected = suda(frame, list(frame)).score
    monkeypatch.setattr(searching, "SAFE_RADIX", 2)
    assert suda(frame, list(frame)).score.tolist() == expected.tolist()


def test_who_is_alone_in_seven_keys_at_once_is_found_among_more_combinations_than_fit_beside_their_places():
    """256 values a key. Who has one other value in any of the keys is there too, in the first as far off as can be."""
    person = [200, 1, 2, 3, 4, 5, 6]
    others = [[*person[:at], 100 if at else 72, *person[at + 1 :]] for at in range(7)]
    rows = 2 * [[value] * 7 for value in range(256)] + 2 * others + [person]
    frame = pd.DataFrame(rows, columns=list("abcdefg"))
    assert suda(frame, list(frame)).score.tolist() == [0.0] * (len(rows) - 1) + [1.0]


def test_one_record_is_special_in_each_key_and_nobody_is_in_an_empty_file():
    one = suda(pd.DataFrame({"a": [1], "b": ["x"]}), ["a", "b"])
    assert one.score.tolist() == [2.0]
    assert one.attributes == {"a": 50.0, "b": 50.0}
    none = suda(pd.DataFrame({"a": [], "b": []}), ["a", "b"])
    assert (none.score.tolist(), none.attributes, none.values) == ([], {"a": 0.0, "b": 0.0}, {"a": {}, "b": {}})


def test_a_key_that_is_missing_or_the_same_throughout_tells_nobody_apart():
    frame = pd.DataFrame({"same": ["x"] * 3, "none": [None, ".d", ""], "age": [1, 1, 2]})
    assert suda(frame, ["same", "none", "age"]).score.tolist() == [0.0, 0.0, 2.0]
    assert suda(frame, ["same", "none"]).score.tolist() == [0.0, 0.0, 0.0]


DIS = """
pairs fraction | dis
0     0.1      | 1
4     1        | 1
4     0.5      | 0.5
4     0.1      | 0.1
"""


def test_dis_is_certain_without_pairs_and_falls_with_the_share_of_people_asked():
    drawn, expected = board(DIS)
    found = [
        Suda(np.array([2.0, 2.0, 0.0, 2.0, 2.0]), 8, int(pairs), {}, {}).dis(float(fraction))
        for pairs, fraction in drawn.itertuples(index=False)
    ]
    assert [one[0] for one in found] == pytest.approx(expected["dis"].astype(float).tolist())
    assert [one[2] for one in found] == [0.0] * 4


def test_dis_weighs_a_higher_score_more():
    found = Suda(np.array([6.0, 3.0, 0.0]), 4, 2, {}, {})
    q, a = 1.2, 6**-1.2 + 3**-1.2
    assert found.dis(0.2).tolist() == pytest.approx([1 / (1 + 8 / (6**q * a)), 1 / (1 + 8 / (3**q * a)), 0])


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(fraction):
    with pytest.raises(BadInput, match="fraction: must lie above 0"):
        Suda(np.ones(1), 2, 0, {}, {}).dis(fraction)


@pytest.mark.parametrize(
    ("keys", "largest", "fact"),
    [
        ([], None, "keys: name at least one"),
        (["a", "a"], None, "a: named twice among the keys"),
        (["shoe"], None, "shoe: not in the data"),
        (["a"], 0, "largest: a set has at least 1 key"),
        (list(map(str, range(300))), 3, "keys: 300 keys have 4,500,250 sets of up to 3; search smaller sets"),
    ],
)
def test_a_search_that_cannot_be_done_is_refused_by_name(keys, largest, fact):
    frame = pd.DataFrame({"a": ["x"]} | {str(at): ["0"] for at in range(300)})
    with pytest.raises(BadInput, match=fact):
        suda(frame, keys, largest=largest)
