"""Making agreements and letting them run; the clock ends them."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.agreements import queries
from portal.agreements.models import Agreement, next_number
from portal.agreements.schemas import NewAgreement
from portal.audit.recorder import record
from portal.auth.models import Organisation
from portal.catalogue.geography import reference
from portal.catalogue.models import Dataset
from portal.db import move, session
from portal.errors import IllegalStep, Invalid, NotAllowed
from portal.permissions import Permission

UNASSIGNED = "unassigned"


def create(actor: Actor, wanted: NewAgreement) -> Agreement:
    """Draft an agreement.

    Raises NotAllowed, or Invalid if it names an organisation, dataset or region that is not there.
    """
    if not (actor.kind == "system" or policy.holds(actor, Permission.AGREEMENT_WRITE)):
        raise NotAllowed(f"{Permission.AGREEMENT_WRITE}: your role does not include this")
    organisation = _organisation(wanted.organisation)
    _known(wanted)
    plural = {name: list(getattr(wanted, name)) for name in ("purposes", "datasets", "regions")}
    single = {name: value for name, value in vars(wanted).items() if name not in plural and name != "organisation"}
    year = clock.today(wanted.time_zone).year
    agreement = Agreement(
        number=f"MoU-{year}-{next_number(f'agreement:{year}'):03d}",
        organisation_id=organisation.id,
        created_by=actor.id or None,
        **single,
        **plural,
    )
    session().add(agreement)
    session().flush()
    record(actor, "agreement.created", target=("agreement", agreement.ref, agreement.revision))
    return agreement


def activate(actor: Actor, ref: str) -> Agreement:
    """Let a drafted agreement run.

    Raises NotFound, NotAllowed, IllegalStep if it is no draft or its last day has passed, Stale.
    """
    if actor.kind == "system":
        agreement = session().scalars(select(Agreement).where(Agreement.ref == ref)).one()
    else:
        agreement = queries.agreement(actor, ref)
        policy.require(actor, Permission.AGREEMENT_WRITE, agreement)
    if agreement.status != "draft" or queries.terms_of(agreement).closes <= clock.now():
        raise IllegalStep("agreement: only a draft whose last day has not passed can be activated")
    move(agreement, status="active", activated_at=clock.now())
    target = ("agreement", agreement.ref, agreement.revision)
    record(actor, "agreement.activated", target=target, change={"status": ("draft", "active")})
    return agreement


def expire_due(actor: Actor, now: dt.datetime) -> int:
    """End the agreements whose last day has passed; return how many. They allowed nothing since that moment."""
    ended = queries.over(now)
    for agreement in ended:
        was = agreement.status
        move(agreement, status="ended", ended_as="expired")
        target = ("agreement", agreement.ref, agreement.revision)
        record(actor, "agreement.expired", target=target, change={"status": (was, "ended")})
    return len(ended)


def _organisation(ref: str) -> Organisation:
    query = select(Organisation).where(Organisation.ref == ref, Organisation.kind != "mmc", Organisation.active)
    found = session().scalar(query)
    if found is None:
        raise Invalid({"organisation": [_("Choose from the list.")]})
    return found


def _known(wanted: NewAgreement) -> None:
    datasets = set(session().scalars(select(Dataset.code)))
    regions = {UNASSIGNED, *(region.code for region in reference().regions.values() if region.until is None)}
    strange = {
        "datasets": not set(wanted.datasets) <= datasets,
        "regions": not set(wanted.regions) <= regions,
    }
    wrong = {field: [_("Choose from the list.")] for field, is_strange in strange.items() if is_strange}
    if wrong:
        raise Invalid(wrong)
