"""Cell keys: noise that belongs to a set of records. Whoever is in the cell decides it, however the cell is asked for.

Margins and inner cells get their own noise, so sums are off by a little; a zero stays a zero. Source: Fraser and
Wooton (2005), A proposed method for confidentialising tabular output to protect against differencing.
"""

import hashlib
import hmac
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from portal.disclosure.classes import Ints
from portal.disclosure.refusals import BadInput
from portal.disclosure.tables.ptable import PTable

Keys = npt.NDArray[np.uint64]
LEAST_SECRET = 32


def record_keys(secret: bytes, ids: Iterable[str]) -> Keys:
    """One key per record (n,), uniform on 64 bits: HMAC-SHA256 of the record's lasting id.

    Raises BadInput if the secret is shorter than 32 bytes, or an id is empty or there twice.
    """
    if len(secret) < LEAST_SECRET:
        raise BadInput(f"secret: at least {LEAST_SECRET} bytes")
    names = list(ids)
    if "" in names or len(set(names)) < len(names):
        raise BadInput("ids: each record needs one of its own")
    digests = [hmac.digest(secret, b"table\x00" + name.encode(), hashlib.sha256)[:8] for name in names]
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def perturbed(count: Ints, keys: Keys, table: PTable) -> Ints:
    """Counts with noise (n,), 0 or more: the row of the table is chosen by the count, the change by the cell's key.

    ``keys`` (n,) the sum of the keys of each cell's records modulo 2^64 (``Cube.added``): exact, and in any order.

    The error has mean 0 and the table's variance whatever the count, except that 0 is always 0.
    """
    return count + table.noise(count, keys)
