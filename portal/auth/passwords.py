"""Passwords: what is strong enough, how they rest, how they are compared.

An unknown person costs the same time as a known one: a hash that nothing can match stands in for theirs.
"""

import base64
import os
import threading
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
LEAST_WITH_FACTOR = 12  # where a second factor is mandatory (NIST SP 800-63B-4 asks for 8 there)
LEAST_ALONE = 15  # where the password may be all there is (same source)
MOST = 256
SEEN_BY_STRENGTH = 72  # the strength estimate grows with the square of the length; it sees no more than this
LEAST_SCORE = 3  # of zxcvbn's 0 to 4: more than 10^8 guesses
LEAST_WORD, LEAST_OWN = 3, 6  # letters of a word about the person; letters and digits that must be none of those
HOUSE_WORDS = ("4mi", "mixed migration", "mixedmigration", "portal")
# Each hash takes 64 MiB and four lanes; more than this many at once would be a way to exhaust the machine.
_room = threading.BoundedSemaphore(4)
_one_estimate = threading.Lock()  # the estimator keeps the words about a person in a module's global


class Weakness(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"


def normal(password: str) -> str:
    r"""Return the one spelling of a password: an accent typed on two keyboards is the same accent.

    >>> normal("e\u0301") == "\u00e9"
    True
    """
    return unicodedata.normalize("NFC", password)


def weakness(password: str, *, least: int, about: Iterable[str] = ()) -> Weakness | None:
    """Return what is wrong with a new password of at least ``least`` characters, or None.

    ``about`` are words an attacker would try first for this person: name, address, organisation.

    >>> weakness("correct horse battery staple", least=15) is None
    True
    >>> weakness("Password1234", least=12)
    <Weakness.COMMON: 'common'>
    """
    if len(password) > MOST * 4 or len(normal(password)) > MOST:
        return Weakness.TOO_LONG
    if len(normal(password)) < least:
        return Weakness.TOO_SHORT
    words = [*HOUSE_WORDS, *_words(about)]
    with _one_estimate:
        found = zxcvbn(normal(password)[:SEEN_BY_STRENGTH], user_inputs=words)
    return Weakness.COMMON if found["score"] < LEAST_SCORE or _made_of(normal(password), words) else None


def make(password: str) -> str:
    """Return the Argon2id hash under which a password rests; takes a tenth of a second and 64 MiB."""
    with _room:
        return HASHER.hash(normal(password))


def matches(stored: str, password: str) -> bool:
    """Whether a password is the one behind ``stored``; an empty ``stored`` takes as long and is never right."""
    known = stored != "" and len(password) <= MOST * 4
    try:
        with _room:
            return HASHER.verify(stored if known else _NOBODY, normal(password) if known else "") and known
    except (VerificationError, InvalidHashError):
        return False


def _words(about: Iterable[str]) -> list[str]:
    return [part for text in about for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]


def _made_of(password: str, words: list[str]) -> bool:
    """Whether hardly anything is left of a password without the words about its person."""
    rest = password.lower()
    for word in sorted((word.lower() for word in words if len(word) >= LEAST_WORD), key=len, reverse=True):
        rest = rest.replace(word, "")
    return sum(sign.isalnum() for sign in rest) < LEAST_OWN


def _base64(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode().rstrip("=")


_NOBODY = (
    f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${_base64(16)}${_base64(32)}"
)
