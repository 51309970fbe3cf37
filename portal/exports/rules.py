"""Who may see and sign protected files, and who may fetch a release."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from portal import clock, freezes
from portal.actor import PARTNER_ROLES, STAFF_ROLES, Actor, Role
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person
from portal.catalogue.models import Dataset
from portal.disclosure.tables.counted import TIER
from portal.exports.models import Allowance, ProtectedFile, Release
from portal.permissions import Permission
from portal.policy import Entitlement, Rule
from portal.requests.models import Decision, Recipient, Request, Track
from portal.requests.standins import SUITABLE, region_deputised

REVIEWERS = frozenset({Role.STEWARD, Role.DPO, Role.COORDINATOR, Role.HEAD, Role.PROJECT_MANAGER})
SIGNERS = frozenset({Role.STEWARD, Role.DPO})
MENDERS = frozenset({Role.STEWARD, Role.COORDINATOR})
READERS = PARTNER_ROLES | {Role.STEWARD, Role.DPO, Role.COORDINATOR, Role.HEAD} | SUITABLE
REVIEWERS_OF_YEARS = frozenset({Role.REGIONAL_MANAGER, Role.DPO, Role.COORDINATOR, Role.HEAD})
STOPPERS = frozenset({Role.DPO, Role.REGIONAL_MANAGER})

NEAR = dt.timedelta(days=30)  # before its end an assessment may be reviewed

any_file = Rule("any protected file", lambda _a, _f: true())
waits_for_signature = Rule(
    "the file has been built and attacked and waits for signatures", lambda _a, f: f.status == "proposed"
)
review_is_near = Rule(
    "it is signed off, and its yearly review is due within thirty days or overdue",
    lambda _a, f: and_(f.status == "signed", f.review_by <= clock.today() + NEAR),
)
held_for_now = Rule(
    "it is held because a machine failed or because terms did not hold, never by a protection rule or a person",
    lambda _a, one: and_(one.status == "held", one.held_as.in_(("machine", "terms"))),
)


TABLE_READERS = frozenset(Role) - {Role.ADMINISTRATOR, Role.CONTRACTOR}

for_tables = Rule(
    "it is a table file that is signed off, and its assessment holds",
    lambda _a, f: and_(f.tier == TIER, f.status == "signed", f.review_by >= clock.today()),
)
staff_or_agreed = Rule(
    "they are staff, or their organisation has an active agreement",
    lambda a, _f: (
        true()
        if a.has(*STAFF_ROLES)
        else exists().where(Agreement.organisation_id == a.organisation_id, Agreement.status == "active")
    ),
)


def _asked(actor: Actor, release: type[Release]) -> ColumnElement[bool]:
    named = exists().where(Recipient.request_id == Request.id, Recipient.person_id == actor.id).correlate(Request)
    theirs = or_(Request.requester_id == actor.id, named, true() if actor.has(Role.FOCAL_POINT) else false())
    same = (Request.id == release.request_id, Request.organisation_id == actor.organisation_id)
    return exists().where(*same, theirs).correlate(release)


their_request = Rule("their organisation asked for it, and they did, are named in it or are its focal point", _asked)
overseer = Rule(
    "they oversee releases",
    lambda a, _r: true() if a.has(Role.STEWARD, Role.DPO, Role.COORDINATOR, Role.HEAD) else false(),
)
decided_part = Rule(
    "a part of it came from their region, or from one whose manager they stand in for now",
    lambda a, r: (
        exists()
        .where(
            Track.request_id == r.request_id,
            or_(Track.region.in_(a.regions), region_deputised(a, Track.region.expression)),
        )
        .correlate(r)
    ),
)
named_recipient = Rule(
    "they are a named recipient, in the organisation that asked, and not disabled",
    lambda a, r: (
        exists()
        .where(
            Recipient.request_id == r.request_id,
            Recipient.person_id == a.id,
            Person.id == Recipient.person_id,
            Person.disabled_at.is_(None),
            Request.id == r.request_id,
            Request.organisation_id == Person.organisation_id,
            Organisation.id == Person.organisation_id,
            Organisation.active,
        )
        .correlate(r)
    ),
)
everything_active = Rule(
    "agreement, request and release are active",
    lambda _a, r: and_(
        r.status == "available",
        exists()
        .where(
            Request.id == r.request_id,
            Request.status == "active",
            Agreement.id == Request.agreement_id,
            Agreement.status == "active",
        )
        .correlate(r),
    ),
)
before_every_end = Rule(
    "none of the end dates has passed",
    lambda _a, r: and_(r.expires_at.is_not(None), r.expires_at > clock.now()),
)
nothing_frozen = Rule(
    "neither they, nor their organisation, nor the dataset is frozen",
    lambda a, r: and_(
        ~freezes.shuts_out(a.ref, a.organisation_ref),
        ~exists()
        .where(
            Request.id == r.request_id,
            Dataset.id == Request.dataset_id,
            or_(
                freezes.holds_on(freezes.DATASET, Dataset.ref),
                exists().where(
                    Organisation.id == Request.organisation_id,
                    freezes.holds_on(freezes.ORGANISATION, Organisation.ref),
                ),
            ),
        )
        .correlate(r),
    ),
)
downloads_left = Rule(
    "they have downloads left",
    lambda a, r: exists().where(Allowance.release_id == r.id, Allowance.person_id == a.id, Allowance.remaining > 0),
)
rows_inside = Rule(
    "their region approved a part of it, or they are the data protection officer",
    lambda a, r: (
        true()
        if a.has(Role.DPO)
        else exists()
        .where(
            Track.request_id == r.request_id,
            Track.region.in_(a.regions),
            Track.status.in_(("approved", "approved_in_part")),
        )
        .correlate(r)
    ),
)
others_release = Rule(
    "their own organisation did not ask for it",
    lambda a, r: exists().where(Request.id == r.request_id, Request.organisation_id != a.organisation_id).correlate(r),
)
waits_for_check = Rule("it is an exception that waits for a second person", lambda _a, r: r.status == "checking")
referred = Rule(
    "it is an exception that was not judged because its organisation was refused too often",
    lambda _a, r: and_(r.status == "held", r.held_as == "referred"),
)
undecided = Rule(
    "they decided nothing about the request",
    lambda a, r: ~exists().where(Decision.request_id == r.request_id, Decision.person_id == a.id).correlate(r),
)
not_entered = Rule(
    "they did not enter its request from a mail",
    lambda a, r: exists().where(Request.id == r.request_id, Request.entered_by_id.is_distinct_from(a.id)).correlate(r),
)

may_fetch = named_recipient & everything_active & before_every_end & nothing_frozen

RULES: dict[Permission, Entitlement] = {
    Permission.PROTECTED_READ: Entitlement(ProtectedFile, REVIEWERS, any_file),
    Permission.PROTECTED_SIGN: Entitlement(ProtectedFile, SIGNERS, waits_for_signature | review_is_near),
    Permission.PROTECTED_REBUILD: Entitlement(ProtectedFile, MENDERS, held_for_now),
    Permission.TABLE_READ: Entitlement(ProtectedFile, TABLE_READERS, for_tables & staff_or_agreed),
    Permission.RELEASE_REBUILD: Entitlement(Release, MENDERS, held_for_now & not_entered),
    Permission.RELEASE_CHECK: Entitlement(Release, SIGNERS, waits_for_check & undecided & not_entered & others_release),
    Permission.RELEASE_LET: Entitlement(Release, frozenset({Role.DPO}), referred & others_release),
    Permission.RELEASE_READ: Entitlement(Release, READERS, their_request | overseer | decided_part),
    Permission.RELEASE_REVIEW: Entitlement(Release, REVIEWERS_OF_YEARS, decided_part | overseer),
    Permission.RELEASE_DOWNLOAD: Entitlement(Release, PARTNER_ROLES, may_fetch & downloads_left),
    Permission.RELEASE_OVERSEE: Entitlement(Release, READERS - PARTNER_ROLES, overseer | decided_part),
    Permission.RELEASE_REVOKE: Entitlement(Release, STOPPERS, rows_inside & others_release),
    Permission.RELEASE_SUPERSEDE: Entitlement(Release, frozenset({Role.STEWARD}), others_release & not_entered),
}
