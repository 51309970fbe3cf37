"""The kinds of work and their stages. Each area registers its own; the fault tests kill at every one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Held:
    """A piece of work in the hands of this process: what it is, and the fence that proves it is ours.

    ``memo`` carries what one stage leaves for the next; it lives in memory only and is made again on a retry.
    """

    id: int
    kind: str
    target_ref: str
    fence: int
    attempt: int
    memo: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """A step that may run twice, late, or beside its twin. ``do`` opens its own short transactions."""

    name: str
    do: Callable[[Held], None]


@dataclass(frozen=True)
class Kind:
    """A kind of work: its stages in order, and what to do when it failed for good or must be held.

    ``failed(held, error)`` runs inside a transaction of its own and records its event.
    """

    name: str
    stages: tuple[Stage, ...]
    failed: Callable[[Held, BaseException, bool], None]


KINDS: dict[str, Kind] = {}
observers: list[Callable[[str, str], None]] = []  # called with (kind, stage) as a stage begins; tests listen here


def register(kind: Kind) -> None:
    """Make a kind of work known."""
    KINDS[kind.name] = kind
