"""The ledger's verdict on a tailored extract, a table or a changed tier. What cannot be judged is denied."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from portal.disclosure.interviews import packed
from portal.disclosure.joint import Terms, faults, meet
from portal.disclosure.ledger import Ledger, Views
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.repair import Extract, Plan, repair, untouched

TOO_CLOSE = "too close to an earlier release"
ASKED_OFTEN = "refused too often of late: a person decides"


@dataclass(frozen=True)
class Verdict:
    """``allowed`` as it is, by ``merge`` as the plan says, ``refused``, or ``referred`` to a person.

    ``reason`` is for the requester and never holds a number; ``plan`` is frozen with the head it was judged against.
    """

    outcome: Literal["allowed", "merge", "refused", "referred"]
    reason: str = ""
    plan: Plan | None = None


def judge(ledger: Ledger | None, frame: pd.DataFrame, extract: Extract, terms: Terms, *, head: str) -> Verdict:
    """Judge a file of interviews that already satisfies its own rules against everything that left before.

    ``head`` is the ledger's head as recorded outside it. Raises CannotMeet where the ledger is absent or not at that
    head, BadInput where the frame cannot be read.
    """
    ledger = ready(ledger, head)
    views = extract.views(frame)
    if not faults(ledger, views, meet(ledger, views), terms, excused=extract.excused).any:
        return Verdict("allowed", plan=untouched(frame, head))
    plan = repair(ledger, frame, extract, terms)
    if lost(frame, extract.columns, plan) > terms.most_lost:
        return Verdict("refused", TOO_CLOSE)
    return Verdict("merge", plan=plan)


def judge_table(ledger: Ledger | None, views: Views, terms: Terms, *, head: str) -> Verdict:
    """Judge a table. Its cells are not merged here: hide more of them and ask again."""
    ledger = ready(ledger, head)
    if faults(ledger, views, meet(ledger, views), terms).any:
        return Verdict("refused", TOO_CLOSE)
    return Verdict("allowed")


def judge_events(ledger: Ledger | None, events: Sequence[str], interviews: Sequence[str], *, head: str) -> Verdict:
    """Judge a file of events: it shows nothing of any interview, unless one of its ids is that of an interview.

    ``interviews`` are all ids of the datasets that the events were told in, left or not.
    """
    ledger = ready(ledger, head)
    ids = packed(events)
    if np.isin(ids, packed(interviews)).any() or (ledger.rows(ids) >= 0).any():
        return Verdict("refused", TOO_CLOSE)
    return Verdict("allowed")


def ready(ledger: Ledger | None, head: str) -> Ledger:
    """The ledger itself, if it is there and holds all that was ever recorded."""
    if ledger is None:
        raise CannotMeet("ledger: absent; without it nothing can be judged")
    if ledger.head != head:
        raise CannotMeet("ledger: not at the recorded head; without the missing entries nothing can be judged")
    return ledger


def referred(ledger: Ledger, terms: Terms, *, organisation: str, dataset: str, on: dt.date) -> Verdict | None:
    """The verdict for an organisation that was refused too often; None while it may still ask.

    To be asked first: every refusal says a little about what left before.
    """
    since = (on - dt.timedelta(days=terms.days)).isoformat()
    mine = [one for one in ledger.refusals if (one.organisation, one.dataset) == (organisation, dataset)]
    recent = sum(one.on > since for one in mine)
    return Verdict("referred", ASKED_OFTEN) if recent >= terms.refusals else None


def lost(frame: pd.DataFrame, columns: Sequence[str], plan: Plan) -> float:
    """The share of shown key cells that a plan takes, those of rows left out included; 0 for an empty frame."""
    shown = int((frame[columns] != SUPPRESSED).to_numpy().sum())
    left = int((plan.apply(frame)[columns] != SUPPRESSED).to_numpy().sum())
    return 1 - left / shown if shown else 0.0
