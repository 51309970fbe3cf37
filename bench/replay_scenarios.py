"""Acceptance scenarios on which tailored extracts and protected files differ, played on the survey of the replay.

    python -m bench.replay_scenarios [--rows 20000]

3 the student who asks for everything; 7 differencing; 9 a withdrawal after delivery. The other seven are met, or not,
alike by both: they turn on routing, on terms, or on event files and tables, which no extract is needed for.
"""

import argparse
from collections.abc import Sequence

import pandas as pd

from bench.replay import MENU, K, prepared
from portal.catalogue import codebook
from portal.disclosure import ledger as book
from portal.disclosure.joint import Terms
from portal.disclosure.judge import Verdict, judge, lost
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.protect import protect
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import Key, Level, default
from portal.disclosure.suppress import suppress

AGADEZ, WESTERN_AFRICA = "NE001", "11"
FULL = (
    Key("place", (*MENU["admin1"].levels, Level("interview_place", "interview_place"))),
    Key("time", (*MENU["year"].levels, Level("interview_month", "interview_month"))),
    MENU["gender"],
    Key("age", (*MENU["age_band"].levels, Level("age", "age"))),
    MENU["nationality"],
)


def shares(made: pd.DataFrame, columns: Sequence[str]) -> str:
    return ", ".join(f"{column} {(made[column] != SUPPRESSED).mean():.0%}" for column in columns)


def asked(ledger: book.Ledger, rows: pd.DataFrame, extract: Extract) -> tuple[Verdict, pd.DataFrame, book.Ledger]:
    """Suppress, judge, and write down what may leave."""
    made = suppress(rows, extract.keys, K, tie="interview_id") if len(rows) >= K else rows
    verdict = judge(ledger, made, extract, Terms(K), head=ledger.head)
    if verdict.plan is None:
        return verdict, made, ledger
    out = verdict.plan.apply(made)
    return (
        verdict,
        made,
        book.append(ledger, extract.views(out), head=ledger.head, kind="release", reference="R", on="-"),
    )


def student(survey: pd.DataFrame, known: pd.DataFrame, partner: pd.DataFrame) -> None:
    rows = known.assign(interview_place=survey["interview_place"], interview_month=survey["interview_month"])
    made = suppress(rows.assign(age=survey["age"]), FULL, K, tie="interview_id")
    print("3  A: still shown of", shares(made, [key.columns[-1] for key in FULL]))
    licensed = protect(partner, default("licensed"), {}).frame
    print("3  B: still shown of", shares(licensed, [key.columns[-1] for key in default("licensed").keys]))


def differencing(known: pd.DataFrame, partner: pd.DataFrame) -> None:
    women = known[(known["admin1"] == AGADEZ) & (known["year"] == "2019") & (known["gender"] == "woman")]
    ledger, asks = book.empty(), ("origin_subregion", "origin_subregion", "nationality")
    for number, name in enumerate(asks, start=1):
        extract = Extract((MENU["gender"], MENU[name]))
        rows = women if number != 2 else women[women["origin_subregion"] != WESTERN_AFRICA]
        verdict, made, ledger = asked(ledger, rows, extract)
        cost = f", {lost(made, extract.columns, verdict.plan):.0%} of its cells" if verdict.plan else ""
        print(f"7  A: request {number} of {len(rows)} women by {name}: {verdict.outcome}{cost}")
    shown = partner[(partner["admin1"] == AGADEZ) & (partner["year"] == "2019") & (partner["gender"] == "woman")]
    classes = shown.groupby(default("partner").key_columns).size()
    print(
        f"7  B: {len(shown)} women in {len(classes)} classes, the smallest of {classes.min()}; any two selections "
        "differ by whole classes; nationality is not on the menu"
    )


def withdrawal(known: pd.DataFrame, partner: pd.DataFrame) -> None:
    extract = Extract(tuple(MENU[name] for name in ("country", "year", "gender", "age_band", "origin_subregion")))
    ledger = asked(book.empty(), known, extract)[2]
    gone = known.index[::200]
    mates = []
    for one in gone[:20]:
        verdict, _, _ = asked(ledger, known.drop(index=one), extract)
        assert verdict.plan is not None
        mates.append(int(verdict.plan.out.sum()))
    _mates("A", mates)
    size = partner.groupby(default("partner").key_columns)["interview_id"].transform("size")
    mates = [min(K - 1, int(size[one])) if size[one] >= 2 * K else int(size[one]) - 1 for one in gone[:20]]
    _mates("B", mates)


def _mates(name: str, mates: Sequence[int]) -> None:
    mean = sum(mates) / len(mates)
    print(f"9  {name}: after one withdrawal {min(mates)} to {max(mates)} others stay behind, {mean:.1f} on average")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=20_000)
    survey, known = prepared(options.parse_args().rows)
    partner = protect(survey, default("partner"), codebook.reference().hierarchies()).frame
    student(survey, known, partner)
    differencing(known, partner)
    withdrawal(known, partner)


main()
