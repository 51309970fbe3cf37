"""The pages of reports: figures for staff, and a register for everybody if a person switches it on."""

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import clock
from portal.actor import Actor
from portal.agreements import words as agreement_words
from portal.catalogue import worktime
from portal.permissions import Permission
from portal.reports import actions, figures, queries, tables, words
from portal.reports.models import SHOWN
from portal.reports.schemas import SwitchForm
from portal.requests import words as request_words
from portal.web import forms, guard, lists, pages

bp = Blueprint("reports", __name__)
MOST_REFUSED = 10


def offer() -> None:
    """Put the reports into the navigation."""
    pages.add_navigation("reports.overview", lazy_gettext("Reports"), Permission.REPORT_READ)


@bp.get("/reports")
@guard.needs(Permission.REPORT_READ, event="report.viewed")
def overview() -> ResponseReturnValue:
    """Show how requests fared in a year, or hand one of the tables out as CSV."""
    actor = guard.actor()
    years = queries.years(actor)
    year = _year(years)
    turns, courses, left = queries.turns(actor, year), queries.courses(actor, year), queries.sent(actor, year)
    regions = figures.by_region(turns, worktime.between, clock.now())
    if lists.wants_csv():
        heads, rows = tables.of(request.args.get("table", ""), regions, courses, left)
        return lists.as_csv(f"report-{year or 'all'}", heads, rows)
    share, judged = figures.prompt(regions)
    found = queries.register()
    return render_template(
        "reports/overview.html",
        year=year,
        years=years,
        regions=regions,
        stages=figures.stages(courses),
        outcomes=figures.outcomes(courses),
        refused=_refused(actor, year),
        left=left,
        sent=len(courses),
        ready=sum(1 for one in courses if one.file_ready),
        prompt=share,
        judged=judged,
        tables=queries.tables_made(year),
        publicity=found,
        is_public=found is not None and found.status == SHOWN,
        csv_of=lambda table: f"{url_for('reports.overview', year=year, table=table)}&as=csv",
        words=words,
        agreement_words=agreement_words,
        request_words=request_words,
        PROMPT=figures.PROMPT,
    )


@bp.post("/reports/register")
@guard.needs(Permission.REGISTER_SWITCH)
def switch() -> ResponseReturnValue:
    """Show the public register to everybody, or hide it again."""
    wanted = forms.read(SwitchForm())
    actions.switch_register(guard.actor(), on=wanted.on, lock=wanted.lock)
    flash(_("Everybody may read the register now.") if wanted.on else _("The register is hidden again."), "success")
    return redirect(url_for("reports.overview"), 303)


@bp.get("/register")
@guard.anyone()
def register() -> ResponseReturnValue:
    """Show the approved uses and the service's figures by quarter, if somebody has switched that on."""
    if not queries.is_public():
        abort(404)
    uses, courses = queries.uses(), queries.public_courses()
    if lists.wants_csv():
        return lists.as_csv("register", *tables.of_uses(uses))
    listing = lists.listing(uses, {"organisation": lambda one: one.organisation.casefold(), "since": _since})
    quarters = figures.quarters(courses)
    return render_template(
        "reports/register.html",
        listing=listing,
        quarters=quarters,
        most=max((sent for _name, sent, _ready, _spell in quarters), default=1),
        words=words,
        agreement_words=agreement_words,
    )


def _year(years: list[int]) -> int:
    """Return the year that the address asks for: this year's by default, 0 for all of them."""
    this = clock.today().year
    wanted = lists.number("year", this)
    return wanted if wanted in {0, *years} else this


def _refused(actor: Actor, year: int) -> list[tuple[str, str, int]]:
    lines = [
        (kind, value, number)
        for kind, counted in queries.refusals(actor, year).items()
        for value, number in counted.items()
    ]
    return sorted(lines, key=lambda line: (-line[2], line[0], line[1]))[:MOST_REFUSED]


def _since(use: queries.Use) -> dt.date:
    return use.since
