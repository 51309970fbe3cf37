"""The codebook as a page to read or print: one entry per column, with what was asked, of whom, and what was done.

Counts are those of this very file; long lists show only the codes that occur, the flat codebook has them all.
"""

from collections.abc import Sequence

from portal.exports.package_cells import is_number
from portal.exports.package_columns import (
    Column,
    code_counts,
    coded,
    missing_present,
    treatment_text,
    versions_text,
)
from portal.exports.package_content import NUMERIC_TYPES, PackageContent
from portal.exports.package_html import Html, facts_list, joined, section, table, tag
from portal.exports.package_words import Words

LONG_LIST = 30
# A numeric column with no more values than this shows them all: years read better than their range.
FEW_VALUES = 12
# Smaller numbers are written without separators, as years are.
PLAIN_BELOW = 10_000


def entries(content: PackageContent, columns: Sequence[Column], words: Words) -> Html:
    """Return the list of variables and one entry for each."""
    links = [
        tag("li", tag("a", name_of(column), href=f"#{name_of(column)}"), " ", label_text(column, words))
        for column in columns
    ]
    return joined(
        [
            section(words("codebook.contents"), tag("nav", tag("ul", *links))),
            tag("p", words("codebook.choices_note"), class_="notice") if not content.event else Html(""),
            *(entry(column, words) for column in columns),
        ]
    )


def name_of(column: Column) -> str:
    """Return the column's name."""
    return column.variable.name


def label_text(column: Column, words: Words) -> str:
    """Return the column's label in the recipient's language."""
    return words.pick(column.variable.label_en, column.variable.label_fr)


def entry(column: Column, words: Words) -> Html:
    """Return one variable's entry."""
    variable = column.variable
    about = facts_list(
        [
            (words("codebook.type"), words(f"type.{variable.type}")),
            (words("codebook.role"), words(f"codebook.role_{column.role}")),
            (words("codebook.universe"), words.universe(variable.universe)),
            (words("codebook.versions"), versions_text(variable, words)),
            (words("codebook.sensitivity"), words(f"sensitivity.{variable.sensitivity}")),
            (words("codebook.treatment"), treatment_text(column, words)),
        ],
        paired=True,
    )
    heading = tag("h3", tag("code", variable.name))
    label = tag("p", label_text(column, words), class_="label")
    return tag("article", heading, label, about, _numbers(column, words), _codes(column, words), id=variable.name)


def _numbers(column: Column, words: Words) -> Html:
    """Say the range of a numeric column."""
    if column.variable.type not in NUMERIC_TYPES:
        return Html("")
    found = [float(cell) for cell in column.codes if is_number(cell)]
    if len(set(found)) <= FEW_VALUES:
        return Html("")
    low, high = (_plain(edge, words) for edge in (min(found), max(found)))
    return tag("p", words("codebook.numbers", low=low, high=high, number=words.number(len(found))))


def _plain(number: float, words: Words) -> str:
    if number == int(number):
        return words.decimal(number, 0) if abs(number) >= PLAIN_BELOW else str(int(number))
    return words.decimal(number, 2)


def _few_values(column: Column) -> list[tuple[str, str]]:
    """Return a numeric column's values as their own labels, when they are few."""
    values = {cell for cell in column.codes if is_number(cell)} if column.variable.type in NUMERIC_TYPES else set()
    return [(value, value) for value in sorted(values, key=float)] if len(values) <= FEW_VALUES else []


def _codes(column: Column, words: Words) -> Html:
    """Return the table of a column's codes, missing codes included; nothing for a column without codes."""
    counts, rows = code_counts(column), len(column.codes)
    missing = {code for code, _ in missing_present(column)}
    pairs = [*_few_values(column), *coded(column, words)]
    long = len(pairs) > LONG_LIST or column.role == "key"
    shown = [(code, label) for code, label in pairs if not long or counts.get(code) or code in missing]
    if not shown:
        return Html("")
    lines = [
        [
            tag("code", code or words("missing.code_blank")),
            label,
            words.number(counts.get(code, 0)),
            words.percent(counts.get(code, 0) / rows) if rows else "",
        ]
        for code, label in shown
    ]
    header = [words(f"codebook.{name}") for name in ("code", "code_label", "count", "share")]
    rest = len(pairs) - len(shown)
    hidden = words("codebook.choices_hidden", number=words.number(rest)) if rest else ""
    return joined([table(header, lines, numbers=frozenset({2, 3})), tag("p", hidden) if hidden else ""])
