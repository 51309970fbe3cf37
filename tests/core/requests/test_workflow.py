"""The steps, drawn. Whatever the whiteboard leaves blank is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import events
from portal.errors import IllegalStep
from portal.machine import Machine, Step
from portal.machine import state as state_of
from portal.requests.workflow import EXTENSION, OBLIGATION, PUBLICATION, REQUEST, TRACK, as_markdown

ROOT = Path(__file__).parents[3]
STEPS = REQUEST.steps + TRACK.steps + OBLIGATION.steps + EXTENSION.steps + PUBLICATION.steps

REQUEST_BOARD = """
                   save      submit             return    answer             forward        offer    reject          approve  approve_in_part  ask                decline         accept  lapse          withdraw         cancel           suspend    resume  revoke         expire         split              carry     pause              confirm  discontinue    run                hand_over
draft              draft     in_review:regions  -         -                  -              -        -               -        -                -                  -               -       -              ended:withdrawn  ended:cancelled  -          -       -              -              -                  draft     -                  -        -              -                  draft
in_review:regions  -         -                  returned  -                  in_review:dpo  offered  ended:rejected  -        -                -                  -               -       -              ended:withdrawn  ended:cancelled  -          -       -              -              in_review:regions  -         -                  -        -              -                  -
in_review:dpo      -         -                  -         -                  -              -        -               offered  offered          in_review:regions  ended:rejected  -       -              ended:withdrawn  ended:cancelled  -          -       -              -              -                  -         -                  -        -              -                  -
returned           returned  -                  -         in_review:regions  -              -        -               -        -                -                  -               -       -              ended:withdrawn  ended:cancelled  -          -       -              -              -                  returned  -                  -        -              -                  -
offered            -         -                  -         -                  -              -        -               -        -                -                  -               active  ended:lapsed   ended:withdrawn  ended:cancelled  -          -       -              -              -                  -         -                  -        -              -                  -
active             -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                suspended  -       ended:revoked  ended:expired  -                  -         suspended:renewal  -        ended:expired  active             -
suspended          -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          active  ended:revoked  ended:expired  -                  -         -                  -        -              -                  -
suspended:renewal  -         -                  -         -                  -              -        -               -        -                -                  -               -       ended:expired  -                -                suspended  -       ended:revoked  -              -                  -         -                  active   ended:expired  -                  -
ended:rejected     -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
ended:lapsed       -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
ended:withdrawn    -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
ended:cancelled    -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
ended:revoked      -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
ended:expired      -         -                  -         -                  -              -        -               -        -                -                  -               -       -              -                -                -          -       -              -              -                  -         -                  -        -              -                  -
"""

TRACK_BOARD = """
                   approve   approve_in_part   decline   ask                reopen  close   remind  escalate  recuse   reassign
open               approved  approved_in_part  declined  changes_requested  -       closed  open    open      recused  open
recused            -         -                 -         -                  -       closed  -       -         -        open
approved           -         -                 -         -                  open    -       -       -         -        -
approved_in_part   -         -                 -         -                  open    -       -       -         -        -
declined           -         -                 -         -                  open    -       -       -         -        -
changes_requested  -         -                 -         -                  open    closed  -       -         -        -
closed             -         -                 -         -                  open    -       -       -         -        -
"""

OBLIGATION_BOARD = """
          report    confirm  reopen  waive
open      reported  -        -       waived
reported  -         met      open    waived
met       -         -        open    -
waived    -         -        -       -
"""


PUBLICATION_BOARD = """
               show   clear    ask            lapse       report     drop
open           shown  -        -              -           published  dropped
shown          shown  cleared  changes_asked  unanswered  published  dropped
changes_asked  shown  -        -              -           published  dropped
cleared        shown  -        -              -           published  dropped
unanswered     shown  cleared  changes_asked  -           published  dropped
published      -      -        -              -           published  -
dropped        -      -        -              -           -          -
"""

EXTENSION_BOARD = """
           grant    decline   withdraw   lapse
asked      granted  declined  withdrawn  lapsed
granted    -        -         -          -
declined   -        -         -          -
withdrawn  -        -         -          -
lapsed     -        -         -          -
"""


def squares(board):
    head, *lines = board.strip("\n").splitlines()
    verbs = head.split()
    for line in lines:
        state, *targets = line.split()
        yield from ((state, verb, target) for verb, target in zip(verbs, targets, strict=True))


@pytest.mark.parametrize(
    ("machine", "state", "verb", "target"),
    [
        (m, *square)
        for m, board in (
            (REQUEST, REQUEST_BOARD),
            (TRACK, TRACK_BOARD),
            (OBLIGATION, OBLIGATION_BOARD),
            (EXTENSION, EXTENSION_BOARD),
            (PUBLICATION, PUBLICATION_BOARD),
        )
        for square in squares(board)
    ],
)
def test_the_table_is_the_whiteboard(machine, state, verb, target):
    if target == "-":
        assert not machine.allows(state, verb)
        with pytest.raises(IllegalStep):
            machine.find(state, verb)
    else:
        assert machine.find(state, verb).target == target


@pytest.mark.parametrize(
    ("machine", "board", "first"),
    [
        (REQUEST, REQUEST_BOARD, "start"),
        (TRACK, TRACK_BOARD, "open"),
        (OBLIGATION, OBLIGATION_BOARD, "take_on"),
        (EXTENSION, EXTENSION_BOARD, "ask"),
        (PUBLICATION, PUBLICATION_BOARD, "open"),
    ],
)
def test_the_whiteboard_shows_every_state_and_verb(machine, board, first):
    assert set(machine.states) == {state for state, _, _ in squares(board)}
    begins = {first, *({"enter"} if machine is REQUEST else ())}
    assert set(machine.verbs) == {verb for _, verb, _ in squares(board)} | begins
    assert all(machine.sources(verb) == ("",) for verb in begins)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.source}-{step.verb}")
def test_every_step_names_a_listed_event_and_somebody(step):
    assert events.find(step.event).name == step.event
    assert step.who in {"requester", "staff", "region", "coordinator", "officer", "decider", "system", "clock"}
    assert step.note


@pytest.mark.parametrize("step", [s for s in STEPS if s.who in {"officer", "region", "coordinator", "decider"}])
def test_every_step_of_a_decider_carries_a_second_factor(step):
    assert "code" in step.guards


@given(st.lists(st.sampled_from(REQUEST.verbs), max_size=40))
def test_no_sequence_of_verbs_skips_a_step(verbs):
    state, seen = "", []
    for verb in verbs:
        if REQUEST.allows(state, verb):
            state = REQUEST.find(state, verb).target
            seen.append(verb)
    if state in {"active", "suspended", "suspended:renewal", "ended:expired", "ended:revoked"}:
        order = [seen.index(verb) for verb in ("start", "submit", "accept")]
        assert order == sorted(order)
        offers = [i for i, verb in enumerate(seen) if verb in {"offer", "approve", "approve_in_part"}]
        assert offers
        assert min(offers) < seen.index("accept")
    if state == "offered":
        assert seen[-1] in {"offer", "approve", "approve_in_part"}


@given(st.lists(st.sampled_from(REQUEST.verbs), max_size=60))
def test_what_has_ended_stays_ended(verbs):
    state = ""
    for verb in verbs:
        before = state
        state = REQUEST.find(state, verb).target if REQUEST.allows(state, verb) else state
        assert not (before.startswith("ended") and state != before)


def test_two_rows_for_one_state_and_verb_are_refused():
    row = Step("a", "go", "b", "system", (), "request.created", "note")
    with pytest.raises(ValueError, match="two rows"):
        Machine("double", [row, row])


def test_a_target_says_status_stage_and_how_it_ended():
    step = REQUEST.find("draft", "submit")
    assert (step.status, step.stage, step.ended_as) == ("in_review", "regions", "")
    step = REQUEST.find("offered", "lapse")
    assert (step.status, step.stage, step.ended_as) == ("ended", "", "lapsed")
    assert state_of("active", "", "") == "active"


def test_the_page_about_the_steps_is_up_to_date():
    assert (ROOT / "docs" / "request-states.md").read_text(encoding="utf-8").endswith(as_markdown())
