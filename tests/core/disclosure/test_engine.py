import ast
import csv
import stat
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.disclosure import datafile
from portal.disclosure.attack import plain_keys
from portal.disclosure.close import Closing
from portal.disclosure.engine import csvtable, files, parquettable
from portal.disclosure.engine.base import Plan, protect
from portal.disclosure.engine.csvtable import CsvTable
from portal.disclosure.engine.duckdb import DuckEngine, database
from portal.disclosure.engine.files import opened, protect_file
from portal.disclosure.engine.frames import FrameEngine
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.suppress import suppress
from tests.core.disclosure.boards import PLACE, SEX

PORTAL = Path(__file__).parents[3] / "portal"
COLUMNS = ["marital-status", 'a"b', "c0, place"]
KEYS = plain_keys(COLUMNS)
CELLS = [None, "", "1", "1.0", " 1", "caf\u00e9", "cafe\u0301", 'say "x"', "a,b", "two\nlines"]


def quiet(step, rows):
    pass


@pytest.fixture(scope="module")
def base():
    with database(10**8) as made:
        yield made


def written(frame, path):
    """The frame as a file, as text where it is a CSV."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, lineterminator="\r\n")
    return path


def read(path):
    """All cells of a file as its readers see them, by tools that the engines do not use to write them."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return [list(row.values()) for row in table.to_pylist()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def on_disk(base, frame, folder, k, *, keys=KEYS, closing=None, suffix="parquet"):
    source, target = written(frame, folder / f"in.{suffix}"), folder / f"out.{suffix}"
    protect(DuckEngine(base, opened(source), target, quiet), keys, k, closing=closing)
    return read(target)


def by_the_library(frame, k, *, keys=KEYS, closing=None):
    """The library's own answer with ties broken by the order of rows, or None where it refuses."""
    order = pd.array([f"{at:06}" for at in range(len(frame))], dtype="str")
    try:
        made = suppress(frame.assign(row=order), keys, k, tie="row", hidden="", closing=closing)
    except CannotMeet:
        return None
    columns = [column for key in keys for column in key.columns]
    return made[columns].fillna("").astype("str").to_numpy().tolist()


def a_frame(rows, columns=COLUMNS):
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    return frame.assign(id=np.arange(len(frame)), note=[f'n"{at}, é' for at in range(len(frame))])


frames = st.lists(st.tuples(*[st.sampled_from(CELLS)] * 3), max_size=14).map(a_frame)
few = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(frames, st.integers(2, 5), st.sampled_from([None, Closing()]))
@example(a_frame([]), 3, None)
@example(a_frame([("1", "", None)]), 2, None)
@example(a_frame([(None, None, None)] * 4), 3, None)
@example(a_frame([("1", "1", "1.0")] * 9 + [("1", "1", "1")] * 2), 4, Closing())
def test_two_engines_and_the_library_agree_cell_by_cell_and_every_class_holds_k(base, tmp_path, frame, k, closing):
    expected = by_the_library(frame, k, closing=closing)
    if expected is None:
        for suffix in ("csv", "parquet"):
            with pytest.raises(CannotMeet, match=f"k: {len(frame)} records are fewer than k = {k}"):
                on_disk(base, frame, tmp_path, k, closing=closing, suffix=suffix)
        with pytest.raises(CannotMeet, match="fewer than k"):
            protect(FrameEngine(frame, hidden=""), KEYS, k, closing=closing)
        return
    inside = protect(FrameEngine(frame, hidden=""), KEYS, k, closing=closing)[0].frame
    assert inside[COLUMNS].to_numpy().tolist() == expected
    assert inside["id"].tolist() == frame["id"].tolist()
    for suffix in ("csv", "parquet"):
        rows = on_disk(base, frame, tmp_path, k, closing=closing, suffix=suffix)
        assert [[cell or "" for cell in row[:3]] for row in rows] == expected
        assert min(Counter(tuple(row[:3]) for row in rows).values(), default=k) >= k
        assert [int(row[3]) for row in rows] == list(range(len(frame)))
        assert [row[4] for row in rows] == frame["note"].tolist()


MIXED = [1, 1.0, "1", "1.0", True, None, float("nan"), "", pd.NA, date(2026, 1, 1)]


@few
@given(st.lists(st.tuples(st.sampled_from(MIXED), st.sampled_from(MIXED)), min_size=3, max_size=14))
def test_mixed_values_in_memory_are_told_apart_as_the_library_does(drawn):
    frame = pd.DataFrame(drawn, columns=["a", "b"], dtype=object)
    keys = plain_keys(["a", "b"])
    made = protect(FrameEngine(frame, hidden=""), keys, 3, closing=None)[0].frame
    assert made.to_numpy().tolist() == by_the_library(frame, 3, keys=keys)


@few
@given(
    st.lists(
        st.tuples(
            st.sampled_from([2**60, 2**60 + 1, None]),
            st.sampled_from([0.5, 2.0, float("nan"), None]),
            st.sampled_from([date(2026, 1, 1), None]),
            st.sampled_from(["x", "y", ""]),
        ),
        min_size=3,
        max_size=14,
    )
)
def test_typed_columns_keep_their_types_and_lose_no_digit(base, tmp_path, drawn):
    names = ["whole", "part", "day", "word"]
    types = [pa.int64(), pa.float64(), pa.date32(), pa.dictionary(pa.int32(), pa.string())]
    arrays = [pa.array(cells, kind) for cells, kind in zip(zip(*drawn, strict=True), types, strict=True)]
    pq.write_table(pa.table(arrays, names), tmp_path / "in.parquet")
    target = tmp_path / "out.parquet"
    protect(DuckEngine(base, opened(tmp_path / "in.parquet"), target, quiet), plain_keys(names), 3, closing=None)
    told = pd.DataFrame({name: _texts(column) for name, column in zip(names, zip(*drawn, strict=True), strict=True)})
    assert pq.read_schema(target).types == types
    assert [list(_texts(row)) for row in read(target)] == by_the_library(told, 3, keys=plain_keys(names))
    assert min(Counter(map(tuple, read(target))).values()) >= 3


def _texts(cells):
    return [_text(cell) for cell in cells]


def _text(cell):
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:g}"
    return "" if cell is None else str(cell)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_size_of_blocks_changes_nothing(base, tmp_path, monkeypatch, suffix, size):
    draw = np.random.default_rng(5)
    cells = np.array(["a", "c,d", 'e"'], dtype=object)
    frame = a_frame(cells[draw.integers(0, 3, (30, 3))].tolist())
    monkeypatch.setattr(csvtable, "BLOCK", size)
    monkeypatch.setattr(parquettable, "ROWS", size)
    monkeypatch.setattr("portal.disclosure.engine.duckdb.BATCH", size)
    rows = on_disk(base, frame, tmp_path, 3, suffix=suffix)
    expected = by_the_library(frame, 3)
    assert [[cell or "" for cell in row[:3]] for row in rows] == expected
    assert expected != frame[COLUMNS].to_numpy().tolist()


def test_families_of_levels_lose_the_finest_first_and_rows_of_a_key_are_served_in_order(base, tmp_path):
    """Diffa's first rows stay, the last lends its company to the one in Zinder."""
    rows = [("NER", "diffa", "f")] * 3 + [("NER", "zinde", "f")]
    frame = pd.DataFrame(rows, columns=["country", "camp", "sex"], dtype="str")
    expected = by_the_library(frame, 2, keys=(PLACE, SEX))
    assert expected == [["NER", "diffa", "f"]] * 2 + [["NER", "", "f"]] * 2
    for suffix in ("csv", "parquet"):
        made = on_disk(base, frame, tmp_path, 2, keys=(PLACE, SEX), suffix=suffix)
        assert [[cell or "" for cell in row] for row in made] == expected


def test_what_is_not_hidden_in_a_csv_stays_to_the_byte(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    kept = b'x,"y",\xc3\xa9,"a ""b""\r\nc"\r\n' * 2
    source.write_bytes(b'\xef\xbb\xbfsex,"camp",free,more\r\n' + kept + b'x,"z","1, 2",\r\nx,w,,""\nx,"",,')
    made = protect_file(source, target, ["sex", "camp"], 2)
    assert target.read_bytes() == (b'\xef\xbb\xbfsex,"camp",free,more\r\n' + kept + b'x,,"1, 2",\r\nx,,,""\nx,,,')
    assert (made["suppressed_cells"], made["suppressed_by_variable"]) == (2, {"sex": 0, "camp": 2})
    assert (made["rows"], made["distinct_keys"], made["suppressed_records"]) == (5, 4, 2)
    assert made["violations"]["before"]["strict"] == {"2": 3, "3": 5, "5": 5, "11": 5}
    assert made["violations"]["after"]["strict"]["2"] == 0


def test_an_empty_cell_looks_the_same_as_a_hidden_one(tmp_path):
    """Else the two who were hidden would stand apart from the two who had nothing to hide, in a class of four."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('a,b\n"",1\n"",1\nx,1\ny,1\n')
    protect_file(source, target, ["a"], 2)
    assert target.read_text() == "a,b\n,1\n,1\n,1\n,1\n"


def test_a_damaged_parquet_file_is_refused_without_its_content(tmp_path):
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"a": ["amina"] * 500 + ["sara"] * 500}), source)
    data = bytearray(source.read_bytes())
    data[8:60] = bytes(52)
    source.write_bytes(data)
    with pytest.raises(BadInput) as refused:
        protect_file(source, tmp_path / "out.parquet", ["a"], 2)
    assert str(refused.value) == "in.parquet: no whole Parquet file"


def test_a_semicolon_separates_where_the_header_says_so(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('a;b\nx,y;1\nx,y;2\n"u;v";3\n"u;v";4\n')
    protect_file(source, target, ["a"], 2)
    assert target.read_bytes() == source.read_bytes()
    protect_file(source, target, ["a", "b"], 2, importance={"a": 5})
    assert target.read_text() == 'a;b\nx,y;\nx,y;\n"u;v";\n"u;v";\n'


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text('a",\n\ré', max_size=12), st.integers(1, 5))
@example('""x', 1)
@example('a"b,', 1)
@example('"a\r\n"",",\r', 2)
def test_a_csv_is_read_as_the_reader_in_memory_reads_it(tmp_path, monkeypatch, drawn, size):
    monkeypatch.setattr(csvtable, "BLOCK", size)
    path = tmp_path / "drawn.csv"
    path.write_bytes(f"p,q\n{drawn}".encode())
    try:
        expected = datafile.read(path).frame
    except BadInput:
        with pytest.raises(BadInput, match=r"drawn.csv: row \d has (a quotation mark|\d cells)"):
            list(CsvTable(path).blocks(["p", "q"]))
        return
    blocks = list(CsvTable(path).blocks(["p", "q"]))
    assert [row for block in blocks for row in zip(*(cells.to_pylist() for cells in block), strict=True)] == list(
        expected.itertuples(index=False, name=None)
    )


def test_no_word_that_was_hidden_is_left_in_a_parquet_file(tmp_path):
    words = pa.array(["common"] * 4 + ["solitary"]).dictionary_encode()
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"word": words, "sex": ["f"] * 5}), source)
    assert b"solitary" in source.read_bytes()
    protect_file(source, target, ["word", "sex"], 2)
    assert b"solitary" not in target.read_bytes()
    assert read(target) == [["common", "f"]] * 3 + [[None, "f"]] * 2
    assert pq.read_schema(target).field("word").type == words.type


class Forgetful(DuckEngine):
    """An engine that joins another plan than the one it was given: everything is shown."""

    def join(self, plan):
        super().join(Plan(plan.key, plan.rows, plan.pattern, np.zeros_like(plan.hides)))


def test_what_is_written_is_counted_again_and_a_faulty_engine_releases_nothing(tmp_path, monkeypatch):
    source, target = (
        written(a_frame([("1", "2", "3")] * 4 + [("1", "2", "4")]), tmp_path / "in.csv"),
        tmp_path / "out.csv",
    )
    monkeypatch.setattr(files, "DuckEngine", Forgetful)
    with pytest.raises(CannotMeet, match="nothing is released"):
        protect_file(source, target, COLUMNS, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_source_that_changes_while_it_is_read_is_refused(tmp_path):
    frame = a_frame([("1", "2", "3")] * 8)
    for rows in (7, 9):
        source = written(frame, tmp_path / "in.csv")

        def change(step, _, rows=rows, source=source):
            if step == "plan":
                written(a_frame([("1", "2", "3")] * rows), source)

        with pytest.raises(BadInput, match="source: has other rows"):
            protect_file(source, tmp_path / "out.csv", COLUMNS, 3, told=change)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def crowd(path, rows):
    draw = np.random.default_rng(7)
    words = np.array([f"settlement-{at:03}" for at in range(200)])
    pq.write_table(pa.table({name: words[draw.integers(0, 200, rows)] for name in ("home", "work")}), path)
    return path


def test_what_does_not_fit_waits_as_numbers_in_a_folder_for_the_owner_alone(tmp_path):
    source, target, scratch = crowd(tmp_path / "in.parquet", 100_000), tmp_path / "out.parquet", tmp_path / "it's [*]"
    scratch.mkdir()
    seen = []

    def told(step, _):
        for folder in scratch.iterdir():
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
            assert b"settlement" not in data
            seen.append(len(data))

    with database(60_000_000, scratch) as small:
        _, outcome = protect(DuckEngine(small, opened(source), target, told), plain_keys(["home", "work"]), 3)
    assert max(seen) > 100_000
    assert not list(scratch.iterdir())
    assert outcome.rows == 100_000
    assert min(Counter(map(tuple, read(target))).values()) >= 3


def test_too_little_memory_is_named_and_leaves_nothing(tmp_path):
    source = crowd(tmp_path / "in.parquet", 100_000)
    with pytest.raises(BadInput, match="memory_limit: too little"), database(2_000_000, tmp_path) as tiny:
        DuckEngine(tiny, opened(source), tmp_path / "out.parquet", quiet).count(["home", "work"])
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_more_distinct_keys_than_memory_can_plan_on_are_refused_before_they_are_planned():
    frame = a_frame([("1", "2", str(at)) for at in range(10)])
    steps = []
    with pytest.raises(BadInput, match="memory_limit: planning on 10 distinct keys takes up to 0 MB"):
        protect(FrameEngine(frame), KEYS, 2, memory=10 * 3 * 128 - 1, told=lambda step, _: steps.append(step))
    assert not steps
    protect(FrameEngine(frame), KEYS, 2, memory=10 * 3 * 128)


SECRET = "amina"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "in.csv: is empty"),
        (b"a,b\namina,1\namina\n", "in.csv: row 3 has 1 cells, the header 2"),
        (b'a,b\namina,1\namina"x",1\n', "in.csv: row 3 has a quotation mark within a cell"),
        (b'a,b\n"amina,1\n', "in.csv: row 2 has a quotation mark that is not closed"),
        (b"a,b\n\xffamina,1\n", "a: not UTF-8"),
        (b"a,a,b\namina,1,2\n", "a: 2 columns have this name"),
        (b"c,b\namina,1\n", "a: not in the data"),
        (b"PAR1 amina", "in.csv: no whole Parquet file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_fact_and_no_value(tmp_path, content, refusal):
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        protect_file(source, tmp_path / "out.csv", ["a", "b"], 2)
    assert str(refused.value) == refusal
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_quotation_mark_left_open_is_not_read_to_the_end_of_the_world(tmp_path, monkeypatch):
    monkeypatch.setattr(csvtable, "BLOCK", 10)
    monkeypatch.setattr(csvtable, "LONGEST", 50)
    source = tmp_path / "in.csv"
    source.write_text('a\n"' + SECRET * 100)
    with source.open("rb") as file:
        blocks = csvtable._blocks("in.csv", file)
        assert len(next(blocks).data) == len("a\n")
        with pytest.raises(BadInput, match="row 2 has a quotation mark that is not closed"):
            next(blocks)
        assert file.tell() < 200


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"keys": []}, "keys: name at least one"),
        ({"keys": ["a", "a"]}, "keys: a column is named twice"),
        ({"keys": ["deep"]}, "deep: holds lists or records; a key column holds single values"),
        ({"k": 1}, "k: below 2 protects nobody"),
        ({"importance": {"z": 2, "y": 1}}, "importance: y, z is none of the keys"),
        ({"importance": {"a": 0}}, "importance: must be above 0"),
        ({"memory_limit": 10**8}, "memory_limit: below 400 MB"),
        ({"source": Path("nowhere.csv")}, "nowhere.csv: cannot be read"),
        ({"target": Path("nowhere/out.csv")}, "out.csv: there is no folder to write it to"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(tmp_path, asked, refusal):
    pq.write_table(pa.table({"a": ["x"], "deep": [[1]]}), tmp_path / "in.parquet")
    given_ = {"source": tmp_path / "in.parquet", "target": tmp_path / "out.parquet", "keys": ["a"], "k": 2} | asked
    with pytest.raises(BadInput) as refused:
        protect_file(**given_)
    assert str(refused.value) == refusal


def test_the_portal_itself_does_not_load_the_database():
    """Only the library's command line may: rows of the portal rest encrypted, and DuckDB's temporary files do not."""
    beyond = {"portal.disclosure.engine.duckdb", "portal.disclosure.engine.files", "duckdb"}
    users = set()
    for path in PORTAL.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "engine" in source or "duckdb" in source else ():
            names = [one.name for one in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            stem = (
                [f"{node.module}.{name}" for name in names] + [node.module]
                if isinstance(node, ast.ImportFrom)
                else names
            )
            if beyond & set(stem):
                users.add(path.relative_to(PORTAL).as_posix())
    assert "disclosure/engine/files.py" in users
    allowed = ("disclosure/engine/", "disclosure/cli", "disclosure/__main__")
    assert not [path for path in users if not path.startswith(allowed)]
