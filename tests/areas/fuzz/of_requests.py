"""What may be tried with requests, their tracks, extensions and obligations."""

import datetime as dt
from secrets import token_hex

from sqlalchemy import select

from portal import clock
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.db import session
from portal.requests import (
    actions_copy,
    actions_decide,
    actions_deputies,
    actions_draft,
    actions_extension,
    actions_obligations,
    actions_officer,
    actions_renewal,
    actions_replace,
    actions_requester,
    actions_split,
    actions_submit,
    renewals,
)
from portal.requests.models import Request, Scope, Track
from portal.requests.schemas import Verdict
from portal.requests.schemas_duties import Given, Judged, NewDeputy, Reported
from portal.requests.schemas_extension import Answer
from tests.areas.fuzz.deed import WHY, Deed, code, lock, sha

ASKERS, COORDINATORS, OFFICERS = ("anna", "ben"), ("cora", "cleo"), ("dana", "dino")
DECIDERS = ("wanda", "wim", "esther", "cora", "cleo", "pia")
COUNTRIES = (
    ["LBY", "MLI", "SDN", "SOM"],
    ["LBY", "SDN", "COL"],
    ["LBY", "NER"],
    ["SDN", "EGY"],
    ["COL", "MEX"],
    ["AFG"],
)
VARIABLES = (["drivers"], ["drivers", "exp_types"], ["drivers", "smuggler_use"])
TERMS = [{"text": "Show us the report first.", "due": "on_publication", "on": ""}]


def content(house, draw, row):
    """The four steps of the form, in the order of the pages."""
    number, today = draw.number, clock.today("Europe/Copenhagen")
    mates = {"anna": ("anna", "ben"), "ben": ("ben", "sven")}.get(draw.name, (draw.name, "anna"))
    yield "rows", {"families": ["place", "time"], "filters": {"country": COUNTRIES[number % len(COUNTRIES)]}}
    yield "variables", {"variables": VARIABLES[number // 7 % len(VARIABLES)]}
    yield "why", {
        "purpose": "research", "purpose_text": WHY, "outputs": WHY, "output_kinds": ["internal_analysis"],
        "onward": "none", "matching": "none", "matching_with": "", "language": "en",
        "ends_on": (today + dt.timedelta(days=10 + number % 60)).isoformat(), "reasons": {"exp_types": WHY, "exp_any": WHY},
    }  # fmt: skip
    terms = sha256_of(session().get(Agreement, row.agreement_id))
    yield "team", {"team": [house.people[one].ref for one in mates], "accepted": True, "terms": terms}


def save(house, actor, row, draw):
    step, said = list(content(house, draw, row))[draw.number % 4]
    return actions_draft.save(actor, row.ref, step, said, lock=lock(row, draw))


def fill(house, actor, row, draw):
    """All four pages, one after the other, in one go."""
    for more, (step, said) in enumerate(content(house, draw, row)):
        changed = session().scalars(select(Request.lock).where(Request.id == row.id)).one() if more else lock(row, draw)
        actions_draft.save(actor, row.ref, step, said, lock=changed)


def part(track):
    scope = session().get(Scope, track.scope_id).content
    return next(one for one in scope["parts"] if one["region"] == track.region)


def refusal(part_of, draw):
    countries, variables = part_of["filters"].get("country", []), part_of["variables"]
    if draw.number % 2 and len(countries) > 1:
        return {"country": (countries[draw.number % len(countries)],)}
    return {"variables": (variables[draw.number % len(variables)],)}


def verdict(house, verb, seen, draw, **more):
    """A decision's form; once in a while the key of the one before, as a second click has."""
    key = house.keys.get(draw.name) if draw.number % 11 == 0 else None
    house.keys[draw.name] = key = key or token_hex(16)
    terms = TERMS if draw.number % 3 == 0 and verb.startswith("approve") else []
    words = {"rationale": WHY, "conditions": "\n".join(one["text"] for one in terms), "terms": tuple(terms)}
    return Verdict(verb=verb, sha256=sha(seen, draw), key=key, code=code(house, draw), **{"refused": {}} | words | more)


def decide(verb):
    def do(house, actor, row, draw):
        more = {"refused": refusal(part(row), draw)} if verb == "approve_in_part" else {}
        return actions_decide.decide(actor, row.ref, verdict(house, verb, row.slice_sha256, draw, **more))

    return do


def officer(verb):
    def do(house, actor, row, draw):
        scope = session().get(Scope, row.scope_id) if row.scope_id else None
        parts, more = scope.content["parts"] if scope else [], {}
        if verb == "approve_in_part" and parts:
            more["refused"] = refusal(parts[draw.number % len(parts)], draw)
        if verb == "ask" and parts:
            more["region"] = parts[draw.number % len(parts)]["region"]
        sent = verdict(house, verb, scope.sha256 if scope else "", draw, **more)
        return actions_officer.decide(actor, row.ref, sent)

    return do


def officer_stop(verb):
    return lambda h, a, row, d: actions_officer.stop(a, row.ref, verb, reason=WHY, code=code(h, d))


def accept(_house, actor, row, draw):
    scope = session().get(Scope, row.scope_id) if row.scope_id else None
    return actions_requester.accept(actor, row.ref, sha256=sha(scope.sha256 if scope else "", draw))


def given(house, row, draw):
    whom = DECIDERS[draw.number % len(DECIDERS)] if draw.number % 5 else "hal"
    return Given(reason=WHY, code=code(house, draw), lock=lock(row, draw), person=house.people[whom].ref)


def ask_longer(_house, actor, row, draw):
    day = row.ends_on and row.ends_on + dt.timedelta(days=draw.number % 40)
    return actions_extension.ask(actor, row.ref, ends_on=day or clock.today(), reason=WHY, lock=lock(row, draw))


def ask_to_join(house, actor, row, draw):
    whom = house.people[("ben", "sven", "fay", "anna", "otto")[draw.number % 5]].ref
    return actions_extension.ask_to_join(actor, row.ref, newcomer=whom, reason=WHY, lock=lock(row, draw))


def answer_longer(part_of, agree):
    def do(house, actor, row, draw):
        said = Answer("agree" if agree else "refuse", sha(row.sha256, draw), WHY, code(house, draw))
        if part_of == "dpo":
            ref = session().get(Request, row.request_id).ref
            return actions_extension.answer_officer(actor, ref, said)
        tracks = session().scalars(select(Track).where(Track.request_id == row.request_id).order_by(Track.region)).all()
        return actions_extension.answer_region(actor, tracks[draw.number % len(tracks)].ref, said)

    return do


def take_back(_house, actor, row, draw):
    return actions_extension.withdraw(actor, session().get(Request, row.request_id).ref, lock=lock(row, draw))


def judge(verb):
    return lambda h, a, row, d: actions_obligations.judge(a, row.ref, Judged(verb, WHY, code(h, d), lock(row, d)))


def deputise(house, actor, _row, draw):
    today, whom = clock.today(), ("pia", "cora", "wim", "hal")[draw.number % 4]
    days = {"first_day": today, "last_day": today + dt.timedelta(days=draw.number % 30)}
    region = ("WANA", "ESA")[draw.number % 2]
    return actions_deputies.name(
        actor, NewDeputy(deputy=house.people[whom].ref, region=region, code=code(house, draw), **days)
    )


def confirm(_house, actor, row, draw):
    waits = renewals.waiting(actor, session().get(Request, row.id))
    shown, terms = (waits.sha256, waits.terms) if waits else ("1" * 64, "")
    return actions_renewal.confirm(actor, row.ref, sha256=sha(shown, draw), accepted_terms=terms)


def submit(_house, actor, row, draw):
    return actions_submit.submit(actor, row.ref, lock=lock(row, draw))


def send_again(_house, actor, row, draw):
    return actions_submit.answer(actor, row.ref, lock=lock(row, draw), reply=WHY)


def withdraw(_house, actor, row, draw):
    return actions_requester.withdraw(actor, row.ref, lock=lock(row, draw))


def split(_house, actor, row, draw):
    return actions_split.split(actor, row.ref, lock=lock(row, draw))


def report(_house, actor, row, draw):
    return actions_obligations.report(actor, row.ref, Reported(WHY, lock(row, draw)))


def start(house, actor, _row, _draw):
    return actions_draft.start(actor, house.dataset)


OF_REGION = "approve approve_in_part decline ask"
OF_OFFICER = "approve approve_in_part ask decline"
DEEDS = [
    Deed("start", "", "", ASKERS, start),
    Deed("copy", "request", "revoke", ASKERS, lambda _h, a, row, _d: actions_copy.copy(a, row.ref)),
    Deed("save_step", "request", "save", ASKERS, save),
    Deed("fill", "request", "save", ASKERS, fill),
    Deed("submit", "request", "submit", ASKERS, submit),
    Deed("answer", "request", "answer", ASKERS, send_again),
    Deed("split", "request", "split", ASKERS, split),
    Deed("accept", "request", "accept", ASKERS, accept),
    Deed("confirm", "request", "confirm", ASKERS, confirm),
    Deed("withdraw", "request", "withdraw", ASKERS, withdraw),
    *(Deed(f"officer_{verb}", "request", verb, OFFICERS, officer(verb)) for verb in OF_OFFICER.split()),
    *(
        Deed(f"{verb}_request", "request", verb, OFFICERS, officer_stop(verb))
        for verb in ("suspend", "resume", "revoke")
    ),
    *(Deed(f"{verb}_part", "track", verb, DECIDERS, decide(verb)) for verb in OF_REGION.split()),
    Deed(
        "recuse", "track", "recuse", DECIDERS, lambda h, a, row, d: actions_replace.recuse(a, row.ref, given(h, row, d))
    ),
    Deed(
        "reassign",
        "track",
        "reassign",
        COORDINATORS,
        lambda h, a, row, d: actions_replace.reassign(a, row.ref, given(h, row, d)),
    ),
    Deed("deputise", "", "", ("wanda", "esther"), deputise),
    Deed("ask_longer", "request", "suspend", ASKERS, ask_longer),
    Deed("ask_to_join", "request", "suspend", (*ASKERS, "fay"), ask_to_join),
    Deed("take_back", "extension", "withdraw", ASKERS, take_back),
    Deed("agree_longer", "extension", "grant", DECIDERS, answer_longer("region", agree=True)),
    Deed("refuse_longer", "extension", "decline", DECIDERS, answer_longer("region", agree=False)),
    Deed("officer_longer", "extension", "grant", OFFICERS, answer_longer("dpo", agree=True)),
    Deed("report", "obligation", "report", ASKERS, report),
    *(
        Deed(f"{verb}_obligation", "obligation", verb, (*DECIDERS, *OFFICERS), judge(verb))
        for verb in ("confirm", "reopen", "waive")
    ),
]
