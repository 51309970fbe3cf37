"""Linking and inferring: what the released rows nearest to a person say of that person."""

from collections.abc import Iterator, Sequence

import numpy as np

from portal.disclosure.classes import Bools, Floats, Ints, pack
from portal.disclosure.codes import Codes
from portal.disclosure.threats_codes import Scene, distances, nearest, portions
from portal.disclosure.threats_rates import Tried

SPLITS = 4


def linkability(scene: Scene, families: Sequence[Sequence[str]], rng: np.random.Generator, people: int) -> Tried:
    """Whether two halves of what is known of a person lead to one released row.

    The families of columns are dealt into two hands, in ``SPLITS`` ways, and each way is tried on its share of at most
    ``people`` of either group. Among equally near rows the attacker draws, so that a hit is the chance that both draws
    give the same row: ``both / (one * other)``. Nothing is tried with fewer than two families.
    """
    if len(families) < 2 or not len(scene.released):
        return Tried(0, 0.0, 0, 0.0)
    groups = [rows[_places(len(rows), people, rng)] for rows in (scene.train, scene.control)]
    of, keys = _distinct(scene.released)
    rows = np.bincount(of).astype(np.float64)
    hits = [0.0, 0.0]
    for turn in range(SPLITS):
        dealt = np.array_split(rng.permutation(len(families)), 2)
        hands = [[scene.columns.index(name) for at in hand for name in families[at]] for hand in dealt]
        for at, group in enumerate(groups):
            hits[at] += _linked(keys, rows, group[turn::SPLITS], hands)
    return Tried(len(groups[0]), hits[0], len(groups[1]), hits[1])


def _linked(keys: Codes, rows: Floats, people: Codes, hands: Sequence[Sequence[int]]) -> float:
    total = 0.0
    for part in portions(len(people), len(keys)):
        one, other = (nearest(distances(keys[:, hand], people[part][:, hand])) for hand in hands)
        total += float(((one & other) @ rows / ((one @ rows) * (other @ rows))).sum())
    return total


def inference(
    scene: Scene, told: Sequence[Ints], truths: Sequence[tuple[Ints, Ints]], rng: np.random.Generator, people: int
) -> list[Tried]:
    """Whether the released rows nearest to a person, of those that tell, give that person's answer away.

    ``told`` holds for each secret the answer that each released row tells (n,): 0 no, 1 yes, -1 nothing; ``truths``
    the same of the people in the file and of the control group. The attacker takes the answer of one of the equally
    near rows, so that a hit is the share of them that give the true answer.
    """
    picked = [_places(len(rows), people, rng) for rows in (scene.train, scene.control)]
    both = np.concatenate([scene.train[picked[0]], scene.control[picked[1]]])
    of, keys = _distinct(scene.released)
    counts = [_counts(of, len(keys), answer) for answer in told]
    answers = [np.concatenate([one[at] for one, at in zip(pair, picked, strict=True)]) for pair in truths]
    hits = [np.zeros(len(both)) for _ in told]
    for part in portions(len(both), len(keys)):
        far = distances(keys, both[part])
        for hit, count, answer in zip(hits, counts, answers, strict=True):
            hit[part] = _agreeing(far, count, answer[part])
    return [_tried(hit, answer >= 0, len(picked[0])) for hit, answer in zip(hits, answers, strict=True)]


def _distinct(rows: Codes) -> tuple[Ints, Codes]:
    """The number of each row's key (n,), and the distinct keys (D, F)."""
    of = pack(list(rows.T)) if rows.size else np.zeros(len(rows), dtype=np.int64)
    return of, rows[np.unique(of, return_index=True)[1]]


def _counts(of: Ints, keys: int, answer: Ints) -> Floats:
    """Per key and answer (no, yes), how many rows tell it, (D, 2)."""
    tells = answer >= 0
    return np.bincount(2 * of[tells] + answer[tells], minlength=2 * keys).reshape(keys, 2).astype(np.float64)


def _agreeing(far: Codes, counts: Floats, answer: Ints) -> Floats:
    """The share of the nearest telling rows that agree with each person's answer (B,); 0 where nobody tells."""
    tell = counts.sum(axis=1) > 0
    if not tell.any():
        return np.zeros(len(far))
    near = nearest(far[:, tell]).astype(np.float64) @ counts[tell]
    return np.asarray(near[np.arange(len(far)), np.maximum(answer, 0)] / near.sum(axis=1))


def _tried(hits: Floats, asked: Bools, inside: int) -> Tried:
    """Hits of those who have an answer to be guessed; the first ``inside`` people are in the file."""
    group = [np.flatnonzero(asked[:inside]), inside + np.flatnonzero(asked[inside:])]
    return Tried(len(group[0]), float(hits[group[0]].sum()), len(group[1]), float(hits[group[1]].sum()))


def _places(rows: int, most: int, rng: np.random.Generator) -> Ints:
    return np.sort(rng.permutation(rows)[:most]).astype(np.int64)


def hands_of(columns: Sequence[str], families: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The families' columns that are among ``columns``, then every other column as a family of its own."""
    left = list(columns)
    for family in families:
        kept = [name for name in family if name in columns]
        left = [name for name in left if name not in kept]
        if kept:
            yield kept
    yield from ([name] for name in left)
