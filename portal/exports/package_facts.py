"""What is true of the file itself, counted from its own cells: groups, risks, what is hidden, shares in groups.

Counted again here and never copied from a report, so that a package cannot repeat a claim about another file.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.exports.package_content import (
    NOT_ANSWERED,
    SUPPRESSED,
    Diversity,
    PackageContent,
)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How a sensitive code is spread over the groups: its highest share and the fewest others, where it occurs."""

    rule: Diversity
    highest_share: float
    fewest_no: int | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Counts of one file. Shares are between 0 and 1; ``smallest`` and the risks are None without keys or rows."""

    rows: int
    columns: int
    classes: int
    smallest: int | None
    mean_risk: float | None
    key_cells: int
    hidden_key_cells: int
    rows_with_hidden_key: int
    hidden: Mapping[str, int]
    spreads: tuple[Spread, ...]

    @property
    def hidden_key_share(self) -> float:
        """Return the share of key values that are hidden; 0 when there are none."""
        return self.hidden_key_cells / self.key_cells if self.key_cells else 0.0

    @property
    def hidden_row_share(self) -> float:
        """Return the share of records with a hidden key; 0 when there are none."""
        return self.rows_with_hidden_key / self.rows if self.rows else 0.0


def count(content: PackageContent) -> Facts:
    """Count the file: a hidden key value counts as a value of its own (the strict reading)."""
    columns = {str(name): content.frame[name].tolist() for name in content.frame.columns}
    rows = len(content.frame)
    groups = group_of_rows([columns[key] for key in content.keys]) if content.keys else []
    sizes = Counter(groups)
    return Facts(
        rows=rows,
        columns=len(columns) + content.synthetic,
        classes=len(sizes),
        smallest=min(sizes.values(), default=None),
        mean_risk=len(sizes) / rows if sizes else None,
        key_cells=rows * len(content.keys),
        hidden_key_cells=sum(columns[key].count(SUPPRESSED) for key in content.keys),
        rows_with_hidden_key=sum(SUPPRESSED in group for group in groups),
        hidden={name: values.count(SUPPRESSED) for name, values in columns.items() if SUPPRESSED in values},
        spreads=tuple(spread(rule, columns[rule.variable], groups) for rule in content.diversity),
    )


def group_of_rows(key_columns: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return each row's key values, which name its group."""
    return list(zip(*key_columns, strict=True))


def spread(rule: Diversity, answers: Sequence[str], groups: Sequence[tuple[str, ...]]) -> Spread:
    """Count one sensitive code in every group; what is missing never counts as an answer."""
    yes: Counter[tuple[str, ...]] = Counter()
    asked: Counter[tuple[str, ...]] = Counter()
    for answer, group in zip(answers, groups, strict=True):
        if answer not in NOT_ANSWERED:
            asked[group] += 1
            yes[group] += rule.code in answer.split(" ")
    return Spread(
        rule=rule,
        highest_share=max((yes[group] / asked[group] for group in asked), default=0.0),
        fewest_no=min((asked[group] - yes[group] for group in asked if yes[group]), default=None),
    )
