"""From the accepted text to an agreement in force: the officer's record, two signatures, or a confirmed paper."""

from flask_babel import gettext as _

from portal import clock, ports
from portal.actor import Actor, system
from portal.agreements import basis, letters, queries, steps, workflow
from portal.agreements import queries_signing as reads
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Basis, Signature
from portal.agreements.schemas_signing import Recorded
from portal.auth.actions_factor import prove
from portal.db import session
from portal.errors import IllegalStep, Invalid, NotAllowed
from portal.letters.settling import settled
from portal.permissions import Permission

WORKFLOW = system("workflow")
SIDES = ("mmc", "partner")


def record_basis(actor: Actor, ref: str, wanted: Recorded, *, lock: int) -> Agreement:
    """Record what an agreement rests on, as data protection officer; the signatories are asked.

    Raises NotFound, NotAllowed, Stale (not the text that was seen), IllegalStep, or Invalid.
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    if steps.done(actor, agreement, "record", lock):
        return agreement
    step = steps.find(agreement, "record", lock)
    sha256 = steps.frozen(agreement, wanted.sha256)
    _complete(agreement, wanted)
    prove(actor, wanted.code)
    _keep(actor, agreement, wanted, sha256)
    steps.go(actor, agreement, step, reason=wanted.reason, change=_said(wanted))
    letters.to_sign(agreement)
    return agreement


def send_back(actor: Actor, ref: str, *, lock: int, reason: str) -> Agreement:
    """Return an agreement to its makers, as data protection officer; the hash is dropped.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (no reason).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    if steps.done(actor, agreement, "send_back", lock):
        return agreement
    step = steps.find(agreement, "send_back", lock)
    if not reason:
        raise Invalid({"reason": [_("Say why: the other side reads it.")]})
    steps.void(agreement)
    steps.go(actor, agreement, step, reason=reason, values={"text_sha256": ""})
    letters.returned(agreement)
    return agreement


def sign(actor: Actor, ref: str, *, sha256: str, code: str) -> Agreement:
    """Sign the frozen text for one's side; with the second signature it takes effect, if its first day is there.

    Bound to the hash that was seen, not to the page's lock: two who sign at once both do. A second click changes
    nothing. Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (the code).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_SIGN)
    if any(one.person_id == actor.id and one.sha256 == sha256 for one in reads.standing(agreement)):
        return agreement
    step = workflow.AGREEMENT.find(agreement.state, "sign")
    steps.frozen(agreement, sha256)
    prove(actor, code)
    side = "partner" if actor.id == agreement.partner_signatory_id else "mmc"
    session().add(Signature(agreement_id=agreement.id, side=side, person_id=actor.id, sha256=sha256))
    session().flush()
    steps.go(actor, agreement, step)
    settled(f"/agreements/{agreement.ref}", "agreement_to_sign", whom=[actor.id])
    if {one.side for one in reads.standing(agreement)} == set(SIDES):
        steps.go(WORKFLOW, agreement, workflow.AGREEMENT.find(agreement.state, "complete"))
        begin(WORKFLOW, agreement)
    return agreement


def adopt(actor: Actor, ref: str, wanted: Recorded, *, lock: int) -> Agreement:
    """Confirm, as data protection officer, a version that was signed on paper and entered by another person.

    Raises NotFound, NotAllowed (whoever wrote it or attached the paper does not confirm it), Stale, IllegalStep, or
    Invalid (no signed document, the code, what is missing of the record).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    if steps.done(actor, agreement, "adopt", lock):
        return agreement
    step = steps.find(agreement, "adopt", lock)
    uploaders = [one.person_id for one in reads.documents(agreement) if one.purpose == "signed"]
    if not uploaders:
        raise Invalid({"document": [_("Attach the signed document first.")]})
    if actor.id in {*uploaders, *reads.writers(agreement)}:
        raise NotAllowed("agreement: whoever wrote it or attached the paper does not confirm it")
    if agreement.ends_on < steps.today(agreement):
        raise Invalid({"ends_on": [_("Its last day has passed: edit the draft.")]})
    sha256 = sha256_of(agreement)
    if wanted.sha256 != sha256:
        raise Invalid({"_schema": [_("The text changed since you opened the page. Read it again.")]})
    _complete(agreement, wanted)
    prove(actor, wanted.code)
    steps.save_text(actor, agreement)
    _keep(actor, agreement, wanted, sha256)
    steps.go(actor, agreement, step, reason=wanted.reason, change=_said(wanted), values={"text_sha256": sha256})
    begin(WORKFLOW, agreement)
    return agreement


def begin(actor: Actor, agreement: Agreement) -> bool:
    """Let a signed agreement take effect if its first day is there; return whether it did. The portal's own step.

    The version before it ends at that moment, and what runs under that waits for its purpose to be confirmed. Raises
    IllegalStep if the clauses are no longer those that were signed.
    """
    terms = queries.terms_of(agreement)
    if not terms.opens <= clock.now() < terms.closes:
        return False
    if sha256_of(agreement) != agreement.text_sha256:
        raise IllegalStep("agreement: its clauses are not those that were signed")
    replaced = [earlier for earlier in queries.running(agreement.number) if earlier.id != agreement.id]
    for earlier in replaced:
        steps.go(actor, earlier, workflow.AGREEMENT.find(earlier.state, "supersede"))
    step = workflow.AGREEMENT.find(agreement.state, "begin")
    steps.go(actor, agreement, step, values={"activated_at": clock.now()})
    for earlier in replaced:
        ports.house.agreement_over(actor, earlier.id)
    letters.active(agreement)
    return True


def _complete(agreement: Agreement, wanted: Recorded) -> None:
    missing = [name for name in ("legal_basis", "transfer", "roles") if not getattr(wanted, name)]
    if missing:
        raise Invalid({name: [_("Please fill this in.")] for name in missing})
    if basis.needs_reason(wanted.transfer, agreement.organisation.kind) and not wanted.transfer_reason:
        raise Invalid({"transfer_reason": [_("Say why the data may travel this way.")]})


def _keep(actor: Actor, agreement: Agreement, wanted: Recorded, sha256: str) -> None:
    said = {name: getattr(wanted, name) for name in ("legal_basis", "transfer", "transfer_reason", "roles")}
    session().add(Basis(agreement_id=agreement.id, person_id=actor.id, sha256=sha256, **said))
    session().flush()


def _said(wanted: Recorded) -> dict[str, tuple[str, str]]:
    named = {"legal_basis": wanted.legal_basis, "transfer": wanted.transfer, "gdpr_roles": wanted.roles}
    return {name: ("", value) for name, value in named.items()}
