"""The steps of a release and of a duty, drawn. Whatever the whiteboard leaves blank is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import events
from portal.errors import IllegalStep
from portal.exports.workflow import CAUSES, DUTY, RELEASE, SETTLED, as_markdown

ROOT = Path(__file__).parents[3]

RELEASE_BOARD = """
                  build     hold  give_up  publish    order_again  revoke         expire         supersede         destroy
queued            building  held  held     -          -            ended:revoked  ended:expired  -                 -
building          building  held  held     available  -            ended:revoked  ended:expired  -                 -
held              -         -     -        -          queued       ended:revoked  ended:expired  -                 -
checking          -         -     -        -          -            ended:revoked  ended:expired  -                 -
available         -         -     -        -          -            ended:revoked  ended:expired  ended:superseded  -
ended:revoked     -         -     -        -          -            -              -              -                 ended:destroyed
ended:expired     -         -     -        -          -            -              -              -                 ended:destroyed
ended:superseded  -         -     -        -          -            -              -              -                 ended:destroyed
ended:destroyed   -         -     -        -          -            -              -              -                 -

                  check     hand_out   keep_back  let_judge
queued            -         -          -          -
building          checking  -          -          -
held              -         -          -          queued
checking          -         available  held       -
available         -         -          -          -
ended:revoked     -         -          -          -
ended:expired     -         -          -          -
ended:superseded  -         -          -          -
ended:destroyed   -         -          -          -
"""

DUTY_BOARD = """
          bring_forward  attest    lose      lapse    countersign  send_back  waive
due       due            attested  attested  overdue  -            -          waived
overdue   due            attested  attested  -        -            -          waived
attested  -              -         -         -        settled      due        waived
settled   -              -         -         -        -            -          -
waived    -              -         -         -        -            -          -
"""


def squares(board):
    for part in board.strip("\n").split("\n\n"):
        head, *lines = part.splitlines()
        verbs = head.split()
        for line in lines:
            state, *targets = line.split()
            yield from ((state, verb, target) for verb, target in zip(verbs, targets, strict=True))


@pytest.mark.parametrize(
    ("machine", "state", "verb", "target"),
    [(m, *square) for m, board in ((RELEASE, RELEASE_BOARD), (DUTY, DUTY_BOARD)) for square in squares(board)],
)
def test_the_table_is_the_whiteboard(machine, state, verb, target):
    if target == "-":
        assert not machine.allows(state, verb)
        with pytest.raises(IllegalStep):
            machine.find(state, verb)
    else:
        assert machine.find(state, verb).target == target


@pytest.mark.parametrize(("machine", "board", "first"), [(RELEASE, RELEASE_BOARD, "order"), (DUTY, DUTY_BOARD, "open")])
def test_the_whiteboard_shows_every_state_and_verb(machine, board, first):
    assert set(machine.states) == {state for state, _, _ in squares(board)}
    assert set(machine.verbs) == {verb for _, verb, _ in squares(board)} | {first}
    assert machine.sources(first) == ("",)


@pytest.mark.parametrize("step", RELEASE.steps + DUTY.steps, ids=lambda step: f"{step.source}-{step.verb}")
def test_every_step_names_a_listed_event_and_somebody(step):
    assert events.find(step.event).name == step.event
    known = {"system", "worker", "steward", "clock", "officer", "holder", "focal point", "region"}
    assert set(step.who.split(" or ")) <= known
    assert step.note


@pytest.mark.parametrize("verb", ["revoke", "supersede", "waive"])
def test_whoever_ends_or_waives_by_hand_proves_it_and_says_why(verb):
    machine = DUTY if verb == "waive" else RELEASE
    for step in machine.steps:
        if step.verb == verb:
            assert {"code", "reasoned"} <= set(step.guards)


@given(st.lists(st.sampled_from(RELEASE.verbs), max_size=40))
def test_what_has_ended_is_never_to_be_had_again(verbs):
    state, seen = "", []
    for verb in verbs:
        before = state
        if RELEASE.allows(state, verb):
            state = RELEASE.find(state, verb).target
            seen.append(state)
        assert not (before.startswith("ended") and not state.startswith("ended"))
    if "available" in seen:
        assert seen.index("building") < seen.index("available")
    if state == "ended:destroyed":
        assert seen[-2] in {f"ended:{cause}" for cause in CAUSES}


@given(st.lists(st.sampled_from(DUTY.verbs), max_size=40))
def test_nothing_is_settled_that_was_not_attested(verbs):
    state, seen = "", []
    for verb in verbs:
        before = state
        if DUTY.allows(state, verb):
            state = DUTY.find(state, verb).target
            seen.append(verb)
        assert not (before in SETTLED and state != before)
    if state == "settled":
        assert seen[-1] == "countersign"
        assert seen[-2] == "attest"


def test_the_page_about_the_steps_is_up_to_date():
    assert (ROOT / "docs" / "release-states.md").read_text(encoding="utf-8").endswith(as_markdown())
