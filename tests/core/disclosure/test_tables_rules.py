import numpy as np
import pandas as pd
import pytest

from portal.disclosure.refusals import BadInput
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.primary import of_counts, of_sums
from portal.disclosure.tables.rules import TableRules, above_dominated, above_few, above_guessable, guessable
from tests.core.disclosure.boards import board, repeated


@pytest.mark.parametrize(
    ("field", "value"),
    [("minimum", 2), ("rate_minimum", 9), ("dominance", 0.0), ("dominance", 100.0), ("p", 0.0), ("p", 101.0)],
)
def test_rules_that_protect_nobody_are_refused(field, value):
    with pytest.raises(BadInput, match=f"^{field}: "):
        TableRules(**{field: value})


def why(made, found):
    return {
        "/".join((side.paths[node] or ("Total",))[-1] for side, node in zip(made.dimensions, row, strict=True)): str(
            word
        )
        for row, word in zip(made.nodes, found.why, strict=True)
        if word
    }


def test_nine_records_are_too_few_and_ten_are_not():
    frame, _ = board("camp\n" + repeated("a", 9) + "\n" + repeated("b", 10))
    made = cube(frame, [["camp"]])
    assert why(made, of_counts(made, TableRules(), None)) == {"a": "few"}


def test_a_group_that_gave_one_answer_hides_its_zeros_too():
    frame, _ = board(
        "camp abuse\n" + repeated("a yes", 12) + "\n" + repeated("b yes", 11) + "\n" + repeated("b no", 11)
    )
    made = cube(frame, [["camp"], ["abuse"]])
    assert why(made, of_counts(made, TableRules(), "abuse")) == {"a/yes": "one answer", "a/no": "one answer"}


def test_that_all_refused_to_answer_discloses_no_answer():
    frame, _ = board("abuse\n" + repeated(".r", 12))
    made = cube(frame, [["abuse"]])
    assert why(made, of_counts(made, TableRules(), "abuse")) == {}


def test_answers_must_be_a_side_of_their_own():
    frame, _ = board("camp abuse\na yes")
    with pytest.raises(BadInput, match="abuse: must be a side"):
        of_counts(cube(frame, [["camp", "abuse"]]), TableRules(), "abuse")


def paid(*amounts):
    frame = pd.DataFrame({"camp": ["a"] * len(amounts), "paid": amounts})
    made = cube(frame, [["camp"]])
    return of_sums(made, frame, "paid", TableRules(minimum=3)), made


@pytest.mark.parametrize(
    ("amounts", "word"),
    [
        ((50, 40), "few"),
        ((86, 7, 7), "dominated"),
        ((50, 46, 4), "guessable"),
        ((50, 45, 5), ""),
        ((85, 5, 5, 5), ""),
        ((0, 0, 0), ""),
    ],
)
def test_sums_are_hidden_by_count_dominance_and_p_percent(amounts, word):
    found, _ = paid(*amounts)
    assert found.why.tolist() == [word, word]


def test_a_cell_must_seem_possible_up_to_where_it_would_pass():
    top, total = np.array([[90.0, 7.0]]), np.array([100.0])
    assert above_few(np.array([3.0, 12.0]), 10).tolist() == [7.0, 0.0]
    risen = total + above_dominated(top[:, 0], total, 85)
    assert top[:, 0] / risen == pytest.approx(0.85)
    risen = total + above_guessable(top, total, 10)
    assert not guessable(top, risen, 10).any()
    assert guessable(top, risen - 0.01, 10).all()
