"""What may be tried with publications: begun, shown, answered, reported, given up."""

import datetime as dt

from portal import clock
from portal.requests import actions_publications as actions
from portal.requests.schemas_duties import Judged
from portal.requests.schemas_publications import Dropped, Out, Sent, Shown
from tests.areas.fuzz.deed import WHY, Deed, code, lock
from tests.areas.fuzz.of_requests import ASKERS, DECIDERS, OFFICERS

ZONE = "Europe/Copenhagen"


def show(_house, actor, row, draw):
    day = clock.today(ZONE) + dt.timedelta(days=draw.number % 40 - 1)
    said = Shown(f"A text {draw.number}", day, "https://example.org/text", lock(row, draw))
    return actions.show(actor, row.ref, Sent(said))


def judge(verb):
    return lambda h, a, row, d: actions.judge(a, row.ref, Judged(verb, WHY, code(h, d), lock(row, d)))


def report(_house, actor, row, draw):
    day = clock.today(ZONE) + dt.timedelta(days=1 - draw.number % 5)
    return actions.report(actor, row.ref, Out(f"A text {draw.number}", "10.1000/182", day, lock(row, draw)))


def drop(_house, actor, row, draw):
    return actions.drop(actor, row.ref, Dropped(WHY, lock(row, draw)))


JUDGES = (*DECIDERS, *OFFICERS)
DEEDS = [
    Deed("begin_text", "request", "suspend", ASKERS, lambda _h, a, row, _d: actions.begin(a, row.ref)),
    Deed("show_text", "publication", "show", ASKERS, show, alone=True),
    Deed("clear_text", "publication", "clear", JUDGES, judge("clear")),
    Deed("ask_of_text", "publication", "ask", JUDGES, judge("ask")),
    Deed("report_text", "publication", "report", ASKERS, report),
    Deed("drop_text", "publication", "drop", ASKERS, drop),
]
