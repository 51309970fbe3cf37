"""Differencing: the women interviewed in one place by sub-region, then without most of them, then by nationality.

Five of them are Sudanese and two Congolese, k = 10. Asked for as exceptions, for these are no selections of a menu. What
must come of each is written down before it is asked.
"""

import pandas as pd
import pytest

from portal.disclosure import ledger as book
from portal.disclosure.joint import Terms
from portal.disclosure.judge import TOO_CLOSE, judge
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.repair import Extract
from tests.core.disclosure.boards import a_key
from tests.core.disclosure.brute import cells_of, joint_sizes

K = 10
WOMEN = [
    ("11", "NGA", 30), ("11", "GMB", 12), ("15", "EGY", 7), ("15", "SDN", 5), ("17", "CMR", 12), ("17", "COG", 2),
]  # fmt: skip
RARE = ("EGY", "SDN", "CMR", "COG")


def women(leave_out=(), only=()):
    rows = [
        {"interview_id": f"{nationality}{n}", "subregion": subregion, "nationality": nationality, "gender": "woman"}
        for subregion, nationality, number in WOMEN
        for n in range(number)
    ]
    every = pd.DataFrame(rows, dtype="str")
    found = every[~every["subregion"].isin(leave_out)]
    return found[found["nationality"].isin(only)] if only else found


def asked(ledger, rows, column):
    extract = Extract((a_key("gender", "gender"), a_key("origin", column)))
    verdict = judge(ledger, rows, extract, Terms(K), head=ledger.head)
    if verdict.plan is None:
        return verdict, None, ledger
    out = verdict.plan.apply(rows)
    said = {"kind": "release", "reference": "exception", "on": "2026-11-22"}
    return verdict, out, book.append(ledger, extract.views(out), head=ledger.head, **said)


def test_the_same_cells_twice_and_no_nationality_that_a_difference_would_single_out():
    # Sub-regions hold 42, 12 and 14: they may leave as they are
    first, shown, ledger = asked(book.empty(), women(), "subregion")
    assert first.outcome == "allowed"
    files = [cells_of(shown, ["gender", "subregion"])]
    # Without Western Africa the others stand in the same cells: nothing comes closer
    second, again, ledger = asked(ledger, women(leave_out=["11"]), "subregion")
    assert second.outcome == "allowed"
    counts = [one.groupby("subregion").size().to_dict() for one in (shown, again)]
    assert counts[1] == {code: number for code, number in counts[0].items() if code != "11"}
    files.append(cells_of(again, ["gender", "subregion"]))
    # By nationality five, seven and two would stand alone, and twelve beside two in a cell of fourteen: those hide
    third, told, ledger = asked(ledger, women(), "nationality")
    assert third.outcome == "merge"
    assert set(told.loc[told["nationality"] == ".s", "interview_id"].str[:3]) == set(RARE)
    files.append(cells_of(told, ["gender", "nationality"]))
    # Whoever holds all three finds nobody among fewer than ten
    assert min(joint_sizes(files).values()) >= K


@pytest.mark.parametrize("only", [("SDN", "COG"), ("SDN",), ("CMR",)])
def test_asking_for_them_alone_is_refused_without_a_number(only):
    _verdict, _shown, ledger = asked(book.empty(), women(), "subregion")
    verdict, _nothing, after = asked(ledger, women(only=only), "nationality")
    assert (verdict.outcome, verdict.reason) == ("refused", TOO_CLOSE)
    assert not any(sign.isdigit() for sign in verdict.reason)
    assert after.head == ledger.head


def test_without_the_ledger_nothing_is_judged():
    extract = Extract((a_key("gender", "gender"),))
    with pytest.raises(CannotMeet, match="absent"):
        judge(None, women(), extract, Terms(K), head="")
