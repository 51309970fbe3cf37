import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import keys as bench_keys
from portal.disclosure import compatible
from portal.disclosure.classes import class_of, class_sizes, lookalikes, nfc, pack, text
from portal.disclosure.compatible import assured, match, tables
from portal.disclosure.measure import attacker_counts, measure, records, spread, violations
from portal.disclosure.refusals import BadInput
from tests.core.disclosure import brute, golden
from tests.core.disclosure.boards import board

KEYS = ["Key1", "Key2", "Key3", "Key4"]


def given_file(name):
    return pd.read_csv(golden.path(name), dtype="str", keep_default_na=False)


def test_the_textbook_file_has_the_risks_of_sdcmicro():
    expected = pd.read_csv(golden.path("sdcmicro/francdat.csv"))
    found = records(given_file("data/francdat.csv"), KEYS, weight="w", hidden="")
    assert found["fk"].tolist() == expected["fk"].tolist()
    assert found["Fk"].tolist() == pytest.approx(expected["Fk"].tolist())
    assert found["risk"].tolist() == pytest.approx(expected["risk"].tolist(), rel=1e-12)


@pytest.mark.parametrize("alpha", ["1", "0.5", "0.1", "0"])
def test_missing_keys_match_as_in_sdcmicro_for_every_alpha(alpha):
    expected = pd.read_csv(golden.path("sdcmicro/francdat.csv"))
    found = records(given_file("data/francdat_na.csv"), KEYS, weight="w", hidden="", alpha=float(alpha))
    assert found["fk"].tolist() == pytest.approx(expected[f"fk_na_a{alpha}"].tolist())
    assert found["Fk"].tolist() == pytest.approx(expected[f"Fk_na_a{alpha}"].tolist())


def test_a_hundred_thousand_people_are_at_the_risk_that_sdcmicro_sums():
    found = records(bench_keys.keys(100_000), bench_keys.EIGHT, weight="weight")
    assert found["risk"].sum() == pytest.approx(7723.697034, abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize(
    ("coarse", "columns", "alone", "below_three"),
    [
        (False, bench_keys.EIGHT, 898_260, 961_142),
        (True, bench_keys.SIX, 5_077, 10_511),
        (True, bench_keys.EIGHT, 109_976, 183_928),
    ],
)
def test_of_a_million_people_as_many_are_alone_as_the_peers_counted(coarse, columns, alone, below_three):
    found = records(bench_keys.table(1_000_000, coarse=coarse), columns, weight="weight")
    assert ((found["fk"] == 1).sum(), (found["fk"] < 3).sum()) == (alone, below_three)
    if not coarse:
        assert found["risk"].sum() == pytest.approx(71609.048663, abs=1e-6)


COUNTED = """
camp age sex | strict match assured
a    1   f   | 2      3     4
a    1   f   | 2      3     4
a    .s  f   | 1      4     2
.s   .s  .s  | 1      6     1
b    1   m   | 1      2     3
b    .s  m   | 1      3     2
"""


def test_three_counts_of_one_file():
    frame, expected = board(COUNTED)
    keys = ["camp", "age", "sex"]
    table = tables([frame], keys, hidden=".s")[0]
    counts = {"strict": table.rows, "match": match(table)[0], "assured": assured(table)}
    for name, found in counts.items():
        assert found[table.of].tolist() == expected[name].astype(float).tolist(), name
    assert measure(frame, keys)["violations"] == {
        "strict": {"2": 4, "3": 6, "5": 6, "11": 6},
        "match": {"2": 0, "3": 1, "5": 5, "11": 6},
        "attacker": {"2": 1, "3": 3, "5": 6, "11": 6},
    }


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from(["1", "2", ".s"])] * 3), min_size=1, max_size=14),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    st.randoms(use_true_random=False),
)
def test_the_matching_count_is_what_its_definition_says(drawn, alpha, luck):
    frame = pd.DataFrame(drawn, columns=["a", "b", "c"], dtype="str")
    weights = np.array([luck.uniform(1, 9) for _ in drawn])
    table = tables([frame], ["a", "b", "c"], hidden=".s", weight=weights)[0]
    fk, mass = match(table, alpha=alpha)
    slow_fk, slow_mass = brute.match(frame, ["a", "b", "c"], alpha, weights)
    assert fk[table.of].tolist() == pytest.approx(slow_fk)
    assert mass[table.of].tolist() == pytest.approx(slow_mass)


FIVE = list("abcde")


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.sampled_from([0.1, 0.3, 0.6, 0.95]),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_with_many_ways_to_hide_every_count_is_exactly_the_slow_one(seed, rows, missing, alpha):
    """Weights and alpha are sums of halves, so no rounding excuses a difference. Every row may hide other columns."""
    random = np.random.default_rng(seed)
    cells = np.where(random.random((rows, 5)) < missing, ".s", random.integers(0, 3, (rows, 5)).astype(str))
    frame, weights = pd.DataFrame(cells, columns=FIVE, dtype="str"), random.integers(4, 40, rows) / 4
    weighted, plain = (tables([frame], FIVE, hidden=".s", weight=weight)[0] for weight in (weights, None))
    slow = brute.match(frame, FIVE, alpha, weights)
    assert [found[weighted.of].tolist() for found in match(weighted, alpha=alpha)] == list(slow)
    assert [found[plain.of].tolist() for found in match(plain, alpha=alpha)] == [slow[0]] * 2
    assert assured(plain)[plain.of].tolist() == brute.assured(frame, FIVE)


def test_the_work_of_matching_grows_with_the_patterns_and_not_with_their_pairs(monkeypatch):
    """Of 200 ways to hide eight keys every pair was looked at: 40,000 lookups in turn. Now each way is one."""
    random = np.random.default_rng(4)
    cells = np.where(random.random((600, 8)) < 0.5, ".s", random.integers(0, 4, (600, 8)).astype(str))
    columns = [f"k{at}" for at in range(8)]
    table = tables([pd.DataFrame(cells, columns=columns, dtype="str")], columns, hidden=".s")[0]
    ways, calls = len({tuple(row) for row in cells == ".s"}), []
    sums = compatible.sums
    monkeypatch.setattr(compatible, "sums", lambda *asked: calls.append(1) or sums(*asked))
    assert match(table)[0].sum() > len(cells)
    assert ways > 200
    assert len(calls) <= ways


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_attackers_count_is_what_its_definition_says(data):
    cells = st.tuples(st.sampled_from(["1", "2", ".d"]), st.sampled_from(["x", "y", ""]))
    frame = pd.DataFrame(data.draw(st.lists(cells, min_size=1, max_size=12)), columns=["a", "b"], dtype="str")
    holes = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(frame), max_size=len(frame))
    mask = pd.DataFrame(data.draw(holes), columns=["a", "b"], index=frame.index)
    released = frame.mask(mask, ".s").iloc[: data.draw(st.integers(0, len(frame)))]
    assert attacker_counts(frame, released, ["a", "b"]).tolist() == brute.attacker(frame, released, ["a", "b"])


def test_without_weights_the_risk_is_one_in_the_class():
    frame, _ = board("camp\na\na\nb\nb\nb\nc")
    found = measure(frame, ["camp"])["global_risk"]
    assert found["sum"] == 3.0
    assert found["mean"] == 0.5
    assert found["max"] == 1.0
    assert found["share_above_9"] == 1.0


@pytest.mark.parametrize(
    ("weight", "fact"),
    [
        ("0", "w: 1 weights are zero or negative"),
        ("-3", "w: 1 weights are zero or negative"),
        ("0.5", "w: 1 weights are below 1"),
        ("", "w: 1 weights are missing or not a number"),
        ("many", "w: 1 weights are missing or not a number"),
        ("inf", "w: 1 weights are missing or not a number"),
    ],
)
def test_a_weight_that_counts_nobody_is_refused(weight, fact):
    with pytest.raises(BadInput, match=fact):
        measure(pd.DataFrame({"k": ["a", "a"], "w": ["2", weight]}), ["k"], weight="w")


def test_a_weight_of_exactly_one_is_taken():
    assert measure(pd.DataFrame({"k": ["a"], "w": [1]}), ["k"], weight="w")["rows"] == 1


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"keys": []}, "keys: name at least one"),
        ({"keys": ["shoe"]}, "shoe: not in the data"),
        ({"semantics": "loose"}, "semantics: must be one of strict, match, attacker"),
        ({"alpha": 2.0}, "alpha: must lie in 0..1"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(change, fact):
    with pytest.raises(BadInput, match=fact):
        measure(pd.DataFrame({"k": ["a"]}), **{"keys": ["k"], **change})


def test_a_column_named_twice_is_refused():
    frame = pd.DataFrame([["a", "b"]], columns=["k", "k"])
    with pytest.raises(BadInput, match="k: 2 columns have this name"):
        measure(frame, ["k"])


def test_the_risk_stands_on_the_count_that_was_asked_for():
    frame, _ = board("camp sex\na f\na .s")
    means = {
        name: measure(frame, ["camp", "sex"], semantics=name)["global_risk"]["mean"]
        for name in ("strict", "match", "attacker")
    }
    assert means == {"strict": 1.0, "match": 0.5, "attacker": 0.75}


def test_spread_counts_all_missing_answers_as_one():
    frame, _ = board("camp why\na war\na work\na .d\na .r\nb war\nb war")
    found = spread(frame, ["camp"], "why")
    assert (found["distinct"], found["entropy"]) == (1.0, 1.0)
    assert spread(frame.iloc[:4], ["camp"], "why")["distinct"] == 3.0


def test_text_keys_are_counted_and_never_become_missing():
    frame = pd.DataFrame({"camp": ["Dadaab", "Dadaab", "Kakuma"]})
    assert class_sizes(frame, ["camp"]).tolist() == [2, 2, 1]


def test_in_memory_one_is_one_however_it_is_kept():
    mixed = pd.DataFrame({"n": pd.Series([1, 1.0, "1", True, None, float("nan"), pd.NA, ""], dtype="object")})
    assert text(mixed["n"]).tolist() == ["1", "1", "1", "True", "", "", "", ""]
    assert class_sizes(mixed, ["n"]).tolist() == [3, 3, 3, 1, 4, 4, 4, 4]


def test_in_text_what_is_written_differently_is_counted_apart_and_told():
    frame = pd.DataFrame({"n": ["1", "1.0", "01", "a", "A ", "é", "e\u0301", "b"]}, dtype="str")
    assert set(class_sizes(frame, ["n"]).tolist()) == {1}
    assert lookalikes(frame, ["n"]) == {"n": 4}
    assert lookalikes(frame.iloc[-1:], ["n"]) == {}


def test_an_attacker_reads_letters_and_not_bytes():
    one, other = pd.DataFrame({"camp": ["Abéché"]}), pd.DataFrame({"camp": ["Abe\u0301che\u0301"]})
    assert attacker_counts(one, other, ["camp"]).tolist() == [1]
    assert nfc(other["camp"]).equals(one["camp"])


def test_combinations_beyond_any_number_are_not_merged():
    columns = [np.array([0, 2**40, 2**40 + at], dtype=np.int64) for at in range(1, 9)]
    assert pack(columns).tolist() == [0, 1, 2]
    with pytest.raises(BadInput, match="keys: name at least one"):
        pack([])


def test_large_numbers_close_to_each_other_are_told_apart():
    near = [np.array([2**61, 2**61 + 1, 2**61 + 1, 2**61]) for _ in range(5)]
    assert pack(near).tolist() == [0, 1, 1, 0]


def test_a_domain_that_one_more_column_bursts_is_numbered_anew():
    wide = [np.array([0, 2**31, 2**31, 0]), np.array([0, 2**30, 2**30, 1]), np.array([0, 1, 2, 0])]
    assert pack(wide).tolist() == [0, 2, 3, 1]
    assert pack([np.array([-(2**62), 2**62, 5, 5])]).tolist() == [0, 2, 1, 1]


def test_a_released_file_is_judged_by_the_true_keys():
    before, after = board("camp | released\na | a\na | .s\nb | b")
    truth, given_ = tables([before, after.set_axis(["camp"], axis=1)], ["camp"], hidden=".s")
    assert violations(given_, released_from=truth)["attacker"] == {"2": 0, "3": 3, "5": 3, "11": 3}
    assert violations(given_)["strict"]["2"] == 3
    plain = before["camp"]
    assert nfc(plain) is plain


def test_class_numbers_do_not_depend_on_the_order_of_rows():
    frame, _ = board("camp sex\nb f\na m\na f")
    assert class_of(frame, ["camp", "sex"]).tolist() == [2, 1, 0]
    assert class_of(frame.iloc[::-1], ["camp", "sex"]).tolist() == [0, 1, 2]


def test_compatible_sums_over_a_domain_too_large_for_a_number_merge_nobody():
    frame = pd.DataFrame({f"k{at}": [str(row * (at + 1)) for row in range(400)] for at in range(9)}, dtype="str")
    assert attacker_counts(frame, frame, list(frame)).tolist() == [1] * 400


def test_a_column_is_counted_alike_however_its_numbers_are_kept():
    values = [3, -1, 3, 10**12, -1, 0]
    kinds = ["int64", "Int64", "float64", "object", "str", "category"]
    for kind in kinds:
        frame = pd.DataFrame({"n": pd.Series(values).astype(kind)})
        assert class_sizes(frame, ["n"]).tolist() == [2, 2, 2, 1, 2, 1], kind
        counted = attacker_counts(pd.DataFrame({"n": values}), frame, ["n"])
        assert counted.tolist() == [2, 2, 2, 1, 2, 1], kind


def test_whole_numbers_at_the_ends_of_their_range_stay_apart():
    ends = pd.DataFrame(
        {"n": np.array([-(2**63), 2**63 - 1, 0, 0]), "u": np.array([0, 1, 2, 2], dtype=np.uint64) << 62}
    )
    assert class_sizes(ends, ["n"]).tolist() == [1, 1, 2, 2]
    assert class_sizes(ends, ["u", "n"]).tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("gap", [None, pd.NA, pd.NaT, float("nan"), ""])
def test_every_kind_of_missing_is_one_value_and_none_is_a_number(gap):
    frame = pd.DataFrame({"n": pd.Series([1, gap, None, 2], dtype="object")})
    assert class_sizes(frame, ["n"]).tolist() == [1, 2, 2, 1]
    assert attacker_counts(frame, frame, ["n"], hidden="").tolist() == [3, 2, 2, 3]


def test_a_hidden_mark_that_reads_as_a_number_still_hides():
    frame = pd.DataFrame({"n": [1, 2, -9]})
    assert attacker_counts(frame, frame, ["n"], hidden="-9").tolist() == [2, 2, 1]


def test_true_is_not_one_among_mixed_values():
    frame = pd.DataFrame({"n": pd.Series([True, 1, 1.0, "1", "True"], dtype="object")})
    assert class_sizes(frame, ["n"]).tolist() == [2, 3, 3, 3, 2]


def test_equal_keys_in_a_domain_beyond_any_table_are_found_again():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 2**60, 3000)
    frame = pd.DataFrame({"a": np.concatenate([values, values[::-2]]), "b": 1})
    expected = frame.groupby("a")["b"].transform("size").tolist()
    assert records(frame, ["a", "b"])["fk"].tolist() == expected


@pytest.mark.parametrize("rows", [0, 1])
def test_a_file_of_nobody_and_of_one_person(rows):
    frame = pd.DataFrame({"a": ["x"], "w": [3]}).iloc[:rows]
    found = measure(frame, ["a"], weight="w")
    assert found["violations"]["strict"] == dict.fromkeys(("2", "3", "5", "11"), rows)
    assert found["global_risk"]["sum"] == pytest.approx(rows * np.log(3) / 2)


def test_all_missing_is_one_class_and_matches_everybody():
    frame = pd.DataFrame({"a": [None] * 3, "b": [".s"] * 3, 'odd name, "x"\n': [1, 1, 2]})
    assert records(frame, ["a", "b"])["fk"].tolist() == [3, 3, 3]
    assert class_sizes(frame, ['odd name, "x"\n']).tolist() == [2, 2, 1]
