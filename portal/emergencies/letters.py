"""Letters of emergencies: that somebody is needed, or how it ended, and where to look. They go at once."""

from collections.abc import Iterable, Sequence

from portal.actor import Role
from portal.auth.models import Person
from portal.emergencies.models import Emergency, EmergencyPart
from portal.letters.settling import settled
from portal.mail import write
from portal.requests import people
from portal.requests.standins import OF_HEAD


def to_deciders(one: Emergency) -> None:
    """Tell everybody who may answer that an emergency waits for them."""
    _send(one, _deciders(one), "emergency_asked")


def withdrawn(one: Emergency) -> None:
    """Tell the same that nobody need answer any more."""
    _send(one, _deciders(one), "emergency_withdrawn")


def answered(one: Emergency, part: EmergencyPart) -> None:
    """Mark as read what asked an office that has answered now; the other office's people are still asked."""
    others = {person.id for each in one.parts if each.status == "open" for person in _office(one, each)}
    theirs = {person.id for person in _office(one, part)} - others
    settled(f"/emergencies/{one.ref}", "emergency_asked", "emergency_silent", whom=theirs)


def reviewed(one: Emergency) -> None:
    """Mark as read what asked for the review."""
    settled(f"/emergencies/{one.ref}", "emergency_told", "emergency_review")


def _office(one: Emergency, part: EmergencyPart) -> Sequence[Person]:
    return people.of_office(part.office, one.organisation_id)


def _deciders(one: Emergency) -> list[Person]:
    return [person for part in one.parts for person in _office(one, part)]


def to_officers(one: Emergency, template: str, *, head: bool = False, **values: object) -> None:
    """Tell the data protection officers; with ``head`` also the head, and whoever stands in for the head."""
    officers = people.holders(Role.DPO, one.organisation_id)
    heads = people.of_office(OF_HEAD, one.organisation_id) if head else []
    _send(one, [*officers, *heads], template, **values)


def to_asker(one: Emergency, how: str) -> None:
    """Tell who asked how it stands now."""
    _send(one, [one.requester], "emergency_settled", how=how)


def _send(one: Emergency, whom: Iterable[Person], template: str, **values: object) -> None:
    for person in {each.id: each for each in whom}.values():
        known = {"number": one.number, "path": f"/emergencies/{one.ref}"}
        write(person.email, person.language, template, name=person.name, **known, **values)
