"""Who stays out of a file that follows others, so that nobody leaves alone. Being left out is a thing that is seen.

Whoever holds the last file and this one sees which rows of a class are gone; of somebody known to have withdrawn they
would know the row, had not others of the class gone along. Who goes along is drawn by a keyed hash of the id: the same
people every time, and nobody without the key can say who withdrew and who kept them company.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portal.disclosure.classes import Bools, Ints
from portal.disclosure.diversity import Block
from portal.disclosure.interviews import Ids
from portal.disclosure.ledger import UNTOLD, YES, Ledger, Small
from portal.disclosure.ruleset import Limits


@dataclass(frozen=True)
class Needs:
    """What each part of a class that is divided has to keep: ``k`` interviews, and answers that do not agree."""

    k: int
    limits: Limits


@dataclass(frozen=True)
class Divided:
    """The ledger's interviews (n,) by what becomes of them: they ``stay`` as they were, come ``again`` with other
    keys than before, or are out: because they went, or in their ``company``.
    """

    stay: Bools
    again: Bools
    company: Bools


def divide(ledger: Ledger, gone: Bools, corrected: Bools, whole: Bools, *, needs: Needs, turns: Ints) -> Divided:
    """Let interviews go out of their classes without leaving a part of one too small, or of one mind.

    Parameters
    ----------
    gone, corrected : (n,) interviews that are not in the new rows, and those that are with other keys.
    whole : (C,) classes that stay out whole, whatever is left of them.
    turns : (n,) who goes along first, lowest first.

    Returns
    -------
    Of every class the part that stays, the part that comes again and the part that is out hold 0 or at least k
    interviews each, or it is out whole. Corrected interviews come again where their class has k of them.
    """
    of, size = ledger.of, ledger.sizes
    many = np.bincount(of[corrected], minlength=len(size))
    again = (many >= needs.k) & ((size == many) | (size - many >= needs.k)) & ~whole
    returning = corrected & again[of]
    rest = ~returning
    leaving = (gone | corrected) & rest
    asked = (np.bincount(of[leaving], minlength=len(size)) > 0)[of] & rest
    out = whole[of]
    rows = np.flatnonzero(asked & ~out)
    answers = {name: told[rows] for name, told in ledger.answers.items()}
    out[rows] = _prefixes(of[rows], leaving[rows], turns[rows], answers, _limits(ledger), needs)
    return Divided(~out & rest, returning, out & ~leaving)


def turns(ids: Ids, key: bytes) -> Ints:
    """The order in which interviews go along, shape (n,): by HMAC-SHA256 of the id under ``key``."""
    drawn = np.array([hmac.digest(key, one, hashlib.sha256) for one in ids.tolist()], dtype="S32")
    order = np.empty(len(ids), dtype=np.int64)
    order[np.argsort(drawn, kind="stable")] = np.arange(len(ids))
    return order


def _limits(ledger: Ledger) -> Mapping[str, float]:
    """Per answer the share of yes among all who ever answered."""
    return {name: float((told == YES).sum() / max((told != UNTOLD).sum(), 1)) for name, told in ledger.answers.items()}


def _prefixes(
    of: Ints, leaving: Bools, turn: Ints, answers: Mapping[str, Small], bases: Mapping[str, float], needs: Needs
) -> Bools:
    """Which rows (m,) are out: of every class the fewest, those who leave first, that make two parts which hold."""
    order = np.lexsort((turn, ~leaving, of))
    block = np.unique(of[order], return_inverse=True)[1]
    size = np.bincount(block)
    start = np.cumsum(size) - size
    out = np.arange(len(order)) - start[block] + 1  # how many are out when a row is the last of them
    must = np.maximum(np.bincount(block, weights=leaving[order]).astype(np.int64), needs.k)
    fits = (out >= must[block]) & (out <= size[block] - needs.k)
    for name, told in answers.items():
        fits &= _holds(told[order], block, start, bases[name], needs)
    last = size.copy()
    np.minimum.at(last, block[fits], out[fits])
    made = np.zeros(len(order), dtype=bool)
    made[order] = out <= last[block]
    return made


def _holds(told: Small, block: Ints, start: Ints, base: float, needs: Needs) -> Bools:
    """Whether an answer tells nothing of either part when a row is the last that is out, shape (m,)."""
    alpha = max(needs.limits.alpha, base + needs.limits.margin)
    counts = [_running(told != UNTOLD, block, start), _running(told == YES, block, start)]
    whole = [np.bincount(block, weights=rows)[block].astype(np.int64) for rows in (told != UNTOLD, told == YES)]
    parts: Sequence[Sequence[Ints]] = (counts, [all_ - some for all_, some in zip(whole, counts, strict=True)])
    fails = [Block(answered, yes, base, alpha).fails(needs.limits.min_no) for answered, yes in parts]
    return ~(fails[0] | fails[1])


def _running(rows: Bools, block: Ints, start: Ints) -> Ints:
    """How many of a block's rows up to and with each are true, shape (m,)."""
    total = np.cumsum(rows)
    return np.asarray(total - (total[start] - rows[start])[block], dtype=np.int64)
