"""t-closeness and beta-likeness, counted again by plain loops over every value of every class."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.closeness import answers, enhanced, excess, likeness, nominal, numeric, ordered
from portal.disclosure.measure import spread
from portal.disclosure.refusals import BadInput
from tests.core.disclosure.boards import board

MISSING = {"", ".d", ".r", ".n", ".s"}


def distributions(frame, keys, variable, order=None):
    """The file's distribution and each class's, in order of class, as lists over all values in their order."""
    said = ["" if cell in MISSING else cell for cell in frame[variable]]
    values = order if order is not None else sorted(set(said) - {""}, key=by_number)
    values = [""] * ("" in said) + list(values)
    rows = list(zip(*(frame[key] for key in keys), strict=True))

    def shares(cells):
        return [cells.count(value) / len(cells) for value in values]

    return shares(said), [
        shares([cell for cell, row in zip(said, rows, strict=True) if row == one]) for one in sorted(set(rows))
    ]


def by_number(word):
    try:
        return (float(word), word)
    except ValueError:
        return (math.inf, word)


def slow_nominal(base, share):
    return sum(abs(p - q) for p, q in zip(base, share, strict=True)) / 2


def slow_ordered(base, share):
    moved, carried = 0.0, 0.0
    for p, q in zip(base, share, strict=True):
        carried += q - p
        moved += abs(carried)
    return moved / (len(base) - 1) if len(base) > 1 else 0.0


def slow_likeness(base, share):
    return max([(q - p) / p for p, q in zip(base, share, strict=True) if q > p], default=0.0)


def slow_excess(base, share):
    over = [(q - p) / p + math.log(p) for p, q in zip(base, share, strict=True) if q > p]
    return max([*over, 0.0])


WORDS = st.sampled_from(["1", "2", "10", "2.5", "", ".d", ".s", "many"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), WORDS), min_size=1, max_size=24))
def test_every_figure_is_what_its_definition_says(drawn):
    frame = pd.DataFrame(drawn, columns=["camp", "sex", "why"], dtype="str")
    told = answers(frame, ["camp", "sex"], "why")
    base, classes = distributions(frame, ["camp", "sex"], "why")
    for fast, slow in [
        (nominal, slow_nominal),
        (ordered, slow_ordered),
        (likeness, slow_likeness),
        (excess, slow_excess),
    ]:
        assert fast(told).tolist() == pytest.approx([slow(base, share) for share in classes], abs=1e-12), fast


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["lo", "mid", ".r"])), min_size=1, max_size=14))
def test_a_value_that_nobody_gives_keeps_its_place_between_its_neighbours(drawn):
    frame = pd.DataFrame(drawn, columns=["camp", "how"], dtype="str")
    order = ["lo", "mid", "high", "most"]
    base, classes = distributions(frame, ["camp"], "how", order)
    found = ordered(answers(frame, ["camp"], "how", order=order))
    assert found.tolist() == pytest.approx([slow_ordered(base, share) for share in classes], abs=1e-12)


# Li, Li & Venkatasubramanian 2007: salaries 3K to 11K, one of each. The text gives 0.375 for {3K, 4K, 5K} and 0.167
# for {6K, 8K, 11K}; the last class is not in the text. Table 5 is said to be 0.167-close in salary.
SALARIES = """
zip   table5 salary disease
476** a      3      gastric_ulcer
476** b      4      gastritis
476** a      5      stomach_cancer
4790* c      6      gastritis
4790* c      11     flu
4790* c      8      bronchitis
476** b      7      bronchitis
476** a      9      pneumonia
476** b      10     stomach_cancer
"""


def test_the_paper_on_t_closeness_is_met():
    frame, _ = board(SALARIES)
    low = frame.assign(zip=["one", "one", "one", "two", "two", "two", "three", "three", "three"])
    one, three, two = ordered(answers(low, ["zip"], "salary"))
    assert (one, two) == (pytest.approx(0.375), pytest.approx(0.167, abs=4e-4))
    # {7K, 9K, 10K} by hand: the cumulated shares differ by 1, 2, 3, 4, 2, 3, 1, 1 and 0 ninths; over 8 steps
    assert three == pytest.approx(17 / 72)
    assert spread(frame, ["table5"], "salary")["closeness_ordered"] == pytest.approx(0.167, abs=4e-4)
    assert spread(frame, ["table5"], "disease")["closeness"] == pytest.approx(5 / 9)


def test_a_class_like_the_file_is_at_no_distance_and_gains_nothing():
    frame, _ = board("camp why\na 1\na 2\nb 1\nb 2")
    assert spread(frame, ["camp"], "why") == {
        "distinct": 2.0,
        "entropy": 2.0,
        "closeness": 0.0,
        "beta": 0.0,
        "beta_excess": 0.0,
        "closeness_ordered": 0.0,
    }


def test_the_enhanced_form_asks_more_of_frequent_answers():
    frame, _ = board("camp why\na war\na war\nb war\nb work")
    told = answers(frame, ["camp"], "why")
    assert likeness(told).tolist() == [pytest.approx(1 / 3), 1.0]
    assert enhanced(told).tolist() == [math.inf, 1.0]  # -ln 3/4 is 0.288 and below a third, -ln 1/4 is 1.386
    assert spread(frame, ["camp"], "why")["beta_excess"] == pytest.approx(1 / 3 + math.log(3 / 4))


def test_all_missing_answers_are_one_answer():
    frame, _ = board("camp why\na .d\na .r\nb .\nb .s")
    assert spread(frame, ["camp"], "why") == {
        "distinct": 1.0,
        "entropy": 1.0,
        "closeness": 0.0,
        "beta": 0.0,
        "beta_excess": 0.0,
    }


def test_only_answers_that_are_all_numbers_have_an_order_of_their_own():
    frame, _ = board("n m w\n1 1 .d\n2.5 x .d\n.d 2 .d")
    assert [numeric(frame[name]) for name in frame] == [True, False, False]
    assert numeric(pd.Series([1, 2, None], dtype="object"))
    assert not numeric(pd.Series(["nan", "inf"]))
    assert answers(frame, ["w"], "n").base.tolist() == pytest.approx([1 / 3] * 3)


def test_an_answer_beside_the_order_is_refused_without_repeating_it():
    frame, _ = board("camp why\na secret\na low")
    with pytest.raises(BadInput, match="why: holds an answer that its order does not list") as refused:
        answers(frame, ["camp"], "why", order=["low", "high"])
    assert "secret" not in str(refused.value)
    with pytest.raises(BadInput, match="who: not in the data"):
        answers(frame, ["camp"], "who")


def test_a_file_of_nobody_is_at_no_distance():
    frame, _ = board("camp why\na 1")
    assert set(spread(frame.iloc[:0], ["camp"], "why").values()) == {0.0, 1.0}


def test_numbers_in_memory_are_counted_as_their_text_is():
    whole = pd.DataFrame(
        {"camp": np.array([1, 1, 2, 2], dtype=np.int16), "n": np.array([7, -3, 7, 10], dtype=np.int16)}
    )
    assert spread(whole, ["camp"], "n") == spread(whole.astype("str"), ["camp"], "n")
