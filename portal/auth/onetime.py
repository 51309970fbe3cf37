"""One-time codes (TOTP, RFC 6238). A code is six digits for thirty seconds, and works once.

The secret is never stored: it is the first 20 bytes of a data key that only the portal's keys can open.
"""

import base64
import datetime as dt
import hmac

import pyotp

from portal import ports
from portal.auth.models import Person
from portal.keys import WrappedKey, Wrapping

STEP_SECONDS = 30
SECRET_BYTES = 20
ISSUER = "4Mi data portal"
DIGITS = 6


def _context(ref: str) -> bytes:
    return f"totp:{ref}".encode()


def new_key(ref: str) -> WrappedKey:
    """Make the data key whose first bytes are a person's secret, bound to that person."""
    return ports.house.keys.wrap(Wrapping.PRIVATE, _context(ref))


def spell(key: bytes) -> str:
    """Return the secret in the letters an authenticator app takes."""
    return base64.b32encode(key[:SECRET_BYTES]).decode()


def secret_of(person: Person) -> str:
    """Open a person's secret.

    Raises KeyMissing or Tampered.
    """
    return spell(ports.house.keys.unwrap(person.totp_key_id, person.totp_wrapped or b"", _context(person.ref)))


def normal(code: str) -> str:
    """Return a code without the blanks people and phones put into it, or "" if it is none.

    >>> normal("123 456"), normal("12345"), normal("١٢٣٤٥٦")
    ('123456', '', '')
    """
    bare = "".join(code.split())
    return bare if len(bare) == DIGITS and bare.isascii() and bare.isdecimal() else ""


def step_at(moment: dt.datetime) -> int:
    """Return the number of the half minute a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def step_of(secret: str, code: str, moment: dt.datetime) -> int | None:
    """Return the step whose code this is: the present one, the one before or the one after; or None."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    given = normal(code)
    here = step_at(moment)
    right = [step for step in (here - 1, here, here + 1) if hmac.compare_digest(totp.generate_otp(step), given)]
    return right[-1] if right else None


def code_of_step(secret: str, step: int) -> str:
    """Return the code of one half minute."""
    return str(pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).generate_otp(step))


def code_at(secret: str, moment: dt.datetime) -> str:
    """Return the code an authenticator app shows at ``moment``."""
    return code_of_step(secret, step_at(moment))


def provisioning(secret: str, address: str) -> str:
    """Return the address an authenticator app reads (otpauth://), for typing or for a QR code."""
    return str(
        pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=address, issuer_name=ISSUER)
    )
