"""The tables of lessons and of counts name tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [line for line in (ROOT / "docs/lessons.md").read_text().splitlines() if re.match(r"\| \d+\. ", line)]


def test_each_of_the_fifteen_lessons_is_held_by_tests_that_exist():
    assert [int(re.match(r"\| (\d+)\.", row)[1]) for row in ROWS] == list(range(1, 16))
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for path, name in named:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, (path, name)


def test_each_count_that_is_promised_is_counted():
    source = (ROOT / "tests/browser/test_counts.py").read_text(encoding="utf-8")
    counted = re.findall(r'is_(?:as_written|within)\("([^"]+)"', source)
    promised = re.findall(r"^\| ([^|]+) \| \d+ \|", (ROOT / "docs/counts.md").read_text(), re.MULTILINE)
    assert sorted(counted) == sorted(promised)
