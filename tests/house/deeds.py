"""How each action is called, on the portal of ``standing``: one caller for each, whoever adds an action adds a row.

A caller opens what transactions its action does not open itself. ``LOOKS`` change nothing and so need no event.
"""

import datetime as dt
from dataclasses import replace
from secrets import token_hex

from sqlalchemy import select, update

from portal import clock
from portal.actor import Role, system
from portal.agreements import actions as agreements
from portal.agreements.schemas import NewAgreement
from portal.audit.recorder import record
from portal.auth import actions as auth
from portal.auth import actions_factor, actions_people, queries
from portal.auth.models import Organisation, Person, SignIn
from portal.auth.schemas import NewPerson, Preferences
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.disclosure import ruleset
from portal.exports import actions as exports
from portal.exports import actions_held, actions_review
from portal.exports.models import Download, ProtectedFile, Release
from portal.requests import (
    actions_clock,
    actions_decide,
    actions_draft,
    actions_officer,
    actions_requester,
    actions_settle,
    actions_submit,
)
from portal.requests.models import Request, Scope, Track
from portal.requests.schemas import Verdict
from portal.requests.scope import from_content
from portal.rulesets import actions as rulesets
from portal.rulesets.change import wanted_of
from portal.rulesets.schemas import Proposal
from tests import factories

SETUP, KEEPER, STEWARD = system("setup"), system("keeper"), system("cli", Role.STEWARD)


def actor(world, name):
    return queries.actor_of(one(Person, Person.ref == world.people[name].ref))


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


def _candidate(world):
    with transaction():
        return queries.candidate(world.people["author"].email)


def _sign_in(world):
    candidate = _candidate(world)
    with transaction():
        auth.sign_in_with_password(candidate, matched=True, origin="here")


def _new_agreement(world):
    today = clock.today()
    wanted = NewAgreement(
        organisation=world.refs["partner"],
        title_en="A pact",
        title_fr="Un pacte",
        text_en="",
        starts_on=today,
        ends_on=today + dt.timedelta(days=30),
        time_zone="UTC",
        purposes=("research",),
        datasets=("4mi-core",),
        regions=("WANA",),
        tier="partner",
        most_sensitive=3,
        download_limit=5,
        release_days=30,
    )
    agreements.create(actor(world, "head"), wanted)


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
    catalogue.receive(STEWARD, world.refs["dataset"], catalogue.Upload(file_name="x.csv", source=[b"_uuid\n1\n"]))


def _completed(world):
    """Complete the download that ``standing`` has begun."""
    exports.complete(_outside(world, "author"), world.refs["download"], 10)


def _outside(world, name):
    with transaction():
        return actor(world, name)


def _expired(world):
    """End the release whose time ``late`` has let pass."""
    exports.expire()


def _answer(world):
    returned = request(world, "returned")
    actions_submit.answer(actor(world, "author"), returned.ref, lock=returned.lock, reply="Because.")


def _settle(world):
    """Settle the request whose last open track is declined behind the workflow's back."""
    for track in request(world, "sent").tracks:
        track.status = "declined"
    actions_settle.settle(request(world, "sent"))


def _clock(world):
    actions_clock.expire_due(KEEPER, clock.now() + dt.timedelta(days=400))


def _track(world):
    return one(Track, Track.ref == world.refs["WANA_track"])


def _keep(world):
    asked = request(world, "sent")
    actions_settle.keep(asked, replace(from_content(scope_of(world, "sent").content), why="1" * 64), "asked")


DEEDS = {
    agreements.create: inside(_new_agreement),
    agreements.activate: inside(lambda w: agreements.activate(actor(w, "head"), w.refs["draft_agreement"])),
    agreements.expire_due: inside(lambda _w: agreements.expire_due(KEEPER, clock.now() + dt.timedelta(days=400))),
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
    catalogue.publish: inside(lambda w: catalogue.publish(STEWARD, w.refs["checked"], 1)),
    rulesets.propose: inside(_propose),
    rulesets.confirm: inside(lambda w: rulesets.confirm(actor(w, "coordinator"), w.refs["rules"], lock=1)),
    rulesets.drop: inside(lambda w: rulesets.drop(actor(w, "dpo"), w.refs["rules"], lock=1)),
    exports.sign: inside(
        lambda w: exports.sign(actor(w, "dpo"), w.refs["proposed"], verdict="signed", reason="", seen_sha256="a" * 64)
    ),
    exports.hand_over: inside(lambda w: exports.hand_over(actor(w, "author"), w.refs["release"])),
    exports.complete: alone(_completed),
    exports.order_protected: inside(
        lambda w: exports.order_protected(one(Version, Version.ref == w.refs["checked"]).id)
    ),
    exports.order_release: inside(lambda w: exports.order_release(request(w, "offered").id)),
    exports.expire: alone(_expired),
    actions_held.build_again: inside(
        lambda w: actions_held.build_again(actor(w, "steward"), w.refs["held_release"], lock=1)
    ),
    actions_review.remind: inside(_due),
    actions_held.protect_again: inside(
        lambda w: actions_held.protect_again(actor(w, "steward"), w.refs["held_file"], lock=1)
    ),
    actions_clock.expire_due: inside(_clock),
    actions_decide.decide: inside(
        lambda w: actions_decide.decide(
            actor(w, "wana"), w.refs["WANA_track"], verdict(w, "wana", _track(w).slice_sha256)
        )
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
    exports.sweep: alone(lambda _w: exports.sweep()),
    actions_decide.part_of: inside(lambda w: actions_decide.part_of(_track(w))),
    actions_settle.standing: inside(lambda w: actions_settle.standing(request(w, "sent"))),
    actions_settle.reduced: inside(lambda w: actions_settle.reduced(actions_settle.standing(request(w, "at_officer")))),
    actions_settle.refusal: inside(lambda w: actions_settle.refusal(request(w, "at_officer").decisions[0])),
    actions_submit.freeze: inside(lambda w: actions_submit.freeze(request(w, "draft"))),
}


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
    world.codes = {name: world.code(name) for name in ("author", "pending", "wana", "dpo")}
