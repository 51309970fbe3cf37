"""One event has one form, and what has no exact form is refused."""

import json
from enum import IntEnum, StrEnum

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.audit.canonical import MAX_BYTES, NotCanonical, decode, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_read_back_the_same(value):
    assume(depth_of(value) <= 8)
    body = encode(value)
    assert decode(body) == json.loads(body) == value


def test_the_order_of_keys_makes_no_difference():
    assert encode({"b": 1, "a": {"d": 2, "c": 3}}) == encode({"a": {"c": 3, "d": 2}, "b": 1})


def test_keys_are_sorted_as_rfc_8785_shows():
    # The example of RFC 8785, section 3.2.3: UTF-16 code units decide.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\xf6"]
    assert list(json.loads(encode(dict.fromkeys(keys, 0)))) == [
        "\r",
        "1",
        "\x80",
        "\xf6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


def test_an_enum_is_hashed_as_its_word_or_number():
    class Word(StrEnum):
        ONE = "one"

    class Number(IntEnum):
        TWO = 2

    assert encode({Word.ONE: [Word.ONE, Number.TWO, (True,)]}) == b'{"one":["one",2,[true]]}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        "a\0b",
        "\ud800",
        b"bytes",
        {1: "a"},
        {"\udfff": 1},
        {"a": {1}},
        object(),
    ],
)
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises(NotCanonical):
        encode({"field": value})


def test_a_refusal_does_not_repeat_the_value():
    with pytest.raises(NotCanonical) as caught:
        encode({"field": "Amina Secret\0"})
    assert "Amina" not in str(caught.value)


def test_sixteen_kibibytes_fit_and_one_byte_more_does_not():
    frame = len(encode({"a": ""}))
    assert len(encode({"a": "x" * (MAX_BYTES - frame)})) == MAX_BYTES
    with pytest.raises(NotCanonical, match="16385 bytes"):
        encode({"a": "x" * (MAX_BYTES - frame + 1)})


def test_endless_nesting_is_refused():
    value = {}
    value["a"] = value
    with pytest.raises(NotCanonical, match="nested"):
        encode(value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":1,"a":1}',
        b'{"a":"\\u0041"}',
        b"[]",
        b"",
        b"{",
        b"\xff",
        b'{"a":NaN}',
        b"[" * 100_000,
    ],
)
def test_other_forms_are_refused_when_read(body):
    with pytest.raises(NotCanonical):
        decode(body)
