"""Whether rows chosen by filters may hold what a freeze of a place or a nationality stops.

The surprising fact: a value that is missing or hidden counts as any value. Nobody can say that it is not the one.
"""

from collections.abc import Iterable, Mapping, Sequence

UNKNOWN = frozenset({"", ".s", ".d", ".r", ".n"})
Filters = Mapping[str, Sequence[str]]


def holds(filters: Filters, rows: Filters) -> bool:
    """Whether rows under ``filters`` may hold what ``rows`` names, by key column.

    A column that is not filtered lets every value in; one of ``rows`` that is filtered keeps it out only if none of
    its values, and no unknown one, is among those let in.

    >>> holds({"country": ("LBY",)}, {"country": ("LBY", "NER")})
    True
    >>> holds({"country": ("SDN",)}, {"country": ("LBY", "NER")})
    False
    >>> holds({"country": ("SDN",)}, {"origin_subregion": ("11",), "origin_region": ("2",)})
    True
    """
    return all(
        column not in filters or not UNKNOWN.union(values).isdisjoint(filters[column])
        for column, values in rows.items()
    )


def touches(parts: Iterable[Filters], rows: Filters) -> bool:
    """Whether one of a scope's parts, each by its filters, may hold what ``rows`` names."""
    return any(holds(filters, rows) for filters in parts)
