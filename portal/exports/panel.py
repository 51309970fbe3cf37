"""What a start page says of protected files: those that lack the signature of the reader's office."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import exists

from portal import i18n, policy
from portal.actor import Actor
from portal.db import session
from portal.exports import words
from portal.exports.models import ProtectedFile, SignOff
from portal.permissions import Permission
from portal.ports import Section

MOST = 50


def waiting(actor: Actor) -> list[Section]:
    """Return the protected files that wait for the actor's signature; nothing where there are none."""
    signed = exists().where(SignOff.protected_file_id == ProtectedFile.id, SignOff.role.in_(sorted(actor.roles)))
    query = policy.visible(actor, Permission.PROTECTED_SIGN, ProtectedFile).where(
        ProtectedFile.status == "proposed", ~signed
    )
    lines = [
        (
            f"{i18n.label(one.version.dataset, 'title')} · {words.tier(one.tier)}",
            url_for("exports.protected_file", ref=one.ref),
            _("Version %(number)s", number=one.version.number),
        )
        for one in session().scalars(query.order_by(ProtectedFile.id).limit(MOST))
    ]
    return [Section(_("Protected files that wait for your signature"), lines)] if lines else []
