import argparse
import json
import re
import runpy
import shlex

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from portal.disclosure import cli_files, datafile
from portal.disclosure.classes import lookalikes
from portal.disclosure.cli import EXAMPLES, main, parser
from portal.disclosure.cli_files import Progress

DATA = (
    '\ufeffcamp,note,sex\r\ndiffa,"kept, as ""it"" is",f\r\ndiffa, spaces ,f\r\nzinde,,f\nagade,\'x,f\r\nagade,last,m'
)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(DATA.encode())
    return path


def protect(data, *more, keys="camp,sex", k="2"):
    out, report = data.with_name("out" + data.suffix), data.with_name("report.json")
    code = main(["protect", str(data), "--keys", keys, "--k", k, "--out", str(out), "--report", str(report), *more])
    return code, out, report


TEMPORARY = "memory: temporary files hold numbers, no words, unencrypted; work on a machine of your own\n"
SHOWN = '\ufeffcamp,note,sex\r\ndiffa,"kept, as ""it"" is",f\r\ndiffa, spaces ,f\r\n,,\n,\'x,\r\n,last,'


def test_only_suppressed_cells_change_and_every_other_byte_stays(data):
    code, out, _ = protect(data, "--importance", "camp=1,sex=3")
    assert code == 0
    assert out.read_bytes().decode() == SHOWN


def test_the_report_counts_before_and_after(data):
    _, out, report = protect(data)
    told = json.loads(report.read_text())
    assert {
        "rows",
        "semantics",
        "k",
        "suppressed_cells",
        "suppressed_by_variable",
        "suppressed_records",
        "generalised",
        "seconds",
    } <= set(told)
    assert told["violations"]["before"]["strict"]["2"] == 3
    assert told["violations"]["after"]["strict"]["2"] == told["violations"]["after"]["attacker"]["2"] == 0
    released = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert released.groupby(["camp", "sex"]).size().min() >= 2
    assert told["suppressed_cells"] == sum(told["suppressed_by_variable"].values())


def test_parquet_goes_in_and_out_with_nulls_and_types(data, tmp_path):
    frame = pd.DataFrame({"camp": [1, 1, 2, 3], "sex": ["f", "f", "f", "f"], "n": [1.5, 2.5, None, 4.5]})
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    code, out, _ = protect(path)
    made = pd.read_parquet(out)
    assert code == 0
    assert made["camp"].isna().tolist() == [False, False, True, True]
    assert made["n"].equals(frame["n"])


def test_parquet_keeps_the_types_of_what_is_emptied_and_whole_numbers_stay_apart(tmp_path):
    """Beside a null, 2^60 + 1 and 2^60 + 2 would be one float, and the two people one class."""
    big = pd.array([2**60 + 1, 2**60 + 2, None, 7, 7], dtype="Int64")
    frame = pd.DataFrame({"camp": big, "kind": pd.Categorical(list("aabbb")), "n": [1, 2, 3, 4, 5]})
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    code, out, report = protect(path, keys="camp,kind")
    assert code == 0
    made = pd.read_parquet(out)
    assert made.dtypes.tolist() == frame.dtypes.tolist()
    assert json.loads(report.read_text())["violations"]["before"]["strict"]["2"] == 3
    assert made[["camp", "kind"]].fillna({"camp": -1}).astype(str).value_counts(dropna=False).min() >= 2
    assert made["n"].equals(frame["n"])


def test_a_parquet_file_does_not_list_the_words_that_were_hidden(tmp_path):
    """A categorical column carries its words apart from its cells."""
    kinds = pd.CategoricalDtype(["rarest", "b", "common", "rare"], ordered=True)
    frame = pd.DataFrame({"camp": pd.Series(["common", "b", "b", "rarest", "common", "rare"], dtype=kinds)})
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    code, out, _ = protect(path, keys="camp")
    assert code == 0
    assert b"rare" in path.read_bytes()
    assert b"rare" not in out.read_bytes()
    made = pd.read_parquet(out)["camp"]
    assert made.cat.ordered
    assert made.cat.categories.tolist() == ["b", "common"]
    assert made.astype(object).fillna("").tolist() == ["common", "b", "b", "", "common", ""]


def test_semicolons_go_in_and_out(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("camp;sex;note\ndiffa;f;a, b\ndiffa;f;c\nzinde;m;d\n")
    code, out, _ = protect(path, "--importance", "camp=1,sex=3")
    assert code == 0
    assert out.read_text() == "camp;sex;note\n;;a, b\n;;c\n;;d\n"


def test_a_hidden_cell_alone_in_its_line_is_no_empty_line(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("camp\ndiffa\ndiffa\nzinde\nkassa\n")
    code, out, _ = protect(path, keys="camp")
    assert code == 0
    assert out.read_text() == 'camp\ndiffa\ndiffa\n""\n""\n'
    assert main(["attack", str(path), str(out), "--keys", "camp", "--k", "2"]) == 0


def test_the_report_names_columns_beside_the_keys_that_tell_nearly_everybody_apart(tmp_path):
    """Phone: three of five have one of their own. Note: two of five. Blank: nobody's own."""
    path = tmp_path / "data.csv"
    path.write_text("camp,phone,note,blank\na,1,x,\na,2,x,\na,3,y,\na,4,z,\na,4,x,\n")
    told = json.loads(protect(path, keys="camp")[2].read_text())
    assert told["beside_the_keys"] == {"columns": ["phone", "note", "blank"], "nearly_unique": ["phone"]}


def test_progress_is_told_on_the_error_stream_without_any_value(data, capsys, monkeypatch):
    assert protect(data)[0] == 0
    assert capsys.readouterr().err == ""
    assert protect(data, "--progress")[0] == 0
    told = capsys.readouterr().err
    assert re.findall(r"^ +\d+\.\d s  (\w+)", told, flags=re.MULTILINE) == [
        "reading",
        "protecting",
        "attacking",
        "counting",
        "writing",
    ]
    assert not re.search("diffa|zinde|agade", told)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert protect(data)[0] == 0
    assert "writing out.csv" in capsys.readouterr().err


def test_a_long_step_says_that_it_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(cli_files, "BEAT", 0.01)
    progress = Progress(argparse.Namespace(progress=True))
    with progress.step("waiting"):
        while "still waiting" not in (told := capsys.readouterr().err):
            continue
    assert told


def test_how_far_a_step_has_come_is_told_at_most_once_a_second(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(cli_files, "perf_counter", lambda: clock[0])
    progress = Progress(argparse.Namespace(progress=True))
    for clock[0], rows in ((0.5, 1), (1.0, 1000), (1.9, 1500), (2.5, 2500)):
        progress.through("reading", rows)
    assert capsys.readouterr().err == "     1.0 s  reading: 1,000 rows\n     2.5 s  reading: 2,500 rows\n"


@pytest.mark.parametrize("verb", EXAMPLES)
def test_the_examples_of_the_help_are_commands(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    told = capsys.readouterr().out
    commands = re.findall(r"^  python -m portal\.disclosure (.*)$", told.replace("\\\n", " "), flags=re.MULTILINE)
    assert commands
    for command in commands:
        assert parser().parse_args(shlex.split(command)).verb


@pytest.mark.parametrize(("option", "value"), [("--importance", "camp=much"), ("--hierarchy", "camp")])
def test_an_option_that_cannot_be_read_is_refused_with_the_form_it_takes(data, capsys, option, value):
    with pytest.raises(SystemExit, match="2"):
        protect(data, option, value)
    assert "such as age=" in capsys.readouterr().err


SILENT = {
    "measure {data} --keys camp,camp": "--keys: camp is named twice",
    "measure {data} --keys camp,": "--keys: a column has no name",
    "measure {data} --keys ,": "--keys: a column has no name",
    "measure {data} --keys camp --keys sex": "--keys: is given twice",
    "measure {data} --keys camp --sensitive note,note": "--sensitive: note is named twice",
    "measure {data} --keys camp --progress --progress": "--progress: is given twice",
    "measure {data} --keys camp --alpha 2": "--alpha: must lie in 0..1",
    "measure {data} --key camp": "the following arguments are required: --keys",
    "protect {data} {made} --keys camp --k 2 --k 3": "--k: is given twice",
    "protect {data} {made} --keys camp --k 2 --importance camp=1,camp=2": "--importance: camp is named twice",
    "protect {data} {made} --keys camp --k 2 --importance camp=1,": "--importance: give numbers by column",
    "protect {data} {made} --keys camp --k 2 --importance 3": "--importance: give numbers by column",
    "protect {data} {made} --keys camp --k 2 --closed --no-closed": "--closed/--no-closed: is given twice",
    "protect {data} {made} --keys camp --k 2 --out {none}": "--out: is given twice",
    "attack {data} {data} --keys camp --k 2 --alpha nan": "--alpha: must lie in 0..1",
    "attack {data} {data} --keys camp --k 2 --alpha much": "--alpha: must lie in 0..1",
    "table {data} --rows camp,camp": "--rows: camp is named twice",
    "table {data} --rows camp --columns ,": "--columns: a column has no name",
}


@pytest.mark.parametrize("typed", SILENT)
def test_nothing_is_half_taken_without_a_word(data, capsys, typed):
    """Of what is said twice one half used to count, and what says nothing was passed over."""
    made = f"--out {data.with_name('out.csv')} --report {data.with_name('report.json')}"
    with pytest.raises(SystemExit, match="2"):
        main(shlex.split(typed.format(data=data, made=made, none=data.with_name("none.csv"))))
    assert SILENT[typed] in capsys.readouterr().err
    assert [one.name for one in data.parent.iterdir()] == ["data.csv"]


@pytest.mark.parametrize(
    ("more", "fact"),
    [
        (("--alpha", "1"), "alpha: goes with --semantics match"),
        (("--largest-set", "0"), "largest: a set has at least 1 key"),
        (("--importance", "camp=nan"), "keys.camp: weight must be above 0"),
        (("--importance", "camp=inf"), "keys.camp: weight must be above 0"),
        (("--limit", "0"), "limit: goes with --hierarchy"),
    ],
)
def test_what_would_change_nothing_is_refused(data, capsys, more, fact):
    code, out, _ = protect(data, *more)
    assert (code, out.exists()) == (2, False)
    assert capsys.readouterr().err.startswith(fact)


def test_what_was_protected_is_measured_and_attacked(data, capsys):
    _, out, _ = protect(data)
    assert main(["measure", str(out), "--keys", "camp,sex", "--sensitive", "note"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["violations"]["strict"]["2"] == 0
    assert told["diversity"]["note"]["distinct"] >= 1
    assert main(["attack", str(data), str(out), "--keys", "camp,sex", "--k", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"]


def test_an_attack_that_succeeds_is_told_and_exits_3(data, capsys, tmp_path):
    path = tmp_path / "attack.json"
    assert main(["attack", str(data), str(data), "--keys", "camp,sex", "--k", "2", "--json", str(path)]) == 3
    assert "classes, prosecutor succeeded on data.csv" in capsys.readouterr().err
    assert json.loads(path.read_text())["attacks"]["prosecutor"]["records_at_risk"] == 3


def test_a_selection_of_another_length_is_attacked_without_pairing(data, tmp_path, capsys):
    part = tmp_path / "part.csv"
    part.write_text("camp,sex\ndiffa,f\ndiffa,f\n")
    assert main(["attack", str(data), str(part), "--keys", "camp,sex", "--k", "2"]) == 0
    assert "downcoding" not in json.loads(capsys.readouterr().out)["attacks"]


def test_records_are_written_in_row_order(data, tmp_path):
    path = tmp_path / "records.csv"
    assert (
        main(["measure", str(data), "--keys", "camp", "--records", str(path), "--json", str(tmp_path / "m.json")]) == 0
    )
    assert path.read_text().splitlines() == [
        "fk,Fk,risk,suda,dis",
        "2.0,2.0,0.5,0.0,0.0",
        "2.0,2.0,0.5,0.0,0.0",
        "1.0,1.0,1.0,1.0,1.0",
        "2.0,2.0,0.5,0.0,0.0",
        "2.0,2.0,0.5,0.0,0.0",
    ]


WEIGHED = "camp,sex,w\na,f,4\na,f,4\na,m,10\n,f,2\n"


def test_special_uniques_are_told_with_how_likely_a_match_is_right(tmp_path, capsys):
    data, out = tmp_path / "data.csv", tmp_path / "records.csv"
    data.write_text(WEIGHED)
    run = ["measure", str(data), "--keys", "camp,sex", "--records", str(out)]
    dis = {}
    for more in ((), ("--weight", "w"), ("--fraction", "0.1"), ("--largest-set", "1")):
        assert main([*run, *more]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["suda"] == {"sum": 1.0, "records": 1, "attributes": {"camp": 0.0, "sex": 100.0}}
        dis[more[:1]] = pd.read_csv(out)["dis"].round(6).tolist()
    assert dis == {
        (): [0, 0, 1, 0],
        ("--weight",): [0, 0, round(1 / (1 + 2 * 0.8 / 0.2), 6), 0],
        ("--fraction",): [0, 0, round(1 / (1 + 2 * 0.9 / 0.1), 6), 0],
        ("--largest-set",): [0, 0, 1, 0],
    }


BAD = [
    (["measure", "{data}", "--keys", "shoe"], "shoe: not in the data"),
    (
        ["measure", "{data}", "--keys", "camp", "--weight", "note"],
        "note: 5 weights are missing or not a number; a weight counts people, so 1 or more",
    ),
    (["measure", "{data}", "--keys", "camp", "--fraction", "0"], "fraction: must lie above 0 and not above 1"),
    (["measure", "{data}", "--keys", "camp", "--largest-set", "0"], "largest: a set has at least 1 key"),
    (["measure", "{none}", "--keys", "camp"], "none.csv: cannot be read"),
    (["measure", "{latin}", "--keys", "camp"], "latin.csv: not UTF-8 at byte 5"),
    (["measure", "{ragged}", "--keys", "a"], "ragged.csv: row 2 has 1 cells, the header 2"),
    (["measure", "{open}", "--keys", "a"], "open.csv: row 2 has a quotation mark that is not closed"),
    (["measure", "{empty}", "--keys", "a"], "empty.csv: is empty"),
    (["measure", "{broken}", "--keys", "a"], "broken.csv: no whole Parquet file"),
    (
        ["measure", "{data}", "--keys", "camp", "--json", "{data}"],
        "data.csv: is read or written already; name another file",
    ),
    (["measure", "{twice}", "--keys", "a"], "a: 2 columns have this name"),
    (["attack", "{data}", "{ragged2}", "--keys", "camp", "--k", "2"], "camp: not in the data"),
]
FILES = {
    "latin": b"camp\n\xe9\n",
    "ragged": b"a,b\n1\n",
    "ragged2": b"a,b\n1,2\n",
    "open": b'a\n"1\n',
    "empty": b"",
    "broken": b"PAR1 and then nothing",
    "twice": b"a,a\n1,2\n",
}


@pytest.mark.parametrize(("arguments", "fact"), BAD)
def test_bad_input_exits_2_and_names_the_column_and_the_fact(arguments, fact, data, tmp_path, capsys):
    paths = {"data": str(data), "none": str(tmp_path / "none.csv")}
    for name, content in FILES.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
        paths[name] = str(tmp_path / f"{name}.csv")
    assert main([one.format(**paths) for one in arguments]) == 2
    assert capsys.readouterr().err.strip() == fact


def test_a_rule_that_contradicts_itself_or_the_data_is_refused(data, capsys):
    assert protect(data, k="1")[0] == 2
    assert "k: below 2 protects nobody" in capsys.readouterr().err
    assert protect(data, "--importance", "shoe=2")[0] == 2
    assert "importance: shoe is none of the keys" in capsys.readouterr().err
    assert protect(data, "--semantics", "match", "--closed")[0] == 2
    assert protect(data, "--semantics", "match", "--alpha", "0.5")[0] == 2
    assert "semantics: match is neither closed nor" in capsys.readouterr().err
    assert protect(data, k="6")[0] == 3
    assert "k: 5 records are fewer than k = 6" in capsys.readouterr().err
    assert not data.with_name("out.csv").exists()


@pytest.mark.parametrize("more", [(), ("--semantics", "match"), ("--memory", "1")])
def test_more_keys_than_can_be_searched_are_refused_and_do_not_fill_the_memory(tmp_path, capsys, more):
    flags = [f"f{at}" for at in range(60)]
    path = tmp_path / "data.csv"
    path.write_text(
        "\n".join([",".join(flags), *[",".join("01"[(at >> row) % 2] for at in range(60)) for row in range(9)]])
    )
    assert protect(path, *more, keys=",".join(flags))[0] == 2
    assert "keys: 60 " in capsys.readouterr().err
    assert not path.with_name("out.csv").exists()


@pytest.mark.parametrize("more", [(), ("--memory", "1")])
def test_two_columns_of_one_name_beside_the_keys_cannot_be_told_apart_either(tmp_path, capsys, more):
    path = tmp_path / "data.csv"
    path.write_text("a,b,a\nx,y,z\nx,y,z\n")
    code, out, _ = protect(path, *more, keys="b")
    assert code == 2
    assert capsys.readouterr().err.removeprefix(TEMPORARY) == "a: 2 columns have this name\n"
    assert not out.exists()


@pytest.mark.parametrize(
    ("names", "fact"),
    [(["s", "b", "s"], "s: 2 columns have this name\n"), (["s", "b", "c"], "c: holds lists or records")],
)
def test_a_parquet_file_of_no_plain_columns_is_refused_by_name(tmp_path, capsys, names, fact):
    path = tmp_path / "data.parquet"
    cells = [pa.array(["x", "y"]), pa.array(["x", "x"]), pa.array([["x"], []])]
    pq.write_table(pa.Table.from_arrays(cells, names=names), path)
    for keys in ("b", "s"):
        assert protect(path, keys=keys)[0] == 2
        assert capsys.readouterr().err.startswith(fact)
    assert main(["measure", str(path), "--keys", names[2]]) == 2


ZEROS = {
    "data.parquet": pa.array([0.0, 0.0, -0.0, 1.0, 1.0, None]),
    "half.parquet": pa.array([0.0, 0.0, -0.0, 1.0, 1.0, None], type=pa.float32()),
    "words.parquet": pa.array(["0", "0", "-0", "1", "1", ""]).dictionary_encode(),
    "numbers.parquet": pa.array([0.0, 0.0, -0.0, 1.0, 1.0, None]).dictionary_encode(),
    "data.csv": ["0.0", "0", "-0.0", "1", "1", ""],
    "exponent.csv": ["0", "0", " -.0E+3", "1", "1", ""],
}


@pytest.mark.parametrize("name", ZEROS)
def test_a_zero_below_zero_is_refused_by_name_and_never_a_class_of_its_own(tmp_path, capsys, name):
    """In Parquet 0 and -0 were counted as one value, and could be told apart in the file."""
    path = tmp_path / name
    columns = {"age": ZEROS[name], "sex": ["f"] * 6, "heat": [-0.0, 0.0, 1.0, 2.0, 3.0, 4.0]}
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        rows = zip(*columns.values(), strict=True)
        path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]))
    fact = "age: holds -0, which is the number 0; write 0\n"
    made = [str(tmp_path / one) for one in ("out" + path.suffix, "report.json")]
    keys = ["--keys", "age,sex"]
    for verb in (
        ["measure", str(path), *keys],
        ["protect", str(path), *keys, "--k", "2", "--out", made[0], "--report", made[1]],
        ["protect", str(path), *keys, "--k", "2", "--out", made[0], "--report", made[1], "--memory", "1"],
        ["attack", str(path), str(path), *keys, "--k", "2"],
        ["table", str(path), "--rows", "age", "--out", made[0]],
    ):
        assert main(verb) == 2
        assert capsys.readouterr().err.removeprefix(TEMPORARY) == fact
    assert not {"out" + path.suffix, "report.json"} & {one.name for one in tmp_path.iterdir()}
    assert protect(path, keys="sex")[0] == 0, "beside the keys a cell may hold what it likes"


def test_looking_alike_counts_a_zero_below_zero():
    assert lookalikes(pd.DataFrame({"age": ["0", "-0.0", "1"]}, dtype="str"), ["age"]) == {"age": 1}


def test_the_count_of_others_is_offered_to_compare_and_says_that_it_does_not_protect(tmp_path, capsys):
    path = tmp_path / "data.csv"
    path.write_text("camp,sex\ndiffa,f\nzinde,f\ndiffa,m\nzinde,m\n")
    code, out, report = protect(path, "--semantics", "match")
    told = json.loads(report.read_text())
    assert code == 0
    assert "match is for comparison only" in capsys.readouterr().err
    assert told["comparison_only"]
    assert told["suppressed_cells"] == 2
    assert told["violations"]["after"]["match"]["2"] == 0
    assert told["violations"]["after"]["attacker"]["2"] > 0
    assert main(["attack", str(path), str(out), "--keys", "camp,sex", "--k", "2"]) == 3


@pytest.fixture
def telling(tmp_path):
    """Three men in each of twelve camps, and so many in one that theirs is shown: no hidden camp is that one."""
    groups = [("arlit", 50, 50), *((f"camp{at:02}", 20, 3) for at in range(12))]
    rows = [f"{camp},{sex}" for camp, women, men in groups for sex in ["f"] * women + ["m"] * men]
    path = tmp_path / "data.csv"
    path.write_text("camp,sex\n" + "\n".join(rows) + "\n")
    return path


ATTACK = ["--keys", "camp,sex", "--k", "5"]


@pytest.mark.parametrize("rare", [False, True])
def test_what_protect_makes_withstands_the_attack_unless_something_to_compare_is_asked_for(
    telling, tmp_path, capsys, rare
):
    """Without being told to close, it used to make a file that lost to its own attack."""
    forms = tmp_path / "camp.csv"
    forms.write_text("\n".join(f"{camp};*" for camp in ["arlit", *(f"camp{at:02}" for at in range(12))]))
    more = ["--hierarchy", f"camp={forms}"] if rare else []
    cells = {}
    for how in ("", "--closed", "--no-closed"):
        code, out, report = protect(telling, *more, *["--rare"] * rare, *filter(None, [how]), k="5")
        assert code == 0
        told, said = json.loads(report.read_text()), capsys.readouterr().err
        lost = how == "--no-closed"
        assert told["closed"] is told["attack"]["passed"] is not lost
        assert ("attack: downcoding succeeded; the file is for comparison only" in said) is lost
        assert main(["attack", str(telling), str(out), *ATTACK, *more]) == (3 if lost else 0)
        cells[how] = pd.read_csv(out, dtype=str, keep_default_na=False)["camp"].isin(["", "*"]).sum()
        capsys.readouterr()
    assert cells["--no-closed"] == 36 < cells[""] == cells["--closed"] == 86


def test_nothing_is_closed_where_there_is_nothing_to_be_learnt(data):
    told = json.loads(protect(data)[2].read_text())
    assert (told["closed"], told["attack"]["passed"]) == (False, True)
    assert set(told["attack"]["attacks"]) == {"classes", "prosecutor", "homogeneity", "downcoding", "uniqueness"}


def test_a_finished_file_that_loses_to_an_attack_is_not_released(telling, capsys, monkeypatch):
    """Attacked are the bytes: what a fault in writing gives away is found, whatever was meant to be written."""
    monkeypatch.setattr(datafile.CsvFile, "changed", lambda source, made: telling.read_bytes())
    code, out, report = protect(telling, k="5")
    assert code == 3
    assert "classes, prosecutor succeeded on the finished file; nothing is released" in capsys.readouterr().err
    assert not out.exists()
    assert not report.exists()


def test_a_file_larger_than_memory_is_closed_unless_something_to_compare_is_asked_for(telling, capsys):
    for how, lost in (((), 0), (("--no-closed",), 3)):
        code, out, _ = protect(telling, "--memory", "1", *how, k="5")
        assert code == 0
        assert main(["attack", str(telling), str(out), *ATTACK]) == lost
    capsys.readouterr()


def test_the_module_run_as_a_program_exits_with_the_verbs_code_and_imported_does_nothing(data, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["portal.disclosure", "measure", str(data), "--keys", "shoe"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module("portal.disclosure", run_name="__main__")
    assert capsys.readouterr() == ("", "shoe: not in the data\n")
    runpy.run_module("portal.disclosure", run_name="imported")
    assert capsys.readouterr() == ("", "")


def test_how_an_empty_cell_is_quoted_does_not_tell_whether_it_was_hidden(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('a,b\n"",x\n,x\n"",x\nq,y\np,z\np,z\n', encoding="utf-8")
    code, out, _ = protect(path, keys="a,b")
    assert code == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == sorted(["a,b", ",x", ",x", ",", ",", "p,z", "p,z"])


def test_an_empty_word_in_parquet_is_null_like_a_hidden_one(tmp_path):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"a": ["", None, "", "q", "p", "p"], "b": ["x", "x", "x", "y", "z", "z"]}).to_parquet(path)
    code, out, _ = protect(path, keys="a,b")
    assert code == 0
    assert pd.read_parquet(out)["a"].isna().tolist() == [True] * 4 + [False] * 2


def test_a_file_larger_than_memory_is_protected_alike(data, capsys):
    code, out, report = protect(data, "--memory", "1")
    assert code == 0
    shown = pd.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert shown.groupby(["camp", "sex"]).size().min() >= 2
    assert json.loads(report.read_text())["violations"]["after"]["strict"]["2"] == 0
    assert "on a machine of your own" in capsys.readouterr().err


def test_a_file_larger_than_memory_needs_its_keys_and_k_told(data, capsys):
    out = data.with_name("out.csv")
    run = ["protect", str(data), "--memory", "1", "--out", str(out), "--report", str(data.with_name("r.json"))]
    assert main([*run, "--k", "2"]) == 2
    assert capsys.readouterr().err == "keys: name at least one\n"
    assert main([*run, "--keys", "camp"]) == 2
    assert capsys.readouterr().err == "k: say how many records must look alike\n"
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "fact"),
    [
        (["--memory", "1", "--rare"], "rare: does not go with --memory"),
        (["--memory", "1", "--semantics", "match"], "semantics: --memory counts strictly"),
        (["--memory", "0.1"], "memory_limit"),
        (["--memory", "nan"], "memory: must be a number of gigabytes"),
        (["--memory", "inf"], "memory: must be a number of gigabytes"),
        (["--memory", "1", "--semantics", "attacker"], "semantics: --memory counts strictly"),
        (["--memory", "1", "--limit", "0"], "limit: does not go with --memory"),
        (["--memory", "1", "--largest-set", "2"], "largest-set: does not go with --memory"),
        (["--memory", "1", "--alpha", "1"], "alpha: does not go with --memory"),
    ],
)
def test_what_does_not_go_with_a_memory_limit_is_refused(data, capsys, more, fact):
    code, out, _ = protect(data, *more)
    assert code == 2
    assert fact in capsys.readouterr().err
    assert not out.exists()
