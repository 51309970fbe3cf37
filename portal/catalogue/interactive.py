"""What the public dashboard, 4Mi Interactive, may answer at once. A hint: whoever reads it may ask all the same."""

import csv
import io
from collections.abc import Iterable, Mapping
from functools import lru_cache

from portal.catalogue.codebook import reference_bytes

URL = "https://mixedmigration.org/4mi/4mi-interactive/"
GREEN = 2
"""The highest class of what is shown in public."""


@lru_cache(maxsize=1)
def topics() -> Mapping[str, str]:
    """Return the dashboard's topic by variable."""
    rows = csv.DictReader(io.StringIO(reference_bytes("interactive_topics.csv").decode("utf-8-sig"), newline=""))
    return {row["variable"]: row["topic"] for row in rows}


def answers(variables: Iterable[str], most_sensitive: int) -> bool:
    """Whether the dashboard has a topic for each of these variables, all of them green; false for none.

    >>> answers(["drivers", "finance"], 1), answers(["drivers"], 3), answers(["smuggler_use"], 2), answers([], 1)
    (True, False, False, False)
    """
    names = set(variables)
    return bool(names) and most_sensitive <= GREEN and names <= topics().keys()
