"""Letters about exceptions: that one waits for a second person, and that one was refused. Never how close it came."""

from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Person
from portal.db import session
from portal.exports.models import Release
from portal.mail import write
from portal.requests import people
from portal.requests.models import Decision


def to_check(release: Release) -> None:
    """Tell stewards and data protection officers who decided nothing about it that it waits for one of them."""
    decided = set(session().scalars(select(Decision.person_id).where(Decision.request_id == release.request_id)))
    free = [one for one in _staff(release, Role.STEWARD, Role.DPO) if one.id not in decided]
    for person in free:
        _send(person, "exception_to_check", release, f"/releases/{release.ref}/check")


def refused(release: Release, how: str) -> None:
    """Tell who asked and the data protection officers that it is too_close, or referred: waits for an officer."""
    for person in _staff(release, Role.DPO):
        _send(person, "exception_refused", release, f"/releases/{release.ref}/check", how=how)
    _send(release.request.requester, "exception_refused", release, f"/requests/{release.request.ref}", how=how)


def _staff(release: Release, *roles: Role) -> list[Person]:
    asking = release.request.organisation_id
    return list({one.id: one for role in roles for one in people.holders(role, asking)}.values())


def _send(person: Person, template: str, release: Release, path: str, **more: object) -> None:
    dataset = release.request.dataset
    title = {"label_en": dataset.title_en, "label_fr": dataset.title_fr}
    values = {"name": person.name, "number": release.request.number, "dataset": title, "path": path}
    write(person.email, person.language, template, **values, **more)
