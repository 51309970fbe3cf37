"""The files of ``static/``, read once and kept compressed in memory.

Each address carries a digest of the content: a browser on a slow line keeps a file for a year, never an old one. What
every page loads is joined to one file of each kind: on such a line each address costs a round trip.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request

YEAR = 365 * 24 * 60 * 60
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".png": "image/png",
}
FORMED = frozenset({".png"})  # compressed by their own format
JOINED = {
    "site.css": ("vendor/bootstrap.min.css", "portal.css"),
    "site.rtl.css": ("vendor/bootstrap.rtl.min.css", "portal.css"),
    "site.js": ("vendor/htmx.min.js", "portal.js"),
}
SEAM = {".css": b"\n", ".js": b"\n;\n"}  # a script may end without its semicolon


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: ``packed`` is gzip, empty where that would gain nothing."""

    kind: str
    digest: str
    plain: bytes
    packed: bytes


@cache
def read(folder: Path) -> dict[str, Asset]:
    """Read every file below ``folder`` whose kind is known, by its path relative to it; joined ones under one name."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in KINDS
    }
    joined = {name: SEAM[Path(name).suffix].join(found[part] for part in parts) for name, parts in JOINED.items()}
    apart = found.keys() - {part for parts in JOINED.values() for part in parts}
    files = {name: found[name] for name in apart} | joined
    return {name: _asset(Path(name).suffix, content) for name, content in files.items()}


def _asset(suffix: str, content: bytes) -> Asset:
    packed = b"" if suffix in FORMED else gzip.compress(content, 9, mtime=0)
    return Asset(KINDS[suffix], hashlib.sha256(content).hexdigest()[:16], content, packed)


def install(app: Flask, folder: Path) -> None:
    """Serve ``folder`` under /static/, and put the digest into every address made by ``url_for``."""
    assets = read(folder)

    def serve(filename: str) -> Response:
        return _answer(assets[filename]) if filename in assets else abort(404)

    def versioned(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in assets:
            values["v"] = assets[values["filename"]].digest

    app.add_url_rule("/static/<path:filename>", "static", serve)
    app.url_defaults(versioned)


def _answer(asset: Asset) -> Response:
    packed = bool(asset.packed) and request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if packed else asset.plain, mimetype=asset.kind)
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{asset.digest}-gzip" if packed else asset.digest)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if request.args.get("v") == asset.digest:
        response.cache_control.public = response.cache_control.immutable = True
        response.cache_control.max_age = YEAR
    else:
        response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
