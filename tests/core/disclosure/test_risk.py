import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from portal.disclosure.refusals import BadInput
from portal.disclosure.risk import global_risk, group_risk, individual_risk
from tests.core.disclosure import golden
from tests.core.disclosure.boards import board


def expected_risk(f, p):
    """The mean of 1/F for a negative binomial F, as the integral it is defined by."""
    return quad(lambda t: p**f * t ** (f - 1) / (1 - (1 - p) * t) ** f, 0, 1, epsabs=0, epsrel=1e-11)[0]


@settings(max_examples=20, deadline=None)
@given(st.floats(1, 12), st.floats(1.001, 400))
def test_the_exact_risk_is_the_integral_it_stands_for(f, times):
    found = individual_risk(np.array([f]), np.array([f * times]), exact=True)[0]
    assert found == pytest.approx(expected_risk(f, 1 / times), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([1.0, 2.0]), st.floats(1e-12, 1e6))
def test_for_one_and_two_the_approximation_is_exact_however_near_certainty(f, more):
    mass = np.array([f + more])
    known = individual_risk(np.array([f]), mass)
    assert known == pytest.approx(individual_risk(np.array([f]), mass, exact=True), rel=1e-9)


def test_the_textbook_file_has_the_exact_risks_of_sdcmicro():
    expected = pd.read_csv(golden.path("sdcmicro/francdat.csv"))
    counts = expected["fk"].to_numpy(dtype=float), expected["Fk"].to_numpy(dtype=float)
    assert individual_risk(*counts, exact=True) == pytest.approx(expected["risk_exact"].to_numpy(), rel=1e-12)
    assert individual_risk(*counts) == pytest.approx(expected["risk"].to_numpy(), rel=1e-12)


def test_a_class_that_is_its_own_population_is_found_for_certain():
    for exact in (False, True):
        found = individual_risk(np.array([1.0, 3.0]), np.array([1.0, 3.0]), exact=exact)
        assert found.tolist() == [1.0, 1 / 3]


@pytest.mark.parametrize("exact", [False, True])
def test_risk_falls_as_the_population_grows(exact):
    mass = np.array([1.0 + 1e-9, 1.5, 2.0, 5.0, 50.0, 5000.0, 1e9])
    for f in (1.0, 2.0, 3.0, 7.0, 1000.0):
        risk = individual_risk(np.full(7, f), mass * f, exact=exact)
        assert (np.diff(risk) < 0).all()
        assert ((risk > 0) & (risk <= 1 / f + 1e-12)).all()


HOUSEHOLDS = """
household risk | group
h1        0.5  | 0.75
h1        0.5  | 0.75
h2        0.2  | 0.2
.         0.3  | 0.3
.         0.4  | 0.4
.d        0.1  | 0.1
h3        1    | 1
h3        1    | 1
h3        0    | 1
"""


def test_one_found_finds_the_household_and_those_without_one_are_not_a_household():
    frame, expected = board(HOUSEHOLDS)
    found = group_risk(frame["risk"].to_numpy(dtype=float), frame["household"])
    assert found == pytest.approx(expected["group"].to_numpy(dtype=float))


@pytest.mark.parametrize("none", [None, float("nan"), pd.NA])
def test_a_missing_household_of_any_kind_is_a_household_of_its_own(none):
    ids = pd.Series([7, none, none, 7], dtype="object")
    assert group_risk(np.full(4, 0.5), ids).tolist() == [0.75, 0.5, 0.5, 0.75]


def test_nobody_has_no_risk_together():
    assert group_risk(np.zeros(0), pd.Series([], dtype="str")).tolist() == []


@pytest.mark.parametrize("risk", [-0.1, 1.1, float("nan")])
def test_a_risk_that_is_none_is_refused(risk):
    with pytest.raises(BadInput, match=r"risk: must lie in 0\.\.1"):
        group_risk(np.array([0.5, risk]), pd.Series(["a", "a"]))


def test_the_tail_is_told_beside_the_mean():
    found = global_risk(np.array([0.05, 0.051, 0.09, 0.5]))
    assert found["sum"] == pytest.approx(0.691)
    assert (found["share_above_5"], found["share_above_9"], found["max"]) == (0.75, 0.25, 0.5)


def test_an_empty_file_has_no_risk():
    assert set(global_risk(np.zeros(0)).values()) == {0.0}
