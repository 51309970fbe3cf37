"""The keeper: two may run and one acts; a failing task stops no other."""

import datetime as dt

from portal import clock, keeper
from portal.db import session, transaction
from portal.jobs.models import Duty


def test_of_two_keepers_one_has_the_duty(context):
    assert keeper.take_duty("first")
    assert not keeper.take_duty("second")
    assert keeper.take_duty("first"), "whoever has it keeps it"


def test_the_duty_passes_on_when_its_holder_goes_silent(context, time_machine):
    assert keeper.take_duty("first")
    time_machine.move_to(clock.now() + dt.timedelta(seconds=keeper.HOLD_SECONDS + 1), tick=False)
    assert keeper.take_duty("second")
    assert not keeper.take_duty("first")


def test_a_keeper_acts_only_while_it_surely_has_the_duty(context):
    deeds = []
    one, two = keeper.Keeper(), keeper.Keeper()
    one.tasks = [keeper.Task("note", 0, lambda: deeds.append("one"))]
    two.tasks = [keeper.Task("note", 0, lambda: deeds.append("two"))]
    for _ in range(3):
        one.tick()
        two.tick()
    assert deeds == ["one", "one", "one"]


def test_a_failing_task_stops_no_other(context, capsys):
    deeds = []

    def fail():
        raise ValueError("a value nobody should read")

    one = keeper.Keeper()
    one.tasks = [keeper.Task("fail", 0, fail), keeper.Task("note", 0, lambda: deeds.append(1))]
    one.tick()
    assert deeds == [1]
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "nobody should read" not in said


def test_the_duty_is_there_from_the_beginning(context):
    with transaction():
        assert session().get(Duty, "keeper") is not None


def test_every_task_of_the_house_runs_on_an_empty_portal(context, capsys):
    for task in keeper.tasks():
        task.do()
