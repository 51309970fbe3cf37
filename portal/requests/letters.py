"""Letters about requests: what happened and where to look, never what was asked for."""

from collections.abc import Iterable

from portal.actor import Role
from portal.auth.models import Person
from portal.catalogue.geography import reference
from portal.mail import write
from portal.requests import people
from portal.requests.models import Request, Track
from portal.requests.routing import UNASSIGNED


def to_requester(request: Request, template: str, **more: object) -> None:
    """Tell who asked."""
    _send([request.requester], template, request, f"/requests/{request.ref}", more)


def to_deciders(track: Track) -> None:
    """Tell those who may decide that a track is open."""
    whom = people.deciders(track.region, track.request.organisation_id)
    _send(whom, "track_opened", track.request, f"/tracks/{track.ref}", {"region": region(track.region)})


def to_officers(request: Request) -> None:
    """Tell the data protection officers that a request waits for them."""
    whom = people.holders(Role.DPO, request.organisation_id)
    _send(whom, "request_for_officer", request, f"/requests/{request.ref}/officer", {})


def region(code: str) -> dict[str, str]:
    """Return a region's names, for whatever language the letter is in."""
    known = reference().regions.get(code)
    if code == UNASSIGNED or known is None:
        return {"label_en": "rows without a country", "label_fr": "lignes sans pays"}
    return {"label_en": known.label_en, "label_fr": known.label_fr}


def _send(whom: Iterable[Person], template: str, request: Request, path: str, more: dict[str, object]) -> None:
    title = {"label_en": request.dataset.title_en, "label_fr": request.dataset.title_fr}
    for person in whom:
        values = {"name": person.name, "number": request.number, "dataset": title, "path": path}
        write(person.email, person.language, template, **values, **more)
