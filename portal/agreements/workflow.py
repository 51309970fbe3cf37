"""The steps of an agreement, one row each, as :mod:`portal.machine` reads them. One agreement is one version.

A draft lies with MMC, or (stage ``partner``) with the partner. What is being signed waits for the data protection
officer (``dpo``), for the two signatories (``names``), or for its first day (``begin``).
"""

from portal import machine
from portal.machine import Machine, rows

DRAFT, SHARED = "draft", "draft:partner"
OFFICER, NAMES, BEGIN = "signing:dpo", "signing:names", "signing:begin"
UNSIGNED = f"{DRAFT} {SHARED} {OFFICER} {NAMES} {BEGIN}"
RUNNING = "active suspended"

AGREEMENT = Machine(
    "agreement",
    rows(
        [
            ("–", "create", DRAFT, "maker", "fields_known", "agreement.created", "A draft allows nothing"),
            ("–", "renew", DRAFT, "maker", "earlier_version no_unfinished_version", "agreement.renewed",
             "The next version, filled in as the one before, which does not live longer for it"),
            (DRAFT, "save", DRAFT, "maker", "lock_seen fields_known", "agreement.changed",
             "Every saved text is kept, to show what changed"),
            (DRAFT, "share", SHARED, "maker", "signatories_named not_over", "agreement.shared",
             "The partner's focal point reads it: the turn passes"),
            (SHARED, "recall", DRAFT, "maker", "", "agreement.recalled", "MMC takes the draft back"),
            (SHARED, "hand_back", DRAFT, "partner", "reasoned", "agreement.handed_back",
             "With what should be different"),
            (SHARED, "accept", OFFICER, "partner", "code hash_seen not_over", "agreement.accepted",
             "The text is frozen and hashed"),
            (OFFICER, "record", NAMES, "officer", "code hash_seen basis_complete", "agreement.basis.recorded",
             "Legal basis, transfer, roles; the signatories are asked"),
            (OFFICER, "send_back", DRAFT, "officer", "reasoned", "agreement.returned", "The hash is dropped"),
            (f"{OFFICER} {NAMES} {BEGIN}", "reopen", DRAFT, "either side", "reasoned", "agreement.reopened",
             "To change the text: the hash and every signature are dropped"),
            (NAMES, "sign", NAMES, "signatory", "code hash_seen", "agreement.signed", "One of two, for this hash"),
            (NAMES, "complete", BEGIN, "system", "both_signed", "agreement.completed", "Both have signed this hash"),
            (DRAFT, "adopt", BEGIN, "officer", "code hash_seen other_person document_attached basis_complete",
             "agreement.adopted", "Signed on paper elsewhere: entered by one office, confirmed by another"),
            (BEGIN, "begin", "active", "clock", "first_day_there hash_unchanged", "agreement.activated",
             "Inside the last signature, or at the first moment of its first day"),
            (UNSIGNED, "drop", "ended:dropped", "maker", "reasoned", "agreement.dropped", "Nothing came of it"),
            ("active", "suspend", "suspended", "stopper", "code reasoned", "agreement.suspended",
             "Builds and downloads under it stop at once"),
            ("suspended", "resume", "active", "stopper", "code reasoned other_person not_over", "agreement.resumed",
             "By somebody else than whoever suspended it"),
            ("active", "notice", "active", "stopper or partner", "code reasoned day_named", "agreement.notice",
             "It runs through the day that is named, then it is terminated"),
            ("suspended", "notice", "suspended", "stopper or partner", "code reasoned day_named", "agreement.notice",
             "As above, and it stays suspended until then"),
            (RUNNING, "terminate", "ended:terminated", "stopper", "code reasoned", "agreement.terminated", "At once"),
            (RUNNING, "conclude", "ended:terminated", "clock", "notice_over", "agreement.terminated",
             "The day of the notice is over"),
            (RUNNING, "expire", "ended:expired", "clock", "end_reached", "agreement.expired",
             "In its own time zone; it allowed nothing since that moment"),
            (RUNNING, "supersede", "ended:superseded", "clock", "later_version_active", "agreement.superseded",
             "The later version takes its place"),
            ("ended:expired ended:terminated ended:superseded", "close", "ended:closed", "officer",
             "code reasoned requests_ended", "agreement.closed", "Nothing under it is open any more"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return docs/agreement-states.md."""
    titled = [("Agreement: one version", AGREEMENT)]
    return machine.as_markdown("The steps of an agreement", "portal/agreements/workflow.py", titled)
