"""Requests brought to where a test begins, over plain HTTP: drafted, sent, decided, offered, built."""

import datetime as dt

from sqlalchemy import select

from portal import clock
from portal.requests.models import Request
from tests.browser.house import GREEN, REASON, TWO_REGIONS, VARIABLES

MANAGERS = {"WANA": "moussa", "ESA": "wanjiru", "EUR": "giulia", "LAC": "lucia", "ASIA": "tariq", "unassigned": "elena"}
PURPOSE = "Joint report on protection risks along the routes through the Sahara."
OUTPUTS = "A public report with aggregated tables, reviewed before publication."


def a_draft(house, who="amina", *, countries=TWO_REGIONS, variables=VARIABLES, purpose=PURPOSE):
    """A request with its first four steps filled in; return its reference."""
    browser = house[who]
    begin = browser.get("/requests/new").form_with("dataset", "4mi-core", house.state.dataset("4mi-core"))
    ref = browser.send(begin, {}).url.split("/requests/")[1].split("/")[0]
    steps = {
        "rows": {"country": countries, "families": ["place", "time", "gender", "age", "origin"]},
        "variables": {"variables": variables},
        "why": {"purpose": "protection", "purpose_text": purpose, "outputs": OUTPUTS, "ends_on": last_day()},
        "team": {"accepted": "yes"},
    }
    for step, values in steps.items():
        form = browser.get(f"/requests/{ref}/edit/{step}").form(f"/edit/{step}")
        reasons = {name: REASON for name, _ in form.fields if name.startswith("reason-")}
        browser.send(form, values | reasons | {"go": "next"})
    return ref


def last_day():
    return (clock.today() + dt.timedelta(days=180)).isoformat()


def a_request(house, who="amina", **more):
    """A request that was sent: its regions are asked."""
    ref = a_draft(house, who, **more)
    house[who].send(house[who].get(f"/requests/{ref}/edit/review").form("/submit"), {})
    return ref


def regions_decide(house, ref, verb="approve", only=(), **more):
    for track in house.state.tracks(ref):
        if track.status == "open" and (not only or track.detail in only):
            who = MANAGERS[track.detail]
            form = house[who].get(f"/tracks/{track.ref}").form("/decide")
            house[who].send(form, {"verb": verb, "rationale": REASON, "code": house.code(who), **more})


def officer_decides(house, ref):
    form = house["ingrid"].get(f"/requests/{ref}/officer").form("/officer")
    verdict = {"verb": "approve", "rationale": REASON, "conditions": "Cite the portal.", "code": house.code("ingrid")}
    house["ingrid"].send(form, verdict)


def an_offer(house, who="amina", **more):
    """A request that regions and officer approved."""
    ref = a_request(house, who, **more)
    regions_decide(house, ref)
    if stage(house, ref) == "in_review:dpo":
        officer_decides(house, ref)
    return ref


def accepted(house, ref, who="amina"):
    house[who].send(house[who].get(f"/requests/{ref}").form("/accept"), {})


def built(house, ref):
    house.told.wait("building", lambda: (one := house.state.release(ref)) is not None and one.status == "available")


def stage(house, ref):
    with house.inside() as session:
        return session.scalars(select(Request.status + ":" + Request.stage).where(Request.ref == ref)).one().rstrip(":")


def a_green_request(house, who="amina"):
    return a_request(house, who, variables=GREEN)
