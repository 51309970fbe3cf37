"""Every step from every state by everybody: taken by who may, refused to the others in words, never a fault.

Then what is sent at the same time: both who sign, and two who stop.
"""

import datetime as dt
import threading

import pytest

from portal import clock
from portal.agreements.models_signing import Move, Signature
from portal.agreements.workflow import AGREEMENT
from tests.areas.agreements.way import Way

SENT = (
    "save", "share", "recall", "hand_back", "accept", "record", "send_back", "reopen", "sign", "adopt", "drop",
    "suspend", "resume", "notice", "terminate", "close",
)  # fmt: skip
MAKERS, STOPPERS, OFFICERS = {"cora", "hedda", "dana"}, {"hedda", "dana"}, {"dana"}
NEGOTIATE = {"fay", "sven"}
WHO = {
    **dict.fromkeys(("save", "share", "recall", "drop"), MAKERS),
    **dict.fromkeys(("hand_back", "accept"), NEGOTIATE),
    **dict.fromkeys(("record", "send_back", "adopt", "close"), OFFICERS),
    **dict.fromkeys(("suspend", "resume", "terminate"), STOPPERS),
    "reopen": MAKERS | NEGOTIATE,
    "notice": STOPPERS | NEGOTIATE,
    "sign": {"hedda", "sven"},
}
UNSIGNED = {"draft", "draft:partner", "signing:dpo", "signing:names", "ended:dropped"}
EVERYBODY = ("cora", "hedda", "dana", "fay", "sven", "stella", "anna", "hal", "otto")
REFUSALS = {400, 403, 404, 409}


def _with_paper(way):
    ref = way.draft(who="cleo")
    assert way.attach(ref, who="cleo").status_code == 303
    return ref


def _suspended(way):
    return way.go(way.signed(), "dino suspend")


def _ended(way, how):
    ref = way.signed()
    way.set(ref, status="ended", ended_as=how)
    return ref


def begun(way):
    return way.signed(starts_on=(clock.today() + dt.timedelta(days=5)).isoformat())


STATES = {
    "draft": _with_paper,
    "draft:partner": lambda way: way.go(way.draft(), "cora share"),
    "signing:dpo": lambda way: way.go(way.draft(), "cora share", "fay accept"),
    "signing:names": Way.agreed,
    "signing:begin": begun,
    "active": Way.signed,
    "suspended": _suspended,
    "ended:dropped": lambda way: way.go(way.draft(), "cora share", "cora drop"),
    "ended:terminated": lambda way: way.go(way.signed(), "hedda terminate"),
    "ended:expired": lambda way: _ended(way, "expired"),
    "ended:superseded": lambda way: _ended(way, "superseded"),
    "ended:closed": lambda way: way.go(way.signed(), "hedda terminate", "dana close"),
}


def test_every_state_is_walked_and_every_step_that_people_take():
    assert set(STATES) == set(AGREEMENT.states)
    taken_by_nobody = {"complete", "begin", "conclude", "expire", "supersede", "create", "renew"}
    assert set(SENT) == set(AGREEMENT.verbs) - taken_by_nobody == set(WHO)


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
def test_every_step_by_everybody_from(reach, state):
    way, ref = reach(state, STATES[state])
    assert way.row(ref).state == state
    kept = way.row(ref)
    wrong = []
    for verb in SENT:
        for who in (one for one in EVERYBODY if one not in WHO[verb] or not AGREEMENT.allows(state, verb)):
            if verb == "sign" and who in WHO["sign"] and state not in UNSIGNED:
                continue  # they have signed: a second click, drawn in test_signing
            answer = way.step(ref, who, verb, code="000000", row=kept)  # refused before anybody asks for the code
            if answer.status_code not in REFUSALS or "<h1" not in answer.text:
                wrong.append((verb, who, answer.status_code))
            if who in WHO[verb] and answer.status_code != 409 and not (who in NEGOTIATE and answer.status_code == 404):
                wrong.append((verb, who, answer.status_code, "no step from here is a conflict"))
    row = way.row(ref)
    assert wrong == []
    assert (row.state, row.lock, row.text_sha256) == (state, kept.lock, kept.text_sha256)


TAKEN = [
    (step.source, step.verb, who)
    for step in AGREEMENT.steps
    if step.verb in SENT
    for who in sorted({min(WHO[step.verb]), max(WHO[step.verb])})
]


@pytest.mark.parametrize(("state", "verb", "who"), TAKEN)
def test_a_step_is_taken_by_whoever_may(reach, state, verb, who):
    way, ref = reach(state, STATES[state])
    answer = way.step(ref, who, verb)
    assert answer.status_code == 303
    assert way.row(ref).state == AGREEMENT.find(state, verb).target or verb == "adopt"
    assert way.look(Move, Move.agreement_id == way.row(ref).id, Move.verb == verb)


def at_once(*deeds):
    """Do things at the same moment, each in a thread of its own; return their answers."""
    gate, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(number, deed):
        gate.wait()
        answers[number] = deed()

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer.status_code for answer in answers]


def test_two_who_sign_at_once_both_have_signed_and_it_takes_effect_once(way):
    ref = way.agreed()
    sent = {who: {"sha256": way.row(ref).text_sha256, "code": way.code(who)} for who in ("hedda", "sven")}
    for who in sent:
        way.post(who, "/nowhere")  # the form's token is there
    deeds = [lambda who=who: way.post(who, f"/agreements/{ref}/sign", **sent[who]) for who in sent]
    assert at_once(*deeds) == [303, 303]
    assert sorted(one.side for one in way.look(Signature)) == ["mmc", "partner"]
    assert way.row(ref).state == "active"
    assert way.verbs(ref).count("begin") == 1


def test_of_two_who_stop_at_once_one_is_told_that_somebody_was_faster(way):
    ref = way.signed()
    lock = way.row(ref).lock
    sent = {"dana": "suspend", "hedda": "terminate"}
    fields = {who: {"lock": lock, "verb": verb, "reason": "Stop.", "code": way.code(who)} for who, verb in sent.items()}
    for who in sent:
        way.post(who, "/nowhere")
    deeds = [lambda who=who: way.post(who, f"/agreements/{ref}/stop", **fields[who]) for who in sent]
    assert sorted(at_once(*deeds)) == [303, 409]
