"""Headers, nonce, origin check and the encrypted upload stream. One place, every response, errors included.

A body is read only after whoever sends it was let in, and before the transaction opens: a slow upload must
not hold the database.
"""

import secrets
from typing import IO, Any, cast
from urllib.parse import urlsplit

import structlog
from flask import Flask, Request, Response, current_app, g, make_response, redirect, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from config import MIB, Config
from portal import i18n
from portal.vault import Spool
from portal.web import guard

csrf = CSRFProtect()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD_LIMIT = MIB
FIELD_COUNT = 2000  # of a multipart form; Werkzeug counts no others, so receive_body does
BODY_LIMIT = 2 * MIB  # of a form without a file; what takes a file says so at its door


class PortalRequest(Request):
    """A request whose uploads never touch the disk in the clear, and whose form fields are bounded."""

    max_form_memory_size = FIELD_LIMIT
    max_form_parts = FIELD_COUNT
    spool_memory = 64 * MIB

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 -- Werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        """Collect an uploaded file in memory, and past the limit in an encrypted spool."""
        return cast("IO[bytes]", Spool(self.spool_memory))


def protect(app: Flask) -> None:
    """Install the edge's protections on ``app``."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked below, after the guard
    csrf.init_app(app)
    app.before_request(_begin)
    app.teardown_request(_forget)
    app.after_request(_headers)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.nonce = secrets.token_urlsafe(16)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**guard.context())


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()  # the next thing this thread does is another story


def _settings() -> Config:
    return cast("Config", current_app.config["PORTAL"])


def refuse_zero_bytes() -> None:
    """Refuse an address with a zero byte in it: nothing here is called so, and neither log nor database takes one."""
    said = [*map(str, (request.view_args or {}).values()), *(text for _, text in request.args.items(multi=True))]
    if any("\0" in text for text in said):
        raise BadRequest


def receive_body(need: guard.Need) -> None:
    """Take in what an unsafe request sends, if it is small enough for its door and no other site sent it.

    A JSON body is taken in here too: whoever sent it slowly would else be waited for inside the transaction.
    Raises CSRFError, or what Werkzeug raises for a body over a limit.
    """
    if request.method in SAFE:
        return
    request.max_content_length = _settings().upload_limit if need.uploads else BODY_LIMIT
    cast("PortalRequest", request).spool_memory = _settings().upload_memory
    if foreign_origin():
        raise CSRFError("origin: another site")
    if sum(map(len, request.form.listvalues())) > FIELD_COUNT:
        raise RequestEntityTooLarge
    csrf.protect()
    if request.is_json:
        request.get_data()


def foreign_origin() -> bool:
    """Whether a browser says that an unsafe request was started by another site."""
    if request.method in SAFE:
        return False
    origin = request.headers.get("Origin")
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"} or (
        origin is not None and urlsplit(origin).netloc != request.host
    )


def renew_form_token() -> None:
    """Forget what this browser's forms were bound to: who is behind it has changed."""
    session.clear()


def _headers(response: Response) -> Response:
    nonce = g.get("nonce", "")
    headers: dict[str, Any] = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; "
            "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "X-Frame-Options": "DENY",
    }
    if not _settings().insecure_transport:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static" or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers[name] = value
    return response


def hand_session(token: str, target: str) -> Response:
    """Hand the browser a session, readable by no script and sent to no other site, and send it on to ``target``."""
    response = make_response(redirect(target, 303))
    renew_form_token()
    response.set_cookie(guard.cookie_name(), token, **_cookie_manners())
    return response


def clear_session_cookie(response: Response) -> None:
    """Take the session back, and what the browser kept of it."""
    response.delete_cookie(guard.cookie_name(), **_cookie_manners())
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def set_language_cookie(response: Response, language: str) -> None:
    """Let this browser remember a language for a year."""
    response.set_cookie(i18n.cookie_name(), language, max_age=31_536_000, **_cookie_manners())


def _cookie_manners() -> dict[str, Any]:
    secure = not _settings().insecure_transport
    return {"secure": secure, "httponly": True, "samesite": "Lax", "path": "/"}
