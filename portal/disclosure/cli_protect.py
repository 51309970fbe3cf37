"""`protect`: hide cells, or coarsen values and hide what is still rare, and tell what it cost."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf, isfinite

import numpy as np
import pandas as pd

from portal.disclosure import cli_files as files
from portal.disclosure import cli_plan as plans
from portal.disclosure import datafile
from portal.disclosure.attack import AttackReport, plain_keys
from portal.disclosure.attacks import downcoding
from portal.disclosure.classes import need, one_zero, text
from portal.disclosure.cli_attack import attacked, lost, rules_of
from portal.disclosure.cli_files import HIDDEN, Progress
from portal.disclosure.cli_levels import unfold
from portal.disclosure.cli_plan import GENERALISE, SUPPRESS, Plan, Wanted
from portal.disclosure.cli_report import Treated, told
from portal.disclosure.close import Closing
from portal.disclosure.engine.files import protect_file
from portal.disclosure.generalise import Hierarchy, generalise, leaves_of
from portal.disclosure.plan import snapshot
from portal.disclosure.rare import LEVEL, generalise_rare
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.suppress import suppress
from portal.disclosure.wildcard import suppress_match

GIGABYTE = 10**9
CLOSINGS: Mapping[bool | None, tuple[Closing | None, ...]] = {
    None: (None, Closing(), Closing(inf)),
    True: (Closing(), Closing(inf)),
    False: (None,),
}
"""How far to close, in the order in which it is tried until nobody who knows the rule learns from it."""


def run(chosen: argparse.Namespace) -> None:
    """Read, protect, write, tell."""
    progress = Progress(chosen)
    (_in_memory if chosen.memory is None else _on_disk)(chosen, progress)


def _in_memory(chosen: argparse.Namespace, progress: Progress) -> None:
    sources = [chosen.data, *(path for _, path in chosen.hierarchy)]
    files.apart(sources, [chosen.out, chosen.report, chosen.plan])
    plan = plans.read(chosen.plan)
    asked, read = plans.wanted(chosen, plan)
    with progress.step(f"reading {chosen.data.name}"):
        source = datafile.read(chosen.data)
        frame = _readable(source.frame, asked.keys)
    if plan is not None:
        plans.made_for(plan, frame)
    with progress.step(f"protecting {len(frame)} rows over {len(asked.keys)} keys: {asked.treatment}"):
        made = treat(frame, asked, read, plan, chosen.alpha)
    if plan is not None:
        plans.as_before(plan, made.changed)
    data = source.changed(made.changed)
    with progress.step(f"attacking {chosen.out.name}"):
        attacks = attacked(frame, datafile.parsed(chosen.out.name, data).frame.apply(text), asked.keys, read, asked.k)
    _judged(attacks, asked)
    with progress.step("counting before and after"):
        report = told(frame, made, asked, read, largest=chosen.largest_set) | {"attack": attacks.to_json()}
    with progress.step(f"writing {chosen.out.name}"):
        files.save(chosen.out, data)
        files.write(report | {"seconds": progress.seconds}, chosen.report)
        if chosen.plan is not None and plan is None:
            decided = Plan(asked, snapshot(frame), made.levels, made.loss, snapshot(made.changed))
            files.save(chosen.plan, decided.to_json().encode())


def _readable(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    need(frame, [*keys, *frame.columns])
    one_zero(frame, keys)
    return frame.apply(text)


def _judged(found: AttackReport, asked: Wanted) -> None:
    """Raise CannotMeet where an attack succeeds on a file that is not for comparison only; say so where it is."""
    if found.passed:
        return
    if asked.semantics != "match" and asked.closed is not False:
        raise CannotMeet(f"attack: {lost(found)} succeeded on the finished file; nothing is released")
    sys.stderr.write(f"attack: {lost(found)} succeeded; the file is for comparison only\n")


def _on_disk(chosen: argparse.Namespace, progress: Progress) -> None:
    """A file larger than memory: local suppression by the strict count only, with temporary files."""
    for name in ("hierarchy", "rare", "limit", "plan", "largest_set", "alpha"):
        if name in chosen.given:
            option = name.replace("_", "-")
            raise BadInput(f"{option}: does not go with --memory, which hides cells and nothing else")
    if chosen.semantics not in {None, "strict"}:
        raise BadInput("semantics: --memory counts strictly")
    if not isfinite(chosen.memory):
        raise BadInput("memory: must be a number of gigabytes")
    if not chosen.keys or chosen.k is None:
        raise BadInput("keys: name at least one" if not chosen.keys else "k: say how many records must look alike")
    files.apart([chosen.data], [chosen.out, chosen.report])
    sys.stderr.write("memory: temporary files hold numbers, no words, unencrypted; work on a machine of your own\n")
    report = protect_file(
        chosen.data,
        chosen.out,
        chosen.keys,
        chosen.k,
        importance=chosen.importance,
        closed=chosen.closed is not False,
        memory_limit=int(chosen.memory * GIGABYTE),
        told=progress.through,
    )
    files.write(report, chosen.report)


def treat(
    frame: pd.DataFrame, asked: Wanted, read: Mapping[str, Hierarchy], plan: Plan | None, alpha: float
) -> Treated:
    """Protect a frame of text as asked, at the levels of a plan if there is one."""
    rules = rules_of(plain_keys(asked.keys, asked.importance), asked.k)
    keys = list(asked.keys)
    if asked.semantics == "match":
        return Treated(_matched(frame, asked, rules, alpha)[keys])
    if asked.treatment == SUPPRESS:
        return _closed(frame, asked, read, partial(suppress, frame, rules.keys, rules.k, hidden=HIDDEN), keys)
    every = [read.get(key) or files.flat(frame, key) for key in keys]
    if asked.treatment == GENERALISE:
        return _generalised(frame, asked, every, plan)
    rarely = partial(generalise_rare, frame, every, asked.k, importance=asked.importance, hidden=HIDDEN)
    return _closed(frame, asked, read, rarely, [*keys, *(key + LEVEL for key in keys if key in read)])


def _closed(
    frame: pd.DataFrame,
    asked: Wanted,
    read: Mapping[str, Hierarchy],
    hide: Callable[..., pd.DataFrame],
    columns: list[str],
) -> Treated:
    """Close as far as it takes, and is allowed, for nobody who knows the rule to guess better what is hidden."""
    for closing in CLOSINGS[asked.closed]:
        made = hide(closing=closing)[columns]
        both = unfold(frame, made, asked.keys, read)
        if downcoding(both.original, both.released, both.keys, hidden=HIDDEN).passed:
            break
    return Treated(made, closed=closing is not None)


def _matched(frame: pd.DataFrame, asked: Wanted, rules: RuleSet, alpha: float) -> pd.DataFrame:
    if asked.closed or alpha != 1:
        raise BadInput("semantics: match is neither closed nor counted with an alpha below 1")
    sys.stderr.write("semantics: match is for comparison only; it leaves records that can be singled out\n")
    return suppress_match(frame, list(asked.keys), rules.k, importance=asked.importance, hidden=HIDDEN)


def _generalised(frame: pd.DataFrame, asked: Wanted, every: list[Hierarchy], plan: Plan | None) -> Treated:
    """The whole file at one level per key: the best ones, or those of a plan."""
    keys = list(asked.keys)
    if plan is None:
        best = generalise(frame, every, asked.k, limit=asked.limit, hidden=HIDDEN)
        return Treated(best.frame[keys], dict(best.levels), best.score)
    at = frame.assign(**{one.column: _at(frame, one, plan.levels.get(one.column, -1)) for one in every})
    made = generalise(at, [files.flat(at, key) for key in keys], asked.k, limit=asked.limit, hidden=HIDDEN)
    return Treated(made.frame[keys], dict(plan.levels), plan.loss)


def _at(frame: pd.DataFrame, one: Hierarchy, level: int) -> "pd.Series[str]":
    forms = [list(forms) for forms in one.forms.values()]
    if not 0 <= level < len(forms[0]):
        raise BadInput(f"plan.levels.{one.column}: its hierarchy has no such level")
    there = np.array([form[level] for form in forms], dtype=object)[leaves_of(frame, one)]
    return pd.Series(there, index=frame.index).astype("str")
