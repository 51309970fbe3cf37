"""Who may do what with people and sessions. Nobody disables themselves: the last key stays in the house."""

from sqlalchemy import ColumnElement, literal, true

from portal.actor import Actor, Role
from portal.auth.models import Person, SignIn
from portal.permissions import Permission
from portal.policy import Entitlement, Rule

ALL = frozenset(Role)
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


def _administers(actor: Actor, _model: type[SignIn]) -> ColumnElement[bool]:
    return literal(actor.has(Role.ADMINISTRATOR))


anyone = Rule("it is anybody", lambda _a, _m: true())
oneself = Rule("it is themselves", lambda a, m: m.id == a.id)
somebody_else = Rule("it is somebody else", lambda a, m: m.id != a.id)
own_session = Rule("the session is their own", lambda a, m: m.person_id == a.id)
runs_the_house = Rule("they administer people", _administers)

RULES: dict[Permission, Entitlement] = {
    Permission.PERSON_READ: Entitlement(Person, ADMINISTRATORS | {Role.DPO}, anyone),
    Permission.PERSON_DISABLE: Entitlement(Person, ADMINISTRATORS, somebody_else),
    Permission.SELF_READ: Entitlement(Person, ALL, oneself),
    Permission.SELF_WRITE: Entitlement(Person, ALL, oneself),
    Permission.SESSION_READ: Entitlement(SignIn, ALL, own_session),
    Permission.SESSION_END: Entitlement(SignIn, ALL, own_session | runs_the_house),
}
