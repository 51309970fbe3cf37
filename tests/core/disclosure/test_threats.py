"""Attacks with a control group: each finds a file guilty that gives people away, and the protected one innocent."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.catalogue.codebook import reference
from portal.disclosure import threats
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import default
from portal.disclosure.threats import Halves, attack_with_control, halves, judge, promised
from portal.disclosure.threats_codes import distances, nearest, portions, scene
from portal.disclosure.threats_near import hands_of, inference, linkability
from portal.disclosure.threats_rates import Risk, Tried, risk_of
from portal.disclosure.threats_single import Said, multivariate, univariate
from tests.core.disclosure.boards import a_rule_set, a_survey, a_treatment, board
from tests.core.disclosure.test_protect import a_file

RULES = default("partner")
ATTACKS = {"singling_out", "linkability", "inference"}


@pytest.fixture(scope="session")
def survey():
    return a_survey(2000)


@pytest.fixture(scope="session")
def lists():
    return reference().hierarchies()


@pytest.fixture(scope="session")
def dealt(survey, lists):
    """Both halves of the survey with their true levels and some true answers beside, and the first as protected."""
    made = halves(survey, RULES, lists)
    true = survey.drop_duplicates("interview_id").set_index("interview_id")
    beside = ["nationality", "interview_date", "age", "interview_place", "username"]

    def with_truth(part):
        return part.assign(**{name: true.loc[part["interview_id"], name].to_numpy() for name in beside})

    return Halves(made.released, with_truth(made.train), with_truth(made.control))


def lost(found):
    return {name for name, one in found.items() if not one.passed}


def test_the_protected_half_of_a_survey_gives_nobody_away(dealt):
    found = judge(dealt, RULES)
    assert set(found) == ATTACKS
    assert lost(found) == set()
    assert found["singling_out"].facts["judged"]["multivariate"]["attacks"] == 0
    assert len(found["inference"].facts["judged"]) >= 8
    for risk in found["inference"].facts["judged"].values():
        assert risk["attacks"] > 100
        assert 0 <= risk["low"] <= found["inference"].facts["limit"]


def test_a_truthful_file_gives_the_row_away_to_who_knows_the_answers_and_says_so(dealt):
    found = judge(dealt, RULES)
    assert found["linkability"].facts["reported"]["halves"]["low"] > 0.5
    assert found["singling_out"].facts["reported"]["multivariate"]["low"] > 0.2


def test_the_raw_file_loses_every_attack(dealt):
    found = judge(replace(dealt, released=dealt.train), RULES)
    assert lost(found) == ATTACKS
    assert found["linkability"].records_at_risk > 0.5 * len(dealt.train)


def test_one_exact_key_left_beside_the_protected_ones_is_found(dealt):
    exact = dealt.train["nationality"] + dealt.train["age"]
    leaky = replace(
        dealt,
        released=dealt.released.assign(who=exact),
        train=dealt.train.assign(who=exact),
        control=dealt.control.assign(who=dealt.control["nationality"] + dealt.control["age"]),
    )
    assert {"singling_out", "inference"} <= lost(judge(leaky, RULES))


def test_a_suppressor_that_looks_at_one_key_after_the_other_is_found(dealt):
    """It hides rare values of each key and leaves rare combinations: a sensitive answer stands beside each."""
    released = dealt.train[list(dealt.released)].copy()
    for name in RULES.key_columns:
        rare = released[name].map(released[name].value_counts()) < RULES.k
        released[name] = released[name].mask(rare, ".s")
    found = judge(replace(dealt, released=released), RULES)
    assert {"singling_out", "inference"} <= lost(found)
    assert found["inference"].facts["limit"] == pytest.approx(threats.LIMIT + 1 / RULES.k)


def test_a_few_rows_left_as_they_were_are_found(dealt):
    released = dealt.released.copy()
    left = released.index[::100]
    released.loc[left, RULES.key_columns] = dealt.train.loc[left, RULES.key_columns]
    found = judge(replace(dealt, released=released), RULES)["singling_out"]
    assert len(left) == 10
    assert not found.passed


def test_the_door_gives_plain_values_and_the_same_ones_for_any_order_of_rows():
    rng = np.random.default_rng(1)
    frame = a_file(301, camp=rng.choice(list("abcdefg"), 301), abuse=rng.choice(["yes", "no", ".r"], 301))
    rules = a_rule_set(treatments=[a_treatment()])
    told = attack_with_control(frame, rules, {})
    assert json.loads(json.dumps(told)) == told
    assert told["passed"]
    assert set(told["attacks"]) == ATTACKS
    assert told["rows"] == {"train": 151, "control": 150}
    assert attack_with_control(frame.iloc[rng.permutation(301)], rules, {}) == told
    assert attack_with_control(frame, rules, {}, seed=5) != told
    assert attack_with_control(frame.drop(columns="interview_id"), rules, {})["passed"]


def test_of_a_large_file_a_sample_is_dealt_that_the_order_of_rows_does_not_change(monkeypatch):
    rng = np.random.default_rng(1)
    frame = a_file(301, camp=rng.choice(list("abcdefg"), 301), abuse=rng.choice(["yes", "no", ".r"], 301))
    rules = a_rule_set(treatments=[a_treatment()])
    whole = halves(frame, rules, {})
    monkeypatch.setattr(threats, "RECORDS", 301)
    assert halves(frame, rules, {}).released.equals(whole.released)
    monkeypatch.setattr(threats, "RECORDS", 101)
    dealt, again = halves(frame, rules, {}), halves(frame.iloc[rng.permutation(301)], rules, {})
    assert [len(dealt.train), len(dealt.control)] == [51, 50]
    ids = [set(part["interview_id"]) for part in (dealt.train, dealt.control)]
    assert not ids[0] & ids[1]
    assert ids == [set(part["interview_id"]) for part in (again.train, again.control)]
    other = halves(frame, rules, {}, seed=5)
    assert ids[0] | ids[1] != set(other.train["interview_id"]) | set(other.control["interview_id"])
    assert attack_with_control(frame, rules, {})["rows"] == {"train": 51, "control": 50}


@pytest.mark.long
def test_the_licensed_tier_is_attacked_with_what_the_partner_tier_shows(dealt, lists):
    told = attack_with_control(dealt.released, default("licensed"), lists)
    assert told["passed"]
    assert set(told["attacks"]) == ATTACKS
    assert told["attacks"]["inference"]["facts"]["limit"] <= threats.LIMIT + 1 / 11


def test_what_cannot_be_dealt_in_halves_is_said_not_to_have_been_tried():
    rules = a_rule_set(k=3, treatments=[a_treatment()])
    told = attack_with_control(a_file(5), replace(rules, k=4), {})
    assert told == {"passed": True, "attacks": {}, "not_tried": told["not_tried"]}
    assert "half of the records" in told["not_tried"]
    assert "control" in attack_with_control(a_file(0), rules, {})["not_tried"]
    assert "keys" in attack_with_control(a_file(9), default("event"), {})["not_tried"]


def test_a_column_that_no_record_has_cannot_be_attacked_and_is_refused(dealt):
    with pytest.raises(BadInput, match="diary: not in the data"):
        judge(replace(dealt, released=dealt.released.assign(diary="x")), RULES)


# --- the parts, against their definitions ---

CELLS = st.sampled_from([-1, 0, 1, 2])


def grids(width):
    return st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=6)


def slow_distance(one, other):
    pairs = list(zip(one, other, strict=True))
    hidden = sum(-1 in pair for pair in pairs)
    differ = sum(-1 not in pair and pair[0] != pair[1] for pair in pairs)
    return (len(one) + 1) * differ + hidden


@settings(max_examples=30, deadline=None)
@given(grids(3), grids(3))
def test_one_difference_outweighs_all_that_is_hidden(rows, people):
    found = distances(np.array(rows), np.array(people))
    assert found.tolist() == [[slow_distance(one, row) for row in rows] for one in people]
    assert nearest(found).any(axis=1).all()


def as_scene(released, train, control):
    names = [f"c{at}" for at in range(len(released[0]))]
    frames = [
        pd.DataFrame([[".s" if cell < 0 else str(cell) for cell in row] for row in rows], columns=names, dtype="str")
        for rows in (released, train, control)
    ]
    return scene(*frames, names)


def slow_nearest(released, person, columns):
    far = [slow_distance([row[at] for at in columns], [person[at] for at in columns]) for row in released]
    return {at for at, one in enumerate(far) if one == min(far)}


@settings(max_examples=20, deadline=None)
@given(grids(2), grids(2))
def test_a_link_is_the_chance_that_two_draws_give_one_row(released, people):
    made = as_scene(released, people, people)
    tried = linkability(made, [["c0"], ["c1"]], np.random.default_rng(0), 100)
    expected = 0.0
    for person in people:
        one, other = (slow_nearest(released, person, [at]) for at in (0, 1))
        expected += sum(a == b for a, b in itertools.product(one, other)) / (len(one) * len(other))
    assert (tried.attacks, tried.control_attacks) == (len(people), len(people))
    assert tried.hits == pytest.approx(expected)
    assert tried.control_hits == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_an_inference_is_the_share_of_the_nearest_telling_rows_that_agree(data):
    released, people = data.draw(grids(2)), data.draw(grids(2))
    answers = st.sampled_from([-1, 0, 1])
    told = data.draw(st.lists(answers, min_size=len(released), max_size=len(released)))
    truth = data.draw(st.lists(answers, min_size=len(people), max_size=len(people)))
    made = as_scene(released, people, people)
    (tried,) = inference(made, [np.array(told)], [(np.array(truth), np.array(truth))], np.random.default_rng(0), 100)
    telling = [(row, answer) for row, answer in zip(released, told, strict=True) if answer >= 0]
    expected = 0.0
    for person, answer in zip(people, truth, strict=True):
        if answer >= 0 and telling:
            near = slow_nearest([row for row, _ in telling], person, [0, 1])
            expected += sum(telling[at][1] == answer for at in near) / len(near)
    assert tried.attacks == tried.control_attacks == sum(answer >= 0 for answer in truth)
    assert tried.hits == pytest.approx(expected)
    assert tried.control_hits == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(grids(3), st.lists(st.tuples(st.tuples(CELLS, CELLS), st.tuples(CELLS, CELLS)), min_size=1, max_size=4))
def test_a_predicate_holds_for_the_rows_that_show_all_it_asks_for(rows, drawn):
    said = [[(column, value) for column, value in one if column >= 0 and value >= 0] for one in drawn]
    said = [one for one in said if one]
    padded = [[*one, *[(-1, -1)] * (2 - len(one))] for one in said]
    asked = np.array(padded, dtype=np.int64).reshape(-1, 2, 2)
    found = Said(asked[:, :, 0], asked[:, :, 1]).fits(np.array(rows))
    assert found.tolist() == [sum(all(row[column] == value for column, value in one) for row in rows) for one in said]


def test_only_what_fits_one_released_row_is_tried_and_only_who_is_alone_is_found():
    released, people = board("job | job\nmayor | mayor\ncook | cook\ncook | cook\n.s | judge")
    control, _ = board("job\nmayor\nmayor\njudge")
    tried = univariate(scene(released, people, control, ["job"]))
    assert tried == Tried(1, 1.0, 1, 0.0)  # the judge is hidden, the cooks are two, and the control has two mayors


def test_conjunctions_are_found_where_no_value_alone_tells():
    rows = [(a, b) for a in range(12) for b in range(12)]
    assert univariate(as_scene(rows, rows, rows)).attacks == 0
    tried = multivariate(as_scene(rows, rows, rows[:72] * 2), np.random.default_rng(0), most=2)
    assert tried.attacks > 100
    assert tried.hits == tried.attacks
    assert tried.control_hits == 0
    twice = multivariate(as_scene(rows * 2, rows, rows), np.random.default_rng(0), most=2)
    assert twice == Tried(0, 0.0, 0, 0.0)


def test_without_columns_or_with_one_family_nothing_is_tried():
    frame, _ = board("a\n1")
    nothing = scene(frame, frame, frame, [])
    luck = np.random.default_rng(0)
    assert univariate(nothing) == multivariate(nothing, luck, most=5) == Tried(0, 0.0, 0, 0.0)
    assert linkability(scene(frame, frame, frame, ["a"]), [["a"]], luck, 9) == Tried(0, 0.0, 0, 0.0)
    assert risk_of(univariate(nothing)) == Risk(0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_families_stay_in_one_hand_and_strange_columns_are_families_of_their_own():
    assert list(hands_of(["a", "b", "x"], [("a", "b"), ("c",)])) == [["a", "b"], ["x"]]
    assert portions(5, 1 << 23) == [slice(0, 2), slice(2, 4), slice(4, 6)]


@pytest.mark.parametrize(
    ("missed", "low", "high"),
    [  # the ratio's interval, as statsmodels 0.14 gives it: confint_proportions_2indep(compare="ratio", method="score")
        ((0, 434, 7, 448), 0.0, 0.5638888),
        ((40, 100, 60, 100), 0.4954353, 0.8849014),
        ((3, 50, 20, 60), 0.0587471, 0.5225545),
        ((5, 1000, 2, 1000), 0.5611200, 1.0),
        ((0, 30, 3, 30), 0.0, 1.0),
    ],
)
def test_the_interval_is_one_less_that_of_the_ratio_of_misses(missed, low, high):
    first, rows, second, others = missed
    found = risk_of(Tried(rows, rows - first, others, others - second))
    assert (1 - found.high, 1 - found.low) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


@pytest.mark.parametrize(("share", "people"), [(0.99, 440), (0.9, 60), (0.5, 300), (0.02, 1000)])
def test_a_file_that_adds_nothing_is_rarely_thought_to(share, people):
    """Also where nearly everybody is guessed right: few misses, all of them in one group by chance, are no leak."""
    rng = np.random.default_rng(7)
    drawn = rng.binomial(people, share, (400, 2))
    wrong = sum(risk_of(Tried(people, hits, people, others), together=17).low > 0 for hits, others in drawn.tolist())
    assert wrong <= 3


def test_certainty_cannot_be_added_to():
    assert risk_of(Tried(40, 40, 40, 40)) == Risk(40, 1.0, 1.0, 0.0, 0.0, 1.0)
    assert risk_of(Tried(40, 30, 40, 40)).value == 0.0


def test_a_risk_is_what_being_in_the_file_adds():
    found = risk_of(Tried(10**6, 600_000, 10**6, 200_000))
    assert (found.success, found.control) == (0.6, 0.2)
    assert found.value == pytest.approx(0.5, abs=1e-4)
    assert found.low < 0.5 < found.high
    none = risk_of(Tried(1000, 500, 1000, 600))
    assert none.value < 0
    assert none.low == 0
    alone, among = risk_of(Tried(100, 60, 100, 40)), risk_of(Tried(100, 60, 100, 40), together=10)
    assert among.low < alone.low


def test_the_lower_end_may_reach_the_limit_and_not_go_beyond():
    def result(low):
        return threats._result({"x": Risk(9, 0.5, 0.1, 0.4, low, 0.6)}, {}, 0.05, 100)

    assert result(0.05).passed
    assert result(0.05).records_at_risk == 0
    assert not result(0.050001).passed
    assert result(0.050001).records_at_risk == 40


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_who_draws_among_f_nearest_rows_gains_one_in_f_at_most(seed, k):
    """The promise of the classes, by experiment: classes of k, answers by chance, everybody attacked."""
    rng = np.random.default_rng(seed)
    camp = np.repeat(np.arange(200), k).astype(str)
    released = pd.DataFrame({"country": "X", "camp": camp, "sex": "f", "abuse": rng.choice(["yes", "no"], 200 * k)})
    control = released.assign(abuse=rng.choice(["yes", "no"], 200 * k))
    rules = a_rule_set(k=k, treatments=[a_treatment()])
    assert promised(released, rules) == pytest.approx(1 / k)
    found = judge(Halves(released, released, control), rules)["inference"]
    risk = found.facts["judged"]["abuse=yes"]
    assert risk["low"] <= 1 / k <= risk["high"] + 0.05
    assert found.passed


def test_the_promise_is_the_mean_of_one_in_f_and_one_in_k_at_most():
    rules = a_rule_set(k=3)
    frame, _ = board("country camp sex\n" + "a b f\n" * 4 + "a c f\n" * 6)
    assert promised(frame, rules) == pytest.approx(0.2)
    assert promised(frame.iloc[:1], rules) == pytest.approx(1 / 3)
    assert promised(frame[[]], rules) == promised(frame.iloc[:0], rules) == 0


def test_a_secret_that_few_have_an_answer_to_is_not_judged():
    rules = a_rule_set(k=3, treatments=[a_treatment()])
    frame = a_file(80)
    rare = frame.assign(abuse=["yes"] * 29 + [""] * 51)
    assert judge(Halves(frame, rare, frame), rules)["inference"].facts["judged"] == {}
    enough = frame.assign(abuse=["yes"] * 30 + [""] * 50)
    assert set(judge(Halves(frame, enough, frame), rules)["inference"].facts["judged"]) == {"abuse=yes"}
    assert judge(Halves(frame, frame, frame), a_rule_set(k=3))["inference"].facts["judged"] == {}
