"""`protect` with hierarchies, its plan, and `attack` on what comes of it."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.disclosure.cli import main
from portal.disclosure.cli_files import hierarchy
from portal.disclosure.cli_levels import unfold
from portal.disclosure.measure import attacker_counts
from portal.disclosure.plan import snapshot
from portal.disclosure.rare import LEVEL
from portal.disclosure.refusals import BadInput
from tests.core.disclosure import brute, golden

CAMPS = "diffa;NER;sahel\nzinde;NER;sahel\nkassa;SDN;horn\ngedar;SDN;horn\n;.n;.n\n"
DATA = (
    '\ufeffsex;camp;note\r\nf;diffa;"a ""b""; c"\r\nf;"diffa"; x \r\nm;zinde;\r\nm;diffa;""\r\nf;kassa;y\r\nf;gedar;z'
)
WHOLE = '\ufeffsex;camp;note\r\nf;NER;"a ""b""; c"\r\nf;NER; x \r\nm;NER;\r\nm;NER;""\r\nf;SDN;y\r\nf;SDN;z'
RARE = (
    '\ufeffsex;camp;note;camp_level\r\nf;diffa;"a ""b""; c";0\r\nf;"diffa"; x ;0\r\nm;NER;;1\r\nm;NER;"";1\r\n'
    "f;SDN;y;1\r\nf;SDN;z;1"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data.csv").write_bytes(DATA.encode())
    (tmp_path / "camp.csv").write_text(CAMPS)
    return tmp_path


def protect(folder, *more, out="out.csv", keys="sex,camp", k="2", by="camp=camp.csv", data="data.csv"):
    asked = ["protect", str(folder / data), "--out", str(folder / out), "--report", str(folder / "report.json")]
    asked += ["--keys", keys] if keys else []
    asked += ["--k", k] if k else []
    for one in by.split() if by else []:
        column, _, file = one.partition("=")
        asked += ["--hierarchy", f"{column}={folder / file}"]
    return main([*asked, *more])


def attacked(folder, capsys, released="out.csv", k="2"):
    asked = ["attack", str(folder / "data.csv"), str(folder / released), "--keys", "sex,camp", "--k", k]
    code = main([*asked, "--hierarchy", f"camp={folder / 'camp.csv'}"])
    told = json.loads(capsys.readouterr().out)["attacks"]
    return code, {name for name, one in told.items() if not one["passed"]}


def test_a_whole_column_goes_to_one_level_and_every_other_byte_stays(folder):
    assert protect(folder) == 0
    assert (folder / "out.csv").read_bytes().decode() == WHOLE
    told = json.loads((folder / "report.json").read_text())
    assert told["generalised"] == {"sex": 0, "camp": 1}
    assert told["suppressed_cells"] == 0
    assert told["utility"]["changed"] == {"by_variable": {"sex": 0, "camp": 6}, "cells": 6, "records": 6}
    assert told["utility"]["largest_change"] == 0.0
    assert told["violations"]["before"]["strict"]["2"] == 4
    assert told["violations"]["after"]["strict"]["2"] == told["violations"]["after"]["attacker"]["2"] == 0
    assert told["global_risk"]["before"]["max"] == 1.0
    assert told["global_risk"]["after"]["max"] == told["global_risk"]["after"]["mean"] == 0.5
    assert told["suda"]["before"]["records"] == 4 > told["suda"]["after"]["records"] == 0


def test_only_rare_records_give_up_detail_and_a_column_says_how_far(folder):
    assert protect(folder, "--rare") == 0
    assert (folder / "out.csv").read_bytes().decode() == RARE
    told = json.loads((folder / "report.json").read_text())
    assert told["records_by_level"] == {"camp": {"0": 2, "1": 4}}
    assert told["utility"]["tables"] == [
        {
            "columns": ["sex", "camp"],
            "largest": pytest.approx(200 / 3),
            "mean": pytest.approx(80 / 3),
            "shown": pytest.approx(100 / 3),
        }
    ]


def test_what_hiding_took_from_the_tables_is_told_at_the_level_released(folder):
    rows = "f;diffa\n" * 6 + "m;kassa\n" * 3 + "m;diffa\n"
    (folder / "data.csv").write_text("sex;camp\n" + rows)
    (folder / "camp.csv").write_text("diffa;*\nkassa;*\n")
    assert protect(folder, "--limit", "0.4", k="4") == 0
    told = json.loads((folder / "report.json").read_text())
    assert told["generalised"] == {"sex": 0, "camp": 0}
    assert told["suppressed_records"] == 4
    assert told["utility"]["largest_change"] == pytest.approx(40)
    assert told["utility"]["tables"][0]["shown"] == pytest.approx(60)


def test_the_limit_on_suppressed_records_can_be_impossible(folder, capsys):
    (folder / "camp.csv").write_text("diffa\nzinde\nkassa\ngedar\n")
    assert protect(folder, "--limit", "0.1") == 3
    assert "k: no generalisation makes classes of 2 with at most 0 records suppressed" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def test_parquet_takes_new_words_as_text_and_keeps_what_it_was_not_asked_to_change(folder):
    frame = pd.DataFrame(
        {
            "sex": pd.Categorical(["f", "f", "m", "m"]),
            "camp": pd.array([1, 2, 3, None], dtype="Int64"),
            "when": pd.to_datetime(["2026-01-01"] * 4).tz_localize("UTC"),
            "big": pd.array([2**60 + 1, None, 2**60 + 3, 4], dtype="Int64"),
        },
        index=pd.Index([7, 5, 3, 1], name="row"),
    )
    frame.to_parquet(folder / "data.parquet")
    (folder / "camp.csv").write_text("1,low\n2,low\n3,high\n,high\n")
    assert protect(folder, data="data.parquet", out="out.parquet") == 0
    made = pd.read_parquet(folder / "out.parquet")
    assert made["camp"].tolist() == ["low", "low", "high", "high"]
    pd.testing.assert_frame_equal(made.drop(columns="camp"), frame.drop(columns="camp"))


@pytest.mark.parametrize("noted", [True, False])
def test_parquet_gets_the_column_of_levels_behind_the_others(folder, noted):
    table = pa.Table.from_pandas(pd.DataFrame({"sex": list("ffmm"), "camp": [1, 1, 1, 2], "n": [1.5, 2.5, None, 4.5]}))
    pq.write_table(table if noted else table.replace_schema_metadata(None), folder / "data.parquet")
    (folder / "camp.csv").write_text("1,low\n2,low\n")
    assert protect(folder, "--rare", data="data.parquet", out="out.parquet") == 0
    made = pd.read_parquet(folder / "out.parquet")
    assert made.columns.tolist() == ["sex", "camp", "n", "camp_level"]
    assert made["camp"].tolist() == ["1", "1", "low", "low"]
    assert made["camp_level"].tolist() == ["0", "0", "1", "1"]
    assert made["n"].tolist()[:2] == [1.5, 2.5]


@pytest.mark.long
def test_adult_comes_out_at_the_golden_levels(tmp_path):
    source = golden.path("arx/adult.csv")
    keys = source.read_text().splitlines()[0].split(";")
    given = [one for key in keys for one in ("--hierarchy", f"{key}={golden.path(f'arx/adult_hierarchy_{key}.csv')}")]
    asked = ["protect", str(source), "--keys", ",".join(keys), "--k", "5", "--largest-set", "1", *given]
    assert main([*asked, "--out", str(tmp_path / "out.csv"), "--report", str(tmp_path / "report.json")]) == 0
    told = json.loads((tmp_path / "report.json").read_text())
    case = json.loads(golden.path("arx/adult_optimal.json").read_text())["cases"][0]
    assert [told["generalised"][key] for key in keys] == case["levels"]
    assert told["suppressed_records"] == case["suppressed_records"]
    assert told["utility"]["loss"] == pytest.approx(case["score"], abs=1e-9)
    released = pd.read_csv(tmp_path / "out.csv", sep=";", dtype="str", keep_default_na=False)
    assert released.groupby(keys).size().min() >= 5


WAYS = {
    "suppress": (["--importance", "sex=2,camp=1"], ""),
    "closed": (["--closed"], ""),
    "match": (["--semantics", "match"], ""),
    "generalise": (["--limit", "0.5"], "camp=camp.csv"),
    "rare": (["--rare", "--closed"], "camp=camp.csv"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_plan_makes_the_same_bytes_again_without_being_told_more(folder, way):
    more, by = WAYS[way]
    plan = folder / "plan.json"
    assert protect(folder, *more, "--plan", str(plan), by=by) == 0
    frozen, first = plan.read_bytes(), json.loads((folder / "report.json").read_text())
    assert protect(folder, "--plan", str(plan), out="again.csv", keys="", k="", by=by) == 0
    assert (folder / "again.csv").read_bytes() == (folder / "out.csv").read_bytes()
    assert plan.read_bytes() == frozen
    again = json.loads((folder / "report.json").read_text())
    assert again | {"seconds": 0} == first | {"seconds": 0}


def test_a_plan_is_applied_and_not_searched_anew(folder):
    """Levels that no search would choose, coarser than needed, are taken as they stand."""
    plan = folder / "plan.json"
    assert protect(folder, "--plan", str(plan)) == 0
    told = json.loads(plan.read_text())
    coarser = pd.DataFrame({"sex": list("ffmmff"), "camp": ["sahel"] * 4 + ["horn"] * 2}, dtype="str")
    plan.write_text(json.dumps(told | {"levels": {"sex": 0, "camp": 2}, "result": snapshot(coarser)}))
    assert protect(folder, "--plan", str(plan)) == 0
    assert (folder / "out.csv").read_bytes().decode() == WHOLE.replace("NER", "sahel").replace("SDN", "horn")


CHANGED = [
    ({"method": "0"}, {}, "plan.method: made by version 0 of the engine"),
    ({"result": "0" * 64}, {}, "plan.result: the plan does not lead to the file"),
    ({"levels": {"sex": 0, "camp": 9}}, {}, "plan.levels.camp: its hierarchy has no such level"),
    ({"levels": {"sex": 0, "camp": 2}}, {}, "plan.result: the plan does not lead to the file"),
    ({"levels": {"sex": 0, "camp": 0}}, {}, "plan.result: the plan does not lead to the file"),
    ({"colour": "red"}, {}, "plan.colour: unknown field"),
    ({"snapshot": 3}, {}, "plan.snapshot: must be str"),
    ({}, {"k": "3"}, "plan.wanted.k: the plan was made with another"),
    ({}, {"keys": "camp,sex"}, "plan.wanted.keys: the plan was made with another"),
    ({}, {"by": ""}, "hierarchy: the plan needs those of camp"),
    ({}, {"by": "camp=other.csv"}, "plan.wanted.hierarchies: the plan was made with another"),
    ({}, {"data": "other.csv"}, "plan.snapshot: made for other rows"),
]


@pytest.mark.parametrize(("told", "asked", "fact"), CHANGED)
def test_a_plan_for_something_else_is_refused(folder, capsys, told, asked, fact):
    plan = folder / "plan.json"
    (folder / "other.csv").write_bytes(DATA.replace("gedar", "kassa").encode())
    assert protect(folder, "--plan", str(plan)) == 0
    plan.write_text(json.dumps(json.loads(plan.read_text()) | told))
    if asked.get("by", "").endswith("other.csv"):
        (folder / "other.csv").write_text(CAMPS.replace("horn", "east"))
    assert protect(folder, "--plan", str(plan), out="again.csv", **asked) == 2
    assert capsys.readouterr().err.startswith(fact)
    assert not (folder / "again.csv").exists()


def test_a_plan_that_is_none_is_refused(folder, capsys):
    plan = folder / "plan.json"
    plan.write_text("levels: 3")
    assert protect(folder, "--plan", str(plan)) == 2
    assert capsys.readouterr().err == "plan: not JSON, line 1\n"


NOT_READ = [
    ("diffa;NER;sahel\nkassa;SDN;horn\n", "camp: 2 of its values are in no hierarchy"),
    (CAMPS + "diffa;NER;sahel\n", "camp: its hierarchy in camp.csv has a value twice"),
    (CAMPS + "agade;NER\n", "camp: its hierarchy in camp.csv needs equally many forms in every line"),
    (CAMPS + "agade;NER;desert\n", "camp: a form in its hierarchy has two parents"),
    ("\n\n", "camp: its hierarchy in camp.csv is empty"),
    ('"diffa;NER\n', "camp.csv: row 1 has a quotation mark that is not closed"),
]


@pytest.mark.parametrize(("written", "fact"), NOT_READ)
@pytest.mark.parametrize("way", [(), ("--rare",)])
def test_a_hierarchy_that_cannot_be_used_is_refused_by_column_and_fact_never_by_value(
    folder, capsys, written, fact, way
):
    (folder / "camp.csv").write_text(written)
    assert protect(folder, *way) == 2
    told = capsys.readouterr().err
    assert told == fact + "\n"
    assert not re.search("zinde|gedar|agade", told)


@pytest.mark.parametrize(
    ("more", "asked", "fact"),
    [
        ((), {"by": "shoe=camp.csv"}, "hierarchy: shoe is none of the keys"),
        ((), {"by": "camp=camp.csv camp=camp.csv"}, "hierarchy: camp has two"),
        ((), {"by": "camp=none.csv"}, "none.csv: cannot be read"),
        ((), {"keys": ""}, "keys: name at least one"),
        ((), {"k": ""}, "k: say how many records must look alike at least"),
        ((), {"k": "1"}, "k: below 2 protects nobody"),
        ((), {"keys": "camp,shoe"}, "shoe: not in the data"),
        (("--rare",), {"by": ""}, "rare: name a hierarchy for at least one key"),
        (("--limit", "0.1"), {"by": ""}, "limit: goes with --hierarchy"),
        (("--limit", "0.1", "--rare"), {}, "limit: goes with --hierarchy"),
        (("--limit", "1.1"), {}, "limit: must lie in 0..1"),
        (("--closed",), {}, "closed: a whole file at one level hides records"),
        (("--importance", "sex=2"), {}, "importance: levels of a whole file weigh alike"),
        (("--importance", "sex=0", "--rare"), {}, "keys.sex: weight must be above 0"),
        (("--semantics", "match"), {}, "semantics: match knows no hierarchies"),
        ((), {"out": "data.csv"}, "data.csv: is read or written already"),
        ((), {"out": "report.json"}, "report.json: is read or written already"),
        ((), {"out": "no/out.csv"}, "out.csv: cannot be written"),
    ],
)
def test_what_does_not_go_together_is_refused(folder, capsys, more, asked, fact):
    assert protect(folder, *more, **asked) == 2
    assert capsys.readouterr().err.startswith(fact)
    assert (folder / "data.csv").read_bytes().decode() == DATA


def test_an_attack_reads_coarser_values_by_the_hierarchy_and_finds_what_gives_away(folder, capsys):
    assert protect(folder) == 0
    assert attacked(folder, capsys) == (0, set())
    assert protect(folder, "--rare", out="rare.csv") == 0
    assert attacked(folder, capsys, "rare.csv") == (0, set())
    (folder / "bad.csv").write_text(RARE.replace("NER;;1", "zinde;;0"))
    assert attacked(folder, capsys, "bad.csv") == (3, {"classes", "prosecutor"})
    (folder / "bad.csv").write_text(WHOLE.replace("m;NER", "m;SDN"))
    assert attacked(folder, capsys, "bad.csv") == (3, {"prosecutor"})


def test_one_word_at_two_levels_is_read_at_the_level_that_the_rows_agree_with(folder, capsys):
    """X covers a and b at one level, and c too at the next: at the first of them, c would fit nobody."""
    (folder / "camp.csv").write_text("a;X;X\nb;X;X\nc;Y;X\n")
    (folder / "out.csv").write_text("sex,camp\nf,X\nf,X\nf,X\n")
    for camps in ("abc", "abb"):
        (folder / "data.csv").write_text("sex,camp\n" + "".join(f"f,{camp}\n" for camp in camps))
        assert attacked(folder, capsys, k="3") == (0, set())


@pytest.mark.parametrize(
    ("released", "fact"),
    [
        (
            WHOLE.replace("NER;;", "agade;;").replace("m;NER;\r", "m;agade;\r"),
            "camp: its released values stand at no one",
        ),
        (RARE.replace("SDN", "agade"), "camp: 1 of its released values are in no hierarchy"),
        (RARE.replace("y;1", "y;4"), "camp_level: 1 cells are no level of its hierarchy"),
        (RARE.replace("y;1", "y;one"), "camp_level: 1 cells are no level of its hierarchy"),
    ],
)
def test_a_released_file_that_does_not_keep_to_the_hierarchy_cannot_be_judged(folder, capsys, released, fact):
    (folder / "bad.csv").write_text(released)
    asked = ["attack", str(folder / "data.csv"), str(folder / "bad.csv"), "--keys", "sex,camp", "--k", "2"]
    assert main([*asked, "--hierarchy", f"camp={folder / 'camp.csv'}"]) == 2
    assert capsys.readouterr().err.startswith(fact)


def test_accents_written_in_two_ways_are_one_value_of_a_hierarchy(folder):
    (folder / "camp.csv").write_text("e\u0301;*\nb;*\n")
    (folder / "data.csv").write_text("sex,camp\nf,\u00e9\nf,e\u0301\nf,b\nf,b\n")
    assert protect(folder) == 0
    assert (folder / "out.csv").read_text() == "sex,camp\nf,\u00e9\nf,\u00e9\nf,b\nf,b\n"


def test_a_key_without_hierarchy_is_compared_in_one_form_too(folder):
    (folder / "data.csv").write_text("sex,camp\n\u00e9,diffa\ne\u0301,zinde\n")
    assert protect(folder) == 0
    assert (folder / "out.csv").read_text() == "sex,camp\n\u00e9,NER\n\u00e9,NER\n"
    assert json.loads((folder / "report.json").read_text())["violations"]["after"]["attacker"]["2"] == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_file_without_records_comes_back(folder, way):
    more, by = WAYS[way]
    (folder / "data.csv").write_text("sex,camp\n")
    assert protect(folder, *more, by=by) == 0
    assert (folder / "out.csv").read_text().splitlines()[0].startswith("sex,camp")
    told = json.loads((folder / "report.json").read_text())
    assert told["rows"] == told["suppressed_cells"] == 0


def test_a_column_of_levels_that_was_there_before_is_not_taken_for_ours(folder, capsys):
    words = (folder / "data.csv").read_text().replace("note", "camp_level")
    (folder / "data.csv").write_text(words)
    assert protect(folder) == 0
    assert attacked(folder, capsys) == (0, set())
    assert protect(folder, "--rare") == 2
    assert "camp_level: the name is needed for the level of camp" in capsys.readouterr().err


VALUES = ["diffa", "zinde", "kassa", "gedar", ""]


def people():
    rows = st.lists(st.tuples(st.sampled_from("fm"), st.sampled_from(VALUES)), min_size=3, max_size=24)
    return rows.map(lambda drawn: pd.DataFrame(drawn, columns=["sex", "camp"], dtype="str"))


def can_be_met(frame, level, k):
    """With camps at this level, what must go is nothing, or k records at least."""
    forms = {line.split(";")[0]: line.split(";")[level] for line in CAMPS.splitlines()}
    counts = frame.assign(camp=frame["camp"].map(forms)).groupby(["sex", "camp"]).size()
    gone = int(counts[counts < k].sum())
    return gone == 0 or gone >= k


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people(), st.sampled_from([(), ("--rare",), ("--rare", "--closed")]), st.sampled_from(["2", "3"]))
def test_whatever_the_people_classes_hold_k_and_the_plan_repeats(folder, frame, way, k):
    frame.to_csv(folder / "data.csv", index=False)
    plan = folder / "plan.json"
    plan.unlink(missing_ok=True)
    if protect(folder, *way, "--plan", str(plan), k=k) == 3:
        assert not way
        assert not any(can_be_met(frame, level, int(k)) for level in range(3))
        return
    assert protect(folder, "--plan", str(plan), out="again.csv", k="", keys="") == 0
    assert (folder / "out.csv").read_bytes() == (folder / "again.csv").read_bytes()
    released = pd.read_csv(folder / "out.csv", dtype="str", keep_default_na=False)
    columns = ["sex", "camp", *(["camp" + LEVEL] if way else [])]
    assert min(brute.strict(released, columns)) >= int(k)
    told = json.loads((folder / "report.json").read_text())
    assert told["violations"]["after"]["attacker"][k] == told["violations"]["after"]["strict"][k] == 0


@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people(), st.lists(st.integers(0, 3), min_size=24, max_size=24), st.integers(0, 2), st.booleans())
def test_a_coarser_value_fits_all_the_values_under_it(folder, frame, drawn, whole, rare):
    one = hierarchy("camp", folder / "camp.csv")
    level = np.array(drawn[: len(frame)] if rare else [whole if at < 3 else 3 for at in drawn[: len(frame)]])
    shown = ["" if at == 3 else one.forms[value][at] for value, at in zip(frame["camp"], level, strict=True)]
    released = frame.assign(camp=pd.array(shown, dtype="str"))
    given_ = released.assign(camp_level=pd.array([str(at) for at in level], dtype="str")) if rare else released
    both = unfold(frame, given_, ["sex", "camp"], {"camp": one})
    found = attacker_counts(both.original, both.released, both.columns, hidden="")

    def fits(value, form, at):
        return at == 3 or (not rare and form == "") or one.forms[value][at] == form

    expected = [
        sum(
            mine.sex == theirs.sex and fits(mine.camp, theirs.camp, at)
            for theirs, at in zip(released.itertuples(), level, strict=True)
        )
        for mine in frame.itertuples()
    ]
    assert found.tolist() == expected


def test_commas_and_semicolons_part_the_forms_and_quotes_are_read(tmp_path):
    path = tmp_path / "h.csv"
    for written in ('"a, b";x\nc;y\n', '\ufeff"a, b",x\r\nc,y'):
        path.write_text(written)
        assert dict(hierarchy("camp", path).forms) == {"a, b": ("a, b", "x"), "c": ("c", "y")}
    path.write_bytes(b"\xe9;x\n")
    with pytest.raises(BadInput, match=r"h\.csv: not UTF-8 at byte 0"):
        hierarchy("camp", path)
