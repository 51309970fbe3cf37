"""Scenario 7. An institute asks for tables that differ in few people, to learn something of them by subtraction."""

import csv
import io
import itertools
import re

import pytest

from portal.exports.models_ledger import LedgerEntry
from tests import snapshots
from tests.areas.catalogue import rounds
from tests.journeys.play import Play, round_of

BEGINS = "nothing"  # the round is Niger 2019 only

pytestmark = pytest.mark.long  # it publishes a round of its own
LEAST = 10
WOMEN = {"gender": "woman", "year": "2019"}
WEST, NORTH, MIDDLE = "11", "15", "17"  # Nigeria's, Sudan's and Congo's sub-regions


@pytest.fixture
def play(app, as_person):
    with app.app_context():
        facts = snapshots.people()
    play = Play(app, as_person, facts)
    play.enters("ines", "An institute", called="Ines Institute")
    play.enters("noor", "Another institute")
    for who in ("ines", "noor"):
        play.agrees(who, regions=["WANA", "ESA"])
    play.publishes(round_of(12_000, 4, ("NER", "2019", 200)))
    return play


def page(play, who, **asked):
    return play.browser(who).get(f"/catalogue/{play.dataset_ref()}/tables", query_string=asked)


def table(play, who="ines", **asked):
    """Return a table's cells: people by (row, column), None where no number is shown."""
    answer = page(play, who, **asked, **{"as": "csv"})
    assert answer.status_code == 200, (asked, answer.status_code)
    lines = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    return {(one["row"], one["column"]): int(one["count"]) if one["count"] else None for one in lines}


def test_no_table_and_no_difference_of_tables_speaks_of_fewer_than_ten(play):
    # Planted: five Sudanese and two Congolese in Agadez in 2019, one Sudanese woman who told of sexual violence
    frame = rounds.survey(12_000, 4).frame
    there = frame[(frame["interview_place"] == "AGZ") & frame["interview_date"].str.startswith("2019")]
    assert (there["nationality"] == "SDN").sum() == 5
    assert (there["nationality"] == "COD").sum() == 2
    woman = there[(there["nationality"] == "SDN") & (there["gender"] == "woman")]
    assert woman["exp_types"].tolist() == ["physical sexual"]
    # Women in Agadez in 2019 by sub-region of nationality
    asked = {"row": "origin_subregion", "column": "admin1", **WOMEN}
    first = table(play, **asked)
    # The same without West Africans: no part of a group can be left out by itself
    for one in (WEST, NORTH, MIDDLE):
        refused = page(play, "ines", row="gender", origin_subregion=one, year="2019")
        assert refused.status_code == 400
        assert "is not on offer here" in refused.text
    # Asked the other way round the cells are the very same cells, whoever asks
    women = {row: n for (row, column), n in first.items() if column == "all"}
    again = table(play, row="gender", column="origin_subregion", year="2019")
    assert {column: n for (row, column), n in again.items() if row == "woman"} == women
    assert table(play, "noor", **asked) == first == table(play, "steward", **asked)
    # By nationality: it is not on the menu
    for name in ("nationality", "departure_country", "age", "interview_place"):
        refused = page(play, "ines", row=name, **WOMEN)
        assert refused.status_code == 400
        assert "is not on offer here" in refused.text
    # Every table over who and where, and every difference of two of its sums: nobody, or ten at least
    form = page(play, "ines").text
    keys = re.findall(r'<option value="([a-z0-9_]+)"', form.split('name="row"')[1].split("</select>")[0])
    assert {"admin1", "gender", "origin_subregion"} <= set(keys)
    crossed = [({"row": row, "column": column}) for row, column in itertools.combinations(keys, 2)]
    crossed += [{"row": "origin_subregion", "column": one, **WOMEN} for one in ("age_group", "region")]
    for one in crossed:
        cells = table(play, **one)
        assert all(n >= LEAST for n in cells.values() if n), one
        assert all(left >= LEAST or not left for left in _left(cells)), one
    # What the Sudanese woman told is in no table: too few of her group to be shown
    told = table(play, row="origin_subregion", column="exp_types", **WOMEN)
    assert not [n for (row, _), n in told.items() if row == NORTH and n]
    assert all(n >= LEAST for n in told.values() if n)
    # The evidence: every table that was made, with its rows, columns and whom it counts; none that was refused
    made = [one["data"]["sdc"] for one in play.told("table.made") if one["actor"]["ref"] == play.people["ines"].ref]
    assert made[0]["row"] == "origin_subregion"
    assert made[0]["where"]["gender"] == ["woman"]
    assert not any(one["row"] == "nationality" for one in made)


def _left(cells):
    """Return what is left of each row's sum without each of its cells: what somebody would subtract."""
    sums = {row: n for (row, column), n in cells.items() if column == "all" and n}
    return [sums[row] - n for (row, column), n in cells.items() if column != "all" and row in sums and n]


CLOSE = "too close to an earlier release"


def exception(play, who):
    """Ask for the women of Niger in 2019 by nationality as an exception, let everybody agree, and build it."""
    why = "The sub-region hides which of its countries they come from."
    rows = {"country": ["NER"], "year": ["2019"], "gender": ["woman"]}
    families = ["place", "time", "gender", "origin"]
    ref = play.draft(who, "4mi-core", rows=rows, variables=["drivers"], families=families)
    asked = {"exception": "yes", "extras": ["nationality"], "exception_text": why}
    play.fills(who, ref, "variables", variables=["drivers"], **asked)
    assert play.submit(ref, who).status_code == 303
    assert play.verdict("wana", ref).status_code == 303
    assert play.officer(ref, rationale="No table tells it.").status_code == 303
    assert play.accept(ref, name=who).status_code == 303
    play.work()
    return ref


def test_what_no_table_tells_is_no_more_told_as_an_exception(play):
    asked = {"row": "origin_subregion", "column": "gender", "year": "2019"}
    first, again = table(play, **asked), table(play, "noor", **asked)
    assert first == again
    assert page(play, "ines", row="nationality", **WOMEN).status_code == 400
    # As an exception that the region and the officer sign: five Sudanese and two Congolese would stand alone
    ref = exception(play, "ines")
    release = play.release(ref)
    assert (release.status, release.held_reason, release.blob) == ("held", CLOSE, "")
    shown = play.get("ines", f"/requests/{ref}").text
    said = shown.split("The exception was not released")[1].split("Nothing of it leaves")[0]
    assert CLOSE in said
    assert not re.search(r"\d", re.sub("<[^>]*>", "", said))
    assert play.takes("ines", ref).status_code in {403, 404}
    # Nor does it help that another institute asks for the same
    other = exception(play, "noor")
    assert play.release(other).held_reason == CLOSE
    # The evidence: both tables, the file in the ledger, and keyed digests of the cells that were refused, the same twice
    assert len(play.told("table.made")) >= 2
    (entry,) = play.look(LedgerEntry)
    (entered,) = play.told("ledger.entered")
    assert entered["data"]["sha256"] == entry.head
    refused = [one["data"]["sdc"] for one in play.told("release.refused")]
    assert refused[0] == refused[1]
    assert refused[0]["ledger"] == entry.head
    assert re.fullmatch("[0-9a-f]{64}", refused[0]["cells"])
    assert not any("SDN" in str(one) for one in play.told("release.refused", "release.held", "ledger.entered"))
