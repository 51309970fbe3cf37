"""Letters about a round that was not delivered: to whoever asked for the feed, and to whoever approved it."""

from collections.abc import Sequence

from portal.actor import Role
from portal.auth.models import Person
from portal.exports.models import ProtectedFile
from portal.mail import write
from portal.requests import people, queries
from portal.requests.models import Request

OFFICERS = frozenset({"dpia"})


def refused(request: Request, file: ProtectedFile, codes: Sequence[str]) -> None:
    """Tell the requester, the deciders of its regions and the coordinators; the officers where it is theirs."""
    dataset, regions = request.dataset, queries.scope_of(request.scope).regions
    values = {
        "number": request.number,
        "dataset": {"label_en": dataset.title_en, "label_fr": dataset.title_fr},
        "round": file.version.number,
        "codes": list(codes),
    }
    whom: dict[int, tuple[Person, str]] = {}
    for track in request.tracks:
        if track.region in regions:
            whom |= {one.person.id: (one.person, f"/tracks/{track.ref}") for one in people.of_track(track)}
    offices = [Role.COORDINATOR, *([Role.DPO] if OFFICERS & set(codes) else [])]
    for role in offices:
        for person in people.holders(role, request.organisation_id):
            whom[person.id] = (person, f"/requests/{request.ref}")
    whom[request.requester_id] = (request.requester, f"/requests/{request.ref}")
    for person, path in whom.values():
        if person.disabled_at is None:
            write(person.email, person.language, "request_run_refused", name=person.name, path=path, **values)
