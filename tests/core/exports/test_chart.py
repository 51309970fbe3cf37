import itertools

import pytest

from portal.exports.chart import marks, of_lines


def a_line(risk, kept, *, chosen=False, best=False):
    return {"k": 5, "mean_risk": risk, "kept": kept, "chosen": chosen, "best": best}


def test_less_risk_lies_to_the_left_and_more_shown_lies_higher():
    chart = of_lines([a_line(0.01, 0.5, best=True), a_line(0.05, 0.9, chosen=True, best=True), a_line(0.05, 0.7)])
    first, second, third = chart.dots
    assert first.x < second.x == third.x
    assert first.y > third.y > second.y
    assert [dot.chosen for dot in chart.dots] == [False, True, False]
    assert chart.line == f"{first.x},{first.y} {second.x},{second.y}"


def test_every_dot_and_mark_lies_inside():
    chart = of_lines([a_line(0.0013, 0.62), a_line(0.2, 1.0)])
    for dot in chart.dots:
        assert chart.left <= dot.x <= chart.right
        assert chart.top <= dot.y <= chart.bottom
    assert chart.x_marks[0] == (chart.left, 0.0)
    assert {x for x, _ in chart.x_marks} <= {x for x, _ in chart.x_marks if chart.left <= x <= chart.right}
    assert chart.y_marks[0][0] == chart.bottom


def test_one_point_alone_has_axes_too():
    chart = of_lines([a_line(0.03, 0.8, chosen=True)])
    assert len(chart.x_marks) >= 2
    assert len(chart.y_marks) >= 2


def test_without_ways_there_is_no_chart():
    assert of_lines([]) is None


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.2), (0.61, 0.99), (0.5, 0.5), (0.0, 0.0), (0.123, 0.124)])
def test_marks_are_few_round_and_reach_both_ends(low, high):
    found = marks(low, high)
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert 2 <= len(found) <= 7
    steps = {round(after - before, 9) for before, after in itertools.pairwise(found)}
    assert len(steps) == 1
