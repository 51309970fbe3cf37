"""Twelve quarters, six partners: tailored extracts repaired against the ledger, or selections of protected files.

    python -m bench.replay [--rows 20000] [--anew]

The survey is drawn; every quarter adds its interviews, and every partner asks for what its work needs, not quite the
same each time. (A) Each extract is suppressed by itself, judged, repaired, written down. (B) The base and each round
are protected by the partner tier's rule set among themselves; a request selects from these files; what the tier does
not carry comes as tables. ``--anew`` also protects the whole file anew each quarter and counts what the versions tell
together.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from portal.catalogue import codebook, synthetic
from portal.disclosure import ledger as book
from portal.disclosure.eligible import eligible
from portal.disclosure.joint import Terms
from portal.disclosure.judge import judge
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.protect import protect
from portal.disclosure.recode import derive
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import Key, Level, RuleSet, default
from portal.disclosure.suppress import suppress

K, CELL = 5, 10
TOLD_AT = (6, 20, 72)
QUARTERS = [f"{year}-Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]
COUNTRY = Level("country", "interview_country", (), 3)
YEAR = Level("year", "interview_date", ("date:year",), 3)
SUBREGION = Level("origin_subregion", "nationality", ("country",), 1.5)
BAND = Level("age_band", "age", ("bands:age",), 1)
MENU = {
    "country": Key("place", (COUNTRY,)),
    "admin1": Key("place", (COUNTRY, Level("admin1", "interview_admin1"))),
    "year": Key("time", (YEAR,)),
    "quarter": Key("time", (YEAR, Level("quarter", "interview_date", ("date:quarter",)))),
    "gender": Key("gender", (Level("gender", "gender", (), 1.5),)),
    "age_band": Key("age", (BAND,)),
    "age_band5": Key("age", (BAND, Level("age_band5", "age_band5"))),
    "origin_subregion": Key("origin", (SUBREGION,)),
    "nationality": Key("origin", (SUBREGION, Level("nationality", "nationality"))),
    "education": Key("education", (Level("education", "education"),)),
    "marital": Key("marital", (Level("marital", "marital"),)),
}
TIER = ("country", "admin1", "year", "gender", "age_band", "origin_subregion")
FAMILY = {"quarter": "year", "age_band5": "age_band", "nationality": "origin_subregion", "admin1": "country"}


@dataclass(frozen=True)
class Wish:
    """What a partner asks for: always, sometimes, where, and of how many past years (0: all)."""

    partner: str
    always: tuple[str, ...]
    sometimes: tuple[str, ...]
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    maybe: tuple[str, ...] = ()
    years: int = 0


WISHES = (
    Wish("IOM", ("country", "quarter", "gender"), ("age_band", "origin_subregion"), years=3),
    Wish(
        "UNHCR",
        ("country", "year", "gender", "age_band", "nationality"),
        ("marital",),
        (("interview_country", ("LBY", "NER", "MLI", "BFA", "SDN")),),
        ("EGY", "TUN"),
    ),
    Wish(
        "UNODC",
        ("country", "year", "nationality"),
        ("gender", "education"),
        (("smuggler_use", ("yes", "yes_one", "yes_several")),),
    ),
    Wish("University", ("country", "year", "age_band5", "education"), ("marital",), (("gender", ("woman",)),)),
    Wish(
        "Clingendael",
        ("admin1", "quarter", "gender"),
        ("age_band",),
        (("interview_country", ("NER", "MLI")),),
        ("BFA",),
        years=5,
    ),
    Wish(
        "UNICEF",
        ("admin1", "year", "gender", "origin_subregion"),
        ("education",),
        (("age_band", ("b1824",)),),
        years=4,
    ),
)


@dataclass(frozen=True)
class Asked:
    """One request: its number, the quarter, the variables and the rows of the survey it means."""

    number: int
    quarter: str
    partner: str
    variables: tuple[str, ...]
    rows: pd.Index


def requests(survey: pd.DataFrame, known: pd.DataFrame) -> Iterator[Asked]:
    rng = np.random.default_rng(27)
    number = 0
    for quarter in QUARTERS:
        for wish in WISHES:
            number += 1
            extra = [name for name in wish.sometimes if rng.random() < 0.5]
            rows = known["quarter"] <= quarter
            for column, values in wish.where:
                wanted = [*values, *(one for one in wish.maybe if rng.random() < 0.3)]
                rows &= (known if column in known else survey)[column].isin(wanted)
            if wish.years:
                rows &= known["year"] > str(int(quarter[:4]) - wish.years)
            yield Asked(number, quarter, wish.partner, (*wish.always, *extra), survey.index[rows])


class Tally:
    """Rows and cells asked for and delivered; a cell counts as asked, or as coarser where another level is shown."""

    def __init__(self, name: str) -> None:
        self.name, self.sums, self.seconds = name, np.zeros(5), 0.0
        self.refused = 0

    def add(self, asked: Asked, made: pd.DataFrame | None) -> None:
        cells = len(asked.rows) * len(asked.variables)
        if made is None:
            self.refused += 1
            self.sums += (len(asked.rows), 0, cells, 0, 0)
        else:
            exact = sum(_shown(made, one) for one in asked.variables)
            some = sum(max(_shown(made, one), _shown(made, FAMILY.get(one, one))) for one in asked.variables)
            self.sums += (len(asked.rows), len(made), cells, exact, some)
        if asked.number in TOLD_AT:
            rows, kept, cells, exact, some = self.sums
            print(
                f"{self.name:<34} release {asked.number:>2}: rows lost {1 - kept / rows:6.1%}, cells not as asked "
                f"{1 - exact / cells:6.1%}, cells without any level {1 - some / cells:6.1%}, "
                f"refused {self.refused}, {self.seconds:.0f} s"
            )


def _shown(made: pd.DataFrame, column: str) -> int:
    return int((made[column] != SUPPRESSED).sum()) if column in made else 0


def tailored(asked: Sequence[Asked], known: pd.DataFrame) -> None:
    """(A) and, beside it, the same extracts with nobody looking."""
    alone, repaired = Tally("A  suppressed by itself"), Tally("A  repaired against the ledger")
    ledger, unseen = book.empty(), book.empty()
    for one in asked:
        extract = Extract(tuple(MENU[name] for name in one.variables))
        started = time.process_time()
        made = _suppressed(known.loc[one.rows, ["interview_id", *extract.columns]], extract)
        alone.seconds += time.process_time() - started
        alone.add(one, made)
        out = None
        if made is not None:
            unseen = _written(unseen, extract, made, one)
            started = time.process_time()
            verdict = judge(ledger, made, extract, Terms(K), head=ledger.head)
            if verdict.plan is not None:
                out = verdict.plan.apply(made)
                ledger = _written(ledger, extract, out, one)
            repaired.seconds += time.process_time() - started
        repaired.add(one, out)
        if one.number in TOLD_AT:
            _told("A  with nobody looking", unseen, one.number)
            _told("A  with the ledger", ledger, one.number)


def _suppressed(part: pd.DataFrame, extract: Extract) -> pd.DataFrame | None:
    try:
        return suppress(part, extract.keys, K, tie="interview_id")
    except CannotMeet:
        return None


def _written(ledger: book.Ledger, extract: Extract, made: pd.DataFrame, one: Asked) -> book.Ledger:
    views = extract.views(made)
    return book.append(
        ledger, views, head=ledger.head, kind="release", reference=f"{one.partner} {one.quarter}", on=one.quarter
    )


def _told(name: str, ledger: book.Ledger, number: int) -> None:
    sizes = ledger.sizes[ledger.of]
    print(
        f"{name:<34} release {number:>2}: of {len(sizes):,} interviews that left, alone in all files together "
        f"{(sizes == 1).mean():.1%}, below {K} {(sizes < K).mean():.1%}"
    )


def tiers(asked: Sequence[Asked], survey: pd.DataFrame, known: pd.DataFrame) -> None:
    """(B) Selections of the partner tier, whose base and rounds are protected among themselves; and tables."""
    tally, tables = Tally("B  selections of the partner tier"), Tally("B  … and tables for the rest")
    whole, rules, lists = pd.DataFrame(), default("partner"), codebook.reference().hierarchies()
    for one in asked:
        started = time.process_time()
        if one.number % len(WISHES) == 1:
            new = survey[_round(known, one.quarter)]
            whole = pd.concat([whole, protect(new, rules, lists).frame])
        made = _selected(whole, one, known)
        tally.seconds += time.process_time() - started
        tally.add(one, made)
        tables.add(one, _with_tables(made, one, known))


def _round(known: pd.DataFrame, quarter: str) -> "pd.Series[bool]":
    """The interviews of a quarter; with the first quarter all that came before."""
    return known["quarter"] <= quarter if quarter == QUARTERS[0] else known["quarter"] == quarter


def _selected(whole: pd.DataFrame, one: Asked, known: pd.DataFrame) -> pd.DataFrame:
    """The rows of the tier that a request means and that a filter on its keys, as shown, can reach."""
    made = whole.loc[whole.index.intersection(one.rows)]
    truth = known.loc[made.index]
    reach = pd.Series(data=True, index=made.index)
    wish = next(wish for wish in WISHES if wish.partner == one.partner)
    columns = {"interview_country": "country", "age_band": "age_band", "gender": "gender"}
    for column, _ in wish.where:
        name = columns.get(column)
        if name:
            reach &= made[name] == truth[name]
    if wish.years:
        reach &= made["year"] == truth["year"]
    return made.loc[reach, [name for name in TIER if name in made]]


def _with_tables(made: pd.DataFrame, one: Asked, known: pd.DataFrame) -> pd.DataFrame:
    """Beside the rows: each variable that the tier does not carry as asked, in a table by country, cells from ten."""
    truth = known.loc[one.rows]
    after = made.reindex(one.rows)
    for name in one.variables:
        if name not in TIER:
            inside = truth.groupby(["country", name])["interview_id"].transform("size") >= CELL
            after[name] = truth[name].where(inside, SUPPRESSED)
    return after.fillna(SUPPRESSED)


def anew(asked: Sequence[Asked], survey: pd.DataFrame, known: pd.DataFrame) -> None:
    """What twelve versions of the partner tier tell together, each protected anew over all its interviews."""
    rules, lists, ledger = default("partner"), codebook.reference().hierarchies(), book.empty()
    for number, quarter in enumerate(QUARTERS, start=1):
        made = protect(survey[known["quarter"] <= quarter], rules, lists).frame
        ledger = _written(ledger, Extract(rules.keys), made, replace(asked[0], partner="tier", quarter=quarter))
        _told("B' protected anew each quarter", ledger, number)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--anew", action="store_true")
    chosen = options.parse_args()
    survey, known = prepared(chosen.rows)
    asked = list(requests(survey, known))
    print(f"{len(survey):,} interviews that may be shared, {len(asked)} requests")
    for run in (partial(tailored, asked, known), partial(tiers, asked, survey, known)):
        run()
    if chosen.anew:
        anew(asked, survey, known)


def prepared(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A drawn survey's interviews that may be shared, and every level of every key that anybody may ask for."""
    drawn = synthetic.draw(rows, 4, dirt=False).frame
    drawn.insert(0, "interview_id", drawn["_uuid"])
    rules, lists = default("partner"), codebook.reference().hierarchies()
    survey = eligible(drawn, rules, lists)[0]
    return survey, derive(survey, _menu(rules), lists)


def _menu(rules: RuleSet) -> RuleSet:
    """Every level that anybody may ask for, as one rule set to derive them by."""
    levels = {level.column: level for key in MENU.values() for level in key.levels}
    return replace(rules, keys=tuple(Key(name, (level,)) for name, level in levels.items()), treatments=())


if __name__ == "__main__":
    main()
