"""The planner: which levels a tier shows. Points are recounted from the files that were really made."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from portal.catalogue.codebook import reference
from portal.disclosure import planner
from portal.disclosure.plan import Plan, Point, apply, snapshot, undominated
from portal.disclosure.planner import needed, plan, plan_and_apply, ways
from portal.disclosure.protect import Suppressed, protect
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import Aims, default
from portal.disclosure.suppress import suppress
from portal.disclosure.utility import table_change
from tests.core.disclosure.boards import PLACE, SEX, a_key, a_rule_set, a_survey, a_treatment
from tests.core.disclosure.test_events import EVENTS

AGE = a_key("age", "adult", "band")


def a_file(rows=240, seed=1):
    """Records in two countries, one of them small and asked about fine places."""
    draw = np.random.default_rng(seed)
    country = np.where(draw.random(rows) < 0.8, "NER", "SDN")
    return pd.DataFrame(
        {
            "interview_id": [f"{at:04x}" for at in range(rows)],
            "country": country,
            "camp": np.char.add(country, draw.integers(0, 6, rows).astype(str)),
            "sex": np.where(draw.random(rows) < 0.3, "f", "m"),
            "adult": np.where((band := draw.integers(1, 7, rows)) > 2, "yes", "no"),
            "band": band.astype(str),
            "abuse": np.where(draw.random(rows) < 0.1, "yes", "no"),
        }
    ).astype("str")


def rules(**more):
    return a_rule_set(k=5, keys=(PLACE, SEX, AGE), treatments=[a_treatment()], **more)


def test_every_way_to_cut_the_levels_is_tried_the_finest_first():
    found = [tuple(key.columns[-1] for key in one.keys) for one in ways(rules(), {})]
    assert found[0] == ("camp", "sex", "band")
    assert sorted(found) == sorted(itertools.product(("country", "camp"), ("sex",), ("adult", "band")))
    assert {one[0] for one in ([key.columns[-1] for key in way.keys] for way in ways(rules(), {"place": 2}))} == {
        "camp"
    }


def test_the_rule_on_enumerators_goes_with_its_cell():
    partner = default("partner")
    assert partner.narrowed({"place": 2}).limits.min_enumerators == 0
    assert partner.narrowed({"origin": 1}).limits.min_enumerators == partner.limits.min_enumerators == 3
    assert partner.narrowed({"place": 2}).validate()


def test_without_aims_the_levels_stay_and_the_other_ways_are_shown_beside_them():
    made = plan(a_file(), rules(), {})
    assert made.met
    assert made.rules == rules()
    tried = [point.shown for point in made.points if point.k == 5]
    assert len(tried) == len(set(tried)) == 4
    assert made.points[made.chosen].shown == ("camp", "sex", "band")


def test_what_a_coarser_tier_reads_stays():
    finer, coarser = default("partner"), default("licensed")
    least = needed(finer, [coarser])
    assert least == {"place": 2, "time": 1, "gender": 1, "age": 2, "origin": 2}
    assert all({level.source for level in coarser.levels()} <= set(way.key_columns) for way in ways(finer, least))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_of_the_chosen_way_is_so_in_the_file(seed):
    frame, wanted = a_file(seed=seed), rules(aims=Aims(groups=("sex",), tables=(("country", "sex"), ("camp",))))
    made, outcome = plan_and_apply(frame, wanted, {})
    point, chosen = made.points[made.chosen], made.rules
    columns = chosen.key_columns
    shown = outcome.frame[columns] != ".s"
    assert point.k == 5
    assert point.shown == tuple(key.columns[-1] for key in chosen.keys)
    assert point.mean_risk == pytest.approx(outcome.report["risk"]["mean"])
    overall = shown.to_numpy().mean()
    gaps = [abs(shown[frame["sex"] == sex].to_numpy().mean() - overall) for sex in ("f", "m")]
    assert point.gap == pytest.approx(max(gaps), abs=1e-8)
    worth = {level.column: key.weight * level.cost for key in wanted.keys for level in key.levels}
    kept = sum(worth[column] * shown[column].mean() for column in columns) / sum(worth.values())
    assert point.kept == pytest.approx(kept, abs=1e-8)
    if {"country", "sex", "camp"} <= set(columns):
        tables = [table_change(frame, outcome.frame, list(table))["largest"] for table in wanted.aims.tables]
        assert point.change == pytest.approx(max(tables), abs=1e-8)
    else:
        assert point.change == 100


def test_an_estimate_is_what_the_plain_cascade_makes():
    frame = a_file()
    wanted = rules(aims=Aims(groups=("sex",), tables=(("country", "sex"),)))
    board = planner.board_of(frame, wanted)
    for way in ways(wanted, {}):
        made = suppress(frame, way.keys, 5, tie="interview_id", closing=None)
        _close(board.estimate(way, 5), board.measured(way, Suppressed(made, 0, 5)))


def _close(one, other):
    assert (one.k, one.shown, one.broken) == (other.k, other.shown, other.broken)
    assert one.mean_risk == pytest.approx(other.mean_risk)
    assert one.kept == pytest.approx(other.kept)
    assert one.gap == pytest.approx(other.gap, abs=0.02)  # the estimate does not know which of equal rows is hidden
    assert one.change == pytest.approx(other.change, abs=1e-6)


def test_a_way_that_misses_an_aim_gives_place_to_a_coarser_one():
    """Men stay in four large camps, women in forty small ones: naming camps would name only theirs."""
    at = np.arange(120)
    men = pd.DataFrame({"country": "NER", "camp": np.char.add("m", (at % 4).astype(str)), "sex": "m"})
    women = pd.DataFrame({"country": "NER", "camp": np.char.add("w", (at % 40).astype(str)), "sex": "f"})
    frame = pd.concat([men, women], ignore_index=True).astype("str")
    frame.insert(0, "interview_id", [f"{one:04x}" for one in range(len(frame))])
    wanted = a_rule_set(k=5, keys=(PLACE, SEX))
    bound = plan(frame, replace(wanted, aims=Aims(gap=0.02, groups=("sex",))), {})
    assert bound.points[bound.chosen].shown == ("country", "sex")
    assert bound.met
    assert [point.broken for point in bound.points if point.shown == ("camp", "sex")] == [("gap",)]


def test_aims_that_nothing_keeps_are_told_and_the_best_is_taken():
    made = plan(a_file(rows=60), rules(aims=Aims(gap=0.0, change=0.0, groups=("sex",), tables=(("camp", "band"),))), {})
    assert not made.met
    assert "change" in made.points[made.chosen].broken
    assert made.points[made.chosen].k == 5


def test_other_values_of_k_are_shown_beside_it():
    made = plan(a_file(), rules(), {})
    risks = {point.k: point.mean_risk for point in made.points if point.shown == made.points[made.chosen].shown}
    assert set(risks) == {3, 5, 7, 11, 15, 20}
    assert risks[3] > risks[7] > risks[20]
    front = made.undominated
    assert all(one.mean_risk < other.mean_risk and one.kept < other.kept for one, other in itertools.pairwise(front))


def test_a_plan_survives_being_written_and_makes_the_same_bytes_again():
    frame = a_file()
    made, outcome = plan_and_apply(frame, rules(), {})
    again = Plan.from_json(made.to_json())
    assert again == made
    assert again.to_json() == made.to_json()
    twice = apply(again, frame, {})
    assert twice.frame.to_csv(index=False) == outcome.frame.to_csv(index=False)
    assert twice.report == outcome.report


def test_a_plan_is_for_its_rows_and_its_engine():
    frame = a_file()
    made = plan(frame, rules(), {})
    with pytest.raises(BadInput, match=r"plan\.snapshot: made for other rows"):
        apply(made, frame.assign(abuse="no"), {})
    with pytest.raises(BadInput, match=r"plan\.snapshot"):
        apply(made, frame.iloc[1:], {})
    with pytest.raises(BadInput, match=r"plan\.method: made by version 0"):
        apply(replace(made, method="0"), frame, {})


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"chosen": 99}, "plan.chosen: is none of its points"),
        ({"author": "x"}, "rule set.author: unknown field"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(change, fact):
    written = json.loads(plan(a_file(), rules(), {}).to_json()) | change
    with pytest.raises(BadInput, match=fact):
        Plan.from_json(json.dumps(written))


def test_a_snapshot_knows_every_cell_and_its_row():
    frame = a_file(rows=30)
    same = snapshot(frame)
    assert snapshot(frame.iloc[::-1]) != same
    assert snapshot(frame.iloc[::-1].iloc[::-1]) == snapshot(frame[frame.columns[::-1]]) == same
    moved = frame.assign(camp="ab", country="c")
    assert snapshot(moved) != snapshot(frame.assign(camp="a", country="bc"))
    assert len({same, snapshot(frame.iloc[:29]), snapshot(frame.rename(columns={"abuse": "harm"}))}) == 3
    changed = frame.copy()
    changed.loc[3, "camp"] = "elsewhere"
    assert snapshot(changed) != same
    assert snapshot(frame.iloc[:0]) != snapshot(frame.iloc[:0][["camp"]])


def test_a_file_without_rows_or_without_keys_has_one_way():
    made, outcome = plan_and_apply(a_file(rows=5).iloc[:0], rules(), {})
    assert made.points == ()
    assert outcome.frame.empty
    assert made.undominated == ()
    with pytest.raises(CannotMeet, match="fewer than k"):
        plan(a_file(rows=3), rules(), {})
    made, outcome = plan_and_apply(EVENTS, default("event"), {})
    assert (made.points, made.met) == ((), True)
    assert outcome.report["merged"] == 2
    assert apply(Plan.from_json(made.to_json()), EVENTS, {}).frame.equals(outcome.frame)


def test_of_points_that_are_beaten_none_is_kept():
    drawn = [(0.2, 0.9), (0.1, 0.5), (0.1, 0.7), (0.3, 0.9), (0.25, 0.8)]
    points = [Point(5, (str(at),), risk, kept, 0, 0) for at, (risk, kept) in enumerate(drawn)]
    assert [one.shown for one in undominated(points)] == [("2",), ("0",)]


def test_aims_outside_their_range_cannot_be_saved():
    for aims, fact in [
        (Aims(gap=1.5), r"aims\.gap: must lie in 0\.\.1"),
        (Aims(change=-1.0), r"aims\.change: must lie in 0\.\.100"),
        (Aims(gap=float("nan")), r"aims\.gap"),
        (Aims(tables=((),)), r"aims\.tables"),
    ]:
        with pytest.raises(BadInput, match=fact):
            rules(aims=aims).validate()


def test_a_plan_of_the_survey_makes_its_file():
    partner, book = replace(default("partner"), treatments=()), reference()
    frame = a_survey(150, 5)
    made, outcome = plan_and_apply(frame, partner, book.hierarchies())
    assert outcome.report["smallest_class"] >= 5
    assert len([point for point in made.points if point.k == 5]) == 12
    assert outcome.frame.equals(protect(frame, made.rules, book.hierarchies()).frame)
