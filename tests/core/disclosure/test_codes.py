"""Columns taken apart and put together again, and what is remembered of them."""

import gc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.disclosure import codes
from portal.disclosure.cells import Cells
from portal.disclosure.classes import pack, text
from portal.disclosure.codes import mixed, worded

WORDS = st.lists(st.sampled_from(["b", "a", "", ".s", "é", "é", "10", "9", "\U0001f600", "\uffff"]), max_size=8)


@pytest.mark.parametrize("kind", ["str", "object", "category", "string[python]"])
@given(drawn=WORDS)
def test_words_stand_in_order_each_once_and_give_the_column_back(kind, drawn):
    column = pd.Series(drawn, dtype=kind)
    places, words = worded(column)
    assert words == sorted({*drawn, ""})
    assert [words[at] for at in places] == drawn
    assert Cells.of(column).column(column.index).tolist() == drawn


def test_numbers_and_missing_cells_are_read_as_text_has_them():
    column = pd.Series([1.0, 2.5, np.nan, 1.0])
    places, words = worded(column)
    assert [words[at] for at in places] == text(column).tolist() == ["1", "2.5", "", "1"]


def test_a_column_that_is_changed_is_read_anew():
    frame = pd.DataFrame({"camp": ["a", "b", "b"]}, dtype="str")
    before = worded(frame["camp"])
    frame.loc[0, "camp"] = "c"
    assert before[1] == ["", "a", "b"]
    assert worded(frame["camp"])[1] == ["", "b", "c"]
    assert worded(frame["camp"])[0].tolist() == [2, 1, 1]


def test_what_was_read_of_a_column_is_forgotten_with_it():
    gc.collect()
    held = len(codes._KNOWN)
    column = pd.Series(["a", "b"], dtype="str")
    assert worded(column)[0] is worded(column.copy())[0]
    assert len(codes._KNOWN) == held + 1
    with pytest.raises(ValueError, match="read-only"):
        worded(column)[0][0] = 1
    del column
    gc.collect()
    assert len(codes._KNOWN) == held


def test_a_word_is_put_only_where_it_does_not_stand_yet():
    cells = Cells(["a", ".s"], np.array([0, 1, 0]))
    assert cells.put(".s", np.array([False, True, False])) is cells
    made = cells.put(".s", np.array([True, True, False]))
    assert made.column(pd.RangeIndex(3)).tolist() == [".s", ".s", "a"]
    assert made.hold(".s").tolist() == [True, True, False]


@given(st.integers(0, 9), st.integers(1, 40))
def test_more_columns_than_a_number_holds_are_mixed_in_lexicographic_order(seed, wide):
    rng = np.random.default_rng(seed)
    columns = [rng.integers(-3, high, 30) for high in rng.choice([1, 5, 10**6, 2**61], wide)]
    order = {row: at for at, row in enumerate(sorted(set(zip(*(one.tolist() for one in columns), strict=True))))}
    numbers, size = mixed(columns)
    assert numbers.min() >= 0
    assert numbers.max() < size
    assert pack(columns).tolist() == [order[row] for row in zip(*(one.tolist() for one in columns), strict=True)]


def test_however_many_columns_there_are():
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, 3, 50) for _ in range(1500)]
    numbers, size = mixed(columns)
    order = np.lexsort(columns[::-1])
    assert (np.diff(numbers[order]) > 0).all()
    assert numbers.max() < size
