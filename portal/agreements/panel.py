"""What an organisation's page says of its agreements."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import i18n, policy
from portal.actor import Actor
from portal.agreements import queries
from portal.agreements.models import Agreement
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
    return str(ngettext("%(num)d day left", "%(num)d days left", left) if left else _("does not run today"))
