"""The clock of article 33: letters while there is still time. Nothing is decided here."""

import datetime as dt

from sqlalchemy import select

from portal import clock
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, session
from portal.incidents import letters
from portal.incidents.models import Incident

WARN_HOURS = (6, 24)  # left, the fewest first


def remind(actor: Actor) -> int:
    """Write to both offices when so many hours are left of an open clock, once each; return how many incidents."""
    moment = clock.now()
    running = session().scalars(select(Incident).where(Incident.status.in_(("reported", "assessing"))))
    due = [(one, hours) for one in running if (hours := _due(one, moment))]
    for incident, hours in due:
        letters.to_officers("incident_clock", number=incident.number, hours=hours, path=f"/incidents/{incident.ref}")
        record(actor, "incident.clock", target=("incident", incident.ref), change={"hours": ("", hours)})
        move(incident, warned=hours)
    return len(due)


def _due(incident: Incident, moment: dt.datetime) -> int:
    """Return the fewest hours left that have begun and that no letter has spoken of, 0 if there are none."""
    left = incident.deadline - moment
    begun = [hours for hours in WARN_HOURS if left <= dt.timedelta(hours=hours)]
    unsaid = [hours for hours in begun if incident.warned is None or hours < incident.warned]
    return min(unsaid, default=0)
