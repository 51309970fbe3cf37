"""Tables at once: counted from the signed-off table file of a round, within the agreement, every one in the log.

Nobody has to approve them: the file they are counted from was attacked and signed off for exactly this.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal import clock, freezes, policy
from portal.actor import STAFF_ROLES, Actor
from portal.agreements import queries as agreements
from portal.agreements import terms
from portal.agreements.models import Agreement
from portal.agreements.terms import Ask
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.catalogue.codebook import Codebook
from portal.catalogue.codebooks import book_of
from portal.catalogue.geography import region_today
from portal.catalogue.models import Dataset, Version
from portal.db import session
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.tables.counted import TIER, counted
from portal.emergencies import queries as emergencies
from portal.emergencies.models import Emergency
from portal.emergencies.workflow import MOST_SENSITIVE as MOST_IN_EMERGENCY
from portal.errors import NotFound, TermsForbid
from portal.exports import protecting
from portal.exports.models import ProtectedFile
from portal.permissions import Permission
from portal.requests import reach
from portal.requests.menu import COUNTRY, YEAR
from portal.requests.routing import UNASSIGNED

LEAST_SENSITIVE, MOST_SENSITIVE = 1, 4


@dataclass(frozen=True)
class Offer:
    """What tables may be made of: a file, its codebook, and the agreement they are made under; staff need none.

    Or the emergency that was granted to whoever asks; then ``open_to`` them are the emergencies they may choose from.
    """

    dataset: Dataset
    file: ProtectedFile
    rules: RuleSet
    book: Codebook
    agreement: Agreement | None
    emergency: Emergency | None = None
    open_to: Sequence[Emergency] = ()

    @property
    def keys(self) -> list[Mapping[str, Any]]:
        """The menu's key families, with the values that rows may be chosen by."""
        return list(self.file.menu["keys"])

    @property
    def variables(self) -> list[Mapping[str, Any]]:
        """The menu's variables, as far as the agreement goes; one that has no answers is no column."""
        most = self.agreement.most_sensitive if self.agreement else MOST_SENSITIVE
        most = MOST_IN_EMERGENCY if self.emergency else most
        return [one for one in self.file.menu["variables"] if one["sensitivity"] <= most]

    @property
    def values(self) -> dict[str, list[Mapping[str, Any]]]:
        """Per key column the values people may be chosen by; countries as far as the agreement goes.

        An agreement names today's regions, a file the region at the time: it is today's that answers for a country, as
        it is with requests. Who has no country is nobody's region's, and asks for an agreement that says so.
        """
        found = {name: list(values) for family in self.keys for name, values in family["values"].items()}
        if self.emergency is not None:
            for name, granted in ((COUNTRY, self.emergency.countries), (YEAR, self.emergency.years)):
                found[name] = [one for one in found[name] if one["code"] in granted]
        elif self.agreement is not None:
            today, regions = clock.today(self.agreement.time_zone), frozenset(self.agreement.regions)
            found[COUNTRY] = [
                one for one in found[COUNTRY] if (region_today(one["code"], today) or UNASSIGNED) in regions
            ]
        return found

    @property
    def regions(self) -> frozenset[str]:
        """The agreement's regions; none for staff, who are not bound by one."""
        if self.emergency is not None:
            return frozenset()
        return frozenset(self.agreement.regions) if self.agreement else frozenset()


@dataclass(frozen=True)
class Wish:
    """A table: rows by ``row``, columns by ``column`` ("" for none), of the people with these values of the keys."""

    row: str
    column: str
    where: Mapping[str, Sequence[str]]


def offer(actor: Actor, dataset: Dataset, under: str = "") -> Offer | None:
    """Return what tables of a dataset's newest round may be made of; None where no table file is signed off.

    ``dataset`` is one that the actor may see, ``under`` the reference of an emergency that was granted to them; it is
    taken by itself where no agreement of theirs covers the dataset. Raises TermsForbid where nothing does, NotFound
    for an emergency that opens nothing (any more).
    """
    query = policy.visible(actor, Permission.TABLE_READ, ProtectedFile).join(ProtectedFile.version)
    query = query.where(Version.dataset_id == dataset.id, Version.status == "published")
    file = session().scalar(query.order_by(Version.number.desc()).limit(1))
    if file is None:
        return None
    refuse_frozen(actor.ref, actor.organisation_ref, dataset.ref)
    agreement, emergency, open_to = _title(actor, dataset, under)
    columns = {name for family in file.menu["keys"] for name in family["values"]}
    if (agreement or emergency) and not ({COUNTRY, YEAR} if emergency else {COUNTRY}) <= columns:
        raise TermsForbid(("regions",))  # without countries nobody can say whose rows these are
    rules, book = RuleSet.from_json(json.dumps(file.rule_set)), book_of(file.version)
    return Offer(dataset, file, rules, book, agreement, emergency, open_to)


def _title(
    actor: Actor, dataset: Dataset, under: str
) -> tuple[Agreement | None, Emergency | None, Sequence[Emergency]]:
    """Return by what the actor makes tables of a dataset: nothing for staff, an agreement, or an emergency."""
    if actor.has(*STAFF_ROLES) and not under:
        return None, None, ()
    open_to = emergencies.open_for(actor, dataset)
    if under:
        chosen = next((one for one in open_to if one.ref == under), None)
        if chosen is None:
            raise NotFound("emergency: it opens nothing here")
        return None, chosen, open_to
    try:
        return _agreement(actor, dataset), None, open_to
    except TermsForbid:
        if not open_to:
            raise
    return None, open_to[0], open_to


def refuse_frozen(
    person: str, organisation: str, dataset: str, where: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Refuse with TermsForbid what a freeze stops: people and dataset by reference, and the rows of one table."""
    things = (freezes.PERSON, person), (freezes.ORGANISATION, organisation), (freezes.DATASET, dataset)
    held = where is not None and any(reach.holds(where, rows) for rows in freezes.stopped_rows())
    if held or freezes.stopped(*things):
        raise TermsForbid((freezes.REASON,))


def _agreement(actor: Actor, dataset: Dataset) -> Agreement:
    running = agreements.active_for(actor.organisation_id)
    for one in running:
        asked = replace(ask(one, dataset, frozenset(one.regions), LEAST_SENSITIVE), moment="decide")
        if not terms.broken(agreements.check(one, asked)):
            return one
    raise TermsForbid(("dataset",) if running else ("status",))


def ask(agreement: Agreement, dataset: Dataset, regions: frozenset[str], sensitivity: int) -> Ask:
    """What a table asks of an agreement: it serves the purposes and outputs agreed on, and is over at once."""
    return Ask(
        moment="table",
        organisation=agreement.organisation.ref,
        purpose=next(iter(agreement.purposes), ""),
        dataset=dataset.code,
        regions=regions,
        tier=TIER,
        most_sensitive=sensitivity,
        ends_on=agreement.last_day,
        outputs=frozenset(agreement.outputs),
        onward="none",
        matching="none",
    )


def problems(offer: Offer, wish: Wish) -> dict[str, str]:
    """Return per field of the form what it holds that is not on offer."""
    columns = {name for family in offer.keys for name in family["columns"]}
    variables = {one["name"] for one in offer.variables}
    offered, wrong = offer.values, {}
    if wish.row not in columns:
        wrong["row"] = wish.row
    if wish.column and (wish.column == wish.row or wish.column not in columns | variables):
        wrong["column"] = wish.column
    for name, values in wish.where.items():
        known = {one["code"] for one in offered.get(name, [])}
        if not set(values) <= known:
            wrong[name] = " ".join(sorted(set(values) - known))
    return wrong


def grant(actor: Actor, offer: Offer, wish: Wish) -> Wish:
    """Allow one table and log it; inside an open transaction. Returns it within the agreement's countries.

    Raises TermsForbid where the agreement does not allow it at this moment.
    """
    where = {name: tuple(values) for name, values in wish.where.items()}
    if offer.emergency is not None:
        for name in (COUNTRY, YEAR):
            where.setdefault(name, tuple(one["code"] for one in offer.values[name]))
    elif offer.agreement is not None:
        where.setdefault(COUNTRY, tuple(one["code"] for one in offer.values[COUNTRY]))
        classes = {one["name"]: one["sensitivity"] for one in offer.file.menu["variables"]}
        asked = classes.get(wish.column, LEAST_SENSITIVE)
        wanted = ask(offer.agreement, offer.dataset, offer.regions, asked)
        agreements.require(offer.agreement, agreements.of_person(wanted, offer.agreement, actor))
    refuse_frozen(actor.ref, actor.organisation_ref, offer.dataset.ref, where)
    granted = Wish(wish.row, wish.column, where)
    table: dict[str, Json] = {
        "row": wish.row,
        "column": wish.column,
        "where": {name: list(where[name]) for name in sorted(where)},
    }
    data: dict[str, Json] = {"dataset": offer.dataset.code, "version": offer.file.version.number, "sdc": table}
    record(actor, "table.made", target=("file", offer.file.ref), data=data, purpose=_purpose(offer))
    return granted


def _purpose(offer: Offer) -> dict[str, str]:
    if offer.emergency is not None:
        return {"mou": offer.emergency.agreement.ref, "emergency": offer.emergency.ref}
    return {"mou": offer.agreement.ref} if offer.agreement else {}


@dataclass(frozen=True)
class Cell:
    """One cell by its codes: how many people, the share of those who answered, and why either is missing."""

    row: str
    column: str
    people: int | None
    share: float | None
    why: str


def cells(offer: Offer, granted: Wish) -> list[Cell]:
    """Count a table that was granted; outside any transaction. See ``disclosure.tables.counted``."""
    frame = protecting.frame_of(offer.file)
    found = counted(frame, offer.rules, row=granted.row, column=granted.column, where=granted.where)
    plain = found.astype(object).where(found.notna(), None)
    return [Cell(*line) for line in plain[["row", "column", "count", "share", "why"]].itertuples(index=False)]
