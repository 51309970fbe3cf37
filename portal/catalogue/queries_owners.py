"""Reads of who co-owns what. That a module is co-owned is no secret: whoever sees a dataset sees by whom."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import joinedload

from portal import clock, policy, ports
from portal.actor import Actor
from portal.auth.giving import PARTNER_KINDS
from portal.auth.models import Organisation
from portal.catalogue import owners
from portal.catalogue.models import Dataset, Variable
from portal.catalogue.models_owners import Coownership
from portal.catalogue.queries import newest
from portal.db import session
from portal.permissions import Permission

ASKABLE = ("non_confidential", "sensitive")
"""Roles of variables that a request may name; keys leave in coarser form only, and belong to the rows."""


def today() -> dt.date:
    """Return the day by which co-ownership is judged: the portal's own."""
    return clock.today(ports.house.config.time_zone)


def dataset(actor: Actor, ref: str) -> Dataset:
    """Return a dataset whose co-owners the actor may look at; NotFound if there is none."""
    return policy.load(actor, Permission.OWNER_READ, Dataset, Dataset.ref == ref)


def coownership(actor: Actor, ref: str) -> Coownership:
    """Return one that the actor may end; NotFound if there is none."""
    return policy.load(actor, Permission.OWNER_END, Coownership, Coownership.ref == ref)


def of_dataset(dataset_id: int) -> Sequence[Coownership]:
    """Return everything that was recorded for a dataset, what holds longest first."""
    query = (
        select(Coownership).where(Coownership.dataset_id == dataset_id).options(joinedload(Coownership.organisation))
    )
    return list(session().scalars(query.order_by(Coownership.first_day.desc(), Coownership.id.desc())))


def on(dataset_id: int, day: dt.date) -> Sequence[Coownership]:
    """Return what holds on a day."""
    query = select(Coownership).where(Coownership.dataset_id == dataset_id, holds_on(day))
    return list(session().scalars(query.options(joinedload(Coownership.organisation)).order_by(Coownership.id)))


def holds_on(day: dt.date) -> ColumnElement[bool]:
    """Whether a co-ownership holds on a day."""
    return and_(Coownership.first_day <= day, or_(Coownership.last_day.is_(None), Coownership.last_day >= day))


def owns_something(organisation_id: int) -> bool:
    """Whether an organisation co-owns anything, or ever has: then things may wait for it."""
    return session().scalar(select(exists().where(Coownership.organisation_id == organisation_id))) is True


def marks(dataset_id: int, variables: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return who co-owns each variable today, by its name; ``variables`` come as (name, section)."""
    held = on(dataset_id, today())
    found: dict[str, set[str]] = defaultdict(set)
    for name, section in variables if held else ():
        for one in held:
            if one.holds(name, section):
                found[name].add(one.organisation.name)
    return {name: ", ".join(sorted(names)) for name, names in found.items()}


def askable(dataset_id: int) -> Sequence[Variable]:
    """Return the variables of the newest published version that a request may name."""
    version = newest(dataset_id)
    if version is None:
        return []
    query = select(Variable).where(Variable.version_id == version.id, Variable.role.in_(ASKABLE))
    return list(session().scalars(query.order_by(Variable.position)))


def candidates() -> Sequence[Organisation]:
    """Return the organisations that may co-own a module: partners that are not closed."""
    query = select(Organisation).where(Organisation.kind.in_(PARTNER_KINDS), Organisation.active)
    return list(session().scalars(query.order_by(Organisation.name)))


def name(office: str) -> str:
    """Return the name of the organisation behind a co-owner's code, "" where there is none."""
    number = owners.organisation_of(office)
    found = session().get(Organisation, number) if number is not None else None
    return found.name if found else ""
