"""The steps of an agreement, drawn. Whatever the whiteboard leaves blank is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.agreements.workflow import AGREEMENT, as_markdown
from portal.audit import events
from portal.errors import IllegalStep

ROOT = Path(__file__).parents[3]

BOARD = """
                  save   share          recall  hand_back  accept       record         send_back  reopen  sign           complete       adopt          begin   drop           suspend    resume  notice     terminate         conclude          expire         supersede         close
draft             draft  draft:partner  -       -          -            -              -          -       -              -              signing:begin  -       ended:dropped  -          -       -          -                 -                 -              -                 -
draft:partner     -      -              draft   draft      signing:dpo  -              -          -       -              -              -              -       ended:dropped  -          -       -          -                 -                 -              -                 -
signing:dpo       -      -              -       -          -            signing:names  draft      draft   -              -              -              -       ended:dropped  -          -       -          -                 -                 -              -                 -
signing:names     -      -              -       -          -            -              -          draft   signing:names  signing:begin  -              -       ended:dropped  -          -       -          -                 -                 -              -                 -
signing:begin     -      -              -       -          -            -              -          draft   -              -              -              active  ended:dropped  -          -       -          -                 -                 -              -                 -
active            -      -              -       -          -            -              -          -       -              -              -              -       -              suspended  -       active     ended:terminated  ended:terminated  ended:expired  ended:superseded  -
suspended         -      -              -       -          -            -              -          -       -              -              -              -       -              -          active  suspended  ended:terminated  ended:terminated  ended:expired  ended:superseded  -
ended:dropped     -      -              -       -          -            -              -          -       -              -              -              -       -              -          -       -          -                 -                 -              -                 -
ended:terminated  -      -              -       -          -            -              -          -       -              -              -              -       -              -          -       -          -                 -                 -              -                 ended:closed
ended:expired     -      -              -       -          -            -              -          -       -              -              -              -       -              -          -       -          -                 -                 -              -                 ended:closed
ended:superseded  -      -              -       -          -            -              -          -       -              -              -              -       -              -          -       -          -                 -                 -              -                 ended:closed
ended:closed      -      -              -       -          -            -              -          -       -              -              -              -       -              -          -       -          -                 -                 -              -                 -
"""


def squares():
    head, *lines = BOARD.strip("\n").splitlines()
    verbs = head.split()
    for line in lines:
        state, *targets = line.split()
        yield from ((state, verb, target) for verb, target in zip(verbs, targets, strict=True))


@pytest.mark.parametrize(("state", "verb", "target"), list(squares()))
def test_the_table_is_the_whiteboard(state, verb, target):
    if target == "-":
        assert not AGREEMENT.allows(state, verb)
        with pytest.raises(IllegalStep):
            AGREEMENT.find(state, verb)
    else:
        assert AGREEMENT.find(state, verb).target == target


def test_the_whiteboard_shows_every_state_and_verb():
    assert set(AGREEMENT.states) == {state for state, _, _ in squares()}
    assert set(AGREEMENT.verbs) == {verb for _, verb, _ in squares()} | {"create", "renew"}
    assert AGREEMENT.sources("create") == AGREEMENT.sources("renew") == ("",)


@pytest.mark.parametrize("step", AGREEMENT.steps, ids=lambda step: f"{step.source}-{step.verb}")
def test_every_step_names_a_listed_event_and_somebody(step):
    assert events.find(step.event).name == step.event
    people = {"maker", "partner", "officer", "signatory", "stopper", "stopper or partner", "either side"}
    assert step.who in people | {"system", "clock"}
    assert step.note


def test_every_step_that_binds_or_stops_carries_a_second_factor():
    coded = {step.verb for step in AGREEMENT.steps if "code" in step.guards}
    assert coded == {"accept", "record", "sign", "adopt", "suspend", "resume", "notice", "terminate", "close"}


@given(st.lists(st.sampled_from(AGREEMENT.verbs), max_size=60))
def test_nothing_runs_that_was_not_signed_after_the_last_change_of_its_text(verbs):
    state, since = "", []
    for verb in verbs:
        if AGREEMENT.allows(state, verb):
            state = AGREEMENT.find(state, verb).target
            since = [] if state == "draft" else [*since, verb]
    if state in {"active", "suspended"}:
        assert since[0] == "adopt" or [one for one in since if one in {"accept", "record", "complete"}] == [
            "accept",
            "record",
            "complete",
        ]
        assert "begin" in since


@given(st.lists(st.sampled_from(AGREEMENT.verbs), max_size=60))
def test_what_has_ended_is_closed_at_most(verbs):
    state = ""
    for verb in verbs:
        before = state
        state = AGREEMENT.find(state, verb).target if AGREEMENT.allows(state, verb) else state
        assert not before.startswith("ended") or state in {before, "ended:closed"}


def test_the_page_about_the_steps_is_up_to_date():
    assert (ROOT / "docs" / "agreement-states.md").read_text(encoding="utf-8").endswith(as_markdown())
