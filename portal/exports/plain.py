"""What a protected file does for the people in it and costs its readers, in plain words: the same for every reader."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext

from portal import i18n
from portal.exports.models import ProtectedFile
from portal.exports.package_report import TOLD_ONLY
from portal.exports.selection import rounded
from portal.rulesets.words import family, level

SLIGHT = 0.0005  # a smaller share reads 0.0 %


def sentences(file: ProtectedFile) -> list[str]:
    """Return the sentences that a signer, a decider and whoever reads the assessment all see."""
    report, attacks = file.report, file.attacks.get("attacks", {})
    lines = [*_protection(file), *_cost(file), *_round(report)] if report.get("k") else []
    if attacks.get("homogeneity", {}).get("passed"):
        lines.append(gettext("No group gives a sensitive answer away: in each, others answered differently."))
    if attacks.get("minimality", {}).get("passed"):
        lines.append(gettext("A hidden answer does not give itself away: answers of other groups are hidden with it."))
    tried = [one["passed"] for name, one in attacks.items() if name not in TOLD_ONLY]
    if tried:
        passed = sum(tried)
        lines.append(gettext("%(passed)s of %(tried)s attacks on it failed.", passed=passed, tried=len(tried)))
    if file.attacks.get("not_tried") and report.get("k"):
        lines.append(gettext("It is too small to be attacked with a control group; its finished bytes were attacked."))
    return [str(line) for line in lines]


def _protection(file: ProtectedFile) -> Iterator[str]:
    report = file.report
    least = report["smallest_class"]
    yield gettext(
        "The smallest group has %(n)s people who are alike in all of these: %(names)s; %(k)s are required.",
        n=i18n.number(least),
        k=i18n.number(report["k"]),
        names=", ".join(family(key["name"]) for key in file.rule_set["keys"]),
    )
    yield from _alone(least, report["k"], report.get("round", {}).get("smallest"))
    yield gettext("On average such a guess is right in %(share)s of cases.", share=i18n.percent(report["risk"]["mean"]))


def _alone(least: int, k: int, together: int | None) -> Iterator[str]:
    """How many others stand beside each person: in this file, and in all files of the tier that are known together.

    Where an earlier file was made for smaller groups, those of all files may be smaller than this one promises.
    """
    if together is None or together < k:
        yield gettext("Nobody can be told apart from fewer than %(n)s others by them.", n=i18n.number(least - 1))
    else:
        yield gettext(
            "Nobody can be told apart from fewer than %(n)s others by them, also by someone who holds every earlier "
            "file of this tier.",
            n=i18n.number(min(least, together) - 1),
        )
    if together is not None and together < k:
        yield gettext(
            "Someone who holds every earlier file of this tier may find groups of only %(n)s people: an earlier file "
            "was made for smaller ones.",
            n=i18n.number(together),
        )


def _cost(file: ProtectedFile) -> Iterator[str]:
    """Say what is hidden, and which aims of its rule set the file misses."""
    hidden = {column: 1 - share for column, share in file.report.get("utility", {}).get("kept", {}).items()}
    parts = [f"{level(column)} ({i18n.percent(share)})" for column, share in hidden.items() if share >= SLIGHT]
    if parts:
        yield gettext("To reach this, some values are hidden: %(names)s.", names=", ".join(parts))
    if not file.plan or not file.plan["points"]:
        return
    chosen, aims = file.plan["points"][file.plan["chosen"]], file.rule_set["aims"]
    if "gap" in chosen["broken"]:
        yield gettext(
            "What a named group shows lies %(found)s from what all show; the rule set aims at %(most)s at most.",
            found=i18n.percent(chosen["gap"]),
            most=i18n.percent(aims["gap"]),
        )
    if "change" in chosen["broken"]:
        yield gettext(
            "A cell of the cross-tables moves by %(found)s points; the rule set aims at %(most)s at most.",
            found=i18n.number(round(chosen["change"], 1)),
            most=i18n.number(aims["change"]),
        )


def _round(report: Mapping[str, Any]) -> Iterator[str]:
    """What a file owes to the earlier ones of its tier; counts in tens, like all that people see."""
    told = report.get("round")
    if not told:
        return
    said = {name: rounded(told[name]) for name in ("kept", "new", "left", "held_back", "corrected")}
    number = {"number": i18n.number(told["follows"])}
    if told["anew"]:
        yield gettext(
            "Its keys or the size of its groups have changed since version %(number)s: it was made anew, and every "
            "group of all files of this tier together has at least %(n)s people.",
            **number,
            n=i18n.number(told["smallest"]),
        )
    else:
        yield gettext(
            "It follows version %(number)s: %(kept)s rows are shown as before, %(new)s are new and were protected "
            "among themselves.",
            **number,
            kept=said["kept"],
            new=said["new"],
        )
    yield gettext(
        "%(left)s rows of the last file are no longer there; %(corrected)s were corrected or show less by now; "
        "%(held)s others stay out with them, so that nobody leaves alone.",
        left=said["left"],
        corrected=said["corrected"],
        held=said["held_back"],
    )
    if told["waiting"]:
        yield gettext("New rows too few to make a group of %(k)s wait for a later version.", k=i18n.number(report["k"]))
