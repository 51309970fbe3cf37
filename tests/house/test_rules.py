"""Every rule has a row that it admits and a row that it refuses; nothing at all is a refusal."""

import contextlib
import datetime as dt
import importlib
import pkgutil
from uuid import UUID

import pytest
from sqlalchemy import Column, false, func, null, select
from sqlalchemy.sql import visitors

import portal
from portal import clock, policy
from portal.actor import Role, system
from portal.agreements.models import Agreement
from portal.audit.models import AuditEvent
from portal.auth.models import Organisation, Person, SignIn
from portal.auth.models_links import Invitation
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.catalogue.models_owners import Coownership
from portal.db import session, transaction
from portal.emergencies.models import Emergency, EmergencyPart
from portal.errors import NotAllowed, NotFound
from portal.exports.models import Allowance, ProtectedFile, Release
from portal.exports.models_ends import DestructionDuty
from portal.freezes import Freeze
from portal.incidents.models import Incident
from portal.letters.models import Letter
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.reports.models import Publicity
from portal.requests.models import Request, Track
from portal.requests.models_duties import Deputyship, Obligation
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.rulesets.models import RuleSetVersion
from tests import factories
from tests.house.deeds import actor

KINDS = (
    *(Release, Request, Agreement, Allowance, Person, Organisation, RuleSetVersion, ProtectedFile, Letter),
    *(Freeze, Incident, Emergency, EmergencyPart, Commission, Version),
)
MODELS = {
    Request: ("draft", "sent", "returned", "at_officer", "offered", "active", "half", "waiting", "feed", "entered"),
    Track: ("WANA_track", "ESA_track", "given_track", "active_track", "owners_track"),
    Coownership: ("coownership",),
    Deputyship: ("deputyship",),
    Obligation: ("obligation", "reported"),
    Publication: ("text", "shown_text"),
    RequestPaper: ("paper", "draft_paper"),
    Release: ("release", "held_release", "checking", "referred"),
    DestructionDuty: ("duty", "attested"),
    RuleSetVersion: ("rules",),
    ProtectedFile: ("signed", "proposed", "held_file", "table"),
    Dataset: ("dataset", "hidden_dataset"),
    Version: ("published", "checked", "loaded"),
    Commission: ("commission", "other_commission"),
    Publicity: ("register",),
    Agreement: ("agreement", "draft_agreement", "shared_agreement", "accepted_agreement", "signing_agreement"),
    SignIn: ("session",),
    Freeze: ("freeze", "lifting"),
    Incident: ("incident", "assessing", "notified", "not_required"),
    Emergency: ("emergency", "granted"),
    EmergencyPart: ("WANA_part", "head_part", "WANA_given", "head_given"),
    Person: ("victim",),
    Letter: ("letter", "failed_letter"),
    Organisation: ("partner", "mmc"),
    Invitation: ("invitation",),
}
MODEL_OF = {key: model for model, keys in MODELS.items() for key in keys} | {"event": AuditEvent}

# permission: who is let at what | who is not
BOARD = """
catalogue:read          author@dataset steward@hidden_dataset               | contractor@dataset author@hidden_dataset administrator@dataset
dataset:upload          steward@dataset                                     | author@dataset
owner:read              dpo@dataset project_manager@dataset                 | author@dataset wana@dataset
owner:write             steward@dataset coordinator@dataset                 | project_manager@dataset dpo@dataset
owner:end               steward@coownership coordinator@coownership         | project_manager@coownership focal_elsewhere@coownership
commission:read         dpo@dataset project_manager@dataset                 | author@dataset wana@dataset contractor@hidden_dataset
commission:give         steward@dataset coordinator@dataset                 | project_manager@dataset dpo@dataset contractor@hidden_dataset
commission:end          steward@commission coordinator@commission           | project_manager@commission contractor@commission
round:read              contractor@commission other_contractor@other_commission | other_contractor@commission contractor@other_commission steward@commission
round:load              contractor@commission                               | other_contractor@commission steward@commission contractor@commission!Version.status=published
round-file:read         contractor@loaded                                   | other_contractor@loaded contractor@checked steward@loaded
round-file:withdraw     contractor@loaded                                   | other_contractor@loaded contractor@checked steward@loaded contractor@loaded!Version.status=published
version:read            dpo@checked                                         | author@published wana@published
version:prepare         steward@checked project_manager@checked             | steward@published dpo@checked
version:publish         steward@checked                                     | steward@published project_manager@checked
protected:read          steward@signed                                      | author@signed wana@signed
protected:sign          dpo@proposed steward@signed!ProtectedFile.review_by=today | dpo@signed!ProtectedFile.review_by=later head@proposed
protected:rebuild       steward@held_file coordinator@held_file             | dpo@held_file steward@signed steward@proposed
table:read              author@table unnamed@table lac@table steward@table  | stranger@table administrator@table author@signed
rules:read              steward@rules head@rules                            | author@rules wana@rules
rules:propose           dpo@rules coordinator@rules                         | steward@rules head@rules
rules:confirm           coordinator@rules                                   | dpo@rules inside_dpo@rules coordinator@rules!RuleSetVersion.status=in_force
rules:drop              dpo@rules coordinator@rules                         | steward@rules
agreement:read          author@agreement head@draft_agreement focal@shared_agreement | stranger@agreement author@draft_agreement named@shared_agreement
agreement:accept        author@agreement focal@agreement                    | stranger@agreement author@draft_agreement head@agreement
agreement:write         head@draft_agreement                                | author@draft_agreement inside_head@draft_agreement
agreement:comment       focal@shared_agreement author@shared_agreement dpo@draft_agreement | named@shared_agreement focal@draft_agreement inside_dpo@shared_agreement
agreement:answer        focal@shared_agreement author@shared_agreement focal@agreement | named@shared_agreement focal@draft_agreement focal_elsewhere@shared_agreement
agreement:officer       dpo@accepted_agreement                              | inside_dpo@accepted_agreement head@accepted_agreement
agreement:sign          head@signing_agreement author@signing_agreement     | coordinator@signing_agreement named@signing_agreement focal@signing_agreement head@agreement
agreement:stop          dpo@agreement head@agreement                        | coordinator@agreement inside_head@agreement
request:create          author@agreement                                    | stranger@agreement focal@agreement
request:read            author@draft named@sent focal@sent dpo@sent         | stranger@sent named@draft focal@draft dpo@draft
request:enter           coordinator@agreement steward@agreement             | inside_coordinator@agreement author@agreement
request:fill            author@draft coordinator@entered author@entered     | steward@entered coordinator@draft named@draft coordinator@entered!Request.handed_at=past
request:hand-over       coordinator@entered                                 | steward@entered author@entered coordinator@draft
request:copy            author@sent named@sent                               | author@draft stranger@sent unnamed@sent
request:edit            author@draft                                        | named@returned stranger@draft dpo@sent
request:accept          author@offered                                      | author@draft named@offered
request:confirm         author@waiting                                      | author@draft named@waiting dpo@waiting
request:extend          author@active                                       | author@draft named@active
request:withdraw        author@draft                                        | named@sent dpo@sent
request:team            author@sent focal@sent                              | author@draft named@sent focal_elsewhere@sent unnamed@sent dpo@sent
paper:read              author@draft_paper author@paper focal@paper wana@paper project_manager@paper dpo@paper | named@paper focal@draft_paper dpo@draft_paper lac@paper inside_manager@paper inside_dpo@paper stranger@paper coordinator@paper
publication:read        author@text named@text focal@text wana@text dpo@text head@text | stranger@text unnamed@text lac@text inside_manager@text
publication:begin       author@active                                       | author@offered named@active author@draft
publication:write       author@text                                         | named@text wana@text
publication:judge       wana@shown_text project_manager@shown_text dpo@shown_text | inside_manager@shown_text inside_dpo@shown_text lac@shown_text coordinator@shown_text
request:talk            author@sent named@sent wana@sent dpo@sent           | author@draft stranger@sent lac@sent
track:read              wana@WANA_track coordinator@ESA_track focal_elsewhere@owners_track | focal@owners_track wana@owners_track focal_elsewhere@WANA_track lac@WANA_track wana@ESA_track author@WANA_track
track:decide            wana@WANA_track project_manager@WANA_track lac@given_track focal_elsewhere@owners_track | focal@owners_track coordinator@owners_track wana@active_track!Request.entered_by_id=wana lac@WANA_track inside_manager@WANA_track wana@ESA_track dpo@WANA_track
track:reassign          coordinator@given_track                             | coordinator@WANA_track inside_coordinator@given_track wana@given_track
deputy:read             wana@deputyship project_manager@deputyship head@deputyship | lac@deputyship author@deputyship
deputy:write            wana@deputyship                                     | lac@deputyship project_manager@deputyship
obligation:read         author@obligation focal@obligation wana@obligation dpo@obligation | stranger@obligation lac@obligation
obligation:report       author@obligation                                   | named@obligation wana@obligation
obligation:judge        wana@reported project_manager@reported              | inside_manager@reported lac@reported dpo@reported
release:review          wana@release dpo@release                            | lac@release steward@release author@release
request:run             author@feed steward@feed                            | named@feed inside_steward@feed author@active steward@sent dpo@feed
request:officer-decide  dpo@at_officer                                      | inside_dpo@at_officer dpo@draft head@at_officer
release:read            author@release focal@release wana@release project_manager@release dpo@release | unnamed@release stranger@release lac@release
release:download        author@release named@release                        | focal@release unnamed@release dpo@release
release:oversee         dpo@release wana@release                            | author@release focal@release lac@release
release:revoke          dpo@release wana@release                            | inside_dpo@release inside_manager@release lac@release steward@release
release:supersede       steward@release                                     | inside_steward@release dpo@release
duty:read               author@duty focal@duty dpo@duty head@duty           | named@duty unnamed@duty stranger@duty focal_elsewhere@duty wana@duty
duty:attest             author@duty focal@duty!Person.disabled_at=past      | named@duty dpo@duty
duty:countersign        focal@attested                                      | named@attested focal_elsewhere@attested dpo@attested
duty:oversee            dpo@duty                                            | inside_dpo@duty head@duty author@duty
release:rebuild         steward@held_release coordinator@held_release       | dpo@held_release author@held_release steward@release
release:check           steward@checking dpo@checking                       | inside_dpo@checking inside_steward@checking wana@checking steward@release
release:let             dpo@referred                                        | inside_dpo@referred steward@referred dpo@held_release
emergency:ask           author@author stranger@stranger                     | author@victim focal@focal wana@wana
emergency:read          author@emergency focal@emergency wana@emergency project_manager@emergency dpo@emergency head@emergency | named@emergency focal_elsewhere@emergency lac@emergency steward@emergency
emergency:withdraw      author@emergency                                    | named@emergency focal@emergency head@emergency
emergency:decide        wana@WANA_part project_manager@WANA_part head@head_part | lac@WANA_part inside_manager@WANA_part inside_head@head_part dpo@head_part wana@head_part head@WANA_part coordinator@WANA_part author@WANA_part
emergency:review        dpo@granted                                         | inside_dpo@granted head@granted dpo@emergency dpo@granted!Emergency.status=stopped author@granted
freeze:read             dpo@freeze head@freeze                              | author@freeze coordinator@freeze
freeze:set              dpo@freeze head@freeze                              | steward@freeze administrator@freeze
freeze:lift             head@lifting inside_head@lifting                    | dpo@lifting inside_dpo@lifting head@freeze
incident:report         author@author lac@lac                               | author@victim
incident:read           author@incident focal@incident dpo@incident head@incident | named@incident focal_elsewhere@incident wana@incident
incident:note           author@incident focal@incident head@incident        | unnamed@incident author@incident!Incident.status=closed
incident:assess         dpo@incident                                        | head@incident author@incident dpo@incident!Incident.status=closed
report:read             wana@sent head@sent                                 | author@sent dpo@draft
register:switch         coordinator@register head@register                  | dpo@register author@register
log:read                dpo@event                                           | steward@event administrator@event
person:read             administrator@victim dpo@victim coordinator@victim  | author@victim focal@named
person:leave            focal@unnamed                                       | focal@focal focal_elsewhere@unnamed focal@inside_dpo administrator@unnamed
person:invite           administrator@mmc coordinator@partner focal@partner | focal_elsewhere@partner author@partner coordinator@mmc focal@partner!Organisation.active=no
invitation:read         focal@invitation dpo@invitation                     | focal_elsewhere@invitation author@invitation
invitation:change       focal@invitation administrator@invitation           | dpo@invitation focal_elsewhere@invitation
role:change             administrator@victim coordinator@unnamed            | coordinator@victim administrator@administrator dpo@victim focal@unnamed
organisation:read       focal@partner dpo@mmc                               | focal_elsewhere@partner author@partner focal@mmc
organisation:write      administrator@partner coordinator@partner           | administrator@mmc inside_administrator@partner dpo@partner
person:disable          administrator@victim                                | administrator@administrator dpo@victim
session:read            author@session                                      | named@session administrator@session
session:end             author@session administrator@session                | named@session
self:read               author@author                                       | author@victim administrator@victim
self:write              author@author                                       | author@victim administrator@victim
notice:read             author@letter named@failed_letter                   | named@letter administrator@letter dpo@letter
outbox:read             administrator@letter dpo@letter                     | author@letter steward@letter
outbox:resend           administrator@failed_letter                         | administrator@letter dpo@failed_letter
"""

# the sentences that rules are made of; "-" where a sentence is about roles only and refuses no row
SENTENCES = """
agreements.party        author@agreement        | stranger@agreement
agreements.running_for_them author@agreement    | stranger@agreement author@agreement!Agreement.status=suspended
agreements.others       head@agreement          | inside_head@agreement
agreements.negotiates   focal@shared_agreement  | named@shared_agreement focal@draft_agreement
agreements.signs        head@signing_agreement  | dpo@signing_agreement
agreements.talks        dpo@draft_agreement     | inside_dpo@draft_agreement
audit.whole_log         dpo@event               | -
auth.anyone             dpo@victim              | -
auth.oneself            author@author           | author@victim
auth.somebody_else      administrator@victim    | administrator@administrator
auth.own_session        author@session          | named@session
auth.runs_the_house     administrator@session   | author@session
notices.own             author@letter           | named@letter
notices.any_letter      dpo@letter              | -
notices.given_up        administrator@failed_letter | administrator@letter administrator@failed_letter!Letter.pruned_at=past
auth.colleague          focal@unnamed           | focal_elsewhere@unnamed focal@inside_dpo author@unnamed
auth.in_their_hands     administrator@victim coordinator@unnamed | coordinator@victim
auth.their_house        focal@partner           | focal_elsewhere@partner author@partner
auth.overseen           dpo@partner             | author@partner
auth.another_house      administrator@partner   | administrator@mmc
auth.open_to_guests     focal@partner coordinator@partner | coordinator@mmc focal_elsewhere@partner
auth.asked_in_by_theirs focal@invitation        | focal_elsewhere@invitation
auth.seen_there         dpo@invitation          | focal_elsewhere@invitation author@invitation
catalogue.has_published author@dataset          | author@hidden_dataset
catalogue.any_dataset   steward@dataset         | -
catalogue.any_owner     steward@coownership     | -
catalogue.any_commission steward@commission     | -
catalogue.open_to_them  contractor@commission   | other_contractor@commission
catalogue.unpublished   contractor@commission   | contractor@commission!Version.status=published
catalogue.of_their_round contractor@loaded      | other_contractor@loaded contractor@checked
catalogue.waits_unpublished contractor@loaded   | contractor@published
catalogue.published     author@published        | author@checked
catalogue.waits_for_roles steward@checked       | steward@published
rulesets.any_version    steward@rules           | -
rulesets.waits          dpo@rules               | dpo@rules!RuleSetVersion.status=dropped
rulesets.other_office   coordinator@rules       | dpo@rules
exports.any_file        steward@signed          | -
exports.waits_for_signature dpo@proposed        | dpo@signed
exports.review_is_near  dpo@signed!ProtectedFile.review_by=today | dpo@signed!ProtectedFile.review_by=later dpo@signed!ProtectedFile.review_by=null
exports.held_for_now    steward@held_release    | steward@release
exports.waits_for_check steward@checking        | steward@release
exports.referred        dpo@referred            | dpo@held_release dpo@checking
exports.undecided       steward@checking        | wana@checking
exports.for_tables      author@table            | author@signed author@proposed
exports.staff_or_agreed author@table lac@table  | stranger@table author@table!Agreement.status=suspended
exports.their_request   focal@release           | unnamed@release
exports.overseer        dpo@release             | wana@release
exports.decided_part    wana@release            | lac@release
exports.named_recipient named@release           | focal@release
exports.everything_active author@release        | author@release!Agreement.status=suspended
exports.before_every_end author@release         | author@release!Release.expires_at=past
exports.may_fetch       named@release           | focal@release author@release!Release.expires_at=past
exports.rows_inside     wana@release dpo@release | lac@release
exports.others_release  dpo@release             | inside_dpo@release
exports.not_entered     steward@release         | steward@release!Request.entered_by_id=steward
exports.downloads_left  author@release          | author@release!Allowance.remaining=0
exports.nothing_frozen  author@release          | author@release!Freeze.target=the_author
emergencies.own         author@emergency        | named@emergency
emergencies.of_house    focal@emergency         | focal_elsewhere@emergency author@emergency
emergencies.officer     dpo@emergency head@emergency | wana@emergency author@emergency
emergencies.in_region   wana@WANA_part          | lac@WANA_part wana@head_part head@WANA_part
emergencies.left_over   coordinator@WANA_part!EmergencyPart.office=unassigned | wana@WANA_part
emergencies.of_head     head@head_part          | head@WANA_part wana@head_part
emergencies.stands_in   project_manager@WANA_part | project_manager@head_part lac@WANA_part
emergencies.decides     wana@WANA_part head@head_part | head@WANA_part dpo@head_part
emergencies.others      wana@WANA_part          | inside_manager@WANA_part
emergencies.not_both    wana@head_part          | wana@head_given head@WANA_given
emergencies.concerned   wana@emergency project_manager@emergency | lac@emergency
emergencies.others_asked dpo@granted            | inside_dpo@granted
emergencies.was_granted dpo@granted             | dpo@emergency dpo@granted!Emergency.status=stopped
emergencies.decided_none dpo@granted            | head@granted wana@granted
emergencies.oneself     author@author           | author@victim
incidents.any_freeze    dpo@freeze              | -
incidents.waits         head@lifting            | head@freeze
incidents.other_office  head@lifting            | dpo@lifting
incidents.reporter      author@incident         | named@incident
incidents.of_house      focal@incident          | focal_elsewhere@incident
incidents.officer       head@incident           | wana@incident
incidents.not_closed    author@incident         | author@incident!Incident.status=closed
incidents.oneself       author@author           | author@victim
requests.party          author@agreement        | stranger@agreement
requests.own            author@draft            | named@sent
requests.entered        coordinator@entered     | coordinator@draft steward@entered
requests.others_agreement coordinator@agreement | inside_coordinator@agreement
requests.not_entered    dpo@at_officer          | coordinator@entered
requests.not_entered_track wana@WANA_track      | wana@active_track!Request.entered_by_id=wana
requests.of_team        named@sent              | unnamed@sent
requests.of_house       focal@sent              | focal_elsewhere@sent
requests.officer        dpo@sent                | dpo@draft
requests.in_charge      wana@WANA_track focal_elsewhere@owners_track | wana@ESA_track focal@owners_track
requests.deputy         project_manager@WANA_track | project_manager@ESA_track lac@WANA_track
requests.assigned       lac@given_track         | wana@given_track
requests.not_aside      wana@given_track        | coordinator@given_track
requests.needs_another  coordinator@given_track | coordinator@WANA_track
requests.named_it       wana@deputyship         | lac@deputyship
requests.deputy_it      project_manager@deputyship | wana@deputyship
requests.took_on        author@obligation       | named@obligation
requests.of_readers     focal@obligation        | unnamed@obligation
requests.of_asker       author@draft_paper      | named@paper stranger@paper
requests.of_asking_house focal@paper            | focal@draft_paper focal_elsewhere@paper
requests.of_judges      wana@paper dpo@paper    | lac@paper inside_manager@paper inside_dpo@paper dpo@draft_paper
requests.set_it         wana@obligation         | lac@obligation
requests.others_duty    wana@obligation         | inside_manager@obligation
requests.oversees       head@ESA_track          | wana@ESA_track
requests.others_track   wana@WANA_track         | inside_manager@WANA_track
requests.others_request dpo@at_officer          | inside_dpo@at_officer
requests.concerned      wana@sent               | lac@sent
requests.was_accepted   author@active           | author@offered
requests.sent           dpo@sent                | dpo@draft
requests.feed           author@feed             | author@active
requests.of_steward     steward@feed            | inside_steward@feed
reports.counted         dpo@sent                | dpo@draft
reports.anything_public head@register           | -
"""

# what takes a download away from a named recipient, one at a time
TAKEN = (
    "Release.status=held",
    "Release.status=ended",
    "Release.expires_at=past",
    "Release.expires_at=null",
    "Request.status=suspended",
    "Request.status=ended",
    "Agreement.status=suspended",
    "Agreement.status=ended",
    "Allowance.remaining=0",
    "Freeze.target=the_author",
    "Person.disabled_at=past",
    "Organisation.active=no",
)


def _board(text):
    for line in text.strip().splitlines():
        name, _, cells = line.partition(" ")
        yes, no = (side.split() for side in cells.split("|"))
        yield name, yes, [cell for cell in no if cell != "-"]


RULES = {Permission(name): (yes, no) for name, yes, no in _board(BOARD)}
LEAVES = {name: (yes, no) for name, yes, no in _board(SENTENCES)}


def _of(world, cell):
    """Return (who, the row's model, the condition that finds it) of a cell, after the change behind "!"."""
    who, _, key = cell.partition("@")
    key, _, change = key.partition("!")
    if change:
        _change(world, change)
    model = MODEL_OF.get(key, Person)
    if model is AuditEvent:
        return actor(world, who), model, AuditEvent.event_id == UUID(world.refs["event"]).bytes
    return actor(world, who), model, model.ref == (world.refs.get(key) or world.people[key].ref)


def _change(world, change):
    place, _, value = change.partition("=")
    name, _, column = place.partition(".")
    where = {
        "Release": Release.ref == world.refs["release"],
        "Request": Request.ref.in_([world.refs["active"], world.refs["entered"]]),
        "Agreement": Agreement.ref.in_([world.refs["agreement"], world.refs["renewal"]]),
        "Allowance": Allowance.person_id == world.people["author"].id,
        "Commission": Commission.ref == world.refs["commission"],
        "Version": Version.ref == world.refs["loaded"],
        "Person": Person.ref == world.people["author"].ref,
        "Organisation": Organisation.ref == world.refs["partner"],
        "RuleSetVersion": RuleSetVersion.ref == world.refs["rules"],
        "ProtectedFile": ProtectedFile.ref == world.refs["signed"],
        "Letter": Letter.ref == world.refs["failed_letter"],
        "Freeze": Freeze.ref == world.refs["freeze"],
        "Incident": Incident.ref == world.refs["incident"],
        "Emergency": Emergency.ref == world.refs["granted"],
        "EmergencyPart": EmergencyPart.ref == world.refs["WANA_part"],
    }
    model = {one.__name__: one for one in KINDS}[name]
    rows = session().scalars(select(model).where(where[name])).all()
    assert rows
    meant = {
        "past": clock.now() - clock.seconds(1),
        "today": clock.today(),
        "yesterday": clock.today() - dt.timedelta(days=1),
        "the_contractor": world.people["contractor"].ref,
        "later": clock.today() + dt.timedelta(days=31),
        "null": None,
        "wana": world.people["wana"].id,
        "steward": world.people["steward"].id,
        "the_author": world.people["author"].ref,
        "no": False,
        "0": 0,
    }
    for row in rows:
        setattr(row, column, meant.get(value, value))
    session().flush()


def _admits(world, permission, cell):
    who, model, where = _of(world, cell)
    return session().scalar(policy.visible(who, permission, model).where(where)) is not None


def _holds(world, rule, cell):
    who, model, where = _of(world, cell)
    return session().scalar(select(model).where(where, func.coalesce(rule.test(who, model), false()))) is not None


def _areas():
    for area in pkgutil.iter_modules(portal.__path__):
        if area.ispkg and any(
            one.name == "rules" for one in pkgutil.iter_modules([f"{portal.__path__[0]}/{area.name}"])
        ):
            yield area.name, importlib.import_module(f"portal.{area.name}.rules")


def _leaves():
    return {
        f"{area}.{name}": value
        for area, module in _areas()
        for name, value in vars(module).items()
        if isinstance(value, Rule)
    }


@pytest.fixture
def undone(world):
    """An open transaction that is undone at the end."""
    with world.app.app_context(), contextlib.suppress(_Undone), transaction():
        yield world
        _undo()


class _Undone(Exception):
    pass


def _undo():
    raise _Undone


def test_every_permission_is_ruled_on_and_drawn_here(world):
    assert set(policy.entitlements()) == set(Permission) == set(RULES)


def test_every_sentence_is_drawn_here():
    assert set(_leaves()) == set(LEAVES)


@pytest.mark.parametrize("permission", RULES)
def test_a_rule_admits_and_refuses(undone, permission):
    yes, no = RULES[permission]
    assert yes
    assert no
    assert [cell for cell in yes if not _admits(undone, permission, cell)] == []
    assert [cell for cell in no if _admits(undone, permission, cell)] == []


@pytest.mark.parametrize("name", LEAVES)
def test_a_sentence_holds_and_does_not(undone, name):
    rule, (yes, no) = _leaves()[name], LEAVES[name]
    assert [cell for cell in yes if not _holds(undone, rule, cell)] == []
    assert [cell for cell in no if _holds(undone, rule, cell)] == []
    if not no:  # it is about roles alone: then it refuses nothing, whoever asks
        assert "true" in str(rule.test(actor(undone, "author"), MODEL_OF[yes[0].partition("@")[2]])).lower()


@pytest.mark.parametrize("change", TAKEN)
def test_one_thing_that_is_missing_takes_the_download_away(undone, change):
    assert _admits(undone, Permission.RELEASE_DOWNLOAD, "author@release")
    assert not _admits(undone, Permission.RELEASE_DOWNLOAD, f"author@release!{change}")


@pytest.mark.parametrize(
    "change",
    [
        "Commission.status=ended",
        "Commission.last_day=yesterday",
        "Commission.first_day=later",
        "Freeze.target=the_contractor",
    ],
)
@pytest.mark.parametrize("name", ["round:read", "round:load", "round-file:read", "round-file:withdraw"])
def test_one_thing_that_is_missing_takes_the_round_away(undone, change, name):
    permission, key = Permission(name), "loaded" if name.startswith("round-file") else "commission"
    assert _admits(undone, permission, f"contractor@{key}")
    assert not _admits(undone, permission, f"contractor@{key}!{change}")


NULLABLE = {
    "request.submitted_at": [
        ("request:read", "named@draft"), ("request:read", "focal@draft"), ("request:read", "dpo@draft"),
        ("request:accept", "author@draft"), ("request:officer-decide", "dpo@draft"),
    ],
    "request.accepted_at": [("publication:begin", "author@offered"), ("publication:begin", "author@draft")],
    "track.owner_id": [("track:decide", "focal_elsewhere@WANA_track"), ("track:read", "focal@WANA_track")],
    "request.entered_by_id": [("request:fill", "coordinator@draft"), ("request:hand-over", "coordinator@draft")],
    "version.commission_id": [("round-file:read", "contractor@checked"), ("round-file:withdraw", "contractor@checked")],
    "track.escalated_at": [("track:reassign", "coordinator@WANA_track")],
    "agreement.mmc_signatory_id": [("agreement:sign", "head@agreement"), ("agreement:sign", "coordinator@agreement")],
    "agreement.partner_signatory_id": [("agreement:sign", "author@agreement"), ("agreement:answer", "author@agreement")],
    "release.expires_at": [("release:download", "author@release!Release.expires_at=null")],
    "letter.person_id": [("notice:read", "named@failed_letter!Letter.person_id=null")],
    "freeze.proposed_by": [("freeze:lift", "head@freeze!Freeze.status=lifting")],
    "protected_file.review_by": [("protected:sign", "dpo@signed!ProtectedFile.review_by=null")],
}  # fmt: skip
# nothing there is the good case: they are not disabled, their role has no last day, a letter's words are kept
NEVER_NULL_REFUSES = {
    "person.disabled_at",
    "request.handed_at",
    "grant_of_role.valid_to",
    "destruction_duty.attested_by",
    "letter.pruned_at",
    "emergency_part.person_id",
    "other_part.person_id",
}


def _nullable(expression):
    columns = (one for one in visitors.iterate(expression) if isinstance(one, Column) and one.nullable)
    return {f"{one.table.name}.{one.name}" for one in columns}


def test_every_column_of_a_rule_that_may_be_empty_is_drawn_here(undone):
    found = set()
    for permission, one in policy.entitlements().items():
        for name in ("author", "focal", "wana", "coordinator", "dpo", "steward", "administrator", "head"):
            found |= _nullable(one.rule.test(actor(undone, name), one.model))
        assert permission in RULES
    assert found == set(NULLABLE) | NEVER_NULL_REFUSES


@pytest.mark.parametrize("column", NULLABLE)
def test_what_is_not_there_admits_nobody(undone, column):
    for permission, cell in NULLABLE[column]:
        assert not _admits(undone, Permission(permission), cell), cell


def test_a_permission_without_a_rule_denies(undone, monkeypatch):
    monkeypatch.delitem(policy._registry, Permission.REQUEST_READ)
    dpo = actor(undone, "dpo")
    assert not policy.holds(dpo, Permission.REQUEST_READ)
    assert session().scalars(policy.visible(dpo, Permission.REQUEST_READ, Request)).all() == []


def test_a_rule_that_knows_no_answer_denies(undone, monkeypatch):
    unknown = Rule("nobody knows", lambda _a, _r: null() == 1)
    monkeypatch.setitem(policy._registry, Permission.REQUEST_READ, Entitlement(Request, frozenset(Role), unknown))
    found = policy.visible(actor(undone, "dpo"), Permission.REQUEST_READ, Request)
    assert session().scalars(found).all() == []


def test_a_role_without_a_rule_s_yes_and_a_yes_without_the_role_are_nothing(undone):
    steward = actor(undone, "steward")
    assert not policy.may(steward, Permission.REQUEST_READ, session().scalars(select(Request)).first())


def test_a_rule_is_not_asked_about_another_kind_of_row(undone):
    with pytest.raises(TypeError, match="rules on Request, not Track"):
        policy.visible(actor(undone, "dpo"), Permission.REQUEST_READ, Track)


def test_a_process_has_no_rights_it_was_not_given(undone):
    for permission in Permission:
        assert not policy.holds(system("keeper"), permission)


def test_two_areas_do_not_rule_on_one_thing(world):
    other = Entitlement(Request, frozenset(Role), Rule("anybody", lambda _a, _r: false()))
    with pytest.raises(ValueError, match="ruled on twice"):
        policy.register({Permission.REQUEST_READ: other})


def test_what_is_hidden_is_not_found_and_what_is_seen_may_be_forbidden(undone):
    ref = undone.refs["sent"]
    with pytest.raises(NotFound):
        policy.load(actor(undone, "stranger"), Permission.REQUEST_READ, Request, Request.ref == ref)
    seen = policy.load(actor(undone, "named"), Permission.REQUEST_READ, Request, Request.ref == ref)
    with pytest.raises(NotAllowed):
        policy.require(actor(undone, "named"), Permission.REQUEST_WITHDRAW, seen)


def test_a_role_of_yesterday_or_tomorrow_is_none(undone):
    today = clock.today()
    person = factories.a_person(roles=())
    for shift in (-2, 2):
        day = today + dt.timedelta(days=shift)
        session().add(factories.Grant(person_id=person.id, role="dpo", valid_from=day, valid_to=day))
    session().flush()
    undone.people["timely"] = person
    assert actor(undone, "timely").roles == frozenset()
