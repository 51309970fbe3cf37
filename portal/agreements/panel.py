"""What an organisation's page says of its agreements, and a start page of those that wait for its reader."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, exists

from portal import i18n, policy
from portal.actor import Actor
from portal.agreements import outlook, queries, queries_signing
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Signature
from portal.db import session
from portal.permissions import Permission
from portal.ports import Section

MOST = 50


def of_organisation(actor: Actor, organisation_id: int) -> Section | None:
    """Return the organisation's agreements that the actor may see, those that run longest first.

    None for whose roles show no agreement at all: "nothing" would not be true.
    """
    if not policy.holds(actor, Permission.AGREEMENT_READ):
        return None
    query = policy.visible(actor, Permission.AGREEMENT_READ, Agreement)
    found = session().scalars(
        query.where(Agreement.organisation_id == organisation_id).order_by(Agreement.ends_on.desc()).limit(MOST)
    )
    lines = [
        (f"{one.number} · {i18n.label(one, 'title')}", url_for("agreements.agreement", ref=one.ref), _note(one))
        for one in found
    ]
    return Section(_("Agreements"), lines)


def _note(one: Agreement) -> str:
    left = queries.days_left(one)
    if left:
        return str(ngettext("%(num)d day left", "%(num)d days left", left))
    return outlook.turn(one, queries_signing.standing(one)) or str(_("does not run today"))


def waiting(actor: Actor) -> list[Section]:
    """Return the agreements whose next step is the actor's to take; nothing where there are none."""
    lines = list(_lines(actor))
    return [Section(_("Agreements that wait for you"), lines)] if lines else []


def _lines(actor: Actor) -> Iterator[tuple[str, str, str]]:
    steps = (
        (Permission.AGREEMENT_ANSWER, "draft", "partner", _("your answer to the text")),
        (Permission.AGREEMENT_OFFICER, "signing", "dpo", _("your record of the legal basis")),
        (Permission.AGREEMENT_SIGN, "signing", "names", _("your signature")),
    )
    for permission, status, stage, note in steps:
        query = policy.visible(actor, permission, Agreement).where(
            Agreement.status == status, Agreement.stage == stage, ~_signed_by(actor)
        )
        for one in session().scalars(query.order_by(Agreement.id).limit(MOST)):
            yield f"{one.number} · {i18n.label(one, 'title')}", url_for("agreements.agreement", ref=one.ref), note


def _signed_by(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        Signature.agreement_id == Agreement.id,
        Signature.sha256 == Agreement.text_sha256,
        Signature.voided_at.is_(None),
        Signature.person_id == actor.id,
    )
