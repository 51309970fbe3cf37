"""Making agreements; the clock ends them. What lies between is in the modules beside this one."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.agreements import letters, people, queries, steps, workflow
from portal.agreements.models import Agreement, next_number
from portal.agreements.schemas import NewAgreement
from portal.audit.recorder import record
from portal.auth.giving import PARTNER_KINDS
from portal.auth.models import Organisation
from portal.catalogue.geography import reference
from portal.catalogue.models import Dataset
from portal.db import session
from portal.errors import Invalid, NotAllowed
from portal.permissions import Permission

UNASSIGNED = "unassigned"
SERIES = {"mou": "MoU", "licence": "LIC"}
SERIES_NAME = {"mou": "agreement", "licence": "licence"}


def create(actor: Actor, wanted: NewAgreement) -> Agreement:
    """Draft an agreement.

    Raises NotAllowed, or Invalid if it names an organisation, dataset or region that is not there.
    """
    if not (actor.kind == "system" or policy.holds(actor, Permission.AGREEMENT_WRITE)):
        raise NotAllowed(f"{Permission.AGREEMENT_WRITE}: your role does not include this")
    organisation = _organisation(wanted.organisation)
    if organisation.id == actor.organisation_id:
        raise NotAllowed("agreement: nobody makes MMC's part in their own organisation's")
    _known(wanted)
    year = clock.today(wanted.time_zone).year
    series = SERIES[wanted.kind]
    agreement = Agreement(
        number=f"{series}-{year}-{next_number(f'{SERIES_NAME[wanted.kind]}:{year}'):03d}",
        organisation_id=organisation.id,
        created_by=actor.id or None,
        **_values(wanted, organisation),
    )
    session().add(agreement)
    session().flush()
    step = workflow.AGREEMENT.find("", "create")
    steps.keep(actor, agreement, step, 0)
    steps.save_text(actor, agreement)
    record(actor, step.event, target=("agreement", agreement.ref, agreement.revision))
    return agreement


def save(actor: Actor, ref: str, wanted: NewAgreement, *, lock: int) -> Agreement:
    """Save a draft that lies with MMC. Whom it is with stays as it is once they have been shown it.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid.
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_WRITE)
    if steps.done(actor, agreement, "save", lock):
        return agreement
    step = steps.find(agreement, "save", lock)
    organisation = _organisation(wanted.organisation)
    fixed = agreement.shared or agreement.revision > 1
    if organisation.id == actor.organisation_id or (fixed and organisation.id != agreement.organisation_id):
        raise Invalid({"organisation": [_("The organisation of this draft cannot be changed: draft another.")]})
    _known(wanted)
    values = _values(wanted, organisation)
    steps.go(actor, agreement, step, values=values | {"organisation_id": organisation.id})
    session().refresh(agreement)
    steps.save_text(actor, agreement)
    return agreement


def _values(wanted: NewAgreement, organisation: Organisation) -> dict[str, object]:
    """Return the columns that a form stands for. Raises Invalid for a signatory who may not sign for their side."""
    said = dict(vars(wanted))
    said.pop("organisation")
    chosen = {name: said.pop(name) for name in ("mmc_signatory", "partner_signatory")}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    mmc = [one for one in people.mmc_signatories() if one.organisation_id != organisation.id]
    partner = [one for one in people.partner_signatories() if one.organisation_id == organisation.id]
    wrong = {}
    for name, candidates in (("mmc_signatory", mmc), ("partner_signatory", partner)):
        found = next((one for one in candidates if one.ref == chosen[name]), None)
        if chosen[name] and found is None:
            wrong[name] = [_("Choose somebody of this side who may sign today.")]
        plain[f"{name}_id"] = found.id if found else None
    if wrong:
        raise Invalid(wrong)
    return plain


def expire_due(actor: Actor, now: dt.datetime) -> int:
    """End the agreements whose last day has passed; return how many. They allowed nothing since that moment."""
    ended = queries.over(now)
    for agreement in ended:
        given = agreement.terminated_on is not None and agreement.terminated_on == agreement.last_day
        step = workflow.AGREEMENT.find(agreement.state, "conclude" if given else "expire")
        steps.go(actor, agreement, step)
        letters.stopped(agreement, step.ended_as)
    return len(ended)


def _organisation(ref: str) -> Organisation:
    query = select(Organisation).where(
        Organisation.ref == ref, Organisation.kind.in_(PARTNER_KINDS), Organisation.active
    )
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
