"""Changing a rule set: one person proposes, somebody of the other office confirms, and only then it is in force."""

import json

from flask_babel import gettext as _

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import move, require_seen, session
from portal.disclosure import ruleset
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import TIERS, RuleSet
from portal.errors import Invalid, NotAllowed, NotFound, Stale
from portal.permissions import Permission
from portal.rulesets import queries, words
from portal.rulesets.change import changed, changes, stranded
from portal.rulesets.models import RuleSetVersion
from portal.rulesets.rules import OFFICES
from portal.rulesets.schemas import Proposal

FORM_FIELDS = ("k", "mean_risk", "mean_enforced", "alpha", "margin", "min_no", "min_enumerators", "gap", "change")


def propose(actor: Actor, tier: str, proposal: Proposal) -> RuleSetVersion:
    """Propose another version of a tier's rule set.

    Raises NotFound, NotAllowed, Stale (the version in force is another by now, or one waits already), or Invalid.
    """
    if tier not in TIERS:
        raise NotFound("rule set: no such tier")
    office = next((name for role, name in OFFICES.items() if actor.has(role)), None)
    if office is None or not policy.holds(actor, Permission.RULES_PROPOSE):
        raise NotAllowed(f"{Permission.RULES_PROPOSE}: your role does not include this")
    if proposal.number != queries.number(tier) or queries.proposal(tier) is not None:
        raise Stale("rule set: changed since the form was opened")
    number = queries.last_number(tier) + 1
    made = _made(tier, proposal, str(number))
    content = json.loads(made.to_json())
    row = RuleSetVersion(
        tier=tier, number=number, content=content, reason=proposal.reason, proposed_by=actor.id, proposed_as=office
    )
    session().add(row)
    session().flush()
    record(actor, "rules.proposed", target=("rules", row.ref, number), private={actor.ref: proposal.reason})
    return row


def _made(tier: str, proposal: Proposal, version: str) -> RuleSet:
    was = queries.current(tier)
    try:
        made = changed(ruleset.default(tier), proposal.wanted, version)
    except BadInput as error:
        path, _sign, fact = str(error).partition(": ")
        named = path.removeprefix("treatments.") + ": " if path.startswith("treatments.") else ""
        raise Invalid({_field(path): [named + words.fact(fact)]}) from None
    if not list(changes(was, made)):
        raise Invalid({"reason": [_("Nothing is changed yet.")]})
    for other in TIERS:
        coarser = queries.current(other)
        lost = stranded(made, coarser) if coarser.derived_from == tier else []
        if lost:
            names = ", ".join(lost)
            raise Invalid({"released": [_("The tier %(tier)s starts from these: %(names)s.", tier=other, names=names)]})
    return made


def _field(path: str) -> str:
    """Return the form's field that an engine's complaint speaks of."""
    name = path.removeprefix("limits.").removeprefix("aims.")
    if name in FORM_FIELDS:
        return name
    return "released" if path.startswith("treatments") else "k"


def confirm(actor: Actor, ref: str, *, lock: int) -> RuleSetVersion:
    """Put a proposed version in force; the one before is kept as replaced. Raises NotFound, NotAllowed or Stale."""
    row = _settled(actor, ref, Permission.RULES_CONFIRM, lock)
    last = queries.in_force(row.tier)
    if last is not None:
        move(last, status="replaced")
    move(row, status="in_force", settled_by=actor.id, settled_at=clock.now())
    record(actor, "rules.confirmed", target=("rules", row.ref, row.number), change={"status": ("proposed", "in_force")})
    return row


def drop(actor: Actor, ref: str, *, lock: int) -> RuleSetVersion:
    """Drop a proposed version: the proposer's second thought, or the other office's no."""
    row = _settled(actor, ref, Permission.RULES_DROP, lock)
    move(row, status="dropped", settled_by=actor.id, settled_at=clock.now())
    record(actor, "rules.dropped", target=("rules", row.ref, row.number), change={"status": ("proposed", "dropped")})
    return row


def _settled(actor: Actor, ref: str, permission: Permission, lock: int) -> RuleSetVersion:
    row = queries.version(actor, ref)
    policy.require(actor, permission, row)
    require_seen(row, lock)
    return row
