"""The two machines, drawn: every step from every state, and nothing else."""

import pytest

from portal.errors import IllegalStep
from portal.incidents import workflow
from portal.machine import NOTHING

INCIDENT = """
               report    assess     notify    spare         reassess   close
–              reported  -          -         -             -          -
reported       -         assessing  -         -             -          -
assessing      -         -          notified  not_required  -          -
notified       -         -          -         -             -          closed
not_required   -         -          -         -             assessing  closed
closed         -         -          -         -             -          -
"""
FREEZE = """
          set       propose  keep      lift
–         in_force  -        -         -
in_force  -         lifting  -         -
lifting   -         -        in_force  lifted
lifted    -         -        -         -
"""


@pytest.mark.parametrize(("machine", "board"), [(workflow.INCIDENT, INCIDENT), (workflow.FREEZE, FREEZE)])
def test_every_step_is_on_the_board_and_nothing_else(machine, board):
    head, *lines = board.strip().splitlines()
    verbs = head.split()
    assert set(machine.verbs) == set(verbs)
    for line in lines:
        state, *targets = line.split()
        for verb, target in zip(verbs, targets, strict=True):
            source = NOTHING if state == "–" else state
            if target == "-":
                with pytest.raises(IllegalStep):
                    machine.find(source, verb)
            else:
                assert machine.find(source, verb).target == target
    assert {line.split()[0] for line in lines} - {"–"} == set(machine.states)
