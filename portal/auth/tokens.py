"""Session tokens: 256 random bits for the browser, and a keyed hash of them for the database.

Whoever reads the database holds no session: without the portal's key the hash cannot even be compared.
"""

import base64
import secrets

from portal import ports
from portal.keys import Mac

TOKEN_BYTES = 32


def mint() -> str:
    """Return a new token for a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """Return what is stored of a token, 32 bytes."""
    return ports.house.keys.mac(Mac.SESSION, token.encode())


def in_letter(nonce: str) -> str:
    """Return the secret part of a letter's link. The outbox holds the nonce, the table a hash of what this returns.

    So whoever reads the database can follow no link: both halves need the portal's key.
    """
    return base64.urlsafe_b64encode(ports.house.keys.mac(Mac.SESSION, b"link:" + nonce.encode())).decode().rstrip("=")
