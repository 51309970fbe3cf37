"""Rounds of a tier, recounted from whole histories by code that shares nothing with the module."""

from collections import Counter
from dataclasses import replace
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure import rounds, rounds_past
from portal.disclosure.attacks import homogeneity
from portal.disclosure.plan import METHOD, Plan
from portal.disclosure.plan import apply as apply_alone
from portal.disclosure.planner import plan_and_apply
from portal.disclosure.protect import Suppressed, protect
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.rounds_attack import by_round, together
from portal.disclosure.rounds_judge import TooClose, judged
from portal.disclosure.rounds_past import Earlier
from portal.disclosure.ruleset import Level, Limits
from tests.core.disclosure.boards import PLACE, SEX, a_rule_set, a_treatment

KEY = b"sixteen bytes at least"
COLUMNS = ["country", "camp", "sex"]
K = 3
TREATMENTS = (a_treatment(), a_treatment("needs", role="non_confidential", multiple=True))
RULES = a_rule_set(k=K, treatments=TREATMENTS)
HIDDEN = ".s"


def people(*groups):
    """Rows of (name, how many, camp, sex, how many say yes); the camp's first letters are its country."""
    rows = [
        (f"{name}{at:03}", camp[:3], camp, sex, "yes" if at < yes else "no", "food water" if at % 2 else "food")
        for name, many, camp, sex, yes in groups
        for at in range(many)
    ]
    return pd.DataFrame(rows, columns=["interview_id", *COLUMNS, "abuse", "needs"], dtype="str")


def without(frame, *ids):
    return frame[~frame["interview_id"].isin(ids)].reset_index(drop=True)


def corrected(frame, ids, **cells):
    made = frame.copy()
    for column, value in cells.items():
        made.loc[made["interview_id"].isin(ids), column] = value
    return made


def first(frame, rules=RULES):
    return [Earlier(protect(frame, rules, {}).frame, rules, 1)]


def then(past, frame, rules=RULES):
    """The next file, and the past with it."""
    plan, outcome = rounds.plan_and_follow(past, frame, rules, {}, KEY)
    return outcome, [*past, Earlier(outcome.frame, plan.rules, past[-1].number + 1)]


# The recount.


def histories(frames, columns=COLUMNS):
    shown = [
        {row[0]: row[1:] for row in frame[["interview_id", *columns]].itertuples(index=False, name=None)}
        for frame in frames
    ]
    return {one: tuple(file.get(one) for file in shown) for one in sorted(set().union(*shown))}


def smallest(frames, columns=COLUMNS):
    """The smallest class over all files together, for who links every row and knows who is in which."""
    return min(Counter(histories(frames, columns).values()).values())


def agreeing(frames, limits):
    """Classes over all files in which an answer is told too much of, unless they stood before as they stand now."""
    told = {}
    for frame in frames:
        for one, answer in zip(frame["interview_id"], frame["abuse"], strict=True):
            if answer in {"yes", "no"}:
                told[one] = "yes" if "yes" in {answer, told.get(one)} else "no"
    base = sum(answer == "yes" for answer in told.values()) / max(len(told), 1)
    classes = {}
    for one, history in histories(frames).items():
        classes.setdefault(history, []).append(told.get(one, ""))
    before = Counter(histories(frames[:-1]).values()) if len(frames) > 1 else Counter()
    found = []
    for history, answers in classes.items():
        yes, no = answers.count("yes"), answers.count("no")
        fails = yes > 0 and (yes > max(limits.alpha, base + limits.margin) * (yes + no) + 1e-9 or no < limits.min_no)
        if fails and before[history[:-1]] != len(answers):
            found.append(history)
    return found


def a_sequence(seed):
    """A survey and two more versions of it: some people withdraw, some rows are corrected, others are added."""
    random = Random(seed)
    made = [drawn(random, "a", random.randint(12, 90))]
    for name in ("b", "c"):
        share = random.choice([0, 0.03])
        rows = made[-1][[random.random() >= share for _ in range(len(made[-1]))]]
        fixed = drawn(random, "x", len(rows)).set_index(rows.index).assign(interview_id=rows["interview_id"])
        change = pd.Series([random.random() < 0.03 for _ in range(len(rows))], index=rows.index, dtype=bool)
        rows = pd.concat([rows[~change], fixed[change], drawn(random, name, random.randint(0, 30))])
        made.append(rows.sample(frac=1, random_state=seed).reset_index(drop=True))
    return made


def drawn(random, prefix, many):
    camps, weights = ["NERa", "NERb", "NERc", "MLIa", "MLIb"], [8, 4, 1, 5, 2]
    rows = []
    for at in range(many):
        camp = random.choices(camps, weights)[0]
        answer = random.choices(["yes", "no", ".r"], [3, 6, 1])[0]
        needs = random.choice(["food", "food water", "0", "water cash"])
        rows.append((f"{prefix}{at:03}", camp[:3], camp, random.choice("fm"), answer, needs))
    return pd.DataFrame(rows, columns=["interview_id", *COLUMNS, "abuse", "needs"], dtype="str")


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 2**32 - 1).map(a_sequence))
def test_whoever_holds_all_files_finds_k_in_every_class_and_rows_keep_their_treatment(frames):
    past = first(frames[0])
    for frame in frames[1:]:
        outcome, grown = then(past, frame)
        files = [one.frame for one in grown]
        before = pd.concat(files[:-1]).drop_duplicates("interview_id", keep="last").set_index("interview_id")
        now, truth = (one.set_index("interview_id") for one in (files[-1], frame))
        assert smallest(files) >= K
        assert agreeing(files, RULES.limits) == []
        assert together(past, files[-1], RULES).passed
        assert by_round(past, frame, files[-1], RULES, {}).passed
        assert homogeneity(files[-1], RULES, limits_from=None, columns=COLUMNS).passed
        assert min(Counter(map(tuple, files[-1][COLUMNS].to_numpy())).values(), default=K) >= K
        both = now.index.intersection(before.index)
        kept = both[(now.loc[both, COLUMNS] == before.loc[both, COLUMNS]).all(axis=1)]
        assert outcome.report["round"]["kept"] == len(kept)
        for one in kept:
            was, cell = before.loc[one, "abuse"], now.loc[one, "abuse"]
            assert cell == HIDDEN or (was != HIDDEN and cell == truth.loc[one, "abuse"])
        for column in COLUMNS:
            shown = now[column] != HIDDEN
            assert (now[column] == truth[column].reindex(now.index))[shown].all()
        known = set().union(*(one.frame["interview_id"] for one in past))
        new = [tuple(row) for one, row in zip(now.index, now[COLUMNS].to_numpy(), strict=True) if one not in known]
        assert min(Counter(new).values(), default=K) >= K, "new rows are protected among themselves"
        past = grown


ROUND = people(("a", 12, "NERa", "f", 4), ("b", 9, "NERb", "m", 3), ("c", 7, "MLIa", "f", 2), ("d", 8, "MLIb", "m", 2))


def test_protecting_anew_is_found_guilty_by_the_same_recount():
    second = pd.concat(
        [corrected(without(ROUND, "b000", "b001", "b002"), ["c000"], camp="MLIb"), people(("n", 1, "NERb", "f", 0))]
    )
    past = first(ROUND)
    naive = protect(second, RULES, {}).frame
    assert smallest([past[0].frame, naive]) < K
    found = together(past, naive, RULES)
    assert not found.passed
    assert found.records_at_risk == sum(
        size for size in Counter(histories([past[0].frame, naive]).values()).values() if size < K
    )
    _outcome, grown = then(past, second.reset_index(drop=True))
    assert smallest([one.frame for one in grown]) >= K


def test_downcoding_is_tried_round_by_round_and_finds_a_round_that_was_not_closed():
    shown = people(("a", 40, "NERa", "f", 9), ("b", 40, "NERb", "f", 9))
    leaky = people(("n", 40, "NERa", "f", 9), ("o", 36, "NERc", "f", 9))
    hidden = corrected(leaky, [f"o{at:03}" for at in range(36)], camp=HIDDEN)
    past = [Earlier(shown, RULES, 1)]
    source, released = (pd.concat([shown, one], ignore_index=True) for one in (leaky, hidden))
    found = by_round(past, source, released.sample(frac=1, random_state=1), RULES, {})
    assert not found.passed
    assert found.records_at_risk == 36
    assert set(found.facts) == {"gain", "whole"}


def test_rows_that_were_last_shown_under_other_keys_are_of_the_new_round():
    """Some of NERc were shown: who takes all rows for one round learns nothing from what is shown beside the rest."""
    shown = people(("a", 40, "NERa", "f", 9), ("b", 40, "NERb", "f", 9), ("c", 6, "NERc", "f", 1))
    truth = pd.concat([shown, people(("n", 40, "NERa", "f", 9), ("o", 36, "NERc", "f", 9))], ignore_index=True)
    released = corrected(truth, [f"o{at:03}" for at in range(36)], camp=HIDDEN)
    alike, other = (
        by_round([Earlier(shown, RULES, 1), Earlier(shown, rules, 2)], truth, released, RULES, {})
        for rules in (RULES, replace(RULES, keys=(PLACE,)))
    )
    assert (alike.records_at_risk, other.records_at_risk) == (36, 0)
    assert other.facts["gain"] == other.facts["whole"] != alike.facts["gain"]


def test_who_withdraws_takes_company_along_the_same_each_time_and_never_tells_who():
    past = first(ROUND)
    outcome, grown = then(past, without(ROUND, "a005"))
    told = outcome.report["round"]
    assert (told["follows"], told["new"], told["left"], told["corrected"], told["waiting"]) == (1, 0, 1, 0, 0)
    out = set(past[0].frame["interview_id"]) - set(outcome.frame["interview_id"])
    assert len(out) == 1 + told["held_back"] >= K
    assert {one[0] for one in out} == {"a"}, "company is of the class"
    assert outcome.report["rows_in"] == outcome.report["rows_out"] + sum(outcome.report["excluded"].values())
    again, _ = then(grown, without(ROUND, "a005"))
    assert again.frame.equals(outcome.frame), "who stayed out once stays out"
    assert again.report["round"]["left"] == 0
    alone = without(past[0].frame, "a005")
    assert not together(past, alone, RULES).passed
    other = rounds.plan_and_follow(past, without(ROUND, "a005"), RULES, {}, b"another key of the house")[1]
    assert set(other.frame["interview_id"]) != set(outcome.frame["interview_id"])


def test_a_class_too_small_to_be_divided_leaves_whole():
    rows = people(("a", 5, "NERa", "f", 1), ("b", 6, "NERb", "f", 2))
    outcome, _ = then(first(rows), without(rows, "a000"))
    assert {one[0] for one in outcome.frame["interview_id"]} == {"b"}
    assert outcome.report["round"]["held_back"] == 4


def test_both_parts_of_a_divided_class_keep_answers_apart():
    rows = people(("a", 12, "NERa", "f", 5), ("b", 40, "NERb", "f", 4))
    outcome, grown = then(first(rows), without(rows, "a006", "a007", "a008"))
    out = set(rows["interview_id"]) - set(outcome.frame["interview_id"])
    assert {"a006", "a007", "a008"} <= out
    assert agreeing([one.frame for one in grown], RULES.limits) == []


def test_a_correction_is_out_of_its_class_and_comes_again_with_k_of_its_kind():
    past = first(ROUND)
    alone, grown = then(past, corrected(ROUND, ["a001"], sex="m"))
    assert "a001" not in set(alone.frame["interview_id"])
    assert alone.report["round"]["corrected"] == alone.report["round"]["left"] == 1
    assert smallest([one.frame for one in grown]) >= K
    everybody = [f"a{at:03}" for at in range(12)]
    many, grown = then(past, corrected(ROUND, everybody, camp="NERz"))
    assert set(many.frame["interview_id"]) == set(ROUND["interview_id"])
    shown = many.frame.set_index("interview_id").loc[everybody, "camp"]
    assert set(shown) == {"NERz"}
    assert many.report["round"]["corrected"] == 12
    assert smallest([one.frame for one in grown]) >= K


def test_a_corrected_answer_is_shown_and_what_was_hidden_stays_hidden():
    rows = people(("a", 6, "NERa", "f", 6), ("b", 20, "NERb", "f", 5), ("c", 6, "NERc", "f", 0))
    past = first(rows)
    assert set(past[0].frame["abuse"][:6]) == set(past[0].frame["abuse"][26:]) == {HIDDEN}
    second = corrected(corrected(rows, ["a000", "a001", "a002", "a003"], abuse="no"), ["b010"], abuse=".r")
    outcome, _ = then(past, second)
    now = outcome.frame.set_index("interview_id")["abuse"]
    assert set(now[:6]) == {HIDDEN}
    assert now["b010"] == ".r"
    assert now["b011"] == "no"


def test_an_answer_that_the_last_file_did_not_have_comes_to_rows_that_keep_their_treatment():
    past = first(ROUND, replace(RULES, treatments=TREATMENTS[:1]))
    assert "needs" not in past[0].frame
    outcome, _ = then(past, ROUND)
    assert outcome.report["round"]["kept"] == len(ROUND)
    assert outcome.frame.equals(first(ROUND)[0].frame)


def test_new_rows_lose_an_answer_that_they_agree_on_though_those_they_join_do_not():
    """Six of ten say yes, as all new rows do: a class for itself to who has the last file, and four in sixty say it."""
    old = people(("a", 40, "NERa", "f", 2), ("b", 40, "NERb", "f", 2))
    new = people(("n", 10, "NERa", "f", 6), ("o", 10, "NERb", "f", 6))
    outcome, grown = then(first(old), pd.concat([old, new], ignore_index=True))
    answers = outcome.frame.set_index("interview_id")["abuse"]
    assert set(answers[new["interview_id"]]) == {HIDDEN}
    assert set(answers) == {HIDDEN, "yes", "no"}
    assert agreeing([one.frame for one in grown], RULES.limits) == []


def test_a_class_that_is_divided_must_hold_by_the_share_of_yes_that_all_files_tell():
    """Of who leaves no more say yes than of others, until a hundred come who all say no."""
    rules = replace(RULES, limits=Limits(alpha=0.2, margin=0.15))
    old = people(("a", 30, "NERa", "f", 5), ("b", 30, "NERb", "f", 6))
    second = without(old, "a000")
    alike, _ = then(first(old, rules), second, rules)
    assert 0 < alike.report["round"]["held_back"] < 29
    outcome, grown = then(first(old, rules), pd.concat([second, people(("n", 100, "NERc", "f", 0))]), rules)
    assert {one[0] for one in outcome.frame["interview_id"]} == {"b", "n"}
    assert outcome.report["round"]["held_back"] == 29
    assert agreeing([one.frame for one in grown], rules.limits) == []


def test_new_rows_do_not_borrow_and_wait_while_they_are_too_few():
    past = first(ROUND)
    few, _ = then(past, pd.concat([ROUND, people(("n", 2, "NERa", "f", 0))], ignore_index=True))
    assert few.report["round"]["waiting"] == 2
    assert len(few.frame) == len(ROUND)
    assert few.frame.equals(past[0].frame)
    rows = pd.concat([ROUND, people(("n", 3, "NERa", "f", 0), ("o", 2, "NERb", "f", 0))], ignore_index=True)
    more, _ = then(past, rows)
    assert more.report["round"]["new"] == 5
    new = more.frame[more.frame["interview_id"].str[0].isin(["n", "o"])]
    assert min(Counter(map(tuple, new[COLUMNS].to_numpy())).values()) >= K
    assert HIDDEN in set(new["camp"]), "two beside three of another camp cannot show theirs, whoever was there before"


def test_new_rows_that_were_not_protected_among_themselves_are_not_released():
    past, new = first(ROUND), people(("n", 2, "NERb", "f", 0))
    new.index = new.index + len(ROUND)
    ledger, old = rounds_past.read(past, RULES).ledger, past[0].frame
    with pytest.raises(CannotMeet, match="nothing is released"):
        judged(ledger, [Suppressed(old, 0, K), Suppressed(new, 0, K)], RULES, pd.concat([old, new]))


def test_new_rows_of_a_place_need_enough_enumerators_of_their_own():
    limits = Limits(min_enumerators=2, enumerator="username", enumerator_cell=("camp", "sex"))
    rules = replace(RULES, limits=limits)
    old = ROUND.assign(username=[f"enum{at % 3}" for at in range(len(ROUND))])
    new = people(("n", 6, "NERa", "f", 1)).assign(username="enum0")
    outcome, _ = then(first(old, rules), pd.concat([old, new], ignore_index=True), rules)
    camps = outcome.frame.set_index("interview_id")["camp"]
    assert set(camps[new["interview_id"]]) == {HIDDEN}
    assert camps["a000"] == "NERa"
    assert outcome.report["few_enumerators"] == 6


def test_a_round_that_was_left_out_whole_comes_back_as_it_was():
    past = first(ROUND)
    second = people(("n", 9, "NERa", "f", 3), ("o", 6, "MLIa", "m", 2))
    apart, grown = then(past, second)
    assert (apart.report["round"]["left"], apart.report["round"]["new"]) == (len(ROUND), len(second))
    whole, grown = then(grown, pd.concat([ROUND, second], ignore_index=True))
    assert len(whole.frame) == len(ROUND) + len(second)
    assert smallest([one.frame for one in grown]) >= K


def test_who_withdraws_altogether_leaves_an_empty_file():
    outcome, grown = then(first(ROUND), ROUND.iloc[:0])
    assert list(outcome.frame) == list(ROUND)
    assert outcome.frame.empty
    assert outcome.report["round"]["left"] == len(ROUND)
    back, _ = then(grown, ROUND)
    assert back.frame.equals(grown[0].frame)


def test_new_rows_are_shown_at_the_smallest_k_that_keeps_an_enforced_mean_risk():
    """Four places each of three, four and five people: at 3 there are 13 classes of 62 rows, at 4 ten, at 5 seven."""
    rules = replace(RULES, limits=Limits(mean_risk=0.12, mean_enforced=True))
    new = people(*((f"{many}.{at}.", many, f"ML{many}{at}", "f", 1) for many in (3, 4, 5) for at in range(4)))
    old = people(("a", 14, "NERa", "f", 4))
    outcome, _ = then(first(old, rules), pd.concat([old, new], ignore_index=True), rules)
    assert outcome.report["k_applied"] == 5
    assert outcome.report["risk"]["mean"] == pytest.approx(7 / 62)
    shown = outcome.frame.set_index("interview_id")["camp"] != HIDDEN
    assert shown.groupby(shown.index.str[0]).mean().to_dict() == {"3": 0, "4": 0, "5": 1, "a": 1}


def test_a_mean_risk_that_cannot_be_kept_beside_the_earlier_files_is_refused():
    rules = replace(RULES, limits=Limits(mean_risk=0.12, mean_enforced=True))
    rows = people(("a", 12, "NERa", "f", 4))
    with pytest.raises(TooClose, match=r"limits\.mean_risk"):
        then(first(rows, rules), pd.concat([rows, people(("n", 3, "MLIa", "m", 0))], ignore_index=True), rules)
    rows = people(("a", 10, "NERa", "f", 2), ("b", 10, "NERb", "f", 2), ("c", 5, "MLIa", "f", 1))
    other = replace(rules, k=4, limits=replace(rules.limits, mean_risk=0.1))
    assert len(first(without(rows, "a000", "a001"), other)[0].frame) == 23
    with pytest.raises(TooClose, match=r"limits\.mean_risk"):
        then(first(rows), without(rows, "a000", "a001"), other)


def test_an_enforced_mean_risk_is_kept_and_the_smallest_classes_leave_for_it():
    rules = replace(RULES, limits=Limits(mean_risk=0.12, mean_enforced=True))
    rows = people(("a", 14, "NERa", "f", 4), ("b", 11, "NERb", "m", 3), ("c", 9, "MLIa", "f", 2))
    outcome, _ = then(first(rows, rules), without(rows, "a000"), rules)
    risk = outcome.report["risk"]
    assert risk["mean"] <= 0.12
    grown = pd.concat([rows, people(("n", 5, "NERa", "f", 1), ("o", 5, "MLIb", "m", 1))], ignore_index=True)
    more, _ = then(first(rows, rules), grown, rules)
    assert more.report["risk"]["mean"] <= 0.12
    assert more.report["round"]["kept"] == len(rows)
    with pytest.raises(TooClose, match="no record may be shown"):
        then(
            first(rows, rules),
            without(rows, *[f"a{at:03}" for at in range(14)]),
            replace(rules, limits=replace(rules.limits, mean_risk=0.01)),
        )


def test_a_plan_names_the_files_it_follows_and_makes_the_same_bytes_beside_them_only():
    past = first(ROUND)
    second = without(ROUND, "a005", "d001")
    plan, outcome = rounds.plan_and_follow(past, second, RULES, {}, KEY)
    assert (plan.method, len(plan.follows), len(plan.points)) == (METHOD, 64, 1)
    assert Plan.from_json(plan.to_json()) == plan
    made = rounds.apply(plan, second, {}, earlier=past, key=KEY)
    assert made.frame.to_csv() == outcome.frame.to_csv()
    assert made.report == outcome.report
    with pytest.raises(BadInput, match=r"plan\.follows"):
        rounds.apply(plan, second, {}, earlier=[*past, *past], key=KEY)
    with pytest.raises(BadInput, match=r"plan\.follows"):
        apply_alone(plan, second, {})
    with pytest.raises(BadInput, match="other rows"):
        rounds.apply(plan, ROUND, {}, earlier=past, key=KEY)
    stored = plan_and_apply(ROUND, RULES, {})[0].to_json()
    assert Plan.from_json(stored.replace('  "follows": "",\n', "")).follows == ""


FINER = a_rule_set(
    k=K, treatments=TREATMENTS, keys=(PLACE, SEX, replace(SEX, name="age", levels=(Level("age", "age"),)))
)
AGES = ROUND.assign(age=["young" if at % 2 else "old" for at in range(len(ROUND))])


@pytest.mark.parametrize(
    "rules", [replace(RULES, k=4), replace(RULES, keys=(PLACE,)), FINER], ids=["k", "fewer", "finer"]
)
def test_other_rules_are_judged_beside_the_earlier_files(rules):
    past = first(AGES, RULES)
    second = pd.concat([without(AGES, "a004"), AGES.tail(6).assign(interview_id=list("uvwxyz"))], ignore_index=True)
    plan, outcome = rounds.plan_and_follow(past, second, rules, {}, KEY)
    assert outcome.report["round"]["anew"]
    grown = [*past, Earlier(outcome.frame, plan.rules, 2)]
    known = [
        {
            one: row[1:]
            for one, row in zip(
                f.frame["interview_id"],
                f.frame[["interview_id", *f.rules.key_columns]].to_numpy().tolist(),
                strict=True,
            )
        }
        for f in grown
    ]
    everyone = set().union(*known)
    sizes = Counter(tuple(tuple(file.get(one, ())) for file in known) for one in everyone)
    assert min(sizes.values()) >= RULES.k
    assert together(past, outcome.frame, plan.rules).passed
    assert rounds.apply(plan, second, {}, earlier=past, key=KEY).frame.equals(outcome.frame)


def test_rows_that_lose_their_company_to_the_earlier_files_are_hidden_too():
    """Three of NERb are of NERc by now, as are two new ones, who must wait. Two of NERa hide with the three, and since
    those two would be alone to whoever has the last file, a third does.
    """
    past = first(people(("a", 12, "NERa", "f", 0), ("b", 8, "NERb", "f", 0)))
    second = corrected(past[0].frame, ["b000", "b001", "b002"], camp="NERc")
    second = pd.concat([second, people(("n", 2, "NERc", "f", 0))], ignore_index=True)
    outcome, grown = then(past, second, replace(RULES, k=5))
    assert smallest([one.frame for one in grown]) >= K
    assert min(Counter(map(tuple, outcome.frame[COLUMNS].to_numpy())).values()) >= 5
    assert set(outcome.frame["interview_id"]) == set(past[0].frame["interview_id"])
    hidden = outcome.frame[outcome.frame["camp"] == HIDDEN]["interview_id"]
    assert Counter(hidden.str[0]) == {"a": 3, "b": 3}


def test_other_rules_that_tell_too_much_beside_the_earlier_file_are_refused():
    rows = ROUND.assign(age=[str(at % 7) for at in range(len(ROUND))])
    old = replace(RULES, keys=(PLACE, SEX))
    new = replace(RULES, keys=(replace(SEX, name="age", levels=(Level("age", "age"),)),))
    with pytest.raises(TooClose, match="rule set: changed since the last file"):
        then(first(rows, old), rows, new)


def test_a_file_that_follows_needs_ids_a_key_and_a_past():
    past = first(ROUND)
    for frame in (ROUND.drop(columns="interview_id"), corrected(ROUND, ["a000"], interview_id="")):
        with pytest.raises(BadInput, match="interview_id"):
            then(past, frame)
    with pytest.raises(BadInput, match="key: shorter"):
        rounds.plan_and_follow(past, ROUND, RULES, {}, b"short")
    with pytest.raises(BadInput, match="earlier: a file that follows needs one to follow"):
        rounds.follow([], ROUND, RULES, {}, KEY)
    plan, outcome = rounds.plan_and_follow([], ROUND, RULES, {}, b"")
    assert plan.follows == ""
    assert "round" not in outcome.report
    assert rounds.apply(plan, ROUND, {}, earlier=[], key=b"").frame.equals(outcome.frame)
