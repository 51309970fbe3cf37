"""What letters are about. By its kind a person chooses how a letter comes, and staff see in the outbox what it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a letter comes: by mail at once, in one mail a day, or in the portal's own list only."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    PORTAL = "portal"


@dataclass(frozen=True)
class LetterKind:
    """One kind of letter. ``urgent`` ones demand action within days, or warn: they always come by mail, at once."""

    name: str
    urgent: bool = True


OTHER = LetterKind("other")
DIGEST = LetterKind("digest")
_ALL = (
    LetterKind("decision"),  # a request waits for the reader's decision
    LetterKind("question"),  # a question to answer, an offer to accept
    LetterKind("review"),  # a protected file has to be looked at again
    LetterKind("ended"),  # access is over or stopped, and copies may have to be destroyed
    LetterKind("security"),  # about the reader's own access
    LetterKind("ready", urgent=False),  # a file may be fetched
    LetterKind("progress", urgent=False),  # how far a request is
    OTHER,
    DIGEST,
)
KINDS: Mapping[str, LetterKind] = {one.name: one for one in _ALL}
CHOSEN = tuple(one.name for one in _ALL if not one.urgent)
OF: Mapping[str, str] = {
    "agreement_active": "progress",
    "agreement_ends": "review",
    "agreement_for_officer": "decision",
    "agreement_paper": "decision",
    "agreement_returned": "question",
    "agreement_shared": "question",
    "agreement_stopped": "ended",
    "agreement_to_sign": "decision",
    "address-asked": "security",
    "address-changed": "security",
    "address-confirm": "security",
    "daily_digest": "digest",
    "person_invited": "security",
    "deputy_named": "progress",
    "deputy_revoked": "progress",
    "dpia_due": "review",
    "duty_attested": "decision",
    "duty_due": "ended",
    "duty_earlier": "ended",
    "duty_lost": "security",
    "duty_sent_back": "question",
    "emergency_asked": "decision",
    "emergency_review": "decision",
    "emergency_settled": "question",
    "emergency_silent": "decision",
    "emergency_told": "decision",
    "emergency_withdrawn": "ended",
    "exception_refused": "question",
    "exception_to_check": "decision",
    "extension_asked": "decision",
    "extension_settled": "ended",
    "freeze_lift": "decision",
    "freeze_open": "security",
    "freeze_set": "security",
    "incident_clock": "security",
    "incident_reported": "security",
    "obligation_judged": "question",
    "obligation_reported": "decision",
    "password-changed": "security",
    "publication_answered": "question",
    "publication_shown": "decision",
    "publication_unanswered": "question",
    "release_available": "ready",
    "release_destroyed": "ended",
    "release_ended": "ended",
    "release_open": "ended",
    "request_active": "progress",
    "request_decided": "progress",
    "request_discontinued": "ended",
    "request_ended": "ended",
    "request_entered": "question",
    "request_for_officer": "decision",
    "request_forwarded": "progress",
    "request_joined": "ready",
    "request_left_team": "ended",
    "request_narrowed": "progress",
    "request_note": "question",
    "request_offered": "question",
    "request_renewal": "question",
    "request_returned": "question",
    "request_run_refused": "question",
    "request_stopped": "ended",
    "request_submitted": "progress",
    "review_due": "review",
    "track_escalated": "decision",
    "track_opened": "decision",
    "track_reassigned": "decision",
    "track_recused": "decision",
    "track_silent": "decision",
}


def kind_of(template: str) -> LetterKind:
    """Return the kind of a letter by its template; what nobody sorted is ``other``, which nobody can turn off.

    >>> kind_of("request_submitted").urgent, kind_of("request_offered").urgent, kind_of("new_letter").name
    (False, True, 'other')
    """
    return KINDS[OF.get(template, OTHER.name)]
