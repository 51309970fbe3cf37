"""Commissioning a contractor for one round of a dataset, and ending that before its last day."""

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
from portal.actor import Actor
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.auth.models import Organisation
from portal.catalogue import queries_commissions
from portal.catalogue.models import Dataset
from portal.catalogue.models_commissions import Commission
from portal.catalogue.schemas_commissions import Ending, NewCommission
from portal.db import move, require_seen, session
from portal.errors import IllegalStep, Invalid
from portal.permissions import Permission

Wrong = dict[str, list[str]]


def commission(actor: Actor, dataset_ref: str, wanted: NewCommission) -> Commission:
    """Let a contractor's people bring one round of a dataset, from one day to another.

    The second of two clicks finds the first one's row. Raises NotFound, NotAllowed or Invalid.
    """
    dataset = queries_commissions.dataset(actor, dataset_ref)
    policy.require(actor, Permission.COMMISSION_GIVE, dataset)
    session().execute(select(Dataset.id).where(Dataset.id == dataset.id).with_for_update())
    organisation = _checked(wanted)
    held = [one for one in queries_commissions.of_dataset(dataset.id) if one.organisation_id == organisation.id]
    of_round = [one for one in held if one.round_name == wanted.round_name and _goes_on(one)]
    known = next((one for one in of_round if one.given_by == actor.id and _same(one, wanted)), None)
    if known is not None:
        return known
    if of_round:
        raise Invalid({"round_name": [_("It is commissioned for this round already: end that first.")]})
    prove(actor, wanted.code)
    row = Commission(
        dataset_id=dataset.id,
        organisation_id=organisation.id,
        round_name=wanted.round_name,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        given_by=actor.id,
    )
    session().add(row)
    session().flush()
    days = {"valid_from": ("", wanted.first_day.isoformat()), "valid_to": ("", wanted.last_day.isoformat())}
    change = days | {"organisation": ("", organisation.ref)}
    data: dict[str, Json] = {"dataset": dataset.code}
    record(actor, "dataset.commission.given", target=("commission", row.ref), data=data, change=change)
    return row


def end_commission(actor: Actor, ref: str, said: Ending) -> Commission:
    """End a commission at once: its people see nothing of it from their next request on.

    Raises NotFound, Stale, IllegalStep if it is over already, or Invalid for a wrong code.
    """
    row = queries_commissions.commission(actor, ref)
    if row.status == "ended" and row.lock == said.lock + 1:
        return row  # the second of two clicks
    require_seen(row, said.lock)
    if not _goes_on(row):
        raise IllegalStep("commission: over already")
    prove(actor, said.code)
    move(row, status="ended", ended_at=clock.now())
    change = {"status": ("given", "ended"), "organisation": ("", row.organisation.ref)}
    data: dict[str, Json] = {"dataset": row.dataset.code}
    record(actor, "dataset.commission.ended", target=("commission", row.ref), data=data, change=change)
    return row


def _checked(wanted: NewCommission) -> Organisation:
    """Return the contractor; Invalid, field by field, if it is not on the list or the days do not fit."""
    wrong: Wrong = {}
    organisation = next((one for one in queries_commissions.candidates() if one.ref == wanted.organisation), None)
    if organisation is None:
        wrong["organisation"] = [_("Choose a contractor from the list.")]
    if wanted.last_day < wanted.first_day:
        wrong["last_day"] = [_("The last day is before the first one.")]
    elif wanted.last_day < queries_commissions.today():
        wrong["last_day"] = [_("This day has passed.")]
    if wrong or organisation is None:
        raise Invalid(wrong)
    return organisation


def _same(one: Commission, wanted: NewCommission) -> bool:
    return (one.first_day, one.last_day) == (wanted.first_day, wanted.last_day)


def _goes_on(one: Commission) -> bool:
    return one.standing(queries_commissions.today()) in {"to_come", "runs"}
