"""Letting the named recipients have a release that may be fetched from now on, and telling them."""

from portal.db import session
from portal.exports.models import Allowance, Release
from portal.mail import write


def allow(release: Release) -> None:
    """Give each recipient the downloads of the agreement, and write to them."""
    request = release.request
    for recipient in request.recipients:
        allowance = Allowance(release_id=release.id, person_id=recipient.person_id)
        allowance.remaining = request.agreement.download_limit
        session().add(allowance)
        person, told = recipient.person, {"number": request.number, "ref": request.ref}
        write(person.email, person.language, "release_available", **told, path=f"/requests/{request.ref}")
