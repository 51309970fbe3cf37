"""What differs between two texts is found, all of it, and put together again it is both texts."""

from hypothesis import given
from hypothesis import strategies as st

from portal.agreements.basis import needs_reason
from portal.agreements.compare import Change, changes, words

TEXT = st.lists(st.sampled_from(["may", "share", "not", "data", "\n\n", "  "]), max_size=30).map(" ".join)


@given(TEXT, TEXT)
def test_the_pieces_hold_both_texts_whole(was, now):
    pieces = words(was, now)
    assert "".join(one.text for one in pieces if one.kind != "new") == was
    assert "".join(one.text for one in pieces if one.kind != "gone") == now
    assert was != now or all(one.kind == "same" for one in pieces)


def test_a_clause_that_came_or_went_counts_as_a_change():
    found = list(changes({"a": 1, "gone": "x", "same": [1]}, {"a": 2, "same": [1], "new": ["y"]}))
    assert found == [Change("a", 1, 2), Change("new", None, ["y"]), Change("gone", "x", None)]


def test_transfers_that_are_a_decision_need_a_reason():
    assert needs_reason("none", "un")
    assert needs_reason("derogation", "ngo")
    assert not needs_reason("clauses", "academic")
