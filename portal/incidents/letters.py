"""Letters of freezes and incidents: that something happened and where to look, never what."""

from portal.actor import Role
from portal.mail import write
from portal.requests import people

OFFICES = (Role.DPO, Role.HEAD)


def to_officers(template: str, **values: object) -> None:
    """Write to every data protection officer and head."""
    for person in {one.id: one for role in OFFICES for one in people.holders(role, 0)}.values():
        write(person.email, person.language, template, name=person.name, **values)
