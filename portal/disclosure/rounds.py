"""Protected files that follow one another. Each alone keeps its rule; rounds make them keep it for who holds them all.

What was protected keeps its treatment, new rows are protected among themselves, and whoever leaves does not leave
alone (``rounds_leave``). Then every class of all files together, linked without a fault and with knowledge of who is in
which, holds at least k rows. That is not trusted but counted, by the ledger, before a file is returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from portal.disclosure import rounds_past
from portal.disclosure.classes import Bools, Ints, need, text
from portal.disclosure.interviews import packed
from portal.disclosure.plan import METHOD, Plan, Point, snapshot
from portal.disclosure.planner import board_of, plan_and_apply
from portal.disclosure.protect import Outcome, Source, Suppressed, prepare, protect
from portal.disclosure.recode import Hierarchies, unknown
from portal.disclosure.refusals import BadInput
from portal.disclosure.report import Facts, account
from portal.disclosure.rounds_judge import CROWDED, Judged, TooClose, beside, judged
from portal.disclosure.rounds_leave import Divided, Needs, divide, turns
from portal.disclosure.rounds_new import Fresh, anew
from portal.disclosure.rounds_past import Earlier, Past
from portal.disclosure.ruleset import RuleSet

__all__ = ["Earlier", "apply", "follow", "plan_and_follow"]

OUT = "for earlier files"
"""The reason under which rows are counted that stay out because of what earlier files showed."""


@dataclass(frozen=True)
class Meeting:
    """New rows and what is known of them: ``at`` (m,) where each stands in the ledger, or -1; and the reverse, ``row``
    (n,). ``gone`` and ``corrected`` (n,) are the ledger's interviews that are not there, or not as they were.
    """

    source: Source
    past: Past
    at: Ints
    row: Ints
    gone: Bools
    corrected: Bools


def plan_and_follow(
    earlier: Sequence[Earlier],
    frame: pd.DataFrame,
    rules: RuleSet,
    hierarchies: Hierarchies,
    key: bytes,
    *,
    least: Mapping[str, int] | None = None,
) -> tuple[Plan, Outcome]:
    """Protect a tier's next version beside all its earlier files.

    Parameters
    ----------
    earlier : the files of the tier that left or may have, oldest first; none, and this is ``plan_and_apply``.
    frame, rules, hierarchies, least : as for ``plan_and_apply``; rows need an id.
    key : 16 bytes or more that stay the same from version to version; they draw who keeps company to whom leaves.

    Returns
    -------
    The plan, which names the earlier files by their digest, and the file. The levels are those of the last file; where
    the rule set's keys or k have changed since, the file is made anew and the ledger judges it beside the others:
    cells are hidden, or rows stay out, until no class of all files together is below k. The report's ``round`` says
    ``follows`` (the last file's number) and how many rows were ``kept``, are ``new``, have ``left`` (gone, or
    corrected so that they cannot come again), are ``held_back`` in their company, were ``corrected``, are ``waiting``
    (new, and too few); ``anew`` is true where the rule set has changed; ``smallest`` is the size of the smallest class
    of all files together.

    Raises
    ------
    BadInput, CannotMeet
        As ``protect`` does; TooClose, a CannotMeet, where it is the earlier files that leave too little.
    """
    if not earlier:
        return plan_and_apply(frame, rules, hierarchies, least=least)
    if len(key) < 16:
        raise BadInput("key: shorter than 16 bytes")
    same = rounds_past.followed(rules, earlier[-1].rules, least or {})
    if same is None:
        plan, outcome = plan_and_apply(frame, rules, hierarchies, least=least)
        made = _anew(earlier, prepare(frame, plan.rules, hierarchies), outcome, plan.rules)
        return replace(plan, follows=rounds_past.digest(earlier)), made
    outcome, points = follow(earlier, frame, same, hierarchies, key)
    return Plan(same, snapshot(frame), points, 0, follows=rounds_past.digest(earlier)), outcome


def apply(
    plan: Plan, frame: pd.DataFrame, hierarchies: Hierarchies, *, earlier: Sequence[Earlier], key: bytes
) -> Outcome:
    """Make the file that a plan was made for, beside the same earlier files. Raises as ``plan.apply`` does."""
    if plan.method != METHOD or plan.snapshot != snapshot(frame):
        raise BadInput("plan: made by another version of the engine or for other rows; plan again")
    if plan.follows != rounds_past.digest(earlier):
        raise BadInput("plan.follows: made beside other files; plan again")
    if earlier and rounds_past.continues(plan.rules, earlier[-1].rules):
        return follow(earlier, frame, plan.rules, hierarchies, key)[0]
    outcome = protect(frame, plan.rules, hierarchies)
    return _anew(earlier, prepare(frame, plan.rules, hierarchies), outcome, plan.rules) if earlier else outcome


def follow(
    earlier: Sequence[Earlier], frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, key: bytes
) -> tuple[Outcome, tuple[Point, ...]]:
    """The file of a rule set that shows what the last one did, and what it keeps; see ``plan_and_follow``."""
    source = prepare(frame, rules, hierarchies)
    meeting = _meeting(source, rounds_past.read(earlier, rules), rules)
    ledger, order = meeting.past.ledger, turns(meeting.past.ledger.ids, key)
    fresh = Fresh(_part(source, np.flatnonzero(meeting.at < 0)), rules)
    whole = np.zeros(len(ledger.sizes), dtype=bool)
    while True:
        parts = divide(ledger, meeting.gone, meeting.corrected, whole, needs=Needs(rules.k, rules.limits), turns=order)
        made = judged(ledger, _pieces(meeting, parts, fresh, rules), rules, source.derived)
        if not made.wrong.any():
            break
        whole |= made.wrong
    facts = _counted(meeting, parts, fresh, earlier[-1].number)
    facts["smallest"] = rounds_past.smallest(ledger, made.frame, rules)
    return _told(source, made, rules, k=made.k, facts=facts)


def _meeting(source: Source, past: Past, rules: RuleSet) -> Meeting:
    name = rules.duplicates.id
    need(source.derived, [name])
    ids = text(source.derived[name])
    if (ids == "").any() or not ids.is_unique:
        raise BadInput(f"{name}: an interview is there twice, or has no id; a file that follows needs it")
    at = past.ledger.rows(packed(ids))
    row = np.full(len(past.ledger.ids), -1, dtype=np.int64)
    row[at[at >= 0]] = np.flatnonzero(at >= 0)
    seen = np.flatnonzero((row >= 0) & past.alike)
    true = np.zeros(len(row), dtype=bool)
    true[seen] = rounds_past.still_true(past.shown.iloc[seen], source.derived.iloc[row[seen]], rules.keys)
    return Meeting(source, past, at, row, row < 0, (row >= 0) & ~true)


def _pieces(meeting: Meeting, parts: Divided, fresh: Fresh, rules: RuleSet) -> list[Suppressed]:
    """What stays as it was, what comes again, and what is new, each protected by itself."""
    stay, again = np.flatnonzero(parts.stay), np.flatnonzero(parts.again)
    derived = meeting.source.derived
    kept = derived.iloc[meeting.row[stay]]
    was = meeting.past.shown.iloc[stay].set_index(kept.index)
    kept = rounds_past.answers(was, kept, meeting.past.kept)
    kept = kept.assign(**{column: text(was[column]) for column in rules.key_columns})
    back = anew(derived.iloc[meeting.row[again]], meeting.past.ledger.of[again], rules)
    others = pd.concat([kept, back])
    return [Suppressed(others, 0, rules.k), fresh.beside(others)]


def _part(source: Source, at: Ints) -> Source:
    return replace(source, rows=source.rows.iloc[at], derived=source.derived.iloc[at], rows_in=len(at), excluded={})


def _counted(meeting: Meeting, parts: Divided, fresh: Fresh, number: int) -> dict[str, object]:
    present = meeting.row >= 0
    out = ~parts.stay & ~parts.again & ~parts.company
    return {
        "follows": number,
        "kept": int(parts.stay.sum()),
        "new": fresh.rows,
        "left": int((out & meeting.past.last).sum()),
        "held_back": int((parts.company & present).sum()),
        "corrected": int((meeting.corrected & meeting.past.last).sum()),
        "waiting": fresh.waiting,
        "anew": False,
    }


def _anew(earlier: Sequence[Earlier], source: Source, outcome: Outcome, rules: RuleSet) -> Outcome:
    """A file under other rules than the last, once the ledger has judged it beside all of them."""
    past = rounds_past.read(earlier, rules)
    made = beside(past.ledger, outcome.frame, rules, rounds_past.least_k(earlier, rules), source.derived)
    name = rules.duplicates.id
    there = past.ledger.rows(packed(text(made.frame[name])))
    came = past.ledger.rows(packed(text(source.derived[name])))
    gone = np.ones(len(past.ledger.ids), dtype=bool)
    gone[came[came >= 0]] = False
    facts: dict[str, object] = {
        "follows": earlier[-1].number,
        "kept": 0,
        "new": int((there < 0).sum()),
        "left": int((gone & past.last).sum()),
        "held_back": len(outcome.frame) - len(made.frame),
        "corrected": 0,
        "waiting": 0,
        "anew": True,
    }
    k = outcome.report["k_applied"]
    facts["smallest"] = rounds_past.smallest(past.ledger, made.frame, rules)
    return _told(source, made, rules, k=k if isinstance(k, int) else rules.k, facts=facts)[0]


def _told(
    source: Source, made: Judged, rules: RuleSet, *, k: int, facts: dict[str, object]
) -> tuple[Outcome, tuple[Point, ...]]:
    """The file in the order of its source, and the account of it."""
    inside = source.derived.index.isin(made.frame.index)
    derived, rows = source.derived[inside], source.rows[inside]
    frame = made.frame.loc[derived.index, [name for name in source.derived.columns if name in made.frame]]
    if frame.empty and len(source.derived):
        raise TooClose("k: beside the earlier files no record may be shown")
    if rules.limits.mean_enforced and rules.limits.mean_risk is not None and len(frame):
        mean = len(frame[rules.key_columns].drop_duplicates()) / len(frame)
        if mean > rules.limits.mean_risk:
            raise TooClose(CROWDED)
    what = Facts(
        rows_in=source.rows_in,
        excluded={**source.excluded, OUT: len(source.derived) - len(frame)},
        unknown=unknown(rows, derived, rules),
        absent=[one.variable for one in rules.treatments if one.variable not in frame],
        enumerator_rows=made.places,
        k_applied=k,
        diversity=made.diversity,
        lists=made.lists,
    )
    report = account(derived, frame, rules, what) | {"round": facts}
    if frame.empty:
        return Outcome(frame, report), ()
    return Outcome(frame, report), (board_of(derived, rules).measured(rules, Suppressed(frame, made.places, k)),)
