"""A manager's deputy: named from one day to another, and ended early when the manager is back."""

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.auth.models import Organisation, Person
from portal.db import move, require_seen, session
from portal.errors import Invalid, NotAllowed
from portal.mail import write
from portal.permissions import Permission
from portal.requests import letters, people, standins
from portal.requests.models_duties import Deputyship
from portal.requests.schemas_duties import NewDeputy

MOST_DAYS = 366


def name(actor: Actor, wanted: NewDeputy) -> Deputyship:
    """Name a deputy for one of the actor's offices; sent again for the same days it is the same deputyship.

    Raises NotAllowed for whoever neither manages a region at MMC nor is its head, Invalid (person, region, days or
    code) otherwise.
    """
    house = session().get_one(Organisation, actor.organisation_id)
    if not policy.holds(actor, Permission.DEPUTY_WRITE) or not standins.offices(actor) or house.kind != "mmc":
        raise NotAllowed("deputy: only a region's manager at MMC, or its head, names one")
    deputy = _suitable(actor, wanted)
    known = _alike(actor, deputy, wanted)
    if known is not None:
        return known
    prove(actor, wanted.code)
    row = Deputyship(
        manager_id=actor.id,
        deputy_id=deputy.id,
        region=wanted.region,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        time_zone=actor.time_zone,
        starts_at=clock.day_start(wanted.first_day, actor.time_zone),
        ends_at=clock.day_end(wanted.last_day, actor.time_zone),
    )
    session().add(row)
    session().flush()
    _record(actor, "deputy.named", row, ("", row.status))
    _tell(row, "deputy_named")
    return row


def revoke(actor: Actor, ref: str, *, lock: int) -> Deputyship:
    """End a deputyship at this moment. Raises NotFound, NotAllowed or Stale."""
    row = policy.load(actor, Permission.DEPUTY_READ, Deputyship, Deputyship.ref == ref)
    policy.require(actor, Permission.DEPUTY_WRITE, row)
    if row.status == "revoked":
        return row  # the second of two clicks
    require_seen(row, lock)
    move(row, status="revoked", revoked_at=clock.now())
    _record(actor, "deputy.revoked", row, ("named", "revoked"))
    _tell(row, "deputy_revoked")
    return row


def _suitable(actor: Actor, wanted: NewDeputy) -> Person:
    wrong: dict[str, list[str]] = {}
    if wanted.region not in standins.offices(actor):
        wrong["region"] = ["choose_one"]
    if wanted.last_day < wanted.first_day:
        wrong["last_day"] = ["before_first"]
    elif (wanted.last_day - wanted.first_day).days > MOST_DAYS:
        wrong["last_day"] = ["too_long"]
    elif wanted.last_day < clock.today(actor.time_zone):
        wrong["last_day"] = ["past"]
    found = people.may_stand_in([actor.id], organisation_id=actor.organisation_id)
    chosen = next((one for one in found if one.ref == wanted.deputy), None)
    if chosen is None:
        wrong["deputy"] = ["no_deputy"]
    if wrong or chosen is None:
        raise Invalid(wrong)
    return chosen


def _alike(actor: Actor, deputy: Person, wanted: NewDeputy) -> Deputyship | None:
    return (
        session()
        .query(Deputyship)
        .filter_by(
            manager_id=actor.id,
            deputy_id=deputy.id,
            region=wanted.region,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            status="named",
        )
        .first()
    )


def _record(actor: Actor, event: str, row: Deputyship, status: tuple[str, str]) -> None:
    change: dict[str, tuple[str, str]] = {"status": status, "person": ("", row.deputy.ref), "region": ("", row.region)}
    change["days"] = (row.first_day.isoformat(), row.last_day.isoformat())
    record(actor, event, target=("deputy", row.ref), change=change)


def _tell(row: Deputyship, template: str) -> None:
    values = {"first": row.first_day.isoformat(), "last": row.last_day.isoformat(), "zone": row.time_zone}
    who = {"name": row.deputy.name, "manager": row.manager.name, "path": "/deputies"}
    write(row.deputy.email, row.deputy.language, template, region=letters.region(row.region), **values, **who)
