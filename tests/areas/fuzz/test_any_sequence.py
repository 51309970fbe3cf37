"""The three machines together, tried at random by everybody: what must hold holds after any sequence of deeds."""

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from portal import clock
from tests.areas.fuzz import story
from tests.areas.fuzz.house import House
from tests.areas.fuzz.world import World
from tests.snapshots import moments  # noqa: F401 -- a fixture

PATIENCE = 900
BY_CHANCE = 3  # statuses that a hundred sequences may pass by: a sequence depends on the day on which it begins


@pytest.fixture(scope="module")
def house(moments, tmp_path_factory):  # noqa: F811
    with time_machine.travel(clock.now(), tick=False) as moved:
        made = House(moments["signed"], tmp_path_factory.mktemp("fuzz") / "house", moved)
        story.play(made)
        yield made
        made.drop()


def run(house, *, examples, steps, builds, phases=(Phase.generate,)):
    """Try so many sequences of so many steps, each with so many real builds; return every status that was visited."""
    machine = type("Run", (World,), {"house": house, "visited": set(), "builds": builds})
    often = settings(
        max_examples=examples, stateful_step_count=steps, derandomize=True, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=often)
    return machine.visited


def test_what_must_hold_holds_after_a_few_sequences(house):
    run(house, examples=6, steps=30, builds=1)


@pytest.mark.long
@pytest.mark.timeout(PATIENCE)
def test_what_must_hold_holds_after_many_and_every_status_is_visited(house):
    visited = run(house, examples=100, steps=60, builds=3, phases=(Phase.generate, Phase.shrink))
    every = {(kind, state) for kind, machine in story.MACHINES.items() for state in machine.states}
    missed = every - visited - story.ELSEWHERE
    assert len(missed) <= BY_CHANCE, missed
