from io import BytesIO

import pandas as pd
import pytest

from portal.catalogue.synthetic import draw, to_ona_csv

ROWS, SEED = 3_000, 4


def read_raw(content):
    return pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.fixture(scope="session")
def survey():
    return draw(ROWS, SEED)


@pytest.fixture(scope="session")
def frame(survey):
    return survey.frame


@pytest.fixture(scope="session")
def content(survey):
    return to_ona_csv(survey)


@pytest.fixture(scope="session")
def raw(content):
    """The CSV without its label row: first the interviews of the frame in order, then the exact duplicates."""
    return read_raw(content).iloc[1:].reset_index(drop=True)


@pytest.fixture(scope="session")
def planted(survey):
    return {entry.name: entry for entry in survey.planted}
