"""Accepting an agreement's terms: each person once for each text, before they send or fetch anything under it."""

from portal import policy
from portal.actor import Actor
from portal.agreements import content, queries
from portal.agreements.models import Agreement
from portal.agreements.models_acceptance import Acceptance
from portal.audit.recorder import record
from portal.db import session
from portal.errors import Stale
from portal.permissions import Permission


def accept(actor: Actor, ref: str, *, sha256: str) -> Agreement:
    """Accept an agreement's terms as they stand. Sent twice it is one acceptance.

    Raises NotFound, NotAllowed, or Stale if the terms are not those that were shown.
    """
    agreement = queries.agreement(actor, ref)
    policy.require(actor, Permission.AGREEMENT_ACCEPT, agreement)
    if sha256 != content.sha256_of(agreement):
        raise Stale("agreement: its terms are not those you read")
    _keep(actor, agreement, sha256)
    return agreement


def accept_seen(actor: Actor, agreement: Agreement, sha256: str) -> None:
    """Accept the terms that were shown in another form; nothing if they are not those that hold now."""
    if sha256 == content.sha256_of(agreement) and policy.may(actor, Permission.AGREEMENT_ACCEPT, agreement):
        _keep(actor, agreement, sha256)


def _keep(actor: Actor, agreement: Agreement, sha256: str) -> None:
    if queries.has_accepted(agreement, actor.id):
        return
    session().add(Acceptance(agreement_id=agreement.id, person_id=actor.id, sha256=sha256))
    session().flush()
    target = ("agreement", agreement.ref, agreement.revision)
    record(actor, "agreement.terms.accepted", target=target, purpose={"mou": agreement.ref}, data={"sha256": sha256})
