"""The codebook of the incident files: events are described by a small book of their own.

It stands alone, so that an incident file is never joined to a survey by reading one book for both.
"""

from functools import lru_cache

from portal.catalogue.codebook import Codebook, parse, reference_bytes


@lru_cache(maxsize=1)
def reference() -> Codebook:
    """Return the codebook of incident files that comes with the portal."""
    return parse(reference_bytes("events_codebook.csv"), reference_bytes("events_choices.csv"))
