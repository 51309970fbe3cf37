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
from portal import embedded, i18n, policy, ports
from portal.agreements import rules as agreements_rules
from portal.agreements import views as agreements_views
from portal.audit import cli as audit_cli
from portal.audit import rules as audit_rules
from portal.audit import views as audit_views
from portal.audit.recorder import Recorder
from portal.auth import cli as auth_cli
from portal.auth import rules as auth_rules
from portal.auth import sessions, views_people
from portal.auth import views as auth_views
from portal.catalogue import cli as catalogue_cli
from portal.catalogue import rules as catalogue_rules
from portal.catalogue import views as catalogue_views
from portal.catalogue.jobs import READING
from portal.db import db, engine_options, transaction
from portal.exports import actions as exports_actions
from portal.exports import queries as exports_queries
from portal.exports import rules as exports_rules
from portal.exports import views as exports_views
from portal.exports import views_releases, views_tables
from portal.exports.building import BUILD
from portal.exports.protecting import PROTECT
from portal.jobs import registry
from portal.keys import FileKeys
from portal.permissions import Permission
from portal.requests import queries as requests_queries
from portal.requests import rules as requests_rules
from portal.requests import views as requests_views
from portal.requests import views_edit, views_review
from portal.rulesets import rules as rulesets_rules
from portal.rulesets import views as rulesets_views
from portal.storage import LocalStore
from portal.web import assets, guard, pages, security
from portal.web import errors as web_errors

# Each area adds its blueprint, its rules, its kinds of work and its command group here, top to bottom.
BLUEPRINTS = (
    exports_views.bp,
    views_releases.bp,
    views_tables.bp,
    views_review.bp,
    views_edit.bp,
    requests_views.bp,
    agreements_views.bp,
    rulesets_views.bp,
    catalogue_views.bp,
    views_people.bp,
    auth_views.bp,
    audit_views.bp,
    pages.bp,
)
RULES: tuple[dict[Permission, policy.Entitlement], ...] = (
    exports_rules.RULES,
    requests_rules.RULES,
    agreements_rules.RULES,
    rulesets_rules.RULES,
    catalogue_rules.RULES,
    auth_rules.RULES,
    audit_rules.RULES,
)
WORK = (READING, PROTECT, BUILD)
COMMANDS = (auth_cli.group, audit_cli.group, catalogue_cli.group)
NAVIGATION = (requests_views, catalogue_views, exports_views, rulesets_views, views_people, audit_views)


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
    plug(settings)
    return app


def _open_rooms(app: Portal) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for rules in RULES:
        policy.register(rules)
    for kind in WORK:
        registry.register(kind)
    for group in COMMANDS:
        app.cli.add_command(group)
    for views in NAVIGATION:
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


def plug(settings: config.Config) -> None:
    """Plug every port of the house."""
    house = ports.house
    house.config = settings
    house.keys = FileKeys(settings.keys_dir)
    house.store = LocalStore(settings.vault_dir)
    house.log = Recorder()
    house.sessions = sessions.actor_behind
    house.names = requests_queries.names
    house.requests_under = requests_views.under
    house.order_protected = exports_actions.order_protected
    house.order_release = exports_actions.order_release
    house.protected_menu = exports_queries.protected_menu
    house.protected_counts = exports_queries.protected_counts
    house.tier_report = exports_views.tier_report
    house.earlier_releases = exports_queries.earlier_releases
    house.release_panel = views_releases.release_panel


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
