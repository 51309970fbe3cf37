"""An import's findings as sentences in the reader's language (an edge: it knows gettext, the intake does not)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from portal.catalogue.intake_report import Finding

ORDER = ("error", "warning", "info")


def told(report: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the report's findings by severity, each with its sentence; empty while there is no report."""
    by_severity: dict[str, list[dict[str, Any]]] = {severity: [] for severity in ORDER}
    for row in report.get("findings", ()):
        finding = Finding(code=row["code"], count=row["count"], variable=row["variable"], params=row["params"])
        sentence = finding.told(gettext)
        by_severity[str(finding.severity)].append(
            {"sentence": sentence, "variable": finding.variable, "count": finding.count, "code": finding.code}
        )
    return by_severity
