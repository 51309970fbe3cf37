"""Who may go through which door: every address and method of the portal, by hand, once.

``may`` go through and get ``answer``, which leaves ``events``; ``sees`` know the thing but may not do this to it (403).
Everybody else is refused: strangers to the portal by sign-in, whoever lacks the role by 403, the rest by 404, as if
there were nothing. A door may stand here several times, once for each state of the thing behind it.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from portal import clock
from portal.disclosure import ruleset
from portal.requests.models import Request, Scope
from tests import factories
from tests.house.standing import EVERYBODY, INDOORS, INSIDE, NOWHERE, PARTNERS, STAFF


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
        path = self.rule.replace("<ref>", ref or (world.refs[self.about] if self.about else NOWHERE))
        for name, value in self.values.items():
            path = path.replace(f"<{name}>", value)
        return path.replace("<path:filename>", "portal.css") + self.asks


def some(*parts):
    """Flatten names and groups of names."""
    return tuple(name for part in parts for name in ([part] if isinstance(part, str) else part))


def roles(*names):
    """Return these members of staff and their likes inside the organisation that asks."""
    return tuple(one for one in (*STAFF, *INSIDE) if one in names or one.removeprefix("inside_") in names)


MANAGERS = ("wana", "lac", "inside_manager")
OFFICERS = roles("dpo", "head", "coordinator")
MAKERS = OFFICERS
PREPARERS = roles("steward", "project_manager", "coordinator")
CHANGERS = roles("coordinator", "dpo")
MENDERS = roles("steward", "coordinator")
REVIEWERS = roles("steward", "project_manager", "coordinator", "dpo", "head")
AGREED = some("author", "named", "unnamed", "focal")
READ_AGREEMENTS = some(MANAGERS, REVIEWERS)
IN_CATALOGUE = tuple(name for name in INDOORS if "administrator" not in name)
TEAM = some("author", "named", "focal")
DPO = roles("dpo")
ADMINISTRATORS = roles("administrator")
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


def kept(world, _name):
    return {"lock": world.lock(world.refs["draft"]), "variables": ["drivers"], "go": "save"}


def verdict(world, name):
    track = world.tracks(world.refs["sent"])["WANA"]
    return _decision(world, name) | {"sha256": track.slice_sha256}


def officers_verdict(world, name):
    return _decision(world, name) | {"sha256": seen("at_officer")(world, name)["sha256"]}


def _decision(world, name):
    return {"verb": "approve", "key": token_hex(16), "rationale": "Fine.", "code": world.code(name)}


def stop(world, name):
    return {"verb": "suspend", "reason": "Wait.", "code": world.code(name)}


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
    }


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


def code(world, name):
    return {"code": world.code("pending" if name == "pending" else "author")}


def password(_world, _name):
    new = "a quiet otter crosses nine rivers"
    return {"current": "not this one", "password": new, "again": new}


def credentials(world, _name):
    return {"email": world.people["author"].email, "password": factories.PASSWORD}


def says(**fields):
    return lambda _world, _name: fields


def signature(_world, _name):
    return {"verdict": "signed", "reason": "", "sha256": "a" * 64}


REF = {"kind": "request"}
EDIT = "/requests/<ref>/edit/<step>"
DOORS = (
    # ---- open to all ----
    Door("GET", "/", EVERYBODY, answer=0),  # whoever is signed in is sent to where their work begins
    Door("GET", "/healthz", EVERYBODY),
    Door("GET", "/privacy", EVERYBODY),
    Door("GET", "/static/<path:filename>", EVERYBODY),
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
    Door("GET", "/people/", some(ADMINISTRATORS, DPO)),
    Door("POST", "/people/<ref>/disable", ADMINISTRATORS, "victim", answer=303,
         events=("person.disabled", "auth.session.revoked")),
    Door("POST", "/people/<ref>/enable", ADMINISTRATORS, "shut_out", answer=303, events=("person.enabled",)),
    Door("POST", "/people/<ref>/end-sessions", ADMINISTRATORS, "victim", answer=303, events=("auth.session.revoked",)),
    # ---- the catalogue ----
    Door("GET", "/catalogue/", IN_CATALOGUE),
    Door("GET", "/catalogue/<ref>", IN_CATALOGUE, "dataset"),
    Door("GET", "/catalogue/<ref>", REVIEWERS, "hidden_dataset"),
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
    Door("GET", "/agreements/new", MAKERS),
    Door("POST", "/agreements/new", MAKERS, answer=303, events=("agreement.created",), fields=agreement),
    Door("POST", "/agreements/<ref>/activate", MAKERS, "draft_agreement", answer=303, events=("agreement.activated",)),
    # ---- requests: the requester ----
    Door("GET", "/requests", some(PARTNERS, OFFICERS)),
    Door("GET", "/requests/new", some("author", "named", "unnamed", "stranger")),
    Door("POST", "/requests/new", some("author", "named", "unnamed"), answer=303, events=("request.created",),
         fields=says(dataset="4mi-core")),
    Door("GET", "/requests/<ref>", ("author",), "draft"),
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "sent"),
    Door("GET", "/requests/<ref>", some(TEAM, OFFICERS), "active"),
    *(Door("GET", EDIT, ("author",), "draft", values={"step": step})
      for step in ("rows", "variables", "why", "team", "review")),
    Door("GET", EDIT, ("author",), "returned", sees=("named",), values={"step": "rows"}),
    Door("POST", EDIT, ("author",), "draft", answer=303, events=("request.changed",), fields=kept,
         values={"step": "variables"}),
    Door("GET", f"{EDIT}/panel", ("author",), "draft", values={"step": "rows"}, asks="?lock=1&go=save&families=place"),
    Door("POST", "/requests/<ref>/submit", ("author",), "draft", answer=303,
         events=("request.submitted", "track.opened", "track.opened"), fields=seen("draft")),
    Door("POST", "/requests/<ref>/answer", ("author",), "returned", sees=("named",), answer=303,
         events=("request.answered", "track.opened"), fields=seen("returned")),
    Door("POST", "/requests/<ref>/accept", ("author",), "offered", sees=("named",), answer=303,
         events=("request.accepted", "release.queued"), fields=seen("offered")),
    Door("POST", "/requests/<ref>/withdraw", ("author",), "offered", sees=("named",), answer=303,
         events=("request.withdrawn",), fields=seen("offered")),
    Door("POST", "/requests/<ref>/withdraw", ("author",), "sent", sees=("named",), answer=303,
         events=("request.withdrawn", "track.closed", "track.closed"), fields=seen("sent")),
    # ---- requests: the deciders ----
    Door("GET", "/inbox", some(MANAGERS, OFFICERS)),
    Door("GET", "/tracks/<ref>", some("wana", "inside_manager", OFFICERS), "WANA_track"),
    Door("POST", "/tracks/<ref>/decide", ("wana",), "WANA_track", answer=303, events=("track.decided",),
         sees=("inside_manager", "coordinator", "inside_coordinator"), fields=verdict),
    Door("GET", "/requests/<ref>/officer", ("dpo",), "at_officer", sees=("inside_dpo",)),
    Door("POST", "/requests/<ref>/officer", ("dpo",), "at_officer", sees=("inside_dpo",), answer=303,
         events=("request.approved",), fields=officers_verdict),
    Door("POST", "/requests/<ref>/stop", ("dpo",), "active", sees=("inside_dpo",), answer=303,
         events=("request.suspended",), fields=stop),
    # ---- releases ----
    Door("GET", "/releases/<ref>/progress", some(TEAM, "wana", "inside_manager", WATCHERS), "release"),
    Door("POST", "/releases/<ref>/download", ("author", "named"), "release", sees=("focal",),
         events=("release.downloaded", "release.download.completed"), fields=nothing),
    Door("POST", "/releases/<ref>/again", MENDERS, "held_release", answer=303, events=("release.ordered_again",),
         fields=locked()),
    # ---- the log ----
    Door("GET", "/log", DPO),
    Door("GET", "/log/download", DPO),
    Door("GET", "/log/events/<ref>", DPO, "event"),
    Door("GET", "/log/<kind>/<ref>", DPO, "sent", values=REF),
    Door("GET", "/log/checkpoint", DPO),
)  # fmt: skip
