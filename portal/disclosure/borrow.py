"""Leftovers of the cascade borrow company. A class lends rows above k, or is taken whole: none falls below k."""

from dataclasses import dataclass
from math import inf

import numpy as np

from portal.disclosure.cascade import Placed, Problem, identify
from portal.disclosure.classes import Bools, Floats, Ints


@dataclass(frozen=True)
class Offer:
    """One way to place a leftover: the pattern, the entries that join it with how many rows each, and the price."""

    price: float
    pattern: int
    entries: Ints
    rows: Ints


@dataclass(frozen=True)
class Around:
    """What a leftover ``key`` finds.

    Per entry the class it is ``of`` (E,), its ``price`` (E,), and how many levels of each family it ``shares`` (F, E)
    with the key; per class its ``size``; per pattern whether a class is ``there`` (P,) already.
    """

    key: int
    of: Ints
    price: Floats
    shares: Ints
    size: Ints
    there: Bools


@dataclass(frozen=True)
class Attempt:
    """A pattern tried: what the leftover itself pays, rows it needs, entries that fit (E,), what each would lose."""

    pattern: int
    own: float
    needed: int
    fits: Bools
    loss: Floats


def settle(task: Problem, placed: Placed, leftovers: Ints) -> Placed:
    """Place every leftover at the cheapest pattern, counting what its companions lose.

    Needs at least k rows in all (the caller sees to it). Deterministic: leftovers in order of key, ties by pattern.
    """
    for key in leftovers:
        placed = _join(task, placed, int(key))
    return placed


def _join(task: Problem, placed: Placed, key: int) -> Placed:
    best = _best(task, placed, _around(task, placed, key))
    left = placed.rows.copy()
    left[best.entries] -= best.rows
    stay = left > 0
    return Placed(
        np.concatenate([placed.key[stay], placed.key[best.entries], [key]]),
        np.concatenate([placed.shown[stay], np.tile(task.patterns[best.pattern], (len(best.entries) + 1, 1))]),
        np.concatenate([left[stay], best.rows, task.counts[[key]]]),
    )


def nodes_of(task: Problem, placed: Placed) -> Ints:
    """The released nodes of every entry, shape (E, F)."""
    return task.nodes(placed.key, placed.shown)


def _around(task: Problem, placed: Placed, key: int) -> Around:
    targets = task.nodes(np.full(len(task.patterns), key), task.patterns)
    mine, theirs = identify(task.families, targets, nodes_of(task, placed))
    found, of = np.unique(theirs, return_inverse=True)
    shares = [
        (one.up[task.leaves[placed.key, at]] == one.up[task.leaves[key, at]]).sum(axis=1) - 1
        for at, one in enumerate(task.families)
    ]
    return Around(
        key=key,
        of=of.astype(np.int64),
        price=task.price(placed.shown),
        shares=np.array(shares),
        size=np.bincount(of, weights=placed.rows).astype(np.int64),
        there=np.isin(mine, found),
    )


def _best(task: Problem, placed: Placed, around: Around) -> Offer:
    """The offer of least price. Where nobody could gain by joining, patterns too dear in themselves are not tried."""
    none = np.zeros(0, dtype=np.int64)
    best = Offer(inf, 0, none, none)
    for at, cost in enumerate(task.cost):
        if cost * task.counts[around.key] >= best.price and cost >= around.price.max():
            break
        offer = _offer(task, placed, around, at)
        if offer is not None and offer.price < best.price:
            best = offer
    return best


def _offer(task: Problem, placed: Placed, around: Around, at: int) -> Offer | None:
    """The cheapest way to place the key at pattern ``at``, or None."""
    own = float(task.cost[at] * task.counts[around.key])
    if around.there[at]:
        none = np.zeros(0, dtype=np.int64)
        return Offer(own, at, none, none)
    fits = np.ones(len(placed.key), dtype=bool)
    for shared, level in zip(around.shares, task.patterns[at], strict=True):
        if level:
            fits &= shared >= level
    tried = Attempt(at, own, task.k - int(task.counts[around.key]), fits, task.cost[at] - around.price)
    return _spare(task, placed, around, tried) or _whole(placed, around, tried)


def _spare(task: Problem, placed: Placed, around: Around, tried: Attempt) -> Offer | None:
    """Take single rows from classes that keep k without them."""
    spare, needed = around.size - task.k, tried.needed
    may = np.flatnonzero(tried.fits & (spare[around.of] > 0))
    entries, rows = [], []
    for entry in may[np.argsort(tried.loss[may], kind="stable")].tolist():
        take = int(min(placed.rows[entry], spare[around.of[entry]], needed))
        if take > 0:
            entries.append(entry)
            rows.append(take)
            spare[around.of[entry]] -= take
            needed -= take
        if needed == 0:
            got = np.array(rows, dtype=np.int64)
            price = tried.own + float(got @ tried.loss[entries])
            return Offer(price, tried.pattern, np.array(entries, dtype=np.int64), got)
    return None


def _whole(placed: Placed, around: Around, tried: Attempt) -> Offer | None:
    """Take one class as it is, where all of it fits."""
    inside = np.bincount(around.of, weights=placed.rows * tried.fits) == around.size
    if not inside.any():
        return None
    price = np.bincount(around.of, weights=placed.rows * tried.loss)
    chosen = int(np.flatnonzero(inside)[np.argmin(price[inside])])
    entries = np.flatnonzero(around.of == chosen).astype(np.int64)
    return Offer(tried.own + float(price[chosen]), tried.pattern, entries, placed.rows[entries])
