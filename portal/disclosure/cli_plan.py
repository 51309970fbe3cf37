"""The plan of `protect`: what was asked, of which rows, and what came of it. The same again makes the same bytes."""

import argparse
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd

from portal.disclosure import rulejson
from portal.disclosure.cli_files import hierarchies
from portal.disclosure.datafile import content, decoded
from portal.disclosure.generalise import Hierarchy
from portal.disclosure.plan import METHOD, snapshot
from portal.disclosure.refusals import BadInput

SUPPRESS, GENERALISE, RARE = "suppress", "generalise", "rare"


@dataclass(frozen=True)
class Wanted:
    """What was asked for. ``hierarchies`` holds a digest per key (hexadecimal), ``limit`` a share of rows, 0..1; None
    for ``closed`` is as far as it takes.
    """

    keys: tuple[str, ...]
    k: int
    treatment: str = SUPPRESS
    semantics: str = "strict"
    closed: bool | None = None
    importance: Mapping[str, float] = field(default_factory=dict)
    limit: float = 1.0
    hierarchies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """``snapshot`` and ``result``: digests of the rows and of the treated keys (hexadecimal). Of a file generalised as
    a whole, ``levels`` chosen by key, and their ``loss`` (0..1, as ``lattice.optimum`` has it).
    """

    wanted: Wanted
    snapshot: str
    levels: Mapping[str, int]
    loss: float | None
    result: str
    method: str = METHOD

    def to_json(self) -> str:
        """Stable text, so that equal plans are equal bytes."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(path: Path | None) -> Plan | None:
    """The plan in a file, None where there is no file yet. Raises BadInput for what is none, by the field's path."""
    if path is None or not path.exists():
        return None
    try:
        made = rulejson.read(Plan, decoded(path.name, content(path)))
    except BadInput as error:
        raise BadInput("plan" + str(error).removeprefix("rule set")) from error
    if made.method != METHOD:
        raise BadInput(f"plan.method: made by version {made.method} of the engine, this is {METHOD}; plan again")
    return made


def wanted(chosen: argparse.Namespace, plan: Plan | None) -> tuple[Wanted, dict[str, Hierarchy]]:
    """What is asked for, and the hierarchies read. With a plan, what is left out is as it says; no other is taken."""
    keys = chosen.keys if chosen.keys is not None or plan is None else list(plan.wanted.keys)
    if not keys:
        raise BadInput("keys: name at least one")
    read_ = hierarchies(chosen.hierarchy, keys)
    treatment = RARE if chosen.rare else None if plan else GENERALISE if read_ else SUPPRESS
    given = {
        "keys": tuple(keys),
        "k": chosen.k,
        "treatment": treatment,
        "semantics": chosen.semantics,
        "closed": chosen.closed,
        "importance": chosen.importance,
        "limit": chosen.limit,
        "hierarchies": {column: digest(one) for column, one in read_.items()} or None,
    }
    said = {name: value for name, value in given.items() if value is not None}
    if plan is None and chosen.k is None:
        raise BadInput("k: say how many records must look alike at least")
    asked = Wanted(**said) if plan is None else _as_planned(said, plan.wanted)
    return _possible(asked, chosen.given), read_


def _as_planned(said: Mapping[str, object], planned: Wanted) -> Wanted:
    for one in fields(planned):
        if one.name in said and said[one.name] != getattr(planned, one.name):
            raise BadInput(f"plan.wanted.{one.name}: the plan was made with another; plan again")
    if planned.hierarchies and "hierarchies" not in said:
        raise BadInput(f"hierarchy: the plan needs those of {', '.join(sorted(planned.hierarchies))}")
    return planned


def _possible(asked: Wanted, given: Collection[str]) -> Wanted:
    facts = {
        "alpha: goes with --semantics match": "alpha" in given and asked.semantics != "match",
        "rare: name a hierarchy for at least one key": "rare" in given and not asked.hierarchies,
        "limit: goes with --hierarchy, and not with --rare": "limit" in given and asked.treatment != GENERALISE,
        "semantics: match knows no hierarchies": asked.semantics == "match" and asked.treatment != SUPPRESS,
        "closed: a whole file at one level hides records, not cells; it goes with --rare or without hierarchies": (
            asked.closed is not None and asked.treatment == GENERALISE
        ),
        "importance: levels of a whole file weigh alike; it goes with --rare or without hierarchies": (
            bool(asked.importance) and asked.treatment == GENERALISE
        ),
    }
    for fact, stands in facts.items():
        if stands:
            raise BadInput(fact)
    unknown = set(asked.importance) - set(asked.keys)
    if unknown:
        raise BadInput(f"importance: {', '.join(sorted(unknown))} is none of the keys")
    return asked


def digest(one: Hierarchy) -> str:
    """A digest of a hierarchy (hexadecimal); the order of its values does not matter."""
    rows = sorted(list(forms) for forms in one.forms.values())
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def made_for(plan: Plan, frame: pd.DataFrame) -> None:
    """Raise BadInput unless these are the rows of the plan."""
    if plan.snapshot != snapshot(frame):
        raise BadInput("plan.snapshot: made for other rows; plan again")


def as_before(plan: Plan, made: pd.DataFrame) -> None:
    """Raise BadInput unless the treated keys are those of the plan."""
    if plan.result != snapshot(made):
        raise BadInput("plan.result: the plan does not lead to the file it was made for; plan again")
