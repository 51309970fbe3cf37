"""The golden values: what other people's tools computed, from outside this project and never part of it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "golden"


def path(name):
    """Return the path of a golden file. Without the folder the test is skipped; in CI, or in part there, it fails."""
    found = FOLDER / name
    if not found.exists():
        told = f"the golden file {name} is not here"
        if FOLDER.exists() or os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found
