"""The steps of an emergency: one row each, as :mod:`portal.machine` reads them, and how long each state lasts."""

import datetime as dt

from portal import machine
from portal.machine import Machine, rows

REMIND = dt.timedelta(hours=24)
"""Unanswered for so long, the head and the data protection officer are reminded."""

LAPSE = dt.timedelta(hours=72)
"""Without both answers for so long, nothing is given: whoever still needs it asks anew."""

ACCESS = dt.timedelta(days=14)
"""From the grant to its end, counted to the second."""

REVIEW_DAYS = 5
"""Working days in which the data protection officer looks at what was granted."""

MOST_SENSITIVE = 3
"""The most sensitive class of variables that tables of an emergency may hold: red ones are left to requests."""

EMERGENCY = Machine(
    "emergency",
    rows(
        [
            ("–", "ask", "asked", "requester", "agreement_in_force left_out_by_it not_frozen", "emergency.asked",
             "The regions, the head and the data protection officer get a letter at once"),
            ("asked", "agree", "asked", "region head", "code nobody_for_both agreement_in_force not_frozen",
             "emergency.agreed", "Nothing is given while one answer is missing"),
            ("asked", "refuse", "refused", "region head", "code reasoned", "emergency.refused",
             "One no is enough"),
            ("asked", "grant", "granted", "portal", "every_region_and_the_head_agreed two_people",
             "emergency.granted", f"With the last yes, for {ACCESS.days} days"),
            ("asked", "withdraw", "withdrawn", "requester", "", "emergency.withdrawn", "Not needed any more"),
            ("asked", "lapse", "lapsed", "clock", "", "emergency.lapsed",
             f"{LAPSE.total_seconds() / 3600:.0f} hours without every answer; silence never approves"),
            ("granted", "review", "granted", "officer", "code reasoned decided_no_part", "emergency.reviewed",
             f"In order, said within {REVIEW_DAYS} working days; the officer's word is not waited for"),
            ("over", "review", "over", "officer", "code reasoned decided_no_part", "emergency.reviewed",
             "The review is owed after the end too"),
            ("granted over", "stop", "stopped", "officer", "code reasoned decided_no_part", "emergency.stopped",
             "At the review or at any time; access ends at that moment"),
            ("granted", "end", "over", "clock", "", "emergency.over",
             "The time is over; tables ask the clock themselves"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return docs/emergency-states.md."""
    titled = [("Emergency", EMERGENCY)]
    return machine.as_markdown("The steps of an emergency", "portal/emergencies/workflow.py", titled)
