"""The steps of a freeze and of an incident: one row each, as :mod:`portal.machine` reads them."""

from portal import machine
from portal.machine import Machine, rows

CLOCK_HOURS = 72
"""From awareness to notifying the supervisory authority: Regulation (EU) 2016/679, article 33(1)."""

FREEZE = Machine(
    "freeze",
    rows(
        [
            ("–", "set", "in_force", "officer head", "code reasoned nobody_locked_out", "freeze.set",
             "At once and alone: sessions end, downloads stop, builds are held"),
            ("in_force", "propose", "lifting", "officer head", "code reasoned", "freeze.lift_proposed",
             "The freeze still holds"),
            ("lifting", "keep", "in_force", "officer head", "", "freeze.kept",
             "A second thought, or the other office's no"),
            ("lifting", "lift", "lifted", "officer head", "code other_person other_office", "freeze.lifted",
             "Sessions stay ended; held builds may be ordered again"),
        ]
    ),
)  # fmt: skip

OPEN = "reported assessing notified not_required"

INCIDENT = Machine(
    "incident",
    rows(
        [
            ("–", "report", "reported", "anybody", "fields_known", "incident.reported",
             f"The clock of {CLOCK_HOURS} hours begins when MMC is aware"),
            ("reported", "assess", "assessing", "officer", "", "incident.assessing", "Somebody looks at it"),
            ("assessing", "notify", "notified", "officer", "code reasoned late_explained", "incident.notified",
             "The supervisory authority has been told"),
            ("assessing", "spare", "not_required", "officer", "code reasoned", "incident.not_required",
             "No risk to people is likely; the reasons are kept"),
            ("not_required", "reassess", "assessing", "officer", "reasoned", "incident.assessing",
             "New facts; the clock still runs from the first awareness"),
            ("notified not_required", "close", "closed", "officer", "code reasoned nothing_frozen", "incident.closed",
             "Every measure is settled; the record stays"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return docs/incident-states.md."""
    titled = [("Incident", INCIDENT), ("Freeze", FREEZE)]
    return machine.as_markdown("The steps of an incident and of a freeze", "portal/incidents/workflow.py", titled)
