"""How each action is called, on the portal of ``standing``: one caller for each, whoever adds an action adds a row.

A caller opens what transactions its action does not open itself. ``LOOKS`` change nothing and so need no event.
"""

import datetime as dt
from dataclasses import replace
from secrets import token_hex

import pyotp
from sqlalchemy import select, update

from portal import clock, papers
from portal.actor import Role, system
from portal.agreements import actions as agreements
from portal.agreements import actions_accept, actions_document, actions_dpia, actions_signing, content
from portal.agreements import actions_clock as agreements_clock
from portal.agreements import actions_draft as actions_agreed
from portal.agreements import actions_stop as agreements_stop
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Document
from portal.agreements.schemas import NewAgreement
from portal.agreements.schemas_dpia import NewAssessment
from portal.agreements.schemas_signing import Recorded
from portal.audit.recorder import record
from portal.auth import actions as auth
from portal.auth import (
    actions_address,
    actions_factor,
    actions_invite,
    actions_join,
    actions_people,
    actions_roles,
    onetime,
    queries,
)
from portal.auth.models import Organisation, Person, SignIn
from portal.auth.models_links import Invitation
from portal.auth.schemas import NewPerson, Preferences
from portal.auth.schemas_people import NewInvitation, NewRole, OldRole
from portal.catalogue import actions as catalogue
from portal.catalogue import actions_commissions, actions_owners, actions_rounds
from portal.catalogue.models import Dataset, Version
from portal.catalogue.schemas_commissions import Ending, NewCommission
from portal.catalogue.schemas_owners import LastDay, NewOwner
from portal.db import session, transaction
from portal.disclosure import ruleset
from portal.emergencies import actions as emergencies
from portal.emergencies import actions_clock as emergencies_clock
from portal.emergencies.models import Emergency
from portal.emergencies.schemas import Answer as Said
from portal.emergencies.schemas import Asking, Review
from portal.exports import actions as exports
from portal.exports import (
    actions_check,
    actions_closing,
    actions_duties,
    actions_ends,
    actions_held,
    actions_loss,
    actions_review,
    actions_run,
    actions_stop,
)
from portal.exports.models import Download, ProtectedFile, Release
from portal.exports.models_ends import DestructionDuty, Probe
from portal.exports.schemas_check import Checked
from portal.exports.schemas_ends import Attestation, Loss
from portal.freezes import Freeze
from portal.incidents import actions as incidents
from portal.incidents import actions_clock as incidents_clock
from portal.incidents import actions_freeze
from portal.incidents.models import Incident
from portal.incidents.schemas import Assessment, Awareness, NewFreeze, Report, Wanted
from portal.notices import actions as notices
from portal.notices.schemas import Wanted as Choice
from portal.papers import Paper
from portal.reports import actions as reports
from portal.requests import (
    actions_clock,
    actions_copy,
    actions_decide,
    actions_deputies,
    actions_draft,
    actions_extension,
    actions_mail,
    actions_obligations,
    actions_officer,
    actions_open,
    actions_papers,
    actions_publications,
    actions_renewal,
    actions_replace,
    actions_requester,
    actions_settle,
    actions_silence,
    actions_split,
    actions_submit,
    actions_talk,
    actions_team,
    actions_together,
    coowners,
    guards,
    renewals,
)
from portal.requests import queries as requests
from portal.requests.models import Request, Scope, Track
from portal.requests.models_duties import Deputyship, Obligation
from portal.requests.models_extension import Extension
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.requests.schemas import Verdict
from portal.requests.schemas_duties import Given, Judged, NewDeputy, Reported
from portal.requests.schemas_extension import Answer
from portal.requests.schemas_mail import Mail
from portal.requests.schemas_publications import Dropped, Out, Sent, Shown
from portal.requests.schemas_together import Together
from portal.requests.scope import from_content
from portal.requests.workflow import REQUEST
from portal.rulesets import actions as rulesets
from portal.rulesets.change import wanted_of
from portal.rulesets.schemas import Proposal
from tests import factories
from tests.house.standing import ASSESSMENT, DOCUMENT, DRAFT_PAPER, PAPER

SETUP, KEEPER, STEWARD = system("setup"), system("keeper"), system("cli", Role.STEWARD)
FILE = catalogue.Upload(file_name="x.csv", source=[b"_uuid\n1\n"])


def actor(world, name):
    return queries.actor_of(one(Person, Person.ref == world.people[name].ref))


def signed_in(world, name):
    """Return somebody with a session that has just proved who they are."""
    person = one(Person, Person.ref == world.people[name].ref)
    return queries.actor_of(person, queries.open_sessions(person.id)[0])


def one(model, *where):
    return session().scalars(select(model).where(*where)).one()


def inside(deed):
    """Run a deed in one transaction, as a web request would."""

    def call(world):
        with transaction():
            deed(world)

    return call


def told(deed):
    """As ``inside``, for a part of a deed: whoever uses it records an event."""

    def call(world):
        deed(world)
        record(SETUP, "system.setup", target=("system", "tests"))

    return inside(call)


def alone(deed):
    """Run a deed that opens its own transactions."""
    return deed


def request(world, key):
    return one(Request, Request.ref == world.refs[key])


def scope_of(world, key):
    return one(Scope, Scope.id == request(world, key).scope_id)


def verdict(world, name, sha256, **more):
    given = {"verb": "approve", "key": token_hex(16), "code": world.codes[name], "refused": {}, "rationale": "Fine."}
    return Verdict(**given | {"sha256": sha256} | more)


def _empty_draft(world):
    whose = actor(world, "author")
    (offer,) = requests.offerable(whose, "4mi-core")
    made = actions_draft.begin(whose, offer, REQUEST.find("", "start"))
    record(whose, "request.created", target=("request", made.ref))


def _weighed(world):
    seen = verdict(world, "wana", _track(world).slice_sha256)
    return actions_decide.weigh(actor(world, "wana"), world.refs["WANA_track"], seen)


def _together(world):
    track = one(Track, Track.request_id == request(world, "green").id, Track.region == "WANA")
    sent = Together([f"{track.ref}.{track.slice_sha256}"], token_hex(16), world.codes["wana"])
    actions_together.approve(actor(world, "wana"), sent)


def _candidate(world):
    with transaction():
        return queries.candidate(world.people["author"].email)


def _sign_in(world):
    candidate = _candidate(world)
    with transaction():
        auth.sign_in_with_password(candidate, matched=True, origin="here")


def _consent(world, name):
    asking = one(Extension, Extension.status == "asked", Extension.newcomer_id.is_(None))
    return Answer(verb="agree", sha256=asking.sha256, code=world.codes[name])


def _orphaned(world):
    """The request that a longer use is asked for ends meanwhile."""
    change = update(Request).where(Request.ref == world.refs["prolonged"])
    session().execute(change.values(status="ended", ended_as="expired").execution_options(synchronize_session=False))
    session().expire_all()
    actions_extension.lapse_due(KEEPER)


def _hurry(world):
    wanted = ("COL",), ("2019",), "A boat went down this night.", "To send help that fits."
    emergencies.ask(signed_in(world, "author"), Asking(world.refs["dataset"], *wanted))


def _forgotten(world):
    """Four days nobody answered."""
    change = update(Emergency).where(Emergency.ref == world.refs["emergency"])
    session().execute(change.values(asked_at=clock.now() - dt.timedelta(days=4)))
    emergencies_clock.by_the_clock(KEEPER)


_WANTED = {
    "title_en": "A pact",
    "title_fr": "Un pacte",
    "text_en": "",
    "starts_on": clock.today(),
    "ends_on": clock.today() + dt.timedelta(days=30),
    "time_zone": "UTC",
    "purposes": ("research",),
    "datasets": ("4mi-core",),
    "regions": ("WANA",),
    "tier": "partner",
    "most_sensitive": 3,
    "download_limit": 5,
    "release_days": 30,
    "outputs": ("internal_analysis",),
}


def _assessed(world):
    days = {"done_on": clock.today(), "review_on": clock.today() + dt.timedelta(days=9)}
    return NewAssessment(title="Axolotl risks", outcome="low", lock=0, code=world.codes["dpo"], **days)


def _assessment_due(world):
    actions_dpia.keep(actor(world, "dpo"), world.refs["agreement"], _assessed(world))
    actions_dpia.remind(KEEPER)


def _new_agreement(world):
    wanted = NewAgreement(**_WANTED | {"organisation": world.refs["partner"]})
    agreements.create(actor(world, "head"), wanted)


def _accept_terms(world, name):
    agreement = _agreement(world, "agreement")
    actions_accept.accept(actor(world, name), agreement.ref, sha256=content.sha256_of(agreement))


def _agreement(world, key):
    return one(Agreement, Agreement.ref == world.refs[key])


def _new_text(world):
    wanted = NewAgreement(**_WANTED | {"organisation": world.refs["partner"], "title_en": "Another pact"})
    row = _agreement(world, "draft_agreement")
    agreements.save(actor(world, "coordinator"), row.ref, wanted, lock=row.lock)


def _turn(world):
    row = _agreement(world, "draft_agreement")
    actions_agreed.turn(actor(world, "coordinator"), row.ref, "drop", lock=row.lock, reason="No more.")


def _hand_back(world):
    row = _agreement(world, "shared_agreement")
    actions_agreed.answer(actor(world, "focal"), row.ref, "hand_back", lock=row.lock, reason="Shorter.")


def _accept(world):
    row = _agreement(world, "shared_agreement")
    seen = {"lock": row.lock, "sha256": sha256_of(row), "code": world.codes["author"]}
    actions_agreed.accept(actor(world, "author"), row.ref, **seen)


_RECORDED = {"legal_basis": "research", "transfer": "none", "transfer_reason": "It stays here.", "roles": "joint"}


def _record(world):
    row = _agreement(world, "accepted_agreement")
    wanted = Recorded(**_RECORDED, sha256=row.text_sha256, code=world.codes["dpo"])
    actions_signing.record_basis(actor(world, "dpo"), row.ref, wanted, lock=row.lock)


def _send_back(world):
    row = _agreement(world, "accepted_agreement")
    actions_signing.send_back(actor(world, "dpo"), row.ref, lock=row.lock, reason="Clause 3.")


def _sign(world):
    row = _agreement(world, "signing_agreement")
    actions_signing.sign(actor(world, "author"), row.ref, sha256=row.text_sha256, code=world.codes["author"])


def _adopt(world):
    row = _agreement(world, "draft_agreement")
    paper = session().scalars(select(Document)).one()
    paper.agreement_id = row.id
    session().flush()
    wanted = Recorded(**_RECORDED, sha256=sha256_of(row), code=world.codes["dpo"])
    actions_signing.adopt(actor(world, "dpo"), row.ref, wanted, lock=row.lock)


def _waiting(world):
    """Let the agreement that is being signed have been signed by both."""
    row = _agreement(world, "signing_agreement")
    row.stage = "begin"
    session().flush()
    return row


def _stop(world):
    row = _agreement(world, "agreement")
    said = {"lock": row.lock, "reason": "Wait.", "code": world.codes["dpo"]}
    agreements_stop.stop(actor(world, "dpo"), row.ref, "suspend", **said)


def _notice(world):
    row = _agreement(world, "agreement")
    said = {"lock": row.lock, "reason": "Enough.", "code": world.codes["dpo"]}
    last_day = clock.today() + dt.timedelta(days=20)
    agreements_stop.notice(actor(world, "dpo"), row.ref, last_day=last_day, **said)


def _close(world):
    row = _agreement(world, "signing_agreement")
    row.status, row.stage, row.ended_as = "ended", "", "expired"
    session().flush()
    said = {"lock": row.lock, "reason": "All done.", "code": world.codes["dpo"]}
    agreements_stop.close(actor(world, "dpo"), row.ref, **said)


def _ends_soon(world):
    row = _agreement(world, "agreement")
    row.ends_on = clock.today() + dt.timedelta(days=5)
    session().flush()
    agreements_clock.warn(KEEPER)


def _attach(world):
    paper = Paper(purpose="signed", note="", source=[b"%PDF-1.7\n%%EOF\n"])
    actions_document.attach(_outside(world, "head"), world.refs["draft_agreement"], paper)


def _approval():
    return Paper(purpose="ethics", note="", source=[b"%PDF-1.7\n%%EOF\n"])


def _add_paper(world):
    row = session().scalars(select(RequestPaper).where(RequestPaper.ref == PAPER)).one()
    taken = papers.TakenIn(
        **{name: getattr(row, name) for name in papers.TakenIn.__dataclass_fields__} | {"ref": "9" * 32}
    )
    actions_papers.add(actor(world, "author"), request(world, "draft"), _approval(), taken)


def _show_text(world):
    day = clock.today() + dt.timedelta(days=60)
    said = Shown("Axolotl paper", day, "", 1)
    actions_publications.show(actor(world, "author"), world.refs["text"], Sent(said, [b"%PDF-1.7\n%%EOF\n"]))


def _publish(world):
    said = Out("Axolotl paper", "10.1000/182", clock.today() - dt.timedelta(days=1), 1)
    actions_publications.report(actor(world, "author"), world.refs["text"], said)


def _owe_text(world):
    row = request(world, "active")
    row.agreement.publication_review_days, row.scope.content = 30, row.scope.content | {"outputs": ["dashboard"]}
    session().flush()
    actions_publications.take_on(actor(world, "author"), row)


def _leave_unanswered(world):
    one(Publication, Publication.ref == world.refs["shown_text"]).answer_by = clock.today() - dt.timedelta(days=2)
    session().flush()
    actions_publications.lapse_due(KEEPER)


def _propose(world):
    wanted = replace(wanted_of(ruleset.default("licensed")), k=12)
    rulesets.propose(actor(world, "dpo"), "licensed", Proposal(wanted, 1, "Larger groups are safer."))


def _due(world):
    session().execute(
        update(ProtectedFile).where(ProtectedFile.ref == world.refs["signed"]).values(review_by=clock.today())
    )
    actions_review.remind(KEEPER)


def _new_person(world):
    who = NewPerson(
        email="new@example.org", name="New", language="en", time_zone="UTC", roles=(Role.REQUESTER,), regions=()
    )
    partner = one(Organisation, Organisation.ref == world.refs["partner"])
    actions_people.create_person(SETUP, partner, who, password_hash=factories.HASH)


def _lapsed(_world):
    for sign_in in session().scalars(select(SignIn)):
        sign_in.seen_at = clock.now() - dt.timedelta(days=1)
    session().flush()
    auth.mark_lapsed()


def _receive(world):
    catalogue.receive(STEWARD, world.refs["dataset"], FILE)


def _take_in(world):
    place = catalogue.Place(lambda: one(Dataset, Dataset.ref == world.refs["dataset"]))
    catalogue.take_in(STEWARD, place, FILE)


def _completed(world):
    """Complete the download that ``standing`` has begun."""
    exports.complete(_outside(world, "author"), world.refs["download"], 10)


def _outside(world, name):
    with transaction():
        return actor(world, name)


def _expired(world):
    """End the release whose time ``late`` has let pass."""
    exports.expire()


def _release(world, key):
    return one(Release, Release.ref == world.refs[key])


def _duty(world, key):
    return one(DestructionDuty, DestructionDuty.ref == world.refs[key])


def _forward(world):
    duty = _duty(world, "duty")
    duty.due_on = clock.today() + dt.timedelta(days=400)
    session().flush()
    actions_duties.bring_forward(KEEPER, duty.release)


def _owing(world):
    """A release that has just ended, which somebody has downloaded, and no duty yet."""
    release = _release(world, "release")
    release.cause = "revoked"
    session().add(Download(release_id=release.id, person_id=world.people["author"].id))
    session().flush()
    actions_duties.open_for(KEEPER, release)


def _closing(world):
    """Close the ended release of which ``prepare`` has left one look open."""
    actions_closing.close(world.refs["open_id"])


def _late(world):
    _duty(world, "duty").due_on = clock.today() - dt.timedelta(days=3)
    session().flush()
    actions_duties.by_the_clock(KEEPER)


def _lose(world):
    said = {"lost_on": clock.today(), "how": "On the train.", "encrypted": "no", "copies": 1, "statement": True}
    actions_loss.lose(actor(world, "author"), world.refs["duty"], Loss(lock=1, **said))


def _attest(world):
    said = Attestation(1, "overwritten", clock.today(), 1, "None.", "", statement=True)
    actions_duties.attest(actor(world, "author"), world.refs["duty"], said)


def _answer(world):
    returned = request(world, "returned")
    actions_submit.answer(actor(world, "author"), returned.ref, lock=returned.lock, reply="Because.")


def _commission(world):
    today = clock.today()
    wanted = NewCommission(world.refs["contractor_house"], "Greece", today, today, world.codes["coordinator"])
    actions_commissions.commission(actor(world, "coordinator"), world.refs["dataset"], wanted)


def _record_owner(world):
    organisation, today = world.refs["other_partner"], clock.today()
    wanted = NewOwner(organisation, [], ["drivers"], today, None, world.codes["coordinator"])
    actions_owners.record_owner(actor(world, "coordinator"), world.refs["dataset"], wanted)


def _end_owner(world):
    said = LastDay(clock.today() + dt.timedelta(days=1), 1, world.codes["coordinator"])
    actions_owners.end_owner(actor(world, "coordinator"), world.refs["coownership"], said)


def _open_track(world):
    """Open the co-owner's track anew, after taking it away behind everybody's back."""
    owned = request(world, "owned")
    track = one(Track, Track.ref == world.refs["owners_track"])
    route = coowners.of_tracks(from_content(track.scope.content), owned.tracks[:1], guards.menu_of(owned))[0]
    session().delete(track)
    session().flush()
    actions_open.open_track(actor(world, "author"), owned, owned.scope, route)


def _settle(world):
    """Settle the request whose last open track is declined behind the workflow's back."""
    for track in request(world, "sent").tracks:
        track.status = "declined"
    actions_settle.settle(request(world, "sent"))


def _hold(world):
    """Hold the release that stands held already, after putting it back into the queue behind everybody's back."""
    release = one(Release, Release.ref == world.refs["held_release"])
    release.status = "queued"
    session().flush()
    actions_stop.hold(SETUP, [release], "frozen")


def _freeze(world):
    wanted = Wanted("person", world.refs["victim"])
    actions_freeze.freeze(actor(world, "dpo"), NewFreeze(wanted, "A laptop is lost.", world.codes["dpo"]))


def _incident(world, key):
    return one(Incident, Incident.ref == world.refs[key])


def _clock(world):
    actions_clock.expire_due(KEEPER, clock.now() + dt.timedelta(days=400))


def _invitation(world):
    return one(Invitation, Invitation.ref == world.refs["invitation"])


def _invite(world):
    wanted = NewInvitation(
        organisation=world.refs["partner"], name="Guest", email="guest@example.org", roles=(Role.REQUESTER,),
        regions=(), since=clock.today(), until=None, language="en", code=world.codes["focal"],
    )  # fmt: skip
    actions_invite.invite(actor(world, "focal"), wanted)


def _begun(world):
    """Begin, and read the code that an app would show from what waits on the invitation."""
    with transaction():
        _found, secret = actions_join.begin(world.refs["join_token"], password_hash=factories.HASH)
    with transaction():
        code = onetime.code_at(secret, clock.now())
        actions_join.confirm(world.refs["join_token"], code, origin="here", replacing="")


def _password_again(world):
    person = one(Person, Person.ref == world.people["author"].ref)
    person.totp_wrapped = None
    session().flush()
    actions_factor.step_up_with_password(signed_in(world, "author"), known=person.password_hash, matched=True)


def _ask_address(world):
    code = world.codes["author"]
    actions_address.ask(actor(world, "author"), "new@example.org", known=factories.HASH, matched=True, code=code)


def _add_role(world):
    victim = one(Person, Person.ref == world.refs["victim"])
    actions_roles.add(SETUP, victim, Role.STEWARD, "", (clock.today(), None))


def _track(world):
    return one(Track, Track.ref == world.refs["WANA_track"])


def _given_track(world):
    return one(Track, Track.ref == world.refs["given_track"])


def _name_deputy(world):
    day = clock.today() + dt.timedelta(days=2)
    wanted = NewDeputy(world.people["project_manager"].ref, "WANA", day, day, world.codes["wana"])
    actions_deputies.name(actor(world, "wana"), wanted)


def _recuse(world):
    given = Given("A friend.", world.codes["wana"], _track(world).lock)
    actions_replace.recuse(actor(world, "wana"), world.refs["WANA_track"], given)


def _reassign(world):
    given = Given("She is ill.", world.codes["coordinator"], _given_track(world).lock, world.people["esa"].ref)
    actions_replace.reassign(actor(world, "coordinator"), world.refs["given_track"], given)


def _confirm(world):
    renewal = _agreement(world, "renewal")
    seen = renewals.under(request(world, "waiting"), renewal).sha256()
    said = {"sha256": seen, "accepted_terms": content.sha256_of(renewal)}
    actions_renewal.confirm(actor(world, "author"), world.refs["waiting"], **said)


def _pause(world):
    """The request that waits already runs again, as if the keeper came later than its acceptance."""
    waiting = request(world, "waiting")
    waiting.status, waiting.stage = "active", ""
    session().flush()
    actions_renewal.pause(KEEPER, waiting)


def _carry(world):
    draft = request(world, "draft")
    draft.agreement_id = request(world, "waiting").agreement_id
    session().flush()
    session().expire(draft)
    actions_renewal.carry(KEEPER, draft)


def _follow(world):
    over = _agreement(world, "agreement")
    over.status, over.ended_as = "ended", "terminated"
    session().flush()
    actions_clock.follow(KEEPER, over.id)


def _take_on(world):
    session().query(Obligation).delete()
    one_request = request(world, "active")
    one_request.decisions[0].conditions = "Show it."
    actions_obligations.take_on(actor(world, "author"), one_request)


def _keep(world):
    asked = request(world, "sent")
    actions_settle.keep(asked, replace(from_content(scope_of(world, "sent").content), why="1" * 64), "asked")


DEEDS = {
    notices.mark_read: inside(lambda w: notices.mark_read(actor(w, "author"), w.refs["letter"])),
    notices.choose: inside(
        lambda w: notices.choose(actor(w, "author"), Choice({"ready": "digest", "progress": "portal"}))
    ),
    notices.resend: inside(lambda w: notices.resend(actor(w, "administrator"), w.refs["failed_letter"])),
    notices.resend_all: inside(lambda w: notices.resend_all(actor(w, "administrator"))),
    agreements.create: inside(_new_agreement),
    agreements.save: inside(_new_text),
    actions_agreed.turn: inside(_turn),
    actions_agreed.answer: inside(_hand_back),
    actions_agreed.accept: inside(_accept),
    actions_agreed.comment: inside(
        lambda w: actions_agreed.comment(actor(w, "focal"), w.refs["shared_agreement"], "Too long.")
    ),
    actions_agreed.renew: inside(lambda w: actions_agreed.renew(actor(w, "coordinator"), w.refs["agreement"])),
    actions_signing.record_basis: inside(_record),
    actions_signing.send_back: inside(_send_back),
    actions_signing.sign: inside(_sign),
    actions_signing.adopt: inside(_adopt),
    actions_signing.begin: inside(lambda w: actions_signing.begin(KEEPER, _waiting(w))),
    agreements_stop.stop: inside(_stop),
    agreements_stop.notice: inside(_notice),
    agreements_stop.close: inside(_close),
    agreements_clock.begin_due: inside(lambda w: (_waiting(w), agreements_clock.begin_due(KEEPER))),
    agreements_clock.warn: inside(_ends_soon),
    actions_document.attach: alone(_attach),
    actions_document.hand_over: inside(
        lambda w: actions_document.hand_over(actor(w, "author"), w.refs["agreement"], DOCUMENT)
    ),
    agreements.expire_due: inside(lambda _w: agreements.expire_due(KEEPER, clock.now() + dt.timedelta(days=400))),
    actions_accept.accept: inside(lambda w: _accept_terms(w, "unnamed")),
    actions_accept.accept_seen: inside(
        lambda w: actions_accept.accept_seen(
            actor(w, "unnamed"), _agreement(w, "agreement"), content.sha256_of(_agreement(w, "agreement"))
        )
    ),
    auth.sign_in_with_password: alone(_sign_in),
    auth.confirm_factor: inside(lambda w: auth.confirm_factor(w.cookies["pending"], w.codes["pending"], origin="here")),
    auth.sign_out: inside(lambda w: auth.sign_out(w.cookies["author"])),
    auth.end_session: inside(lambda w: auth.end_session(actor(w, "author"), w.refs["session"])),
    auth.end_other_sessions: inside(lambda w: auth.end_other_sessions(actor(w, "author"))),
    auth.end_all: inside(lambda w: auth.end_all(SETUP, one(Person, Person.ref == w.refs["victim"]), "revoked")),
    auth.mark_lapsed: inside(_lapsed),
    auth.change_password: inside(
        lambda w: auth.change_password(actor(w, "author"), was=factories.HASH, now=factories.HASH[:-1] + "x")
    ),
    auth.note_wrong_password: inside(lambda w: auth.note_wrong_password(actor(w, "author"))),
    auth.set_preferences: inside(lambda w: auth.set_preferences(actor(w, "author"), Preferences("fr", "Africa/Dakar"))),
    auth.spend: told(lambda w: auth.spend(one(Person, Person.ref == w.refs["victim"]), 99_999_999)),
    auth.admit: inside(lambda w: auth.admit(one(Person, Person.ref == w.refs["victim"]), "pwd", origin="here")),
    actions_factor.step_up: inside(lambda w: actions_factor.step_up(signed_in(w, "author"), w.codes["author"])),
    actions_factor.step_up_with_password: inside(_password_again),
    actions_invite.invite: inside(_invite),
    actions_invite.send_again: inside(lambda w: actions_invite.send_again(actor(w, "focal"), w.refs["invitation"])),
    actions_invite.revoke: inside(lambda w: actions_invite.revoke(actor(w, "focal"), w.refs["invitation"])),
    actions_join.begin: inside(lambda w: actions_join.begin(w.refs["join_token"], password_hash=factories.HASH)),
    actions_join.confirm: alone(_begun),
    actions_join.join: inside(
        lambda w: actions_join.join(w.refs["join_token"], password_hash=factories.HASH, origin="here", replacing="")
    ),
    actions_address.ask: inside(_ask_address),
    actions_address.confirm: inside(lambda w: actions_address.confirm(w.refs["address_token"])),
    actions_roles.give: inside(
        lambda w: actions_roles.give(
            actor(w, "administrator"),
            w.refs["victim"],
            NewRole(Role.STEWARD, "", clock.today(), None, w.codes["administrator"]),
        )
    ),
    actions_roles.add: inside(_add_role),
    actions_roles.end: inside(
        lambda w: actions_roles.end(
            actor(w, "administrator"),
            w.refs["victim"],
            OldRole(Role.REQUESTER, "", dt.date(2018, 1, 1), w.codes["administrator"]),
        )
    ),
    actions_roles.end_access: inside(
        lambda w: actions_roles.end_access(actor(w, "focal"), w.refs["colleague"], "Left.")
    ),
    actions_people.shut_out: inside(
        lambda w: actions_people.shut_out(SETUP, one(Person, Person.ref == w.refs["victim"]), "Left.")
    ),
    actions_people.rename_organisation: inside(
        lambda w: actions_people.rename_organisation(
            SETUP, one(Organisation, Organisation.ref == w.refs["partner"]), name="Another", kind="ngo"
        )
    ),
    actions_factor.prove: told(lambda w: actions_factor.prove(actor(w, "author"), w.codes["author"])),
    actions_people.create_organisation: inside(
        lambda _w: actions_people.create_organisation(SETUP, name="New house", kind="ngo")
    ),
    actions_people.create_person: inside(_new_person),
    actions_people.grant_role: inside(
        lambda w: actions_people.grant_role(SETUP, one(Person, Person.ref == w.refs["victim"]), Role.DPO)
    ),
    actions_people.disable_person: inside(
        lambda w: actions_people.disable_person(actor(w, "administrator"), w.refs["victim"], "Left.")
    ),
    actions_people.enable_person: inside(
        lambda w: actions_people.enable_person(actor(w, "administrator"), w.refs["shut_out"])
    ),
    actions_people.end_sessions_of: inside(
        lambda w: actions_people.end_sessions_of(actor(w, "administrator"), w.refs["victim"])
    ),
    actions_people.set_organisation_active: inside(
        lambda w: actions_people.set_organisation_active(
            SETUP, one(Organisation, Organisation.ref == w.refs["partner"]), active=False
        )
    ),
    catalogue.register_dataset: inside(
        lambda _w: catalogue.register_dataset(
            STEWARD, code="new", kind="events", titles={"title_en": "New", "title_fr": "Neuf"}
        )
    ),
    catalogue.receive: alone(_receive),
    catalogue.confirm_roles: inside(
        lambda w: catalogue.confirm_roles(STEWARD, w.refs["checked"], 1, {"drivers": "non_confidential"})
    ),
    catalogue.take_in: alone(_take_in),
    actions_commissions.commission: inside(_commission),
    actions_commissions.end_commission: inside(
        lambda w: actions_commissions.end_commission(
            actor(w, "coordinator"), w.refs["commission"], Ending(1, w.codes["coordinator"])
        )
    ),
    actions_rounds.load: alone(lambda w: actions_rounds.load(_outside(w, "contractor"), w.refs["commission"], FILE)),
    actions_rounds.withdraw: inside(
        lambda w: actions_rounds.withdraw(actor(w, "contractor"), w.refs["loaded"], lock=1)
    ),
    actions_owners.record_owner: inside(_record_owner),
    actions_owners.end_owner: inside(_end_owner),
    catalogue.publish: inside(lambda w: catalogue.publish(STEWARD, w.refs["checked"], 1)),
    reports.switch_register: inside(lambda w: reports.switch_register(actor(w, "coordinator"), on=False, lock=1)),
    rulesets.propose: inside(_propose),
    rulesets.confirm: inside(lambda w: rulesets.confirm(actor(w, "coordinator"), w.refs["rules"], lock=1)),
    rulesets.drop: inside(lambda w: rulesets.drop(actor(w, "dpo"), w.refs["rules"], lock=1)),
    exports.sign: inside(
        lambda w: exports.sign(actor(w, "dpo"), w.refs["proposed"], verdict="signed", reason="", seen_sha256="a" * 64)
    ),
    exports.hand_over: inside(lambda w: exports.hand_over(signed_in(w, "author"), w.refs["release"])),
    exports.complete: alone(_completed),
    exports.order_protected: inside(
        lambda w: exports.order_protected(one(Version, Version.ref == w.refs["checked"]).id)
    ),
    exports.order_release: inside(lambda w: exports.order_release(request(w, "offered").id)),
    exports.admit: told(lambda w: exports.admit(request(w, "active").id, w.people["unnamed"].id)),
    exports.expire: alone(_expired),
    actions_ends.stop: inside(
        lambda w: actions_ends.stop(
            actor(w, "dpo"), w.refs["release"], "revoke", reason="A mistake.", code=w.codes["dpo"], lock=1
        )
    ),
    actions_ends.end: inside(lambda w: actions_ends.end(KEEPER, _release(w, "release"), "expired")),
    actions_ends.end_of_request: inside(
        lambda w: actions_ends.end_of_request(KEEPER, _release(w, "release").request_id, "revoked")
    ),
    actions_ends.follow: inside(lambda w: actions_ends.follow(KEEPER, [(_release(w, "release"), "expired")])),
    actions_closing.close: alone(_closing),
    actions_closing.close_due: alone(lambda _w: actions_closing.close_due()),
    actions_duties.open_for: inside(_owing),
    actions_duties.bring_forward: inside(_forward),
    actions_duties.attest: inside(_attest),
    actions_loss.lose: inside(_lose),
    actions_duties.countersign: inside(
        lambda w: actions_duties.countersign(actor(w, "focal"), w.refs["attested"], lock=1)
    ),
    actions_duties.send_back: inside(
        lambda w: actions_duties.send_back(actor(w, "focal"), w.refs["attested"], lock=1, reason="It is still there.")
    ),
    actions_duties.waive: inside(
        lambda w: actions_duties.waive(actor(w, "dpo"), w.refs["duty"], lock=1, reason="A court.", code=w.codes["dpo"])
    ),
    actions_duties.check: inside(lambda w: actions_duties.check(actor(w, "dpo"), w.refs["attested"], lock=1)),
    actions_duties.by_the_clock: inside(_late),
    actions_check.check: inside(
        lambda w: actions_check.check(
            actor(w, "dpo"),
            w.refs["checking"],
            Checked(1, "Looked at it.", w.codes["dpo"], "hand_out", "c" * 64),
        )
    ),
    actions_check.let_judge: inside(
        lambda w: actions_check.let_judge(
            actor(w, "dpo"), w.refs["referred"], Checked(1, "They narrowed it.", w.codes["dpo"])
        )
    ),
    actions_held.build_again: inside(
        lambda w: actions_held.build_again(actor(w, "steward"), w.refs["held_release"], lock=1)
    ),
    actions_review.remind: inside(_due),
    actions_held.protect_again: inside(
        lambda w: actions_held.protect_again(actor(w, "steward"), w.refs["held_file"], lock=1)
    ),
    actions_stop.hold: inside(_hold),
    actions_freeze.freeze: inside(_freeze),
    actions_freeze.propose_lift: inside(
        lambda w: actions_freeze.propose_lift(
            actor(w, "dpo"), w.refs["freeze"], lock=1, reason="It is over.", code=w.codes["dpo"]
        )
    ),
    actions_freeze.keep: inside(lambda w: actions_freeze.keep(actor(w, "dpo"), w.refs["lifting"], lock=1)),
    actions_freeze.lift: inside(
        lambda w: actions_freeze.lift(actor(w, "head"), w.refs["lifting"], lock=1, code=w.codes["head"])
    ),
    actions_freeze.watch: inside(lambda _w: actions_freeze.watch(KEEPER)),
    incidents_clock.remind: inside(lambda _w: incidents_clock.remind(KEEPER)),
    emergencies.ask: inside(_hurry),
    emergencies.answer: inside(
        lambda w: emergencies.answer(
            actor(w, "wana"), w.refs["emergency"], Said("WANA", "agree", "", w.codes["wana"], 1)
        )
    ),
    emergencies.withdraw: inside(lambda w: emergencies.withdraw(actor(w, "author"), w.refs["emergency"], lock=1)),
    emergencies.review: inside(
        lambda w: emergencies.review(
            actor(w, "dpo"), w.refs["granted"], Review("stop", "A mistake.", w.codes["dpo"], 1)
        )
    ),
    emergencies_clock.by_the_clock: inside(_forgotten),
    incidents.report: inside(
        lambda w: incidents.report(actor(w, "author"), Report("loss", "It is lost.", clock.now(), None, ()))
    ),
    incidents.note: inside(
        lambda w: incidents.note(actor(w, "author"), w.refs["incident"], kind="note", text="One more.")
    ),
    incidents.link_release: inside(
        lambda w: incidents.link_release(actor(w, "dpo"), w.refs["incident"], request(w, "active").number)
    ),
    incidents.link_freeze: inside(
        lambda w: incidents.link_freeze(
            actor(w, "dpo"), _incident(w, "incident"), one(Freeze, Freeze.ref == w.refs["freeze"]), []
        )
    ),
    incidents.correct: inside(
        lambda w: incidents.correct(
            actor(w, "dpo"), w.refs["incident"], Awareness(1, clock.now(), "Earlier.", w.codes["dpo"])
        )
    ),
    incidents.begin: inside(lambda w: incidents.begin(actor(w, "dpo"), w.refs["incident"], lock=1)),
    incidents.reassess: inside(
        lambda w: incidents.reassess(
            actor(w, "dpo"), w.refs["not_required"], lock=1, reason="New.", code=w.codes["dpo"]
        )
    ),
    incidents.decide: inside(
        lambda w: incidents.decide(
            actor(w, "dpo"), w.refs["assessing"], Assessment(1, "notify", "some", "So.", "", w.codes["dpo"])
        )
    ),
    incidents.close: inside(
        lambda w: incidents.close(actor(w, "dpo"), w.refs["notified"], lock=1, reason="Over.", code=w.codes["dpo"])
    ),
    actions_clock.expire_due: inside(_clock),
    actions_decide.decide: inside(
        lambda w: actions_decide.decide(
            actor(w, "wana"), w.refs["WANA_track"], verdict(w, "wana", _track(w).slice_sha256)
        )
    ),
    actions_decide.conclude: inside(lambda w: actions_decide.conclude(actor(w, "wana"), _weighed(w))),
    actions_together.approve: inside(_together),
    actions_team.take_out: inside(
        lambda w: actions_team.take_out(
            actor(w, "author"), w.refs["active"], w.people["named"].ref, lock=request(w, "active").lock
        )
    ),
    actions_draft.begin: inside(_empty_draft),
    actions_mail.enter: inside(
        lambda w: actions_mail.enter(
            actor(w, "coordinator"), Mail(w.people["author"].ref, "4mi-core", clock.today("UTC"))
        )
    ),
    actions_mail.hand_over: inside(
        lambda w: actions_mail.hand_over(actor(w, "coordinator"), w.refs["entered"], lock=request(w, "entered").lock)
    ),
    actions_draft.start: inside(lambda w: actions_draft.start(actor(w, "author"), "4mi-core")),
    actions_draft.save: inside(
        lambda w: actions_draft.save(
            actor(w, "author"), w.refs["draft"], "variables", {"variables": []}, lock=request(w, "draft").lock
        )
    ),
    actions_submit.submit: inside(
        lambda w: actions_submit.submit(actor(w, "author"), w.refs["draft"], lock=request(w, "draft").lock)
    ),
    actions_submit.answer: inside(_answer),
    actions_open.open_track: inside(_open_track),
    actions_open.tell: inside(lambda w: actions_open.tell(actor(w, "author"), _track(w))),
    actions_officer.decide: inside(
        lambda w: actions_officer.decide(
            actor(w, "dpo"), w.refs["at_officer"], verdict(w, "dpo", scope_of(w, "at_officer").sha256)
        )
    ),
    actions_officer.stop: inside(
        lambda w: actions_officer.stop(
            actor(w, "dpo"), w.refs["active"], "revoke", reason="A reason.", code=w.codes["dpo"]
        )
    ),
    actions_requester.accept: inside(
        lambda w: actions_requester.accept(actor(w, "author"), w.refs["offered"], sha256=scope_of(w, "offered").sha256)
    ),
    actions_requester.withdraw: inside(
        lambda w: actions_requester.withdraw(actor(w, "author"), w.refs["sent"], lock=request(w, "sent").lock)
    ),
    actions_extension.ask: inside(
        lambda w: actions_extension.ask(
            actor(w, "author"),
            w.refs["active"],
            ends_on=request(w, "active").ends_on + dt.timedelta(days=1),
            reason="Because the report comes out later.",
            lock=request(w, "active").lock,
        )
    ),
    actions_extension.ask_to_join: inside(
        lambda w: actions_extension.ask_to_join(
            actor(w, "author"),
            w.refs["active"],
            newcomer=w.people["focal"].ref,
            reason="They write the second chapter of it.",
            lock=request(w, "active").lock,
        )
    ),
    actions_extension.answer_region: inside(
        lambda w: actions_extension.answer_region(actor(w, "wana"), w.refs["prolonged_track"], _consent(w, "wana"))
    ),
    actions_extension.answer_officer: inside(
        lambda w: actions_extension.answer_officer(actor(w, "dpo"), w.refs["prolonged"], _consent(w, "dpo"))
    ),
    actions_extension.withdraw: inside(
        lambda w: actions_extension.withdraw(actor(w, "author"), w.refs["prolonged"], lock=1)
    ),
    actions_extension.lapse_due: inside(_orphaned),
    actions_extension.lapse: inside(lambda w: actions_extension.lapse(KEEPER, request(w, "prolonged"))),
    actions_renewal.confirm: inside(_confirm),
    actions_renewal.pause: inside(_pause),
    actions_renewal.carry: inside(_carry),
    actions_clock.follow: inside(_follow),
    actions_settle.keep_beyond: told(
        lambda w: actions_settle.keep_beyond(
            request(w, "active"), from_content(scope_of(w, "active").content), "extended"
        )
    ),
    actions_settle.run_longer: told(
        lambda w: actions_settle.run_longer(
            request(w, "active"), scope_of(w, "active"), request(w, "active").ends_on + dt.timedelta(days=1)
        )
    ),
    actions_run.order: inside(
        lambda w: actions_run.order(signed_in(w, "author"), w.refs["feed"], file_ref=w.refs["partner_file"])
    ),
    actions_dpia.keep: inside(lambda w: actions_dpia.keep(actor(w, "dpo"), w.refs["agreement"], _assessed(w))),
    actions_dpia.withdraw: inside(
        lambda w: actions_dpia.withdraw(
            actor(w, "dpo"), w.refs["signing_agreement"], ASSESSMENT, reason="A reason.", code=w.codes["dpo"], lock=1
        )
    ),
    actions_dpia.remind: inside(_assessment_due),
    actions_copy.copy: inside(lambda w: actions_copy.copy(actor(w, "author"), w.refs["sent"])),
    actions_talk.say: inside(
        lambda w: actions_talk.say(actor(w, "author"), w.refs["sent"], text="A word.", staff_only=False, key="a" * 32)
    ),
    actions_deputies.name: inside(_name_deputy),
    actions_deputies.revoke: inside(
        lambda w: actions_deputies.revoke(actor(w, "wana"), w.refs["deputyship"], lock=one(Deputyship).lock)
    ),
    actions_replace.recuse: inside(_recuse),
    actions_replace.reassign: inside(_reassign),
    actions_silence.chase: inside(lambda _w: actions_silence.chase(KEEPER, clock.now() + dt.timedelta(days=30))),
    actions_papers.attach: alone(lambda w: actions_papers.attach(actor(w, "author"), w.refs["draft"], _approval())),
    actions_papers.add: inside(_add_paper),
    actions_papers.hand_over: inside(lambda w: actions_papers.hand_over(actor(w, "dpo"), w.refs["sent"], PAPER)),
    actions_papers.remove: inside(lambda w: actions_papers.remove(actor(w, "author"), w.refs["draft"], DRAFT_PAPER)),
    actions_publications.take_on: inside(_owe_text),
    actions_publications.begin: inside(lambda w: actions_publications.begin(actor(w, "author"), w.refs["active"])),
    actions_publications.show: alone(_show_text),
    actions_publications.judge: inside(
        lambda w: actions_publications.judge(
            actor(w, "wana"), w.refs["shown_text"], Judged("clear", "", w.codes["wana"], 1)
        )
    ),
    actions_publications.report: inside(_publish),
    actions_publications.drop: inside(
        lambda w: actions_publications.drop(actor(w, "author"), w.refs["text"], Dropped("No.", 1))
    ),
    actions_publications.lapse_due: inside(_leave_unanswered),
    actions_obligations.take_on: inside(_take_on),
    actions_obligations.report: inside(
        lambda w: actions_obligations.report(actor(w, "author"), w.refs["obligation"], Reported("Done.", 1))
    ),
    actions_obligations.judge: inside(
        lambda w: actions_obligations.judge(
            actor(w, "wana"), w.refs["reported"], Judged("confirm", "", w.codes["wana"], 1)
        )
    ),
    actions_split.split: inside(
        lambda w: actions_split.split(actor(w, "author"), w.refs["half"], lock=request(w, "half").lock)
    ),
    actions_settle.settle: inside(_settle),
    actions_settle.keep: told(_keep),
    actions_settle.refresh: told(lambda w: actions_settle.refresh(_track(w), slice_sha256="1" * 64)),
    actions_settle.reopen: inside(
        lambda w: actions_settle.reopen(next(t for t in request(w, "at_officer").tracks if t.region == "ESA"))
    ),
    actions_settle.close: inside(lambda w: actions_settle.close(_track(w))),
    actions_settle.close_all: inside(lambda w: actions_settle.close_all(request(w, "sent"))),
}
LOOKS = {
    auth.shut_out: inside(lambda w: auth.shut_out(one(Person, Person.ref == w.refs["victim"]))),
    actions_join.needs_factor: inside(lambda w: actions_join.needs_factor(_invitation(w))),
    exports.sweep: alone(lambda _w: exports.sweep()),
    actions_decide.weigh: inside(_weighed),
    actions_decide.judge: inside(lambda w: actions_decide.judge(_weighed(w))),
    actions_decide.seat_of: inside(lambda w: actions_decide.seat_of(actor(w, "wana"), _track(w))),
    actions_replace.candidates: inside(lambda w: actions_replace.candidates(_track(w))),
    actions_silence.age: inside(lambda w: actions_silence.age(_track(w))),
    actions_split.may_split: inside(lambda w: actions_split.may_split(request(w, "half"))),
    actions_split.held_up_by: inside(lambda w: actions_split.held_up_by(request(w, "half"))),
    actions_settle.standing: inside(lambda w: actions_settle.standing(request(w, "sent"))),
    actions_settle.reduced: inside(lambda w: actions_settle.reduced(actions_settle.standing(request(w, "at_officer")))),
    actions_settle.decisions: inside(lambda w: actions_settle.decisions(request(w, "at_officer"))),
    actions_settle.refusal: inside(lambda w: actions_settle.refusal(request(w, "at_officer").decisions[0])),
    actions_submit.freeze: inside(lambda w: actions_submit.freeze(actor(w, "author"), request(w, "draft"))),
}


OFFICES = ("head", "focal", "administrator")


class Codes(dict):
    """The code of this moment by name: all deeds together take longer than a code is good for."""

    def __getitem__(self, name):
        return pyotp.TOTP(super().__getitem__(name)).generate_otp(onetime.step_at(clock.now()))


def _secret(world, name):
    with world.app.app_context(), transaction():
        return onetime.secret_of(session().get(Person, world.people[name].id))


def prepare(world):
    """Let a download be under way and a release be late, and take the codes that deeds ask for."""
    world.changed = True
    with world.app.app_context(), factories.given():
        release = one(Release, Release.ref == world.refs["release"])
        download = Download(release_id=release.id, person_id=world.people["author"].id)
        session().add(download)
        late = Release(
            request_id=release.request_id,
            scope_id=release.scope_id,
            protected_file_id=release.protected_file_id,
            build_key="late",
            status="available",
            expires_at=clock.now() - dt.timedelta(days=1),
        )
        session().add(late)
        session().flush()
        world.refs["download"] = download.ref
        owed = _duty(world, "duty").release
        session().scalars(select(Probe).where(Probe.release_id == owed.id, Probe.name == "blob")).one().status = "open"
        world.refs["open_id"] = owed.id
    world.codes = Codes(
        {name: _secret(world, name) for name in ("author", "pending", "wana", "dpo", "coordinator", *OFFICES)}
    )
