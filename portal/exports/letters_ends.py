"""Letters about the end of releases and about duties of destruction: what happened, by when, and where to look."""

from collections.abc import Iterable

from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Grant, Person
from portal.auth.queries import valid_today
from portal.db import session
from portal.exports import queries_ends, workflow
from portal.exports.models import Release
from portal.exports.models_ends import DestructionDuty
from portal.mail import write
from portal.requests import people


def focal_points(organisation_id: int) -> list[Person]:
    """Return the people through whom an organisation speaks today."""
    held = select(Grant.person_id).where(Grant.role == Role.FOCAL_POINT.value, valid_today())
    query = select(Person).where(
        Person.organisation_id == organisation_id, Person.disabled_at.is_(None), Person.id.in_(held)
    )
    return list(session().scalars(query.order_by(Person.id)))


def ended(release: Release) -> None:
    """Tell everybody who could fetch it, and who has, that it is over; whoever has a copy, by when it must be gone."""
    owing = {one.person_id: one for one in queries_ends.duties_of(release)}
    named = {one.person_id: one.person for one in release.request.recipients}
    named |= {one.person_id: one.person for one in owing.values()}
    named |= {one.id: one for one in focal_points(release.request.organisation_id)}
    for person in named.values():
        duty = owing.get(person.id)
        more = {"path": f"/duties/{duty.ref}", "day": duty.due_on.isoformat()} if duty else {}
        told = {"how": release.cause, "copies": len(owing), "path": f"/requests/{release.request.ref}", "day": ""}
        _send([person], "release_ended", release, told | more)


def still_open(release: Release) -> None:
    """Tell the data protection officers that something of an ended release could not be closed."""
    whom = people.holders(Role.DPO, release.request.organisation_id)
    _send(whom, "release_open", release, {"path": f"/requests/{release.request.ref}"})


def certified(release: Release) -> None:
    """Tell the requester, the focal points and the data protection officers that every copy is destroyed."""
    organisation = release.request.organisation_id
    whom = [release.request.requester, *focal_points(organisation), *people.holders(Role.DPO, organisation)]
    lost = any(one.method == workflow.LOST and one.attested_at for one in queries_ends.duties_of(release))
    told: dict[str, object] = {"path": f"/releases/{release.ref}/certificate", "lost": lost}
    _send(_once(whom), "release_destroyed", release, told)


def due(duty: DestructionDuty, how: str) -> None:
    """Remind the holder and the focal points; the data protection officers too once it is late."""
    whom = [duty.person, *focal_points(duty.organisation_id)]
    if how != "near":
        whom += people.holders(Role.DPO, duty.organisation_id)
    _send(_once(whom), "duty_due", duty.release, _told(duty) | {"how": how, "holder": duty.person.name})


def to_countersign(duty: DestructionDuty) -> None:
    """Tell the focal points that an attestation waits for them."""
    whom = [one for one in focal_points(duty.organisation_id) if one.id != duty.attested_by]
    told = _told(duty) | {"lost": duty.method == workflow.LOST}
    _send(whom or focal_points(duty.organisation_id), "duty_attested", duty.release, told)


def lost(duty: DestructionDuty) -> None:
    """Tell the data protection officers at once that copies were lost; never how, the page says it."""
    whom = people.holders(Role.DPO, duty.organisation_id)
    _send(whom, "duty_lost", duty.release, _told(duty) | {"house": duty.organisation.name})


def sent_back(duty: DestructionDuty, attester: Person) -> None:
    """Tell who attested that something in it cannot be so."""
    _send([attester], "duty_sent_back", duty.release, _told(duty))


def earlier(duty: DestructionDuty) -> None:
    """Tell the holder that the day has come earlier."""
    _send([duty.person], "duty_earlier", duty.release, _told(duty))


def _told(duty: DestructionDuty) -> dict[str, object]:
    return {"path": f"/duties/{duty.ref}", "day": duty.due_on.isoformat()}


def _once(whom: Iterable[Person]) -> list[Person]:
    return list({one.id: one for one in whom if one.disabled_at is None}.values())


def _send(whom: Iterable[Person], template: str, release: Release, more: dict[str, object]) -> None:
    dataset = release.request.dataset
    title = {"label_en": dataset.title_en, "label_fr": dataset.title_fr}
    for person in whom:
        if person.disabled_at is None:
            values = {"name": person.name, "number": release.request.number, "dataset": title}
            write(person.email, person.language, template, **values, **more)
