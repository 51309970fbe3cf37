"""The ledger as arrays, to be sealed and kept by whoever runs it. Reading proves that nothing in it was changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from portal.disclosure.interviews import LANE, widened
from portal.disclosure.ledger import Entry, Ledger, Refusal, dense, state
from portal.disclosure.refusals import CannotMeet

Arrays = Mapping[str, npt.NDArray[np.generic]]


def to_arrays(ledger: Ledger) -> dict[str, npt.NDArray[np.generic]]:
    """Plain arrays without objects: ``about`` (JSON bytes), ``ids`` (n,), ``signature`` (2, n), and two tables.

    ``detail`` (columns, n) bits packed along n, ``answers`` (answers, n).
    """
    detail, answers = sorted(ledger.detail), sorted(ledger.answers)
    about = {
        "domain": ledger.domain,
        "entries": [asdict(one) for one in ledger.entries],
        "refusals": [asdict(one) for one in ledger.refusals],
        "detail": detail,
        "answers": answers,
    }
    n = len(ledger.ids)
    return {
        "about": _bytes(json.dumps(about, sort_keys=True)),
        "ids": ledger.ids,
        "signature": ledger.signature,
        "detail": np.packbits(
            np.array([ledger.detail[name] for name in detail], dtype=np.bool_).reshape(len(detail), n), axis=1
        ),
        "answers": np.array([ledger.answers[name] for name in answers], dtype=np.int8).reshape(len(answers), n),
    }


def from_arrays(arrays: Arrays) -> Ledger:
    """The ledger that was stored. Raises CannotMeet where it cannot be read, or is not what its last entry says."""
    try:
        ledger = _read(arrays)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise CannotMeet("ledger: unreadable; nothing can be judged") from error
    if ledger.entries and state(ledger) != ledger.entries[-1].state:
        raise CannotMeet("ledger: not what its last entry says; nothing can be judged")
    return ledger


def _read(arrays: Arrays) -> Ledger:
    about = json.loads(arrays["about"].tobytes())
    ids = widened(np.asarray(arrays["ids"]).astype(np.bytes_), LANE)
    signature = np.asarray(arrays["signature"]).astype(np.uint64).reshape(2, len(ids))
    detail = np.unpackbits(np.asarray(arrays["detail"], dtype=np.uint8), axis=1, count=len(ids)).astype(bool)
    answers = np.asarray(arrays["answers"]).astype(np.int8).reshape(len(about["answers"]), len(ids))
    return Ledger(
        about["domain"],
        ids,
        signature,
        dense(signature),
        dict(zip(about["detail"], detail, strict=True)),
        dict(zip(about["answers"], answers, strict=True)),
        tuple(Entry(**one) for one in about["entries"]),
        tuple(Refusal(**one) for one in about["refusals"]),
    )


def _bytes(written: str) -> npt.NDArray[np.generic]:
    return np.frombuffer(written.encode(), dtype=np.uint8)
