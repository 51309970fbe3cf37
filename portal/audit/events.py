"""The list of everything that can happen here. A name that is not on it cannot be recorded.

Outcome `denied` means that nothing happened: the event is all there is of it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a deed ended."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILURE = "failure"
    ERROR = "error"


class Unknown(ValueError):
    """An event nobody has listed; its text names it."""


@dataclass(frozen=True)
class EventType:
    """One thing that can happen: name (`area.thing.deed`), usual outcome, and what is private about it."""

    name: str
    outcome: Outcome = Outcome.SUCCESS
    private: str = ""

    @property
    def area(self) -> str:
        """The first word of the name."""
        return self.name.partition(".")[0]


_ADDRESS = "network address and browser of who tried, under that person's key"
_REASON = "the reason in the person's own words"
_NAMES = "names and e-mail addresses, old and new"

_ALL = (
    EventType("auth.password.accepted", private=_ADDRESS),
    EventType("auth.login.success", private=_ADDRESS),
    EventType("auth.login.failed", Outcome.FAILURE, _ADDRESS),
    EventType("auth.logout"),
    EventType("auth.mfa.enrolled"),
    EventType("auth.mfa.failed", Outcome.FAILURE, _ADDRESS),
    EventType("auth.password.changed"),
    EventType("auth.session.revoked"),
    EventType("auth.session.expired"),
    EventType("person.created", private=_NAMES),
    EventType("person.updated", private=_NAMES),
    EventType("person.viewed"),
    EventType("person.disabled", private=_REASON),
    EventType("person.enabled", private=_REASON),
    EventType("role.granted"),
    EventType("org.created", private=_NAMES),
    EventType("org.updated", private=_NAMES),
    EventType("authz.denied", Outcome.DENIED, _ADDRESS),
    EventType("authz.denied.summary", Outcome.DENIED),
    EventType("authz.csrf_rejected", Outcome.DENIED, _ADDRESS),
    EventType("agreement.created"),
    EventType("agreement.activated"),
    EventType("agreement.listed"),
    EventType("agreement.viewed"),
    EventType("agreement.expired"),
    EventType("request.created"),
    EventType("request.changed"),
    EventType("request.viewed"),
    EventType("request.submitted", private=_REASON),
    EventType("request.answered", private=_REASON),
    EventType("request.asked", private=_REASON),
    EventType("request.previewed"),
    EventType("request.listed"),
    EventType("request.returned", private=_REASON),
    EventType("request.review.started"),
    EventType("request.approved", private=_REASON),
    EventType("request.rejected", private=_REASON),
    EventType("request.offered"),
    EventType("request.accepted"),
    EventType("request.withdrawn", private=_REASON),
    EventType("request.cancelled"),
    EventType("request.lapsed"),
    EventType("request.suspended", private=_REASON),
    EventType("request.resumed", private=_REASON),
    EventType("request.expired"),
    EventType("request.revoked", private=_REASON),
    EventType("track.opened"),
    EventType("track.listed"),
    EventType("track.viewed"),
    EventType("track.decided", private=_REASON),
    EventType("track.asked", private=_REASON),
    EventType("track.closed"),
    EventType("dataset.registered"),
    EventType("dataset.searched"),
    EventType("dataset.metadata.viewed"),
    EventType("dataset.version.uploaded"),
    EventType("dataset.version.refused", Outcome.FAILURE),
    EventType("dataset.version.added"),
    EventType("dataset.version.viewed"),
    EventType("dataset.roles.confirmed"),
    EventType("dataset.version.published"),
    EventType("rules.viewed"),
    EventType("rules.proposed", private=_REASON),
    EventType("rules.confirmed"),
    EventType("rules.dropped"),
    EventType("file.queued"),
    EventType("file.started"),
    EventType("file.protected"),
    EventType("file.viewed"),
    EventType("file.signed_off", private=_REASON),
    EventType("file.reviewed", private=_REASON),
    EventType("file.review_due"),
    EventType("file.held", Outcome.FAILURE, _REASON),
    EventType("file.failed", Outcome.ERROR),
    EventType("file.ordered_again"),
    EventType("table.viewed"),
    EventType("table.made"),
    EventType("release.queued"),
    EventType("release.started"),
    EventType("release.attacked"),
    EventType("release.available"),
    EventType("release.held", Outcome.FAILURE, _REASON),
    EventType("release.failed", Outcome.ERROR),
    EventType("release.ordered_again"),
    EventType("release.viewed"),
    EventType("release.downloaded", private=_ADDRESS),
    EventType("release.download.completed"),
    EventType("release.expired"),
    EventType("work.retried", Outcome.ERROR),
    EventType("system.setup"),
    EventType("audit.opened"),
    EventType("audit.viewed"),
    EventType("audit.exported"),
    EventType("audit.verified"),
    EventType("audit.hour"),
)

REGISTRY = {one.name: one for one in _ALL}


def find(name: str) -> EventType:
    """Give the type of this name.

    Raises Unknown if nobody has listed it.

    >>> find("track.decided").area
    'track'
    """
    try:
        return REGISTRY[name]
    except KeyError:
        raise Unknown(f"event {name}: not in portal.audit.events; list it there first") from None
