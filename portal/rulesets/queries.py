"""Reads of rule sets. Where nobody has changed one, the rule set that came with the portal is in force."""

import json
from collections.abc import Sequence

from sqlalchemy import func, select

from portal import policy
from portal.actor import Actor
from portal.db import session
from portal.disclosure import ruleset
from portal.disclosure.ruleset import RuleSet
from portal.permissions import Permission
from portal.rulesets.models import RuleSetVersion

FIRST = 1


def current(tier: str) -> RuleSet:
    """Return the rule set in force for a tier."""
    row = in_force(tier)
    return ruleset.default(tier) if row is None else read(row)


def read(version: RuleSetVersion) -> RuleSet:
    """Return a version's rule set, checked again as it is read."""
    return RuleSet.from_json(json.dumps(version.content)).validate()


def in_force(tier: str) -> RuleSetVersion | None:
    """Return the row of the version in force, or None where it is the one that came with the portal."""
    return session().scalar(
        select(RuleSetVersion).where(RuleSetVersion.tier == tier, RuleSetVersion.status == "in_force")
    )


def number(tier: str) -> int:
    """Return the number of the version in force."""
    row = in_force(tier)
    return FIRST if row is None else row.number


def last_number(tier: str) -> int:
    """Return the highest number that was ever given."""
    return session().scalar(select(func.max(RuleSetVersion.number)).where(RuleSetVersion.tier == tier)) or FIRST


def proposal(tier: str) -> RuleSetVersion | None:
    """Return the version that waits for its second signature."""
    return session().scalar(
        select(RuleSetVersion).where(RuleSetVersion.tier == tier, RuleSetVersion.status == "proposed")
    )


def versions(actor: Actor, tier: str) -> Sequence[RuleSetVersion]:
    """Return a tier's versions, newest first."""
    query = policy.visible(actor, Permission.RULES_READ, RuleSetVersion).where(RuleSetVersion.tier == tier)
    return list(session().scalars(query.order_by(RuleSetVersion.number.desc())))


def version(actor: Actor, ref: str) -> RuleSetVersion:
    """Return one version, or raise NotFound."""
    return policy.load(actor, Permission.RULES_READ, RuleSetVersion, RuleSetVersion.ref == ref)


def before(changed: RuleSetVersion) -> RuleSet:
    """Return the rule set that a version was made from: the last one in force before it."""
    query = select(RuleSetVersion).where(
        RuleSetVersion.tier == changed.tier,
        RuleSetVersion.number < changed.number,
        RuleSetVersion.status.in_(("in_force", "replaced")),
    )
    row = session().scalar(query.order_by(RuleSetVersion.number.desc()).limit(1))
    return ruleset.default(changed.tier) if row is None else read(row)
