"""Where the story stands, read from the database: every deed itself goes over HTTP."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.app import Portal
from portal.audit import verify
from portal.auth.models import Person
from portal.catalogue.models import Dataset, Version
from portal.db import session, transaction
from portal.exports.models import ProtectedFile, Release
from portal.requests.models import Request, Track


@dataclass(frozen=True)
class Stand:
    """Something's reference and state; ``detail`` is its tier, region or stage, ``rows`` how many it holds."""

    ref: str
    status: str
    detail: str = ""
    rows: int = 0
    name: str = ""
    sha256: str = ""


class State:
    """Looks at the database, each time anew."""

    def __init__(self, app: Portal) -> None:
        self._app = app

    def dataset(self, code: str) -> str:
        """Return a dataset's reference."""
        with self._app.app_context(), transaction():
            return session().scalars(select(Dataset.ref).where(Dataset.code == code)).one()

    def version(self, code: str) -> Stand | None:
        """Return a dataset's newest version."""
        query = select(Version).join(Dataset).where(Dataset.code == code).order_by(Version.number.desc()).limit(1)
        with self._app.app_context(), transaction():
            found = session().scalar(query)
            return Stand(found.ref, found.status, rows=found.rows) if found else None

    def protected(self, version_ref: str) -> list[Stand]:
        """Return a version's protected files; ``name`` lists who has signed."""
        query = select(ProtectedFile).join(Version).where(Version.ref == version_ref).order_by(ProtectedFile.id)
        with self._app.app_context(), transaction():
            return [
                Stand(one.ref, one.status, one.tier, one.rows, " ".join(sign.role for sign in one.sign_offs))
                for one in session().scalars(query)
            ]

    def request(self, email: str, code: str) -> Stand | None:
        """Return somebody's newest request for a dataset."""
        query = select(Request).join(Person, Person.id == Request.requester_id).join(Dataset)
        query = query.where(Person.email == email, Dataset.code == code).order_by(Request.id.desc()).limit(1)
        with self._app.app_context(), transaction():
            found = session().scalar(query)
            return Stand(found.ref, found.status, found.stage, name=found.number) if found else None

    def tracks(self, request_ref: str) -> list[Stand]:
        """Return a request's tracks."""
        query = select(Track).join(Request).where(Request.ref == request_ref).order_by(Track.region)
        with self._app.app_context(), transaction():
            return [Stand(one.ref, one.status, one.region) for one in session().scalars(query)]

    def release(self, request_ref: str) -> Stand | None:
        """Return a request's newest release."""
        query = select(Release).join(Request).where(Request.ref == request_ref).order_by(Release.id.desc()).limit(1)
        with self._app.app_context(), transaction():
            found = session().scalar(query)
            return _release(found) if found else None

    def log(self) -> verify.Report:
        """Check the whole log."""
        with self._app.app_context():
            return verify.examine()


def _release(found: Release) -> Stand:
    return Stand(found.ref, found.status, found.held_reason, found.rows, found.file_name, found.sha256)
