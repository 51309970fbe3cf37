"""Reads of the catalogue, each starting from what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from portal import policy
from portal.actor import Actor
from portal.catalogue.models import Dataset, Variable, Version
from portal.catalogue.rules import REVIEWERS
from portal.db import session
from portal.permissions import Permission

SHAREABLE = ("non_confidential", "sensitive", "quasi_identifier")


@dataclass(frozen=True)
class Shelf:
    """A dataset as the catalogue lists it: its newest published version, and how much is in it."""

    dataset: Dataset
    version: Version | None
    variables: int
    waiting: int  # versions that may still be published; 0 for partners


def shelves(actor: Actor, words: str = "") -> list[Shelf]:
    """Return the datasets the actor may see; ``words`` must occur in a title, a summary or a variable's label."""
    query = policy.visible(actor, Permission.CATALOGUE_READ, Dataset).order_by(Dataset.code)
    for word in words.split()[:8]:
        query = query.where(_mentions(word))
    return [_shelf(actor, dataset) for dataset in session().scalars(query)]


def _mentions(word: str) -> ColumnElement[bool]:
    fields = (Dataset.title_en, Dataset.title_fr, Dataset.summary_en, Dataset.summary_fr)
    labels = (Variable.name, Variable.label_en, Variable.label_fr)
    inside = (
        select(Variable.id)
        .join(Version)
        .where(
            Version.dataset_id == Dataset.id,
            Variable.role.in_(SHAREABLE),
            or_(*(field.icontains(word, autoescape=True) for field in labels)),
        )
    )
    return or_(*(field.icontains(word, autoescape=True) for field in fields), inside.exists())


def _shelf(actor: Actor, dataset: Dataset) -> Shelf:
    version = newest(dataset.id)
    variables = 0
    if version is not None:
        count = select(func.count()).where(Variable.version_id == version.id, Variable.role.in_(SHAREABLE))
        variables = session().scalar(count) or 0
    waiting = 0
    if actor.has(*REVIEWERS):
        open_ones = Version.status.in_(("received", "checked"))
        unpublished = select(func.count()).where(Version.dataset_id == dataset.id, open_ones)
        waiting = session().scalar(unpublished) or 0
    return Shelf(dataset, version, variables, waiting)


def newest(dataset_id: int) -> Version | None:
    """Return the newest published version."""
    query = select(Version).where(Version.dataset_id == dataset_id, Version.status == "published")
    return session().scalar(query.order_by(Version.number.desc()).limit(1))


def dataset(actor: Actor, ref: str) -> Dataset:
    """Return one dataset, or raise NotFound."""
    return policy.load(actor, Permission.CATALOGUE_READ, Dataset, Dataset.ref == ref)


def version(actor: Actor, ref: str) -> Version:
    """Return one version, or raise NotFound."""
    return policy.load(actor, Permission.VERSION_READ, Version, Version.ref == ref)


def versions(actor: Actor, dataset_id: int) -> Sequence[Version]:
    """Return a dataset's versions, newest first, as far as the actor may see them."""
    if not policy.holds(actor, Permission.VERSION_READ):
        return []
    query = policy.visible(actor, Permission.VERSION_READ, Version).where(Version.dataset_id == dataset_id)
    return list(session().scalars(query.order_by(Version.number.desc())))


def dictionary(actor: Actor, version_id: int, words: str = "", sensitivity: str = "") -> Sequence[Variable]:
    """Return a version's variables, those that can never leave only for who works on the data."""
    query = select(Variable).where(Variable.version_id == version_id).order_by(Variable.position)
    if not actor.has(*REVIEWERS):
        query = query.where(Variable.role.in_(SHAREABLE))
    for word in words.split()[:8]:
        fields = (Variable.name, Variable.label_en, Variable.label_fr, Variable.section)
        query = query.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    if sensitivity in {"1", "2", "3", "4"}:
        query = query.where(Variable.sensitivity == int(sensitivity))
    return list(session().scalars(query))


def remembered_roles(dataset_id: int) -> dict[str, str]:
    """Return the roles a steward confirmed in the newest published version of a dataset."""
    last = newest(dataset_id)
    if last is None:
        return {}
    query = select(Variable).where(Variable.version_id == last.id, Variable.role != "")
    return {one.name: one.role for one in session().scalars(query)}


def uploadable(actor: Actor) -> Sequence[Dataset]:
    """Return the datasets the actor may load a new version of."""
    query = policy.visible(actor, Permission.DATASET_UPLOAD, Dataset).order_by(Dataset.code)
    return list(session().scalars(query))


def may_prepare(actor: Actor, version: Version) -> bool:
    """Whether the actor may confirm this version's roles now."""
    return policy.may(actor, Permission.VERSION_PREPARE, version)


def may_publish(actor: Actor, version: Version) -> bool:
    """Whether the actor may publish this version now."""
    return policy.may(actor, Permission.VERSION_PUBLISH, version)


def works_on_data(actor: Actor) -> bool:
    """Whether the actor sees versions before they are published."""
    return actor.has(*REVIEWERS)
