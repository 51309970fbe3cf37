"""What has left about whom, over all releases of one collusion domain. Out of every release is the signature zero.

A *class* is the interviews that every release so far shows alike: even someone who holds all files, links their rows
without a fault and knows who is in which cannot tell its members apart. Each interview keeps a signature of 128 bits,
two lanes of 64. A release adds to it the digest of what it shows of the interview (its view), lane by lane, modulo
2**64; an interview that it leaves out keeps its signature, so a digest of nothing is 0 and a release costs nothing for
the interviews outside it.

Digests are BLAKE2b of the view, keyed by the ledger's head, so each release draws its own. Two interviews of one class
with equal views stay together, because both add the same number; two classes with equal views stay apart, because
adding one number keeps what differs different. Only different views can meet by accident, in both lanes with
probability 2**-128 a pair: at ten million classes, 5e13 pairs, less than 2e-25 a release. Candidates are judged on
pairs of class and view (``joint``), where nothing is hashed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.classes import Bools, Ints
from portal.disclosure.interviews import Ids, find, fingerprint, unique, widened
from portal.disclosure.refusals import BadInput
from portal.errors import Stale

Lanes = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int8]
Told = TypeVar("Told", np.bool_, np.int8)

EVERYONE = "everyone"
UNTOLD, NO, YES = 0, 1, 2


@dataclass(frozen=True)
class Views:
    """What one release shows of whom; an interview that is not listed is out of it.

    ``ids`` (m,) interview ids, each once; ``code`` (m,) the number of each one's view; ``labels`` the views in words,
    one per number and no two alike. ``detail`` says per released column whose value is shown (m,), ``answers`` per
    sensitive answer ("variable=code") what is told (m,): UNTOLD, NO or YES.
    """

    ids: Ids
    code: Ints
    labels: tuple[str, ...]
    detail: Mapping[str, Bools]
    answers: Mapping[str, Small]

    def __post_init__(self) -> None:
        if not unique(self.ids) or (self.ids == b"").any():
            raise BadInput("interview_id: an interview is there twice, or has no id")
        if len(set(self.labels)) != len(self.labels) or self.code.max(initial=-1) >= len(self.labels):
            raise BadInput("views: every view needs one label of its own")


@dataclass(frozen=True)
class Entry:
    """One release as the ledger remembers it. ``kind``: release, or publication (registered, never judged).

    ``state`` is the digest of everything the ledger holds about interviews after it.
    """

    number: int
    kind: str
    reference: str
    on: str
    rows: int
    views: int
    state: str


@dataclass(frozen=True)
class Refusal:
    """That an organisation's wish was refused, and on which day (ISO)."""

    organisation: str
    dataset: str
    on: str


@dataclass(frozen=True)
class Ledger:
    """The interviews that ever left, with ``n`` of them: ``signature`` (2, n), ``detail`` and ``answers`` (n,) each."""

    domain: str
    ids: Ids
    signature: Lanes
    of: Ints
    detail: Mapping[str, Bools]
    answers: Mapping[str, Small]
    entries: tuple[Entry, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def head(self) -> str:
        """A digest over all entries in their order (hexadecimal); to be recorded where the ledger cannot be changed."""
        return chained(self.domain, self.entries)

    @property
    def sizes(self) -> Ints:
        """How many interviews each class holds, shape (classes,)."""
        return np.bincount(self.of).astype(np.int64)

    def rows(self, ids: Ids) -> Ints:
        """Where interviews stand in the ledger; -1 for one that never left."""
        return find(self.ids, self._prints, ids)

    @cached_property
    def _prints(self) -> "pd.Index[int]":
        return pd.Index(fingerprint(self.ids))


def empty(domain: str = EVERYONE) -> Ledger:
    """A ledger of nothing yet. Recipients who may pool what they get belong in one domain."""
    nothing = np.zeros(0, dtype=np.int64)
    return Ledger(domain, np.zeros(0, dtype="S8"), np.zeros((2, 0), dtype=np.uint64), nothing, {}, {})


def chained(domain: str, entries: Sequence[Entry]) -> str:
    """The head of a chain of entries: SHA-256 of the head before and the entry, from the domain's name on."""
    head = hashlib.sha256(f"ledger {domain}".encode()).hexdigest()
    for entry in entries:
        head = hashlib.sha256(f"{head} {json.dumps(asdict(entry), sort_keys=True)}".encode()).hexdigest()
    return head


def append(ledger: Ledger, views: Views, *, head: str, kind: str, reference: str, on: str) -> Ledger:
    """The ledger after a release, or after the registration of a publication. Nothing is ever taken out.

    ``head`` is the one that the release was judged against. Raises Stale if another was written down since: then the
    release has to be judged again.
    """
    if head != ledger.head:
        raise Stale("ledger: another release was written down since this one was judged; judge it again")
    if kind not in {"release", "publication"}:
        raise BadInput("kind: must be release or publication")
    grown = _grown(ledger, views.ids)
    at = grown.rows(views.ids)
    signature = grown.signature.copy()
    signature[:, at] += digests(views.labels, head)[:, views.code]
    made = replace(
        grown,
        signature=signature,
        of=dense(signature),
        detail=_finest(grown.detail, views.detail, at, size=len(grown.ids)),
        answers=_finest(grown.answers, views.answers, at, size=len(grown.ids)),
    )
    entry = Entry(len(ledger.entries) + 1, kind, reference, on, len(views.ids), len(views.labels), state(made))
    return replace(made, entries=(*ledger.entries, entry))


def refuse(ledger: Ledger, refusal: Refusal) -> Ledger:
    """The ledger with one more refusal. Its head stays: a refusal changes what nobody else may get."""
    return replace(ledger, refusals=(*ledger.refusals, refusal))


def digests(labels: Sequence[str], head: str) -> Lanes:
    """Two lanes of 64 bits for every view, shape (2, views), drawn anew for every head."""
    key = bytes.fromhex(head)
    made = b"".join(hashlib.blake2b(label.encode(), digest_size=16, key=key).digest() for label in labels)
    return np.frombuffer(made, dtype="<u8").reshape(-1, 2).T.astype(np.uint64)


def dense(lanes: Lanes) -> Ints:
    """Number the distinct columns of two lanes, 0 upward; exact in both lanes.

    >>> dense(np.array([[5, 5, 7, 5], [1, 1, 1, 2]], dtype=np.uint64)).tolist()
    [0, 0, 1, 2]
    """
    first = pd.factorize(lanes[0])[0].astype(np.int64)
    second = pd.factorize(lanes[1])[0].astype(np.int64)
    return np.asarray(pd.factorize(first * (len(second) + 1) + second)[0], dtype=np.int64)


def state(ledger: Ledger) -> str:
    """A digest of everything that is kept about interviews (hexadecimal)."""
    kept = hashlib.sha256(ledger.ids.tobytes())
    kept.update(np.ascontiguousarray(ledger.signature, dtype="<u8").tobytes())
    for part in (ledger.detail, ledger.answers):
        for name in sorted(part):
            kept.update(f"\n{name}\n".encode())
            kept.update(part[name].tobytes())
    return kept.hexdigest()


def _grown(ledger: Ledger, ids: Ids) -> Ledger:
    """The ledger with a place for every interview; a new one has been out of everything."""
    new = ids[ledger.rows(ids) < 0]
    return replace(
        ledger,
        ids=np.concatenate([widened(ledger.ids, ids.dtype.itemsize), new]),
        signature=np.concatenate([ledger.signature, np.zeros((2, len(new)), dtype=np.uint64)], axis=1),
        detail={name: np.pad(kept, (0, len(new))) for name, kept in ledger.detail.items()},
        answers={name: np.pad(kept, (0, len(new))) for name, kept in ledger.answers.items()},
    )


def _finest(
    kept: Mapping[str, npt.NDArray[Told]], given: Mapping[str, npt.NDArray[Told]], at: Ints, *, size: int
) -> dict[str, npt.NDArray[Told]]:
    """Per name, the most that was ever told: what is known stays known."""
    made = dict(kept)
    for name, told in given.items():
        after = made[name].copy() if name in made else np.zeros(size, dtype=told.dtype)
        after[at] = np.maximum(after[at], told)
        made[name] = after
    return made
