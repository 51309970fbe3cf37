"""`table`: counts and sums from the command line, audited when they are made and when they come from elsewhere."""

import json

import numpy as np
import pandas as pd
import pytest

from portal.disclosure.cli import main
from portal.disclosure.tables import release

CELLS = {("a", "f"): 4, ("a", "m"): 50, ("b", "f"): 60, ("b", "m"): 70, ("c", "f"): 80, ("c", "m"): 90}
PUBLISHED = """camp,sex,count
Total,Total,354
Total,f,144
Total,m,210
a,Total,54
a,f,
a,m,
b,Total,130
b,f,
b,m,
c,Total,170
c,f,80
c,m,90
"""


@pytest.fixture
def folder(tmp_path):
    people = [(camp, sex) for (camp, sex), n in CELLS.items() for _ in range(n)]
    frame = pd.DataFrame(people, columns=["camp", "sex"], dtype="str")
    frame["person"] = [f"p{at}" for at in range(len(frame))]
    frame["paid"] = 10 + np.arange(len(frame)) % 7
    frame.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "secret").write_bytes(b"drawn for a test, of 32 bytes or more")
    (tmp_path / "report.json").unlink(missing_ok=True)
    return tmp_path


def table(folder, *more, rows="camp", columns="sex", out="out.csv", data="data.csv"):
    asked = ["table", str(folder / data), "--rows", rows, "--report", str(folder / "report.json")]
    asked += ["--columns", columns] if columns else []
    asked += ["--out", str(folder / out)] if out and "--check" not in more else []
    return main([*asked, *more])


def told(folder):
    return json.loads((folder / "report.json").read_text())


def checked(folder, published, *more):
    (folder / "published.csv").write_text(published)
    return table(folder, "--check", str(folder / "published.csv"), *more, out=None)


def test_a_small_count_is_hidden_with_what_would_give_it_back_and_the_audit_is_told(folder):
    assert table(folder, "--json", str(folder / "cells.json")) == 0
    assert (folder / "out.csv").read_text() == PUBLISHED
    report = told(folder)
    assert report["audit"] == {"by": "linear programmes", "cells_at_risk": 0, "passed": True}
    assert (report["records"], report["cells"], report["hidden_cells"]) == (354, 12, 4)
    assert report["hidden_why"] == {"few": 1, "to protect others": 3}
    cells = json.loads((folder / "cells.json").read_text())
    assert cells[0] == {"camp": "Total", "sex": "Total", "count": 354}
    assert sum(cell["count"] is None for cell in cells) == 4


def test_the_report_is_printed_where_no_file_is_named(folder, capsys):
    assert main(["table", str(folder / "data.csv"), "--rows", "camp", "--out", str(folder / "out.csv")]) == 0
    assert json.loads(capsys.readouterr().out)["audit"]["passed"]


def test_the_minimum_is_the_boundary(folder):
    assert table(folder, "--min", "4") == 0
    assert told(folder)["hidden_cells"] == 0
    assert table(folder, "--min", "5") == 0
    assert told(folder)["hidden_cells"] == 4


def test_a_search_that_hides_too_little_ends_with_3_and_no_table(folder, capsys, monkeypatch):
    monkeypatch.setattr(release, "suppress", lambda _system, primary, _need: primary)
    assert table(folder) == 3
    assert capsys.readouterr().err == "tables: 1 cells could still be found out; nothing is released\n"
    assert not (folder / "out.csv").exists()


def test_a_table_from_elsewhere_is_audited(folder, capsys):
    assert checked(folder, PUBLISHED) == 0
    assert told(folder)["audit"]["cells_at_risk"] == 0
    alone = PUBLISHED.replace("a,m,", "a,m,50").replace("b,f,", "b,f,60").replace("b,m,", "b,m,70")
    for broken in (
        alone,
        alone.replace("a,f,\n", ""),  # a cell left out is a hidden cell
        alone.replace("a,f,", "a,f,4"),
        PUBLISHED.replace("a,m,", "a,m,50"),  # nothing but the sum protects it
        PUBLISHED.replace("c,f,80", "c,f,81"),  # not what the records say
    ):
        assert checked(folder, broken) == 3
        assert told(folder)["audit"]["cells_at_risk"] >= 1
        assert "cells of published.csv can be found out" in capsys.readouterr().err


def test_an_interval_too_narrow_is_found(folder, capsys):
    """Hidden with one other that is 1: the small count is known to be 3, 4 or 5, and must seem possible up to 10."""
    people = [("a", "f")] * 4 + [("a", "m")] * 1 + [("b", "f")] * 60 + [("b", "m")] * 70
    pd.DataFrame(people, columns=["camp", "sex"]).to_csv(folder / "data.csv", index=False)
    shown = "camp,sex,count\nTotal,Total,135\nTotal,f,64\nTotal,m,71\na,Total,5\nb,Total,130\n"
    assert checked(folder, shown) == 3
    assert told(folder)["audit"]["cells_at_risk"] >= 1


def test_rounding_keeps_sums_and_is_audited(folder, capsys):
    assert table(folder, "--method", "round", "--base", "10") == 0
    report = told(folder)
    made = pd.read_csv(folder / "out.csv").set_index(["camp", "sex"])["count"]
    assert (made % 10 == 0).all()
    assert made["a", "f"] + made["a", "m"] == made["a", "Total"]
    assert report["audit"]["passed"]
    assert report["change"]["largest"] == report["audit"]["farthest"] < 10
    true = [CELLS.get(cell) for cell in made.index]
    assert (
        max(abs(one - two) for one, two in zip(made, true, strict=True) if two is not None)
        <= report["change"]["largest"]
    )
    published = (folder / "out.csv").read_text()
    assert checked(folder, published, "--method", "round", "--base", "10") == 0
    broken = published.replace(f"a,Total,{made['a', 'Total']}", f"a,Total,{made['a', 'Total'] + 10}")
    assert checked(folder, broken, "--method", "round", "--base", "10") == 3
    assert checked(folder, PUBLISHED, "--method", "round") == 2
    assert "count: 4 cells of the rounded table are missing" in capsys.readouterr().err


def noisy(folder, *more, **asked):
    key = ("--method", "cellkey", "--key-file", str(folder / "secret"), "--contributor", "person")
    return table(folder, *key, *more, **asked)


def test_noise_is_the_same_for_the_same_people_and_key_and_its_variance_is_told(folder):
    assert noisy(folder) == 0
    report, first = told(folder), (folder / "out.csv").read_text()
    assert report["audit"]["variance"] == 3.0
    assert report["audit"]["least_variance_left"] > 1
    assert report["hidden_cells"] == 0 < report["change"]["largest"] <= 5
    frame = pd.read_csv(folder / "data.csv").sample(frac=1, random_state=1)
    frame.to_csv(folder / "shuffled.csv", index=False)
    assert noisy(folder, data="shuffled.csv") == 0
    assert (folder / "out.csv").read_text() == first
    (folder / "secret").write_bytes(b"another one drawn for a test, 32 bytes")
    assert noisy(folder) == 0
    assert (folder / "out.csv").read_text() != first


def test_noise_that_can_be_averaged_away_is_refused(folder, capsys):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.choice(list("xy"), 100) for name in "abcd"})
    frame.assign(person=np.arange(100)).to_csv(folder / "data.csv", index=False)
    assert noisy(folder, rows="a,b", columns="c,d") == 3
    assert "leaves a variance of" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def paid(folder, rows, *more):
    frame = pd.DataFrame(rows, columns=["camp", "person", "paid"])
    frame.to_csv(folder / "paid.csv", index=False)
    contributor = ("--magnitude", "paid", "--contributor", "person", "--min", "3")
    return table(folder, *contributor, *more, columns="", data="paid.csv")


MANY = [(camp, f"{camp}{at}", 10) for camp in "bc" for at in range(20)]


def test_several_records_of_one_person_dominate_as_one(folder):
    """Ten payments of 90 to one person beside nine people with 10 each: no record dominates, the person does."""
    rows = [*MANY, *[("a", "rich", 90)] * 10, *[("a", f"a{at}", 10) for at in range(9)]]
    assert paid(folder, rows) == 0
    assert told(folder)["hidden_why"]["dominated"] == 1
    assert "a,\n" in (folder / "out.csv").read_text()
    assert told(folder)["records"] == 50
    asked = ["table", str(folder / "paid.csv"), "--rows", "camp", "--magnitude", "paid", "--min", "3"]
    assert main([*asked, "--out", str(folder / "apart.csv"), "--report", str(folder / "report.json")]) == 0
    assert told(folder)["hidden_cells"] == 0


def test_a_sum_is_audited_from_its_file_too(folder):
    rows = [*MANY, ("a", "rich", 90), *[("a", f"a{at}", 1) for at in range(9)]]
    assert paid(folder, rows) == 0
    published = (folder / "out.csv").read_text()
    (folder / "published.csv").write_text(published)
    assert paid(folder, rows, "--check", str(folder / "published.csv")) == 0
    (folder / "published.csv").write_text("camp,paid\nTotal,499\nb,200\nc,200\n")
    assert paid(folder, rows, "--check", str(folder / "published.csv")) == 3


@pytest.mark.parametrize(
    ("rows", "fact"),
    [
        ([("a", "", 1), ("b", "x", 1)], "person: is empty in 1 records"),
        ([("a", "x", 1), ("b", "x", 1), ("b", "y", 1)], "person: 1 contributors stand in several cells"),
        ([("a", "x", -1)], "paid: is negative"),
        ([("a", "x", "much")], "paid: is missing or no number in 1 records"),
    ],
)
def test_contributions_that_cannot_be_judged_are_refused(folder, capsys, rows, fact):
    assert paid(folder, rows) == 2
    assert capsys.readouterr().err.startswith(fact)


def test_parquet_comes_out_with_nulls(folder):
    pd.read_csv(folder / "data.csv").to_parquet(folder / "data.parquet")
    assert table(folder, data="data.parquet", out="out.parquet") == 0
    made = pd.read_parquet(folder / "out.parquet")
    assert made["count"].isna().sum() == 4
    assert made["count"].dropna().sum() == 354 + 144 + 210 + 54 + 130 + 170 + 80 + 90


@pytest.mark.parametrize(
    ("more", "asked", "fact"),
    [
        ((), {"rows": "shoe"}, "shoe: not in the data"),
        ((), {"rows": "sex"}, "sex: stands in two dimensions"),
        ((), {"out": None}, "out: say where the table goes"),
        ((), {"out": "data.csv"}, "data.csv: is read or written already"),
        (("--min", "2"), {}, "minimum: below 3 protects nobody"),
        (("--magnitude", "note"), {}, "note: not in the data"),
        (("--magnitude", "sex"), {}, "sex: is added up and stands on a side"),
        (("--contributor", "sex"), {}, "sex: names contributors and is part of the table"),
        (("--contributor", "shoe"), {}, "shoe: not in the data"),
        (("--method", "round", "--base", "2"), {}, "base: below 3 protects nobody"),
        (("--method", "round", "--magnitude", "paid"), {}, "tables: noise and rounding are for plain counts"),
        (("--method", "cellkey"), {}, "cellkey: needs --key-file"),
        (("--method", "cellkey", "--contributor", "person", "--key-file", "{none}"), {}, "none: cannot be read"),
        (("--method", "cellkey", "--contributor", "person", "--key-file", "{short}"), {}, "secret: at least 32 bytes"),
        (("--method", "cellkey", "--check", "{good}"), {}, "check: noise is judged where it is made"),
        (("--method", "round", "--magnitude", "paid", "--check", "{good}"), {}, "check: rounding is for counts"),
        (
            ("--method", "cellkey", "--contributor", "person", "--variance", "nan", "--key-file", "{long}"),
            {},
            "ptable: most 1 or more, variance above 0",
        ),
        (("--base", "5"), {}, "base: goes with --method round"),
        (("--variance", "1"), {}, "variance: goes with --method cellkey"),
        (("--key-file", "{long}"), {}, "key-file: goes with --method cellkey"),
        (("--dominance", "50"), {}, "dominance: goes with --magnitude"),
        (("--p", "50"), {}, "p: goes with --magnitude"),
        (("--check", "{good}", "--out", "{none}"), {}, "out: goes with making a table; --check makes none"),
        (("--check", "{good}", "--json", "{none}"), {}, "json: goes with making a table; --check makes none"),
        (("--check", "{strange}"), {}, "strange: 1 of its cells are none of this table"),
        (("--check", "{twice}"), {}, "twice: shows a cell twice"),
        (("--check", "{words}"), {}, "count: 1 cells of words are no number"),
        (("--check", "{short}"), {}, "camp: not in the data"),
    ],
)
def test_what_cannot_be_tabulated_is_refused_by_name(folder, capsys, more, asked, fact):
    files = {
        "good": PUBLISHED,
        "strange": PUBLISHED + "d,f,3\n",
        "twice": PUBLISHED + "c,m,90\n",
        "words": PUBLISHED.replace("90", "many"),
        "short": "x\n",
        "long": "drawn for a test, of 32 bytes or more",
    }
    for name, words in files.items():
        (folder / name).write_text(words)
    places = {name: str(folder / name) for name in [*files, "none"]}
    assert table(folder, *[one.format(**places) for one in more], **asked) == 2
    assert capsys.readouterr().err.startswith(fact)
    assert not (folder / "out.csv").exists()


def test_the_word_for_sums_and_the_column_of_counts_are_taken(folder, capsys):
    frame = pd.read_csv(folder / "data.csv")
    frame.assign(sex=frame["sex"].replace("f", "Total")).to_csv(folder / "data.csv", index=False)
    assert table(folder) == 2
    assert checked(folder, PUBLISHED) == 2
    assert capsys.readouterr().err.count("sex: has a value 'Total', which is the word for sums") == 2
    frame.rename(columns={"sex": "count"}).to_csv(folder / "data.csv", index=False)
    assert table(folder, columns="count") == 2
    assert capsys.readouterr().err.startswith("count: is what the column of counts is called")
