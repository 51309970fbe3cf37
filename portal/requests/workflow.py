"""The steps of a request and of its regional tracks: one row each, as :mod:`portal.machine` reads them."""

from portal import machine
from portal.machine import Machine, rows

OFFER_DAYS = 30
RENEWAL_DAYS = 90  # how long what ran under an earlier version waits for its purpose to be confirmed

REVIEW, OFFICER = "in_review:regions", "in_review:dpo"
EARLY = f"draft {REVIEW} {OFFICER} returned offered"
UNDER_REVIEW = f"{REVIEW} {OFFICER}"
WAITS = "suspended:renewal"

REQUEST = Machine(
    "request",
    rows(
        [
            ("–", "start", "draft", "requester", "agreement_active file_signed", "request.created",
             "A draft belongs to whoever began it"),
            ("–", "enter", "draft", "staff", "from_a_mail other_organisation agreement_active file_signed",
             "request.entered", "From a mail, for a named requester, whose draft it is from the first moment"),
            ("draft", "hand_over", "draft", "staff", "entered_it once", "request.handed",
             "The requester gets a letter; staff cannot change it any more, and could never send it"),
            ("draft", "save", "draft", "requester", "fields_known", "request.changed",
             "Every step of the form is kept"),
            ("returned", "save", "returned", "requester", "fields_known", "request.changed",
             "The same form; nothing counts before it is sent again"),
            ("draft", "carry", "draft", "system", "renewal_in_force", "request.carried",
             "Will be sent under the agreement's next version, whose terms are then accepted and asked"),
            ("returned", "carry", "returned", "system", "renewal_in_force", "request.carried",
             "Likewise: what is sent again goes to every region anew"),
            ("draft", "submit", REVIEW, "requester", "complete agreement_allows rows_matched team_inside",
             "request.submitted", "Freezes the scope; a track for each region with matching rows and each co-owner"),
            (REVIEW, "split", REVIEW, "requester", "some_settled one_approved some_open agreement_allows hash_seen",
             "request.split", "What is open becomes a request of its own, at once; not while a co-owner is open"),
            (REVIEW, "return", "returned", "system", "track_asked", "request.returned",
             "All questions reach the requester as one list"),
            ("returned", "answer", REVIEW, "requester", "complete agreement_allows rows_matched team_inside",
             "request.answered", "Only tracks that asked, or whose part changed, open again"),
            (REVIEW, "forward", OFFICER, "system", "tracks_settled one_approved officer_needed",
             "request.review.started", "The data protection officer sees the reduced scope"),
            (REVIEW, "offer", "offered", "system", "tracks_settled one_approved", "request.offered",
             "The offer is what the regions and co-owners approved, and nothing else"),
            (REVIEW, "reject", "ended:rejected", "system", "all_declined", "request.rejected",
             "Every region declined, or what they gave is all kept back by co-owners"),
            (OFFICER, "approve", "offered", "officer", "code other_organisation agreement_allows hash_seen",
             "request.approved", "May only narrow or add conditions"),
            (OFFICER, "approve_in_part", "offered", "officer",
             "code other_organisation agreement_allows hash_seen reasoned", "request.approved",
             "The narrower scope is offered"),
            (OFFICER, "ask", REVIEW, "officer", "code other_organisation hash_seen reasoned", "request.asked",
             "A question to one region: only its track opens again"),
            (OFFICER, "decline", "ended:rejected", "officer", "code other_organisation hash_seen reasoned",
             "request.rejected", "With the reason"),
            ("offered", "accept", "active", "requester", "agreement_allows hash_seen", "request.accepted",
             "Orders the build"),
            ("offered", "lapse", "ended:lapsed", "clock", "offer_old", "request.lapsed", f"After {OFFER_DAYS} days"),
            (EARLY, "withdraw", "ended:withdrawn", "requester", "", "request.withdrawn", "Open tracks close"),
            (EARLY, "cancel", "ended:cancelled", "clock", "agreement_over", "request.cancelled",
             "The agreement is over, or decisions were bound to its earlier version; open tracks close"),
            ("active", "run", "active", "requester", "recurring newer_round agreement_allows assessed nothing_drifted",
             "request.run.ordered", "One more release, of the newest round; a data steward may order it too"),
            (f"active {WAITS}", "suspend", "suspended", "officer", "code reasoned", "request.suspended",
             "Builds and downloads stop at once"),
            ("suspended", "resume", "active", "officer", "code reasoned agreement_allows", "request.resumed",
             "They go on; if the agreement was renewed meanwhile, once the purpose is confirmed"),
            ("active", "pause", WAITS, "system", "renewal_in_force", "request.paused",
             "The agreement's next version took effect: builds and downloads stop, what was built is kept"),
            (WAITS, "confirm", "active", "requester", "purpose_confirmed terms_accepted agreement_allows hash_seen",
             "request.confirmed", "It goes on under the renewal, with the files it has"),
            (f"active {WAITS}", "discontinue", "ended:expired", "system", "renewal_grants_less", "request.discontinued",
             "The renewal grants less than the request uses; the page names the clause"),
            (f"active suspended {WAITS}", "revoke", "ended:revoked", "officer", "code reasoned", "request.revoked",
             "Stops what is to come; copies already downloaded stay under the terms"),
            ("active suspended", "expire", "ended:expired", "clock", "end_reached", "request.expired",
             "At the earlier end of request and agreement; downloads stop at that moment even if nobody runs this"),
            (WAITS, "lapse", "ended:expired", "clock", "end_reached", "request.expired",
             f"Nobody confirmed until the request's last day, or for {RENEWAL_DAYS} days"),
        ]
    ),
)  # fmt: skip

REMIND_DAYS, ESCALATE_DAYS = 3, 5  # working days of the region's office; for a co-owner, of the coordinator's
PENDING = frozenset({"open", "recused"})

SETTLED = "approved approved_in_part declined changes_requested"
DECIDERS = "code other_organisation agreement_allows hash_seen"

TRACK = Machine(
    "track",
    rows(
        [
            ("–", "open", "open", "system", "rows_matched", "track.opened", "All tracks open at once"),
            ("open", "approve", "approved", "region", DECIDERS, "track.decided", "The part as it stands"),
            ("open", "approve_in_part", "approved_in_part", "region", f"{DECIDERS} something_refused", "track.decided",
             "Without the countries, years or variables refused; a co-owner refuses variables, in every region"),
            ("open", "decline", "declined", "region", "code other_organisation hash_seen reasoned", "track.decided",
             "None of the region's rows; none of the co-owner's variables, in any region"),
            ("open", "ask", "changes_requested", "region", "code other_organisation hash_seen reasoned", "track.asked",
             "The request returns to the requester"),
            ("open", "remind", "open", "clock", "three_working_days once", "track.reminded",
             "Deciders and their deputies get a letter"),
            ("open", "escalate", "open", "clock", "five_working_days once", "track.escalated",
             "The coordinator gets a letter and may give it to somebody else; its own deciders still decide"),
            ("open", "recuse", "recused", "region", "code reasoned", "track.recused",
             "A decider steps aside for good; a replacement is needed"),
            ("open recused", "reassign", "open", "coordinator", "code reasoned silent_or_conflicted decider_suits",
             "track.reassigned", "To another decider, who then may decide; nobody overrides a decision"),
            (f"{SETTLED} closed", "reopen", "open", "system", "asked_or_changed", "track.opened",
             "Earlier decisions stay on record and no longer count"),
            ("open recused changes_requested", "close", "closed", "system", "request_over_or_split", "track.closed",
             "Nothing is left to decide"),
        ]
    ),
)  # fmt: skip


EXTENSION = Machine(
    "extension",
    rows(
        [
            ("–", "ask", "asked", "requester", "runs later_or_newcomer agreement_allows", "extension.asked",
             "A later last day, or by the focal point too a colleague in the team; both stay what they are"),
            ("asked", "grant", "granted", "system", "all_parts_agreed agreement_allows", "extension.granted",
             "Every region and co-owner with a part, and the officer where triggered; only now anything changes"),
            ("asked", "decline", "declined", "system", "one_part_refused", "extension.declined", "With the reason"),
            ("asked", "withdraw", "withdrawn", "requester", "", "extension.withdrawn", "Nothing changes"),
            ("asked", "lapse", "lapsed", "clock", "request_over_or_renewed", "extension.lapsed",
             "The request ended or its agreement was renewed meanwhile: an asking nobody answers prolongs nothing"),
        ]
    ),
)  # fmt: skip


OBLIGATION = Machine(
    "obligation",
    rows(
        [
            ("–", "take_on", "open", "requester", "offer_accepted", "obligation.opened",
             "One for each condition of the decisions that count"),
            ("open", "report", "reported", "requester", "noted", "obligation.reported", "Says how it was met"),
            ("reported", "confirm", "met", "decider", "code", "obligation.met", "Whoever set the condition agrees"),
            ("reported met", "reopen", "open", "decider", "code reasoned", "obligation.reopened", "It was not met"),
            ("open reported", "waive", "waived", "decider", "code reasoned", "obligation.waived",
             "It is not asked for any more"),
        ]
    ),
)  # fmt: skip


PUBLICATION = Machine(
    "publication",
    rows(
        [
            ("–", "open", "open", "requester", "offer_accepted", "publication.opened",
             "By itself where the agreement asks to see texts and something public is named; else as one is begun"),
            ("open shown changes_asked cleared unanswered", "show", "shown", "requester",
             "review_in_agreement titled planned text_attached_or_linked", "publication.shown",
             "The agreement's days run from now; a changed text begins them anew"),
            ("shown unanswered", "clear", "cleared", "decider", "code other_organisation",
             "publication.cleared", "No objection"),
            ("shown unanswered", "ask", "changes_asked", "decider", "code other_organisation reasoned",
             "publication.asked", "What should change, in words; it stops nothing by itself"),
            ("shown", "lapse", "unanswered", "clock", "days_passed", "publication.unanswered",
             "Nobody answered in time: it says so, and may still be answered"),
            ("open shown changes_asked cleared unanswered published", "report", "published", "requester",
             "titled address day_has_come", "publication.reported", "Where it is, and since when; again to correct"),
            ("open shown changes_asked cleared unanswered", "drop", "dropped", "requester", "reasoned",
             "publication.dropped", "Nothing will be published"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return docs/request-states.md."""
    titled = [
        ("Request", REQUEST),
        ("Track: one region's or co-owner's part of a request", TRACK),
        ("Extension: a later last day, or somebody new in the team", EXTENSION),
        ("Obligation: a condition that was accepted with an offer", OBLIGATION),
        ("Publication: a text, from the day it is owed to the day it is out", PUBLICATION),
    ]
    return machine.as_markdown("The steps of a request", "portal/requests/workflow.py", titled)
