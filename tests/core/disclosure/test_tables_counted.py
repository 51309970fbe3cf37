import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.catalogue import codebook
from portal.disclosure.protect import protect
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import default
from portal.disclosure.tables.counted import counted
from tests.core.disclosure.boards import PLACE, SEX, a_rule_set, a_survey, a_treatment

RULES = a_rule_set(
    k=3, tier="table", keys=(PLACE, SEX), treatments=[a_treatment(), a_treatment("needs", role="non_confidential")]
)
KEYS = RULES.key_columns


def people(*groups):
    """Rows of (key values, how many, answer, needs)."""
    rows = [(*keys, abuse, needs) for keys, many, abuse, needs in groups for _ in range(many)]
    return pd.DataFrame(rows, columns=[*KEYS, "abuse", "needs"], dtype="str")


def a_group(camp, sex, many, abuse="no", needs="food"):
    return ((*("X" for _ in KEYS[:-2]), camp, sex), many, abuse, needs)


def cells(frame, **asked):
    found = counted(frame, RULES, **asked)
    return {
        (one.row, one.column): (one.count_, one.share, one.why)
        for one in found.rename(columns={"count": "count_"}).itertuples()
    }


def test_people_are_counted_by_keys_with_every_sum():
    frame = people(a_group("a", "f", 3), a_group("a", "m", 4), a_group("b", "f", 5))
    found = counted(frame, RULES, row=KEYS[-2], column=KEYS[-1])
    told = {(one[1], one[2]): one[3] for one in found.itertuples()}
    assert told == {
        ("all", "all"): 12, ("a", "all"): 7, ("b", "all"): 5, ("all", "f"): 8, ("all", "m"): 4,
        ("a", "f"): 3, ("a", "m"): 4, ("b", "f"): 5,
    }  # fmt: skip
    alone = counted(frame, RULES, row=KEYS[-2], where={KEYS[-1]: ["f"]})
    assert {(one[1], one[3]) for one in alone.itertuples()} == {("all", 8), ("a", 3), ("b", 5)}
    nobody = counted(frame, RULES, row=KEYS[-2], where={KEYS[-1]: []})
    assert nobody["count"].tolist() == [0]


def test_answers_are_shares_of_those_who_answered():
    frame = people(a_group("a", "f", 20, "yes"), a_group("a", "m", 20, "no"), a_group("b", "m", 10, ".d"))
    told = cells(frame, row=KEYS[-2], column="abuse")
    assert told["all", "all"][0] == 50
    assert told["all", "answered"][0] == 40
    assert told["a", "yes"] == (20, 0.5, "")
    assert told["b", "answered"][0] == 0
    assert told["b", "yes"][0] == 0
    assert told["b", "yes"][2] == "small"


def test_who_gave_several_answers_counts_once_for_each():
    frame = people(a_group("a", "f", 30, needs="food water"), a_group("a", "m", 10, needs="food food"))
    told = cells(frame, row=KEYS[-1], column="needs")
    assert told["all", "food"] == (40, 1.0, "")
    assert told["all", "water"] == (30, 0.75, "")
    assert told["m", "food"][0] == 10


@pytest.mark.parametrize(
    ("groups", "why", "count"),
    [
        ([a_group("a", "f", 2, "yes"), a_group("a", "f", 40)], "few", None),
        ([a_group("a", "f", 3, "yes"), a_group("a", "f", 40)], "", 3),
        ([a_group("a", "f", 9, "yes"), a_group("a", "f", 20)], "small", 9),
        ([a_group("a", "f", 9, "yes"), a_group("a", "f", 21)], "", 9),
        ([a_group("a", "f", 5, ".s"), a_group("a", "f", 95, "yes")], "", 95),
        ([a_group("a", "f", 6, ".s"), a_group("a", "f", 94, "yes")], "hidden", None),
    ],
)
def test_a_number_is_missing_for_a_reason(groups, why, count):
    told = cells(people(*groups), row=KEYS[-2], column="abuse")
    got, share, reason = told["a", "yes"]
    assert pd.isna(told["a", "answered"][0]) == (why == "hidden")
    assert reason == why
    assert (None if pd.isna(got) else got) == count
    assert pd.isna(share) == bool(why)


@pytest.mark.parametrize(
    ("asked", "fact"),
    [
        ({"row": "abuse"}, "abuse: is no key"),
        ({"row": KEYS[0], "column": KEYS[0]}, "must be another key"),
        ({"row": KEYS[0], "column": "phone"}, "phone: must be another key"),
        ({"row": KEYS[0], "where": {"abuse": ["yes"]}}, "abuse: is no key"),
    ],
)
def test_only_keys_make_groups_and_only_released_answers_are_counted(asked, fact):
    with pytest.raises(BadInput, match=fact):
        counted(people(a_group("a", "f", 5)), RULES, **asked)


def test_another_tier_and_a_group_below_k_are_refused():
    frame = people(a_group("a", "f", 5), a_group("b", "m", 2))
    with pytest.raises(CannotMeet, match="a group below its k"):
        counted(frame, RULES, row=KEYS[-1])
    with pytest.raises(CannotMeet, match="of the tier table only"):
        counted(people(a_group("a", "f", 5)), a_rule_set(k=3, keys=(PLACE, SEX)), row=KEYS[-1])


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("fm"), st.sampled_from(["yes", "no", ".s", ".d"])),
        max_size=40,
    )
)
def test_cells_are_what_a_loop_counts(drawn):
    groups = [(one, 3) for one in drawn]
    frame = people(*(a_group(camp, sex, many, abuse) for (camp, sex, abuse), many in groups))
    told = cells(frame, row=KEYS[-2], column="abuse")
    for camp in {"all", *(camp for camp, _, _ in drawn)}:
        mine = [abuse for at, _, abuse in drawn if camp in {"all", at}] * 3
        yes, answered, hidden = (sum(one in kinds for one in mine) for kinds in (("yes",), ("yes", "no"), (".s",)))
        assert told[camp, "all"][0] == len(mine)
        if any(abuse == "yes" for _, _, abuse in drawn):
            shown = hidden <= 0.05 * (answered + hidden)
            assert pd.isna(told[camp, "yes"][0]) == (not shown)
            assert not shown or told[camp, "yes"][0] == yes


@pytest.fixture(scope="module")
def survey():
    """A round in its tiers: the partner file, and the table file made from it."""
    lists = codebook.reference().hierarchies()
    partner = protect(a_survey(2000), default("partner"), lists).frame
    return partner, protect(partner, default("table"), lists).frame


def test_no_cell_of_any_table_holds_fewer_than_ten_nor_does_any_difference(survey):
    partner, tables = survey
    rules = default("table")
    for row, column in itertools.permutations(["country", "admin1", "year", "gender", "age_band"], 2):
        count = counted(tables, rules, row=row, column=column)["count"]
        assert int(count[count > 0].min()) >= 10
    rng = np.random.default_rng(2)
    for _ in range(50):  # two selections by keys, and who is in one of them only
        chosen = [
            tables["year"].isin(rng.choice(tables["year"].unique(), 4)),
            tables["gender"] == rng.choice(["woman", "man"]),
        ]
        only = int((chosen[0] & ~chosen[1]).sum())
        assert only == 0 or only >= 10
    assert len(tables) == len(partner)


def test_a_table_of_the_partner_file_would_show_fewer(survey):
    partner, _ = survey
    sizes = partner.groupby(default("partner").key_columns).size()
    assert sizes.min() < 10
