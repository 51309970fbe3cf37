"""The moments at which a sequence begins, made once by the same deeds; and where everything ends."""

from dataclasses import replace
from types import SimpleNamespace

from portal.agreements.workflow import AGREEMENT
from portal.exports.workflow import DUTY, RELEASE
from portal.requests.workflow import EXTENSION, OBLIGATION, PUBLICATION, REQUEST, TRACK
from tests.areas.fuzz import of_agreements, of_publications, of_releases, of_requests

DEEDS = {
    one.name: one for one in (*of_agreements.DEEDS, *of_requests.DEEDS, *of_releases.DEEDS, *of_publications.DEEDS)
}
OF_DANA = {name: replace(deed, who=("dana",)) for name, deed in DEEDS.items()}
MOMENTS = ("fetched", "asked", "offered", "fresh")
PLAIN, RED = 24, 12  # the numbers of forms: two regions without, and with, the data protection officer after them
ENDS = {
    "agreement": {"ended:closed", "ended:dropped"},
    "request": {state for state in REQUEST.states if state.startswith("ended:")},
    "track": {"approved", "approved_in_part", "declined", "closed"},
    "extension": {"granted", "declined", "withdrawn", "lapsed"},
    "release": {"ended:destroyed"},
    "duty": {"settled", "waived"},
}
MACHINES = {
    "agreement": AGREEMENT, "request": REQUEST, "track": TRACK, "extension": EXTENSION, "obligation": OBLIGATION,
    "publication": PUBLICATION, "release": RELEASE, "duty": DUTY,
}  # fmt: skip

ELSEWHERE = {  # what the sequences of the long run do not come by, and where it is walked instead
    ("agreement", "ended:superseded"),  # tests/areas/agreements/test_stopping.py: a renewal that begins
    ("extension", "declined"),  # tests/areas/requests/test_extension.py: one region's no
    ("publication", "cleared"),  # tests/areas/requests/test_publications.py: answers, and days without one
    ("publication", "changes_asked"),
    ("publication", "unanswered"),
    ("request", "ended:withdrawn"),  # test_at_once.py: eight clicks
    ("request", "ended:revoked"),  # test_at_once.py: eight officers
    ("request", "suspended:renewal"),  # tests/areas/requests/test_renewal.py: what waits under a renewal
}


def play(house):
    """Play the moments, each after the one before."""
    house.keep("fresh")
    for step in ("cora create", "cora share", "fay accept_text", "dana record"):
        do(house, step, PLAIN)
    for step in ("anna start", "anna fill", "anna submit"):
        do(house, step, PLAIN)
    house.keep("asked")
    for step in ("wanda approve_part", "esther approve_part"):
        do(house, step, PLAIN)
    for step in ("ben start", "ben fill", "ben submit", "wim approve_part", "esther approve_part"):
        do(house, step, RED)
    house.keep("offered")
    do(house, "anna accept", PLAIN)
    house.worker()
    house.look()
    for who in ("anna", "ben"):
        do(house, f"{who} accept_terms", 1)
        do(house, f"{who} fetch", 1)
    house.keep("fetched")


def do(house, step, number):
    """Let somebody do a deed to the newest thing it can be done to."""
    name, verb = step.split()
    deed = of_releases.FETCH if verb == "fetch" else DEEDS[verb]
    row = None
    if deed.kind:
        able = {"accept_terms": ("active",), "fetch": ("available",)}.get(verb, deed.sources)
        row = [one for one in house.rows[deed.kind] if one.state in able][-1]
        if deed.kind == "track":
            region = {"wanda": "WANA", "wim": "WANA", "esther": "ESA"}[name]
            row = [one for one in house.rows["track"] if one.state in able and one.region == region][-1]
    draw = SimpleNamespace(name=name, number=number, stale=False)
    refused, _ = house.attempt(name, lambda actor: deed.do(house, actor, row, draw), proved=deed.proved)
    assert refused is None, (step, refused)
    house.look()
