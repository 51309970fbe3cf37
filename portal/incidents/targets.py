"""What is to be frozen: a thing by its reference, or rows by the codes of places or of sub-regions of nationality."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import func, select

from portal import clock
from portal.actor import Actor, Role
from portal.auth.models import Grant, Organisation, Person
from portal.auth.queries import valid_today
from portal.catalogue import codebook, geography
from portal.catalogue.models import Dataset
from portal.db import session
from portal.errors import Invalid
from portal.freezes import DATASET, NATIONALITY, ORGANISATION, PERSON, PLACE, shuts_out
from portal.incidents.schemas import Wanted
from portal.requests.menu import COUNTRY

SUBREGION, WORLD_REGION = "origin_subregion", "origin_region"
LAST_KEYS = (Role.DPO, Role.HEAD)


@dataclass(frozen=True)
class Target:
    """One thing to freeze. ``rows`` says which values of which key columns; none for people and datasets."""

    kind: str
    ref: str = ""
    codes: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def standing(self) -> str:
        """What there may be only one freeze of at a time: the same codes in any order are the same."""
        if self.ref:
            return f"{self.kind}:{self.ref}"
        return f"{self.kind}:{hashlib.sha256(' '.join(self.codes).encode()).hexdigest()[:32]}"


def of(actor: Actor, wanted: Wanted) -> Target:
    """Return what a form names.

    Raises Invalid on ``target`` or ``codes`` for what is not there, for MMC itself, for whoever acts and their own
    organisation, and where nobody would be left to hold one of the two offices.
    """
    return {
        ORGANISATION: _organisation,
        PERSON: _person,
        DATASET: _dataset,
        PLACE: _place,
        NATIONALITY: _nationality,
    }[wanted.kind](actor, wanted)


def _organisation(actor: Actor, wanted: Wanted) -> Target:
    found = session().scalar(select(Organisation).where(Organisation.ref == wanted.target))
    if found is None:
        raise Invalid({"target": [_("Choose one from the list.")]})
    if found.kind == "mmc" or found.id == actor.organisation_id:
        raise Invalid({"target": [_("MMC itself and your own organisation cannot be frozen. Freeze a person.")]})
    _someone_left(session().scalars(select(Person.id).where(Person.organisation_id == found.id)).all())
    return Target(ORGANISATION, found.ref)


def _person(actor: Actor, wanted: Wanted) -> Target:
    found = session().scalar(select(Person).where(Person.ref == wanted.target))
    if found is None:
        raise Invalid({"target": [_("Choose one from the list.")]})
    if found.id == actor.id:
        raise Invalid({"target": [_("Nobody can freeze themselves. Ask the other office.")]})
    _someone_left([found.id])
    return Target(PERSON, found.ref)


def _someone_left(without: Sequence[int]) -> None:
    """Refuse what would leave nobody in an office that a freeze can only be lifted with."""
    for role in LAST_KEYS:
        holders = (
            select(func.count(Person.id.distinct()))
            .join(Grant, Grant.person_id == Person.id)
            .join(Organisation, Organisation.id == Person.organisation_id)
            .where(Grant.role == role.value, valid_today(), Person.disabled_at.is_(None), Organisation.active)
            .where(~shuts_out(Person.ref, Organisation.ref))
        )
        before = session().scalar(holders) or 0
        after = session().scalar(holders.where(Person.id.not_in(without))) or 0
        if before and not after:
            raise Invalid({"target": [_("This would lock out the last data protection officer or head.")]})


def _dataset(_actor: Actor, wanted: Wanted) -> Target:
    found = session().scalar(select(Dataset).where(Dataset.ref == wanted.target))
    if found is None:
        raise Invalid({"target": [_("Choose one from the list.")]})
    return Target(DATASET, found.ref)


def _place(_actor: Actor, wanted: Wanted) -> Target:
    countries = {one for code in wanted.codes for one in countries_of(code)}
    if not countries:
        raise Invalid({"codes": [_("Choose at least one country or region.")]})
    codes = tuple(sorted(countries))
    return Target(PLACE, codes=codes, rows={COUNTRY: codes})


def countries_of(code: str) -> list[str]:
    """Return a country as it is, and today's countries of a region; nothing for a code that is neither."""
    charges, today = geography.reference().charges, clock.today()
    if code in charges:
        return [code]
    return [country for country in charges if geography.region_today(country, today) == code]


def _nationality(_actor: Actor, wanted: Wanted) -> Target:
    subregions = codebook.reference().hierarchies()["m49_subregion"]
    codes = tuple(sorted({code for code in wanted.codes if code in subregions}))
    if not codes:
        raise Invalid({"codes": [_("Choose at least one sub-region of nationality.")]})
    world = tuple(sorted({subregions[code] for code in codes}))
    return Target(NATIONALITY, codes=codes, rows={SUBREGION: codes, WORLD_REGION: world})
