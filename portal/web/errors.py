"""The only table from what went wrong to what the reader is told. Nothing of the cause leaks into a page."""

from dataclasses import dataclass

import structlog
from flask import Flask, g, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from portal import errors, ports
from portal.web import guard
from portal.web.security import foreign_origin

log = structlog.get_logger(__name__)
_ = lazy_gettext


@dataclass(frozen=True)
class Told:
    """A status and what it says to a person."""

    status: int
    title: LazyString
    text: LazyString


SIGN_IN = Told(401, _("Please sign in"), _("Your session has ended or you have not signed in yet."))
GONE = Told(404, _("There is nothing here"), _("The page does not exist, or it is not open to you."))
FORBIDDEN = Told(
    403,
    _("This is not open to you"),
    _("Your role does not include this. If your work needs it, ask the global 4Mi coordinator."),
)
STOPPED = Told(
    403,
    _("Your access is stopped"),
    _(
        "The data protection office of the Mixed Migration Centre has stopped access for you or for your organisation. "
        "Nothing you sent was taken. Write to info@mixedmigration.org and ask for the data protection officer."
    ),
)
STALE = Told(
    409,
    _("Somebody was faster"),
    _("What you saw has changed since you opened it. Nothing you sent was applied; look again and decide anew."),
)
BUSY = Told(
    503,
    _("Not possible at this moment"),
    _("Nothing was changed. Please try again in a minute; what you typed is kept on this device."),
)
FAULT = Told(
    500,
    _("Something went wrong on our side"),
    _("Nothing was changed. The fault is noted under the reference below."),
)
TOLD: dict[type[errors.PortalError], Told] = {
    errors.NotSignedIn: SIGN_IN,
    errors.Frozen: STOPPED,
    errors.NotFound: GONE,
    errors.NotAllowed: FORBIDDEN,
    errors.IllegalStep: Told(409, _("This step is not possible now"), STALE.text),
    errors.Stale: STALE,
    errors.Invalid: Told(
        400,
        _("Some of this cannot be taken"),
        _("Go back: what you typed is still there. Look at the fields named below."),
    ),
    errors.TooLarge: Told(
        413, _("This is too large"), _("The file is larger than the portal takes. Nothing was stored.")
    ),
    errors.TermsForbid: Told(
        403,
        _("The agreement does not allow this"),
        _("The clauses named below stand against it. Nothing was changed."),
    ),
    errors.StorageFull: Told(
        507,
        _("There is no room left"),
        _("Nothing partial was kept. The administrator has been told; try again later."),
    ),
    errors.ScanFailed: BUSY,
    errors.LogUnavailable: BUSY,
    errors.KeyMissing: BUSY,
}
HTTP: dict[int, Told] = {
    400: Told(400, _("The request could not be read"), _("Go back, reload the page and try again.")),
    404: GONE,
    405: Told(405, _("This cannot be done here"), _("The page exists but does not take this kind of request.")),
    413: TOLD[errors.TooLarge],
}
DENIALS = (
    errors.NotAllowed,
    errors.NotFound,
    errors.NotSignedIn,
    errors.Frozen,
    errors.TermsForbid,
    errors.IllegalStep,
    errors.Stale,
)


def install(app: Flask) -> None:
    """Register the handlers; the last one catches whatever nobody foresaw."""
    app.register_error_handler(errors.PortalError, _portal_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(Exception, _fault)


def deny(reason: str, clauses: tuple[str, ...] = ()) -> None:
    """Write a denial to the log, in a transaction of its own: the refused one has been undone.

    ``clauses`` are those of an agreement that stand against what was tried.
    """
    target = str((request.view_args or {}).get("ref", ""))
    ports.house.log.denied(guard.actor(), reason, target=target, context=guard.context(), clauses=clauses)


def _portal_error(error: errors.PortalError) -> ResponseReturnValue:
    told = next((TOLD[kind] for kind in type(error).__mro__ if kind in TOLD), FAULT)
    if told is FAULT:
        return _fault(error)
    if isinstance(error, DENIALS):
        deny(type(error).__name__, getattr(error, "clauses", ()))
    if isinstance(error, errors.NotSignedIn) and request.method == "GET" and request.endpoint:
        if "HX-Request" in request.headers:
            return "", 401, {"HX-Refresh": "true"}  # a part of a page: the whole page asks to sign in
        return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")), 303)
    return page(told, details=getattr(error, "fields", None) or getattr(error, "clauses", None))


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    deny("ForeignOrigin" if foreign_origin() else "FormToken")
    return page(HTTP[400])


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    body, status = page(HTTP.get(code, HTTP[400] if code < 500 else FAULT))
    kept = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return body, code if code in HTTP else status, kept


def _database_error(error: OperationalError) -> ResponseReturnValue:
    log.error("database.unavailable", error=type(error.orig).__name__, reference=g.get("request_id", ""))
    return page(BUSY)


def _fault(error: Exception) -> ResponseReturnValue:
    # The exception's text may hold a record's value, so only its kind and place are written down.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    log.error("fault", error=type(error).__name__, where=where, reference=g.get("request_id", ""))
    return page(FAULT)


def page(told: Told, details: object = None) -> tuple[str, int]:
    """Render the one error page."""
    if request_ctx.url_adapter is None:  # a host name that is not ours: there is nothing to link to
        return f"<!doctype html><title>{told.status}</title><h1>{escape(told.title)}</h1>", told.status
    html = render_template(
        "error.html",
        status=told.status,
        title=told.title,
        text=told.text,
        details=details,
        reference=g.get("request_id", "") if told.status >= 500 else "",
        action_url=url_for("auth.sign_in") if told is SIGN_IN else url_for("web.home"),
        action_label=_("Sign in") if told is SIGN_IN else _("Back to the start"),
    )
    return html, told.status
