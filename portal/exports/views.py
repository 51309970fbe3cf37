"""Pages about protected files, and the one door through which a release leaves."""

import datetime as dt
import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import clock, i18n, policy
from portal.actor import Actor
from portal.catalogue.schemas import LockForm
from portal.catalogue.views import STAGES, stage_items
from portal.errors import Invalid
from portal.exports import actions, actions_held, assessment, plain, protecting, queries, words
from portal.exports.filename import attachment
from portal.exports.models import ProtectedFile, Release
from portal.exports.rules import NEAR
from portal.exports.schemas import VerdictForm
from portal.jobs import bell
from portal.permissions import Permission
from portal.web import forms, guard, lists, pages

bp = Blueprint("exports", __name__)
ORDER = {"proposed": 0, "held": 1, "building": 2, "queued": 3, "signed": 4}  # what waits for somebody comes first
NEVER = dt.date.max
HELD_COLUMNS = ("name", "kind", "reason", "since")
bp.add_app_template_filter(words.asked_of)


def offer() -> None:
    """Put the protected files into the navigation."""
    pages.add_navigation("exports.protected_files", lazy_gettext("Protected files"), Permission.PROTECTED_READ)
    pages.add_navigation("exports.held", lazy_gettext("Held files"), Permission.PROTECTED_READ)


@bp.get("/protected")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_files() -> ResponseReturnValue:
    """List the protected files, those waiting for a signature first."""
    version, status = request.args.get("version", ""), request.args.get("status", "")
    files = queries.protected_files(guard.actor(), version, status)
    files = sorted(files, key=lambda file: 0 if file.status == "signed" and _near(file) else ORDER[file.status])
    found = lists.listing(
        files,
        {
            "dataset": lambda file: (i18n.label(file.version.dataset, "title"), file.version.number),
            "tier": lambda file: words.tier(file.tier),
            "status": lambda file: ORDER.get(file.status, len(ORDER)),
            "rows": lambda file: file.rows,
            "built": lambda file: file.built_at or file.created_at,
            "review": lambda file: file.review_by or NEVER,
        },
    )
    if lists.wants_csv():
        heads = ("dataset", "version", "tier", "state", "rows", "built_utc", "sha256", "review_by")
        return lists.as_csv("protected-files", heads, map(_line, found.rows))
    return render_template("exports/protected_files.html", listing=found, status=status, version=version, words=words)


def _near(file: ProtectedFile) -> bool:
    return file.review_by is None or file.review_by <= clock.today() + NEAR


def _line(file: ProtectedFile) -> tuple[object, ...]:
    where = file.version.dataset.code, file.version.number, file.tier
    built = file.built_at.isoformat() if file.built_at else ""
    return *where, file.status, file.rows, built, file.sha256, file.review_by or ""


@bp.get("/held")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def held() -> ResponseReturnValue:
    """List what is held, why, and what can be done about it."""
    actor = guard.actor()
    rows = [_held(actor, release) for release in queries.held(actor, Release)]
    rows += [_held(actor, file) for file in queries.held(actor, ProtectedFile)]
    found = lists.listing(sorted(rows, key=itemgetter("since")), {name: itemgetter(name) for name in HELD_COLUMNS})
    if lists.wants_csv():
        return lists.as_csv("held", HELD_COLUMNS, ([one[name] for name in HELD_COLUMNS] for one in found.rows))
    return render_template("exports/held.html", listing=found)


def _held(actor: Actor, row: Release | ProtectedFile) -> dict[str, Any]:
    shown = {"row": row, "reason": words.held(row), "since": row.held_at or row.created_at}
    if isinstance(row, Release):
        return shown | {
            "kind": "release",
            "name": row.request.number,
            "url": url_for("requests.tracking", ref=row.request.ref),
            "again_url": url_for("releases.build_again", ref=row.ref),
            "may_again": policy.may(actor, Permission.RELEASE_REBUILD, row),
        }
    title, number = i18n.label(row.version.dataset, "title"), row.version.number
    return shown | {
        "kind": "file",
        "name": f"{title}, {_('version %(number)s', number=number)}, {words.tier(row.tier)}",
        "url": url_for("exports.protected_file", ref=row.ref),
        "again_url": url_for("exports.protect_again", ref=row.ref),
        "may_again": policy.may(actor, Permission.PROTECTED_REBUILD, row),
    }


@bp.post("/protected/<ref>/again")
@guard.needs(Permission.PROTECTED_REBUILD)
def protect_again(ref: str) -> ResponseReturnValue:
    """Put a held protected file back into the queue."""
    actions_held.protect_again(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Ordered again. The page shows how far it is."), "success")
    return redirect(url_for("exports.protected_file", ref=ref), 303)


@bp.get("/protected/<ref>")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_file(ref: str) -> ResponseReturnValue:
    """Show one protected file's report, its attacks and its signatures."""
    return _file_page(ref, {}, {})


def _file_page(ref: str, errors: Mapping[str, list[str]], typed: Mapping[str, str]) -> str:
    actor = guard.actor()
    file = queries.protected_file(actor, ref)
    chart, ways = queries.ways(file)
    review, signed = assessment.standing(file)
    return render_template(
        "exports/protected_file.html",
        file=file,
        chart=chart,
        ways=ways,
        words=words,
        stages=_stages(protecting.KIND, file.ref),
        may_again=policy.may(actor, Permission.PROTECTED_REBUILD, file),
        may_sign=queries.may_sign(actor, file) and actor.id not in {one.person_id for one in signed.values()},
        errors=errors,
        typed=typed,
        review=review,
        review_near=_near(file),
        plain=plain.sentences(file),
        holds=assessment.holds(file.review_by),
    )


def _stages(kind: str, ref: str) -> list[dict[str, str]]:
    return stage_items(bell.progress(kind, ref), STAGES)


@bp.get("/protected/<ref>/progress")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_progress(ref: str) -> ResponseReturnValue:
    """Answer the page that watches a protected file being built."""
    file = queries.protected_file(guard.actor(), ref)
    html = render_template("exports/_protected_progress.html", file=file, stages=_stages(protecting.KIND, file.ref))
    return html, 200, {} if file.status in {"queued", "building"} else {"HX-Refresh": "true"}


@bp.post("/protected/<ref>/sign")
@guard.needs(Permission.PROTECTED_SIGN)
def sign(ref: str) -> ResponseReturnValue:
    """Sign a protected file off or review it, or hold it; the form comes back if some of it cannot be taken."""
    try:
        form = forms.read(VerdictForm())
        actions.sign(guard.actor(), ref, verdict=form.verdict, reason=form.reason, seen_sha256=form.sha256)
    except Invalid as wrong:
        return _file_page(ref, wrong.fields, request.form.to_dict()), 400
    return redirect(url_for("exports.protected_file", ref=ref), 303)


@bp.get("/protected/<ref>/assessment")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def protected_assessment(ref: str) -> ResponseReturnValue:
    """Show what two offices sign below a protected file, with every signature, to read and to print."""
    file = queries.protected_file(guard.actor(), ref)
    return render_template(
        "exports/assessment.html",
        file=file,
        told=assessment.record(file),
        holds=assessment.holds(file.review_by),
        plain=plain.sentences(file),
        words=words,
    )


@bp.get("/protected/<ref>/assessment.json")
@guard.needs(Permission.PROTECTED_READ, event="file.viewed")
def assessment_file(ref: str) -> ResponseReturnValue:
    """Hand out the same record for machines."""
    file = queries.protected_file(guard.actor(), ref)
    name = f"assessment-{file.version.dataset.code}-v{file.version.number}-{file.tier}.json"
    body = json.dumps(assessment.record(file), indent=2, ensure_ascii=False) + "\n"
    return Response(body, mimetype="application/json", headers={"Content-Disposition": attachment(name)})


def tier_report(version_id: int, tier: str) -> list[str]:
    """Answer the deciders' pages: what protects the people in a signed-off file, and who signed; none, nothing."""
    file = queries.signed_file(version_id, tier)
    if file is None:
        return []
    rows = _(
        "The whole file has %(rows)s rows; this request is a selection of it.", rows=i18n.number(file.menu["rows"])
    )
    signed = assessment.signatures(file)
    names, day = ", ".join(one.person.name for one in signed), i18n.day(signed[-1].signed_at, "long")
    return [rows, *plain.sentences(file), _("Signed off by %(names)s on %(day)s.", names=names, day=day)]
