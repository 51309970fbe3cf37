"""The page that makes tables: a form, and below it the table, to look at or to take away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import i18n
from portal.agreements import words as agreement_words
from portal.audit.recorder import record
from portal.catalogue import interactive
from portal.catalogue import queries as catalogue
from portal.catalogue import words as catalogue_words
from portal.db import transaction
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.tables.counted import ALL, ANSWERED
from portal.exports import tables
from portal.exports.package_variables import describe
from portal.exports.tables import Cell, Offer, Wish
from portal.permissions import Permission
from portal.web import guard, lists

bp = Blueprint("tables", __name__)
HEADS = ("row", "row_label", "column", "column_label", "count", "share", "why_missing")
LAST = {SUPPRESSED: 1, ANSWERED: 2, ALL: 3}


@dataclass(frozen=True)
class Side:
    """The rows or the columns of a table: codes in the order they are shown in, and what each is called."""

    title: str
    codes: Sequence[str]
    labels: Mapping[str, str]


@bp.get("/catalogue/<ref>/tables")
@guard.needs(Permission.TABLE_READ, event="table.viewed", alone=True)
def table(ref: str) -> ResponseReturnValue:
    """Show the form, and the table that its address asks for."""
    with transaction():
        actor = guard.actor()
        dataset = catalogue.dataset(actor, ref)
        offer = tables.offer(actor, dataset, request.args.get("under", ""))
        wish = _wish(offer) if offer else None
        wrong = tables.problems(offer, wish) if offer and wish else {}
        granted = tables.grant(actor, offer, wish) if offer and wish and not wrong else None
        if granted is None:
            record(actor, "table.viewed", target=("dataset", dataset.ref))
    shown: dict[str, Any] = {}
    if offer and granted:
        cells = tables.cells(offer, granted)
        rows, columns = _sides(offer, granted, cells)
        if lists.wants_csv():
            return lists.as_csv(f"table-{dataset.code}", HEADS, _lines(cells, rows, columns))
        found = {(one.row, one.column): one for one in cells}
        shown = {"rows": rows, "columns": columns, "cells": found, "k": offer.rules.k}
    with transaction():
        page = render_template(
            "exports/tables.html",
            dataset=dataset,
            offer=offer,
            wish=wish or Wish("", "", {}),
            errors={name: [_("%(value)s is not on offer here.", value=value)] for name, value in wrong.items()},
            regions=sorted(str(agreement_words.region(one)) for one in offer.regions) if offer else [],
            sections=_sections(offer) if offer else {},
            keys=_keys(offer) if offer else [],
            choices={name: [(one["code"], i18n.label(one)) for one in held] for name, held in _values(offer).items()},
            csv_url=lists.csv_url(),
            interactive=_public(offer, wish),
            **shown,
        )
    return page, 400 if wrong else 200


def _public(offer: Offer | None, wish: Wish | None) -> str:
    """Return the public dashboard's address where it may show the wanted table too, else ""."""
    column = wish.column if wish else ""
    wanted = [one for one in offer.variables if one["name"] == column] if offer else []
    risk = max((int(one["sensitivity"]) for one in wanted), default=interactive.GREEN + 1)
    return interactive.URL if interactive.answers([column], risk) else ""


def _wish(offer: Offer) -> Wish | None:
    """Read the address; a table is asked for once it names its rows."""
    row = request.args.get("row", "")
    if not row:
        return None
    where = {name: [value] for name, _title in _keys(offer) if (value := request.args.get(name, ""))}
    return Wish(row, request.args.get("column", ""), where)


def _keys(offer: Offer) -> list[tuple[str, str]]:
    """The key columns with what they are called."""
    pairs = [pair for one in offer.keys for pair in zip(one["columns"], one["labels"], strict=True)]
    return [(name, i18n.label(told)) for name, told in pairs]


def _values(offer: Offer | None) -> dict[str, list[Mapping[str, Any]]]:
    return offer.values if offer else {}


def _sections(offer: Offer) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in offer.variables:
        found.setdefault(catalogue_words.section(one["section"]), []).append(one)
    return found


def _sides(offer: Offer, granted: Wish, cells: Sequence[Cell]) -> tuple[Side, Side]:
    told = {
        one.name: one for one in describe([granted.row, *filter(None, [granted.column])], offer.book, [offer.rules])
    }
    sides = []
    for name, held in ((granted.row, {one.row for one in cells}), (granted.column, {one.column for one in cells})):
        one = told.get(name)
        labels = {code: _either(*pair) for code, pair in one.choices.items()} if one else {}
        labels |= {ALL: _("All"), ANSWERED: _("Answered"), SUPPRESSED: _("Hidden")}
        codes = sorted(held, key=lambda code: (LAST.get(code, 0), labels.get(code, code)))
        title = i18n.label(one) if one else ""
        sides.append(Side(title, codes, {code: labels.get(code, code) for code in codes}))
    return sides[0], sides[1]


def _either(english: str, french: str) -> str:
    return i18n.label({"label_en": english, "label_fr": french})


def _lines(cells: Sequence[Cell], rows: Side, columns: Side) -> Iterable[tuple[object, ...]]:
    for one in cells:
        people = "" if one.people is None else one.people
        share = "" if one.share is None else f"{one.share:.4f}"
        yield one.row, rows.labels[one.row], one.column, columns.labels[one.column], people, share, one.why
