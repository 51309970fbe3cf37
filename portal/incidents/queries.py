"""Reads of freezes and incidents, as far as the reader may see them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal import freezes, policy
from portal.actor import Actor
from portal.auth.models import Organisation, Person
from portal.catalogue.models import Dataset
from portal.db import session
from portal.exports.models import Release
from portal.freezes import Freeze
from portal.incidents.models import Incident
from portal.permissions import Permission


def all_freezes(actor: Actor) -> Sequence[Freeze]:
    """Return every freeze, the newest first."""
    return session().scalars(policy.visible(actor, Permission.FREEZE_READ, Freeze).order_by(Freeze.id.desc())).all()


def freeze(actor: Actor, ref: str) -> Freeze:
    """Return one freeze, or raise NotFound."""
    return policy.load(actor, Permission.FREEZE_READ, Freeze, Freeze.ref == ref)


def freezes_of(incident: Incident, *, in_force: bool = False) -> Sequence[Freeze]:
    """Return the freezes that were set for an incident, or only those that hold."""
    query = select(Freeze).where(Freeze.incident == incident.ref).order_by(Freeze.id)
    return session().scalars(query.where(freezes.in_force()) if in_force else query).all()


def incidents(actor: Actor, status: str = "", kind: str = "") -> Sequence[Incident]:
    """Return the incidents the actor may see, the newest first."""
    query = policy.visible(actor, Permission.INCIDENT_READ, Incident).order_by(Incident.id.desc())
    if status:
        query = query.where(Incident.status == status)
    if kind:
        query = query.where(Incident.kind == kind)
    return session().scalars(query.options(joinedload(Incident.reporter))).all()


def incident(actor: Actor, ref: str) -> Incident:
    """Return one incident, or raise NotFound."""
    return policy.load(actor, Permission.INCIDENT_READ, Incident, Incident.ref == ref)


def running_clocks() -> Sequence[Incident]:
    """Return the incidents that nobody has decided about, the most urgent first."""
    query = select(Incident).where(Incident.status.in_(("reported", "assessing")))
    return session().scalars(query.order_by(Incident.aware_at)).all()


def releases_to_name(actor: Actor) -> Sequence[Release]:
    """Return the releases somebody may name in a report: those they may see that were ever ready, the newest first."""
    if not policy.holds(actor, Permission.RELEASE_READ):
        return []
    query = policy.visible(actor, Permission.RELEASE_READ, Release).where(Release.available_at.is_not(None))
    return session().scalars(query.order_by(Release.id.desc()).limit(100)).all()


def choices(kind: str, actor: Actor) -> list[tuple[str, str]]:
    """Return what may be chosen of a kind, as references with names: organisations, people, or datasets by code."""
    if kind == freezes.ORGANISATION:
        houses = select(Organisation).where(Organisation.kind != "mmc", Organisation.id != actor.organisation_id)
        return [(one.ref, one.name) for one in session().scalars(houses.order_by(Organisation.name))]
    if kind == freezes.PERSON:
        people = select(Person).where(Person.id != actor.id).options(joinedload(Person.organisation))
        found = session().scalars(people.order_by(Person.name))
        return [(one.ref, f"{one.name}, {one.organisation.name}") for one in found]
    if kind == freezes.DATASET:
        return [(one.ref, one.code) for one in session().scalars(select(Dataset).order_by(Dataset.code))]
    return []


def datasets(refs: Sequence[str]) -> dict[str, str]:
    """Return the codes of datasets by reference."""
    rows = session().execute(select(Dataset.ref, Dataset.code).where(Dataset.ref.in_(refs)))
    return {row.ref: row.code for row in rows}


def by_id(ids: Sequence[int | None]) -> dict[str, str]:
    """Return the names of people by their database key, written as text."""
    wanted = [one for one in ids if one is not None]
    rows = session().execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {str(row.id): row.name for row in rows}
