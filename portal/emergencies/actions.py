"""Asking in an emergency, answering, withdrawing, and looking at it afterwards: each one transaction with its event."""

import datetime as dt
from typing import Unpack
from zoneinfo import ZoneInfo

from portal import clock, freezes, policy
from portal.actor import Actor, system
from portal.agreements.models import Agreement, next_number
from portal.audit.recorder import Parts, record
from portal.auth.actions_factor import prove
from portal.auth.queries import oneself
from portal.catalogue import queries as catalogue
from portal.catalogue import worktime
from portal.catalogue.models import Dataset
from portal.catalogue.offices import COORDINATION
from portal.db import move, require_seen, session
from portal.emergencies import letters, people, queries
from portal.emergencies.models import Emergency, EmergencyPart
from portal.emergencies.schemas import Answer, Asking, Review
from portal.emergencies.workflow import ACCESS, EMERGENCY, REVIEW_DAYS
from portal.errors import IllegalStep, Invalid, TermsForbid
from portal.machine import NOTHING, Step
from portal.permissions import Permission
from portal.requests.standins import OF_HEAD

PORTAL = system("workflow")
SAID = {"agree": "agreed", "refuse": "refused"}


def ask(actor: Actor, asked: Asking) -> Emergency:
    """Ask for tables that the agreement leaves out; the offices get their letters with this transaction.

    The second of two clicks is the same asking. Raises NotFound (the dataset), Invalid (countries or years that the
    table file does not have, or that the agreement allows anyway), or TermsForbid: no agreement runs, or a freeze.
    """
    oneself(actor, Permission.EMERGENCY_ASK)
    dataset = catalogue.dataset(actor, asked.dataset)
    agreement, against = queries.basis(actor)
    if agreement is None:
        raise TermsForbid(against)
    countries, years = _chosen(asked, dataset, agreement)
    known = queries.alike(actor, dataset, countries, years)
    if known is not None:
        return known
    made, step = _write(actor, asked, dataset, agreement, countries, years), EMERGENCY.find(NOTHING, "ask")
    if queries.frozen(made):
        raise TermsForbid((freezes.REASON,))
    change = {"country": ("", " ".join(countries)), "year": ("", " ".join(years))}
    words = {"text": asked.happened, "reason": asked.needed_for}
    _record(actor, step.event, made, change=change, private={actor.ref: words})
    letters.to_deciders(made)
    letters.to_officers(made, "emergency_told", how="asked")
    return made


def _chosen(asked: Asking, dataset: Dataset, agreement: Agreement) -> tuple[list[str], list[str]]:
    """Return countries and years to write down: no year chosen means every year of the file."""
    menu = queries.menu(dataset)
    if menu is None:
        raise Invalid({"dataset": ["no_tables"]})
    known = {str(one["code"]) for one in menu.countries}, [str(one["code"]) for one in menu.years]
    countries, years = sorted(set(asked.countries)), sorted(set(asked.years)) or sorted(known[1])
    wrong: dict[str, list[str]] = {}
    if not countries:
        wrong["countries"] = ["choose_one"]
    elif not set(countries) <= known[0]:
        wrong["countries"] = ["off_menu"]
    elif queries.covers(agreement, dataset, countries):
        wrong["countries"] = ["covered"]
    if not set(years) <= set(known[1]):
        wrong["years"] = ["off_menu"]
    if wrong:
        raise Invalid(wrong)
    return countries, years


def _write(
    actor: Actor, asked: Asking, dataset: Dataset, agreement: Agreement, countries: list[str], years: list[str]
) -> Emergency:
    moment = clock.now()
    made = Emergency(
        number=f"EM-{moment.year}-{next_number(f'emergency:{moment.year}'):04d}",
        requester_id=actor.id,
        organisation_id=actor.organisation_id,
        agreement_id=agreement.id,
        dataset_id=dataset.id,
        countries=countries,
        years=years,
        happened=asked.happened,
        needed_for=asked.needed_for,
        asked_at=moment,
        time_zone=actor.time_zone,
    )
    session().add(made)
    for office in (*queries.offices(countries, agreement.time_zone), OF_HEAD):
        made.parts.append(EmergencyPart(office=office))
    session().flush()
    return made


def answer(actor: Actor, ref: str, said: Answer) -> Emergency:
    """Answer for a region or the head. The last yes grants, the first no refuses, and nothing is given before.

    Sent again it shows what was recorded. Raises NotFound, NotAllowed (not theirs, their own organisation's, or they
    answered for the other side), IllegalStep, Stale, Invalid (a no without a reason, the code) or TermsForbid.
    """
    row = queries.emergency(actor, ref)
    part = queries.part(row, said.office)
    policy.require(actor, Permission.EMERGENCY_DECIDE, part)
    if part.person_id == actor.id and part.status == SAID[said.verb]:
        return row
    step = EMERGENCY.find(row.state, said.verb)
    if part.status != "open":
        raise IllegalStep("emergency: this office has answered")
    require_seen(part, said.lock)
    if said.verb == "refuse" and not said.reason:
        raise Invalid({"reason": ["reason_needed"]})
    if said.verb == "agree":
        _nothing_against(row)
    prove(actor, said.code)
    move(
        part,
        status=SAID[said.verb],
        person_id=actor.id,
        for_id=people.in_whose_place(actor, part),
        reason=said.reason,
        time_zone=actor.time_zone,
        answered_at=clock.now(),
    )
    row.take(step, **({"settled_at": clock.now()} if said.verb == "refuse" else {}))
    private = {actor.ref: said.reason} if said.reason else {}
    _record(actor, step.event, row, reason=SAID[said.verb], change={"region": ("", part.office)}, private=private)
    letters.answered(row, part)
    if said.verb == "refuse":
        letters.to_asker(row, step.target)
    elif not row.open_parts:
        _grant(row)
    return row


def _nothing_against(row: Emergency) -> None:
    if queries.running(row) is None:
        raise TermsForbid(("status",), agreement=row.agreement.ref)
    if queries.frozen(row):
        raise TermsForbid((freezes.REASON,))


def _grant(row: Emergency) -> None:
    if len({one.person_id for one in row.parts if one.status == "agreed"}) < len({"region", "head"}):
        raise IllegalStep("emergency: two people have to agree")
    step, moment = EMERGENCY.find(row.state, "grant"), clock.now()
    due = worktime.due(COORDINATION, moment, REVIEW_DAYS)
    row.take(step, granted_at=moment, ends_at=moment + ACCESS, review_due_at=due)
    _record(PORTAL, step.event, row, change={"status": (step.source, step.target)})
    letters.to_asker(row, step.target)
    letters.to_officers(row, "emergency_told", how=step.target)


def withdraw(actor: Actor, ref: str, *, lock: int) -> Emergency:
    """Take back what was asked for. Raises NotFound, NotAllowed, IllegalStep or Stale."""
    row = queries.emergency(actor, ref)
    policy.require(actor, Permission.EMERGENCY_WITHDRAW, row)
    if row.status == "withdrawn":
        return row  # the second of two clicks
    step = EMERGENCY.find(row.state, "withdraw")
    require_seen(row, lock)
    row.take(step, settled_at=clock.now())
    _record(actor, step.event, row, change={"status": (step.source, step.target)})
    letters.withdrawn(row)
    return row


def review(actor: Actor, ref: str, said: Review) -> Emergency:
    """Say that what was granted is in order, or stop it at this moment; either is the review, and needs a reason.

    Raises NotFound, NotAllowed, IllegalStep, Stale, or Invalid (no reason, the code).
    """
    row = queries.emergency(actor, ref)
    policy.require(actor, Permission.EMERGENCY_REVIEW, row)
    step = EMERGENCY.find(row.state, said.verb)
    require_seen(row, said.lock)
    if said.verb == "review" and row.reviewed_at is not None:
        raise IllegalStep("emergency: it was looked at already")
    if not said.note:
        raise Invalid({"note": ["reason_needed"]})
    prove(actor, said.code)
    _look(actor, row, step, said.note)
    return row


def _look(actor: Actor, row: Emergency, step: Step, note: str) -> None:
    moment = clock.now()
    ended = {"settled_at": moment} if step.target == "stopped" else {}
    row.take(step, reviewed_at=moment, reviewed_by=actor.id, review_note=note, **ended)
    letters.reviewed(row)
    change = {"status": (step.source, step.target)}
    _record(actor, step.event, row, change=change, private={actor.ref: note})
    if ended:
        letters.to_asker(row, step.target)


def _record(actor: Actor, event: str, row: Emergency, **more: Unpack[Parts]) -> None:
    """Record an event with the time of both clocks: the world's, and that on the wall of who acts."""
    parts: Parts = {
        **more,
        "target": ("emergency", row.ref),
        "purpose": {"mou": row.agreement.ref, "emergency": row.ref},
        "change": {**more.get("change", {}), **_clocks(clock.now().replace(microsecond=0), actor.time_zone)},
    }
    record(actor, event, **parts)


def _clocks(moment: dt.datetime, zone: str) -> dict[str, tuple[str, str]]:
    """Return a moment as two clocks show it, for the log: UTC, and local time with its distance from it."""
    return {
        "utc": ("", moment.astimezone(clock.UTC).isoformat()),
        "local": ("", moment.astimezone(ZoneInfo(zone)).isoformat()),
    }
