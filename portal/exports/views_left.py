"""The page of what left in a year, and to whom: for managers of their own regions, for those who oversee of all."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal import clock
from portal.agreements import words as agreement_words
from portal.exports import queries_left
from portal.exports.queries_left import Left
from portal.permissions import Permission
from portal.requests import words
from portal.web import guard, lists

bp = Blueprint("left", __name__)


@bp.get("/left")
@guard.needs(Permission.RELEASE_REVIEW, event="release.listed")
def shared() -> ResponseReturnValue:
    """Show what left in a year: releases, rows in tens, purposes and downloads by partner and region."""
    actor = guard.actor()
    years = queries_left.years(actor)
    this = clock.today(actor.time_zone).year
    asked = lists.number("year", this)
    year = asked if asked in years else this
    listing = lists.listing(
        queries_left.left(actor, year),
        {
            "organisation": lambda one: one.organisation.casefold(),
            "region": lambda one: agreement_words.region(one.region),
            "releases": lambda one: one.releases,
            "rows": lambda one: one.rounded,
            "downloads": lambda one: one.downloads,
        },
    )
    if lists.wants_csv():
        heads = ("year", "organisation", "region", "releases", "rows_rounded", "purposes", "downloads")
        return lists.as_csv("left", heads, (_line(year, one) for one in listing.rows))
    return render_template(
        "exports/left.html",
        listing=listing,
        year=year,
        years=years,
        year_choices=[(str(one), str(one)) for one in years],
        most=max((one.rounded for one in listing.rows), default=0),
        words=words,
        purpose_words=agreement_words.PURPOSE,
        region_name=agreement_words.region,
    )


def _line(year: int, one: Left) -> tuple[object, ...]:
    rows = words.count(one.rounded)
    return year, one.organisation, one.region, one.releases, rows, " ".join(sorted(one.purposes)), one.downloads
