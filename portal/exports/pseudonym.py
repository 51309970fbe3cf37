"""Keyed pseudonyms: one key per organisation and file, so that two files cannot be joined by identifier.

The rows are put in the order of their pseudonyms: the order they came in would join two files just as well.
"""

import base64
from collections.abc import Callable

import pandas as pd

from portal.exports.package_content import RECORD_ID

INTERVIEW_ID = "interview_id"


def pseudonym(interview_id: str, mac: Callable[[bytes], bytes]) -> str:
    """Return base32(mac(interview id)) without padding: 52 letters and digits for HMAC-SHA256.

    >>> pseudonym("ab", lambda _: bytes(32))[:4]
    'AAAA'
    """
    return base64.b32encode(mac(interview_id.encode())).rstrip(b"=").decode()


def relabel(frame: pd.DataFrame, mac: Callable[[bytes], bytes]) -> pd.DataFrame:
    """Return the rows under ``record_id``, in its order, without ``interview_id``.

    ``mac`` is HMAC-SHA256 under the key of the recipient organisation and the file. Raises ValueError if there is no
    interview_id, if it repeats, or if there is a record_id already.
    """
    if INTERVIEW_ID not in frame.columns:
        raise ValueError("frame: has no interview_id; pseudonyms come from it")
    if RECORD_ID in frame.columns:
        raise ValueError("frame: has a record_id already; relabel the protected rows, once")
    if not frame[INTERVIEW_ID].is_unique:
        raise ValueError("interview_id: repeats; one row per interview")
    names = pd.Series([pseudonym(one, mac) for one in frame[INTERVIEW_ID].tolist()], dtype="str")
    bare = frame.drop(columns=INTERVIEW_ID).reset_index(drop=True)
    bare.insert(0, RECORD_ID, names)
    return bare.sort_values(RECORD_ID, ignore_index=True)
