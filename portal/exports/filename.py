"""Names of downloads: safe on every disk, and whole in the header whatever letters they hold (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

LONGEST = 120


def download_name(reference: str, suffix: str = ".zip") -> str:
    """Return a file name from a release's reference: letters, digits, dots and dashes, never a path.

    >>> download_name("MMC-4Mi-2026-0042 v1")
    'MMC-4Mi-2026-0042-v1.zip'
    """
    plain = unicodedata.normalize("NFKD", reference).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9.]+", "-", plain).strip("-.")[:LONGEST]
    return f"{safe or 'release'}{suffix}"


def attachment(name: str) -> str:
    """Return a Content-Disposition value that saves and never shows; control and direction signs are left out.

    >>> attachment("a.zip")
    'attachment; filename="a.zip"'
    """
    shown = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C").replace("/", "-").replace("\\", "-")
    ascii_only = re.sub(r"[^ !#-\[\]-~]", "_", shown)
    value = f'attachment; filename="{ascii_only}"'
    return value if ascii_only == shown else f"{value}; filename*=UTF-8''{quote(shown, safe='')}"
