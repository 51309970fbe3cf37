"""What the inbox says of rounds that were read and are not published: roles to confirm, or a version to publish."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import exists

from portal import i18n, policy
from portal.actor import Actor
from portal.catalogue.models import Variable, Version
from portal.db import session
from portal.permissions import Permission
from portal.ports import Section

MOST = 50


def waiting(actor: Actor) -> list[Section]:
    """Return the rounds whose next step is the actor's to take; nothing where there are none."""
    confirmed = exists().where(Variable.version_id == Version.id, Variable.role != "")
    steps = (
        (Permission.VERSION_PREPARE, ~confirmed, _("confirm what each variable is")),
        (Permission.VERSION_PUBLISH, confirmed, _("publish it")),
    )
    lines = []
    for permission, where, note in steps:
        query = policy.visible(actor, permission, Version).where(where).order_by(Version.id).limit(MOST)
        for one in session().scalars(query):
            name = _("Version %(number)s", number=one.number)
            line = f"{i18n.label(one.dataset, 'title')} · {name}"
            lines.append((line, url_for("catalogue.version", ref=one.ref), note))
    return [Section(_("Rounds that wait for you"), lines)] if lines else []
