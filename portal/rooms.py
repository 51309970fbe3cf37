"""Every room of the house, named once: its doors, its rules, its work, its commands, and what it answers others."""

from itertools import chain

import config
from portal import policy, ports, scanning
from portal.agreements import deadlines as agreements_deadlines
from portal.agreements import panel as agreements_panel
from portal.agreements import rules as agreements_rules
from portal.agreements import views as agreements_views
from portal.agreements import views_accept, views_document, views_dpia, views_draft, views_signing
from portal.agreements import words as agreements_words
from portal.audit import cli as audit_cli
from portal.audit import rules as audit_rules
from portal.audit import views as audit_views
from portal.audit.recorder import Recorder
from portal.auth import cli as auth_cli
from portal.auth import rules as auth_rules
from portal.auth import sessions, views_address, views_houses, views_invitations, views_join, views_people, views_stepup
from portal.auth import views as auth_views
from portal.catalogue import cli as catalogue_cli
from portal.catalogue import panel as catalogue_panel
from portal.catalogue import rules as catalogue_rules
from portal.catalogue import views as catalogue_views
from portal.catalogue import views_commissions, views_owners, views_rounds
from portal.catalogue.jobs import READING
from portal.emergencies import deadlines as emergencies_deadlines
from portal.emergencies import panel as emergencies_panel
from portal.emergencies import queries as emergencies_queries
from portal.emergencies import rules as emergencies_rules
from portal.emergencies import views as emergencies_views
from portal.exports import actions as exports_actions
from portal.exports import (
    actions_ends,
    queries_ends,
    rules_duties,
    views_check,
    views_duties,
    views_ends,
    views_left,
    views_releases,
    views_runs,
    views_tables,
)
from portal.exports import deadlines as exports_deadlines
from portal.exports import panel as exports_panel
from portal.exports import queries as exports_queries
from portal.exports import rules as exports_rules
from portal.exports import views as exports_views
from portal.exports.building import BUILD
from portal.exports.protecting import PROTECT
from portal.incidents import rules as incidents_rules
from portal.incidents import views as incidents_views
from portal.incidents import views_stop
from portal.keys import FileKeys
from portal.notices import queries as notices_queries
from portal.notices import rules as notices_rules
from portal.notices import views as notices_views
from portal.notices import views_outbox
from portal.permissions import Permission
from portal.reports import rules as reports_rules
from portal.reports import views as reports_views
from portal.requests import actions_clock as requests_clock
from portal.requests import deadlines as requests_deadlines
from portal.requests import panel as requests_panel
from portal.requests import queries as requests_queries
from portal.requests import (
    queries_publications,
    views_edit,
    views_extension,
    views_mail,
    views_obligations,
    views_papers,
    views_publications,
    views_review,
    views_standins,
    views_talk,
    views_team,
    views_together,
)
from portal.requests import rules as requests_rules
from portal.requests import views as requests_views
from portal.rulesets import rules as rulesets_rules
from portal.rulesets import views as rulesets_views
from portal.storage import LocalStore
from portal.web import pages

# Each area adds its blueprint, its rules, its kinds of work and its command group here, top to bottom.
BLUEPRINTS = (
    reports_views.bp,
    incidents_views.bp,
    views_stop.bp,
    exports_views.bp,
    views_ends.bp,
    views_check.bp,
    views_duties.bp,
    views_releases.bp,
    views_runs.bp,
    views_left.bp,
    views_tables.bp,
    emergencies_views.bp,
    views_review.bp,
    views_together.bp,
    views_standins.bp,
    views_obligations.bp,
    views_edit.bp,
    views_mail.bp,
    views_talk.bp,
    views_papers.bp,
    views_publications.bp,
    views_team.bp,
    views_extension.bp,
    requests_views.bp,
    views_document.bp,
    views_dpia.bp,
    views_draft.bp,
    views_signing.bp,
    agreements_views.bp,
    views_accept.bp,
    rulesets_views.bp,
    catalogue_views.bp,
    views_owners.bp,
    views_commissions.bp,
    views_rounds.bp,
    notices_views.bp,
    views_outbox.bp,
    views_people.bp,
    views_houses.bp,
    views_invitations.bp,
    views_join.bp,
    views_address.bp,
    views_stepup.bp,
    auth_views.bp,
    audit_views.bp,
    pages.bp,
)
RULES: tuple[dict[Permission, policy.Entitlement], ...] = (
    reports_rules.RULES,
    incidents_rules.RULES,
    exports_rules.RULES,
    rules_duties.RULES,
    emergencies_rules.RULES,
    requests_rules.RULES,
    agreements_rules.RULES,
    rulesets_rules.RULES,
    catalogue_rules.RULES,
    notices_rules.RULES,
    auth_rules.RULES,
    audit_rules.RULES,
)
WORK = (READING, PROTECT, BUILD)
COMMANDS = (auth_cli.group, audit_cli.group, catalogue_cli.group)
NAVIGATION = (
    views_rounds,
    requests_views,
    views_publications,
    views_mail,
    emergencies_views,
    views_ends,
    views_duties,
    catalogue_views,
    exports_views,
    rulesets_views,
    views_people,
    views_houses,
    views_outbox,
    audit_views,
    views_stop,
    reports_views,
)
DEADLINES = (
    requests_deadlines.deadlines,
    agreements_deadlines.deadlines,
    exports_deadlines.deadlines,
    emergencies_deadlines.deadlines,
)
WAITING = (emergencies_panel.waiting, agreements_panel.waiting, catalogue_panel.waiting, exports_panel.waiting)
PARTS_OF_ORGANISATION = (
    agreements_panel.of_organisation,
    requests_panel.of_organisation,
    requests_panel.publications_of,
)


def plug(settings: config.Config) -> None:
    """Plug every port of the house."""
    house = ports.house
    house.config = settings
    house.keys = FileKeys(settings.keys_dir)
    house.store = LocalStore(settings.vault_dir)
    house.scan_upload = scanning.by_clamd(settings.clamd) if settings.clamd else scanning.not_scanned
    house.log = Recorder()
    house.sessions = sessions.actor_behind
    house.names = emergencies_queries.names
    house.regions = agreements_words.regions
    house.of_organisation = lambda actor, house_id: [
        section for part in PARTS_OF_ORGANISATION if (section := part(actor, house_id)) is not None
    ]
    _plug_agreements(house)
    _plug_exports(house)
    house.citations = queries_publications.cited
    house.addressee = notices_queries.addressee
    house.deadlines = lambda actor: chain.from_iterable(days(actor) for days in DEADLINES)
    house.waiting = lambda actor: [section for part in WAITING for section in part(actor)]
    house.message_settings = notices_views.panel


def _plug_exports(house: ports.House) -> None:
    """Plug what other rooms ask about protected files and releases."""
    house.order_protected = exports_actions.order_protected
    house.order_release = exports_actions.order_release
    house.protected_menu = exports_queries.protected_menu
    house.protected_counts = exports_queries.protected_counts
    house.tier_report = exports_views.tier_report
    house.earlier_releases = exports_queries.earlier_releases
    house.release_panel = views_releases.release_panel
    house.end_releases = actions_ends.end_of_request
    house.admit = exports_actions.admit
    house.blocks = queries_ends.blocks


def _plug_agreements(house: ports.House) -> None:
    """Plug what the agreements room asks about requests."""
    house.requests_under = requests_views.under
    house.open_requests = requests_queries.open_under
    house.under_renewal = requests_panel.under_renewal
    house.agreement_over = requests_clock.follow
