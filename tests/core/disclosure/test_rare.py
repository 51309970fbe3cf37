import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure.close import Closing
from portal.disclosure.generalise import Hierarchy, generalise, read_hierarchy
from portal.disclosure.rare import generalise_rare
from portal.disclosure.refusals import BadInput, CannotMeet
from tests.core.disclosure import brute, golden
from tests.core.disclosure.boards import board

CAMP = Hierarchy(
    "camp",
    {
        "diffa": ["diffa", "NER", "sahel"],
        "zinde": ["zinde", "NER", "sahel"],
        "kassa": ["kassa", "SDN", "horn"],
        "gedar": ["gedar", "SDN", "horn"],
        "": ["", ".n", ".n"],
    },
)
SEX = Hierarchy("sex", {"f": ["f", "*"], "m": ["m", "*"], "": ["", "*"]})
RELEASED = ["camp", "sex", "camp_level", "sex_level"]


def coarsened_like(drawn, k, **more):
    frame, expected = board(drawn)
    pd.testing.assert_frame_equal(generalise_rare(frame, [CAMP, SEX], k, closing=None, **more), expected)


def test_only_rare_records_give_up_detail_and_say_at_which_level_they_stand():
    coarsened_like(
        """
camp  sex id | camp  sex id camp_level sex_level
diffa f   1  | diffa f   1  0          0
diffa f   2  | diffa f   2  0          0
kassa m   3  | SDN   m   3  1          0
gedar m   4  | SDN   m   4  1          0
""",
        2,
    )


def test_where_the_coarsest_form_still_tells_apart_the_value_is_hidden_at_a_level_of_its_own():
    coarsened_like(
        """
camp  sex | camp sex camp_level sex_level
diffa f   | .s   f   3          0
kassa f   | .s   f   3          0
zinde m   | NER  m   1          0
diffa m   | NER  m   1          0
""",
        2,
    )


@pytest.mark.parametrize(("importance", "kept"), [({"camp": 9.0}, "diffa *"), ({"sex": 9.0}, "NER   f")])
def test_what_matters_less_is_given_up_first(importance, kept):
    frame, _ = board("camp sex\ndiffa f\ndiffa m\nzinde f\nzinde m\ndiffa f\ndiffa m")
    made = generalise_rare(frame, [CAMP, SEX], 3, importance=importance, closing=None)
    assert tuple(made.iloc[0][["camp", "sex"]]) == tuple(kept.split())


def test_an_empty_file_gets_its_level_columns_and_a_small_one_is_refused():
    frame, _ = board("camp sex\ndiffa f")
    assert list(generalise_rare(frame.iloc[:0], [CAMP, SEX], 2)) == RELEASED
    with pytest.raises(CannotMeet, match="k: 1 records are fewer than k = 2"):
        generalise_rare(frame, [CAMP, SEX], 2)


@pytest.mark.parametrize(
    ("drawn", "hierarchies", "importance", "fact"),
    [
        ("camp sex\ndiffa f", [], {}, "keys: name at least one"),
        ("camp\ndiffa", [CAMP, SEX], {}, "sex: not in the data"),
        ("camp camp_level\ndiffa 0", [CAMP], {}, "camp_level: the name is needed"),
        ("camp\ndiffa", [CAMP], {"camp": 0}, "importance.camp: must be above 0"),
        ("camp\nagade", [CAMP], {}, "camp: 1 of its values are in no hierarchy"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(drawn, hierarchies, importance, fact):
    with pytest.raises(BadInput, match=fact):
        generalise_rare(board(drawn)[0], hierarchies, 1, importance=importance)


def test_a_key_with_one_value_has_nothing_to_lose():
    only = Hierarchy("camp", {"diffa": ["diffa"]})
    made = generalise_rare(board("camp\ndiffa\ndiffa")[0], [only], 2)
    assert made["camp_level"].tolist() == ["0", "0"]


def small_frames():
    cells = st.tuples(st.sampled_from(["diffa", "zinde", "kassa", "gedar", ""]), st.sampled_from(["f", "m", ""]))
    return st.lists(cells, min_size=1, max_size=20).map(
        lambda drawn: pd.DataFrame(drawn, columns=["camp", "sex"], dtype="str").assign(
            id=pd.array([f"{at:03}" for at in range(len(drawn))], dtype="str")
        )
    )


def form(one, value, level):
    return one.forms[value][level] if level < len(one.forms[value]) else ".s"


def candidates(frame, made):
    """For every true record, the released rows that it could be, by value and level."""
    released = brute.rows_of(made, RELEASED)
    return [
        sum(
            form(CAMP, camp, int(at)) == place and form(SEX, sex, int(to)) == gender
            for place, gender, at, to in released
        )
        for camp, sex in brute.rows_of(frame, ["camp", "sex"])
    ]


@settings(max_examples=15, deadline=None)
@given(small_frames(), st.integers(2, 5), st.sampled_from([None, Closing()]), st.randoms(use_true_random=False))
def test_every_class_and_every_attacker_finds_k_and_every_value_is_true(frame, k, closing, luck):
    if len(frame) < k:
        return
    made = generalise_rare(frame, [CAMP, SEX], k, closing=closing)
    assert min(brute.strict(made, RELEASED)) >= k
    assert min(candidates(frame, made)) >= k
    for one in (CAMP, SEX):
        levels = made[f"{one.column}_level"].astype(int)
        assert made[one.column].tolist() == [form(one, *cell) for cell in zip(frame[one.column], levels, strict=True)]
    order = luck.sample(range(len(frame)), len(frame))
    assert generalise_rare(frame.iloc[order], [CAMP, SEX], k, closing=closing).sort_index().equals(made)


def test_on_adult_it_loses_less_than_the_best_levels_for_all():
    names = ["sex", "race", "marital-status", "education", "native-country"]
    frame = pd.read_csv(golden.path("arx/adult.csv"), sep=";", dtype="str")[names]
    hierarchies = [read_hierarchy(name, golden.path(f"arx/adult_hierarchy_{name}.csv")) for name in names]
    made = generalise_rare(frame, hierarchies, 5, closing=None)
    assert made.groupby(list(made)).size().min() >= 5
    whole = generalise(frame, hierarchies, 5)
    for name in names:
        assert (made[name + "_level"] == "0").sum() >= (~whole.suppressed & (whole.levels[name] == 0)).sum()
