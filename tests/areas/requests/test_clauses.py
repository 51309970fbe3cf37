"""Every clause at every moment: what passes, and what is refused under that clause's own name, by the real actions.

One world is asked about once; each case changes it inside a transaction that is then undone. A control that stood on a
page only would not be seen here: no page is asked.
"""

import datetime as dt
import shutil
from dataclasses import replace
from secrets import token_hex
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, select

from portal import clock, errors
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.agreements.models_acceptance import Acceptance
from portal.agreements.terms import ASKED_AT, CLAUSES, ENFORCEMENT, MOMENTS
from portal.app import create_app
from portal.auth import queries as auth
from portal.auth.models import Organisation, Person, SignIn
from portal.db import db, session, transaction
from portal.errors import NotAllowed, NotFound, TermsForbid, Withheld
from portal.exports import actions as exports
from portal.exports import actions_held
from portal.exports.building import BUILD
from portal.exports.models import Allowance, Release
from portal.requests import actions_decide, actions_officer, actions_submit, queries
from portal.requests.models import Request, Scope, Track
from portal.requests.schemas import Verdict
from tests import conftest, factories
from tests.areas.auth.pages import token_of
from tests.areas.requests.scene import World
from tests.house.standing import build

SOON, LATER = 5, 10
VARIABLES = ("drivers", "bribe_paid")
AGREED = {
    "onward_sharing": "named",
    "onward_bodies": ["A sister body"],
    "matching": "named",
    "ip_ranges": ["192.0.2.0/24", "2001:db8::/32"],
}


def ahead(days):
    return clock.today() + dt.timedelta(days=days)


# clause: what of the agreement makes the standing request break it
NARROWED = {
    "status": lambda one: {"status": "signing"},
    "start": lambda one: {"starts_on": ahead(2)},
    "end": lambda one: {"ends_on": ahead(-3)},
    "purpose": lambda one: {"purposes": ["protection"]},
    "dataset": lambda one: {"datasets": ["4mi-incidents"]},
    "regions": lambda one: {"regions": ["LAC"]},
    "tier": lambda one: {"tier": "event"},
    "sensitivity": lambda one: {"most_sensitive": 1},
    "request_end": lambda one: {"ends_on": ahead(SOON)},
    "outputs": lambda one: {"outputs": ["dashboard"]},
    "onward": lambda one: {"onward_sharing": "none"},
    "matching": lambda one: {"matching": "forbidden"},
    "address": lambda one: {"ip_ranges": ["198.51.100.0/24"]},
    "factors": lambda one: {"factors": ["hwk"]},
}
# (clause, moment): who stops it before the agreement is asked, and why that is enough
EARLIER = {
    ("status", "submit"): "the rule: who has no running agreement may not edit or send (NotAllowed, or TermsForbid)",
    ("status", "download"): "the rule of a download asks for an active agreement: NotAllowed",
    ("organisation", "download"): "the rule of a download asks whose request it is: NotFound or NotAllowed",
}
ALONG = {"end": {"end", "request_end"}}  # an agreement that is over ends before any request


class Asked(World):
    """A draft, a request before its region, one before the officer, and a release that is held and one to fetch."""

    def __init__(self, app):
        super().__init__(app, lambda person: self._signed_in(app, person), **AGREED)
        why = {"ends_on": ahead(LATER).isoformat(), "onward": "named", "matching": "named"}
        why |= {"matching_with": "A census of 2020", "variables": VARIABLES}
        self.refs = {"draft": self.start()}
        self.fill(self.refs["draft"], **why)
        self.refs["sent"] = self.sent(**why)
        self.forget_codes()
        self.refs["at_officer"] = self.offered(**why)
        self.forget_codes()
        self.refs["active"] = self.offered(**why)
        self.forget_codes()
        assert self.officer(self.refs["active"]).status_code == 303
        assert self.accept(self.refs["active"]).status_code == 303
        self.forget_codes()
        with app.app_context(), factories.given():
            release = session().scalars(select(Release)).one()
            build(release, b"PK a package")
            session().add(Allowance(release_id=release.id, person_id=self.people["anna"].id, remaining=9))
            session().add(Allowance(release_id=release.id, person_id=self.people["ben"].id, remaining=9))
            alike = {name: getattr(release, name) for name in ("request_id", "scope_id", "protected_file_id")}
            held = Release(**alike, build_key="held", status="held", held_as="terms", held_reason="")
            waiting = Release(**alike, build_key="waiting", status="queued")
            mmc = select(Organisation).where(Organisation.kind == "mmc")
            steward = factories.a_person(organisation=session().scalars(mmc).one(), roles=[Role.STEWARD])
            session().add_all([held, waiting])
            session().flush()
            self.refs |= {"release": release.ref, "held": held.ref, "waiting": waiting.ref}
            self.people["steward"] = steward
        for name in ("anna", "ben", "wana", "dpo", "steward"):
            self.browser(name)

    @staticmethod
    def _signed_in(app, person):
        with app.app_context(), factories.given():
            token = factories.a_session(person)
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        browser.set_cookie("portal_session", token, domain="localhost")
        return browser


@pytest.fixture(scope="module")
def asked(tmp_path_factory, keys_template, database_template):
    instance = tmp_path_factory.mktemp("clauses") / "instance"
    instance.mkdir(mode=0o700)
    shutil.copytree(keys_template, instance / "keys")
    if conftest.SERVER:
        name = f"portal_clauses_{token_hex(4)}"
        conftest._admin(f"CREATE DATABASE {name} TEMPLATE {database_template}")
        url = conftest._with_database(name)
    else:
        shutil.copyfile(database_template, instance / "portal.sqlite3")
        url = f"sqlite:///{instance / 'portal.sqlite3'}"
    settings = conftest._settings(instance, url)
    app = create_app(replace(settings, redis_url="unix:///nonexistent/q.sock"))
    yield Asked(app)
    with app.app_context():
        db.engine.dispose()
    if conftest.SERVER:
        conftest._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def actor(world, name):
    """Somebody as they stand at the door: in the session of their browser, with a code given just now."""
    person = session().scalars(select(Person).where(Person.ref == world.people[name].ref)).one()
    latest = select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id.desc()).limit(1)
    signed_in = session().scalars(latest).one()
    signed_in.proved_at = clock.now()
    session().flush()
    return replace(auth.actor_of(person, signed_in), authentication=("pwd", "otp"), address="192.0.2.7")


def one(model, ref):
    return session().scalars(select(model).where(model.ref == ref)).one()


def submit(world, who):
    ref = world.refs["draft"]
    return actions_submit.submit(who, ref, lock=one(Request, ref).lock)


def decide(world, _who):
    track = (
        session()
        .scalars(select(Track).join(Request).where(Request.ref == world.refs["sent"], Track.region == "WANA"))
        .one()
    )
    return actions_decide.decide(actor(world, "wana"), track.ref, verdict(world, "wana", track.slice_sha256))


def officer(world, _who):
    ref = world.refs["at_officer"]
    seen = queries.scope_of(one(Request, ref).scope).sha256()
    return actions_officer.decide(actor(world, "dpo"), ref, verdict(world, "dpo", seen))


def verdict(world, name, sha256):
    code = world.codes[name]
    return Verdict(verb="approve", sha256=sha256, key=token_hex(16), code=code, refused={}, rationale="Fine.")


def build_again(world, _who):
    return actions_held.build_again(actor(world, "steward"), world.refs["held"], lock=1)


def download(world, who):
    return exports.hand_over(who, world.refs["release"])


DEEDS = {"submit": submit, "decide": decide, "decide: officer": officer, "build": build_again, "download": download}
CONCERNED = {"submit": "draft", "decide": "sent", "decide: officer": "at_officer"}


def trying(world, deed, change=lambda _agreement: None, **who):
    """Do a deed after a change, and undo both; return what refused it, None if nothing did."""
    world.codes = {name: world.code(name) for name in ("wana", "dpo")}
    undo = errors.LostFence("undo")
    with world.app.app_context():
        try:
            with transaction():
                change(one(Agreement, world.people["agreement"]))
                session().flush()
                DEEDS[deed](world, replace(actor(world, "anna"), **who))
                raise undo
        except (TermsForbid, NotAllowed, NotFound) as refused:
            return refused
        except errors.LostFence:
            return None


def narrow(clause):
    def change(agreement):
        for name, value in NARROWED[clause](agreement).items():
            setattr(agreement, name, value)
        session().flush()
        everyone_accepts(agreement)  # these very terms: only the clause itself is asked here

    return change


def everyone_accepts(agreement):
    for person in session().scalars(select(Person)):
        factories.an_acceptance(person, agreement)


def another_house(agreement):
    other = select(Organisation).where(Organisation.name == "Other partner")
    agreement.organisation = session().scalars(other).one()
    everyone_accepts(agreement)


def nobody_accepted(world):
    def change(_agreement):
        session().execute(delete(Acceptance))
        request = one(Request, world.refs["draft"])
        request.draft = {**request.draft, "team": {**request.draft["team"], "terms": "0" * 64}}

    return change


def for_enforcement(world, purpose):
    """Let a request have come by a forbidden purpose behind everybody's back, and the agreement say that it may."""

    def change(agreement):
        agreement.purposes = [*agreement.purposes, purpose]
        session().flush()
        everyone_accepts(agreement)
        for scope in session().scalars(select(Scope)):
            scope.content = {**scope.content, "purpose": purpose}
        draft = one(Request, world.refs["draft"])
        draft.draft = {**draft.draft, "why": {**draft.draft["why"], "purpose": purpose}}

    return change


def change_for(world, clause):
    special = {
        "organisation": another_house,
        "acceptance": nobody_accepted(world),
        "enforcement": for_enforcement(world, "border_control"),
    }
    return special.get(clause) or narrow(clause)


@pytest.mark.parametrize("deed", DEEDS)
def test_what_the_agreement_allows_passes_at_every_moment(asked, deed):
    assert trying(asked, deed) is None


CASES = [(clause, deed) for clause in CLAUSES for deed in DEEDS]


@pytest.mark.parametrize(("clause", "deed"), CASES, ids=lambda value: value.replace(": ", "-"))
def test_each_clause_refuses_under_its_own_name(asked, clause, deed):
    moment = deed.partition(":")[0]
    refused = trying(asked, deed, change_for(asked, clause))
    if moment not in ASKED_AT.get(clause, MOMENTS):
        # Nobody of the partner stands at the door when a region decides or a file is built: there is no address, no
        # sign-in and nobody to accept anything. A sign-in's strength counts where bytes leave.
        assert refused is None
    elif (clause, moment) in EARLIER and not isinstance(refused, TermsForbid):
        assert isinstance(refused, NotAllowed | NotFound), EARLIER[clause, moment]
    else:
        assert isinstance(refused, TermsForbid), refused
        along = {one for one in ALONG.get(clause, {clause}) if moment in ASKED_AT.get(one, MOMENTS)}
        assert set(refused.clauses) == along
        assert refused.agreement == asked.people["agreement"]


@pytest.mark.parametrize("purpose", ENFORCEMENT)
@pytest.mark.parametrize("deed", DEEDS)
def test_enforcement_is_refused_whatever_the_agreement_says(asked, purpose, deed):
    refused = trying(asked, deed, for_enforcement(asked, purpose))
    assert refused.clauses == ("enforcement",)
    assert refused.params["enforcement"] == {"purpose": purpose}


@pytest.mark.parametrize(
    ("deed", "who", "clause"),
    [
        ("download", {"address": "192.0.2.7"}, ""),
        ("download", {"address": "2001:db8::7"}, ""),
        ("download", {"address": "::ffff:192.0.2.7"}, ""),
        ("download", {"address": "192.0.3.7"}, "address"),
        ("download", {"address": ""}, "address"),
        ("download", {"address": "not an address"}, "address"),
        ("submit", {"address": ""}, ""),
        ("submit", {"address": "203.0.113.1"}, "address"),
        ("download", {"authentication": ("pwd",)}, "factors"),
        ("download", {"authentication": ()}, "factors"),
        ("download", {"authentication": ("hwk",)}, ""),
        ("submit", {"authentication": ("pwd",)}, ""),
    ],
)
def test_who_stands_at_the_door_is_judged_there(asked, deed, who, clause):
    refused = trying(asked, deed, **who)
    assert (refused.clauses if refused else ()) == ((clause,) if clause else ())


def test_the_worker_asks_every_clause_again_and_holds_the_file(asked):
    held = SimpleNamespace(target_ref=asked.refs["waiting"], memo={})
    with asked.app.app_context():
        with transaction():
            agreement = one(Agreement, asked.people["agreement"])
            before, agreement.outputs = agreement.outputs, ["dashboard"]
            conftest_note()
        try:
            with pytest.raises(Withheld, match="outputs"):
                BUILD.stages[0].do(held)
        finally:
            with transaction():
                one(Agreement, asked.people["agreement"]).outputs = before
                conftest_note()


def conftest_note():
    from portal.actor import system
    from portal.audit.recorder import record

    session().flush()
    record(system("setup"), "system.setup", target=("system", "tests"))


def test_a_colleague_accepts_for_themselves_and_is_led_back_to_the_file(asked):
    with asked.app.app_context(), pytest.raises(TermsForbid) as refused, transaction():
        exports.hand_over(actor(asked, "ben"), asked.refs["release"])
    assert refused.value.clauses == ("acceptance",)
    # The page offers the terms, not a button that would be refused
    here = f"/requests/{asked.refs['active']}"
    path = f"/releases/{asked.refs['release']}/download"
    page = asked.get("ben", here).text
    assert path not in page
    terms = f"/agreements/{asked.people['agreement']}/terms?next={here}"
    assert terms in page
    # Whoever sends the form all the same is refused in words, with the same way out
    denied = asked.browser("ben").post(
        path,
        data={"csrf_token": token_of(asked.browser("ben"), "/privacy")},
        headers={"Referer": f"http://localhost{here}"},
    )
    assert denied.status_code == 403
    assert terms in denied.text
    assert f'value="{here}"' in asked.get("ben", terms).text
    back = asked.post("ben", terms.partition("?")[0], sha256=asked.terms(), next=here)
    assert (back.status_code, back.headers["Location"]) == (303, here)
    assert path in asked.get("ben", here).text
    fetched = asked.post("ben", path)
    assert (fetched.status_code, fetched.data) == (200, b"PK a package")


def test_from_another_network_the_page_still_shows_the_file_and_the_door_says_why_not(asked):
    away = {"REMOTE_ADDR": "203.0.113.1"}
    path = f"/releases/{asked.refs['release']}/download"
    assert path in asked.browser("anna").get(f"/requests/{asked.refs['active']}", environ_overrides=away).text
    form = {"csrf_token": token_of(asked.browser("anna"), "/privacy")}
    denied = asked.browser("anna").post(path, data=form, environ_overrides=away)
    assert denied.status_code == 403
    assert "192.0.2.0/24" in denied.text


def test_a_scope_from_before_asks_for_every_output_and_nothing_else(asked):
    def older(agreement):
        agreement.onward_sharing, agreement.matching = "none", "forbidden"
        session().flush()
        everyone_accepts(agreement)
        for scope in session().scalars(select(Scope)):
            scope.content = {
                name: value for name, value in scope.content.items() if name not in {"outputs", "onward", "matching"}
            }

    assert trying(asked, "download", older).clauses == ("outputs",)

    def and_all_are_allowed(agreement):
        older(agreement)
        agreement.outputs = ["internal_analysis", "public_report", "academic_publication", "dashboard"]
        agreement.outputs = [*agreement.outputs, "operational_use"]
        session().flush()
        everyone_accepts(agreement)

    assert trying(asked, "download", and_all_are_allowed) is None
