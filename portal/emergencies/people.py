"""In whose place somebody answers, and on whom an office's answer waits."""

from sqlalchemy import select

from portal.actor import Actor, Role
from portal.auth.models import Person
from portal.db import session
from portal.emergencies.models import EmergencyPart
from portal.requests import people, standins
from portal.requests.models_duties import Deputyship
from portal.requests.routing import UNASSIGNED
from portal.requests.standins import OF_HEAD


def in_whose_place(actor: Actor, part: EmergencyPart) -> int | None:
    """Return the key of the manager or head for whom a deputy answers; None for whoever answers for themselves."""
    holds = actor.has(Role.HEAD) if part.office == OF_HEAD else part.office in actor.regions
    if holds or (part.office == UNASSIGNED and actor.has(Role.COORDINATOR)):
        return None
    query = select(Deputyship.manager_id).join(Person, Person.id == Deputyship.manager_id)
    named = query.where(
        Deputyship.deputy_id == actor.id,
        Deputyship.region == part.office,
        standins.in_force(),
        standins.manages(Deputyship.region.expression),
    )
    return session().scalar(named.order_by(Deputyship.id).limit(1))


def waits_on(part: EmergencyPart) -> list[str]:
    """Return the names of those who may give an answer now."""
    found = people.of_office(part.office, part.emergency.organisation_id)
    return [one.name for one in {one.id: one for one in found}.values()]
