"""Reads of emergencies, each from what the actor may see; and what one opens at this moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, freezes, policy, ports
from portal.actor import Actor
from portal.agreements import queries as agreements
from portal.agreements import terms
from portal.agreements.models import Agreement
from portal.agreements.terms import Ask
from portal.auth import queries as people
from portal.catalogue import queries as catalogue
from portal.catalogue.geography import region_today
from portal.catalogue.models import Dataset, Version
from portal.db import session
from portal.disclosure.tables.counted import TIER
from portal.emergencies.models import Emergency, EmergencyPart
from portal.emergencies.workflow import MOST_SENSITIVE
from portal.errors import NotFound
from portal.permissions import Permission
from portal.requests import queries as requests
from portal.requests import reach
from portal.requests.menu import COUNTRY, YEAR
from portal.requests.routing import UNASSIGNED

STANDS = frozenset({"status", "organisation", "start", "end", "address", "factors"})
"""The clauses that hold in an emergency too: the agreement runs, and who is at the door came as it says."""

MOST = 500  # rows of the list


@dataclass(frozen=True)
class Menu:
    """What a dataset's table file lets somebody ask for: values of country and year, as the file's menu has them."""

    dataset: Dataset
    countries: Sequence[Mapping[str, Any]]
    years: Sequence[Mapping[str, Any]]


def menu(dataset: Dataset) -> Menu | None:
    """Return what may be asked for of a dataset; None where it has no signed table file with countries and years."""
    query = select(Version.id).where(Version.dataset_id == dataset.id, Version.status == "published")
    for version_id in session().scalars(query.order_by(Version.number.desc())):
        found = ports.house.protected_menu(version_id, TIER)
        if found is not None:
            values = {name: held for family in found["keys"] for name, held in family["values"].items()}
            return Menu(dataset, values[COUNTRY], values[YEAR]) if {COUNTRY, YEAR} <= set(values) else None
    return None


def menus(actor: Actor) -> list[Menu]:
    """Return what may be asked for, of every dataset the actor may see."""
    found = (menu(one.dataset) for one in catalogue.shelves(actor))
    return [one for one in found if one is not None]


def standing(agreement: Agreement, actor: Actor) -> tuple[str, ...]:
    """Return which of the clauses that hold in an emergency too do not hold for the actor now."""
    asked = Ask(moment="table", organisation=agreement.organisation.ref)
    findings = agreements.check(agreement, agreements.of_person(asked, agreement, actor))
    return tuple(clause for clause in terms.broken(findings) if clause in STANDS)


def basis(actor: Actor) -> tuple[Agreement | None, tuple[str, ...]]:
    """Return the agreement whose terms of confidentiality hold for the actor, or None and what stands against it."""
    against: tuple[str, ...] = ("status",)
    for number, one in enumerate(agreements.active_for(actor.organisation_id)):
        broken = standing(one, actor)
        if not broken:
            return one, ()
        against = broken if number == 0 else against
    return None, against


def running(emergency: Emergency) -> Agreement | None:
    """Return the version that runs now of the agreement under which somebody asked; None if none does."""
    found = agreements.active_for(emergency.organisation_id)
    return next((one for one in found if one.number == emergency.agreement.number), None)


def covers(agreement: Agreement, dataset: Dataset, countries: Sequence[str]) -> bool:
    """Whether an agreement allows tables of all these countries anyway, as sensitive as an emergency's may be."""
    within = set(offices(countries, agreement.time_zone)) <= set(agreement.regions)
    return within and dataset.code in agreement.datasets and agreement.most_sensitive >= MOST_SENSITIVE


def offices(countries: Sequence[str], zone: str) -> list[str]:
    """Return the regions that answer for countries today; what is nobody's is the coordinator's."""
    today = clock.today(zone)
    return sorted({region_today(code, today) or UNASSIGNED for code in countries})


def frozen(emergency: Emergency) -> bool:
    """Whether a freeze stands against who asked, their organisation, the dataset, or one of the countries.

    One of a nationality does not yet: it is asked of each table, which may leave those people out.
    """
    who = ((freezes.PERSON, emergency.requester.ref), (freezes.ORGANISATION, emergency.organisation.ref))
    rows = {COUNTRY: emergency.countries, YEAR: emergency.years}
    held = any(COUNTRY in one and reach.holds(rows, one) for one in freezes.stopped_rows())
    return held or freezes.stopped(*who, (freezes.DATASET, emergency.dataset.ref))


def emergency(actor: Actor, ref: str) -> Emergency:
    """Return one emergency, or raise NotFound."""
    return policy.load(actor, Permission.EMERGENCY_READ, Emergency, Emergency.ref == ref)


def part(emergency: Emergency, office: str) -> EmergencyPart:
    """Return one office's part of an emergency, or raise NotFound."""
    found = next((one for one in emergency.parts if one.office == office), None)
    if found is None:
        raise NotFound("emergency: this office is not asked")
    return found


def to_answer(actor: Actor, emergency: Emergency) -> list[EmergencyPart]:
    """Return the open parts of an emergency that the actor may answer now."""
    if emergency.state != "asked":
        return []
    return [one for one in emergency.open_parts if policy.may(actor, Permission.EMERGENCY_DECIDE, one)]


def emergencies(actor: Actor, status: str = "") -> list[Emergency]:
    """Return the emergencies the actor may see, the newest first; ``status`` is where they stand by the clock."""
    loaded = (joinedload(Emergency.dataset), joinedload(Emergency.organisation), selectinload(Emergency.parts))
    query = policy.visible(actor, Permission.EMERGENCY_READ, Emergency).options(*loaded)
    found = session().scalars(query.order_by(Emergency.id.desc()).limit(MOST))
    return [one for one in found if not status or one.state == status]


def waiting(actor: Actor) -> list[Emergency]:
    """Return what waits for the actor's answer, the oldest first."""
    if not policy.holds(actor, Permission.EMERGENCY_DECIDE):
        return []
    mine = policy.visible(actor, Permission.EMERGENCY_DECIDE, EmergencyPart).where(EmergencyPart.status == "open")
    query = select(Emergency).where(
        Emergency.status == "asked", Emergency.id.in_(mine.with_only_columns(EmergencyPart.emergency_id))
    )
    return [one for one in session().scalars(query.order_by(Emergency.id)) if one.state == "asked"]


def to_review(actor: Actor) -> list[Emergency]:
    """Return the emergencies whose review is owed, for whoever oversees them; the one due first comes first."""
    query = policy.visible(actor, Permission.EMERGENCY_READ, Emergency).where(
        Emergency.status.in_(("granted", "over")), Emergency.reviewed_at.is_(None)
    )
    return list(session().scalars(query.order_by(Emergency.review_due_at)))


def open_for(actor: Actor, dataset: Dataset) -> list[Emergency]:
    """Return the emergencies by which the actor may make tables of a dataset at this moment, the newest first.

    The clock is asked here: no process has to end them. So are the agreement they rest on, and who comes.
    """
    query = select(Emergency).where(
        Emergency.requester_id == actor.id,
        Emergency.organisation_id == actor.organisation_id,
        Emergency.dataset_id == dataset.id,
        Emergency.status == "granted",
        Emergency.ends_at > clock.now(),
    )
    return [one for one in session().scalars(query.order_by(Emergency.id.desc())) if not _against(one, actor)]


def _against(one: Emergency, actor: Actor) -> tuple[str, ...]:
    agreement = running(one)
    return ("status",) if agreement is None else standing(agreement, actor)


def alike(actor: Actor, dataset: Dataset, countries: Sequence[str], years: Sequence[str]) -> Emergency | None:
    """Return what the actor asked for in the same words before, while it waits or runs."""
    moving = or_(Emergency.status == "asked", and_(Emergency.status == "granted", Emergency.ends_at > clock.now()))
    query = select(Emergency).where(Emergency.requester_id == actor.id, Emergency.dataset_id == dataset.id, moving)
    same = (list(countries), list(years))
    found = session().scalars(query.order_by(Emergency.id.desc()))
    return next((one for one in found if (one.countries, one.years) == same and one.state == one.status), None)


def names(references: Iterable[str]) -> dict[str, str]:
    """Return the names behind the log's references: those that the rooms below know, and emergencies' numbers."""
    wanted = sorted(set(references))
    found = requests.names(wanted)
    for start in range(0, len(wanted), people.CHUNK):
        chunk = wanted[start : start + people.CHUNK]
        rows = session().execute(select(Emergency.ref, Emergency.number).where(Emergency.ref.in_(chunk)))
        found |= {row.ref: row.number for row in rows}
    return found
