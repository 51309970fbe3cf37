"""Measure, protect and attack a table file of records about persons, without the portal.

DATA is CSV (UTF-8; comma or semicolon) or Parquet, one record a row. The keys are the columns that somebody may know
about a person from elsewhere: place, age, gender, nationality. In a released file an empty cell is a hidden one.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from portal.disclosure import cli_measure, cli_protect, cli_table
from portal.disclosure import cli_options as options
from portal.disclosure.measure import SEMANTICS
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables.rules import TableRules

BAD_INPUT, CANNOT_MEET = 2, 3
START = """\
where to start:
  measure DATA                see how many people stand out
  protect DATA                make a file in which nobody does
  attack DATA RELEASED        try to find somebody in it all the same
  table DATA                  or publish counts instead of records

exit codes: 0 done; 2 bad input, with the column and the fact; 3 the rule cannot be met, or an attack succeeded.
"""
PROGRAM = "python -m portal.disclosure"
EXAMPLES = {
    "measure": """\
example:
  {program} measure survey.csv --keys country,gender,age_band --records risk.csv

The three counts say how many records look like fewer than 2, 3, 5 or 11 others: strict (a hidden value is a value of
its own), match (a hidden value fits anything, as sdcMicro counts) and attacker (for who knows a person's true values).
""",
    "protect": """\
examples:
  {program} protect survey.csv --keys country,gender,age --k 5 --out safe.csv --report report.json
      hides single values
  {program} protect survey.csv --keys country,gender,age --k 5 --hierarchy age=age.csv --limit 0.02 \\
      --plan plan.json --out safe.csv --report report.json
      shows the whole column age at the level that loses least; hides all keys of 2 % of the records at most

A hierarchy has no header; each line is a value and its coarser and coarser forms: 23;20-24;20-29;*
""",
    "attack": """\
example:
  {program} attack survey.csv safe.csv --keys country,gender,age --k 5 --hierarchy age=age.csv

Files with as many rows are taken to hold the same records in the same order. RELEASED may come from any tool.
""",
    "table": """\
examples:
  {program} table survey.csv --rows country,age_band --columns gender --min 10 --out counts.csv --report report.json
  {program} table paid.csv --rows region --magnitude cost_usd --contributor person_id --out sums.csv
  {program} table survey.csv --rows country --columns gender --check counts.csv
      audits a table that was made before, by whatever tool

"Total" stands where a column is summed over; an empty number is hidden. The report is for who approves: why a cell
is hidden must not be published.
""",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb. Returns 0 done, 2 bad input, 3 the rule cannot be met or an attack succeeded; each with a word."""
    chosen = parser().parse_args(arguments)
    verb: Callable[[argparse.Namespace], None] = chosen.verb
    try:
        verb(chosen)
    except BadInput as error:
        return _refused(error, BAD_INPUT)
    except CannotMeet as error:
        return _refused(error, CANNOT_MEET)
    return 0


def _refused(error: Exception, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


def parser() -> argparse.ArgumentParser:
    """The four verbs and their options."""
    form = argparse.RawDescriptionHelpFormatter
    made = options.Parser(prog=PROGRAM, description=__doc__, epilog=START, formatter_class=form)
    verbs = made.add_subparsers(required=True, metavar="measure | protect | attack | table")
    told = {
        "measure": ("count and rate the risk of a file", cli_measure.run, _measure),
        "protect": ("hide or coarsen values until the rule holds", cli_protect.run, _protect),
        "attack": ("attack a released file", cli_measure.run_attack, _attack),
        "table": ("make, or check, a table of counts or sums", cli_table.run, _table),
    }
    for name, (what, verb, more) in told.items():
        epilog = EXAMPLES[name].format(program=PROGRAM)
        one = verbs.add_parser(name, help=what, description=what, epilog=epilog, formatter_class=form)
        more(one)
        one.add_argument("--progress", action="store_true", help="say what is going on, as on a terminal")
        one.set_defaults(verb=verb)
    return made


def _measure(one: argparse.ArgumentParser) -> None:
    _file(one, "data", "the file to measure")
    _keys(one, required=True)
    one.add_argument("--weight", metavar="COLUMN", help="sampling weights, each 1 or more")
    one.add_argument(
        "--sensitive", type=options.names, default=[], metavar="A,B", help="measure their spread in classes"
    )
    one.add_argument("--json", type=Path, metavar="FILE", help="write the figures here instead of printing them")
    one.add_argument("--records", type=Path, metavar="CSV", help="write fk, Fk, risk, suda and dis per record here")
    _largest(one)
    fraction = "share of the population interviewed, for dis; else rows by the sum of weights, and 1 without weights"
    one.add_argument("--fraction", type=float, metavar="SHARE", help=fraction)


def _protect(one: argparse.ArgumentParser) -> None:
    _file(one, "data", "the file to protect; it stays as it is")
    _keys(one, required=False)
    one.add_argument("--k", type=int, help="how many records must look alike at least, such as 5")
    _hierarchy(one)
    limit = "with --hierarchy: at most this share of records, 0 to 1, may lose all their keys (default 1)"
    one.add_argument("--limit", type=float, metavar="SHARE", help=limit)
    rare = "with --hierarchy: coarsen only the rare records; a column KEY_level then says how far"
    one.add_argument("--rare", action="store_true", default=None, help=rare)
    importance = "such as age=3,country=1: what matters less is hidden first"
    one.add_argument("--importance", type=options.weights, metavar="A=N,B=N", help=importance)
    closed = (
        "also hide what shown neighbours would give away to who knows this rule; left out, only where the file would "
        "lose to an attack otherwise, and always with --memory; --no-closed: hide as little as k takes, to compare"
    )
    one.add_argument("--closed", action=options.EitherWay, help=closed)
    plan = "write what was decided here; if the file is there, do exactly that again, for the same rows only"
    one.add_argument("--plan", type=Path, metavar="JSON", help=plan)
    memory = "for a file larger than memory: stay within so many GB, by temporary files"
    one.add_argument("--memory", type=float, metavar="GB", help=memory)
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="the protected file, of the kind of DATA")
    one.add_argument(
        "--report", type=Path, required=True, metavar="JSON", help="figures before and after, and the cost"
    )
    _largest(one)


def _attack(one: argparse.ArgumentParser) -> None:
    _file(one, "original", "the file with the true values")
    _file(one, "released", "the file to attack")
    _keys(one, required=True, semantics="makes no difference here: an attack goes by what it finds")
    one.add_argument("--k", type=int, required=True, help="what RELEASED is said to keep")
    _hierarchy(one)
    one.add_argument("--json", type=Path, metavar="FILE", help="write the findings here instead of printing them")


def _table(one: argparse.ArgumentParser) -> None:
    _file(one, "data", "the file to count")
    one.add_argument("--rows", type=options.names, required=True, metavar="A,B", help="columns of DATA down the table")
    one.add_argument("--columns", type=options.names, default=[], metavar="C", help="columns of DATA across the table")
    one.add_argument("--magnitude", metavar="COLUMN", help="add up this column instead of counting records")
    contributor = "whose records are whose: several of one person count, and dominate, as one"
    one.add_argument("--contributor", metavar="COLUMN", help=contributor)
    rules = TableRules()
    one.add_argument("--min", type=int, default=rules.minimum, help="fewer records hide a cell (default 10)")
    dominance = "hide sums of which one contributor has more (default 85)"
    one.add_argument("--dominance", type=float, default=rules.dominance, metavar="PERCENT", help=dominance)
    near = "hide sums in which the second contributor can guess the first this closely (default 10)"
    one.add_argument("--p", type=float, default=rules.p, metavar="PERCENT", help=near)
    method = "hide cells; add noise that belongs to the people in a cell; or round so that sums hold"
    one.add_argument("--method", choices=cli_table.METHODS, default="suppress", help=method)
    one.add_argument("--base", type=int, default=10, help="with round: to multiples of this (default 10)")
    one.add_argument("--variance", type=float, default=3.0, help="with cellkey: of the noise (default 3)")
    one.add_argument(
        "--key-file", type=Path, metavar="FILE", help="with cellkey: 32 secret bytes or more, kept for good"
    )
    one.add_argument("--check", type=Path, metavar="TABLE", help="audit this table instead of making one")
    one.add_argument("--out", type=Path, metavar="FILE", help="the table as CSV, or as Parquet if so named")
    one.add_argument(
        "--json", type=Path, metavar="FILE", help="the table as JSON too: a list of cells, hidden ones null"
    )
    one.add_argument("--report", type=Path, metavar="JSON", help="the audit and what was hidden; printed if left out")


def _file(one: argparse.ArgumentParser, name: str, what: str) -> None:
    one.add_argument(name, type=Path, metavar=name.upper(), help=f"{what} (CSV or Parquet)")


def _keys(
    one: argparse.ArgumentParser, *, required: bool, semantics: str = "which count stands for the risk (default strict)"
) -> None:
    keys = "columns that others may know, by commas" + ("" if required else "; left out, as the plan says")
    one.add_argument("--keys", type=options.names, required=required, metavar="A,B,C", help=keys)
    one.add_argument("--semantics", choices=SEMANTICS, help=semantics)
    alpha = "with match: the share in which missing values match (default 1)"
    one.add_argument("--alpha", type=options.share, default=1.0, metavar="SHARE", help=alpha)


def _hierarchy(one: argparse.ArgumentParser) -> None:
    what = "the coarser forms of a key's values; may be given for several keys"
    one.add_argument("--hierarchy", type=options.assigned, action="append", default=[], metavar="KEY=CSV", help=what)


def _largest(one: argparse.ArgumentParser) -> None:
    what = "search special uniques among sets of at most so many keys"
    one.add_argument("--largest-set", type=int, metavar="N", help=what)
