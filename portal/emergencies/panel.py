"""What the inbox says of emergencies: answers that are waited for, and reviews that are owed."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext as _

from portal import clock, policy
from portal.actor import Actor, Role
from portal.emergencies import queries, words
from portal.emergencies.models import Emergency
from portal.permissions import Permission
from portal.ports import Section


def waiting(actor: Actor) -> list[Section]:
    """Return the sections for whoever reads their inbox; an empty one is left out."""
    if not policy.holds(actor, Permission.EMERGENCY_READ):
        return []
    return list(_sections(actor))


def _sections(actor: Actor) -> Iterator[Section]:
    mine = queries.waiting(actor)
    if mine:
        yield Section(_("Emergencies that wait for your answer"), [_line(one, _until(one)) for one in mine])
    owed = queries.to_review(actor) if actor.has(Role.DPO, Role.HEAD) else []
    if owed:
        theirs = _("Emergencies to be reviewed by the data protection officer")
        title = _("Emergencies to be reviewed") if policy.holds(actor, Permission.EMERGENCY_REVIEW) else theirs
        yield Section(title, [_line(one, words.review(one)) for one in owed])


def _line(one: Emergency, note: str) -> tuple[str, str, str]:
    return f"{one.number} · {one.organisation.name}", url_for("emergencies.show", ref=one.ref), note


def _until(one: Emergency) -> str:
    hours = max(0, int((one.lapses_at - clock.now()).total_seconds() // 3600))
    return str(_("lapses in %(hours)s hours without every answer", hours=hours))
