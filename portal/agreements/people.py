"""Who may sign an agreement, and whom a letter about it goes to."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.actor import PARTNER_ROLES, Role
from portal.agreements.models import Agreement
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import valid_today
from portal.db import session

MMC_SIGNATORIES = frozenset({Role.HEAD, Role.COORDINATOR})


def _holding(roles: Iterable[Role]) -> Select[Person]:
    held = select(Grant.person_id).where(Grant.role.in_([role.value for role in roles]), valid_today())
    query = select(Person).join(Organisation).options(joinedload(Person.organisation))
    return query.where(Person.id.in_(held), Person.disabled_at.is_(None), Organisation.active).order_by(Person.name)


def mmc_signatories() -> Sequence[Person]:
    """Return who may sign for MMC today."""
    return list(session().scalars(_holding(MMC_SIGNATORIES)))


def partner_signatories() -> Sequence[Person]:
    """Return who may sign for a partner today, of every partner."""
    query = _holding(PARTNER_ROLES).where(Organisation.kind != "mmc")
    return list(session().scalars(query.order_by(None).order_by(Organisation.name, Person.name)))


def focal_points(agreement: Agreement) -> Sequence[Person]:
    """Return the partner's focal points."""
    query = _holding([Role.FOCAL_POINT]).where(Person.organisation_id == agreement.organisation_id)
    return list(session().scalars(query))


def holders(agreement: Agreement, *roles: Role) -> Sequence[Person]:
    """Return who holds one of these roles today and does not belong to the partner."""
    return list(session().scalars(_holding(roles).where(Person.organisation_id != agreement.organisation_id)))
