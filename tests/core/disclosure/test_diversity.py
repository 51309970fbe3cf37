from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure import multiple
from portal.disclosure.classes import class_of
from portal.disclosure.decoys import decoys
from portal.disclosure.diversity import block, enforce, failing, in_order
from portal.disclosure.multiple import guard
from portal.disclosure.ruleset import Limits
from tests.core.disclosure.boards import a_key, a_rule_set, a_treatment, board

CAMP = (a_key("place", "camp"),)


def judged(drawn, limits=None):
    """Which rows stand in a class that fails, beside what the board expects."""
    frame, expected = board(drawn)
    rows = failing(frame["abuse"], class_of(frame, ["camp"]), a_treatment(), limits or Limits())["yes"]
    assert ["x" if bad else "-" for bad in rows] == expected["fails"].tolist()


def test_half_may_agree_and_more_may_not():
    judged("""
camp abuse | fails
a    yes   | -
a    yes   | -
a    no    | -
a    no    | -
b    yes   | x
b    yes   | x
b    yes   | x
b    no    | x
b    no    | x
c    no    | -
d    no    | -
d    no    | -
""")


def test_one_who_says_no_is_not_enough_and_two_are():
    judged("""
camp abuse | fails
a    yes   | x
a    no    | x
b    yes   | -
b    no    | -
b    no    | -
c    no    | -
c    no    | -
""")


def test_missing_answers_never_add_to_safety():
    judged("""
camp abuse | fails
a    yes   | x
a    .d    | x
a    .r    | x
a    .     | x
a    .n    | x
a    .s    | x
b    no    | -
b    no    | -
c    .     | -
""")


def test_the_limit_is_the_base_rate_and_a_tenth_where_that_is_more_than_half():
    frame = pd.DataFrame({"abuse": ["yes"] * 60 + ["no"] * 40}, dtype="str")
    held = block(frame["abuse"], class_of(frame, ["abuse"]) * 0, "yes", Limits())
    assert held.base == 0.6
    assert held.alpha == pytest.approx(0.7)


def test_exactly_the_limit_passes_and_one_more_fails():
    rows = ["yes"] * 7 + ["no"] * 3
    limits = Limits(alpha=0.7, margin=0.0)
    one = block(pd.Series(rows, dtype="str"), class_of(pd.DataFrame({"c": ["x"] * 10}), ["c"]), "yes", limits)
    assert not one.fails(2)[0]
    rows[-1] = "yes"
    two = block(
        pd.Series(rows, dtype="str"),
        class_of(pd.DataFrame({"c": ["x"] * 10}), ["c"]),
        "yes",
        Limits(alpha=0.7, margin=-0.5),
    )
    assert two.fails(2)[0]


def enforced(drawn, *treatments, k=2):
    frame, expected = board(drawn)
    made, told, lists = enforce(frame, class_of(frame, ["camp"]), a_rule_set(k=k, keys=CAMP, treatments=treatments))
    pd.testing.assert_frame_equal(made, expected)
    return told, lists


def test_a_failing_class_is_blanked_whole_missing_answers_included_and_one_for_company():
    told, _ = enforced(
        """
camp abuse | camp abuse
a    yes   | a    .s
a    yes   | a    .s
a    .d    | a    .s
b    yes   | b    yes
b    no    | b    no
b    no    | b    no
c    no    | c    .s
c    no    | c    .s
""",
        a_treatment(),
    )
    assert told == {"abuse": {"yes": {"alpha": 0.5, "base": 0.333333, "blanked": 5, "company": 2}}}


def test_what_was_asked_only_of_those_who_said_yes_is_hidden_with_it():
    enforced(
        """
camp abuse kind    | camp abuse kind
a    yes   beating | a    .s    .s
a    yes   .       | a    .s    .s
b    yes   theft   | b    yes   theft
b    no    .       | b    no    .
b    no    .       | b    no    .
c    no    .       | c    .s    .s
c    no    .       | c    .s    .s
""",
        a_treatment("kind", role="non_confidential", gate="abuse"),
        a_treatment(),
    )


def test_a_grouped_item_takes_its_details_along():
    frame, _ = board("camp why detail\na work pay\na work pay\na faith creed\na war .")
    rules = a_rule_set(
        k=2,
        keys=CAMP,
        treatments=[
            a_treatment("why", role="non_confidential", multiple=True),
            a_treatment("detail", role="non_confidential", gate="why"),
        ],
    )
    made, _, lists = enforce(frame, class_of(frame, ["camp"]), rules)
    assert made["why"].tolist() == ["work", "work", "other", "other"]
    assert made["detail"].tolist() == ["pay", "pay", ".s", ".s"]
    assert lists == {"why": {"other": 2, "blanked": 0}}


def test_gates_come_before_what_they_open():
    order = in_order([a_treatment("c", gate="b"), a_treatment("b", gate="a"), a_treatment("a")])
    assert [one.variable for one in order] == ["a", "b", "c"]


def test_answers_that_were_hidden_before_get_company_where_the_truth_is_at_hand():
    frame, truth = board("""
camp abuse | camp abuse
a    .s    | a    yes
a    .s    | a    yes
b    no    | b    no
b    no    | b    no
c    yes   | c    yes
c    no    | c    no
c    no    | c    no
""")
    rules = a_rule_set(k=2, keys=CAMP, treatments=[a_treatment()])
    alone, _, _ = enforce(frame, class_of(frame, ["camp"]), rules)
    assert alone.equals(frame)
    made, told, _ = enforce(frame, class_of(frame, ["camp"]), rules, truth=truth)
    assert made["abuse"].tolist() == [".s"] * 4 + ["yes", "no", "no"]
    assert told["abuse"]["yes"]["company"] == 2


def test_hidden_answers_tell_nothing_beside_what_their_gate_shows():
    """Camp b would be company enough, but nobody there was asked: beside a gate that says yes it is none."""
    frame, _ = board("""
camp gate abuse
a    yes  yes
a    yes  yes
a    yes  yes
b    no   none
b    no   none
b    no   none
c    yes  none
c    yes  none
c    yes  none
""")
    rules = a_rule_set(
        k=2, keys=CAMP, treatments=[a_treatment("gate", role="non_confidential"), a_treatment(gate="gate")]
    )
    made, _, _ = enforce(frame, class_of(frame, ["camp"]), rules)
    assert set(made["abuse"][made["camp"] == "c"]) == {".s"}
    ungated = a_rule_set(k=2, keys=CAMP, treatments=[a_treatment()])
    made, _, _ = enforce(frame[["camp", "abuse"]], class_of(frame, ["camp"]), ungated)
    assert set(made["abuse"][made["camp"] == "c"]) == {"none"}


def test_a_rare_answer_stays_rare_among_the_hidden():
    """Two of three agree on what two of eighty-one say: among the hidden it may be twice as many, not a half."""
    rows = [("a", "yes")] * 2 + [("a", "no")] + [(f"c{at:02}", "no") for at in range(13) for _ in range(6)]
    frame = pd.DataFrame(rows, columns=["camp", "abuse"], dtype="str")
    rules = a_rule_set(k=2, keys=CAMP, treatments=[a_treatment()])
    made, _, _ = enforce(frame, class_of(frame, ["camp"]), rules)
    hidden = (made["abuse"] == ".s").sum()
    assert 2 / hidden <= 2 * 2 / len(frame)
    assert hidden < len(frame)


def test_the_true_base_rate_keeps_the_rule_from_feeding_on_itself():
    """By the rates of what is left alone, hiding the highest classes lowers the limit for the next, and so on."""
    yes = [10, 9, 8, 7, 6, 6, 5, 4, 3, 2]
    rows = [(f"c{at}", "yes" if place < many else "no") for at, many in enumerate(yes) for place in range(12)]
    frame = pd.DataFrame(rows, columns=["camp", "abuse"], dtype="str")
    made, _, _ = enforce(frame, class_of(frame, ["camp"]), a_rule_set(k=2, keys=CAMP, treatments=[a_treatment()]))
    hidden = sorted(set(frame["camp"][made["abuse"] == ".s"]))
    assert hidden == ["c0", "c1", "c2", "c7", "c8", "c9"]


said = st.lists(st.tuples(st.integers(0, 7), st.sampled_from("xyz"), st.sampled_from([1, 1, 0, 0, -1]), st.booleans()))


@settings(max_examples=30, deadline=None)
@given(said, st.integers(1, 6))
def test_hidden_answers_are_no_likelier_a_yes_than_any(drawn, times):
    """Counted anew, by rows: over all, and in each value of a key with thirty hidden answers."""
    rows = pd.DataFrame(drawn * times, columns=["camp", "sex", "truth", "hidden"])
    group = class_of(rows.astype({"camp": str}), ["camp", "sex"])
    hidden = rows["hidden"].groupby(group).transform("max").to_numpy(dtype=bool)
    truth = rows["truth"].to_numpy(dtype=np.int64)
    marks = [pd.factorize(rows[name])[0].astype(np.int64) for name in ("camp", "sex")]
    more = decoys(truth, hidden, group, marks)
    assert len(set(zip(group.tolist(), more.tolist(), strict=True))) == len(set(group.tolist()))
    assert hidden.any() or not more.any()
    rows["after"] = hidden | more
    known = rows[rows["truth"] >= 0]
    parts = [(known, 1, 0.01), *((part, 30, 0.04) for name in ("camp", "sex") for _, part in known.groupby(name))]
    for part, least, slack in parts:
        lost = part[part["after"]]
        if len(lost) >= least:
            base = part["truth"].mean()
            assert lost["truth"].mean() <= max(min(0.5, 2 * base), base + slack) + 1e-9


@pytest.mark.parametrize(("many", "taken"), [(29, False), (30, True)])
def test_hidden_answers_with_one_value_want_company_from_thirty_on(many, taken):
    """Who is hidden in the first camp says yes, in the second no: over all, hiding tells nothing."""
    group = np.repeat([0, 1, 2], [many, 50, 60])
    more = decoys((group == 0).astype(np.int64), group != 1, group, [(group == 2).astype(np.int64)])
    assert more.tolist() == ((group == 1) & taken).tolist()


answers = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["yes", "no", ".d", ""]), st.sampled_from(["x", "y", "x y", "0", ""])
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=20, deadline=None)
@given(answers, st.integers(2, 4))
def test_what_is_released_keeps_the_rule_by_its_own_base_rate(drawn, k):
    frame = pd.DataFrame(drawn, columns=["camp", "abuse", "kinds"], dtype="str")
    kinds = a_treatment("kinds", codes=("x",), multiple=True)
    rules = a_rule_set(k=k, keys=CAMP, treatments=[a_treatment(), kinds])
    made, told, _ = enforce(frame, class_of(frame, ["camp"]), rules)
    for variable, code in (("abuse", "yes"), ("kinds", "x")):
        heard = made[~made[variable].isin(["", ".d", ".r", ".n", ".s"])]
        said = heard[variable].str.split().map(lambda items, code=code: code in items).astype(bool)
        base = said.mean() if len(heard) else 0.0
        for _, rows in said.groupby(heard["camp"]):
            assert not rows.any() or (rows.mean() <= max(0.5, base + 0.1) + 1e-9 and (~rows).sum() >= 2)
        assert told[variable][code]["base"] == pytest.approx(base, abs=1e-6)
    again, _, _ = enforce(made, class_of(made, ["camp"]), rules)
    assert again.equals(made)
    assert_pairs(made["kinds"], made["camp"], k)


def assert_pairs(lists, keys, k):
    pairs = (
        pd.DataFrame({"item": lists.where(~lists.isin(["", ".s"]), "").str.split(), "key": keys})
        .explode("item")
        .dropna()
    )
    counts = pairs.groupby(["item", "key"]).size()
    assert (counts >= k).all(), counts[counts < k]


GUARDED = """
camp sex needs      | needs
a    f   food+water | food+water
a    f   food+water | food+water
a    f   food+cash  | food+other
a    f   food+legal | food+other
b    m   food       | food
b    m   food       | food
b    m   none       | .s
b    f   0          | .s
b    f   .d         | .d
c    f   shelter    | .s
c    m   .          | .
"""


@pytest.mark.parametrize("block", [10**6, 0])
def test_a_pair_of_item_and_key_value_stands_in_k_rows_or_in_none_counted_in_a_table_or_not(monkeypatch, block):
    monkeypatch.setattr(multiple, "BLOCK", block)
    monkeypatch.setattr(multiple, "ROOMY", 0)
    frame, expected = board(GUARDED)
    made, taken = guard(frame["needs"], frame[["camp", "sex"]], 2)
    assert made.tolist() == expected["needs"].tolist()
    assert taken == {"other": 2, "blanked": 3}


def test_an_item_in_exactly_k_rows_stays_and_in_one_less_goes():
    rows = pd.DataFrame({"camp": ["a"] * 5, "needs": ["food", "food", "food", "water", "water"]}, dtype="str")
    made, _ = guard(rows["needs"], rows[["camp"]], 3)
    assert made.tolist() == ["food", "food", "food", ".s", ".s"]


def guarded_row_by_row(cells, keys, k):
    """The guard by its definition: in rounds, each of which judges all pairs of an item and a key value at once."""
    sets = [set() if cell in {"", ".d", ".r", ".n", ".s"} else set(cell.split()) for cell in cells]
    hidden = set()
    while True:
        pairs = Counter((at, value, item) for told, row in zip(sets, keys, strict=True) for at, value in enumerate(row) for item in told)  # fmt: skip
        rare = [{item for item in told if any(pairs[at, value, item] < k for at, value in enumerate(row))} for told, row in zip(sets, keys, strict=True)]  # fmt: skip
        if not any(rare):
            break
        hidden |= {at for at, few in enumerate(rare) if few & {"other", "0", "none"}}
        sets = [set() if at in hidden else (told - few) | {"other"} if few else told for at, (told, few) in enumerate(zip(sets, rare, strict=True))]  # fmt: skip
    return [".s" if at in hidden else " ".join(sorted(told)) if told else cells[at] for at, told in enumerate(sets)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*map(st.sampled_from, ("ab", "fm", ["", ".d", "0", "none", "other", "food", "food water", "shelter water", "food other shelter"]))), max_size=40), st.integers(2, 4))  # fmt: skip
def test_the_guard_does_what_its_definition_says(drawn, k):
    frame = pd.DataFrame(drawn, columns=["camp", "sex", "needs"], dtype="str")
    made, _ = guard(frame["needs"], frame[["camp", "sex"]], k)
    assert made.tolist() == guarded_row_by_row(frame["needs"].tolist(), frame[["camp", "sex"]].to_numpy().tolist(), k)


@settings(max_examples=20, deadline=None)
@given(answers, st.integers(2, 4))
def test_the_guard_leaves_no_rare_pair_and_changes_nothing_twice(drawn, k):
    frame = pd.DataFrame(drawn, columns=["camp", "abuse", "kinds"], dtype="str")
    made, _ = guard(frame["kinds"], frame[["camp", "abuse"]], k)
    for key in ("camp", "abuse"):
        assert_pairs(made, frame[key], k)
    assert guard(made, frame[["camp", "abuse"]], k)[0].equals(made)
    assert (made[frame["kinds"] == ""] == "").all()
