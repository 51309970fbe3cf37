"""The terms inside a package say what was approved of the use of the data, and no more."""

import datetime as dt

import pytest

from portal.exports.package import members
from tests.core.exports.content import a_content

USE = {
    "outputs": ("public_report", "dashboard"),
    "onward": "named",
    "onward_bodies": ("A sister body",),
    "matched_with": "A census of 2020",
    "destroy_by": dt.date(2026, 12, 31),
    "retention_days": 30,
    "review_days": 14,
}


def page(name="terms.html", **changes):
    return members(a_content(**changes))[name].decode()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["public report, dashboard", "A sister body", "A census of 2020", "within 30 days", "at least 14 days"]),
        ("fr", ["rapport public, tableau de bord", "A sister body", "A census of 2020", "les 30 jours", "14 jours"]),
    ],
)
def test_what_was_approved_stands_in_the_terms(language, told):
    text = page(language=language, **USE)
    assert [one for one in told if one not in text] == []
    assert "2027" in page("README.html", language=language, **USE)  # thirty days later every copy is gone


def test_nothing_is_said_where_nothing_was_approved():
    text = page()
    assert "As approved" not in text
    assert "What may come of it" not in text
    assert "every manuscript" not in text
    assert "sub-partners" in page(onward="subpartners")
