"""The engine on the command line, on any table file. An empty cell in a released file is a suppressed one."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from portal.disclosure import datafile
from portal.disclosure.attack import attack, plain_keys
from portal.disclosure.classes import lookalikes, need, text
from portal.disclosure.close import Closing
from portal.disclosure.compatible import tables
from portal.disclosure.measure import SEMANTICS, measure, records, spread, violations
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import Duplicates, RuleSet
from portal.disclosure.suda import suda
from portal.disclosure.suppress import suppress
from portal.disclosure.wildcard import suppress_match

BAD_INPUT, CANNOT_MEET = 2, 3
ROW = "\0row"
HIDDEN = ""


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
    """The three verbs and their options."""
    made = argparse.ArgumentParser(prog="python -m portal.disclosure", description=__doc__)
    verbs = made.add_subparsers(required=True, metavar="measure | protect | attack")
    one = _verb(verbs.add_parser("measure", help="count and rate the risk of a file"), _measure, "data")
    one.add_argument("--weight", help="a column of sampling weights, each 1 or more")
    one.add_argument("--sensitive", type=_names, default=[], help="columns whose spread within classes is measured")
    one.add_argument("--json", type=Path, help="write the figures here instead of printing them")
    one.add_argument("--records", type=Path, help="write fk, Fk, risk, suda and dis per record here")
    one.add_argument("--largest-set", type=int, help="search special uniques among sets of at most so many keys")
    one.add_argument(
        "--fraction",
        type=float,
        help="share of the population interviewed, for dis; else rows by the sum of weights, and 1 without weights",
    )
    two = _verb(verbs.add_parser("protect", help="hide cells until the rule holds"), _protect, "data")
    two.add_argument("--k", type=int, required=True)
    two.add_argument("--importance", type=_importance, default={}, help="a=3,b=1: hide what matters less first")
    two.add_argument("--closed", action="store_true", help="also hide what shown neighbours would give away")
    two.add_argument("--out", type=Path, required=True)
    two.add_argument("--report", type=Path, required=True)
    three = _verb(verbs.add_parser("attack", help="attack a released file"), _attack, "original", "released")
    three.add_argument("--k", type=int, required=True)
    three.add_argument("--json", type=Path)
    return made


def _verb(made: argparse.ArgumentParser, verb: Callable[..., None], *files: str) -> argparse.ArgumentParser:
    for name in files:
        made.add_argument(name, type=Path)
    made.add_argument("--keys", type=_names, required=True, help="key columns, by commas")
    made.add_argument("--semantics", choices=SEMANTICS, default="strict")
    made.add_argument("--alpha", type=float, default=1.0, help="with match: the share in which missing values match")
    made.set_defaults(verb=verb)
    return made


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _importance(given: str) -> dict[str, float]:
    return {name: float(weight) for name, _, weight in (part.partition("=") for part in _names(given))}


def _measure(chosen: argparse.Namespace) -> None:
    frame = datafile.read(chosen.data).frame
    found = measure(
        frame,
        chosen.keys,
        weight=chosen.weight,
        hidden=HIDDEN,
        semantics=chosen.semantics,
        alpha=chosen.alpha,
    )
    found["diversity"] = {name: spread(frame, chosen.keys, name) for name in chosen.sensitive}
    special = suda(frame, chosen.keys, largest=chosen.largest_set, hidden=HIDDEN)
    found["suda"] = {
        "sum": float(special.score.sum()),
        "records": int((special.score > 0).sum()),
        "attributes": {name: round(share, 9) for name, share in special.attributes.items()},
    }
    each = records(frame, chosen.keys, weight=chosen.weight, hidden=HIDDEN, alpha=chosen.alpha)
    each["suda"], each["dis"] = special.score, special.dis(_fraction(frame, chosen))
    _tell(found, chosen.json)
    if chosen.records:
        chosen.records.write_bytes(each.to_csv(index=False).encode())


def _fraction(frame: pd.DataFrame, chosen: argparse.Namespace) -> float:
    if chosen.fraction is not None or chosen.weight is None or frame.empty:
        return 1.0 if chosen.fraction is None else float(chosen.fraction)
    return len(frame) / float(pd.to_numeric(frame[chosen.weight]).sum())


def _protect(chosen: argparse.Namespace) -> None:
    began = perf_counter()
    source = datafile.read(chosen.data)
    rules = _rules(chosen, keys_of=chosen.importance)
    need(source.frame, chosen.keys)
    frame = source.frame.apply(text)
    made = _treated(frame, chosen, rules)
    hidden = datafile.emptied(frame, made, chosen.keys)
    chosen.out.write_bytes(source.without(hidden))
    before, after = tables([frame, made], chosen.keys, hidden=HIDDEN)
    report = {
        "rows": len(frame),
        "keys": chosen.keys,
        "semantics": chosen.semantics,
        "comparison_only": chosen.semantics == "match",
        "k": rules.k,
        "violations": {"before": violations(before), "after": violations(after, released_from=before)},
        "suppressed_cells": int(hidden.to_numpy().sum()),
        "suppressed_by_variable": {name: int(hidden[name].sum()) for name in chosen.keys},
        "suppressed_records": int(hidden.any(axis=1).sum()),
        "generalised": {},
        "lookalikes": lookalikes(frame, chosen.keys),
        "seconds": round(perf_counter() - began, 3),
    }
    _tell(report, chosen.report)


def _treated(frame: pd.DataFrame, chosen: argparse.Namespace, rules: RuleSet) -> pd.DataFrame:
    if chosen.semantics != "match":
        return suppress(frame, rules.keys, rules.k, hidden=HIDDEN, closing=Closing() if chosen.closed else None)
    if chosen.closed or chosen.alpha != 1:
        raise BadInput("semantics: match is neither closed nor counted with an alpha below 1")
    sys.stderr.write("semantics: match is for comparison only; it leaves records that can be singled out\n")
    return suppress_match(frame, chosen.keys, rules.k, importance=chosen.importance, hidden=HIDDEN)


def _rules(chosen: argparse.Namespace, keys_of: dict[str, float] | None = None) -> RuleSet:
    unknown = set(keys_of or {}) - set(chosen.keys)
    if unknown:
        raise BadInput(f"importance: {', '.join(sorted(unknown))} is none of the keys")
    keys = plain_keys(chosen.keys, keys_of)
    return RuleSet("command line", "1", "partner", chosen.k, keys, duplicates=Duplicates(ROW)).validate()


def _attack(chosen: argparse.Namespace) -> None:
    original, released = (datafile.read(path).frame.apply(text) for path in (chosen.original, chosen.released))
    need(released, chosen.keys)
    if len(original) == len(released):
        rows = pd.array(np.arange(len(original)).astype(str), dtype="str")
        original, released = original.assign(**{ROW: rows}), released.assign(**{ROW: rows})
    found = attack(original, released, _rules(chosen), hidden=HIDDEN)
    _tell(found.to_json(), chosen.json)
    lost = sorted(name for name, one in found.attacks.items() if not one.passed)
    if lost:
        raise CannotMeet(f"attack: {', '.join(lost)} succeeded on {chosen.released.name}")


def _tell(found: dict[str, object], path: Path | None) -> None:
    written = json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if path is None:
        sys.stdout.write(written)
    else:
        path.write_text(written, encoding="utf-8")
