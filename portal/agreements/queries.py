"""Reads of agreements, and the one question everybody asks of them: does it allow this, now?"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from portal import clock, policy
from portal.actor import Actor
from portal.agreements import terms
from portal.agreements.models import Agreement
from portal.agreements.schemas import Look
from portal.agreements.terms import Ask, Finding, Terms
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.db import session
from portal.errors import TermsForbid
from portal.permissions import Permission

PAGE = 25


def terms_of(agreement: Agreement) -> Terms:
    """Return an agreement as its clauses say it."""
    return Terms(
        status=agreement.status,
        organisation=agreement.organisation.ref,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        time_zone=agreement.time_zone,
        purposes=frozenset(agreement.purposes),
        datasets=frozenset(agreement.datasets),
        regions=frozenset(agreement.regions),
        tier=agreement.tier,
        most_sensitive=agreement.most_sensitive,
    )


def check(agreement: Agreement, ask: Ask, now: dt.datetime | None = None) -> tuple[Finding, ...]:
    """Return what each clause says to an ask at this moment."""
    return terms.evaluate(terms_of(agreement), ask, now or clock.now())


def require(agreement: Agreement, ask: Ask, now: dt.datetime | None = None) -> None:
    """Refuse with TermsForbid unless every clause holds."""
    broken = terms.broken(check(agreement, ask, now))
    if broken:
        raise TermsForbid(broken)


def days_left(agreement: Agreement) -> int:
    """Return how many days it still runs, today included; 0 unless it is active."""
    return terms.days_left(terms_of(agreement), clock.now()) if agreement.status == "active" else 0


def agreement(actor: Actor, ref: str) -> Agreement:
    """Return one agreement; NotFound if there is none for this actor."""
    return policy.load(actor, Permission.AGREEMENT_READ, Agreement, Agreement.ref == ref)


def active_for(organisation_id: int) -> Sequence[Agreement]:
    """Return an organisation's agreements that run at this moment, the longest first."""
    query = select(Agreement).where(Agreement.organisation_id == organisation_id, Agreement.status == "active")
    moment = clock.now()
    return [
        one
        for one in session().scalars(query.order_by(Agreement.ends_on.desc(), Agreement.id))
        if terms_of(one).opens <= moment < terms_of(one).closes
    ]


def over(now: dt.datetime) -> Sequence[Agreement]:
    """Return the agreements that are said to run and whose last day has passed."""
    near = now.date() + dt.timedelta(days=1)  # no zone is further ahead
    query = select(Agreement).where(Agreement.status.in_(["active", "suspended"]), Agreement.ends_on <= near)
    return [one for one in session().scalars(query.order_by(Agreement.id)) if terms_of(one).closes <= now]


@dataclass(frozen=True)
class Agreements:
    """One page of agreements."""

    rows: Sequence[Agreement]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def agreements(actor: Actor, look: Look) -> Agreements:
    """Return the page of agreements that a look asks for."""
    visible = policy.visible(actor, Permission.AGREEMENT_READ, Agreement).join(Agreement.organisation)
    found = visible.where(*_wanted(look))
    total = session().scalar(select(func.count()).select_from(found.subquery())) or 0
    page = min(look.page, max(1, -(-total // PAGE)))
    order = {
        "number": Agreement.number,
        "organisation": Organisation.name,
        "ends": Agreement.ends_on,
        "status": Agreement.status,
    }[look.sort]
    ordered = found.order_by(order.desc() if look.descending else order.asc(), Agreement.id)
    rows = session().scalars(ordered.options(joinedload(Agreement.organisation)).limit(PAGE).offset((page - 1) * PAGE))
    return Agreements(list(rows), total, page)


def _wanted(look: Look) -> Iterable[ColumnElement[bool]]:
    columns = (Agreement.number, Agreement.title_en, Agreement.title_fr, Organisation.name)
    if look.words:
        yield or_(*(column.icontains(look.words, autoescape=True) for column in columns))
    if look.status:
        yield Agreement.status == look.status


def may_write(actor: Actor, one: Agreement) -> bool:
    """Whether the actor may make or activate this agreement."""
    return policy.may(actor, Permission.AGREEMENT_WRITE, one)


def partners() -> Sequence[Organisation]:
    """Return the organisations one can agree with."""
    query = select(Organisation).where(Organisation.kind != "mmc", Organisation.active)
    return list(session().scalars(query.order_by(Organisation.name)))


def datasets() -> Sequence[Dataset]:
    """Return every dataset an agreement may name."""
    return list(session().scalars(select(Dataset).order_by(Dataset.code)))
