"""Rules: sentences with one SQL expression each. The SELECT that loads a row is the check.

A permission nobody registered, an actor without the role, a rule that yields NULL: each denies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from portal.actor import Actor, Role
from portal.db import Base, session
from portal.errors import NotAllowed, NotFound
from portal.permissions import Permission

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Rule:
    """A condition in words and in SQL: ``test(actor, Model)`` is an expression over the model's row."""

    text: str
    test: Callable[[Actor, Any], ColumnElement[bool]]

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(f"{self.text} and {other.text}", lambda a, m: and_(self.test(a, m), other.test(a, m)))

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(f"({self.text} or {other.text})", lambda a, m: or_(self.test(a, m), other.test(a, m)))


@dataclass(frozen=True)
class Entitlement:
    """Who may do a thing, and to which rows: one of ``roles`` and ``rule`` over ``model``."""

    model: type[Base]
    roles: frozenset[Role]
    rule: Rule


_registry: dict[Permission, Entitlement] = {}


def register(entitlements: Mapping[Permission, Entitlement]) -> None:
    """Take an area's rules; two areas ruling on one permission is a fault of the house."""
    for permission, entitlement in entitlements.items():
        if _registry.get(permission, entitlement) is not entitlement:
            raise ValueError(f"{permission}: ruled on twice")
        _registry[permission] = entitlement


def entitlements() -> Mapping[Permission, Entitlement]:
    """Return every rule, for the generated page of permissions and the tests."""
    return dict(_registry)


def holds(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's roles could ever allow this: the guard's first question, never its last."""
    entitlement = _registry.get(permission)
    return entitlement is not None and not actor.roles.isdisjoint(entitlement.roles)


def condition(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Return the rule as SQL, false for whoever lacks the role."""
    if not holds(actor, permission):
        return false()
    entitlement = _registry[permission]
    return func.coalesce(entitlement.rule.test(actor, entitlement.model), false())


def visible(actor: Actor, permission: Permission, model: type[Row]) -> Select[Row]:
    """Return the query of every row of ``model`` for which the actor has the permission."""
    entitlement = _registry.get(permission)
    if entitlement is not None and entitlement.model is not model:
        raise TypeError(f"{permission}: rules on {entitlement.model.__name__}, not {model.__name__}")
    return select(model).where(condition(actor, permission))


def load(actor: Actor, permission: Permission, model: type[Row], *where: ColumnElement[bool]) -> Row:
    """Load the one row the actor may do this to.

    Raises NotFound if there is none, or none for this actor: a stranger cannot tell the two apart.
    """
    row = session().scalar(visible(actor, permission, model).where(*where))
    if row is None:
        raise NotFound(f"{model.__name__.lower()}: no such one here")
    return row


def may(actor: Actor, permission: Permission, row: Base) -> bool:
    """Whether the actor has the permission on this row, asked of the database."""
    model = type(row)
    same = and_(*(column == getattr(row, str(column.key)) for column in model.__mapper__.primary_key))
    return (
        session().scalar(select(func.count()).select_from(visible(actor, permission, model).where(same).subquery()))
        == 1
    )


def require(actor: Actor, permission: Permission, row: Base) -> None:
    """Refuse with NotAllowed unless the actor has the permission on a row they may already see."""
    session().flush()
    if not may(actor, permission, row):
        raise NotAllowed(f"{permission}: not for you on this {type(row).__name__.lower()}")
