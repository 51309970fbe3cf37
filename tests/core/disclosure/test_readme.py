"""The commands of the README, run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.long  # eight processes start, each for itself


def commands():
    words = (ROOT / "README.md").read_text(encoding="utf-8")
    section = words.split("## The disclosure library on its own\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"^```\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE))


def test_what_the_readme_says_to_type_works_as_it_stands(tmp_path):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-u", "-c", commands()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    made = {path.name: path for path in next(tmp_path.glob("tmp.*")).iterdir()}
    assert made["safe.csv"].read_bytes() == made["again.csv"].read_bytes() != made["survey.csv"].read_bytes()
    report = json.loads(made["report.json"].read_text())
    assert report["generalised"] == {"country": 0, "gender": 0, "age": 2}
    assert 0 < report["suppressed_records"] <= 300
    assert report["violations"]["after"]["strict"]["5"] == 0 < report["violations"]["before"]["strict"]["5"]
    assert "country,gender,count" in made["counts.csv"].read_text()
