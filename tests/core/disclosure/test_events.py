import pandas as pd
import pytest

from portal.disclosure.protect import protect
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import default

COLUMNS = ["event_id", "event_key", "year", "month", "region", "country", "place", "far", "deaths", "women", "cause"]
ROWS = [
    ["1", "k1", "2019", "05", "NAF", "LBY", "SBH", "0", "3", "1", "vehicle"],
    ["2", "k1", "2019", "05", "NAF", "LBY", "SBH", "0", "3", "0", "vehicle"],
    ["3", "k1", "2019", "05", "NAF", "LBY", "SBH", "0", "3", "1", "vehicle"],
    ["4", "k2", "2019", "05", "NAF", "LBY", "SBH", "0", "4", "1", "vehicle"],
    ["5", "k1", "2019", "05", "NAF", "LBY", "SBH", "0", "3", "1", "violence"],
]
EVENTS = pd.DataFrame(ROWS, columns=COLUMNS, dtype="str")


def test_reports_of_one_event_become_one_row_that_says_how_many():
    outcome = protect(EVENTS, default("event"), {})
    made = outcome.frame.set_index(["deaths", "cause"])["reports"]
    assert made.to_dict() == {("3", "vehicle"): "3", ("4", "vehicle"): "1", ("3", "violence"): "1"}
    assert outcome.report["merged"] == 2
    assert outcome.report["rows_out"] == 3


def test_an_event_file_holds_nothing_of_who_told_it_and_no_free_text():
    frame = EVENTS.assign(interview_id="secret", location_of_death="a field", gender="woman", username="e")
    made = protect(frame, default("event"), {}).frame
    assert list(made) == ["interview_id", *COLUMNS[2:], "reports"]
    assert "secret" not in made.to_csv()


def test_the_id_of_an_event_does_not_depend_on_the_order_of_reports():
    one = protect(EVENTS, default("event"), {}).frame
    other = protect(EVENTS.iloc[::-1], default("event"), {}).frame
    assert one.equals(other)
    assert one["interview_id"].is_unique


def test_reports_without_consent_are_left_out_where_consent_was_asked():
    frame = EVENTS.assign(consent_scope=["share_anon"] * 4 + ["mmc_only"])
    outcome = protect(frame, default("event"), {})
    assert outcome.report["excluded"]["no consent to share"] == 1
    assert outcome.report["rows_out"] == 2


@pytest.mark.parametrize(
    ("columns", "fact"),
    [(["women"], "merge: the data has none of"), (["event_key"], "treatments: the data has none of")],
)
def test_a_file_that_is_no_event_file_is_refused(columns, fact):
    with pytest.raises(BadInput, match=fact):
        protect(EVENTS[columns], default("event"), {})


def test_a_file_without_events_stays_one():
    assert protect(EVENTS.iloc[:0], default("event"), {}).frame.empty
