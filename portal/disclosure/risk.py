"""From counts to risk. Between a class that is its own population and one of thousands lie the same few formulas."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from portal.disclosure.codes import BLOCK, Floats, coded, grouped, mixed
from portal.disclosure.missing import UNANSWERED
from portal.disclosure.refusals import BadInput

NEAR = 1e-3
"""So close to certainty the formula for f = 2 cancels, and its series takes over."""
LARGE = 30
"""From this f on the hypergeometric function is summed here: SciPy's returns nan for f in the hundreds."""


def individual_risk(fk: Floats, weight: Floats | None = None, *, exact: bool = False) -> Floats:
    """Risk that the record is found, per key, 0..1.

    Without weights 1/fk, the prosecutor's. With weights Fk the model of Benedetti and Franconi, p = fk/Fk and f = fk.
    ``exact`` is p^f/f F(f, f; f+1; 1-p), written as p/f F(1, 1; f+1; 1-p) by Euler's transformation, which neither
    overflows nor cancels. Otherwise its approximation: p/(1-p) ln(1/p) for f = 1; p/(1-p) - (p/(1-p))^2 ln(1/p) for
    f = 2; p/(f-(1-p)) above; between whole numbers (alpha below 1) the formula of the next lower f holds. Where Fk is
    not above fk the class is its own population: 1/fk.

    Source: Hundepool et al., Statistical Disclosure Control (2012), section 3.5; DLMF 15.8.1.

    >>> individual_risk(np.array([2.0]), np.array([110.0])).round(10).tolist()
    [0.0171442616]
    """
    risk = 1.0 / fk
    if weight is not None:
        for first in range(0, len(fk), BLOCK):
            part = slice(first, first + BLOCK)
            _sampled(risk[part], fk[part], weight[part], exact=exact)
    return risk


def _sampled(risk: Floats, fk: Floats, weight: Floats, *, exact: bool) -> None:
    """Correct ``risk`` in place where the class is a sample; a block at a time, so that all of it stays in cache."""
    sampled = weight > fk
    parts = (
        [(sampled, _exact)]
        if exact
        else [(sampled & (fk < 2), _one), (sampled & (fk >= 2) & (fk < 3), _two), (sampled & (fk >= 3), _more)]
    )
    for among, formula in parts:
        at = np.flatnonzero(among)
        f = fk.take(at)
        risk[at] = formula(f / weight.take(at), f)
    np.clip(risk, 0.0, 1.0, out=risk)


def _exact(p: Floats, f: Floats) -> Floats:
    q = 1.0 - p
    found = np.empty(len(f))
    small = f < LARGE
    found[small] = hyp2f1(1.0, 1.0, f[small] + 1.0, q[small])
    found[~small] = _series(q[~small], f[~small])
    return p / f * found


def _series(q: Floats, f: Floats) -> Floats:
    """F(1, 1; f+1; q) term by term; from f = 30 on the 40th is below 1e-19, whatever q in 0..1."""
    term = np.ones(len(f))
    total = term.copy()
    for k in range(1, 41):
        term *= k * q / (f + k)
        total += term
    return total


def _one(p: Floats, _: Floats) -> Floats:
    return -np.log(p) * p / (1.0 - p)


def _two(p: Floats, _: Floats) -> Floats:
    q = 1.0 - p
    odds = p / q
    found = odds + odds**2 * np.log(p)
    near = np.flatnonzero(q < NEAR)
    p, q = p[near], q[near]
    found[near] = p - p**2 * (1 / 2 + q / 3 + q**2 / 4 + q**3 / 5)
    return found


def _more(p: Floats, f: Floats) -> Floats:
    return p / (f - (1.0 - p))


def group_risk(risk: Floats, group: "pd.Series[Any]") -> Floats:
    """Per record, the risk (n,) that someone of its household or group is found: 1 - product of (1 - risk) over it.

    A record whose group is missing (nothing, or any kind of unanswered) is a group of its own: those who gave none
    are not one household. Raises BadInput if a risk is not in 0..1.
    """
    if not ((risk >= 0) & (risk <= 1)).all():
        raise BadInput("risk: must lie in 0..1")
    codes = coded([group], UNANSWERED)[0].astype(np.int64)
    lost = np.flatnonzero(codes < 0)
    codes[lost] = codes.max(initial=-1) + 1 + np.arange(len(lost))
    of, _ = grouped(*mixed([codes]))
    with np.errstate(divide="ignore"):
        found: Floats = -np.expm1(np.bincount(of, weights=np.log1p(-risk)))[of]
    return np.maximum(found, risk)


def global_risk(risk: Floats) -> dict[str, float]:
    """Sum (expected re-identifications), mean, max, 99th percentile, and the shares above 5 and 9 percent."""
    if not len(risk):
        return dict.fromkeys(("sum", "mean", "max", "p99", "share_above_5", "share_above_9"), 0.0)
    return {
        "sum": round(float(risk.sum()), 9),
        "mean": round(float(risk.mean()), 9),
        "max": round(float(risk.max()), 9),
        "p99": round(float(np.quantile(risk, 0.99)), 9),
        "share_above_5": round(float((risk > 0.05).mean()), 9),
        "share_above_9": round(float((risk > 0.09).mean()), 9),
    }
