import pandas as pd
import pytest

from portal.disclosure.recode import derive, unknown
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import Key, Level
from tests.core.disclosure.boards import a_rule_set, a_treatment, board

LISTS = {
    "country": {"NER": "11", "SDN": "15", "other": ""},
    "subregion": {"11": "2", "15": "2"},
    "risk": {"sexual": "violence", "physical": "violence", "robbery": "property", "lost": ""},
    "use": {"one": "yes", "several": "yes", "no": "no"},
}
BANDS = {"age": ((0.0, "u18"), (18.0, "18-24"), (25.0, "25up"))}
ORIGIN = Key("origin", (Level("world", "nation", ("country", "subregion")), Level("part", "nation", ("country",))))
AGE = Key("age", (Level("band", "age", ("bands:age",)),))
WHEN = Key(
    "when",
    (
        Level("year", "day", ("date:year",)),
        Level("half", "day", ("date:half",)),
        Level("quarter", "day", ("date:quarter",)),
        Level("month", "day", ("date:month",)),
    ),
)
KEYS = (ORIGIN, AGE, WHEN)

DRAWN = """
nation age  day        | world part band  year half    quarter month
NER    17.9 2019-01-31 | 2     11   u18   2019 2019-H1 2019-Q1 2019-01
SDN    18   2019-06-01 | 2     15   18-24 2019 2019-H1 2019-Q2 2019-06
NER    24.9 2019-07-01 | 2     11   18-24 2019 2019-H2 2019-Q3 2019-07
NER    25   2019-12-31 | 2     11   25up   2019 2019-H2 2019-Q4 2019-12
.d     .r   .n         | .d    .d   .r    .n   .n      .n      .n
.      .    .          | .     .    .     .    .       .       .
other  -1   31/12/2019 | .d    .d   .d    .d   .d      .d      .d
XXX    old  2019       | .d    .d   .d    2019 .d      .d      .d
NER    nan  2019-13-01 | 2     11   .d    2019 .d      .d      .d
NER    inf  20x9-01-01 | 2     11   .d    .d   .d      .d      .d
"""


def test_keys_follow_lists_bands_and_dates_and_missing_kinds_stay_their_own():
    frame, expected = board(DRAWN)
    rules = a_rule_set(keys=KEYS, bands=BANDS)
    pd.testing.assert_frame_equal(derive(frame, rules, LISTS), expected)


def test_values_that_no_list_knows_are_counted_not_hidden():
    frame, _ = board(DRAWN)
    rules = a_rule_set(keys=KEYS, bands=BANDS)
    lost = unknown(frame, derive(frame, rules, LISTS), rules)
    assert lost == {"world": 2, "part": 2, "band": 4, "year": 2, "half": 4, "quarter": 4, "month": 4}


TREATED = """
asked kinds             use     status | asked kinds    use status
yes   sexual            one     new    | yes   violence yes fresh
yes   physical+sexual   several old    | yes   violence yes other
yes   physical+robbery  no      .d     | yes   property+violence no .d
no    .                 .r      .      | no    none     .r  .
yes   .                 .n      new    | yes   .        .n  fresh
.d    .d                unheard new    | .d    .d       .d  fresh
yes   0                 one     new    | yes   0        yes fresh
yes   lost              one     new    | yes   .d       yes fresh
yes   lost+robbery      one     new    | yes   property yes fresh
"""


def test_variables_are_recoded_as_their_treatment_says():
    frame, expected = board(TREATED)
    rules = a_rule_set(
        keys=(),
        treatments=[
            a_treatment("asked"),
            a_treatment("kinds", how="parents", via=("risk",), multiple=True, gate="asked", skipped="none"),
            a_treatment("use", how="parents", via=("use",)),
            a_treatment("status", how="groups", groups=(("new", "fresh"),)),
        ],
    )
    pd.testing.assert_frame_equal(derive(frame, rules, LISTS), expected)


def test_any_or_none_says_no_more_than_that():
    frame, expected = board("""
papers           | papers
passport+visa    | yes
none             | no
0                | no
.                | .
.d               | .d
""")
    rules = a_rule_set(keys=(), treatments=[a_treatment("papers", how="any_none", multiple=True)])
    pd.testing.assert_frame_equal(derive(frame, rules, {}), expected)


def test_numbers_fall_into_bands():
    frame, expected = board("""
age | age
17  | u18
40  | 25up
""")
    rules = a_rule_set(keys=(), bands=BANDS, treatments=[a_treatment("age", how="bands", via=("age",))])
    pd.testing.assert_frame_equal(derive(frame, rules, {}), expected)


def test_an_accent_written_in_two_ways_is_one_key_value():
    frame = pd.DataFrame({"camp": ["Abéché", "Abe\u0301che\u0301"], "sex": ["f", "f"], "country": ["x", "x"]})
    assert derive(frame, a_rule_set(), {})["camp"].tolist() == ["Abéché"] * 2


def test_a_key_without_its_source_is_refused_by_name():
    with pytest.raises(BadInput, match="sex: not in the data"):
        derive(pd.DataFrame({"country": ["x"], "camp": ["y"]}), a_rule_set(), {})


def test_a_list_that_was_not_given_is_refused_by_name():
    with pytest.raises(BadInput, match="country: the rule set recodes along this list"):
        derive(pd.DataFrame({"nation": ["NER"]}), a_rule_set(keys=(ORIGIN,)), {})


def test_a_variable_without_a_treatment_is_never_released():
    frame, _ = board("country camp sex diary\nx y f secret")
    assert list(derive(frame, a_rule_set(), {})) == ["country", "camp", "sex"]
