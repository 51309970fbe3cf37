"""The house put together: every area's doors, rules and work, and every port plugged."""

import os
import sys
from dataclasses import replace
from http import HTTPStatus
from typing import NoReturn

import structlog
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from flask_migrate import Migrate
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from portal import embedded, i18n, policy, rooms
from portal.auth import sessions
from portal.db import db, engine_options, transaction
from portal.jobs import registry
from portal.web import assets, guard, pages, security
from portal.web import errors as web_errors


class Portal(Flask):
    """A Flask application in which one web request is one transaction."""

    request_class = security.PortalRequest

    def dispatch_request(self) -> ResponseReturnValue:
        """Let the actor through, then commit what the view returns from and undo what it raises out of.

        What an unsafe request sends is read between two looks at who sends it: strangers' bodies are not read
        at all, and nobody's is read inside a transaction.
        """
        if request.routing_exception is not None:
            self._raise_with_a_face(request.routing_exception)
        security.refuse_zero_bytes()
        need = guard.need_of(request.endpoint)
        if request.method not in security.SAFE or (need.alone and need.signed_in):
            with transaction():
                guard.admit(need, guard.identify())
            security.receive_body(need)
        if need.alone:
            return super().dispatch_request()
        with transaction():
            actor = guard.identify()
            guard.admit(need, actor)
            answer = super().dispatch_request()
            guard.note_read(need, actor)
        return answer

    def _raise_with_a_face(self, missed: HTTPException) -> NoReturn:
        """Answer for a page that is not there, in the frame of whoever asked."""
        if missed.code == HTTPStatus.NOT_FOUND and guard.cookie_name() in request.cookies:
            with transaction():
                guard.identify()
        self.raise_routing_exception(request)


def create_app(settings: config.Config | None = None) -> Portal:
    """Build the application from its configuration (by default the environment's)."""
    settings = settings or config.from_environment(os.environ)
    if not settings.redis_url:
        settings = replace(settings, redis_url=embedded.url_for(settings.instance))
    app = Portal("portal", root_path=str(pages.ROOT), static_folder=None)
    app.config.from_mapping(_flask_settings(settings))
    _configure_logging()
    if settings.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxy_hops, x_proto=settings.proxy_hops)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, directory=str(pages.ROOT / "migrations"), render_as_batch=True)
    Compress(app)
    i18n.babel.init_app(app, locale_selector=i18n.locale, timezone_selector=i18n.zone)
    security.protect(app)
    web_errors.install(app)
    pages.install(app)
    sessions.install(app)
    assets.install(app, pages.ROOT / "static")
    _open_rooms(app)
    rooms.plug(settings)
    return app


def _open_rooms(app: Portal) -> None:
    for blueprint in rooms.BLUEPRINTS:
        app.register_blueprint(blueprint)
    for rules in rooms.RULES:
        policy.register(rules)
    for kind in rooms.WORK:
        registry.register(kind)
    for group in rooms.COMMANDS:
        app.cli.add_command(group)
    for views in rooms.NAVIGATION:
        views.offer()


def _flask_settings(settings: config.Config) -> dict[str, object]:
    return {
        "PORTAL": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "SESSION_COOKIE_NAME": "portal_form" if settings.insecure_transport else "__Host-portal_form",
        "SESSION_COOKIE_SECURE": not settings.insecure_transport,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TRUSTED_HOSTS": sorted({settings.host, *(config.LOOPBACK if settings.insecure_transport else ())}),
        "MAX_CONTENT_LENGTH": settings.upload_limit,
        "WTF_CSRF_TIME_LIMIT": None,
        "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "image/svg+xml"],
        "TEMPLATES_AUTO_RELOAD": False,
        "PROVIDE_AUTOMATIC_OPTIONS": False,  # nobody asks across origins; and an answer would count as a look
    }


def _configure_logging() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # whatever stderr is by then
    )
