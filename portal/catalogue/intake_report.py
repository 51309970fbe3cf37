"""What an import found, as data: no sentence is made here, and no respondent's answer is repeated.

``CODES`` holds every finding's severity and English sentence; edges translate and fill it in.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from portal.catalogue.intake_codes import OF_FILES
from portal.catalogue.intake_codes_answers import OF_ANSWERS
from portal.catalogue.intake_severity import Severity

Param = str | int | float | list[str] | list[int] | dict[str, int]


CODES: Mapping[str, tuple[Severity, str]] = MappingProxyType({**OF_FILES, **OF_ANSWERS})


TRANSLATED = frozenset({"kind", "delimiter"})
"""Parameters that are words of ours; all others are names, numbers and labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: its machine code, how often, and where; never what a respondent said.

    ``params`` may hold up to twenty labels of closed questions that no choice fits: a steward must map those.
    """

    code: str
    count: int
    variable: str | None = None
    params: dict[str, Param] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """Return how bad it is; every code has one severity."""
        return CODES[self.code][0]

    @property
    def sentence(self) -> str:
        """Return the English sentence with %(name)s places; translate it, then fill it from ``values``."""
        return CODES[self.code][1]

    def told(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence, filled in; ``translate`` is given the sentence and the words that stand in it."""
        words = {name: translate(str(value)) for name, value in self.values.items() if name in TRANSLATED}
        return translate(self.sentence) % {**self.values, **words}

    @property
    def values(self) -> dict[str, str | int | float]:
        """Return what fills the sentence; lists are joined by commas."""
        shown: dict[str, str | int | float] = {"count": self.count, "variable": self.variable or ""}
        return shown | {name: _flat(value) for name, value in self.params.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeReport:
    """The whole answer to an upload; JSON-able by ``to_json`` and back by ``from_json``."""

    name: str
    rows: int = 0
    columns: int = 0
    variables: int = 0
    encoding: str = ""
    delimiter: str = ""
    findings: tuple[Finding, ...] = ()
    missing: dict[str, dict[str, int]] = field(default_factory=dict)
    """Per variable, the number of cells of each kind of missing: skipped, dk, ref, nc."""

    @property
    def ok(self) -> bool:
        """Say whether nothing stops publication."""
        return not any(self.of(Severity.ERROR))

    def of(self, severity: Severity) -> Iterator[Finding]:
        """Yield the findings of one severity in the order they were made."""
        return (finding for finding in self.findings if finding.severity is severity)

    def to_json(self) -> str:
        """Return the report as JSON; severities are written out for readers that lack the registry."""
        plain = asdict(self)
        for row, finding in zip(plain["findings"], self.findings, strict=True):
            row["severity"] = str(finding.severity)
        return json.dumps(plain, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "IntakeReport":
        """Return the report that ``to_json`` wrote; raises ValueError on anything else."""
        try:
            plain: dict[str, Any] = json.loads(text)
            found = [Finding(**{k: v for k, v in row.items() if k != "severity"}) for row in plain["findings"]]
            return cls(**{**plain, "findings": tuple(found)})
        except (KeyError, TypeError) as fault:
            raise ValueError("report: not one that this portal wrote, run the import again") from fault


def _flat(value: Param) -> str | int | float:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(part) for part in value)
    return value
