"""The one form of an event that is hashed: RFC 8785 JSON of integers, words, lists and maps.

Floats have no place in it: two honest programs print them differently, and a hash forgives nothing.
"""

import json
from collections.abc import Mapping, Sequence

import rfc8785

MAX_BYTES = 16 * 1024
MAX_SAID = 64 * 1024
"""Bytes of a private part: what people may type in one form, four bytes to a character."""

_MAX_DEPTH = 8
_MAX_INTEGER = 2**53 - 1

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(ValueError):
    """A value that cannot be hashed; the text says why and repeats nothing of it."""


def encode(value: Mapping[str, Json], most: int = MAX_BYTES) -> bytes:
    r"""Write `value` as canonical UTF-8 JSON of at most `most` bytes (16 KiB).

    Raises NotCanonical for floats (NaN included), integers beyond 2**53 - 1, NUL or lone surrogates in
    text, keys that are not text, anything nested deeper than 8, or too many bytes.

    >>> encode({"b": 1, "a": [True, None, "é"]})
    b'{"a":[true,null,"\xc3\xa9"],"b":1}'
    """
    body = rfc8785.dumps(_plain(value, _MAX_DEPTH))
    if len(body) > most:
        raise NotCanonical(f"event: {len(body)} bytes, {most} is the limit; log references, not contents")
    return body


def decode(body: bytes, most: int = MAX_BYTES) -> dict[str, Json]:
    """Read canonical JSON. Raises NotCanonical if writing it again gives other bytes."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("event: not JSON") from error
    if not isinstance(value, dict):
        raise NotCanonical("event: not a map")
    if encode(value, most) != body:
        raise NotCanonical("event: not in canonical form")
    return value


def _plain(value: Json, depth: int) -> Json:
    """Copy `value` into plain types, so that an enum is hashed as its word."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _integer(value)
    if not depth:
        raise NotCanonical(f"event: nested deeper than {_MAX_DEPTH}")
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth - 1) for inner in value]
    raise NotCanonical("event: only text, whole numbers, true, false, null, lists and maps can be hashed")


def _integer(value: int) -> int:
    if abs(value) > _MAX_INTEGER:
        raise NotCanonical("event: a whole number beyond 2**53 - 1")
    return int(value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise NotCanonical("event: a key that is not text")
    return _text(key)


def _text(text: str) -> str:
    if "\0" in text:
        raise NotCanonical("event: text with a NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("event: text with half a character") from error
    return str(text)
