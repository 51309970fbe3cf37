"""Reads of agreements, and the one question everybody asks of them: does it allow this, now?"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from portal import clock, i18n, policy
from portal.actor import Actor
from portal.agreements import content, terms
from portal.agreements.models import Agreement
from portal.agreements.models_acceptance import Acceptance
from portal.agreements.schemas import Look
from portal.agreements.terms import Ask, Finding, Terms
from portal.auth.giving import PARTNER_KINDS
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.db import session
from portal.errors import TermsForbid
from portal.paging import SIZE, Paged, last_page
from portal.permissions import Permission


def terms_of(agreement: Agreement) -> Terms:
    """Return an agreement as its clauses say it."""
    return Terms(
        status=agreement.status,
        organisation=agreement.organisation.ref,
        starts_on=agreement.starts_on,
        ends_on=agreement.last_day,
        time_zone=agreement.time_zone,
        purposes=frozenset(agreement.purposes),
        datasets=frozenset(agreement.datasets),
        regions=frozenset(agreement.regions),
        tier=agreement.tier,
        most_sensitive=agreement.most_sensitive,
        outputs=frozenset(agreement.outputs),
        onward=agreement.onward_sharing,
        onward_bodies=tuple(agreement.onward_bodies),
        matching=agreement.matching,
        ip_ranges=tuple(agreement.ip_ranges),
        factors=frozenset(agreement.factors),
    )


def of_person(ask: Ask, agreement: Agreement, actor: Actor) -> Ask:
    """Return an ask as this person makes it: from where, signed in how, and whether they accepted the terms."""
    return replace(
        ask,
        address=actor.address,
        factors=frozenset(actor.authentication),
        accepted=has_accepted(agreement, actor.id),
    )


def has_accepted(agreement: Agreement, person_id: int) -> bool:
    """Whether a person has accepted the agreement's terms as they stand now."""
    query = select(Acceptance.id).where(Acceptance.agreement_id == agreement.id, Acceptance.person_id == person_id)
    return session().scalar(query.where(Acceptance.sha256 == content.sha256_of(agreement))) is not None


def check(agreement: Agreement, ask: Ask, now: dt.datetime | None = None) -> tuple[Finding, ...]:
    """Return what each clause says to an ask at this moment."""
    return terms.evaluate(terms_of(agreement), ask, now or clock.now())


def require(agreement: Agreement, ask: Ask, now: dt.datetime | None = None) -> None:
    """Refuse with TermsForbid unless every clause holds."""
    findings = check(agreement, ask, now)
    broken = terms.broken(findings)
    if broken:
        raise TermsForbid(broken, {one.clause: one.params for one in findings if not one.holds}, agreement.ref)


def must_accept(actor: Actor, agreement: Agreement) -> bool:
    """Whether the actor may accept the agreement's terms and has not."""
    return policy.may(actor, Permission.AGREEMENT_ACCEPT, agreement) and not has_accepted(agreement, actor.id)


def days_left(agreement: Agreement) -> int:
    """Return how many days it still runs, today included; 0 unless it is active."""
    return terms.days_left(terms_of(agreement), clock.now()) if agreement.status == "active" else 0


def agreement(actor: Actor, ref: str) -> Agreement:
    """Return one agreement; NotFound if there is none for this actor."""
    return policy.load(actor, Permission.AGREEMENT_READ, Agreement, Agreement.ref == ref)


def to_edit(actor: Actor, ref: str) -> Agreement:
    """Return one agreement that the actor makes; NotFound, or NotAllowed if they may only see it."""
    found = agreement(actor, ref)
    policy.require(actor, Permission.AGREEMENT_WRITE, found)
    return found


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
    last = func.coalesce(Agreement.terminated_on, Agreement.ends_on)  # a notice names no day after the last
    query = select(Agreement).where(Agreement.status.in_(["active", "suspended"]), last <= near)
    return [one for one in session().scalars(query.order_by(Agreement.id)) if terms_of(one).closes <= now]


@dataclass(frozen=True)
class Agreements(Paged):
    """One page of agreements."""

    rows: Sequence[Agreement]
    total: int
    page: int


def agreements(actor: Actor, look: Look) -> Agreements:
    """Return the page of agreements that a look asks for."""
    visible = policy.visible(actor, Permission.AGREEMENT_READ, Agreement).join(Agreement.organisation)
    found = visible.where(*_wanted(look))
    total = session().scalar(select(func.count()).select_from(found.subquery())) or 0
    page = min(look.page, last_page(total))
    order = {
        "number": Agreement.number,
        "organisation": Organisation.name,
        "ends": Agreement.ends_on,
        "status": Agreement.status,
    }[look.sort]
    ordered = found.order_by(order.desc() if look.descending else order.asc(), Agreement.id)
    rows = session().scalars(ordered.options(joinedload(Agreement.organisation)).limit(SIZE).offset((page - 1) * SIZE))
    return Agreements(list(rows), total, page)


def _wanted(look: Look) -> Iterable[ColumnElement[bool]]:
    columns = (Agreement.number, Agreement.title_en, Agreement.title_fr, Organisation.name)
    if look.words:
        yield or_(*(column.icontains(look.words, autoescape=True) for column in columns))
    if look.status:
        yield Agreement.status == look.status


def partners() -> Sequence[Organisation]:
    """Return the organisations one can agree with."""
    query = select(Organisation).where(Organisation.kind.in_(PARTNER_KINDS), Organisation.active)
    return list(session().scalars(query.order_by(Organisation.name)))


def datasets() -> Sequence[Dataset]:
    """Return every dataset an agreement may name."""
    return list(session().scalars(select(Dataset).order_by(Dataset.code)))


def titles(codes: Iterable[str]) -> list[str]:
    """Return what datasets are called in the reader's language, in the order given; the code of one that is unknown."""
    known = {one.code: i18n.label(one, "title") for one in datasets()}
    return [known.get(code) or code for code in codes]


def unfinished(number: str) -> Agreement | None:
    """Return the version of an agreement that is being drafted or signed, if there is one."""
    return session().scalar(
        select(Agreement).where(Agreement.number == number, Agreement.status.in_(["draft", "signing"])).limit(1)
    )


def running(number: str) -> Sequence[Agreement]:
    """Return the versions of an agreement that are active or suspended."""
    query = select(Agreement).where(Agreement.number == number, Agreement.status.in_(["active", "suspended"]))
    return list(session().scalars(query.order_by(Agreement.revision)))


def renewal_of(one: Agreement) -> Agreement | None:
    """Return the version that took an agreement's place and runs, if there is one."""
    return next((later for later in reversed(running(one.number)) if later.revision > one.revision), None)


def successor(one: Agreement, moment: dt.datetime) -> Agreement | None:
    """Return the newest version after this one that had taken effect at a moment, whatever became of it."""
    query = select(Agreement).where(Agreement.number == one.number, Agreement.revision > one.revision)
    begun = query.where(Agreement.activated_at <= moment)
    return session().scalar(begun.order_by(Agreement.revision.desc()).limit(1))


def withdrawn(was: Agreement, renewal: Agreement, ask: Ask) -> tuple[Finding, ...]:
    """Return the clauses in which a renewal grants less than an ask uses."""
    return terms.withdrawn(terms_of(was), terms_of(renewal), ask)


def renewals(actor: Actor, one: Agreement) -> Sequence[Agreement]:
    """Return every version of an agreement that the actor may see, newest first."""
    query = policy.visible(actor, Permission.AGREEMENT_READ, Agreement).where(Agreement.number == one.number)
    return list(session().scalars(query.order_by(Agreement.revision.desc())))
