"""The list of what changed since the delivery before: every record once, never a value, and the truth of both files."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exports.changelist import between
from portal.exports.package import members
from portal.exports.package_content import Changes
from tests.core.exports.content import a_content

ROWS = st.dictionaries(
    st.sampled_from("ABCDEF"), st.tuples(st.text(max_size=3), st.sampled_from('xyz,\n"')), max_size=6
)


def data(rows, names=("a", "b")):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["record_id", *names])
    writer.writerows([record, *cells] for record, cells in rows.items())
    return out.getvalue().encode()


@given(ROWS, ROWS)
def test_it_tells_what_a_comparison_by_hand_finds(before, now):
    clean = {record: tuple(cell.replace("\r", "").replace("\0", "") for cell in cells) for record, cells in now.items()}
    old = {
        record: tuple(cell.replace("\r", "").replace("\0", "") for cell in cells) for record, cells in before.items()
    }
    found = between("before", data(old), data(clean))
    told = dict(found.records)
    assert {one for one in told if told[one] == "added"} == clean.keys() - old.keys()
    assert {one for one in told if told[one] == "gone"} == old.keys() - clean.keys()
    both = old.keys() & clean.keys()
    assert {one for one in told if told[one] == "changed"} == {one for one in both if old[one] != clean[one]}
    assert found.same == sum(old[one] == clean[one] for one in both)
    assert list(found.records) == sorted(found.records)


def test_a_column_that_only_one_has_changes_no_record():
    found = between("before", data({"A": ("1",)}, ["a"]), data({"A": ("1", "2")}))
    assert (found.records, found.same) == ((), 1)


def test_a_first_delivery_has_no_list_and_says_nothing_of_one():
    made = members(a_content())
    assert "changes.csv" not in made
    assert b"changes.csv" not in made["README.html"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_later_one_has_the_list_in_its_checksums_and_counts_on_its_pages(language):
    changes = Changes("MMC-1 v1", (("A", "gone"), ("B", "added"), ("C", "added"), ("D", "changed")), same=7)
    made = members(replace(a_content(), language=language, changes=changes))
    listed = made["changes.csv"].decode().split("\r\n")
    assert listed == ["record_id,change,synthetic", *(f"{one},{what},synthetic" for one, what in changes.records), ""]
    assert b"  changes.csv\n" in made["SHA256SUMS"]
    counted = {"en": "2 records were added, 1 were changed, 1 are gone, and 7 are the same",
               "fr": "2 enregistrements ajoutés, 1 modifiés, 1 disparus, 7 identiques"}[language]  # fmt: skip
    for name in ("README.html", "methodology.html"):
        assert counted in made[name].decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_where_the_former_could_not_be_opened_it_says_so_instead(language):
    changes = Changes("MMC-1 v1", readable=False)
    made = members(replace(a_content(), language=language, changes=changes))
    assert "changes.csv" not in made
    said = {"en": "could be opened no more", "fr": "ne pouvait plus être ouverte"}[language]
    for name in ("README.html", "methodology.html"):
        assert said in made[name].decode()


def test_real_data_bear_no_mark():
    content = replace(a_content(synthetic=False), changes=Changes("MMC-1 v1", (("A", "gone"),)))
    assert members(content)["changes.csv"] == b"record_id,change\r\nA,gone\r\n"
