"""The five steps of the form. Each keeps the draft and works without JavaScript."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.agreements import content, terms, words_clauses
from portal.agreements import words as agreement_words
from portal.agreements.models import Agreement
from portal.catalogue import queries_owners
from portal.errors import Invalid, NotFound
from portal.permissions import Permission
from portal.requests import (
    actions_copy,
    actions_draft,
    actions_submit,
    drafts,
    guards,
    outlook,
    people,
    queries,
    queries_mail,
    repeats,
    views_papers,
    words,
    words_repeats,
    workflow,
)
from portal.requests.menu import Menu
from portal.requests.models import Request
from portal.requests.schemas import SeenForm
from portal.requests.schemas_steps import EmptyForm, SendForm, sent, step_form
from portal.web import forms, guard

bp = Blueprint("drafts", __name__, url_prefix="/requests")
LIVE = ("rows", "variables")
WHY = ("purpose", "purpose_text", "outputs", "onward", "matching", "matching_with", "repeats", "ends_on")
LATE = frozenset({"ends_on", "accepted"})


@bp.get("/<ref>/edit/<step>")
@guard.needs(Permission.REQUEST_FILL, event="request.viewed")
def edit(ref: str, step: str) -> ResponseReturnValue:
    """Show one step of the form as it was kept."""
    found = queries_mail.to_fill(guard.actor(), ref)
    workflow.REQUEST.find(found.state, "save")
    return _page(found, _known(step), drafts.read(found.draft), {})


@bp.post("/<ref>/edit/<step>")
@guard.needs(Permission.REQUEST_FILL)
def keep(ref: str, step: str) -> ResponseReturnValue:
    """Keep one step; go on only if nothing is missing in it."""
    actor = guard.actor()
    found = queries_mail.to_fill(actor, ref)
    menu = guards.menu_of(found)
    try:
        given = sent(step, forms.read(step_form(_typed(step), menu)), menu)
    except Invalid as wrong:
        return _page(found, step, _as_typed(found, step, menu), words.told(wrong.fields)), 400
    content = _preset(dict(given.content), given.go, menu)
    saved = actions_draft.save(actor, ref, step, content, lock=given.lock)
    if given.go == "next":
        draft = drafts.read(saved.draft)
        wrong_now = _theirs_to_mend(saved, outlook.problems(saved, draft, menu, step)[step])
        if wrong_now:
            return _page(saved, step, draft, words.problems(wrong_now)), 400
    return redirect(url_for("drafts.edit", ref=ref, step=_after(step, given.go)), 303)


@bp.get("/<ref>/edit/<step>/panel")
@guard.needs(Permission.REQUEST_FILL, event="request.previewed")
def panel(ref: str, step: str) -> ResponseReturnValue:
    """Answer a form that is being filled in: how many rows, and who would decide."""
    found = queries_mail.to_fill(guard.actor(), ref)
    menu = guards.menu_of(found)
    given = sent(step, forms.read_query(step_form(_live(step), menu)), menu)
    draft = outlook.with_step(found, step, dict(given.content))
    return render_template("requests/_panel.html", outlook=outlook.of(found, draft, menu), words=words)


@bp.post("/<ref>/submit")
@guard.needs(Permission.REQUEST_EDIT)
def submit(ref: str) -> ResponseReturnValue:
    """Send the draft."""
    form = forms.read(SendForm())
    try:
        made = actions_submit.submit(guard.actor(), ref, lock=form.lock, late=form.late)
    except Invalid as wrong:
        return _review_again(ref, wrong, form.late), 400
    flash(_("Your request %(number)s is on its way.", number=made.number), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


@bp.post("/<ref>/copy")
@guard.needs(Permission.REQUEST_COPY)
def copy(ref: str) -> ResponseReturnValue:
    """Ask again for what was asked before: the draft opens on its last page."""
    forms.read(EmptyForm())
    made = actions_copy.copy(guard.actor(), ref)
    return redirect(url_for("drafts.edit", ref=made.ref, step="review"), 303)


@bp.post("/<ref>/answer")
@guard.needs(Permission.REQUEST_EDIT)
def answer(ref: str) -> ResponseReturnValue:
    """Send a returned request again."""
    form = forms.read(SeenForm())
    try:
        actions_submit.answer(guard.actor(), ref, lock=form.lock, reply=form.reply)
    except Invalid as wrong:
        return _review_again(ref, wrong), 400
    flash(_("Your answer is on its way."), "success")
    return redirect(url_for("requests.tracking", ref=ref), 303)


def _known(step: str) -> str:
    if step not in drafts.STEPS:
        raise NotFound("step: no such one")
    return step


def _typed(step: str) -> str:
    if step not in drafts.STEPS or step == "review":
        raise NotFound("step: no such one")
    return step


def _live(step: str) -> str:
    if step not in LIVE:
        raise NotFound("step: no live part")
    return step


def _after(step: str, go: str) -> str:
    place = drafts.STEPS.index(step)
    return drafts.STEPS[{"next": place + 1, "back": max(0, place - 1)}.get(go, place)]


def _preset(content: dict[str, Any], go: str, menu: Menu) -> dict[str, Any]:
    ready = {
        "all": list(menu.by_name),
        "none": [],
        "green": [one.name for one in menu.variables if one.sensitivity < drafts.SENSITIVE],
    }
    return content | {"variables": ready[go]} if "variables" in content and go in ready else content


def _as_typed(found: Request, step: str, menu: Menu) -> drafts.Draft:
    """Return the draft with what the form said, good or bad, so that nothing typed is lost."""
    form = request.form
    lists = {
        name: form.getlist(name) for name in ("families", "variables", "extras", "team", "output_kinds") if name in form
    }
    typed: dict[str, Any] = {
        "rows": lists | {"filters": {name: form.getlist(name) for name in menu.filters if name in form}},
        "variables": lists | {"exception": "exception" in form, "exception_text": form.get("exception_text", "")},
        "why": {name: lists[name] for name in lists if name == "output_kinds"}
        | _plain(form, WHY)
        | {"reasons": {one.name: form.get(f"reason-{one.name}", "") for one in menu.variables}},
        "team": lists | {"accepted": "accepted" in form, "terms": form.get("terms", "")},
    }
    return outlook.with_step(found, step, typed[step])


def _plain(form: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: form.get(name, "") for name in names}


def _agreed(agreement: Agreement) -> dict[str, Any]:
    """Return what the agreement lets a draft choose, and which text of it is accepted with the draft."""
    return {
        "agreement": agreement,
        "enforcement": terms.ENFORCEMENT,
        "may_pass_on": terms.ONWARD.get(agreement.onward_sharing, frozenset()),
        "may_match": terms.MATCHING.get(agreement.matching, frozenset()),
        "terms_sha256": content.sha256_of(agreement),
    }


def _review_again(ref: str, wrong: Invalid, late: repeats.Late | None = None) -> str:
    found = queries.request(guard.actor(), ref, Permission.REQUEST_EDIT)
    content = late.onto(found.draft) if late else found.draft
    return _page(found, "review", drafts.read(content), words.told(wrong.fields))


def _page(found: Request, step: str, draft: drafts.Draft, errors: Mapping[str, list[str]]) -> str:
    menu = guards.menu_of(found)
    mine = found.requester_id == guard.actor().id
    seen = outlook.of(found, draft, menu, guard.actor() if step == "review" and mine else None)
    return render_template(
        f"requests/edit_{step}.html",
        request_row=found,
        mine=mine,
        step=step,
        step_number=drafts.STEPS.index(step) + 1,
        steps=[(words.STEP[name], url_for("drafts.edit", ref=found.ref, step=name)) for name in drafts.STEPS],
        draft=draft,
        menu=menu,
        outlook=seen,
        errors=dict(errors),
        sensitive=[menu.by_name[name] for name in drafts.sensitive(draft, menu)],
        colleagues=people.colleagues(found.organisation_id),
        missing=_missing(found, draft, menu),
        papers=views_papers.panel(guard.actor(), found) if step == "review" else None,
        changed=_changed(found, draft, menu),
        words=words,
        co_owners=queries_owners.marks(found.dataset_id, [(one.name, one.section) for one in menu.variables]),
        purpose_words=agreement_words.PURPOSE,
        finding_words=agreement_words.sentence,
        clause_words=words_clauses,
        **_agreed(found.agreement),
    )


def _missing(found: Request, draft: drafts.Draft, menu: Menu) -> dict[str, dict[str, list[str]]]:
    """Return what keeps the draft from being sent, step by step, but for what a repeated one's last page asks for."""
    wrong = outlook.problems(found, draft, menu)
    if found.copied_from_id is not None:
        wrong = {step: {name: code for name, code in held.items() if name not in LATE} for step, held in wrong.items()}
    left = {step: _theirs_to_mend(found, held) for step, held in wrong.items()}
    return {step: words.problems(held) for step, held in left.items() if held}


def _theirs_to_mend(found: Request, wrong: drafts.Problems) -> drafts.Problems:
    """Return the problems that who fills the form in can mend: the terms are accepted by whoever asks, nobody else."""
    mine = found.requester_id == guard.actor().id
    return {name: code for name, code in wrong.items() if mine or name != "accepted"}


def _changed(found: Request, draft: drafts.Draft, menu: Menu) -> list[tuple[str, str, str]] | None:
    """Return what differs from the request this one repeats, in words; None if it repeats none."""
    if found.copied_from is None:
        return None
    names = {person.ref: person.name for person in people.colleagues(found.organisation_id)}
    return [
        words_repeats.changed(one, menu, names) for one in repeats.changes(drafts.read(found.copied_from.draft), draft)
    ]
