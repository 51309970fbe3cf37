"""The anonymisation assessment of a protected file: what two offices sign, and until when it holds.

It is made of what never changes once the file is built, so it can be written down again at any time and compared with
what was signed.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.exports.models import ProtectedFile, SignOff

FORMAT = "4mi-anonymisation-assessment/1"
OFFICES = ("steward", "dpo")
YEAR = dt.timedelta(days=365)
FIGURES = ("k", "smallest_class", "suppressed_cells", "suppressed_records", "merged")


def holds(review_by: dt.date | None) -> bool:
    """Whether an assessment that is to be reviewed by this day (UTC) still holds; one without a day does not."""
    return review_by is not None and clock.today() <= review_by


def content(file: ProtectedFile) -> dict[str, Any]:
    """Return what is signed: which file, by which rules and plan, with which risk, use and attacks."""
    report: Mapping[str, Any] = file.report
    attacks: Mapping[str, Mapping[str, Any]] = file.attacks.get("attacks", {})
    return {
        "format": FORMAT,
        "dataset": file.version.dataset.code,
        "version": file.version.number,
        "synthetic": file.version.synthetic,
        "tier": file.tier,
        "rule_set": {"name": file.rule_set_name, "version": file.rule_set_version, "sha256": digest(file.rule_set)},
        "plan_sha256": digest(file.plan),
        "report_sha256": digest(file.report),
        "file_sha256": file.sha256,
        "rows": file.rows,
        "risk": {name: report[name] for name in FIGURES if name in report}
        | {name: value for name, value in report.get("risk", {}).items() if name in {"mean", "max"}},
        "shown": report.get("utility", {}).get("kept_overall"),
        "attacks": {
            name: {"passed": one["passed"], "records_at_risk": one["records_at_risk"]} for name, one in attacks.items()
        },
        "not_tried": file.attacks.get("not_tried", ""),
    }


def standing(file: ProtectedFile) -> tuple[int, dict[str, SignOff]]:
    """Return which review is open (0: the sign-off itself), and the signatures that it has so far, by office."""
    last = max((one.review for one in file.sign_offs), default=0)
    signed = {one.role: one for one in file.sign_offs if one.review == last}
    complete = len(signed) == len(OFFICES)
    return (last + 1, {}) if complete else (last, signed)


def signatures(file: ProtectedFile) -> list[SignOff]:
    """Return the two signatures that the file stands on: the sign-off's, or those of its last finished review."""
    review, signed = standing(file)
    finished = review - 1 if review else 0
    return [one for one in file.sign_offs if one.review == finished] if review else list(signed.values())


def digest(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of a value's JSON with sorted keys and no blanks."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()


def record(file: ProtectedFile) -> dict[str, Any]:
    """Return the assessment with its digest, its signatures and reviews in order, and its last day, ready for JSON.

    Without the signers' own words: this is printed and passed on.
    """
    signed = content(file)
    return {
        "assessment": signed,
        "sha256": digest(signed),
        "signatures": [
            {
                "review": one.review,
                "office": one.role,
                "name": one.person.name,
                "verdict": one.verdict,
                "signed_at": one.signed_at.isoformat(),
                "sha256": one.assessment,
            }
            for one in file.sign_offs
        ],
        "review_by": file.review_by.isoformat() if file.review_by else None,
    }
