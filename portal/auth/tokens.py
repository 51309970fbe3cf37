"""Session tokens: 256 random bits for the browser, and a keyed hash of them for the database.

Whoever reads the database holds no session: without the portal's key the hash cannot even be compared.
"""

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
