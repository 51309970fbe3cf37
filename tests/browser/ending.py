"""Releases that have ended, for their pages: one that somebody still holds a copy of, and one destroyed everywhere."""

import datetime as dt

from sqlalchemy import select

from portal import clock
from portal.exports.models import Download, Release
from portal.exports.models_ends import DestructionDuty, Probe
from portal.exports.workflow import PROBES
from portal.requests.models import Request


def ended(house, request_ref):
    """Write down what ends leave beside the request's running release; return the references of the pages."""
    with house.given() as session:
        release = session.scalars(
            select(Release).join(Request).where(Request.ref == request_ref, Release.status == "available")
        ).one()
        made = {one: _like(session, release, one) for one in ("expired", "destroyed")}
        holder, organisation = release.request.requester_id, release.request.organisation_id
        duties = {}
        for name, one in made.items():
            session.add(Download(release_id=one.id, person_id=holder))
            duties[name] = DestructionDuty(
                release_id=one.id,
                person_id=holder,
                organisation_id=organisation,
                due_on=clock.today() + dt.timedelta(days=9),
            )
            session.add(duties[name])
        settled = {"status": "settled", "method": "overwritten", "destroyed_on": clock.today(), "copies": 2}
        settled |= {"attested_by": holder, "attested_at": clock.now(), "settled_by": holder, "settled_at": clock.now()}
        for name, value in settled.items():
            setattr(duties["destroyed"], name, value)
        session.flush()
        return {"release": release.ref, "destroyed": made["destroyed"].ref, "duty": duties["expired"].ref}


def _like(session, release, ended_as):
    names = ("request_id", "scope_id", "protected_file_id", "file_name", "sha256", "size", "rows", "available_at")
    one = Release(
        **{name: getattr(release, name) for name in names},
        build_key=f"{release.ref}-{ended_as}",
        status="ended",
        ended_as=ended_as,
        cause="expired",
        ended_at=clock.now(),
        ended_by="system:keeper",
        destroyed_at=clock.now() if ended_as == "destroyed" else None,
    )
    session.add(one)
    session.flush()
    for name in PROBES:
        session.add(Probe(release_id=one.id, name=name, status="closed", tries=1, checked_at=clock.now()))
    return one
