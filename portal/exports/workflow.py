"""The steps of a release and of a duty of destruction: one row each, as :mod:`portal.machine` reads them."""

from portal import machine
from portal.machine import Machine, rows

DUTY_DAYS = 30  # from the day on which the use of the data ends to the day by which every copy is destroyed
NEAR_DAYS = 7  # before that day a letter reminds
LATER_DAYS = 14  # after it a second letter does

MAKING = "queued building"
RUNNING = f"{MAKING} held checking available"
OVER = "ended:revoked ended:expired ended:superseded"

RELEASE = Machine(
    "release",
    rows(
        [
            ("–", "order", "queued", "system", "request_active file_signed", "release.queued",
             "Once for each accepted scope"),
            (MAKING, "build", "building", "worker", "guards_read_anew", "release.started",
             "Again from the first stage after a worker has died"),
            (MAKING, "hold", "held", "worker", "", "release.held",
             "A protection rule or a term does not hold; every stage asks again"),
            (MAKING, "give_up", "held", "worker", "third_attempt", "release.failed", "A machine failed three times"),
            ("building", "publish", "available", "worker", "guards_read_anew attacked", "release.available",
             "Sealed, and its recipients are told"),
            ("building", "check", "checking", "worker", "guards_read_anew attacked ledger_says_yes", "release.checking",
             "An exception: entered in the ledger, and not to be had before a second person has looked at it"),
            ("checking", "hand_out", "available", "steward or officer", "code reasoned hash_seen guards_read_anew",
             "release.available", "By somebody who decided nothing about it"),
            ("checking", "keep_back", "held", "steward or officer", "code reasoned hash_seen", "release.held",
             "Held for good; the ledger keeps its entry"),
            ("held", "let_judge", "queued", "officer", "code reasoned refused_often", "release.let_judge",
             "An exception whose organisation was refused too often: a person lets it be judged once more"),
            ("held", "order_again", "queued", "steward", "agreement_allows held_for_now", "release.ordered_again",
             "Never what a protection rule or a person held"),
            (RUNNING, "revoke", "ended:revoked", "officer or region or system", "code reasoned", "release.revoked",
             "Unreadable in the same transaction; by itself where the request is revoked or its agreement terminated"),
            (RUNNING, "expire", "ended:expired", "clock", "end_reached", "release.expired",
             "Unreadable since that moment, even if nobody runs this"),
            ("available", "supersede", "ended:superseded", "steward or system", "code reasoned newer_exists",
             "release.superseded", "The old link is off and holders are told; by itself once the next round is ready"),
            (OVER, "destroy", "ended:destroyed", "system", "probes_closed duties_settled", "release.destroyed",
             "Key and sealed bytes are gone, and whoever downloaded it has destroyed every copy or stated its loss"),
        ]
    ),
)  # fmt: skip

DUTY = Machine(
    "duty",
    rows(
        [
            ("–", "open", "due", "system", "release_ended downloaded", "duty.opened",
             f"One for each person who downloaded; {DUTY_DAYS} days after the use of the data ends"),
            ("due overdue", "bring_forward", "due", "system", "release_stopped", "duty.brought_forward",
             "What was to end later has been stopped: the day comes earlier"),
            ("due overdue", "attest", "attested", "holder or focal point", "statement", "duty.attested",
             "The focal point for a colleague who is gone, and says so"),
            ("due overdue", "lose", "attested", "holder or focal point", "statement noticed_how_encrypted", "duty.lost",
             "A copy was lost or stolen and cannot be destroyed: the officer is told at once, the certificate says so"),
            ("due", "lapse", "overdue", "clock", "day_passed", "duty.overdue",
             "The organisation can send no new request until it is attested"),
            ("attested", "countersign", "settled", "focal point", "another_person", "duty.countersigned",
             "By another person than the one who attested, where there is one"),
            ("attested", "send_back", "due", "focal point or officer", "reasoned", "duty.sent_back",
             "Something in it cannot be so"),
            ("due overdue attested", "waive", "waived", "officer", "code reasoned", "duty.waived",
             "For example because an archive has to keep it"),
        ]
    ),
)  # fmt: skip

SETTLED = frozenset({"settled", "waived"})
CAUSES = ("revoked", "expired", "superseded")
METHODS = ("overwritten", "key_destroyed", "device_destroyed", "deleted", "never_kept")
LOST = "lost"
ENCRYPTED = ("yes", "no", "unknown")
PROBES = ("download", "build", "blob", "key")


def as_markdown() -> str:
    """Return docs/release-states.md."""
    titled = [("Release", RELEASE), ("Duty of destruction: one holder's copies of an ended release", DUTY)]
    return machine.as_markdown("The steps of a release", "portal/exports/workflow.py", titled)
