"""Letters about a round that was not delivered: to whoever asked for the feed, and to whoever approved it."""

from collections.abc import Sequence

from portal.actor import Role
from portal.auth.models import Person
from portal.exports.models import ProtectedFile
from portal.mail import write
from portal.requests import people
from portal.requests.models import Request

OFFICERS = frozenset({"dpia"})


def refused(request: Request, file: ProtectedFile, codes: Sequence[str]) -> None:
    """Tell the requester, the deciders of its regions and the coordinators; the officers where it is theirs."""
    dataset = request.dataset
    values = {
        "number": request.number,
        "dataset": {"label_en": dataset.title_en, "label_fr": dataset.title_fr},
        "round": file.version.number,
        "codes": list(codes),
    }
    tracks = {one.person.id: (one.person, f"/tracks/{track.ref}") for track in request.tracks
              for one in people.of_track(track)}  # fmt: skip
    whom: dict[int, tuple[Person, str]] = tracks
    offices = [Role.COORDINATOR, *([Role.DPO] if OFFICERS & set(codes) else [])]
    for role in offices:
        for person in people.holders(role, request.organisation_id):
            whom[person.id] = (person, f"/requests/{request.ref}")
    whom[request.requester_id] = (request.requester, f"/requests/{request.ref}")
    for person, path in whom.values():
        if person.disabled_at is None:
            write(person.email, person.language, "request_run_refused", name=person.name, path=path, **values)
