"""The disclosure engine as the jobs use it: plan, protect with confirmed roles only, attack what was made, sum up."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from portal.catalogue.codebook import Codebook
from portal.disclosure import attack as engine
from portal.disclosure import leaks
from portal.disclosure.plan import Plan
from portal.disclosure.planner import needed, plan_and_apply
from portal.disclosure.protect import Outcome
from portal.disclosure.ruleset import RuleSet
from portal.errors import Withheld

PPM = 1_000_000
ID = "interview_id"
STATED_ADDRESSES = ("info@mixedmigration.org", "gdpr@drc.ngo")


def confirmed(rules: RuleSet, roles: Mapping[str, str]) -> RuleSet:
    """Return the rule set without what no steward has confirmed: a variable without its role is never released.

    Nor is one whose gate is not: having an answer at all would tell what the gate said.
    Raises Withheld if a key's own source has no confirmed role: then there is nothing to protect with.
    """
    if rules.derived_from is None and rules.keys:
        missing = sorted({level.source for level in rules.levels() if not roles.get(level.source)})
        if missing:
            raise Withheld(f"keys: {', '.join(missing)} has no confirmed role; confirm it in a new version")
    kept = tuple(one for one in rules.treatments if roles.get(one.variable) == one.role)
    while gateless := {one.gate for one in kept if one.gate} - {one.variable for one in kept}:
        kept = tuple(one for one in kept if one.gate not in gateless)
    return replace(rules, treatments=kept)


def protect(
    source: pd.DataFrame, rules: RuleSet, book: Codebook, coarser: Iterable[RuleSet] = ()
) -> tuple[Plan, Outcome]:
    """Choose the levels and protect a frame; ``coarser`` are the tiers that start from this one.

    Raises CannotMeet where the rule cannot be met.
    """
    return plan_and_apply(source, rules, book.hierarchies(), least=needed(rules, coarser))


def attack_protected(source: pd.DataFrame, outcome: Outcome, rules: RuleSet, book: Codebook) -> dict[str, Any]:
    """Attack a finished protected file from its own bytes; raises Withheld if an attack succeeds."""
    data = outcome.frame.to_csv(index=False).encode()
    report = engine.attack(source, engine.read_released(data), rules, book.hierarchies())
    return judged(report.to_json())


def attack_release(
    members: Mapping[str, bytes],
    original: pd.DataFrame,
    protected: pd.DataFrame,
    rules: RuleSet,
    book: Codebook,
    *,
    quoted: Iterable[str] = (),
) -> dict[str, Any]:
    """Attack a finished package from its delivered bytes; raises Withheld if an attack succeeds.

    ``quoted`` are the words of requester, deciders and steward that the package repeats: an address in them is meant.
    ``original`` holds the true rows the tier was made from and ``protected`` the signed-off file, both under the
    recipient's pseudonyms, so that each delivered row can be compared with its own.
    """
    delivered = engine.read_released(members["data.csv"]).rename(columns={"record_id": ID})
    delivered = delivered[[name for name in delivered.columns if name in protected.columns]]
    report = judged(engine.attack(original, delivered, rules, book.hierarchies(), protected=protected).to_json())
    found = leaks.scan(members, (), allowed={*STATED_ADDRESSES, *leaks.stated(quoted)})
    if found:
        kinds = sorted({f"{one.kind} in {one.member}" for one in found})
        raise Withheld(f"leaks: {', '.join(kinds)} in the finished package")
    return report


def judged(report: dict[str, Any]) -> dict[str, Any]:
    """Return an attack's report; raises Withheld naming the attacks that succeeded."""
    lost = sorted(name for name, one in report["attacks"].items() if not one["passed"])
    if lost:
        raise Withheld(f"attack: {', '.join(lost)} succeeded on the finished file")
    return report


def figures(rules: RuleSet, report: Mapping[str, Any]) -> dict[str, int]:
    """Return what the log keeps of a report: k, and the mean and highest risk in parts per million."""
    risk = report.get("risk", {})
    return {"k": rules.k} | {name: round(risk[name] * PPM) for name in ("mean", "max") if name in risk}
