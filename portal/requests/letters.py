"""Letters about requests: what happened and where to look, never what was asked for."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from portal.actor import Role
from portal.agreements.people import focal_points
from portal.auth.models import Person
from portal.catalogue import queries_owners
from portal.catalogue.geography import reference
from portal.mail import write
from portal.requests import people, queries_publications
from portal.requests.models import Request, Track
from portal.requests.models_duties import Obligation
from portal.requests.models_extension import Extension
from portal.requests.models_publications import Publication
from portal.requests.routing import UNASSIGNED
from portal.requests.standins import OF_HEAD


def to_requester(request: Request, template: str, **more: object) -> None:
    """Tell who asked."""
    _send([request.requester], template, request, f"/requests/{request.ref}", more)


def renewed(request: Request, until: dt.datetime) -> None:
    """Tell who asked, and their focal points, what is to be done now that the agreement was renewed."""
    day = until.astimezone(ZoneInfo(request.agreement.time_zone)).date().isoformat()
    more: dict[str, object] = {"agreement": request.agreement.number, "asker": request.requester.name, "day": day}
    _tell(request, "request_renewal", more)


def discontinued(request: Request) -> None:
    """Tell the same that the request did not go on under the renewal."""
    _tell(request, "request_discontinued", {"agreement": request.agreement.number})


def _tell(request: Request, template: str, more: dict[str, object]) -> None:
    others = [one for one in focal_points(request.agreement) if one.id != request.requester_id]
    _send([request.requester], template, request, f"/requests/{request.ref}", more | {"asks": True})
    _send(others, template, request, f"/requests/{request.ref}", more | {"asks": False})


def to_deciders(track: Track) -> None:
    """Tell those who may decide that a track is open."""
    about_track(track, "track_opened", [one.person for one in people.of_track(track)])


def about_track(track: Track, template: str, whom: Iterable[Person], **more: object) -> None:
    """Write to people about one region's part of a request."""
    _send(
        whom,
        template,
        track.request,
        f"/tracks/{track.ref}",
        {"region": region(track.region), "owner": track.owner_id is not None} | more,
    )


def about_obligation(one: Obligation, template: str, person: Person) -> None:
    """Write to somebody about a condition that was taken on: that there is news, and where."""
    _send([person], template, one.request, f"/obligations/{one.ref}", {})


def to_officers(request: Request) -> None:
    """Tell the data protection officers that a request waits for them."""
    whom = people.holders(Role.DPO, request.organisation_id)
    _send(whom, "request_for_officer", request, f"/requests/{request.ref}/officer", {})


def extension_to_deciders(track: Track, extension: Extension) -> None:
    """Tell those who may decide that a longer use, or somebody new in the team, is asked for."""
    whom = [one.person for one in people.of_track(track)]
    _send(whom, "extension_asked", track.request, f"/tracks/{track.ref}/extension", _joins(extension))


def extension_to_officers(request: Request, extension: Extension) -> None:
    """Tell the data protection officers the same."""
    whom = people.holders(Role.DPO, request.organisation_id)
    _send(whom, "extension_asked", request, f"/requests/{request.ref}/extension", _joins(extension))


def extension_settled(extension: Extension, how: str) -> None:
    """Tell who asked for the data, and the focal point who asked for somebody new, what became of it."""
    request = extension.request
    whom = {one.id: one for one in (request.requester, extension.person)}
    more = _joins(extension) | {"how": how}
    _send(whom.values(), "extension_settled", request, f"/requests/{request.ref}/extension", more)


def _joins(extension: Extension) -> dict[str, object]:
    return {"joins": extension.newcomer_id is not None}


def joined_team(request: Request, person: Person) -> None:
    """Tell somebody that they were added to the team, and where its file is."""
    _send([person], "request_joined", request, f"/requests/{request.ref}", {})


def publication_shown(one: Publication) -> None:
    """Tell who may answer that a text was shown before it is published, and by when."""
    day = one.answer_by.isoformat() if one.answer_by else ""
    _send(queries_publications.judges(one.request), "publication_shown", one.request, _page_of(one), {"day": day})


def publication_answered(one: Publication) -> None:
    """Tell the requester that the text was answered."""
    _send([one.request.requester], "publication_answered", one.request, _page_of(one), {})


def publication_unanswered(one: Publication) -> None:
    """Tell the requester and those who could have answered that the days are over."""
    whom = [one.request.requester, *queries_publications.judges(one.request)]
    _send(whom, "publication_unanswered", one.request, _page_of(one), {})


def _page_of(one: Publication) -> str:
    return f"/publications/{one.ref}"


def note_to(person: Person, request: Request, path: str) -> None:
    """Tell somebody that something was said, and on which page they read it."""
    _send([person], "request_note", request, path, {})


def out_of_team(request: Request, person: Person) -> None:
    """Tell somebody that they were taken out of the team; the request is not theirs to look at any more."""
    _send([person], "request_left_team", request, "/requests", {})


def region(code: str) -> dict[str, str]:
    """Return the names of a region, of a co-owner or of the head's office, for whatever language the letter is in."""
    if code == OF_HEAD:
        return {"label_en": "head of MMC", "label_fr": "directeur du MMC"}
    if owner := queries_owners.name(code):
        return {"label_en": owner, "label_fr": owner}
    known = reference().regions.get(code)
    if code == UNASSIGNED or known is None:
        return {"label_en": "rows without a country", "label_fr": "lignes sans pays"}
    return {"label_en": known.label_en, "label_fr": known.label_fr}


def _send(whom: Iterable[Person], template: str, request: Request, path: str, more: dict[str, object]) -> None:
    title = {"label_en": request.dataset.title_en, "label_fr": request.dataset.title_fr}
    for person in whom:
        values = {"name": person.name, "number": request.number, "dataset": title, "path": path}
        write(person.email, person.language, template, **values, **more)
