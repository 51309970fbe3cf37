"""Writing down that a release is wanted: once for each accepted scope and wave."""

import hashlib

from sqlalchemy import select

from portal.actor import system
from portal.audit.recorder import record
from portal.db import session
from portal.errors import NotFound
from portal.exports.models import ProtectedFile, Release
from portal.exports.moves import KIND
from portal.jobs import bell
from portal.requests.models import Request

WORKER = system("worker")


def order(request: Request, wave: int = 1) -> Release:
    """Write down that an accepted scope wants building. The same scope and wave are never built twice."""
    if request.scope is None:
        raise NotFound("request: has no accepted scope")
    file = session().scalar(
        select(ProtectedFile).where(
            ProtectedFile.version_id == request.version_id,
            ProtectedFile.tier == request.tier,
            ProtectedFile.status == "signed",
        )
    )
    if file is None:
        raise NotFound("protected file: none is signed off for this tier")
    release = Release(
        request_id=request.id,
        scope_id=request.scope.id,
        protected_file_id=file.id,
        build_key=_build_key(request.scope.sha256, wave),
        wave=wave,
    )
    session().add(release)
    session().flush()
    record(WORKER, "release.queued", target=("release", release.ref), purpose={"request": request.ref})
    bell.ask(KIND, release.ref)
    return release


def _build_key(scope_sha256: str, wave: int) -> str:
    return scope_sha256 if wave == 1 else hashlib.sha256(f"{scope_sha256} {wave}".encode()).hexdigest()
