"""The attacks on a protected file as the job runs them: all of them, or the file is held."""

import pytest

from portal.catalogue import codebook
from portal.disclosure.protect import Outcome
from portal.disclosure.ruleset import default
from portal.errors import Withheld
from portal.exports import proving
from tests.core.disclosure.boards import a_survey


@pytest.fixture(scope="module")
def made():
    book = codebook.reference()
    frame = a_survey(400, 5)
    plan, outcome = proving.protect(frame, default("partner"), book)
    return frame, plan.rules, outcome, book


def test_a_sound_file_is_tried_by_every_attack_on_persons(made):
    source, rules, outcome, book = made
    assert set(proving.OF_PERSONS) <= set(proving.attack_protected(source, outcome, rules, book)["attacks"])


def test_a_row_that_nobody_can_say_the_original_of_holds_the_file(made):
    """Rows are compared with their originals by id: a single strange one leaves the comparing attacks out."""
    source, rules, outcome, book = made
    strange = outcome.frame.copy()
    strange.iloc[7, strange.columns.get_loc("interview_id")] = "nobody"
    with pytest.raises(Withheld, match="downcoding could not be tried"):
        proving.attack_protected(source, Outcome(strange, outcome.report), rules, book)
