"""Reads of contractors' commissions: the office's list of a dataset's, and a contractor's own rounds."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock, policy, ports
from portal.actor import Actor
from portal.auth.giving import CONTRACTING
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.db import session
from portal.permissions import Permission


def today() -> dt.date:
    """Return the day by which commissions are judged: the portal's own."""
    return clock.today(ports.house.config.time_zone)


def dataset(actor: Actor, ref: str) -> Dataset:
    """Return a dataset whose commissions the actor may look at; NotFound if there is none."""
    return policy.load(actor, Permission.COMMISSION_READ, Dataset, Dataset.ref == ref)


def commission(actor: Actor, ref: str) -> Commission:
    """Return one that the actor may end; NotFound if there is none."""
    return policy.load(actor, Permission.COMMISSION_END, Commission, Commission.ref == ref)


def of_dataset(dataset_id: int) -> Sequence[Commission]:
    """Return every commission of a dataset, the newest days first, with what was loaded for it and by whom."""
    files = selectinload(Commission.versions).joinedload(Version.uploader)
    query = select(Commission).where(Commission.dataset_id == dataset_id)
    loaded = query.options(joinedload(Commission.organisation), files)
    return list(session().scalars(loaded.order_by(Commission.first_day.desc(), Commission.id.desc())))


def behind(version: Version) -> Commission | None:
    """Return the commission under which a version was loaded, if it was under one."""
    return session().get(Commission, version.commission_id) if version.commission_id is not None else None


def candidates() -> Sequence[Organisation]:
    """Return the contractors that may be commissioned: those that are not closed."""
    query = select(Organisation).where(Organisation.kind == CONTRACTING, Organisation.active)
    return list(session().scalars(query.order_by(Organisation.name)))


def rounds(actor: Actor) -> Sequence[Commission]:
    """Return the rounds that are open to the actor, those that end first on top."""
    query = policy.visible(actor, Permission.ROUND_READ, Commission).options(joinedload(Commission.dataset))
    return list(session().scalars(query.order_by(Commission.last_day, Commission.id)))


def round_(actor: Actor, ref: str) -> Commission:
    """Return one round that is open to the actor, or raise NotFound."""
    return policy.load(actor, Permission.ROUND_READ, Commission, Commission.ref == ref)


def files(actor: Actor, commission_id: int) -> Sequence[Version]:
    """Return what the actor's organisation loaded for a round, the newest first."""
    query = policy.visible(actor, Permission.ROUND_FILE_READ, Version).where(Version.commission_id == commission_id)
    return list(session().scalars(query.options(joinedload(Version.uploader)).order_by(Version.number.desc())))


def file(actor: Actor, ref: str) -> Version:
    """Return one file that the actor's organisation loaded, or raise NotFound."""
    return policy.load(actor, Permission.ROUND_FILE_READ, Version, Version.ref == ref)


def may_load(actor: Actor, found: Commission) -> bool:
    """Whether the actor may load a file for this round now."""
    return policy.may(actor, Permission.ROUND_LOAD, found)


def may_withdraw(actor: Actor, version: Version) -> bool:
    """Whether the actor may withdraw this file now."""
    return policy.may(actor, Permission.ROUND_FILE_WITHDRAW, version)
