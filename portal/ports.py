"""What a lower room asks of a higher one. ``app.py`` plugs the answers in; an unplugged port refuses."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from config import Config
from portal.actor import Actor
from portal.keys import Keys
from portal.storage import Store


class Log(Protocol):
    """The audit log, as the rooms below it see it."""

    def append(self, session: Session) -> None:
        """Append what was recorded in this session's transaction."""

    def read(self, actor: Actor, event: str, target_ref: str, endpoint: str) -> None:
        """Record, in the open transaction, that ``actor`` read something."""

    def denied(
        self, actor: Actor, reason: str, *, target: str = "", context: Mapping[str, str], clauses: Sequence[str] = ()
    ) -> None:
        """Record a denial in a transaction of its own; never raises for the caller."""


class Names(Protocol):
    """Turns the log's random references into names for who may read them."""

    def __call__(self, references: Iterable[str]) -> dict[str, str]:
        """Return a name for each reference that is known."""


class Sessions(Protocol):
    """Who is behind a session cookie."""

    def __call__(self, token: str) -> Actor:
        """Return the actor, or the anonymous one."""


class ProtectedCounts(Protocol):
    """Counts rows of a signed-off protected file."""

    def __call__(
        self, version_id: int, tier: str, filters: Mapping[str, Sequence[str]], by: Sequence[str]
    ) -> Mapping[tuple[str, ...], int]:
        """Return exact rows by the values of ``by``, none of them 0; ``filters`` as of one scope part.

        A column without a filter lets every row through. What is shown of it is rounded by who asks.
        """


class EarlierReleases(Protocol):
    """What left for an organisation before."""

    def __call__(self, actor: Actor, organisation_id: int) -> Iterable[Mapping[str, Any]]:
        """Return releases, newest first: ``number``, ``title``, ``tier``, ``rows`` (rounded text), ``available_at``,
        ``status``, ``ended_as``, ``downloads``.
        """


@dataclass(frozen=True)
class Addressee:
    """Who reads letters at an address: their key (None for nobody known), how a kind comes to them, and their zone."""

    person_id: int | None
    way: str
    zone: str


@dataclass(frozen=True)
class Deadline:
    """A day by which something ends: a stable name, the day where it counts, a title with numbers only, the page."""

    uid: str
    day: dt.date
    title: str
    path: str


@dataclass(frozen=True)
class Section:
    """A part of an organisation's page: a title, and lines of (words, address or "", note)."""

    title: str
    lines: Sequence[tuple[str, str, str]]


class _Unplugged:
    """A port nobody plugged: using it is a fault of the house."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_args: object, **_kwargs: object) -> Any:  # noqa: ANN401 -- stands in for any port
        raise RuntimeError(f"port {self._name}: not plugged")

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401
        raise RuntimeError(f"port {self._name}.{attribute}: not plugged")


def _unplugged(name: str) -> Any:  # noqa: ANN401 -- stands in for any port
    return _Unplugged(name)


@dataclass
class House:
    """The ports, one per question, and the three things every room is given: configuration, keys, storage."""

    config: Config = field(default_factory=lambda: _unplugged("config"))
    keys: Keys = field(default_factory=lambda: _unplugged("keys"))
    store: Store = field(default_factory=lambda: _unplugged("store"))

    # look an upload's bytes through: "clean", "infected", or "not_scanned" where no scanner is configured
    scan_upload: Callable[[bytes], str] = field(default_factory=lambda: _unplugged("scan_upload"))
    log: Log = field(default_factory=lambda: _unplugged("log"))
    # MMC's regions: code, and name in the reader's language
    regions: Callable[[], Sequence[tuple[str, str]]] = field(default_factory=lambda: _unplugged("regions"))
    # what the rooms above know of an organisation (its id), as far as the actor may see it
    of_organisation: Callable[[Actor, int], Sequence[Section]] = field(
        default_factory=lambda: _unplugged("of_organisation")
    )
    names: Names = field(default_factory=lambda: _unplugged("names"))
    sessions: Sessions = field(default_factory=lambda: _unplugged("sessions"))
    order_protected: Callable[[int], None] = field(default_factory=lambda: _unplugged("order_protected"))
    earlier_releases: EarlierReleases = field(default_factory=lambda: _unplugged("earlier_releases"))
    # what protects the people in a signed-off file (version id, tier), in the reader's words; [] where there is none
    tier_report: Callable[[int, str], Sequence[str]] = field(default_factory=lambda: _unplugged("tier_report"))
    # requests under an agreement, as far as the actor may see them: number, title_en, title_fr, status, ended_as, url
    requests_under: Callable[[Actor, int], Iterable[Mapping[str, Any]]] = field(
        default_factory=lambda: _unplugged("requests_under")
    )
    # what runs under the versions before a drafted one, as far as the actor may see it: number, url, and what of it the
    # draft does not grant, in the reader's words
    under_renewal: Callable[[Actor, int], Sequence[tuple[str, str, Sequence[str]]]] = field(
        default_factory=lambda: _unplugged("under_renewal")
    )
    # an agreement was terminated, or a renewal took its place, in its transaction: what is asked for under it follows
    agreement_over: Callable[[Actor, int], None] = field(default_factory=lambda: _unplugged("agreement_over"))
    # how many requests under an agreement (its id) were sent and have not ended, whoever may see them
    open_requests: Callable[[int], int] = field(default_factory=lambda: _unplugged("open_requests"))
    # the menu of a signed-off protected file (version id, tier), None where there is none; see requests.menu
    protected_menu: Callable[[int, str], Mapping[str, Any] | None] = field(
        default_factory=lambda: _unplugged("protected_menu")
    )
    protected_counts: ProtectedCounts = field(default_factory=lambda: _unplugged("protected_counts"))
    # how many publications that are out were made from a dataset (its id)
    citations: Callable[[int], int] = field(default_factory=lambda: _unplugged("citations"))
    # order the build of an accepted request, in its transaction
    order_release: Callable[[int], None] = field(default_factory=lambda: _unplugged("order_release"))
    # somebody (their id) joined the team of a request (its id), in its transaction: they may fetch what is there
    admit: Callable[[int, int], None] = field(default_factory=lambda: _unplugged("admit"))
    # a request was stopped for good, in its transaction: its releases are over too (who, request id, cause); how many
    end_releases: Callable[[Actor, int, str], int] = field(default_factory=lambda: _unplugged("end_releases"))
    # what keeps an organisation from sending new requests, as machine words of agreements.words.BROKEN
    blocks: Callable[[int], Sequence[str]] = field(default_factory=lambda: _unplugged("blocks"))
    # safe HTML about a request's release for its page, "" where there is nothing to show
    release_panel: Callable[[Actor, int], str] = field(default_factory=lambda: _unplugged("release_panel"))
    # who reads letters at an address, or who a key stands for, and how letters of a kind come to them
    addressee: Callable[[str, int | None, str], Addressee] = field(default_factory=lambda: _unplugged("addressee"))
    # the days that concern the actor, of every room that has some
    deadlines: Callable[[Actor], Iterable[Deadline]] = field(default_factory=lambda: _unplugged("deadlines"))
    # what waits for the actor besides requests, for the page their work begins on
    waiting: Callable[[Actor], Sequence[Section]] = field(default_factory=lambda: _unplugged("waiting"))
    # safe HTML for the profile page: which letters come how
    message_settings: Callable[[Actor], str] = field(default_factory=lambda: _unplugged("message_settings"))


house = House()
