"""Where something is published: a DOI or an https address. Pure."""

import re
from urllib.parse import urlsplit

MOST = 500
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]{1,200}")
_PREFIXES = ("https://doi.org/", "https://dx.doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:")


def read(typed: str) -> str:
    """Return an address as it is kept: a bare DOI, or an https address; "" if it is neither.

    >>> read("https://doi.org/10.1000/182"), read("doi:10.1000/182"), read("https://mixedmigration.org/x")
    ('10.1000/182', '10.1000/182', 'https://mixedmigration.org/x')
    >>> [read(one) for one in ("http://a.example/", "javascript:alert(1)", "https://", "10.1000", "see page 3")]
    ['', '', '', '', '']
    """
    text = typed.strip()
    bare = next((text[len(one) :] for one in _PREFIXES if text.lower().startswith(one)), text)
    if _DOI.fullmatch(bare):
        return bare
    return text if is_https(text) else ""


def is_https(text: str) -> bool:
    """Whether a text is one whole https address with a host, without a password in it."""
    if len(text) > MOST or not text.isprintable() or any(one in text for one in " \"'<>\\`"):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" and "." in host and "@" not in parts.netloc


def url(kept: str) -> str:
    """Return the address that opens a place: a DOI through its resolver.

    >>> url("10.1000/182"), url("https://mixedmigration.org/x")
    ('https://doi.org/10.1000/182', 'https://mixedmigration.org/x')
    """
    return f"https://doi.org/{kept}" if _DOI.fullmatch(kept) else kept
