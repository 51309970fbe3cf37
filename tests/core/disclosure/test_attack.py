import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.disclosure import attacks, released
from portal.disclosure.attack import attack, carried, plain_keys, read_released
from portal.disclosure.classes import class_of
from portal.disclosure.diversity import failing
from portal.disclosure.guesses import Guesses
from portal.disclosure.protect import protect
from portal.disclosure.refusals import BadInput
from portal.disclosure.suppress import suppress
from tests.core.disclosure.boards import PLACE, SEX, a_rule_set, a_treatment
from tests.core.disclosure.test_protect import KEYS, a_file

RULES = a_rule_set(k=5, treatments=[a_treatment()])


@pytest.fixture
def finished():
    """A source, its protected file, and the bytes that would be delivered."""
    source = a_file(80)
    protected = protect(source, RULES, {}).frame
    return source, protected, protected.to_csv(index=False).encode()


def result(source, data, protected=None, rules=RULES):
    return attack(source, read_released(data), rules, {}, protected=protected)


def changed(data, old, new, times=-1):
    assert old in data
    return data.replace(old, new, times)


def test_a_sound_file_withstands_everything(finished):
    source, protected, data = finished
    assert released.csv_of(protected) == data
    found = result(source, data, protected)
    assert found.passed
    assert set(found.attacks) == {"classes", "prosecutor", "homogeneity", "derivation", "downcoding", "uniqueness"}
    told = found.to_json()
    assert told["passed"]
    assert all({"records_at_risk", "passed"} <= set(one) for one in told["attacks"].values())
    assert json.loads(json.dumps(told)) == told


def test_one_class_broken_by_hand_is_found(finished):
    source, protected, data = finished
    rows = data.split(b"\r\n") if b"\r\n" in data else data.split(b"\n")
    broken = b"\n".join([*rows[:1], changed(rows[1], b",f,", b",m,"), *rows[2:]])
    found = result(source, broken, protected)
    assert not found.passed
    assert not found.attacks["prosecutor"].passed or not found.attacks["derivation"].passed
    assert found.attacks["derivation"].records_at_risk > 0


def test_a_class_of_k_minus_one_fails_and_of_k_passes(finished):
    source, _, data = finished
    rows = data.splitlines(keepends=True)
    first = [row for row in rows[1:] if b",NER,a,f," in row]
    rest = [row for row in rows[1:] if row not in first]
    kept = b"".join([rows[0], *first[:5], *rest])
    assert result(source, kept).attacks["classes"].passed
    short = result(source, b"".join([rows[0], *first[:4], *rest]))
    assert short.attacks["classes"].records_at_risk == 4
    assert short.attacks["prosecutor"].records_at_risk == len(first)
    assert not short.passed


def test_the_source_itself_fails_as_a_release():
    source = a_file(80, camp=[f"camp {at}" for at in range(80)])
    found = attack(source, source, RULES, {})
    assert found.attacks["prosecutor"].records_at_risk == 80
    assert found.attacks["classes"].records_at_risk == 80


def test_a_record_left_out_may_be_compatible_with_none_but_not_with_few(finished):
    source, protected, _ = finished
    keys = source[KEYS]
    whole_classes = protected[protected["country"] == "NER"][[*KEYS, "abuse"]]
    assert attack(keys, whole_classes, RULES).attacks["prosecutor"].passed
    few = protected[protected["country"] == "NER"].iloc[:3][[*KEYS, "abuse"]]
    assert not attack(keys, few, RULES).attacks["prosecutor"].passed


def test_a_class_that_agrees_on_a_sensitive_answer_is_found(finished):
    source, protected, _ = finished
    one = (protected[KEYS] == protected.loc[0, KEYS]).all(axis=1)
    leaking = protected.assign(abuse=protected["abuse"].mask(one, "yes"))
    found = attack(source, leaking, RULES, {})
    assert found.attacks["homogeneity"].records_at_risk == one.sum()
    assert found.attacks["classes"].passed


def test_a_selection_of_whole_classes_is_derived_and_half_a_class_is_not(finished):
    source, protected, _ = finished
    selection = (
        protected[protected["sex"] == "f"].drop(columns="interview_id").assign(record_id="p", synthetic="synthetic")
    )
    assert attack(source, selection, RULES, {}, protected=protected).attacks["derivation"].passed
    cut = attack(source, selection.iloc[1:], RULES, {}, protected=protected).attacks["derivation"]
    assert not cut.passed
    assert cut.facts == {"not_in_the_protected_file": 0, "rows_of_cut_classes": 9}


def test_a_row_or_a_column_from_elsewhere_is_found(finished):
    source, protected, _ = finished
    invented = pd.concat([protected, protected.iloc[:1].assign(camp="z")])
    assert attack(source, invented, RULES, {}, protected=protected).attacks["derivation"].records_at_risk >= 1
    joined = protected.assign(diary=[str(at) for at in range(80)])
    found = attack(source, joined, RULES, {}, protected=protected).attacks["derivation"]
    assert found.records_at_risk == 80
    assert found.facts == {"columns_from_elsewhere": ["diary"]}


def skewed(rows=4000, seed=11):
    """Records whose camps are unlike in size, so that hiding has something to give away."""
    rng = np.random.default_rng(seed)
    camp = rng.choice(list("abcdefgh"), rows, p=[0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02])
    age = rng.choice([f"{at}" for at in range(60)], rows)
    return pd.DataFrame(
        {
            "interview_id": [f"{at:05}" for at in range(rows)],
            "country": age,
            "camp": camp,
            "sex": rng.choice(["f", "m"], rows),
        },
        dtype="str",
    )


def leaky_by_value(frame):
    """Hides the camp exactly where it is the one to be protected: the hole says what was in it."""
    return frame.assign(camp=frame["camp"].mask(frame["camp"] == "a", ".s"))


def leaky_by_count(frame):
    """Hides only the cells of small classes and leaves their large neighbours: the values beside the hole are out."""
    return suppress(frame, (PLACE, SEX), 5, tie="interview_id", closing=None)


@pytest.mark.parametrize("leaky", [leaky_by_value, leaky_by_count])
def test_a_suppressor_that_gives_itself_away_is_found_guilty(leaky):
    source = skewed()
    found = attack(source, leaky(source), a_rule_set(k=2), None).attacks["downcoding"]
    assert not found.passed
    assert found.facts["gain"]["camp"]["overall"] > 0.02


def test_our_own_suppressor_is_not_found_guilty():
    source = skewed()
    found = attack(source, suppress(source, (PLACE, SEX), 5, tie="interview_id"), a_rule_set(k=5), None)
    assert found.attacks["downcoding"].passed
    gains = found.attacks["downcoding"].facts["gain"]
    assert gains
    assert all(one["overall"] <= 0.02 for one in gains.values())


def test_with_fewer_than_thirty_hidden_cells_nothing_is_judged():
    source = skewed(60)
    hidden = source.assign(camp=[".s"] * 29 + source["camp"].tolist()[29:])
    assert attack(source, hidden, a_rule_set(k=2), None).attacks["downcoding"].facts == {"gain": {}}


def test_without_ids_no_guess_can_be_judged(finished):
    source, protected, _ = finished
    found = attack(source.drop(columns="interview_id"), protected, RULES, {})
    assert "downcoding" not in found.attacks


def test_where_an_id_is_there_twice_or_is_nobodys_no_guess_can_be_judged(finished):
    source, protected, _ = finished
    assert "downcoding" in attack(source, protected, RULES, None).attacks
    twice = pd.concat([source, source.iloc[:1]], ignore_index=True)
    strange = protected.assign(interview_id=["nobody", *protected["interview_id"][1:]])
    for original, given_ in ((twice, protected), (source, strange)):
        assert "downcoding" not in attack(original, given_, RULES, None).attacks


def test_a_release_with_fewer_keys_is_judged_by_those_it_carries(finished):
    source, protected, _ = finished
    part = protected[["interview_id", "country", "abuse"]]
    assert [key.columns for key in carried(RULES, part)] == [("country",)]
    assert attack(source, part, RULES, {}).passed


def test_a_release_without_keys_is_still_checked_for_where_it_comes_from(finished):
    source, protected, _ = finished
    found = attack(source, protected[["abuse"]], RULES, {}, protected=protected)
    assert set(found.attacks) == {"derivation", "uniqueness"}


def test_keys_without_a_hierarchy_weigh_what_one_says():
    heavy, light = plain_keys(["a", "b"], {"a": 3.0})
    assert (heavy.weight, light.weight) == (3.0, 1.0)
    assert heavy.columns == ("a",)


def test_what_is_read_is_what_was_delivered():
    data = '\ufeffsex,note,n\r\nwoman,"\'=1+1, twice",-5\r\nman,,.s\r\n'.encode()
    frame = read_released(data)
    assert frame.to_dict("list") == {"sex": ["woman", "man"], "note": ["=1+1, twice", ""], "n": ["-5", ".s"]}
    assert read_released(b"a,b\r\n").empty


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"a,b\n1\n", "row 2 has 1 cells, the header 2"),
        (b"a,a\n1,2\n", "two columns have one name"),
        (b"a\n\xff\n", "not UTF-8 at byte 2"),
        (b"", "not a CSV with a header"),
        (b'a\n"1\n', "not a CSV with a header"),
    ],
)
def test_bytes_that_are_no_table_are_refused(data, fact):
    with pytest.raises(BadInput, match=fact):
        read_released(data)


def test_a_sensitive_variable_that_was_not_asked_for_is_not_judged(finished):
    source, protected, _ = finished
    part = protected.drop(columns="abuse")
    assert attack(source, part, RULES, {}, protected=protected).attacks["homogeneity"].facts == {"alpha": {}}


def test_who_always_says_one_value_has_learnt_nothing_about_it():
    truth = np.repeat([0, 1], 40)
    always, never = np.ones(80, dtype=np.int64), np.zeros(80, dtype=np.int64)
    assert attacks._worst(Guesses(("a", "b"), truth, (never,), (always,))) == 0
    knows = np.repeat([0, 1], [36, 44])
    assert attacks._worst(Guesses(("a", "b"), truth, (never,), (knows,))) == 0.9


@pytest.mark.parametrize(
    ("overall", "worst", "guilty"), [(0.02, 0.05, False), (0.020001, 0.0, True), (0.0, 0.050001, True)]
)
def test_two_points_in_all_and_five_in_a_value_may_be_gained_and_no_more(overall, worst, guilty):
    assert attacks.gives_away({"overall": overall, "worst_value": worst}) is guilty


def test_a_value_that_fewer_than_thirty_hidden_cells_hold_is_not_judged_alone():
    def worst(cells):
        truth = np.repeat([0, 1], [cells, 29])
        return attacks._worst(Guesses(("a", "b"), truth, (np.ones_like(truth),), (truth,)))

    assert (worst(29), worst(30)) == (0.0, 1.0)


def test_a_missing_cell_does_not_take_its_row_out_of_sight(finished):
    source, protected, _ = finished
    holed = protected.assign(abuse=protected["abuse"].mask(protected.index == 0))
    found = attack(source, holed, RULES, {}, protected=protected).attacks["derivation"]
    assert found.facts["not_in_the_protected_file"] == 1


def agreeing(rows=600, seed=3):
    """Classes of six, of which half agree on the sensitive answer, as they do when the rows are few."""
    rng = np.random.default_rng(seed)
    camp = np.repeat(np.arange(rows // 6), 6)
    share = rng.choice([0.2, 0.9], rows // 6)[camp]
    return a_file(
        rows,
        camp=[f"c{one}" for one in camp],
        sex="f",
        country="X",
        abuse=np.where(rng.random(rows) < share, "yes", "no"),
    )


def told_by(source, released, **more):
    return attack(source, released, RULES, {}, **more).attacks["minimality"]


def test_a_file_that_hides_only_what_agrees_gives_it_away():
    """The rule without company, on answers as they fall: whoever knows it says yes, and is right too often."""
    source = agreeing()
    places = class_of(source, RULES.key_columns)
    agree = failing(source["abuse"], places, a_treatment(), RULES.limits)["yes"]
    bare = source.assign(abuse=source["abuse"].mask(pd.Series(agree), ".s"))
    found = told_by(source, bare)
    hidden = (bare["abuse"] == ".s").to_numpy()
    yes = (source["abuse"] == "yes").to_numpy()
    figures = found.facts["answers"]["abuse=yes"]
    assert figures["knowing"] == pytest.approx(yes[hidden].mean(), abs=1e-6)
    assert yes.mean() > 0.5  # so "yes" for all is a guess for anybody, and what tells is how sure it becomes
    assert figures["gain"] == 0
    assert figures["told"] == pytest.approx(yes[hidden].mean() - max(0.5, yes.mean()), abs=1e-6)
    assert not found.passed
    assert found.records_at_risk == hidden.sum()


def test_a_guess_that_only_the_rule_suggests_is_found():
    """Where "no" is the commoner answer, who does not know the rule is wrong about most of what it hides."""
    source = agreeing()
    source["abuse"] = np.where(source.index % 5 < 2, "yes", "no")
    hidden = (
        np.flatnonzero(source["abuse"] == "yes")[:60].tolist() + np.flatnonzero(source["abuse"] == "no")[:40].tolist()
    )
    found = told_by(source, source.assign(abuse=source["abuse"].mask(source.index.isin(hidden), ".s")))
    figures = found.facts["answers"]["abuse=yes"]
    assert (figures["without"], figures["knowing"]) == (0.4, 0.6)
    assert figures["told"] == pytest.approx(0.1)
    assert not found.passed


def test_a_protected_file_does_not_and_a_selection_is_not_asked():
    source = agreeing()
    protected = protect(source, RULES, {}).frame
    found = told_by(source, protected)
    figures = found.facts["answers"]["abuse=yes"]
    assert found.passed
    assert figures["told"] <= 0.01
    assert figures["told_of_value"] <= 0.04
    assert "minimality" not in attack(source, protected, RULES, {}, protected=protected).attacks


def test_hidden_answers_of_one_place_may_not_tell_either():
    """As many of another place make up for them over all, and an attacker knows the place."""
    source = agreeing()
    source["country"] = np.where(source.index < 300, "X", "Y")
    yes, no = source[source["abuse"] == "yes"].head(40), source[source["abuse"] == "no"].tail(60)
    hidden = pd.concat([yes, no])["interview_id"]
    found = told_by(source, source.assign(abuse=source["abuse"].mask(source["interview_id"].isin(hidden), ".s")))
    figures = found.facts["answers"]["abuse=yes"]
    assert figures["told"] == 0
    assert figures["told_of_value"] > 0.3
    assert not found.passed


def test_answers_hidden_by_lot_tell_nothing():
    source = agreeing()
    lot = source.assign(abuse=source["abuse"].mask(pd.Series(np.random.default_rng(5).random(600) < 0.5), ".s"))
    found = told_by(source, lot)
    figures = found.facts["answers"]["abuse=yes"]
    assert found.passed
    assert figures["without"] > 0.5
    assert figures["gain"] == 0
    few = source.assign(abuse=[".s"] * 29 + source["abuse"].tolist()[29:])
    assert told_by(source, few).facts["answers"] == {}


PLAIN = ["a", "", "'=1", "''x", " b ", "é", "-3", "NA", "null", "nan", "1.0", ".s", "\u2028", "x\ty"]
QUOTED = ['"a,b"', '"a""b"', '"two\nlines"', '""', '"\'=1"', 'a"b', '"a"b', '"', ' "a"', '"a,""b"']
CELLS = st.sampled_from(PLAIN + QUOTED)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4), end=ENDS, mark=st.sampled_from(["", "\ufeff"])
)
def test_the_quick_reader_reads_what_the_careful_one_does(rows, end, mark):
    words = mark + end.join(",".join(row) for row in rows) + end
    told = [_told(reader, words.encode()) for reader in (read_released, released._quoted)]
    assert told[0] == told[1]
    assert _told(read_released, words.replace("é", "\udcff").encode("utf-8", "surrogateescape")) == _told(
        released._quoted, words.replace("é", "\udcff").encode("utf-8", "surrogateescape")
    )


@given(
    rows=st.lists(st.tuples(*[st.text(st.sampled_from("a\",\n\r' é")) for _ in range(3)]), max_size=5),
    wide=st.booleans(),
)
def test_the_bytes_of_a_finished_file_are_what_pandas_writes_and_read_as_they_were(rows, wide):
    frame = pd.DataFrame(rows, columns=["a", "b,c", "d"], dtype="str")
    frame = frame if wide else frame[["d"]]
    written = released.csv_of(frame)
    assert written == frame.to_csv(index=False).encode()
    if not any("\r" in cell for row in rows for cell in row):
        assert read_released(written).equals(frame.apply(lambda column: column.str.removeprefix("'")))


def _told(reader, content):
    try:
        return reader(content).to_dict("list")
    except BadInput as error:
        return str(error)
