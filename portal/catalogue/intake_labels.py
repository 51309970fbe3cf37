"""What may be shown of a label that no choice fits, and labels that only their country tells apart.

A closed question can still hold what an enumerator typed, so numbers and addresses are masked.
"""

import re
from collections import Counter
from collections.abc import Mapping

import numpy as np

from portal.catalogue.intake_table import Coded
from portal.catalogue.intake_values import Matcher, fold

MOST_LABELS = 20
MOST_CHARACTERS = 60
_DIGITS = re.compile(r"\+?\d[\d ().-]{4,}\d")
_ADDRESS = re.compile(r"\S+@\S+")


def shown_labels(labels: Counter[str]) -> list[str]:
    """Return the most frequent unknown labels, at most twenty, cut to 60 characters, numbers masked.

    >>> shown_labels(Counter({"Sahara, call +000 555 0199": 2}))
    ['Sahara, call ######']
    """
    return [shown(label) for label, _ in sorted(labels.items(), key=lambda item: (-item[1], item[0]))[:MOST_LABELS]]


def shown(label: str) -> str:
    """Return one label fit to be shown."""
    masked = _ADDRESS.sub("######", _DIGITS.sub("######", label))
    return masked if len(masked) <= MOST_CHARACTERS else masked[: MOST_CHARACTERS - 1] + "…"


def by_country(
    raw: Coded, column: Coded, countries: Coded, matcher: Matcher, parents: Mapping[str, str]
) -> tuple[Coded, int]:
    """Return a column of areas with the labels settled that only their country tells apart, and how many were.

    ``countries`` holds the country given beside each row; a label with one area in that country is that area.
    """
    values = list(column.values)
    place_of = {value: place for place, value in enumerate(values)}
    index = column.index.copy()
    settled = 0
    for place, text in enumerate(raw.values):
        codes = matcher.ambiguous.get(fold(text), frozenset()) if text not in matcher.exact else frozenset()
        for code in sorted(codes):
            inside = (raw.index == place) & countries.rows_where(lambda c, area=code: parents.get(area) == c)  # type: ignore[misc]
            rivals = [other for other in codes if other != code and parents.get(other) == parents.get(code)]
            if rivals or not inside.any():
                continue
            if code not in place_of:
                place_of[code] = len(values)
                values.append(code)
            index[inside] = place_of[code]
            settled += int(inside.sum())
    return Coded(np.asarray(index), values), settled
