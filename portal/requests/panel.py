"""What the pages of an organisation, and of an agreement's next version, say of requests."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from portal import i18n, policy
from portal.actor import Actor
from portal.agreements import words
from portal.agreements.models import Agreement
from portal.db import session
from portal.permissions import Permission
from portal.ports import Section
from portal.requests import queries_publications, renewals, words_publications
from portal.requests.models import Request

MOST = 50


def of_organisation(actor: Actor, organisation_id: int) -> Section | None:
    """Return the organisation's requests that were sent and have not ended, as far as the actor may see them.

    None for whose roles show no request at all: "nothing" would not be true.
    """
    if not policy.holds(actor, Permission.REQUEST_READ):
        return None
    query = policy.visible(actor, Permission.REQUEST_READ, Request).where(
        Request.organisation_id == organisation_id, Request.submitted_at.is_not(None), Request.status != "ended"
    )
    found = session().scalars(query.options(joinedload(Request.dataset)).order_by(Request.id.desc()).limit(MOST))
    lines = [
        (f"{one.number} · {i18n.label(one.dataset, 'title')}", url_for("requests.tracking", ref=one.ref), _note(one))
        for one in found
    ]
    return Section(_("Requests under way"), lines)


def publications_of(actor: Actor, organisation_id: int) -> Section | None:
    """Return what the organisation published with the data, as far as the actor may see it, and where all of it is.

    None for somebody who sees no publications at all.
    """
    if not policy.holds(actor, Permission.PUBLICATION_READ):
        return None
    every = queries_publications.publications(actor)
    theirs = [one for one in every if one.request.organisation_id == organisation_id][:MOST]
    lines = [
        (
            one.title or _("Publication without a title yet"),
            url_for("publications.publication", ref=one.ref),
            str(words_publications.status(one.status, one.review_days)),
        )
        for one in theirs
    ]
    more = [(_("Every publication, as a list and a file"), url_for("publications.shelf"), "")] if lines else []
    return Section(_("Publications"), [*lines, *more])


def under_renewal(actor: Actor, agreement_id: int) -> list[tuple[str, str, list[str]]]:
    """Return what runs under the versions before a draft: number, address, and in words what of it the draft lacks.

    As far as the actor may see it. What lacks nothing waits for its purpose to be confirmed, and goes on.
    """
    draft = session().get_one(Agreement, agreement_id)
    before = (Agreement.number == draft.number, Agreement.revision < draft.revision)
    runs = policy.visible(actor, Permission.REQUEST_READ, Request).join(Request.agreement)
    found = session().scalars(runs.where(*before, Request.status.in_(["active", "suspended"])).order_by(Request.id))
    return [
        (
            one.number,
            url_for("requests.tracking", ref=one.ref),
            [words.sentence(finding) for finding in renewals.shortfall(one, draft)],
        )
        for one in found.all()[:MOST]
    ]


def _note(one: Request) -> str:
    words: dict[str, str] = {
        "draft": _("Draft"),
        "in_review": _("In review"),
        "returned": _("Changes asked"),
        "offered": _("Offer to accept"),
        "active": _("Active"),
        "suspended": _("Suspended"),
    }
    return words.get(one.status, one.status)
