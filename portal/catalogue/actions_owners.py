"""Recording who co-owns a module of a dataset, and ending it. What was sent before keeps its deciders."""

from flask_babel import gettext as _
from sqlalchemy import select

from portal import policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.auth.models import Organisation
from portal.catalogue import queries_owners
from portal.catalogue.models import Dataset
from portal.catalogue.models_owners import Coownership
from portal.catalogue.schemas_owners import LastDay, NewOwner
from portal.db import move, require_seen, session
from portal.errors import IllegalStep, Invalid
from portal.permissions import Permission

Wrong = dict[str, list[str]]


def record_owner(actor: Actor, dataset_ref: str, wanted: NewOwner) -> Coownership:
    """Record that an organisation co-owns sections or variables of a dataset, from one day to another.

    The second of two clicks finds the first one's row. Raises NotFound, NotAllowed or Invalid.
    """
    dataset = queries_owners.dataset(actor, dataset_ref)
    policy.require(actor, Permission.OWNER_WRITE, dataset)
    session().execute(select(Dataset.id).where(Dataset.id == dataset.id).with_for_update())
    organisation = _checked(dataset, wanted)
    held = [one for one in queries_owners.of_dataset(dataset.id) if one.organisation_id == organisation.id]
    known = next((one for one in held if one.recorded_by == actor.id and _same(one, wanted)), None)
    if known is not None:
        return known
    if any(_overlaps(one, wanted) for one in held):
        raise Invalid({"organisation": [_("It co-owns some of this on some of these days already: end that first.")]})
    prove(actor, wanted.code)
    row = Coownership(
        dataset_id=dataset.id,
        organisation_id=organisation.id,
        sections=sorted(set(wanted.sections)),
        variables=sorted(set(wanted.variables)),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        recorded_by=actor.id,
    )
    session().add(row)
    session().flush()
    until = wanted.last_day.isoformat() if wanted.last_day else ""
    change = {"valid_from": ("", wanted.first_day.isoformat()), "valid_to": ("", until)}
    _record(actor, "dataset.owner.recorded", row, change)
    return row


def end_owner(actor: Actor, ref: str, said: LastDay) -> Coownership:
    """Let a co-ownership end with a day that is not over yet, and not later than it would.

    One that has not begun may end before it does. Raises NotFound, NotAllowed, Stale, IllegalStep or Invalid.
    """
    row = policy.load(actor, Permission.OWNER_END, Coownership, Coownership.ref == ref)
    if row.lock == said.lock + 1 and row.last_day == said.last_day:
        return row  # the second of two clicks
    require_seen(row, said.lock)
    today = queries_owners.today()
    if row.last_day is not None and row.last_day < today:
        raise IllegalStep("coownership: over already")
    if said.last_day < today:
        raise Invalid({"last_day": [_("This day has passed.")]})
    if row.last_day is not None and said.last_day > row.last_day:
        raise Invalid({"last_day": [_("It ends earlier already: record it anew to let it last longer.")]})
    prove(actor, said.code)
    was = row.last_day.isoformat() if row.last_day else ""
    move(row, status="ended", last_day=said.last_day)
    _record(actor, "dataset.owner.ended", row, {"valid_to": (was, said.last_day.isoformat())})
    return row


def _checked(dataset: Dataset, wanted: NewOwner) -> Organisation:
    """Return the organisation; Invalid, field by field, if something is not on the lists or the days do not fit."""
    wrong: Wrong = {}
    organisation = next((one for one in queries_owners.candidates() if one.ref == wanted.organisation), None)
    if organisation is None:
        wrong["organisation"] = [_("Choose a partner organisation from the list.")]
    askable = queries_owners.askable(dataset.id)
    if not wanted.sections and not wanted.variables:
        wrong["sections"] = [_("Choose a section, or single variables below.")]
    elif not set(wanted.sections) <= {one.section for one in askable}:
        wrong["sections"] = [_("One of these sections is not in the dataset: open the page again.")]
    if not set(wanted.variables) <= {one.name for one in askable}:
        wrong["variables"] = [_("One of these variables is not in the dataset: open the page again.")]
    if wanted.last_day is not None and wanted.last_day < wanted.first_day:
        wrong["last_day"] = [_("The last day is before the first one.")]
    if wrong or organisation is None:
        raise Invalid(wrong)
    return organisation


def _same(one: Coownership, wanted: NewOwner) -> bool:
    days = (one.first_day, one.last_day) == (wanted.first_day, wanted.last_day)
    return days and one.sections == sorted(set(wanted.sections)) and one.variables == sorted(set(wanted.variables))


def _overlaps(one: Coownership, wanted: NewOwner) -> bool:
    before = one.last_day is not None and one.last_day < wanted.first_day
    after = wanted.last_day is not None and wanted.last_day < one.first_day
    shared = set(one.sections) & set(wanted.sections) or set(one.variables) & set(wanted.variables)
    return not before and not after and bool(shared)


def _record(actor: Actor, event: str, row: Coownership, change: dict[str, tuple[str, str]]) -> None:
    change |= {"organisation": ("", row.organisation.ref)}
    record(
        actor,
        event,
        target=("dataset", row.dataset.ref),
        data={"dataset": row.dataset.code, "columns_n": len(row.variables)},
        change={name: pair for name, pair in change.items() if pair != ("", "")},
    )
