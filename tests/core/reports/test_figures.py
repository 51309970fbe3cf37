"""The figures of service, against hand-made lists."""

import datetime as dt

import pytest

from portal.reports import figures
from portal.reports.figures import Course, Turn

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def day(number):
    return MONDAY + dt.timedelta(days=number)


def plain_days(_region, start, end):
    return (end - start).days


def turn(region, opened, decided=None, verdict="approved"):
    return Turn(
        region=region,
        opened=day(opened),
        decided=None if decided is None else day(decided),
        verdict="open" if decided is None else verdict,
    )


def course(**moments):
    values = dict.fromkeys(("regions_done", "officer_done", "offered", "accepted", "file_ready"))
    values |= {"organisation": "A", "purpose": "research", "state": "active", "sent": day(0)}
    return Course(**values | {name: day(at) if isinstance(at, int) else at for name, at in moments.items()})


def test_a_region_that_decides_late_or_not_at_all_is_not_in_time():
    turns = [turn("ESA", 0, 2), turn("ESA", 0, 5), turn("ESA", 0, 6, "declined"), turn("ESA", 0), turn("ESA", 18)]
    (line,) = figures.by_region(turns, plain_days, day(20))
    assert (line.asked, line.open, line.in_time, line.judged) == (5, 2, 2, 4)  # the one opened two days ago is not late
    assert line.prompt == pytest.approx(0.5)
    assert line.working_days == 5
    assert line.verdicts == {"approved": 2, "declined": 1}


def test_waiting_never_improves_a_share():
    turns = [turn("ESA", 0, 2), turn("ESA", 0)]
    shares = [figures.by_region(turns, plain_days, day(now))[0].prompt for now in (3, 5, 6, 60)]
    assert shares == [1.0, 1.0, 0.5, 0.5]


def test_the_share_of_all_regions_is_that_of_their_parts_not_of_their_shares():
    turns = [turn("ESA", 0, 1), *(turn("WANA", 0, 9) for _ in range(3))]
    assert figures.prompt(figures.by_region(turns, plain_days, day(20))) == (0.25, 4)
    assert figures.prompt([]) == (None, 0)


def test_each_stage_has_a_median_and_says_of_how_many():
    courses = [
        course(regions_done=2, offered=2, accepted=3, file_ready=3),
        course(regions_done=4, officer_done=9, offered=9, accepted=10, file_ready=12),
        course(regions_done=7),
        course(),
    ]
    found = {name: (one.days, one.of) for name, one in figures.stages(courses).items()}
    assert found == {"regions": (4, 3), "officer": (5, 1), "requester": (1, 2), "build": (1, 2), "whole": (7.5, 2)}


def test_a_stage_that_ended_before_it_began_is_left_out():
    assert figures.stages([course(offered=5, accepted=3)])["requester"] == figures.Spell(None, 0)


def test_outcomes_and_quarters():
    courses = [course(state="ended:rejected"), course(), course(file_ready=4, sent=day(200))]
    assert figures.outcomes(courses) == [("active", 2), ("ended:rejected", 1)]
    assert [(name, sent, ready) for name, sent, ready, _ in figures.quarters(courses)] == [
        ("2026 Q3", 1, 1),
        ("2026 Q1", 2, 0),
    ]
