"""What hiding an answer tells: a class loses an answer because it agrees on it, so whoever knows the rule says "yes".

Source of the attack: Wong, Fu, Wang & Pei, Minimality Attack in Privacy Preserving Data Publishing, VLDB 2007.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.attacks import Result
from portal.disclosure.classes import Bools, Floats, Ints, numbered, text
from portal.disclosure.codes import distinct
from portal.disclosure.diversity import answers
from portal.disclosure.guesses import ENOUGH, FEW, OVERALL, PER_VALUE, fair, likelihood, numbers
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.ruleset import Treatment

CHANCE = 3.0
"""Standard errors that a learnt guess may be better by luck."""


@dataclass(frozen=True)
class Asked:
    """One code: the answers shown and true (n,), of 1, 0 and -1, and which hidden ones can be guessed (n,)."""

    shown: Ints
    truth: Ints
    hidden: Bools


def minimality(
    truth: pd.DataFrame,
    released: pd.DataFrame,
    secrets: Sequence[Treatment],
    keys: Sequence[str],
    *,
    but: Collection[str] = (),
) -> Result:
    """What hidden sensitive answers tell to who knows why they were hidden; rows alike in both frames.

    The answers are guessed from the rows that show them, over all released columns except those in ``but`` (naive
    Bayes, with and without the answers' frequencies), or the commoner answer for all. Who knows the rule also guesses
    the sensitive answer for all, and corrects what is learnt by how many hidden answers are sensitive ones.

    Per variable and code with at least 30 hidden answers the facts hold ``without`` and ``knowing``, the shares of
    right guesses (0..1) and the ``gain`` between them; ``told``, how far the share of yes among the hidden lies above
    what is fair beside that among all (``guesses.fair``); and ``told_of_value``, the same among those with one value of
    a key or of the variable's gate, at its worst. Fails at a gain of more than 2 points beyond chance, 2 points told,
    or 5 of a value.
    """
    found: dict[str, dict[str, float]] = {}
    there = [one for one in secrets if one.variable in truth and one.variable in released]
    features = _features(released, but) if there else {}
    at_risk = 0
    for one in there:
        shown, true = text(released[one.variable]), text(truth[one.variable])
        others = [feature for name, feature in features.items() if name != one.variable]
        marks = [numbered(released[name]) for name in _known(one, keys, released)]
        for code in one.sensitive_codes:
            right = answers(true, code)
            asked = Asked(answers(shown, code), right, (shown == SUPPRESSED).to_numpy() & (right >= 0))
            many = int(asked.hidden.sum())
            if many >= ENOUGH:
                figures = _figures(asked, others) | _told(asked, marks)
                found[f"{one.variable}={code}"] = {name: round(value, 6) for name, value in figures.items()}
                at_risk += many * gives_away(figures)
    return Result(at_risk, at_risk == 0, {"answers": found, "limits": {"told": OVERALL, "told_of_value": PER_VALUE}})


def _known(one: Treatment, keys: Sequence[str], released: pd.DataFrame) -> list[str]:
    """The columns by whose values the hidden answers are looked at."""
    return [*keys, one.gate] if one.gate in released else list(keys)


def gives_away(figures: Mapping[str, float]) -> bool:
    """Whether hidden answers tell who knows the rule more than the limits allow."""
    learnt = figures["gain"] - figures["luck"] > OVERALL
    return learnt or figures["told"] > OVERALL + 1e-9 or figures["told_of_value"] > PER_VALUE + 1e-9


def _told(asked: Asked, marks: Sequence[Ints]) -> dict[str, float]:
    return {
        "told": _above(asked, np.zeros(len(asked.truth), dtype=np.int64)),
        "told_of_value": max((_above(asked, mark) for mark in marks), default=0.0),
    }


def _above(asked: Asked, groups: Ints) -> float:
    """How far the hidden share of yes lies above what was to be expected, in the group (n,) where that is most."""
    known, yes = asked.truth >= 0, asked.truth == 1
    size = int(groups.max(initial=-1)) + 1
    everybody, of_them, hidden, hidden_yes = (
        np.bincount(groups[rows], minlength=size) for rows in (known, yes, asked.hidden, asked.hidden & yes)
    )
    enough = hidden >= ENOUGH
    share = hidden_yes[enough] / hidden[enough]
    return float((share - fair(of_them[enough] / everybody[enough])).max(initial=0.0))


def _features(released: pd.DataFrame, but: Collection[str]) -> dict[str, tuple[Ints, int]]:
    """Every released column that teaches something, numbered, with how many values it has; -1 where hidden."""
    found = {}
    for name in released:
        if name not in but:
            values = [value for value in distinct(released[name]) if value != SUPPRESSED]
            if 0 < len(values) <= FEW:
                found[str(name)] = (numbers(released[name], values), len(values))
    return found


def _figures(asked: Asked, features: Sequence[tuple[Ints, int]]) -> dict[str, float]:
    """The shares of right guesses; and ``luck``, how much of their difference chance may have made."""
    true = asked.truth[asked.hidden]
    evidence, prior = _learnt(features, asked)
    commoner = int((asked.truth == 1).sum() * 2 > (asked.truth >= 0).sum())
    corrected = np.log((true.mean() + 1e-9) / (1 - true.mean() + 1e-9))
    without = [evidence + prior > 0, evidence > 0, np.full(len(true), commoner, dtype=bool)]
    knowing = [*without, np.ones(len(true), dtype=bool), evidence + corrected > 0]
    best = [max(kind, key=lambda one: float((one == true).mean())) for kind in (without, knowing)]
    right = [one == true for one in best]
    shares = [float(one.mean()) for one in right]
    luck = CHANCE * float(np.sqrt((right[0] != right[1]).sum())) / len(true)
    return {"without": shares[0], "knowing": shares[1], "gain": shares[1] - shares[0], "luck": luck}


def _learnt(features: Sequence[tuple[Ints, int]], asked: Asked) -> tuple[Floats, float]:
    """The log odds of yes that the released columns give each hidden answer (m,), and those of the shown answers."""
    known, hidden = np.flatnonzero(asked.shown >= 0), np.flatnonzero(asked.hidden)
    shown = asked.shown[known]
    prior = np.log(np.bincount(shown, minlength=2) + 0.5)
    evidence = np.zeros(len(hidden))
    for codes, values in features:
        told = codes[known]
        learnt = told >= 0
        table = likelihood(told[learnt], shown[learnt], (2, values), blur=0.5)
        evidence += np.append(table[1] - table[0], 0.0)[codes[hidden]]  # what is hidden is -1, the last
    return evidence, float(prior[1] - prior[0])
