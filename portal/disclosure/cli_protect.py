"""`protect`: hide cells, or coarsen values and hide what is still rare, and tell what it cost."""

import argparse
import sys
from collections.abc import Mapping
from math import isfinite

import numpy as np
import pandas as pd

from portal.disclosure import cli_files as files
from portal.disclosure import cli_plan as plans
from portal.disclosure import datafile
from portal.disclosure.attack import plain_keys
from portal.disclosure.classes import need, text
from portal.disclosure.cli_files import HIDDEN, Progress
from portal.disclosure.cli_plan import GENERALISE, SUPPRESS, Plan, Wanted
from portal.disclosure.cli_report import Treated, told
from portal.disclosure.close import Closing
from portal.disclosure.engine.files import protect_file
from portal.disclosure.generalise import Hierarchy, generalise, leaves_of
from portal.disclosure.plan import snapshot
from portal.disclosure.rare import LEVEL, generalise_rare
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import Duplicates, Key, RuleSet
from portal.disclosure.suppress import suppress
from portal.disclosure.wildcard import suppress_match

ROW = "\0row"
GIGABYTE = 10**9


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
        need(source.frame, [*asked.keys, *source.frame.columns])
        frame = source.frame.apply(text)
    if plan is not None:
        plans.made_for(plan, frame)
    with progress.step(f"protecting {len(frame)} rows over {len(asked.keys)} keys: {asked.treatment}"):
        made = treat(frame, asked, read, plan, chosen.alpha)
    if plan is not None:
        plans.as_before(plan, made.changed)
    with progress.step("counting before and after"):
        report = told(frame, made, asked, read, largest=chosen.largest_set)
    with progress.step(f"writing {chosen.out.name}"):
        files.save(chosen.out, source.changed(made.changed))
        files.write(report | {"seconds": progress.seconds}, chosen.report)
        if chosen.plan is not None and plan is None:
            found = Plan(asked, snapshot(frame), made.levels, made.loss, snapshot(made.changed))
            files.save(chosen.plan, found.to_json().encode())


def _on_disk(chosen: argparse.Namespace, progress: Progress) -> None:
    """A file larger than memory: local suppression by the strict count only, with temporary files."""
    for name in ("hierarchy", "rare", "limit", "plan"):
        if getattr(chosen, name):
            raise BadInput(f"{name}: does not go with --memory, which hides cells and nothing else")
    if chosen.semantics == "match":
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
        closed=bool(chosen.closed),
        memory_limit=int(chosen.memory * GIGABYTE),
        told=progress.through,
    )
    files.write(report, chosen.report)


def rules_of(keys: tuple[Key, ...], k: int) -> RuleSet:
    """The rule set that keys and k amount to. Raises BadInput for a k that protects nobody."""
    return RuleSet("command line", "1", "partner", k, keys, duplicates=Duplicates(ROW)).validate()


def treat(
    frame: pd.DataFrame, asked: Wanted, read: Mapping[str, Hierarchy], plan: Plan | None, alpha: float
) -> Treated:
    """Protect a frame of text as asked, at the levels of a plan if there is one."""
    rules = rules_of(plain_keys(asked.keys, asked.importance), asked.k)
    if asked.treatment == SUPPRESS:
        return Treated(_suppressed(frame, asked, rules, alpha)[list(asked.keys)], {})
    every = [read.get(key) or files.flat(frame, key) for key in asked.keys]
    if asked.treatment == GENERALISE:
        return _generalised(frame, asked, every, plan)
    made = generalise_rare(
        frame, every, asked.k, importance=asked.importance, hidden=HIDDEN, closing=Closing() if asked.closed else None
    )
    return Treated(made[[*asked.keys, *(key + LEVEL for key in asked.keys if key in read)]], {})


def _suppressed(frame: pd.DataFrame, asked: Wanted, rules: RuleSet, alpha: float) -> pd.DataFrame:
    if asked.semantics != "match":
        return suppress(frame, rules.keys, rules.k, hidden=HIDDEN, closing=Closing() if asked.closed else None)
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
