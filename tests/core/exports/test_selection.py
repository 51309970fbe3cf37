"""A selection keeps whole groups, answers only to the keys, and counts nobody exactly."""

import hashlib
import hmac

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.exports.filename import attachment, download_name
from portal.exports.pseudonym import relabel
from portal.exports.selection import counts_by, rounded, select
from tests.core.exports.content import KEYS, frame


def protected():
    table = frame().rename(columns={"record_id": "interview_id"})
    return table.sample(frac=1, random_state=3).reset_index(drop=True)


def a_mac(key):
    return lambda data: hmac.new(key, data, hashlib.sha256).digest()


def taken(filters, columns=("country", "year", "drivers")):
    return select(protected(), filters, columns=columns, key_columns=KEYS)


def test_a_selection_has_the_rows_and_columns_asked_for_in_the_order_of_the_file():
    chosen = taken({"country": ["NER", "LBY"], "year": ["2019"]}, ("drivers", "year", "country"))
    assert list(chosen.columns) == ["interview_id", "country", "year", "drivers"]
    whole = protected()
    expected = whole[whole["country"].isin(["NER", "LBY"]) & (whole["year"] == "2019")]
    assert chosen["interview_id"].tolist() == expected["interview_id"].tolist()
    assert list(chosen.index) == list(range(24))


def test_no_filter_is_every_row_and_an_empty_filter_is_none():
    assert len(taken({})) == len(protected())
    assert taken({"country": []}).empty


def test_a_hidden_value_can_be_asked_for_as_it_is_shown():
    assert len(taken({"country": [".s"]})) == 6


@pytest.mark.parametrize("column", ["exp_types", "interview_id", "absent"])
def test_a_filter_on_anything_but_a_key_is_refused(column):
    with pytest.raises(ValueError, match=f"^filters: {column} is no key"):
        taken({column: ["sexual"]})


@pytest.mark.parametrize("column", ["absent", "interview_id"])
def test_a_column_that_is_not_on_the_menu_is_refused(column):
    with pytest.raises(ValueError, match=f"^columns: {column}"):
        taken({}, ("country", column))


def test_no_column_at_all_is_refused():
    with pytest.raises(ValueError, match=r"^columns: none"):
        taken({}, ())


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(["WANA", "NER", "LBY", ".s", "2019", "man"]))))
def test_groups_of_equal_keys_are_in_whole_or_out_whole(filters):
    whole = protected().groupby(list(KEYS)).size()
    part = select(protected(), filters, columns=KEYS, key_columns=KEYS).groupby(list(KEYS)).size()
    assert all(whole[keys] == number for keys, number in part.items())


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "<30"), (1, "<30"), (29, "<30"), (30, "30"), (34, "30"), (35, "40"), (44, "40"), (2754, "2750")],
)
def test_counts_are_shown_in_tens_and_small_ones_alike(number, shown):
    assert rounded(number) == shown


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="number"):
        rounded(-1)


def test_counts_by_a_key_are_rounded_too():
    assert counts_by(frame(), "country") == {".s": "<30", "LBY": "<30", "NA": "<30", "NER": "<30"}
    assert counts_by(frame(per_class=9), "country") == {".s": "<30", "LBY": "40", "NA": "40", "NER": "40"}


def test_pseudonyms_are_keyed_and_put_the_rows_in_order():
    table = protected()
    named = relabel(table, a_mac(b"one"))
    assert list(named.columns) == ["record_id", *table.columns[1:]]
    assert named["record_id"].is_monotonic_increasing
    assert named["record_id"].str.fullmatch("[A-Z2-7]{52}").all()
    wanted = {a_mac(b"one")(text.encode()).hex() for text in table["interview_id"]}
    import base64

    assert {base64.b32decode(name + "====").hex() for name in named["record_id"]} == wanted


def test_rows_keep_their_answers_under_their_pseudonym():
    table = protected()
    named = relabel(table, a_mac(b"one"))
    again = relabel(table.sample(frac=1, random_state=9), a_mac(b"one"))
    pd.testing.assert_frame_equal(named, again)
    assert sorted(map(tuple, named.drop(columns="record_id").values)) == sorted(
        map(tuple, table.drop(columns="interview_id").values)
    )


def test_two_keys_share_neither_names_nor_order():
    table = protected()
    table["mark"] = table["interview_id"]
    one, two = (relabel(table, a_mac(key)) for key in (b"one", b"two"))
    assert not set(one["record_id"]) & set(two["record_id"])
    assert one["mark"].tolist() != two["mark"].tolist()
    assert one["mark"].tolist() != table["mark"].tolist()


def test_relabelling_refuses_what_it_cannot_name_safely():
    with pytest.raises(ValueError, match="no interview_id"):
        relabel(frame(), a_mac(b"k"))
    with pytest.raises(ValueError, match="record_id already"):
        relabel(frame().assign(interview_id="x"), a_mac(b"k"))
    with pytest.raises(ValueError, match="repeats"):
        relabel(protected().assign(interview_id="x"), a_mac(b"k"))


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("MMC-4Mi-2026-0042 v1", "MMC-4Mi-2026-0042-v1.zip"),
        ("../../etc/passwd", "etc-passwd.zip"),
        ("a\r\nb", "a-b.zip"),
        ("Enquête", "Enquete.zip"),
        ("سبها", "release.zip"),
        ("x" * 300, "x" * 120 + ".zip"),
    ],
)
def test_a_download_is_named_after_its_reference_and_never_a_path(reference, name):
    assert download_name(reference) == name


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.zip", 'attachment; filename="a.zip"'),
        ('a"b.zip', "attachment; filename=\"a_b.zip\"; filename*=UTF-8''a%22b.zip"),
        ("a\\b/c.zip", 'attachment; filename="a-b-c.zip"'),
        ("a\r\nSet-Cookie: x.zip", 'attachment; filename="aSet-Cookie: x.zip"'),
        ("été.zip", "attachment; filename=\"_t_.zip\"; filename*=UTF-8''%C3%A9t%C3%A9.zip"),
        ("a\u202epiz.exe", 'attachment; filename="apiz.exe"'),
    ],
)
def test_a_header_holds_any_name_and_no_second_header(name, header):
    assert attachment(name) == header
