"""An exception on frames: what is protected, what stays hidden, and that one that shows too little is none."""

import numpy as np
import pandas as pd
import pytest

from portal.disclosure import ledger as book
from portal.disclosure.judge import TOO_CLOSE
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import Key, Level, RuleSet
from portal.errors import Withheld
from portal.exports.exceptions import TooClose, Wish, beside, judged, rules_of

PLACE = Key("place", (Level("country", "interview_country"), Level("admin1", "interview_admin1")))
ORIGIN = Key("origin", (Level("origin_subregion", "nationality", ("country",)),))
TIER = RuleSet("A tier", "1", "partner", 5, (PLACE, ORIGIN))
WISH = Wish(("place", "origin"), ("nationality",))


def a_file(*groups):
    """A protected file and its source; each group is (country, admin1, subregion, nationality, how many)."""
    rows = [group[:4] for group in groups for _ in range(group[4])]
    made = pd.DataFrame(rows, columns=["country", "admin1", "origin_subregion", "nationality"], dtype="str")
    made.insert(0, "interview_id", [f"i{at:05}" for at in range(len(made))])
    return made.drop(columns="nationality"), made[["interview_id", "nationality"]]


def asked(protected, source, *, ledger=None, rows=None):
    rules = rules_of(TIER, (), WISH.extras)
    whole = beside(protected, source, rules, WISH.extras)
    known = book.append(
        ledger or book.empty(),
        Extract(TIER.keys).views(protected),
        head=(ledger or book.empty()).head,
        kind="publication",
        reference="file",
        on="2026-11-23",
    )
    chosen = pd.Series(np.ones(len(whole), dtype=bool), index=whole.index) if rows is None else rows
    return known, judged(known, whole, chosen, rules, {}, WISH)


def test_an_extra_joins_the_family_of_which_it_says_more():
    rules = rules_of(TIER, (), ("nationality", "education"))
    assert [(key.name, key.columns) for key in rules.keys] == [
        ("place", ("country", "admin1")),
        ("origin", ("origin_subregion", "nationality")),
        ("education", ("education",)),
    ]
    assert (rules.tier, rules.derived_from, rules.k) == ("exception", "partner", 5)
    assert [key.columns for key in Wish((), ("nationality",)).narrowed(rules).keys] == [("nationality",)]


def test_what_the_file_hides_stays_hidden():
    protected, source = a_file(("NER", "AGZ", "11", "NGA", 6), ("NER", "AGZ", SUPPRESSED, "SDN", 6))
    made = beside(protected, source, rules_of(TIER, (), ("nationality",)), ("nationality",))
    assert made["nationality"].tolist() == ["NGA"] * 6 + [SUPPRESSED] * 6


def test_a_row_that_the_version_does_not_hold_stops_everything():
    protected, source = a_file(("NER", "AGZ", "11", "NGA", 6))
    with pytest.raises(Withheld, match="does not hold"):
        beside(protected, source.iloc[1:], rules_of(TIER, (), ("nationality",)), ("nationality",))


def test_five_alike_are_shown_and_four_are_not():
    protected, source = a_file(("NER", "AGZ", "11", "NGA", 20), ("NER", "AGZ", "11", "GMB", 5))
    _known, made = asked(protected, source)
    assert made.frame["nationality"].value_counts().to_dict() == {"NGA": 20, "GMB": 5}
    protected, source = a_file(("NER", "AGZ", "11", "NGA", 1000), ("NER", "AGZ", "11", "GMB", 4))
    known, made = asked(protected, source)
    assert "GMB" not in set(made.frame["nationality"])
    after = book.append(known, made.views, head=known.head, kind="release", reference="x", on="2026-11-23")
    assert after.sizes.min() >= 5


def test_where_most_of_it_would_be_hidden_the_answer_is_no():
    few = [("NER", "AGZ", "11", code, 3) for code in ("NGA", "GMB", "BEN", "GHA")]
    with pytest.raises(TooClose, match=TOO_CLOSE) as found:
        asked(*a_file(*few))
    assert not any(sign.isdigit() for sign in str(found.value))
