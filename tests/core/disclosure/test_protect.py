import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.catalogue.codebook import reference
from portal.disclosure import protect as module
from portal.disclosure import report
from portal.disclosure.attack import Result, attack, read_released
from portal.disclosure.eligible import eligible
from portal.disclosure.protect import protect
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import Duplicates, Exclude, Limits, default
from tests.core.disclosure import brute
from tests.core.disclosure.boards import a_rule_set, a_survey, a_treatment

KEYS = ["country", "camp", "sex"]


def a_file(rows=40, **columns):
    """Records of four camps in two countries, in turn, with an id."""
    at = np.arange(rows)
    made = {
        "interview_id": [f"{one:04x}" for one in at],
        "country": np.where(at % 4 < 2, "NER", "SDN"),
        "camp": np.array(["a", "b", "c", "d"])[at % 4],
        "sex": np.where(at % 8 < 4, "f", "m"),
        "abuse": np.where(at % 16 < 3, "yes", "no"),
    }
    return pd.DataFrame({**made, **columns}).astype("str")


CONSENT = Exclude("no consent", "consent", ("share",), keep=True)
YOUNG = Exclude("under 18", "age", ("u18",), via=("bands:age",))
BANDS = {"age": ((0.0, "u18"), (18.0, "adult"))}


def test_the_file_holds_ids_keys_and_named_variables_in_order_and_nothing_else():
    outcome = protect(a_file(diary="secret"), a_rule_set(treatments=[a_treatment()]), {})
    assert list(outcome.frame) == ["interview_id", *KEYS, "abuse"]
    assert outcome.report["classes"] == 8
    assert outcome.report["smallest_class"] == 5
    assert outcome.report["absent"] == []
    assert "secret" not in json.dumps(outcome.report)


def test_rows_stay_out_for_the_first_reason_that_holds_and_each_is_counted():
    frame = a_file(consent=["share"] * 38 + ["no", ""], age=["30"] * 37 + ["17", "17", "40"])
    rules = a_rule_set(excludes=(CONSENT, YOUNG), bands=BANDS)
    outcome = protect(frame, rules, {})
    assert outcome.report["excluded"] == {
        "no consent": 2,
        "under 18": 1,
        "repeated interview": 0,
        "repeated content": 0,
    }
    assert len(outcome.frame) == outcome.report["rows_out"] == 37
    assert outcome.report["rows_in"] == 40


def test_consent_that_cannot_be_read_is_no_consent():
    with pytest.raises(BadInput, match="consent: not in the data"):
        protect(a_file(), a_rule_set(excludes=(CONSENT,)), {})


def test_an_optional_exclusion_waits_for_its_column():
    rules = a_rule_set(excludes=(replace(CONSENT, optional=True),))
    assert protect(a_file(), rules, {}).report["rows_out"] == 40
    assert protect(a_file(consent="no"), rules, {}).report["rows_out"] == 0


def test_one_interview_sent_twice_is_one_record():
    frame = a_file()
    again = frame.iloc[:3].assign(abuse=".r")
    kept, counted = eligible(pd.concat([frame, again], ignore_index=True), a_rule_set(), {})
    assert counted["repeated interview"] == 3
    assert len(kept) == 40
    backwards, _ = eligible(pd.concat([again, frame], ignore_index=True), a_rule_set(), {})
    assert (
        kept.sort_values("interview_id").to_numpy().tolist()
        == backwards.sort_values("interview_id").to_numpy().tolist()
    )


def test_the_same_content_under_another_id_is_one_record_only_where_the_clock_agrees():
    rule = Duplicates("interview_id", ("interview_id",), ("start",))
    frame = a_file(start=[f"08:{at:02}" for at in range(40)])
    again = frame.iloc[:2].assign(interview_id=["x", "y"])
    both = pd.concat([frame, again], ignore_index=True)
    assert eligible(both, a_rule_set(duplicates=rule), {})[1]["repeated content"] == 2
    assert eligible(both.drop(columns="start"), a_rule_set(duplicates=rule), {})[1]["repeated content"] == 0
    later = again.assign(start="19:00")
    assert eligible(pd.concat([frame, later]), a_rule_set(duplicates=rule), {})[1]["repeated content"] == 0


def test_records_without_an_id_are_not_taken_for_one():
    frame = a_file(interview_id="")
    assert len(eligible(frame, a_rule_set(), {})[0]) == 40


def test_a_place_with_two_enumerators_loses_its_name_and_with_three_keeps_it():
    limits = Limits(min_enumerators=3, enumerator_cell=("camp", "sex"))
    who = np.array(["x", "y"] * 20, dtype=object)
    frame = a_file(username=who)
    three = (frame["camp"] == "a") & (frame["sex"] == "f")
    frame.loc[three, "username"] = ["x", "y", "z", "x", "y"]
    outcome = protect(frame, a_rule_set(limits=limits), {})
    shown = outcome.frame[outcome.frame["camp"] != ".s"]
    assert set(zip(shown["camp"], shown["sex"], strict=True)) <= {("a", "f")}
    assert outcome.report["few_enumerators"] == 35


def test_an_enumerator_who_is_not_named_counts_as_nobody():
    limits = Limits(min_enumerators=2, enumerator_cell=("camp", "sex"))
    frame = a_file(username=["x", ""] * 20)
    assert (protect(frame, a_rule_set(limits=limits), {}).frame["camp"] == ".s").all()


def test_the_rule_on_enumerators_needs_to_know_them():
    with pytest.raises(BadInput, match="username: not in the data"):
        protect(a_file(), a_rule_set(limits=Limits(min_enumerators=3, enumerator_cell=("camp", "sex"))), {})


def test_every_released_cell_still_has_its_enumerators_after_hiding():
    rng = np.random.default_rng(5)
    frame = a_file(400, sex=rng.choice(["f", "m", "x"], 400, p=[0.6, 0.38, 0.02]))
    many = rng.choice(list("tuvwxyz"), 400)
    frame["username"] = np.where(frame["country"] == "NER", many, np.where(many < "w", "t", "u"))
    limits = Limits(min_enumerators=3, enumerator_cell=("camp", "sex"))
    made = protect(frame, a_rule_set(k=5, limits=limits), {}).frame.assign(who=frame["username"])
    shown = made[(made["camp"] != ".s") & (made["sex"] != ".s")]
    assert set(shown["country"]) == {"NER"}
    assert (shown.groupby(["camp", "sex"])["who"].nunique() >= 3).all()


def test_an_enforced_mean_risk_is_kept_by_larger_classes():
    frame = a_file(80)
    limits = Limits(mean_risk=0.06, mean_enforced=True)
    loose, tight = protect(frame, a_rule_set(), {}), protect(frame, a_rule_set(limits=limits), {})
    assert loose.report["risk"]["mean"] == 0.1
    assert loose.report["k_applied"] == 3
    assert tight.report["risk"]["mean"] <= 0.06
    assert tight.report["risk"]["mean_kept"]
    assert tight.report["k_applied"] > 3


def test_a_mean_risk_that_is_only_reported_changes_nothing():
    outcome = protect(a_file(80), a_rule_set(limits=Limits(mean_risk=0.06)), {})
    assert outcome.report["risk"]["mean_limit"] == 0.06
    assert not outcome.report["risk"]["mean_kept"]


def test_a_mean_risk_beyond_the_number_of_records_cannot_be_met():
    with pytest.raises(CannotMeet, match=r"limits\.mean_risk: 40 records cannot have a mean risk of 0\.01"):
        protect(a_file(), a_rule_set(limits=Limits(mean_risk=0.01, mean_enforced=True)), {})


def test_too_few_rows_for_k_cannot_be_protected_and_none_need_not_be():
    with pytest.raises(CannotMeet, match="2 records are fewer than k = 3"):
        protect(a_file(2), a_rule_set(), {})
    nothing = protect(a_file(2, consent="no"), a_rule_set(excludes=(CONSENT,)), {})
    assert nothing.frame.empty
    assert nothing.report["smallest_class"] == 0


def test_a_coarser_tier_is_made_of_the_finer_file_alone():
    finer = protect(a_file(), a_rule_set(treatments=[a_treatment()]), {}).frame
    coarse_keys = (replace(a_rule_set().keys[0], levels=a_rule_set().keys[0].levels[:1]), a_rule_set().keys[1])
    rules = a_rule_set(k=11, keys=coarse_keys, tier="licensed", derived_from="partner", treatments=[a_treatment()])
    outcome = protect(finer, rules, {})
    assert list(outcome.frame) == ["interview_id", "country", "sex", "abuse"]
    assert min(brute.strict(outcome.frame, ["country", "sex"])) >= 11
    assert "repeated interview" not in outcome.report["excluded"]


def test_a_group_too_small_to_name_is_not_named_in_the_report():
    frame = a_file(80, gender=["woman"] * 35 + ["man"] * 40 + ["nonbinary"] * 5)
    keys = (
        *a_rule_set().keys[:1],
        replace(
            a_rule_set().keys[1], levels=(replace(a_rule_set().keys[1].levels[0], column="gender", source="gender"),)
        ),
    )
    told = protect(frame, a_rule_set(keys=keys), {}).report["utility"]["retained"]["gender"]
    assert set(told) == {"man", "other", "woman"}


def test_the_report_says_how_far_a_groups_share_of_what_is_shown_moved():
    before = pd.DataFrame({"gender": ["woman"] * 40 + ["man"] * 60})
    after = pd.DataFrame({"gender": ["woman"] * 30 + [".s"] * 10 + ["man"] * 60})
    level = replace(a_rule_set().keys[1].levels[0], column="gender", source="gender")
    rules = a_rule_set(keys=(replace(a_rule_set().keys[1], levels=(level,)),))
    told = report.utility(before, after, rules)["share_moved"]
    assert told == {"gender": pytest.approx(40 / 100 - 30 / 90, abs=1e-6)}
    assert report.utility(before[:0], after[:0], rules)["share_moved"] == {"gender": 0.0}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_whatever_comes_in_what_goes_out_withstands_every_attack(seed, k):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(k, 60))
    frame = a_file(
        n,
        camp=rng.choice(list("abcdefg"), n),
        sex=rng.choice(["f", "m", ".d", ""], n, p=[0.6, 0.3, 0.05, 0.05]),
        abuse=rng.choice(["yes", "no", ".r", ""], n),
        needs=rng.choice(["food", "food water", "cash", "0", ".d"], n),
    )
    treatments = [a_treatment(), a_treatment("needs", role="non_confidential", multiple=True)]
    rules = a_rule_set(k=k, treatments=treatments)
    outcome = protect(frame, rules, {})
    assert min(brute.strict(outcome.frame, KEYS)) >= k
    assert min(brute.attacker(frame, outcome.frame, KEYS)) >= k
    released = read_released(outcome.frame.to_csv(index=False).encode())
    found = attack(frame, released, rules, {}, protected=outcome.frame)
    assert found.passed, found.to_json()
    order = rng.permutation(n)
    other = protect(frame.iloc[order], rules, {}).frame
    assert other.sort_index().equals(outcome.frame)


@pytest.fixture(scope="module")
def survey():
    return a_survey(800)


@pytest.fixture(scope="module")
def partner(survey):
    return protect(survey, default("partner"), reference().hierarchies())


def test_a_synthetic_survey_becomes_a_partner_file_that_withstands_attack(survey, partner):
    rules, lists = default("partner"), reference().hierarchies()
    assert min(brute.strict(partner.frame, rules.key_columns)) >= 5
    found = attack(
        survey, read_released(partner.frame.to_csv(index=False).encode()), rules, lists, protected=partner.frame
    )
    assert found.passed, {name: one for name, one in found.attacks.items() if not one.passed}
    assert found.attacks["downcoding"].facts["gain"]
    assert partner.report["violations"]["after"]["attacker"]["5"] == 0
    assert partner.report["violations"]["before"]["strict"]["5"] > 0
    assert json.loads(json.dumps(partner.report)) == partner.report


def test_no_kind_of_violence_and_no_place_name_is_left(partner):
    kinds = {item for cell in partner.frame["exp_types"] for item in cell.split()}
    assert kinds <= {"violence", "property", "liberty", "life", "other", "none", "0", ".s", ".d", ".r", ".n"}
    assert not {"interview_place", "username", "age", "nationality", "interview_date"} & set(partner.frame)


def test_the_licensed_file_of_it_keeps_eleven_and_its_mean_risk(partner):
    rules = default("licensed")
    outcome = protect(partner.frame, rules, reference().hierarchies())
    assert min(brute.strict(outcome.frame, rules.key_columns)) >= 11
    assert outcome.report["risk"]["mean"] <= 0.03
    found = attack(
        partner.frame, read_released(outcome.frame.to_csv(index=False).encode()), rules, {}, protected=outcome.frame
    )
    assert found.passed, {name: one for name, one in found.attacks.items() if not one.passed}


@pytest.mark.parametrize("verdicts", [[True], [False, True], [False, False]])
def test_what_can_be_seen_through_is_closed_all_the_way(monkeypatch, verdicts):
    tried = []

    def judge(truth, released, keys):
        tried.append(len(released))
        return Result(0, verdicts[len(tried) - 1])

    monkeypatch.setattr(module, "downcoding", judge)
    protect(a_file(), a_rule_set(), {})
    assert len(tried) == len(verdicts)


def test_row_labels_that_repeat_confuse_nobody():
    limits = Limits(min_enumerators=3, enumerator_cell=("camp", "sex"))
    frame = a_file(username=["x", "y", "z", "x", "y", "z", "x", "y"] * 5)
    plain, doubled = (
        protect(frame, a_rule_set(limits=limits), {}),
        protect(frame.set_axis([7] * 40), a_rule_set(limits=limits), {}),
    )
    assert doubled.frame.equals(plain.frame)
    assert attack(frame.set_axis([7] * 40), doubled.frame, a_rule_set(), {}).passed
