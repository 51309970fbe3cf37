"""Every status of the three machines can be reached, and none is a dead end: read from the tables alone."""

import pytest

from portal.machine import NOTHING
from tests.areas.fuzz.story import ENDS, MACHINES

ENDS = ENDS | {"obligation": {"met", "waived"}, "publication": {"published", "dropped"}}


def reached_from(machine, start):
    found, new = set(), {start}
    while new:
        found |= new
        new = {step.target for step in machine.steps if step.source in new} - found
    return found


@pytest.mark.parametrize("name", MACHINES)
def test_every_status_is_reached_and_has_a_way_to_an_end(name):
    machine = MACHINES[name]
    assert reached_from(machine, NOTHING) - {NOTHING} == set(machine.states)
    for state in machine.states:
        assert reached_from(machine, state) & ENDS[name], f"{state} is a dead end"
    without_way_out = {state for state in machine.states if reached_from(machine, state) == {state}}
    assert without_way_out <= ENDS[name]
