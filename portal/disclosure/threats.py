"""Anonymeter's attacks on a protected file: singling out, linkability and inference, against a control group.

A protected file shows every eligible record, so nobody is left to compare with. Therefore a random half of the records
(of a large file, half of a sample of them) is protected by the same rules, and attacked with records of both halves:
what is found out about people of the other half was not learnt from anyone's being in the file. It is the rule set on
these rows that is judged this way; the finished file itself is judged by the attacks of ``attack``. Decision 31 says
why.

What is judged is what the rule set promises: an attacker who knows the keys, to the finest level of the original, and
every column that the rule set does not declare. Of somebody who knows answers too, a truthful file gives the row away;
how often is reported beside it, as with ``uniqueness``, because the rule set has judged those answers unobservable.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from portal.disclosure.attacks import PSEUDONYM, Result
from portal.disclosure.classes import Ints, class_of, class_sizes, numbered, text
from portal.disclosure.diversity import answers, enforce
from portal.disclosure.eligible import standing
from portal.disclosure.protect import Source, suppressed
from portal.disclosure.recode import Hierarchies, derive
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.threats_codes import Scene, scene
from portal.disclosure.threats_near import hands_of, inference, linkability
from portal.disclosure.threats_rates import Risk, risk_of
from portal.disclosure.threats_single import multivariate, univariate

SEED = 4
RECORDS = 20_000
"""Of more eligible records than this, so many are drawn and dealt into halves: who is attacked is a sample anyway."""
PEOPLE = 2000
"""At most so many people of either half are attacked."""
FEW = 500
"""And so many where it is only reported."""
HANDFUL = 5
"""How many answers an attacker knows of whom it is only reported that the row is found."""
LIMIT = 0.05
"""Beyond what the classes themselves promise, the lower end of a risk's interval is at most this."""
ENOUGH = 30
"""A secret that fewer people of either half have an answer to is not judged: it would be noise."""


@dataclass(frozen=True)
class Halves:
    """The records of a file, dealt in two; ``released`` is what was published of ``train``. All hold true levels."""

    released: pd.DataFrame
    train: pd.DataFrame
    control: pd.DataFrame


def attack_with_control(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, *, seed: int = SEED
) -> dict[str, Any]:
    """Protect one half of a frame and attack it with both. Plain values for JSON; the same for the same arguments.

    Parameters
    ----------
    frame : as for ``protect``: the canonical frame, or for a derived tier the finer protected one.
    rules : the rule set as it was applied, its levels chosen (``plan.rules``).
    seed : says which half is protected, and whom the attacker tries.

    Returns
    -------
    ``passed``; under ``attacks`` per name ``records_at_risk``, ``passed`` and ``facts`` (see ``judge``); ``seed``, and
    the ``rows`` of either half: of a file with more than 20,000 eligible records, half of a sample of so many. Where
    no half can be protected by the rules, or a file has no keys, ``attacks`` is empty and ``not_tried`` says why: a
    file too small for a control group is judged by its finished bytes alone.

    Raises
    ------
    BadInput
        As ``protect`` does.
    """
    if not rules.keys:
        return _nothing("the rule set has no keys")
    try:
        dealt = halves(frame, rules, hierarchies, seed=seed)
    except CannotMeet:
        return _nothing("half of the records cannot be protected by these rules")
    if dealt.control.empty:
        return _nothing("too few records for a control group")
    found = judge(dealt, rules, seed=seed)
    return {
        "passed": all(one.passed for one in found.values()),
        "attacks": {name: asdict(one) for name, one in found.items()},
        "seed": seed,
        "rows": {"train": len(dealt.train), "control": len(dealt.control)},
    }


def _nothing(reason: str) -> dict[str, Any]:
    return {"passed": True, "attacks": {}, "not_tried": reason}


def halves(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, *, seed: int = SEED) -> Halves:
    """Deal the eligible records, or a random 20,000 of them, into two random halves and protect the first.

    The first has one record more if they are odd. Where records have an id, neither who is drawn nor the halves depend
    on the order of rows. In a sample fewer look alike than in the file, so its classes are no larger than the file's.
    Raises as ``protect`` does.
    """
    rules.validate()
    known = frame.loc[:, frame.columns.isin(sorted(_read(rules)))].reset_index(drop=True)
    inside, outside = (known.iloc[at] for at in _dealt(known, rules, hierarchies, seed))
    derived = [derive(rows, rules, hierarchies) for rows in (inside, outside)]
    keyed = suppressed(Source(inside, derived[0], len(inside), {}), rules).frame
    made, _, _ = enforce(keyed, class_of(keyed, rules.key_columns), rules)
    return Halves(made, *derived)


def _read(rules: RuleSet) -> set[str]:
    """The columns that the rules read. Rows alike in these are one here: copies in both halves would hide a leak."""
    own = {rules.duplicates.id, *rules.duplicates.needs, rules.limits.enumerator}
    return rules.sources | own | {one.column for one in rules.excludes} | {one.gate for one in rules.treatments}


def _dealt(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, seed: int) -> tuple[Ints, Ints]:
    """Where the records of either half stand."""
    order = np.flatnonzero(standing(frame, rules, hierarchies)[0])
    if rules.duplicates.id in frame:
        order = order[np.argsort(numbered(frame[rules.duplicates.id])[order], kind="stable")]
    drawn = np.random.default_rng(seed).permutation(len(order))[:RECORDS]
    middle = (len(drawn) + 1) // 2
    return order[np.sort(drawn[:middle])], order[np.sort(drawn[middle:])]


def judge(dealt: Halves, rules: RuleSet, *, seed: int = SEED) -> dict[str, Result]:
    """Attack what was released of one half with the records of both.

    Returns
    -------
    Per attack a result. ``facts`` holds ``limit``, which the lower end of each risk's 95 % interval may reach, under
    ``judged`` the risks it was held against, and under ``reported`` those of an attacker who knows every released
    column. ``records_at_risk`` is 0 where the file passes, else the worst risk's share of the released rows.

    Raises
    ------
    BadInput
        If the original records lack a column that was released.
    """
    rng = np.random.default_rng([seed, len(dealt.released)])
    columns = [str(name) for name in dealt.released if name not in {rules.duplicates.id, PSEUDONYM}]
    declared = {one.variable for one in rules.treatments}
    every = scene(dealt.released, dealt.train, dealt.control, columns)
    known = every.of([name for name in columns if name not in declared])
    single = {"univariate": univariate(known), "multivariate": multivariate(known, rng, most=len(known.columns))}
    found = {
        "singling_out": (
            {name: risk_of(one, together=len(single)) for name, one in single.items()},
            {"univariate": risk_of(univariate(every)), "multivariate": risk_of(multivariate(every, rng, most=HANDFUL))},
            LIMIT,
        ),
        "linkability": (
            {"halves": _linked(known, rules, rng, PEOPLE)},
            {"halves": _linked(every, rules, rng, FEW)},
            LIMIT,
        ),
        "inference": (_inferred(dealt, known, rules, rng), {}, LIMIT + promised(dealt.released, rules)),
    }
    rows = len(dealt.released)
    return {name: _result(judged, reported, limit, rows) for name, (judged, reported, limit) in found.items()}


def promised(released: pd.DataFrame, rules: RuleSet) -> float:
    """The risk of inference that classes themselves allow, 0..1: the mean of 1/f over the rows, but 1/k at most.

    A person is one of the f rows nearest to them; whoever draws one of these draws their own with the chance 1/f, and
    else a row that tells as much of somebody who is not in the file. So (attack - control) / (1 - control) is 1/f.
    """
    keys = [column for column in rules.key_columns if column in released]
    if not keys or released.empty:
        return 0.0
    return min(float((1 / class_sizes(released, keys)).mean()), 1 / rules.k)


def _linked(known: Scene, rules: RuleSet, rng: np.random.Generator, people: int) -> Risk:
    families = list(hands_of(known.columns, [key.columns for key in rules.keys]))
    return risk_of(linkability(known, families, rng, people))


def _inferred(dealt: Halves, known: Scene, rules: RuleSet, rng: np.random.Generator) -> dict[str, Risk]:
    secrets = [
        (one.variable, code)
        for one in rules.treatments
        if one.variable in dealt.released
        for code in one.sensitive_codes
    ]
    told = [_told(dealt.released, *secret) for secret in secrets]
    truths = [(_told(dealt.train, *secret), _told(dealt.control, *secret)) for secret in secrets]
    tried = dict(zip(secrets, inference(known, told, truths, rng, PEOPLE), strict=True)) if secrets else {}
    judged = {name: one for name, one in tried.items() if min(one.attacks, one.control_attacks) >= ENOUGH}
    return {f"{name}={code}": risk_of(one, together=len(judged)) for (name, code), one in judged.items()}


def _told(frame: pd.DataFrame, variable: str, code: str) -> Ints:
    return answers(text(frame[variable]), code)


def _result(judged: Mapping[str, Risk], reported: Mapping[str, Risk], limit: float, rows: int) -> Result:
    over = [risk.value for risk in judged.values() if risk.low > limit]
    facts = {
        "limit": round(limit, 6),
        "judged": {name: asdict(risk) for name, risk in judged.items()},
        "reported": {name: asdict(risk) for name, risk in reported.items()},
    }
    return Result(round(max(over, default=0.0) * rows), not over, facts)
