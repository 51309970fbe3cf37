"""Ten million rows and eight keys within 4 GB, planned on distinct keys; and the engine in memory beside it at 1M.

Every figure is of a process of its own. Temporary files and tables take about 0.5 GB where TMPDIR points.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from bench.common import line, peak
from bench.keys import EIGHT, chunks
from portal.disclosure import datafile
from portal.disclosure.attack import plain_keys
from portal.disclosure.engine.base import protect
from portal.disclosure.engine.files import MEMORY, protect_file
from portal.disclosure.engine.frames import FrameEngine

K = 3
SECONDS = {1_000_000: 10, 10_000_000: 60}
BELOW_K = {1_000_000: 183_928, 10_000_000: 354_637}  # strict, before; the first is golden, the second was counted here

Figures = dict[str, float]


def drawn(target: Path, rows: str) -> Figures:
    """Write syng_N's eight keys as text, a million rows at a time."""
    schema = pa.schema([(name, pa.string()) for name in EIGHT])
    writer = pq.ParquetWriter if target.suffix == ".parquet" else pa.csv.CSVWriter
    with writer(target, schema) as out:
        for chunk in chunks(int(rows), coarse=True):
            out.write_table(pa.Table.from_pandas(chunk[EIGHT].astype("str"), schema=schema, preserve_index=False))
    return {}


def on_disk(source: Path, target: str) -> Figures:
    made = protect_file(source, Path(target), EIGHT, K)
    figures = made["violations"]["before"]["strict"]["3"], made["violations"]["after"]["strict"]["3"]
    return {"before": figures[0], "after": figures[1], "distinct": made["distinct_keys"]}


def in_memory(source: Path, target: str) -> Figures:
    frame = datafile.read(source).frame
    made = protect(FrameEngine(frame, hidden=""), plain_keys(EIGHT), K, closing=None)[0].frame
    pq.write_table(pa.Table.from_pandas(made, preserve_index=False), target)
    return {}


def same(one: Path, other: str) -> Figures:
    """How many cells two results differ in; a hidden one is null in the first and empty in the second."""
    first, second = pq.read_table(one), pq.read_table(other)
    pairs = [(first[name].fill_null(""), second[name].cast(pa.string())) for name in EIGHT]
    return {"differ": sum(len(a) - pc.equal(a, b).to_numpy().sum().item() for a, b in pairs)}


STEPS = {step.__name__: step for step in (drawn, on_disk, in_memory, same)}


def child(step: str, *arguments: str) -> Figures:
    """Run a step in a process of its own; its figures, seconds and peak memory."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.bench_engine", step, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(told.stdout)


def told(what: str, found: Figures, rows: int) -> None:
    line(f"{what}: CPU ({found['wall']:.1f} s by the clock)", found["cpu"], SECONDS[rows], "s", most=True)
    line(f"{what}: peak memory", found["peak"], MEMORY / 1e9, "GB", most=True)
    line(f"{what}: peak of the 4 GB allowed", found["peak"] * 1e9 / MEMORY, 1, "", most=True)


def main() -> None:
    with TemporaryDirectory() as folder:
        for rows, suffix in ((1_000_000, "csv"), (1_000_000, "parquet"), (10_000_000, "parquet")):
            source, target = f"{folder}/{rows}.{suffix}", f"{folder}/{rows}.out.{suffix}"
            child("drawn", source, str(rows))
            found = child("on_disk", source, target)
            told(f"{rows:,} rows in {suffix}, out of core", found, rows)
            line(f"{rows:,} rows: rows in classes below {K} left", found["after"], 0, "", most=True)
            if found["before"] != BELOW_K[rows]:
                raise SystemExit(f"{rows:,} rows: not the table that the golden values were counted on")
        one = f"{folder}/1000000"
        beside = child("in_memory", f"{one}.parquet", f"{one}.memory.parquet")
        told("1,000,000 rows in parquet, in memory", beside, 1_000_000)
        differ = child("same", f"{one}.out.parquet", f"{one}.memory.parquet")["differ"]
        line("1,000,000 rows: cells in which the engines differ", differ, 0, "", most=True)


if len(sys.argv) > 1:
    began = time.perf_counter()
    figures = STEPS[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
    spent = {"wall": time.perf_counter() - began, "cpu": time.process_time(), "peak": peak()}
    print(json.dumps(figures | spent))
else:
    main()
