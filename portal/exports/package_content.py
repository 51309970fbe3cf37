"""What a release package is made of: frozen records, checked when made. Nothing is looked up while packing.

Two equal contents give equal bytes, so everything that could differ between two runs, the time included, is a field.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from portal.exports.package_words import LANGUAGES

SUPPRESSED = ".s"
MISSING_KINDS = {
    "": "skipped",
    ".d": "dont_know",
    ".r": "refused",
    ".n": "not_collected",
    ".s": "suppressed",
}
NOT_ANSWERED = frozenset(MISSING_KINDS)
NOTHING_CHOSEN = "0"
RECORD_ID = "record_id"
SYNTHETIC = "synthetic"
VARIABLE_TYPES = frozenset({"single", "multiple", "integer", "decimal", "date", "text"})
NUMERIC_TYPES = frozenset({"integer", "decimal"})


@dataclass(frozen=True, kw_only=True)
class PackagedVariable:
    """One column of the file as the codebook tells it.

    ``choices`` maps a code to its labels (English, French). ``treatment`` is a code of the ``[treatment]`` texts:
    ``key_level``, or how the rule set releases it. ``sensitivity`` runs from 1 (low) to 4 (severe); ``missing`` holds
    the missing codes to explain even where none occurs.
    """

    name: str
    label_en: str
    label_fr: str
    type: str
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    universe: str = "all rows"
    versions: tuple[str, ...] = ("all",)
    sensitivity: int = 1
    treatment: str = "keep"
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Diversity:
    """A promise about one sensitive code, kept in every group of records with equal keys that has answers.

    Among those who answered, at most ``max_share`` (0 to 1) gave ``code`` and at least ``min_no`` did not.
    """

    variable: str
    code: str
    max_share: float
    min_no: int = 2


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What was asked for and approved, as labels in the recipient's language; years as text."""

    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    years: tuple[str, ...] = ()


ADDED, CHANGED, GONE = "added", "changed", "gone"


@dataclass(frozen=True)
class Changes:
    """What changed since the delivery before: each record and what happened to it, and how many stayed the same.

    ``readable`` is false where that delivery could be opened no more: then nothing is known of it.
    """

    reference: str
    records: tuple[tuple[str, str], ...] = ()
    same: int = 0
    readable: bool = True

    def count(self, what: str) -> int:
        """Return how many records were added, changed or gone."""
        return sum(happened == what for _, happened in self.records)


@dataclass(frozen=True, kw_only=True)
class PackageContent:
    """Everything a package says. ``frame`` holds codes as text: record_id, the keys, then the variables.

    ``k`` is 0 for an event file, which has no personal keys. ``counts`` maps codes of the ``[counts]`` texts to
    rows, in order. ``report`` and ``attack`` are the disclosure engine's own reports. ``methodology``, ``terms`` (the
    conditions of this approval) and ``sources`` are sentences already in the recipient's language. ``onward``
    says whom the data may be passed on to (none | named | subpartners), ``matched_with`` names a dataset;
    ``retention_days`` and ``review_days`` are the agreement's, 0 where it says nothing.
    Raises ValueError when the parts do not fit together.
    """

    reference: str
    title_en: str
    title_fr: str
    version: int
    tier: str
    rule_set: str
    rule_set_version: str
    k: int
    keys: tuple[str, ...]
    frame: pd.DataFrame
    variables: tuple[PackagedVariable, ...]
    agreement_title: str
    agreement_number: str
    organisation: str
    recipients: tuple[str, ...]
    purpose: str
    request_reference: str
    created_at: dt.datetime
    language: str
    synthetic: bool
    diversity: tuple[Diversity, ...] = ()
    scope: Scope = field(default_factory=Scope)
    counts: Mapping[str, int] = field(default_factory=dict)
    report: Mapping[str, object] = field(default_factory=dict)
    attack: Mapping[str, object] = field(default_factory=dict)
    methodology: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    author: str = "Mixed Migration Centre"
    destroy_by: dt.date | None = None
    outputs: tuple[str, ...] = ()
    onward: str = ""
    onward_bodies: tuple[str, ...] = ()
    matched_with: str = ""
    retention_days: int = 0
    review_days: int = 0
    incident_hours: int = 24
    changes: Changes | None = None

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together, naming the field and never a value of the data."""
        for complaint in (_wrong_columns(self), _wrong_protection(self), _wrong_words(self)):
            if complaint:
                raise ValueError(complaint)

    @property
    def event(self) -> bool:
        """Say whether the file holds incidents rather than persons."""
        return self.k == 0

    def variable(self, name: str) -> PackagedVariable:
        """Return the record of one column; raises KeyError if there is none."""
        return {v.name: v for v in self.variables}[name]


def _wrong_columns(content: PackageContent) -> str:
    columns = [str(column) for column in content.frame.columns]
    names = [variable.name for variable in content.variables]
    if columns[:1] != [RECORD_ID]:
        return "frame: its first column is not record_id; give the rows their pseudonyms first"
    if "interview_id" in columns:
        return "frame: interview_id never leaves"
    if columns[1:] != names:
        return "variables: not the columns of the frame after record_id, in the same order"
    if tuple(columns[1 : 1 + len(content.keys)]) != content.keys:
        return "keys: not the first columns after record_id, in the same order"
    if SYNTHETIC in columns or len(set(columns)) != len(columns):
        return "frame: a column's name is taken twice"
    return ""


def _wrong_protection(content: PackageContent) -> str:
    if content.event:
        return "keys: an event file has none" if content.keys or content.diversity else ""
    if content.k < 2:
        return "k: below 2 protects nobody"
    if not content.keys:
        return "keys: none, but k is given; an event file has neither"
    if any(rule.variable not in content.frame.columns for rule in content.diversity):
        return "diversity: names a variable that is not in the frame"
    return ""


def _wrong_words(content: PackageContent) -> str:
    if content.language not in LANGUAGES:
        return "language: not one of en, fr"
    if content.created_at.tzinfo is None:
        return "created_at: has no time zone"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", content.reference):
        return "reference: letters, digits, blanks, dots, dashes and underscores only"
    if any(variable.type not in VARIABLE_TYPES for variable in content.variables):
        return "variables: a type is not one of " + ", ".join(sorted(VARIABLE_TYPES))
    return ""
