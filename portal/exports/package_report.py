"""The disclosure report: what is promised about the file, in a declared shape that anyone can check against data.csv.

The promise (``k``, ``keys``, ``suppressed_code``, ``diversity``) stands apart from the evidence (``figures``,
``engine``, ``attack``): a recount needs the first and none of the second.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from portal.errors import Withheld
from portal.exports.package_columns import Column
from portal.exports.package_content import MISSING_KINDS, SUPPRESSED, Diversity, PackageContent
from portal.exports.package_facts import Facts
from portal.exports.package_words import Words

REPORT_FORMAT = "4mi-disclosure-report/1"
# The engine writes its limits with six decimals.
ROUNDING = 1e-6
# Measured and told beside the attacks; no limit is set on it, so it neither holds nor breaks.
TOLD_ONLY = frozenset({"uniqueness"})
# The reasons for which shipped rule sets leave rows out, as steps of the [counts] texts; any other is "excluded".
STEPS = {
    "no consent to share": "no_consent",
    "failed quality control": "quality",
    "smuggler survey": "other_survey",
    "children and youth survey": "other_survey",
    "project survey": "other_survey",
    "under 18": "under_age",
    "no event reported": "no_event",
    "repeated interview": "duplicates",
    "repeated content": "duplicates",
    "for earlier files": "earlier_files",
}


@dataclass(frozen=True, kw_only=True)
class AttackLine:
    """One attack: its machine name, whether the protection held (None: reported only), records at risk."""

    name: str
    held: bool | None
    at_risk: int | None


def attack_lines(attack: Mapping[str, object]) -> list[AttackLine]:
    """Read the engine's attack report: per attack ``passed`` and ``records_at_risk``, maybe under ``attacks``."""
    inner = attack.get("attacks", attack)
    found = inner.items() if isinstance(inner, Mapping) else []
    return [
        AttackLine(
            name=str(name),
            held=None if name in TOLD_ONLY else _flag(result.get("passed")),
            at_risk=_count(result.get("records_at_risk")),
        )
        for name, result in found
        if isinstance(result, Mapping)
    ]


def diversity_of(report: Mapping[str, object], *, min_no: int) -> tuple[Diversity, ...]:
    """Read the promises about sensitive codes from the engine's report: per variable and code, ``alpha``.

    ``min_no`` is the rule set's own limit, which the report does not repeat.
    """
    found = []
    for variable, codes in _mapping(report.get("diversity")).items():
        for code, told in _mapping(codes).items():
            alpha = _mapping(told).get("alpha")
            if not isinstance(alpha, (int, float)):
                raise TypeError(f"diversity.{variable}: has no alpha for a code; protect the version again")
            found.append(Diversity(variable=str(variable), code=str(code), max_share=float(alpha), min_no=min_no))
    return tuple(found)


def counts_of(report: Mapping[str, object], *, selected: int) -> dict[str, int]:
    """Read the way from the rows received to those of the selection, as steps of the ``[counts]`` texts in order."""
    left_out: dict[str, int] = {}
    for reason, rows in _mapping(report.get("excluded")).items():
        step = STEPS.get(str(reason), "excluded")
        left_out[step] = left_out.get(step, 0) + (_count(rows) or 0)
    merged = _count(report.get("merged"))
    steps = {
        "received": _count(report.get("rows_in")),
        **{step: rows for step, rows in left_out.items() if rows},
        "merged": merged or None,
        "protected": _count(report.get("rows_out")),
        "selected": selected,
    }
    return {step: rows for step, rows in steps.items() if rows is not None}


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def refuse_unprotected(content: PackageContent, facts: Facts) -> None:
    """Raise Withheld when the file breaks what its own report would promise.

    The engine has judged the protected file before; this is the last look, at the selection that is being packed.
    """
    if facts.smallest is not None and facts.smallest < content.k:
        raise Withheld("package: a group of the selection is smaller than k")
    for spread in facts.spreads:
        too_few = spread.fewest_no is not None and spread.fewest_no < spread.rule.min_no
        if too_few or spread.highest_share > spread.rule.max_share + ROUNDING:
            raise Withheld(f"package: {spread.rule.variable} breaks its diversity rule in a group of the selection")
    if any(line.held is False for line in attack_lines(content.attack)):
        raise Withheld("package: an attack on the protected file succeeded")


def report_dict(content: PackageContent, facts: Facts, columns: Sequence[Column], words: Words) -> dict[str, object]:
    """Return the report as plain data, stable in shape."""
    return {
        "format": REPORT_FORMAT,
        "reference": content.reference,
        "dataset": {"title": words.pick(content.title_en, content.title_fr), "version": content.version},
        "tier": content.tier,
        "rule_set": {"name": content.rule_set, "version": content.rule_set_version},
        "built": content.created_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "synthetic": content.synthetic,
        "note": words("common.synthetic_banner") if content.synthetic else "",
        "not_representative": words(
            "common.event_not_representative" if content.event else "common.not_representative"
        ),
        "unit": "incident" if content.event else "interview",
        "semantics": "strict",
        "k": content.k,
        "keys": list(content.keys),
        "suppressed_code": SUPPRESSED,
        "missing_codes": {code: words(f"missing.{kind}") for code, kind in MISSING_KINDS.items()},
        "diversity": [asdict(rule) for rule in content.diversity],
        "columns": [
            {
                "name": column.variable.name,
                "role": column.role,
                "type": column.variable.type,
                "sensitivity": column.variable.sensitivity,
                "treatment": column.variable.treatment,
            }
            for column in columns
        ],
        "figures": figures(facts),
        "counts": dict(content.counts),
        "engine": dict(content.report),
        "attack": dict(content.attack),
    }


def figures(facts: Facts) -> dict[str, object]:
    """Return what was counted in the file; shares between 0 and 1, rounded to six places."""
    return {
        "rows": facts.rows,
        "classes": facts.classes,
        "smallest_class": facts.smallest,
        "highest_risk": round(1 / facts.smallest, 6) if facts.smallest else None,
        "mean_risk": None if facts.mean_risk is None else round(facts.mean_risk, 6),
        "key_cells": facts.key_cells,
        "hidden_key_cells": facts.hidden_key_cells,
        "rows_with_hidden_key": facts.rows_with_hidden_key,
        "hidden_by_variable": dict(facts.hidden),
        "diversity": [
            {
                "variable": spread.rule.variable,
                "code": spread.rule.code,
                "highest_share": round(spread.highest_share, 6),
                "fewest_no": spread.fewest_no,
            }
            for spread in facts.spreads
        ],
    }


def report_json(report: Mapping[str, object]) -> bytes:
    """Write the report, keys sorted, so that equal reports are equal bytes."""
    return (json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()
