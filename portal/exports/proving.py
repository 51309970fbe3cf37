"""The disclosure engine as the jobs use it: plan, protect with confirmed roles only, attack what was made, sum up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from portal.catalogue.codebook import Codebook
from portal.disclosure import attack as engine
from portal.disclosure import leaks, threats
from portal.disclosure.plan import Plan
from portal.disclosure.planner import needed
from portal.disclosure.protect import Outcome
from portal.disclosure.released import csv_of
from portal.disclosure.rounds import Earlier, plan_and_follow
from portal.disclosure.rounds_attack import by_round, together
from portal.disclosure.rounds_judge import TooClose
from portal.disclosure.ruleset import RuleSet
from portal.errors import Withheld

PPM = 1_000_000
ID = "interview_id"
OF_PERSONS = ("classes", "prosecutor", "homogeneity", "downcoding")
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


@dataclass(frozen=True)
class Rounds:
    """The files of the tier that a new one must not be told apart by, oldest first, and the key that draws company."""

    earlier: Sequence[Earlier] = ()
    key: bytes = b""


ALONE = Rounds()


def protect(
    source: pd.DataFrame, rules: RuleSet, book: Codebook, coarser: Iterable[RuleSet] = (), rounds: Rounds = ALONE
) -> tuple[Plan, Outcome]:
    """Choose the levels and protect a frame beside the tier's earlier files; ``coarser`` tiers start from this one.

    Raises CannotMeet where the rule cannot be met, Withheld where changed rules tell too much beside earlier files.
    """
    least = needed(rules, coarser)
    try:
        return plan_and_follow(rounds.earlier, source, rules, book.hierarchies(), rounds.key, least=least)
    except TooClose as error:
        raise Withheld(str(error)) from error


def attack_protected(
    source: pd.DataFrame, outcome: Outcome, rules: RuleSet, book: Codebook, rounds: Rounds = ALONE
) -> dict[str, Any]:
    """Attack a finished protected file from its own bytes, alone and together with the tier's earlier files.

    And attack half of it beside a control group: what the rules let out of these rows.

    Raises Withheld if an attack succeeds, or could not be tried.
    """
    released = engine.read_released(csv_of(outcome.frame))
    report = engine.attack(source, released, rules, book.hierarchies())
    if rounds.earlier:
        guessed = by_round(rounds.earlier, source, released, rules, book.hierarchies())
        more = {
            "downcoding": guessed,
            "together": together(rounds.earlier, released, rules),
        }
        report = replace(report, attacks={**report.attacks, **more})
    found = report.to_json()
    controlled = threats.attack_with_control(source, rules, book.hierarchies())
    found["attacks"] |= controlled["attacks"]
    return judged(found, tried=OF_PERSONS if rules.keys else ()) | {"not_tried": controlled.get("not_tried", "")}


def attack_release(  # noqa: PLR0913 -- all that a package is judged by
    members: Mapping[str, bytes],
    original: pd.DataFrame,
    protected: pd.DataFrame,
    rules: RuleSet,
    book: Codebook,
    *,
    quoted: Iterable[str] = (),
    rounds: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Attack a finished package from its delivered bytes; raises Withheld if an attack succeeds.

    ``quoted`` are the words of requester, deciders and steward that the package repeats: an address in them is meant.
    ``original`` holds the true rows the tier was made from and ``protected`` the signed-off file, both under the
    recipient's pseudonyms, so that each delivered row can be compared with its own. ``rounds`` is the downcoding of a
    protected file that follows others: it was tried round by round, which a selection no longer tells apart.
    """
    delivered = engine.read_released(members["data.csv"]).rename(columns={"record_id": ID})
    delivered = delivered[[name for name in delivered.columns if name in protected.columns]]
    report = engine.attack(original, delivered, rules, book.hierarchies(), protected=protected).to_json()
    if rounds is not None:
        report["attacks"]["downcoding"] = dict(rounds)
    report = judged(report, tried=OF_PERSONS if engine.carried(rules, delivered) else ())
    found = leaks.scan(members, (), allowed={*STATED_ADDRESSES, *leaks.stated(quoted)})
    if found:
        kinds = sorted({f"{one.kind} in {one.member}" for one in found})
        raise Withheld(f"leaks: {', '.join(kinds)} in the finished package")
    return report


def judged(report: dict[str, Any], *, tried: Iterable[str] = ()) -> dict[str, Any]:
    """Return an attack's report; raises Withheld naming those that succeeded, or those of ``tried`` that were not.

    An attack that needs each row's original is left out by the engine where rows have none; here that is a fault.
    """
    missing = sorted(set(tried) - set(report["attacks"]))
    if missing:
        raise Withheld(f"attack: {', '.join(missing)} could not be tried on the finished file")
    lost = sorted(name for name, one in report["attacks"].items() if not one["passed"])
    if lost:
        raise Withheld(f"attack: {', '.join(lost)} succeeded on the finished file")
    return report


def figures(rules: RuleSet, report: Mapping[str, Any]) -> dict[str, int]:
    """Return what the log keeps of a report: k, and the mean and highest risk in parts per million."""
    risk = report.get("risk", {})
    return {"k": rules.k} | {name: round(risk[name] * PPM) for name in ("mean", "max") if name in risk}
