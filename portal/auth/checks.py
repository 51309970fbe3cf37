"""What is asked before a role is given, ended or offered; each refusal names the field and says what to do."""

from collections.abc import Iterable

from portal.actor import Actor, Role
from portal.auth import giving, queries_people
from portal.auth.models import Organisation, Person
from portal.auth.words import CLASH
from portal.errors import Invalid


def refused(field: str, why: str) -> Invalid:
    """Return the refusal of a field, in the words of a code of :data:`portal.auth.words.CLASH`."""
    return Invalid({field: [str(CLASH[why])]})


def may_give(actor: Actor, house: Organisation, role: Role, field: str) -> None:
    """Refuse with Invalid a role that the actor may not give to people of this organisation."""
    if role not in queries_people.givable(actor, house):
        raise refused(field, giving.clash(house.kind, (), role) or "not_yours")


def fits_together(house: Organisation, held: Iterable[Role], wanted: Role, field: str) -> None:
    """Refuse with Invalid a role that does not go with those held."""
    if why := giving.clash(house.kind, held, wanted):
        raise refused(field, why)


def region_of(role: Role, regions: Iterable[str], field: str) -> None:
    """Refuse with Invalid a regional manager without a region, anybody else with one, and a region nobody knows."""
    given = set(regions)
    if role is Role.REGIONAL_MANAGER and (not given or given - {code for code, _label in queries_people.regions()}):
        raise refused(field, "region")
    if role is not Role.REGIONAL_MANAGER and given:
        raise refused(field, "no_region")


def somebody_stays(person: Person, roles: Iterable[Role], field: str = "role") -> None:
    """Refuse with Invalid what would leave the house without an administrator or a data protection officer."""
    for role in roles:
        if role in giving.KEPT and not queries_people.others_hold(role, person):
            raise refused(field, "last")
