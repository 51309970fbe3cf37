"""What an agreement's page shows: where it stands, whose turn it is, and which forms this reader is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from portal import policy
from portal.actor import Actor
from portal.agreements import basis, compare, queries, queries_dpia, words_dpia, words_signing
from portal.agreements import queries_signing as reads
from portal.agreements.content import OWN, sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Signature
from portal.agreements.workflow import AGREEMENT
from portal.permissions import Permission

SHORT = 12
"""Digits of a hash that a page shows; nobody compares sixty-four by eye."""


@dataclass(frozen=True)
class May:
    """What this reader may do now: a step is here only if the state allows it, too."""

    write: bool
    share: bool
    recall: bool
    drop: bool
    reopen: bool
    answer: bool
    comment: bool
    record: bool
    adopt: bool
    sign: bool
    suspend: bool
    resume: bool
    terminate: bool
    notice: bool
    close: bool
    renew: bool
    attach: bool
    assess: bool


def may(actor: Actor, one: Agreement, signed: Sequence[Signature]) -> May:
    """Return what a reader may do with an agreement now."""

    def allowed(permission: Permission, verb: str) -> bool:
        return AGREEMENT.allows(one.state, verb) and policy.may(actor, permission, one)

    maker = policy.may(actor, Permission.AGREEMENT_WRITE, one)
    partner = policy.may(actor, Permission.AGREEMENT_ANSWER, one)
    stopper = policy.may(actor, Permission.AGREEMENT_STOP, one)
    papers = [paper for paper in reads.documents(one) if paper.purpose == "signed"]
    uninvolved = actor.id not in reads.writers(one) | {paper.person_id for paper in papers}
    return May(
        write=allowed(Permission.AGREEMENT_WRITE, "save"),
        share=allowed(Permission.AGREEMENT_WRITE, "share"),
        recall=allowed(Permission.AGREEMENT_WRITE, "recall"),
        drop=allowed(Permission.AGREEMENT_WRITE, "drop"),
        reopen=AGREEMENT.allows(one.state, "reopen") and (maker or partner),
        answer=allowed(Permission.AGREEMENT_ANSWER, "accept"),
        comment=one.status in {"draft", "signing"} and policy.may(actor, Permission.AGREEMENT_COMMENT, one),
        record=allowed(Permission.AGREEMENT_OFFICER, "record"),
        adopt=bool(papers) and uninvolved and allowed(Permission.AGREEMENT_OFFICER, "adopt"),
        sign=allowed(Permission.AGREEMENT_SIGN, "sign") and actor.id not in {row.person_id for row in signed},
        suspend=stopper and AGREEMENT.allows(one.state, "suspend"),
        resume=stopper and AGREEMENT.allows(one.state, "resume") and reads.suspended_by(one) != actor.id,
        terminate=stopper and AGREEMENT.allows(one.state, "terminate"),
        notice=(stopper or partner) and AGREEMENT.allows(one.state, "notice"),
        close=allowed(Permission.AGREEMENT_OFFICER, "close"),
        renew=maker and one.status in {"active", "suspended", "ended"} and one.ended_as != "dropped",
        attach=maker and one.status != "ended",
        assess=one.status != "ended" and policy.may(actor, Permission.AGREEMENT_OFFICER, one),
    )


def turn(one: Agreement, signed: Sequence[Signature]) -> str:
    """Say whose turn it is, "" where nobody's."""
    missing = {"mmc": one.mmc_signatory, "partner": one.partner_signatory}
    for row in signed:
        missing.pop(row.side, None)
    names = ", ".join(person.name for person in missing.values() if person)
    said = {
        "draft": _("With MMC: the text is being drafted."),
        "draft:partner": _("With %(organisation)s: they read the text.", organisation=one.organisation.name),
        "signing:dpo": _("The text is accepted and frozen. With the data protection officer."),
        "signing:names": _("Still to sign: %(names)s.", names=names),
        "signing:begin": _("Signed. It takes effect on its first day."),
        "suspended": _("Suspended: nothing is built or downloaded under it."),
    }
    return str(said.get(one.state, ""))


def page(actor: Actor, one: Agreement) -> dict[str, Any]:
    """Return what the page of an agreement takes beside its clauses."""
    signed = reads.standing(one)
    inside = reads.inside(actor, one)
    return {
        "may_do": may(actor, one, signed),
        "turn": turn(one, signed),
        "signed": {row.side: row for row in signed},
        "basis": reads.basis(one),
        "prefill": _prefill(one),
        "un_body": one.organisation.kind == basis.UN,
        "sha256": one.text_sha256 or sha256_of(one),
        "short": SHORT,
        "moves": reads.moves(one),
        "comments": reads.comments(one),
        "documents": reads.documents(one, inside=inside),
        "inside": inside,
        "dpia": queries_dpia.valid(one),
        "dpias": queries_dpia.on_file(one) if inside else (),
        "dpia_papers": queries_dpia.documents(one) if inside else (),
        "dpia_words": words_dpia,
        "versions": queries.renewals(actor, one),
        "texts": reads.texts(one),
        "earlier": reads.text_before(one) is not None,
    }


def _prefill(one: Agreement) -> dict[str, str]:
    """Return the last record of any version, for the officer to begin from."""
    last = reads.last_basis(one)
    names = ("legal_basis", "transfer", "transfer_reason", "roles")
    return {name: getattr(last, name) for name in names} if last else {}


def changed(was: Mapping[str, Any], now: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what differs between two contents: clauses with what they were and are, texts word by word."""
    rows = []
    for one in compare.changes(was, now):
        if one.name in OWN:
            continue
        name = words_signing.FIELD.get(one.name, one.name)
        row: dict[str, Any] = {"name": name, "pieces": (), "lang": "fr" if one.name == "title_fr" else "en"}
        if one.name in compare.TEXTS:
            row["pieces"] = compare.words(str(one.was or ""), str(one.now or ""))
        else:
            row |= {
                "was": words_signing.value(one.name, one.was, names),
                "now": words_signing.value(one.name, one.now, names),
            }
        rows.append(row)
    return rows
