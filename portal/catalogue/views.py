"""The catalogue's pages: what there is, what its variables are, and how a round comes in."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import ports
from portal.catalogue import actions, codebook, queries, queries_commissions, queries_owners, sent, words
from portal.catalogue.findings import told
from portal.catalogue.models import Variable, Version
from portal.catalogue.schemas import LockForm, RolesForm, UploadForm
from portal.db import transaction
from portal.errors import Invalid, StorageFull
from portal.jobs import bell
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")
DICTIONARY = ("name", "label_en", "label_fr", "section", "type", "universe", "role", "sensitivity")


def offer() -> None:
    """Put the catalogue into the navigation."""
    pages.add_navigation("catalogue.shelf", lazy_gettext("Catalogue"), Permission.CATALOGUE_READ, start=True)


@bp.get("/")
@guard.needs(Permission.CATALOGUE_READ, event="dataset.searched")
def shelf() -> ResponseReturnValue:
    """List the datasets, those whose words match first asked."""
    wanted = request.args.get("q", "")[:200]
    actor = guard.actor()
    sections = ports.house.waiting(actor) if pages.is_start() else []
    return render_template("catalogue/shelf.html", shelves=queries.shelves(actor, wanted), q=wanted, sections=sections)


@bp.get("/<ref>")
@guard.needs(Permission.CATALOGUE_READ, event="dataset.metadata.viewed")
def dataset(ref: str) -> ResponseReturnValue:
    """Show one dataset with its dictionary of variables."""
    actor = guard.actor()
    found = queries.dataset(actor, ref)
    version = queries.newest(found.id)
    wanted, level = request.args.get("q", "")[:200], request.args.get("sensitivity", "")
    variables = queries.dictionary(actor, version.id, wanted, level) if version else []
    if lists.wants_csv():
        return lists.as_csv(f"dictionary-{found.code}", DICTIONARY, map(_line, variables))
    return render_template(
        "catalogue/dataset.html",
        listing=lists.listing(variables, {}),
        dataset=found,
        version=version,
        versions=queries.versions(actor, found.id),
        sections=_by_section(variables),
        co_owners=queries_owners.marks(found.id, [(one.name, one.section) for one in variables]),
        section_name=words.section,
        total=len(variables),
        citations=ports.house.citations(found.id),
        q=wanted,
        sensitivity=level,
    )


def _line(variable: Variable) -> tuple[object, ...]:
    return tuple(getattr(variable, name) for name in DICTIONARY)


def _by_section(variables: Any) -> dict[str, list[Any]]:  # noqa: ANN401 -- rows or menu entries
    sections: dict[str, list[Any]] = {}
    for variable in variables:
        sections.setdefault(variable.section, []).append(variable)
    return sections


@bp.get("/upload")
@guard.needs(Permission.DATASET_UPLOAD, event="dataset.metadata.viewed")
def upload_form() -> ResponseReturnValue:
    """Show the form that takes a round in."""
    return _upload_page({}, {"dataset": request.args.get("dataset", "")})


def _upload_page(errors: dict[str, list[str]], values: dict[str, str]) -> str:
    options = [(one.ref, one.code, one) for one in queries.uploadable(guard.actor())]
    return render_template("catalogue/upload.html", datasets=options, errors=errors, values=values)


@bp.post("/upload")
@guard.needs(Permission.DATASET_UPLOAD, alone=True, uploads=True)
def upload() -> ResponseReturnValue:
    """Take a round in: sealed as it arrives, read by a worker afterwards."""
    try:
        text = forms.read(UploadForm())
        ref = actions.receive(guard.actor(), text.dataset, sent.upload(text.source_note_en, text.source_note_fr))
    except Invalid as wrong:
        told = {name: [words.fault(one) for one in reasons] for name, reasons in wrong.fields.items()}
        return _again(told | sent.lacking()), 400
    except StorageFull:
        return _again(
            {"file": [_("There is no room left to store it. Nothing partial was kept; try again later.")]}
        ), 507
    return redirect(url_for("catalogue.version", ref=ref), 303)


def _again(errors: dict[str, list[str]]) -> str:
    with transaction():
        return _upload_page(errors, request.form.to_dict())


@bp.get("/versions/<ref>")
@guard.needs(Permission.VERSION_READ, event="dataset.version.viewed")
def version(ref: str) -> ResponseReturnValue:
    """Show one version: its progress, its validation report, its roles."""
    actor = guard.actor()
    found = queries.version(actor, ref)
    return render_template(
        "catalogue/version.html",
        version=found,
        findings=told(found.report),
        commission=queries_commissions.behind(found),
        stages=stages_of(found.ref),
        may_prepare=queries.may_prepare(actor, found),
        may_publish=queries.may_publish(actor, found),
        unconfirmed=sum(not one.role for one in found.variables),
    )


def stages_of(ref: str) -> Any:  # noqa: ANN401 -- what the page's macro takes
    """Return the stages of reading a version's file."""
    return stage_items(bell.progress(actions.READ, ref), STAGES)


STAGES = {
    "open": lambda: _("Open the sealed file"),
    "check": lambda: _("Read and check every column"),
    "seal": lambda: _("Seal the rows"),
    "publish": lambda: _("Write the report"),
    "read": lambda: _("Open the sealed rows"),
    "protect": lambda: _("Coarsen and protect"),
    "attack": lambda: _("Attack the finished bytes"),
    "select": lambda: _("Select the approved rows and variables"),
    "judge": lambda: _("Judge it beside what left before"),
    "package": lambda: _("Write the package"),
}


def stage_items(progress: tuple[str, str, tuple[str, ...]] | None, said: Any) -> list[dict[str, str]]:  # noqa: ANN401
    """Return a job's stages for the page: done, current, to do, or failed."""
    if progress is None:
        return []
    status, current, names = progress
    place = names.index(current) if current in names else -1
    items = []
    for number, name in enumerate(names):
        state = "todo" if number > place else "done"
        if number == place:
            state = "failed" if status == "dead" else "current"
        items.append({"label": said[name](), "state": "done" if status == "done" else state})
    return items


@bp.get("/versions/<ref>/progress")
@guard.needs(Permission.VERSION_READ, event="dataset.version.viewed")
def version_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a version being read."""
    return watched("catalogue/_progress.html", queries.version(guard.actor(), ref))


def watched(template: str, version: Version) -> ResponseReturnValue:
    """Return how far a version's file has been read; once it has, the whole page is to be fetched anew."""
    html = render_template(template, version=version, stages=stages_of(version.ref))
    return html, 200, {} if version.status == "received" else {"HX-Refresh": "true"}


@bp.get("/versions/<ref>/roles")
@guard.needs(Permission.VERSION_PREPARE, event="dataset.version.viewed")
def roles_form(ref: str) -> ResponseReturnValue:
    """Show every variable with the role it is proposed to have."""
    found = queries.version(guard.actor(), ref)
    remembered = queries.remembered_roles(found.dataset_id)
    return render_template(
        "catalogue/roles.html",
        version=found,
        sections=_by_section(found.variables),
        section_name=words.section,
        roles=codebook.ROLES,
        remembered=remembered,
    )


@bp.post("/versions/<ref>/roles")
@guard.needs(Permission.VERSION_PREPARE)
def roles(ref: str) -> ResponseReturnValue:
    """Settle the roles as the form has them."""
    form = forms.read(RolesForm())
    actions.confirm_roles(guard.actor(), ref, form.lock, form.role)
    return redirect(url_for("catalogue.version", ref=ref), 303)


@bp.post("/versions/<ref>/publish")
@guard.needs(Permission.VERSION_PUBLISH)
def publish(ref: str) -> ResponseReturnValue:
    """Publish the version and start its protected files."""
    actions.publish(guard.actor(), ref, forms.read(LockForm()).lock)
    return redirect(url_for("catalogue.version", ref=ref), 303)
