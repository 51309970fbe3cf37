"""Protecting synthetic surveys: seconds, and how much of the keys is kept, against what the demonstration needs.

Then a large survey goes the whole way in sealed files: from the source to a tier ready to be signed off, from there to
a request's package, and from the source once more to a tier that releases every column.
"""

import hashlib
import hmac
import os
import resource
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd

from bench.common import line
from portal.catalogue import codebook, rows, synthetic
from portal.disclosure.plan import Plan
from portal.disclosure.protect import Outcome, protect
from portal.disclosure.ruleset import RuleSet, Treatment, default
from portal.exports import menu, package, proving
from portal.exports.pseudonym import relabel
from portal.exports.selection import select
from portal.storage import LocalStore, new_name
from portal.vault import open_, seal
from tests.recount.chain import WHERE, content_of

# CPU seconds; share of key cells shown; share of rows that keep country and year. A small survey has to give more.
LIMITS = {3_000: (2.0, 0.7, 0.7), 20_000: (4.0, 0.8, 0.9), 140_000: (25.0, 0.85, 0.95)}
TO_TIER, TO_PACKAGE, ALL_COLUMNS = 10.0, 3.0, 40.0
LARGE = 20_000
SHARE_MOVED = 2.0  # points by which a group's share of those shown may differ from its share of all
ASKED = ("drivers", "finance", "influencers", "cost_band", "smuggler_use", "exp_any", "exp_types", "deaths_seen")
BOOK = codebook.reference()


@dataclass(frozen=True)
class Vault:
    """A store of sealed frames, all under one key."""

    store: LocalStore
    dek: bytes

    def keep(self, frame: pd.DataFrame) -> str:
        name = new_name()
        seal(self.store, name, rows.pieces(rows.pack(frame)), self.dek, b"bench")
        return name

    def open(self, name: str) -> pd.DataFrame:
        return rows.unpack(b"".join(open_(self.store, name, self.dek, b"bench")))


def main() -> None:
    for count, (limit, shown, placed) in LIMITS.items():
        frame, rules = drawn(count), default("partner")
        started = time.process_time()
        outcome = protect(frame, rules, BOOK.hierarchies())
        line(f"{count:,} rows: protect, CPU", time.process_time() - started, limit, "s", most=True)
        kept = outcome.frame[rules.key_columns] != ".s"
        line(f"{count:,} rows: key cells still shown", float(kept.to_numpy().mean()), shown, "", most=False)
        both = float((kept["country"] & kept["year"]).mean())
        line(f"{count:,} rows: rows that keep country and year", both, placed, "", most=False)
        line(f"{count:,} rows: smallest class", outcome.report["smallest_class"], rules.k, "", most=False)
        for group, moved in outcome.report["utility"]["share_moved"].items():
            what = f"{count:,} rows: a share by {group}, farthest from the source's"
            if count >= LARGE:
                line(what, 100 * moved, SHARE_MOVED, "points", most=True)
            else:
                print(f"     {what}: {100 * moved:.1f} points; no goal for so small a survey")
    whole_way(frame)
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 4, "GB", most=True)


def drawn(count: int) -> pd.DataFrame:
    frame = synthetic.draw(count, 4, dirt=False).frame.copy()
    frame.insert(0, "interview_id", frame["_uuid"])
    return frame


def whole_way(frame: pd.DataFrame) -> None:
    partner, licensed = default("partner"), default("licensed")
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(LocalStore(Path(folder) / "vault"), os.urandom(32))
        source = vault.keep(frame)
        plan, outcome, file = to_tier(vault, source, partner, [licensed], "partner tier", TO_TIER)
        to_tier(vault, file, licensed, [], "licensed tier", TO_TIER)
        to_package(vault, file, plan.rules, outcome)
        everything = replace(partner, treatments=(*partner.treatments, *others(frame, partner)))
        to_tier(vault, source, everything, [], "tier of all columns", ALL_COLUMNS)


def others(frame: pd.DataFrame, rules: RuleSet) -> list[Treatment]:
    """Every column that the rule set does not release, released as it is."""
    named = {*rules.key_columns, *rules.sources, rules.duplicates.id}
    kinds = {name: BOOK.variables[name].type if name in BOOK.variables else "text" for name in frame}
    return [
        Treatment(name, reason="to measure", multiple=kind == "multiple")
        for name, kind in kinds.items()
        if name not in named
    ]


def to_tier(
    vault: Vault, source: str, rules: RuleSet, coarser: Iterable[RuleSet], what: str, limit: float
) -> tuple[Plan, Outcome, str]:
    """Open, protect, attack, seal and make the menu, as the job ``protect`` does; print what each took."""
    marks = [time.process_time()]
    frame = vault.open(source)
    marks.append(time.process_time())
    plan, outcome = proving.protect(frame, rules, BOOK, coarser)
    marks.append(time.process_time())
    proving.attack_protected(frame, outcome, plan.rules, BOOK)
    marks.append(time.process_time())
    sealed = vault.keep(outcome.frame)
    menu.build(outcome.frame, plan.rules, BOOK, {})
    marks.append(time.process_time())
    steps = [f"{after - before:.1f}" for before, after in pairwise(marks)]
    size = f"{len(outcome.frame):,} × {outcome.frame.shape[1]}"
    line(f"{size} {what}, CPU ({' + '.join(steps)})", marks[-1] - marks[0], limit, "s", most=True)
    return plan, outcome, sealed


def to_package(vault: Vault, file: str, rules: RuleSet, outcome: Outcome) -> None:
    """Open a tier, choose a request's rows and columns and pack them, as the job ``release`` does."""
    started = time.process_time()
    keys = rules.key_columns
    chosen = select(vault.open(file), WHERE, columns=[*keys, *ASKED], key_columns=keys)
    named = relabel(chosen, lambda one: hmac.digest(vault.dek, one, hashlib.sha256))
    package.build(content_of(outcome, rules, named, BOOK, language="en"))
    line(f"tier to a package of {named.shape}, CPU", time.process_time() - started, TO_PACKAGE, "s", most=True)


main()
