"""How exposed a file is. Three counts always stand side by side, for "k-anonymity achieved" can mean any of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Floats, Ints, lookalikes, need, nfc, text
from portal.disclosure.closeness import answers, excess, likeness, nominal, numeric, ordered
from portal.disclosure.compatible import Table, assured, attacker, match, tables
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import BadInput
from portal.disclosure.risk import global_risk, individual_risk

__all__ = [
    "SEMANTICS",
    "attacker_counts",
    "global_risk",
    "individual_risk",
    "measure",
    "records",
    "spread",
    "violations",
]

SIZES = (2, 3, 5, 11)
SEMANTICS = ("strict", "match", "attacker")
Count = dict[str, dict[str, int]]


def measure(
    frame: pd.DataFrame,
    keys: Sequence[str],
    *,
    weight: str | None = None,
    hidden: str = SUPPRESSED,
    semantics: str = "strict",
    alpha: float = 1.0,
) -> dict[str, object]:
    """Counts and risks of a frame over ``keys``, as plain values for JSON.

    ``weight`` names a column of sampling weights, each 1 or more. ``semantics`` says on which count the risk stands;
    weighted risk stands on sdcMicro's count. Raises BadInput with the column and the fact.
    """
    _known(semantics, alpha)
    if not keys:
        raise BadInput("keys: name at least one")
    table = tables([frame], keys, hidden=hidden, weight=_weights(frame, weight))[0]
    fk, mass = _frequencies(table, semantics, alpha)
    risk = individual_risk(fk, mass if weight else None)[table.of]
    return {
        "rows": len(frame),
        "keys": list(keys),
        "semantics": semantics,
        "violations": violations(table, alpha=alpha),
        "global_risk": global_risk(risk),
        "lookalikes": lookalikes(frame, keys),
    }


def spread(frame: pd.DataFrame, keys: Sequence[str], variable: str) -> dict[str, float]:
    """How much strict classes tell of a variable, each figure that of the worst class.

    As a measure only: all missing answers together are one value.

    Returns
    -------
    ``distinct`` (1 or more) and ``entropy`` (exp of it, 1 or more), the least; ``closeness`` (0..1), the largest
    variational distance from the whole file, and ``closeness_ordered`` (0..1), the largest earth mover's distance,
    where all answers are numbers; ``beta`` (0 or more), the largest relative gain of an answer, and ``beta_excess``
    (0 or more), by how much a gain is beyond -ln p: 0 where beta-likeness holds in the enhanced form too.
    """
    told = answers(frame, keys, variable)
    found = {"closeness": nominal(told), "beta": likeness(told), "beta_excess": excess(told)}
    if numeric(frame[variable]):
        found["closeness_ordered"] = ordered(told)
    entropy = -told.total(told.share * np.log(told.share))
    return {
        "distinct": float(told.total(np.ones(len(told.rows))).min(initial=len(frame))),
        "entropy": round(float(np.exp(entropy).min(initial=float(max(len(frame), 1)))), 9),
        **{name: round(float(one.max(initial=0.0)), 9) for name, one in found.items()},
    }


def records(
    frame: pd.DataFrame, keys: Sequence[str], *, weight: str | None = None, hidden: str = SUPPRESSED, alpha: float = 1.0
) -> pd.DataFrame:
    """Per record, in row order: fk, Fk (sdcMicro's counts) and the individual risk."""
    table = tables([frame], keys, hidden=hidden, weight=_weights(frame, weight))[0]
    fk, mass = match(table, alpha=alpha)
    risk = individual_risk(fk, mass if weight else None)
    each = {"fk": fk, "Fk": mass, "risk": risk}
    return pd.DataFrame({name: found.take(table.of) for name, found in each.items()}, index=frame.index, copy=False)


def _known(semantics: str, alpha: float) -> None:
    if semantics not in SEMANTICS:
        raise BadInput(f"semantics: must be one of {', '.join(SEMANTICS)}")
    if not 0 <= alpha <= 1:
        raise BadInput("alpha: must lie in 0..1")


def _frequencies(table: Table, semantics: str, alpha: float) -> tuple[Floats, Floats]:
    if semantics == "strict":
        return table.rows, table.weight
    fk, mass = match(table, alpha=alpha)
    return (fk, mass) if semantics == "match" else (assured(table), mass)


def _weights(frame: pd.DataFrame, weight: str | None) -> Floats | None:
    if weight is None:
        return None
    need(frame, [weight])
    numbers = pd.to_numeric(frame[weight], errors="coerce").to_numpy(dtype=np.float64)
    facts = {
        "missing or not a number": ~np.isfinite(numbers),
        "zero or negative": numbers <= 0,
        "below 1": numbers < 1,
    }
    for fact, bad in facts.items():
        if bad.any():
            raise BadInput(f"{weight}: {int(bad.sum())} weights are {fact}; a weight counts people, so 1 or more")
    return numbers


def violations(table: Table, *, released_from: Table | None = None, alpha: float = 1.0) -> Count:
    """Records below each size under each count. With the original beside it, attacker is counted from the truth."""
    below = {
        "strict": (table, table.rows),
        "match": (table, match(table, alpha=alpha)[0]),
    }
    if released_from is None:
        below["attacker"] = (table, assured(table))
    else:
        below["attacker"] = (released_from, attacker(released_from, table))
    return {
        name: {str(size): int(base.rows[found < size - 1e-9].sum()) for size in SIZES}
        for name, (base, found) in below.items()
    }


def attacker_counts(
    original: pd.DataFrame, released: pd.DataFrame, keys: Sequence[str], *, hidden: str = SUPPRESSED
) -> Ints:
    """Per original record, in row order, the released records compatible with its true key.

    An accent written in two Unicode forms is one value here: the attacker reads letters, not bytes.
    """
    need(original, keys)
    need(released, keys)
    read = [frame[list(keys)].apply(lambda column: nfc(text(column))) for frame in (original, released)]
    truth, given = tables(read, keys, hidden=hidden)
    return attacker(truth, given)[truth.of].astype(np.int64)
