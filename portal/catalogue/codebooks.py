"""The codebook of a version, parsed once per process: it never changes after the upload."""

from functools import lru_cache

from portal.catalogue.codebook import Codebook, parse
from portal.catalogue.models import Version


def book_of(version: Version) -> Codebook:
    """Return the codebook that came with a version."""
    return _parse(version.codebook_csv, version.choices_csv)


@lru_cache(maxsize=8)
def _parse(codebook_csv: str, choices_csv: str) -> Codebook:
    return parse(codebook_csv.encode(), choices_csv.encode())
