"""What the earlier files of a tier told of each interview: where it stands in all of them together, and how it looked.

Two files of one tier hold the same people. Whoever has both can put them side by side, so a new file is made for what
its readers know already: the class of an interview is the rows that every earlier file shows as it shows this one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from portal.disclosure import ledger as book
from portal.disclosure.classes import Bools, need, text
from portal.disclosure.ledger import Ledger
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.multiple import OTHER
from portal.disclosure.plan import snapshot
from portal.disclosure.refusals import BadInput
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import Key, Level, RuleSet, Treatment


@dataclass(frozen=True)
class Earlier:
    """A file of the tier that left, or may have: its frame as protected, ids and all, and the rule set it kept.

    ``number`` says which version it was, for reports.
    """

    frame: pd.DataFrame
    rules: RuleSet
    number: int = 0


@dataclass(frozen=True)
class Past:
    """What is known of the ``n`` interviews in a ledger of the earlier files.

    ``shown`` holds, in the ledger's order, the row of the last file that had each of them, and ``alike`` (n,) whether
    that file's keys were those of now. ``last`` (n,) says who is in the file that is followed. ``kept`` are the
    variables that every file treated as now; others start anew.
    """

    ledger: Ledger
    shown: pd.DataFrame
    alike: Bools
    last: Bools
    kept: tuple[Treatment, ...]


def extract(rules: RuleSet) -> Extract:
    """A protected file as the ledger reads it."""
    return Extract(rules.keys, rules.treatments, rules.duplicates.id)


def read(earlier: Sequence[Earlier], rules: RuleSet) -> Past:
    """Enter the earlier files of a tier, oldest first, into a ledger of their own.

    Raises BadInput where there is none, or one lacks its ids or a key.
    """
    if not earlier:
        raise BadInput("earlier: a file that follows needs one to follow")
    ledger, parts = book.empty(), []
    for at, one in enumerate(earlier, start=1):
        views = extract(one.rules).views(one.frame)
        ledger = book.append(ledger, views, head=ledger.head, kind="release", reference=str(at), on="")
        parts.append(one.frame.assign(_at=ledger.rows(views.ids), _alike=continues(rules, one.rules), _last=False))
    parts[-1]["_last"] = True
    shown = pd.concat(parts).drop_duplicates("_at", keep="last").sort_values("_at", ignore_index=True)
    alike, last = (shown.pop(name).to_numpy(dtype=bool) for name in ("_alike", "_last"))
    kept = tuple(one for one in rules.treatments if all(_as_before(one, rules, file.rules) for file in earlier))
    return Past(ledger, shown.drop(columns="_at"), alike, last, kept)


def digest(earlier: Sequence[Earlier]) -> str:
    """A digest of the earlier files in their order (hexadecimal); "" where there is none."""
    if not earlier:
        return ""
    return hashlib.sha256(json.dumps([snapshot(one.frame) for one in earlier]).encode()).hexdigest()


def least_k(earlier: Sequence[Earlier], rules: RuleSet) -> int:
    """How many interviews a class of all files together holds at least, where no file promised fewer."""
    return min([rules.k, *(one.rules.k for one in earlier)])


def smallest(ledger: Ledger, frame: pd.DataFrame, rules: RuleSet) -> int:
    """How many interviews the smallest class holds, once this file is known beside the others."""
    views = extract(rules).views(frame)
    after = book.append(ledger, views, head=ledger.head, kind="release", reference="", on="")
    return int(after.sizes.min(initial=len(after.ids)))


def followed(rules: RuleSet, last: RuleSet, least: Mapping[str, int]) -> RuleSet | None:
    """The rule set with the levels that the last file showed; None where keys or k are others, or ``least`` asks for
    levels that it did not show.
    """
    depths = {key.name: len(key.levels) for key in last.keys}
    if {key.name for key in rules.keys} != depths.keys() or any(depths[name] < one for name, one in least.items()):
        return None
    cut = rules.narrowed(depths)
    return cut if continues(cut, last) else None


def continues(rules: RuleSet, last: RuleSet) -> bool:
    """Whether two rule sets show the same keys in the same way, in groups as large. What levels cost does not count."""
    return rules.k == last.k and _said(rules) == _said(last)


def _said(rules: RuleSet) -> object:
    return [(key.name, [_level(one, rules) for one in key.levels]) for key in rules.keys]


def _level(one: Level, rules: RuleSet) -> object:
    return one.column, one.source, one.via, _cuts(one.via, rules)


def _cuts(via: Sequence[str], rules: RuleSet) -> object:
    return [rules.bands.get(step.removeprefix("bands:")) for step in via]


def _as_before(one: Treatment, rules: RuleSet, before: RuleSet) -> bool:
    """Whether an earlier file treated a variable in the same way, or did not have it."""
    was = [other for other in before.treatments if other.variable == one.variable]
    return all(
        replace(other, reason=one.reason) == one and _cuts(one.via, rules) == _cuts(one.via, before) for other in was
    )


def still_true(shown: pd.DataFrame, now: pd.DataFrame, keys: Sequence[Key]) -> Bools:
    """Which rows (n,) show nothing of their keys that is untrue by now; what is hidden may have changed."""
    columns = [column for key in keys for column in key.columns]
    need(shown, columns)
    true = np.ones(len(shown), dtype=bool)
    for column in columns:
        was = text(shown[column]).to_numpy()
        true &= (was == SUPPRESSED) | (was == text(now[column]).to_numpy())
    return true


def answers(shown: pd.DataFrame, now: pd.DataFrame, treatments: Sequence[Treatment]) -> pd.DataFrame:
    """The released variables of rows that keep their treatment: as they were, unless an answer became untrue.

    What was hidden stays hidden. A variable that the last file did not have comes as it is ``now``.
    """
    made = now.copy()
    for one in treatments:
        if one.variable in now and one.variable in shown:
            made[one.variable] = _cells(text(shown[one.variable]), text(now[one.variable]), one)
    return made


def _cells(was: "pd.Series[str]", now: "pd.Series[str]", one: Treatment) -> "pd.Series[str]":
    pairs = list(zip(was, now, strict=True))
    kept = {pair: pair[0] if _holds(*pair, multiple=one.multiple) else pair[1] for pair in set(pairs)}
    return pd.Series([kept[pair] for pair in pairs], index=now.index, dtype="str")


def _holds(was: str, now: str, *, multiple: bool) -> bool:
    """Whether a released cell is still true; rare items of a select-multiple may have been called other."""
    if was in {SUPPRESSED, now}:
        return True
    if not multiple or was in UNANSWERED or now in UNANSWERED:
        return False
    named, items = set(was.split()) - {OTHER}, set(now.split())
    return OTHER in was.split() and named < items
