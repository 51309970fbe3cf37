"""What hiding an answer tells: a class loses an answer because it agrees on it, so whoever knows the rule says "yes".

Source of the attack: Wong, Fu, Wang & Pei, Minimality Attack in Privacy Preserving Data Publishing, VLDB 2007.
"""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, text
from portal.disclosure.guesses import FEW, likelihood
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.ruleset import Treatment

ENOUGH = 30


def answers(column: "pd.Series[str]", code: str) -> Ints:
    """Per row 1 where the answer holds the code, 0 where it does not, -1 where there is none, (n,)."""
    of, values = pd.factorize(column)
    said = np.array([-1 if value in UNANSWERED else int(code in value.split()) for value in values], dtype=np.int64)
    return np.asarray(said[of])


def blanks(
    truth: pd.DataFrame, released: pd.DataFrame, secrets: Sequence[Treatment], *, but: Collection[str] = ()
) -> dict[str, dict[str, float]]:
    """How well hidden sensitive answers are guessed, without knowing the rule and with it; rows alike in both frames.

    Without it, from the rows that show the answer, over all released columns except those in ``but`` (naive Bayes,
    with and without the answers' frequencies). With it, there is one guess more: that it is the sensitive answer.

    Returns
    -------
    Per variable and code with at least 30 hidden answers: ``without`` and ``knowing``, the shares of right guesses
    (0..1), and the ``gain`` between them.
    """
    found: dict[str, dict[str, float]] = {}
    there = [one for one in secrets if one.variable in truth and one.variable in released]
    features = _features(released, but) if there else {}
    for one in there:
        shown, true = text(released[one.variable]), text(truth[one.variable])
        for code in one.sensitive_codes:
            right = answers(true, code)
            asked = (shown == SUPPRESSED).to_numpy() & (right >= 0)
            if int(asked.sum()) >= ENOUGH:
                others = [feature for name, feature in features.items() if name != one.variable]
                made = _guesses(others, answers(shown, code), asked)
                found[f"{one.variable}={code}"] = _figures(right[asked], made)
    return found


def _features(released: pd.DataFrame, but: Collection[str]) -> dict[str, tuple[Ints, int]]:
    """Every released column that teaches something, numbered, with how many values it has; -1 where hidden."""
    found = {}
    for name in released:
        if name not in but:
            column = text(released[name])
            codes, values = pd.factorize(column.where(column != SUPPRESSED), sort=True)
            if 0 < len(values) <= FEW:
                found[str(name)] = (codes.astype(np.int64), len(values))
    return found


def _guesses(features: Sequence[tuple[Ints, int]], shown: Ints, asked: Bools) -> list[Ints]:
    """The guesses of those who do not know the rule, each (m,) of 0 and 1."""
    known = shown >= 0
    prior = np.log(np.bincount(shown[known], minlength=2) + 0.5)
    evidence = np.zeros((int(asked.sum()), 2))
    for codes, values in features:
        learnt = known & (codes >= 0)
        table = likelihood(codes[learnt], shown[learnt], (2, values), blur=0.5)
        evidence += np.where(codes[asked][:, None] < 0, 0.0, table[:, codes[asked]].T)
    return [score.argmax(axis=1).astype(np.int64) for score in (evidence + prior, evidence)]


def _figures(truth: Ints, guesses: Sequence[Ints]) -> dict[str, float]:
    without = max(float((one == truth).mean()) for one in guesses)
    knowing = max(without, float(truth.mean()))
    return {"without": round(without, 6), "knowing": round(knowing, 6), "gain": round(knowing - without, 6)}
