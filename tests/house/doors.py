"""Who may go through which door: every address and method of the portal, by hand, once.

``may`` go through and get ``answer``, which leaves ``events``; ``sees`` know the thing but may not do this to it (403).
Everybody else is refused: strangers to the portal by sign-in, whoever lacks the role by 403, the rest by 404, as if
there were nothing. A door may stand here several times, once for each state of the thing behind it.
"""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from portal import clock
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.db import transaction
from portal.disclosure import ruleset
from portal.emergencies.models import Emergency
from portal.requests import renewals
from portal.requests.models import Request, Scope, Track
from portal.requests.models_extension import Extension
from tests import factories
from tests.house.standing import (
    ASSESSMENT,
    CONTRACTORS,
    DOCUMENT,
    DRAFT_PAPER,
    EVERYBODY,
    INDOORS,
    INSIDE,
    NOWHERE,
    PAPER,
    PARTNERS,
    STAFF,
)


def nothing(_world, _name):
    return {}


@dataclass(frozen=True)
class Door:
    """One row: a method and an address, what stands behind it, and who gets through."""

    method: str
    rule: str
    may: tuple[str, ...]
    about: str = ""
    sees: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # who is refused by an agreement's clauses, or for want of one
    answer: int = 200
    events: tuple[str, ...] | Callable | None = None  # of those who may; None: the one the door declares
    fields: Callable = nothing
    values: dict = field(default_factory=dict)
    asks: str = ""  # behind the address
    apart: bool = False  # what one does here does not change what the next finds

    @property
    def name(self):
        return " ".join(filter(None, (self.method, self.rule, *self.values.values(), self.about)))

    def path(self, world, ref=""):
        place = "<token>" if "<token>" in self.rule else "<ref>"
        path = self.rule.replace(place, ref or (world.refs[self.about] if self.about else NOWHERE))
        for name, value in self.values.items():
            path = path.replace(f"<{name}>", value)
        return path.replace("<path:filename>", "site.css") + self.asks


def some(*parts):
    """Flatten names and groups of names."""
    return tuple(name for part in parts for name in ([part] if isinstance(part, str) else part))


def roles(*names):
    """Return these members of staff and their likes inside the organisation that asks."""
    return tuple(one for one in (*STAFF, *INSIDE) if one in names or one.removeprefix("inside_") in names)


ASKERS = ("author", "named", "unnamed", "stranger")
MANAGERS = ("wana", "lac", "inside_manager")
OFFICERS = roles("dpo", "head", "coordinator")
DRAFTERS = OFFICERS
MAKERS = ("coordinator", "dpo", "head")  # of MMC's side: not of the house they agree with
INSIDE_MAKERS = ("inside_coordinator", "inside_dpo", "inside_head")
NEGOTIATE = ("author", "focal")
DECIDERS = some(MANAGERS, roles("project_manager", "coordinator"))
OVERSEERS = some(DECIDERS, roles("dpo", "head"))
PREPARERS = roles("steward", "project_manager", "coordinator")
CHANGERS = roles("coordinator", "dpo")
MENDERS = roles("steward", "coordinator")
REVIEWERS = roles("steward", "project_manager", "coordinator", "dpo", "head")
AGREED = some("author", "named", "unnamed", "focal")
READ_AGREEMENTS = some(MANAGERS, REVIEWERS)
IN_CATALOGUE = tuple(name for name in INDOORS if "administrator" not in name and name not in CONTRACTORS)
TEAM = some("author", "named", "focal")
HURRIED = some("author", "focal", "wana", "project_manager", "inside_manager", OFFICERS)
DPO = roles("dpo")
STOPPERS = roles("dpo", "head")
PARTIES = some("author", "focal", STOPPERS)
ADMINISTRATORS = roles("administrator")
SEE_PEOPLE = roles("administrator", "coordinator", "dpo")
INVITERS = some(roles("administrator", "coordinator"), "focal", "focal_elsewhere")
SEE_HOUSES = some(SEE_PEOPLE, "focal", "focal_elsewhere")
WATCHERS = some(
    "steward", "dpo", "coordinator", "head", "inside_steward", "inside_dpo", "inside_coordinator", "inside_head"
)


def seen(key):
    """Return the fields of a button on a request's page."""

    def made(world, _name):
        (request,) = world.look(Request, Request.ref == world.refs[key])
        scopes = world.look(Scope, Scope.request_id == request.id)
        sha256 = next((one.sha256 for one in scopes if one.id == request.scope_id), "")
        return {"lock": request.lock, "sha256": sha256, "reply": "Because."}

    return made


def sending(world, _name):
    return {"lock": world.lock(world.refs["draft"])}


def kept(world, _name):
    return {"lock": world.lock(world.refs["draft"]), "variables": ["drivers"], "go": "save"}


def verdict(world, name):
    track = world.tracks(world.refs["sent"])["WANA"]
    return _decision(world, name) | {"sha256": track.slice_sha256}


def mailed(world, _name):
    return {"requester": world.people["author"].ref, "dataset": "4mi-core", "mailed_on": clock.today().isoformat()}


def filled(world, name):
    return {
        "lock": world.lock(world.refs["entered"]),
        "variables": ["drivers"] if name == "author" else [],
        "go": "save",
    }


def held_draft(world, _name):
    return {"lock": world.lock(world.refs["entered"])}


def leaver(world, _name):
    return {"person": world.people["named"].ref, "lock": world.lock(world.refs["active"])}


def newcomer(world, _name):
    why = "They write the second chapter of it."
    return {"newcomer": world.people["focal"].ref, "reason": why, "lock": world.lock(world.refs["active"])}


def several(world, name):
    track = world.tracks(world.refs["green"])["WANA"]
    return {"part": [f"{track.ref}.{track.slice_sha256}"], "key": token_hex(16), "code": world.code(name)}


def confirmed(world, _name):
    (request,) = world.look(Request, Request.ref == world.refs["waiting"])
    with world.app.app_context(), transaction() as current:
        row, renewal = (
            current.get_one(Request, request.id),
            current.query(Agreement).filter_by(ref=world.refs["renewal"]).one(),
        )
        sha256, terms = renewals.under(row, renewal).sha256(), sha256_of(renewal)
    return {"sha256": sha256, "terms": terms, "same": "yes", "accepted": "yes"}


def longer(world, _name):
    (request,) = world.look(Request, Request.ref == world.refs["active"])
    later = request.ends_on + dt.timedelta(days=1)
    return {"ends_on": later.isoformat(), "reason": "Because the report comes out later.", "lock": request.lock}


def agreed(world, name):
    (asking,) = world.look(Extension, Extension.newcomer_id.is_(None))
    return {"verb": "agree", "sha256": asking.sha256, "code": world.code(name), "rationale": ""}


def officers_verdict(world, name):
    return _decision(world, name) | {"sha256": seen("at_officer")(world, name)["sha256"]}


def _decision(world, name):
    return {"verb": "approve", "key": token_hex(16), "rationale": "Fine.", "code": world.code(name)}


def stop(world, name):
    return {"verb": "suspend", "reason": "Wait.", "code": world.code(name)}


def freeze(world, name):
    return {"kind": "person", "target": world.refs["victim"], "reason": "A laptop is lost.", "code": world.code(name)}


def reasoned(world, name):
    return {"lock": "1", "reason": "A long enough reason.", "code": world.code(name)}


def coded(world, name):
    return {"lock": "1", "code": world.code(name)}


def hurried(world, _name):
    asked = {"dataset": world.refs["dataset"], "countries": "COL", "years": "2019"}
    return asked | dict.fromkeys(("happened", "needed_for"), "A long enough reason.")


def hurried_answer(office):
    return lambda world, name: {"office": office, "verb": "agree", "code": world.code(name), "lock": "1"}


def looked_at(world, name):
    (found,) = world.look(Emergency, Emergency.ref == world.refs["granted"])
    return {"verb": "review", "note": "It is in order.", "code": world.code(name), "lock": found.lock}


def report(_world, _name):
    return {"kind": "loss", "text": "A laptop is lost on a bus.", "noticed_at": "2020-01-01T10:00"}


def corrected(world, name):
    return reasoned(world, name) | {"aware_at": "2020-01-01T10:00"}


def linked(world, _name):
    (request,) = world.look(Request, Request.ref == world.refs["active"])
    return {"number": request.number}


def assessment(world, name):
    return reasoned(world, name) | {"verb": "notify", "risk": "some", "late_because": "It took long."}


def agreement(world, _name):
    today = clock.today()
    return {
        "organisation": world.refs["partner"],
        "title_en": "A pact",
        "title_fr": "Un pacte",
        "starts_on": today.isoformat(),
        "ends_on": today.replace(year=today.year + 1, day=1).isoformat(),
        "time_zone": "UTC",
        "purposes": "research",
        "datasets": "4mi-core",
        "regions": "WANA",
        "tier": "partner",
        "most_sensitive": "3",
        "download_limit": "5",
        "release_days": "30",
        "outputs": "internal_analysis",
    }


def terms_read(world, _name):
    return {"sha256": world.terms()}


def _agreement(world, key):
    (found,) = world.look(Agreement, Agreement.ref == world.refs[key])
    return found


def of_agreement(key, **more):
    """Return the fields of a form on an agreement's page."""

    def made(world, name):
        coded = {"code": world.code(name)} if more.get("code") else {}
        return {"lock": _agreement(world, key).lock, **more, **coded}

    return made


def the_text(key, **more):
    """Return the fields of a form that binds to an agreement's text."""

    def made(world, name):
        found = _agreement(world, key)
        with world.app.app_context(), transaction() as current:
            sha256 = sha256_of(current.get_one(Agreement, found.id))
        return of_agreement(key, **more, code=True)(world, name) | {"sha256": sha256}

    return made


def saved(world, name):
    return agreement(world, name) | {"lock": _agreement(world, "draft_agreement").lock}


def signs(world, name):
    sent = the_text("signing_agreement")(world, name)
    sent.pop("lock")
    return sent


def a_paper(_world, _name):
    return {"purpose": "signed", "note": "", "file": (io.BytesIO(b"%PDF-1.7\n%%EOF\n"), "signed.pdf")}


def an_approval(_world, _name):
    return a_paper(_world, _name) | {"purpose": "ethics"}


def shown_text(_world, _name):
    day = clock.today() + dt.timedelta(days=60)
    return {"lock": 1, "title": "Axolotl paper", "planned_on": day.isoformat(), "link": "https://axolotl.example/text"}


def answered(world, name):
    return {"lock": 1, "verb": "clear", "note": "", "code": world.code(name)}


def published(_world, _name):
    day = clock.today() - dt.timedelta(days=1)
    return {"lock": 1, "published_title": "Axolotl", "address": "10.1000/182", "published_on": day.isoformat()}


def assessed(world, name):
    days = {"done_on": clock.today().isoformat(), "review_on": (clock.today() + dt.timedelta(days=9)).isoformat()}
    return {"title": "Axolotl risks", "outcome": "low", "lock": "0", "code": world.code(name)} | days


def next_round(world, _name):
    return {"file": world.refs["partner_file"]}


def larger_groups(_world, _name):
    wanted = {"number": "1", "k": "12", "alpha": "50", "margin": "10", "min_no": "2", "min_enumerators": "0"}
    wanted |= {
        "mean_risk": "3",
        "mean_enforced": "yes",
        "gap": "2",
        "change": "5",
        "finest.place": "country",
        "reason": "Larger groups are safer.",
    }
    return wanted | {"released": [one.variable for one in ruleset.default("licensed").treatments]}


def a_round(world, _name):
    return {"dataset": world.refs["dataset"], "file": (io.BytesIO(b"_uuid\n1\n"), "round.csv")}


def locked(**more):
    return lambda _world, _name: {"lock": "1", **more}


def aside(world, name):
    (track,) = world.look(Track, Track.ref == world.refs["WANA_track"])
    return {"reason": "A friend.", "code": world.code(name), "lock": track.lock}


def given(world, name):
    (track,) = world.look(Track, Track.ref == world.refs["given_track"])
    person = {"person": world.people["esa"].ref}
    return {"reason": "She is ill.", "code": world.code(name), "lock": track.lock} | person


def a_deputy(world, name):
    day = (clock.today() + clock.seconds(86_400)).isoformat()
    region = {"lac": "LAC", "head": "head"}.get(name, "WANA")
    whom = {"deputy": world.people["project_manager"].ref, "region": region}
    return {"first_day": day, "last_day": day, "code": world.code(name)} | whom


def an_owner(world, name):
    what = {"organisation": world.refs["other_partner"], "variables": ["drivers"], "last_day": ""}
    return {"first_day": clock.today().isoformat(), "code": world.code(name)} | what


def a_commission(world, name):
    days = {"first_day": clock.today().isoformat(), "last_day": clock.today().isoformat()}
    return {"organisation": world.refs["contractor_house"], "round_name": "Greece", "code": world.code(name)} | days


def a_rounds_file(_world, _name):
    return {"file": (io.BytesIO(b"_uuid\n1\n"), "round.csv")}


def a_last_day(world, name):
    later = (clock.today() + dt.timedelta(days=1)).isoformat()
    return {"lock": "1", "last_day": later, "code": world.code(name)}


def owners_verdict(world, name):
    (track,) = world.look(Track, Track.ref == world.refs["owners_track"])
    return _decision(world, name) | {"sha256": track.slice_sha256}


def judged(world, name):
    return {"verb": "confirm", "note": "", "lock": "1", "code": world.code(name)}


def code(world, name):
    return {"code": world.code("pending" if name == "pending" else "author")}


def password(_world, _name):
    new = "a quiet otter crosses nine rivers"
    return {"current": "not this one", "password": new, "again": new}


def credentials(world, _name):
    return {"email": world.people["author"].email, "password": factories.PASSWORD}


def ending(_world, name):
    return {"lock": "1", "reason": "A mistake.", "code": _world.code(name)}


def second_look(world, name):
    return ending(world, name) | {"verdict": "hand_out", "sha256": "c" * 64}


def a_loss(_world, _name):
    said = {"lost_on": clock.today().isoformat(), "lost_how": "On the train.", "encrypted": "no", "lost_copies": 1}
    return said | {"lock": 1, "lost_statement": "yes"}


def attestation(_world, _name):
    return {
        "lock": "1",
        "method": "overwritten",
        "destroyed_on": clock.today().isoformat(),
        "copies": "1",
        "statement": "yes",
    }


def says(**fields):
    return lambda _world, _name: fields


def newest(world, _name):
    return {"ref": world.refs["letter"]}


def proof(world, name):
    return {"code": world.code(name)}


def a_role(world, name):
    return {"role": "steward", "since": clock.today().isoformat(), "code": world.code(name)}


def old_role(world, name):
    return {"role": "requester", "since": "2018-01-01", "code": world.code(name)}


def a_guest(world, name):
    where = {} if name == "focal_elsewhere" else {"organisation": world.refs["partner"]}
    who = {"name": "Guest", "email": "guest@example.org", "roles": ["requester"], "language": "en"}
    return where | who | {"since": clock.today().isoformat(), "code": world.code(name)}


def signature(_world, _name):
    return {"verdict": "signed", "reason": "", "sha256": "a" * 64}


REF = {"kind": "request"}
SETTLED = "any(reassess, close):verb"
SETTLE = f"/incidents/<ref>/<{SETTLED}>"
EDIT = "/requests/<ref>/edit/<step>"
DOORS = (
    # ---- open to all ----
    Door("GET", "/", EVERYBODY, answer=0),  # whoever is signed in is sent to where their work begins
    Door("GET", "/healthz", EVERYBODY),
    Door("GET", "/privacy", EVERYBODY),
    Door("GET", "/static/<path:filename>", EVERYBODY),
    Door("GET", "/register", EVERYBODY),
    Door("GET", "/sign-in", EVERYBODY, answer=0),
    Door("GET", "/sign-in/code", EVERYBODY, answer=0),
    Door("POST", "/language", EVERYBODY, answer=303, fields=says(language="fr"), apart=True),
    Door("POST", "/sign-in", EVERYBODY, answer=303, events=("auth.password.accepted",), fields=credentials, apart=True),
    Door("POST", "/sign-in/code", ("pending",), answer=303, events=("auth.login.success",), fields=code),
    Door("POST", "/sign-out", EVERYBODY, answer=303, apart=True,
         events=lambda name: () if name in {"anonymous", "disabled", "signed_out"} else ("auth.logout",)),
    # ---- oneself ----
    Door("GET", "/profile", INDOORS),
    Door("POST", "/profile", INDOORS, answer=303, events=("person.updated",),
         fields=says(language="fr", time_zone="Africa/Dakar"), apart=True),
    Door("GET", "/profile/password", INDOORS),
    Door("POST", "/profile/password", INDOORS, answer=400, events=("auth.login.failed",), fields=password,
         apart=True),  # with a wrong one: a right one would be hashed anew, for seconds
    Door("POST", "/profile/sessions/end-others", INDOORS, answer=303, events=("auth.session.revoked",), apart=True),
    Door("POST", "/profile/sessions/<ref>/end", some("author", ADMINISTRATORS), "session", answer=303,
         events=("auth.session.revoked",)),
    # ---- people ----
    Door("GET", "/profile/address", INDOORS),
    Door("POST", "/profile/address", INDOORS, answer=400, events=("auth.login.failed",),
         fields=says(email="x@example.org", password="not this one"), apart=True),
    Door("GET", "/address/<token>", EVERYBODY, "address_token"),
    Door("POST", "/address/<token>", EVERYBODY, answer=404, events=("authz.denied",), apart=True),
    Door("GET", "/step-up", INDOORS),
    Door("POST", "/step-up", INDOORS, answer=303, events=("auth.mfa.proved",), fields=proof, apart=True),
    Door("GET", "/join/<token>", EVERYBODY, "join_token"),
    Door("POST", "/join/<token>", EVERYBODY, answer=404, events=("authz.denied",), apart=True,
         fields=says(password="a quiet otter crosses nine rivers", again="a quiet otter crosses nine rivers")),
    Door("POST", "/join/<token>/code", EVERYBODY, answer=404, events=("authz.denied",), apart=True,
         fields=says(code="123456")),
    Door("GET", "/invitations", SEE_HOUSES),
    Door("GET", "/invitations/new", INVITERS),
    Door("POST", "/invitations/new", INVITERS, answer=303, events=("person.invited",), fields=a_guest),
    Door("POST", "/invitations/<ref>/again", some(roles("administrator", "coordinator"), "focal"), "invitation",
         answer=303, events=("person.invited.again",)),
    Door("POST", "/invitations/<ref>/revoke", some(roles("administrator", "coordinator"), "focal"), "invitation",
         answer=303, events=("person.invitation.revoked",)),
    Door("GET", "/organisation", SEE_HOUSES),
    Door("GET", "/organisations", SEE_HOUSES),
    Door("GET", "/organisations/<ref>", some(SEE_PEOPLE, "focal"), "partner"),
    Door("POST", "/organisations", roles("administrator", "coordinator"), answer=303, events=("org.created",),
         fields=says(name="New house", kind="ngo")),
    Door("POST", "/organisations/<ref>", ("administrator", "coordinator"), "partner", answer=303,
         sees=("inside_administrator", "inside_coordinator"), events=("org.updated",),
         fields=says(name="Quoll Relief", kind="ngo")),
    Door("POST", "/organisations/<ref>/active", ("administrator", "coordinator"), "partner", answer=303,
         sees=("inside_administrator", "inside_coordinator"), events=("org.updated",), fields=says(active="false")),
    Door("POST", "/organisation/people/<ref>/end", ("focal",), "colleague", answer=303,
         events=("role.ended", "person.disabled", "auth.session.revoked", "auth.session.revoked")),
    Door("GET", "/people/", SEE_PEOPLE),
    Door("GET", "/people/<ref>", SEE_PEOPLE, "victim"),
    Door("POST", "/people/<ref>/roles", ADMINISTRATORS, "victim", answer=303, events=("role.granted",), fields=a_role,
         sees=("coordinator", "inside_coordinator")),
    Door("POST", "/people/<ref>/roles/end", ADMINISTRATORS, "victim", answer=303, events=("role.ended",),
         fields=old_role, sees=("coordinator", "inside_coordinator")),
    Door("POST", "/people/<ref>/disable", ADMINISTRATORS, "victim", answer=303,
         events=("person.disabled", "auth.session.revoked")),
    Door("POST", "/people/<ref>/enable", ADMINISTRATORS, "shut_out", answer=303, events=("person.enabled",)),
    Door("POST", "/people/<ref>/end-sessions", ADMINISTRATORS, "victim", answer=303, events=("auth.session.revoked",)),
    # ---- messages and the outbox ----
    Door("GET", "/notices", INDOORS),
    Door("POST", "/notices/read", ("author",), answer=303, events=("notice.read",), fields=newest),
    Door("GET", "/notices/settings", INDOORS),
    Door("POST", "/notices/settings", INDOORS, answer=303, events=("notice.ways.chosen",),
         fields=says(ready="digest", progress="portal"), apart=True),
    Door("GET", "/calendar.ics", INDOORS),
    Door("GET", "/outbox", some(ADMINISTRATORS, DPO)),
    Door("POST", "/outbox/<ref>/resend", ADMINISTRATORS, "failed_letter", answer=303, events=("outbox.resent",)),
    Door("POST", "/outbox/resend", ADMINISTRATORS, answer=303, events=("outbox.resent",)),
    # ---- the catalogue ----
    Door("GET", "/catalogue/", IN_CATALOGUE),
    Door("GET", "/catalogue/<ref>", IN_CATALOGUE, "dataset"),
    Door("GET", "/catalogue/<ref>", REVIEWERS, "hidden_dataset"),
    Door("GET", "/catalogue/<ref>/owners", REVIEWERS, "dataset"),
    Door("POST", "/catalogue/<ref>/owners", MENDERS, "dataset", sees=roles("project_manager", "dpo", "head"), answer=303,
         events=("dataset.owner.recorded",), fields=an_owner),
    Door("GET", "/catalogue/owners/<ref>/end", MENDERS, "coownership"),
    Door("POST", "/catalogue/owners/<ref>/end", MENDERS, "coownership", answer=303, events=("dataset.owner.ended",),
         fields=a_last_day),
    Door("GET", "/catalogue/<ref>/commissions", REVIEWERS, "dataset"),
    Door("POST", "/catalogue/<ref>/commissions", MENDERS, "dataset", sees=roles("project_manager", "dpo", "head"),
         answer=303, events=("dataset.commission.given",), fields=a_commission),
    Door("GET", "/catalogue/commissions/<ref>/end", MENDERS, "commission"),
    Door("POST", "/catalogue/commissions/<ref>/end", MENDERS, "commission", answer=303,
         events=("dataset.commission.ended",), fields=coded),
    Door("GET", "/rounds", CONTRACTORS),
    Door("GET", "/rounds/<ref>", ("contractor",), "commission"),
    Door("GET", "/rounds/<ref>", ("other_contractor",), "other_commission"),
    Door("POST", "/rounds/<ref>/file", ("contractor",), "commission", answer=303,
         events=("dataset.version.withdrawn", "dataset.version.uploaded"), fields=a_rounds_file),
    Door("GET", "/rounds/files/<ref>", ("contractor",), "loaded"),
    Door("GET", "/rounds/files/<ref>/progress", ("contractor",), "loaded"),
    Door("POST", "/rounds/files/<ref>/withdraw", ("contractor",), "loaded", answer=303,
         events=("dataset.version.withdrawn",), fields=locked()),
    Door("GET", "/catalogue/<ref>/tables", IN_CATALOGUE, "dataset", events=("table.viewed",)),
    Door("GET", "/catalogue/<ref>/tables", REVIEWERS, "hidden_dataset", events=("table.viewed",)),
    Door("GET", "/catalogue/upload", PREPARERS),
    Door("POST", "/catalogue/upload", PREPARERS, answer=303, events=("dataset.version.uploaded",), fields=a_round),
    Door("GET", "/catalogue/versions/<ref>", REVIEWERS, "published"),
    Door("GET", "/catalogue/versions/<ref>", REVIEWERS, "checked"),
    Door("GET", "/catalogue/versions/<ref>/progress", REVIEWERS, "checked"),
    Door("GET", "/catalogue/versions/<ref>/roles", PREPARERS, "checked"),
    Door("POST", "/catalogue/versions/<ref>/roles", PREPARERS, "checked", answer=303,
         events=("dataset.roles.confirmed",), fields=locked(**{"role.drivers": "non_confidential"})),
    Door("POST", "/catalogue/versions/<ref>/publish", roles("steward", "coordinator"), "checked", answer=303,
         events=("dataset.version.published", *["file.queued"] * 3), fields=locked()),
    # ---- protected files ----
    Door("GET", "/protected", REVIEWERS),
    Door("GET", "/protected/<ref>", REVIEWERS, "signed"),
    Door("GET", "/protected/<ref>", REVIEWERS, "proposed"),
    Door("GET", "/protected/<ref>/assessment", REVIEWERS, "signed"),
    Door("GET", "/protected/<ref>/assessment", REVIEWERS, "proposed"),
    Door("GET", "/protected/<ref>/assessment.json", REVIEWERS, "signed"),
    Door("GET", "/protected/<ref>/progress", REVIEWERS, "proposed"),
    Door("POST", "/protected/<ref>/sign", roles("steward", "dpo"), "proposed", answer=303,
         events=("file.signed_off",), fields=signature),
    Door("GET", "/held", REVIEWERS),
    Door("POST", "/protected/<ref>/again", MENDERS, "held_file", answer=303, events=("file.ordered_again",),
         fields=locked()),
    # ---- rule sets ----
    Door("GET", "/rules", REVIEWERS),
    Door("GET", "/rules/<tier>", REVIEWERS, values={"tier": "partner"}),
    Door("GET", "/rules/<tier>/change", CHANGERS, values={"tier": "licensed"}),
    Door("POST", "/rules/<tier>/change", CHANGERS, answer=303, events=("rules.proposed",), fields=larger_groups,
         values={"tier": "licensed"}),
    Door("POST", "/rules/versions/<ref>/confirm", roles("coordinator"), "rules", sees=("dpo", "inside_dpo"), answer=303,
         events=("rules.confirmed",), fields=locked()),
    Door("POST", "/rules/versions/<ref>/drop", CHANGERS, "rules", answer=303, events=("rules.dropped",),
         fields=locked()),
    # ---- agreements ----
    Door("GET", "/agreements", some(PARTNERS, READ_AGREEMENTS)),
    Door("GET", "/agreements/<ref>", some(AGREED, READ_AGREEMENTS), "agreement"),
    Door("GET", "/agreements/<ref>", READ_AGREEMENTS, "draft_agreement"),
    Door("GET", "/agreements/<ref>", some(NEGOTIATE, READ_AGREEMENTS), "shared_agreement"),
    Door("GET", "/agreements/new", DRAFTERS),
    Door("POST", "/agreements/new", MAKERS, answer=303, events=("agreement.created",), fields=agreement,
         sees=INSIDE_MAKERS),
    Door("GET", "/agreements/<ref>/changes", some(NEGOTIATE, READ_AGREEMENTS), "shared_agreement"),
    Door("GET", "/agreements/<ref>/edit", MAKERS, "draft_agreement", sees=INSIDE_MAKERS),
    Door("POST", "/agreements/<ref>/edit", MAKERS, "draft_agreement", sees=INSIDE_MAKERS, answer=303,
         events=("agreement.changed",), fields=saved),
    Door("POST", "/agreements/<ref>/turn", MAKERS, "draft_agreement", sees=INSIDE_MAKERS, answer=303,
         events=("agreement.dropped",), fields=of_agreement("draft_agreement", verb="drop", reason="No more.")),
    Door("POST", "/agreements/<ref>/renew", MAKERS, "agreement", sees=INSIDE_MAKERS, answer=303,
         events=("agreement.renewed",)),
    Door("POST", "/agreements/<ref>/answer", NEGOTIATE, "shared_agreement", answer=303,
         events=("agreement.accepted",), fields=the_text("shared_agreement", verb="accept")),
    Door("POST", "/agreements/<ref>/comment", some(NEGOTIATE, MAKERS), "shared_agreement", sees=INSIDE_MAKERS,
         answer=303, events=("agreement.commented",), fields=says(text="Fine.")),
    Door("POST", "/agreements/<ref>/officer", ("dpo",), "accepted_agreement", sees=("inside_dpo",), answer=303,
         events=("agreement.basis.recorded",), fields=the_text("accepted_agreement", verb="record", transfer="none",
         transfer_reason="It stays here.", legal_basis="research", roles="joint")),
    Door("POST", "/agreements/<ref>/sign", ("author", "head"), "signing_agreement", answer=303,
         sees=("coordinator", "focal", "inside_coordinator", "inside_head"), events=("agreement.signed",),
         fields=signs),
    Door("POST", "/agreements/<ref>/stop", ("dpo", "head"), "agreement", sees=("inside_dpo", "inside_head"),
         answer=303, events=("agreement.suspended",), fields=of_agreement("agreement", verb="suspend", reason="Wait.",
         code=True)),
    Door("POST", "/agreements/<ref>/dpia", ("dpo",), "agreement", sees=("inside_dpo",), answer=303,
         events=("agreement.dpia.recorded",), fields=assessed),
    Door("POST", "/agreements/<ref>/dpia/<assessment>/withdraw", ("dpo",), "signing_agreement", sees=("inside_dpo",),
         answer=303, events=("agreement.dpia.withdrawn",), fields=reasoned, values={"assessment": ASSESSMENT}),
    Door("POST", "/agreements/<ref>/documents", MAKERS, "draft_agreement", sees=INSIDE_MAKERS, answer=303,
         events=("agreement.document.attached",), fields=a_paper),
    Door("POST", "/agreements/<ref>/documents/<document>/download", some(AGREED, READ_AGREEMENTS), "agreement",
         values={"document": DOCUMENT}, events=("agreement.document.downloaded",)),
    Door("GET", "/agreements/<ref>/terms", AGREED, "agreement"),
    Door("POST", "/agreements/<ref>/terms", AGREED, "agreement", answer=303, fields=terms_read, apart=True,
         events=lambda name: () if name in {"author", "named"} else ("agreement.terms.accepted",)),  # these two had accepted
    # ---- requests: the requester ----
    Door("GET", "/requests", some(PARTNERS, OFFICERS)),
    Door("GET", "/requests/new", some("author", "named", "unnamed", "stranger")),
    Door("POST", "/requests/new", some("author", "named", "unnamed"), answer=303, events=("request.created",),
         fields=says(dataset="4mi-core")),
    Door("GET", "/requests/<ref>", ("author",), "draft"),
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "sent"),
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "active"),
    Door("GET", "/requests/enter", roles("coordinator", "steward")),
    Door("POST", "/requests/enter", ("coordinator", "steward"), sees=("inside_coordinator", "inside_steward"), answer=303,
         events=("request.entered",), fields=mailed),
    Door("GET", EDIT, ("author", "coordinator"), "entered", values={"step": "rows"}),
    Door("POST", EDIT, ("author", "coordinator"), "entered", answer=303, events=("request.changed",), fields=filled,
         values={"step": "variables"}, apart=True),
    Door("POST", "/requests/<ref>/hand-over", ("coordinator",), "entered", answer=303, events=("request.handed",),
         fields=held_draft),
    *(Door("GET", EDIT, ("author",), "draft", values={"step": step})
      for step in ("rows", "variables", "why", "team", "review")),
    Door("GET", EDIT, ("author",), "returned", sees=("named", "coordinator", "inside_coordinator"), values={"step": "rows"}),
    Door("POST", EDIT, ("author",), "draft", answer=303, events=("request.changed",), fields=kept,
         values={"step": "variables"}),
    Door("GET", f"{EDIT}/panel", ("author",), "draft", values={"step": "rows"}, asks="?lock=1&go=save&families=place"),
    Door("POST", "/requests/<ref>/submit", ("author",), "draft", answer=303,
         events=("request.submitted", "track.opened", "track.opened"), fields=sending),
    Door("POST", "/requests/<ref>/answer", ("author",), "returned", sees=("named",), answer=303,
         events=("request.answered", "track.opened"), fields=seen("returned")),
    Door("POST", "/requests/<ref>/accept", ("author",), "offered", sees=("named",), answer=303,
         events=("request.accepted", "release.queued"), fields=seen("offered")),
    Door("POST", "/requests/<ref>/withdraw", ("author",), "offered", sees=("named",), answer=303,
         events=("request.withdrawn",), fields=seen("offered")),
    Door("POST", "/requests/<ref>/withdraw", ("author",), "sent", sees=("named",), answer=303,
         events=("request.withdrawn", "track.closed", "track.closed"), fields=seen("sent")),
    Door("POST", "/requests/<ref>/notes", some(TEAM, OFFICERS, "wana", "project_manager", "inside_manager"),
         "sent", answer=303, events=("request.noted",), fields=lambda _world, _name: {"text": "A word.", "key": token_hex(16)}, apart=True),
    Door("POST", "/requests/<ref>/notes", some(TEAM, OFFICERS, "wana", "project_manager", "inside_manager"),
         "active", answer=400, events=(), fields=lambda _world, _name: {"text": " ", "key": token_hex(16)}, apart=True),
    Door("POST", "/requests/<ref>/team/leave", ("author", "focal"), "active", sees=("named",), answer=303,
         events=("request.narrowed",), fields=leaver),
    Door("POST", "/requests/<ref>/team/join", ("author", "focal"), "active", sees=("named",), answer=303,
         events=("extension.asked",), fields=newcomer),
    Door("POST", "/requests/<ref>/team/join/withdraw", ("author", "focal"), "joined", sees=("named",), answer=303,
         events=("extension.withdrawn",), fields=locked()),
    Door("POST", "/requests/<ref>/copy", ("author", "named"), "sent", sees=(), answer=303,
         events=("request.created", "request.copied")),
    # ---- papers ----
    Door("GET", "/requests/<ref>/papers", ("author",), "draft"),
    Door("GET", "/requests/<ref>/papers", ("author",), "sent", sees=("named",)),
    Door("POST", "/requests/<ref>/papers", ("author",), "draft", answer=303, fields=an_approval,
         events=("request.paper.attached",)),
    Door("POST", "/requests/<ref>/papers/<paper>/download", ("author", "focal", "wana", "project_manager", "dpo"),
         "sent", values={"paper": PAPER}, events=("request.paper.read",)),
    Door("POST", "/requests/<ref>/papers/<paper>/download", ("author",), "draft", values={"paper": DRAFT_PAPER},
         events=("request.paper.read",)),
    Door("POST", "/requests/<ref>/papers/<paper>/remove", ("author",), "draft", values={"paper": DRAFT_PAPER},
         answer=303, events=("request.paper.removed",)),
    # ---- a renewal ----
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "waiting"),
    Door("POST", "/requests/<ref>/renewal", ("author",), "waiting", sees=("named",), answer=303,
         events=("agreement.terms.accepted", "request.confirmed"), fields=confirmed),
    # ---- the next round of a feed ----
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "feed"),
    Door("POST", "/requests/<ref>/run", ("author", "steward"), "feed", answer=303,
         events=("request.run.ordered", "release.queued"), fields=next_round),
    # ---- a longer use ----
    Door("GET", "/requests/<ref>/extension", some(TEAM, OFFICERS), "active"),
    Door("POST", "/requests/<ref>/extension", ("author",), "active", sees=("named",), answer=303,
         events=("extension.asked",), fields=longer),
    Door("POST", "/requests/<ref>/extension/withdraw", ("author",), "prolonged", sees=("named",), answer=303,
         events=("extension.withdrawn",), fields=locked()),
    Door("POST", "/requests/<ref>/extension/officer", ("dpo",), "prolonged", sees=("inside_dpo",), answer=303,
         events=("extension.answered",), fields=agreed),
    Door("GET", "/tracks/<ref>/extension", some("wana", "project_manager", "inside_manager", OFFICERS), "prolonged_track"),
    Door("POST", "/tracks/<ref>/extension", ("wana", "project_manager"), "prolonged_track", answer=303,
         events=("extension.answered",), sees=("inside_manager", "coordinator", "inside_coordinator"), fields=agreed),
    # ---- requests: the deciders ----
    Door("GET", "/inbox", some(OVERSEERS, "focal", "focal_elsewhere")),
    Door("GET", "/tracks/<ref>", some("focal_elsewhere", OFFICERS), "owners_track"),
    Door("POST", "/tracks/<ref>/decide", ("focal_elsewhere",), "owners_track", answer=303, events=("track.decided",),
         sees=OFFICERS, fields=owners_verdict),
    Door("GET", "/tracks/<ref>", some("wana", "project_manager", "inside_manager", OFFICERS), "WANA_track"),
    Door("GET", "/tracks/<ref>", some("wana", "project_manager", "lac", "inside_manager", OFFICERS), "given_track"),
    Door("GET", "/tracks/<ref>/recuse", ("wana", "project_manager"), "WANA_track",
         sees=("inside_manager", "coordinator", "inside_coordinator")),
    Door("POST", "/tracks/<ref>/recuse", ("wana", "project_manager"), "WANA_track", answer=303,
         events=("track.recused",), sees=("inside_manager", "coordinator", "inside_coordinator"), fields=aside),
    Door("GET", "/tracks/<ref>/reassign", ("coordinator",), "given_track", sees=("inside_coordinator",)),
    Door("POST", "/tracks/<ref>/reassign", ("coordinator",), "given_track", sees=("inside_coordinator",), answer=303,
         events=("track.reassigned",), fields=given),
    Door("GET", "/deputies", OVERSEERS),
    Door("POST", "/deputies", ("wana", "lac", "head"), sees=("inside_manager", "inside_head"), answer=303, events=("deputy.named",),
         fields=a_deputy),
    Door("POST", "/deputies/<ref>/end", ("wana",), "deputyship", sees=roles("head"), answer=303, events=("deputy.revoked",),
         fields=locked()),
    # ---- conditions that were taken on ----
    Door("GET", "/obligations", some(PARTNERS, OVERSEERS)),
    Door("GET", "/obligations/<ref>", some(TEAM, "wana", "project_manager", "inside_manager", OFFICERS), "obligation"),
    Door("POST", "/obligations/<ref>/report", ("author",), "obligation", sees=("named",), answer=303,
         events=("obligation.reported",), fields=locked(note="Done.")),
    Door("POST", "/obligations/<ref>/judge", ("wana", "project_manager"), "reported", answer=303,
         sees=("focal", "inside_manager", "coordinator", "inside_coordinator", "dpo", "inside_dpo"),
         events=("obligation.met",), fields=judged),
    # ---- publications ----
    Door("GET", "/publications", some(PARTNERS, OVERSEERS)),
    Door("GET", "/publications/<ref>", some(TEAM, "wana", "project_manager", OFFICERS), "text"),
    Door("GET", "/publications/<ref>", some(TEAM, "wana", "project_manager", OFFICERS), "shown_text"),
    Door("POST", "/requests/<ref>/publications", ("author",), "active", sees=("named",), answer=303,
         events=("publication.opened",)),
    Door("POST", "/publications/<ref>/show", ("author",), "text", sees=("named",), answer=303,
         events=("publication.shown",), fields=shown_text),
    Door("POST", "/publications/<ref>/judge", ("wana", "project_manager", "dpo"), "shown_text", answer=303,
         sees=("coordinator", "inside_coordinator", "inside_dpo"), events=("publication.cleared",), fields=answered),
    Door("POST", "/publications/<ref>/report", ("author",), "text", sees=("named",), answer=303,
         events=("publication.reported",), fields=published),
    Door("POST", "/publications/<ref>/drop", ("author",), "text", sees=("named",), answer=303,
         events=("publication.dropped",), fields=locked(note="No.")),
    Door("POST", "/requests/<ref>/split", ("author",), "half", sees=("named",), answer=303, fields=seen("half"),
         events=("request.created", "request.submitted", "track.opened", "request.split", "track.closed",
                 "request.offered")),
    Door("POST", "/tracks/<ref>/decide", ("wana", "project_manager"), "WANA_track", answer=303, events=("track.decided",),
         sees=("inside_manager", "coordinator", "inside_coordinator"), fields=verdict),
    Door("GET", "/inbox/together", some(DECIDERS, "focal", "focal_elsewhere")),
    Door("POST", "/inbox/together", ("wana", "project_manager"), "green", answer=303, events=("track.decided",),
         sees=("inside_manager", "coordinator", "inside_coordinator"), fields=several),
    Door("GET", "/requests/<ref>/officer", ("dpo",), "at_officer", sees=("inside_dpo",)),
    Door("POST", "/requests/<ref>/officer", ("dpo",), "at_officer", sees=("inside_dpo",), answer=303,
         events=("request.approved",), fields=officers_verdict),
    Door("POST", "/requests/<ref>/stop", ("dpo",), "active", sees=("inside_dpo",), answer=303,
         events=("request.suspended",), fields=stop),
    # ---- releases ----
    Door("GET", "/releases/<ref>/progress", some(TEAM, "wana", "project_manager", "inside_manager", WATCHERS), "release"),
    Door("GET", "/left", some(MANAGERS, OFFICERS)),
    Door("POST", "/releases/<ref>/download", ("author", "named"), "release", sees=("focal",),
         events=("release.downloaded", "release.download.completed"), fields=nothing),
    Door("POST", "/releases/<ref>/again", MENDERS, "held_release", answer=303, events=("release.ordered_again",),
         fields=locked()),
    Door("GET", "/releases", some(DECIDERS, WATCHERS)),
    Door("GET", "/releases/<ref>/end", some("wana", "project_manager", "inside_manager", WATCHERS), "release",
         sees=TEAM),
    Door("GET", "/releases/<ref>/end", some("wana", "project_manager", "inside_manager", WATCHERS), "destroyed",
         sees=TEAM),
    Door("GET", "/releases/<ref>/check", some("wana", "project_manager", "inside_manager", WATCHERS), "checking",
         sees=TEAM),
    Door("POST", "/releases/<ref>/check", ("steward", "dpo"), "checking", sees=("inside_dpo", "inside_steward"),
         answer=303, events=("release.available",), fields=second_look),
    Door("POST", "/releases/<ref>/judge", ("dpo",), "referred", sees=("inside_dpo",), answer=303,
         events=("release.let_judge",), fields=ending),
    Door("POST", "/releases/<ref>/revoke", ("dpo", "wana"), "release", sees=("inside_dpo", "inside_manager"),
         answer=303, events=("release.revoked", "release.probe.closed", "release.destroyed"), fields=ending),
    Door("POST", "/releases/<ref>/supersede", ("steward",), "release", sees=("inside_steward",), answer=303,
         events=("release.superseded", "release.probe.closed", "release.destroyed"), fields=ending),
    Door("GET", "/releases/<ref>/certificate", some(TEAM, "wana", "project_manager", "inside_manager", WATCHERS),
         "destroyed"),
    # ---- duties of destruction ----
    Door("GET", "/holdings", PARTNERS),
    Door("GET", "/duties", DPO),
    Door("GET", "/duties/<ref>", some("author", "focal", WATCHERS), "duty"),
    Door("POST", "/duties/<ref>/attest", ("author",), "duty", sees=("focal",), answer=303, events=("duty.attested",),
         fields=attestation),
    Door("POST", "/duties/<ref>/lose", ("author",), "duty", sees=("focal",), answer=303, events=("duty.lost",),
         fields=a_loss),
    Door("POST", "/duties/<ref>/countersign", ("focal",), "attested", answer=303, events=("duty.countersigned",),
         fields=locked()),
    Door("POST", "/duties/<ref>/return", ("focal", "dpo"), "attested",
         sees=some("named", *(one for one in WATCHERS if one != "dpo")), answer=303, events=("duty.sent_back",),
         fields=locked(reason="It is still there.")),
    Door("POST", "/duties/<ref>/waive", ("dpo",), "duty", sees=("inside_dpo",), answer=303, events=("duty.waived",),
         fields=ending),
    Door("POST", "/duties/<ref>/check", ("dpo",), "attested", sees=("inside_dpo",), answer=303,
         events=("duty.checked",), fields=locked()),
    # ---- stopping ----
    Door("GET", "/stop", STOPPERS),
    Door("GET", "/stop/new", STOPPERS),
    Door("POST", "/stop/new", STOPPERS, answer=303, fields=freeze,
         events=("freeze.set", "auth.session.revoked", "freeze.probed", "freeze.closed")),
    Door("GET", "/stop/<ref>", STOPPERS, "freeze"),
    Door("GET", "/stop/<ref>", STOPPERS, "lifting"),
    Door("POST", "/stop/<ref>/propose", STOPPERS, "freeze", answer=303, events=("freeze.lift_proposed",),
         fields=reasoned),
    Door("POST", "/stop/<ref>/keep", STOPPERS, "lifting", answer=303, events=("freeze.kept",), fields=locked()),
    Door("POST", "/stop/<ref>/lift", roles("head"), "lifting", sees=DPO, answer=303, events=("freeze.lifted",),
         fields=coded),
    # ---- emergencies ----
    Door("GET", "/emergencies", some(PARTNERS, OVERSEERS)),
    Door("GET", "/emergencies/new", ASKERS, events=("emergency.listed",)),
    Door("POST", "/emergencies/new", ("author", "named", "unnamed"), answer=303, terms=("stranger",),
         events=("emergency.asked",), fields=hurried),
    Door("GET", "/emergencies/<ref>", HURRIED, "emergency"),
    Door("GET", "/emergencies/<ref>", HURRIED, "granted"),
    Door("POST", "/emergencies/<ref>/answer", ("wana", "project_manager"), "emergency", answer=303,
         sees=some("inside_manager", OFFICERS), events=("emergency.agreed",), fields=hurried_answer("WANA")),
    Door("POST", "/emergencies/<ref>/answer", ("head",), "emergency", answer=303,
         sees=some("wana", "project_manager", "inside_manager", roles("coordinator"), "inside_head"), events=("emergency.agreed",),
         fields=hurried_answer("head")),
    Door("POST", "/emergencies/<ref>/withdraw", ("author",), "emergency", answer=303,
         events=("emergency.withdrawn",), fields=locked()),
    Door("POST", "/emergencies/<ref>/review", ("dpo",), "granted", sees=("inside_dpo",), answer=303,
         events=("emergency.reviewed",), fields=looked_at),
    # ---- incidents ----
    Door("GET", "/incidents", INDOORS),
    Door("GET", "/incidents/report", INDOORS),
    Door("POST", "/incidents/report", INDOORS, answer=303, events=("incident.reported",), fields=report),
    Door("GET", "/incidents/<ref>", PARTIES, "incident"),
    Door("GET", "/incidents/<ref>", PARTIES, "assessing"),
    Door("GET", "/incidents/<ref>", PARTIES, "not_required"),
    Door("POST", "/incidents/<ref>/notes", PARTIES, "incident", answer=303, events=("incident.noted",),
         fields=says(kind="note", text="One more thing.")),
    Door("POST", "/incidents/<ref>/releases", DPO, "incident", answer=303, events=("incident.linked",), fields=linked),
    Door("POST", "/incidents/<ref>/awareness", DPO, "incident", answer=303, events=("incident.corrected",),
         fields=corrected),
    Door("POST", "/incidents/<ref>/assess", DPO, "incident", answer=303, events=("incident.assessing",),
         fields=locked()),
    Door("POST", "/incidents/<ref>/decide", DPO, "assessing", answer=303, events=("incident.notified",),
         fields=assessment),
    Door("POST", SETTLE, DPO, "notified", answer=303, events=("incident.closed",), fields=reasoned,
         values={SETTLED: "close"}),
    Door("POST", SETTLE, DPO, "not_required", answer=303, events=("incident.assessing",), fields=reasoned,
         values={SETTLED: "reassess"}),
    # ---- reports ----
    Door("GET", "/reports", some(MANAGERS, OFFICERS)),
    Door("POST", "/reports/register", roles("coordinator", "head"), answer=303, events=("register.switched",),
         fields=says(on="false", lock="1")),
    # ---- the log ----
    Door("GET", "/log", DPO),
    Door("GET", "/log/download", DPO),
    Door("GET", "/log/events/<ref>", DPO, "event"),
    Door("GET", "/log/<kind>/<ref>", DPO, "sent", values=REF),
    Door("GET", "/log/checkpoint", DPO),
)  # fmt: skip
