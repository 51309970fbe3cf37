import json
from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure import generalise as module
from portal.disclosure import lattice
from portal.disclosure.generalise import Hierarchy, generalise, read_hierarchy
from portal.disclosure.lattice import Found
from portal.disclosure.refusals import BadInput, CannotMeet
from tests.core.disclosure import brute, golden
from tests.core.disclosure.boards import board


def a_hierarchy(column, drawn):
    """One line per value: its forms from fine to coarse."""
    rows = [line.split() for line in drawn.strip().splitlines()]
    return Hierarchy(
        column, {("" if row[0] == "." else row[0]): ["" if row[0] == "." else row[0], *row[1:]] for row in rows}
    )


CAMP = a_hierarchy(
    "camp",
    """
diffa NER sahel
zinde NER sahel
kassa SDN horn
gedar SDN horn
.     .n  .n
""",
)
SEX = a_hierarchy("sex", "f *\nm *\n. *")


def generalised_like(drawn, k, **more):
    frame, expected = board(drawn)
    made = generalise(frame, [CAMP, SEX], k, **more)
    pd.testing.assert_frame_equal(made.frame, expected)
    return made


def test_all_records_of_a_key_go_to_one_level():
    made = generalised_like(
        """
camp  sex | camp sex
diffa f   | NER  f
zinde f   | NER  f
kassa m   | SDN  m
gedar m   | SDN  m
""",
        2,
    )
    assert made.levels == {"camp": 1, "sex": 0}
    assert made.score == pytest.approx(((1 + 0.2 / 0.8) * 1) ** 0.5 - 1)


STRAY = """
camp  sex | camp  sex
diffa f   | diffa f
diffa f   | diffa f
diffa f   | diffa f
zinde m   | .s    .s
diffa .   | .s    .s
"""


def test_records_that_would_coarsen_the_file_are_suppressed_within_the_limit():
    assert generalised_like(STRAY, 2, limit=0.4).suppressed.sum() == 2
    assert not generalise(board(STRAY)[0], [CAMP, SEX], 2, limit=0.39).suppressed.any()


def test_fewer_than_k_are_never_suppressed_alone():
    """The limit lets two go, but those two would be known to be among two."""
    made = generalise(board(STRAY)[0], [CAMP, SEX], 3, limit=0.4)
    assert not made.suppressed.any()
    assert min(brute.strict(made.frame, ["camp", "sex"])) >= 3


def test_an_empty_file_stays_as_it_is_and_a_small_one_cannot_be_protected():
    frame, _ = board("camp sex\ndiffa f")
    assert generalise(frame.iloc[:0], [CAMP, SEX], 3).frame.empty
    with pytest.raises(CannotMeet, match="k: no generalisation makes classes of 3 with at most 1 records suppressed"):
        generalise(frame, [CAMP, SEX], 3)


@pytest.mark.parametrize(
    ("hierarchies", "fact"),
    [
        ([a_hierarchy("camp", "diffa NER\nzinde NER")], "camp: 1 of its values are in no hierarchy"),
        ([a_hierarchy("camp", "diffa NER\nkassa SDN *")], "camp: its hierarchy needs equally many forms"),
        ([Hierarchy("camp", {})], "camp: its hierarchy needs equally many forms"),
        ([Hierarchy("camp", {"kassa": ["SDN"]})], "camp: a value's first form in its hierarchy must be itself"),
        ([a_hierarchy("camp", "a SDN *\nb SDN -")], "camp: a form in its hierarchy has two parents"),
        ([a_hierarchy("age", "1 *")], "age: not in the data"),
        ([], "keys: name at least one"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(hierarchies, fact):
    frame, _ = board("camp sex\ndiffa f\nkassa m")
    with pytest.raises(BadInput, match=fact):
        generalise(frame, hierarchies, 2)


def test_the_limit_is_a_share():
    with pytest.raises(BadInput, match="limit: must lie in"):
        generalise(board(STRAY)[0], [CAMP], 2, limit=1.1)


def test_a_value_twice_in_a_hierarchy_is_refused(tmp_path):
    file = tmp_path / "camp.csv"
    file.write_text("diffa;NER\ndiffa;SDN\n")
    with pytest.raises(BadInput, match=r"camp: its hierarchy in camp\.csv has a value twice"):
        read_hierarchy("camp", file)


def test_a_lattice_too_large_to_search_is_refused(monkeypatch):
    monkeypatch.setattr(lattice, "LARGEST", 5)
    with pytest.raises(BadInput, match="keys: their levels make 6 combinations, more than 5 are not searched"):
        generalise(board(STRAY)[0], [CAMP, SEX], 2)


def test_a_search_gone_wrong_releases_nothing(monkeypatch):
    wrong = Found((0, 0), 0.0, np.zeros(3, dtype=bool))
    monkeypatch.setattr(module, "optimum", lambda *_, **__: wrong)
    with pytest.raises(CannotMeet, match="nothing is released"):
        generalise(board(STRAY)[0], [CAMP, SEX], 2)


def forms_at(frame, node, k):
    rows = [
        tuple(one.forms[value][level] for one, value, level in zip((CAMP, SEX), row, node, strict=True))
        for row in brute.rows_of(frame, ["camp", "sex"])
    ]
    counts = Counter(rows)
    return [row if counts[row] >= k else None for row in rows]


def loss_at(rows, node):
    """The written formula, record by record."""
    product_ = 1.0
    for at, one in enumerate((CAMP, SEX)):
        forms = Counter(forms[node[at]] for forms in one.forms.values())
        shares = [1.0 if row is None else forms[row[at]] / len(one.forms) for row in rows]
        least = len(rows) / len(one.forms)
        product_ *= 1 + (sum(shares) - least) / (len(rows) - least)
    return product_**0.5 - 1


def optimum_by_trying_all(frame, k, limit):
    best = (float("inf"), None)
    for node in product(range(3), range(2)):
        rows = forms_at(frame, node, k)
        gone = rows.count(None)
        if gone <= int(limit * len(frame)) and not 0 < gone < k:
            loss = loss_at(rows, node)
            if loss < best[0] - 1e-12:
                best = (loss, node)
    return best


def small_frames():
    cells = st.tuples(st.sampled_from(["diffa", "zinde", "kassa", "gedar", ""]), st.sampled_from(["f", "m", ""]))
    return st.lists(cells, min_size=1, max_size=24).map(
        lambda drawn: pd.DataFrame(drawn, columns=["camp", "sex"], dtype="str")
    )


@settings(max_examples=20, deadline=None)
@given(small_frames(), st.integers(2, 5), st.sampled_from([0.0, 0.1, 0.3, 1.0]), st.sampled_from([2, 2**24]))
def test_no_choice_of_levels_loses_less(frame, k, limit, dense):
    score, node = optimum_by_trying_all(frame, k, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lattice, "DENSE", dense)
        if node is None:
            with pytest.raises(CannotMeet):
                generalise(frame, [CAMP, SEX], k, limit=limit)
            return
        made = generalise(frame, [CAMP, SEX], k, limit=limit)
    assert made.score == pytest.approx(score, abs=1e-12)
    assert tuple(made.levels.values()) == node
    expected = [row or (".s", ".s") for row in forms_at(frame, node, k)]
    assert brute.rows_of(made.frame, ["camp", "sex"]) == expected
    assert min(brute.strict(made.frame, ["camp", "sex"])) >= k


def test_the_optimum_on_adult_is_the_golden_one():
    cases = json.loads(golden.path("arx/adult_optimal.json").read_text())["cases"]
    frame = pd.read_csv(golden.path("arx/adult.csv"), sep=";", dtype="str")
    hierarchies = [read_hierarchy(name, golden.path(f"arx/adult_hierarchy_{name}.csv")) for name in frame]
    for case in cases:
        made = generalise(frame, hierarchies, case["k"], limit=case["suppression_limit"])
        assert [*made.levels.values()] == case["levels"]
        assert int(made.suppressed.sum()) == case["suppressed_records"]
        assert made.score == pytest.approx(case["score"], abs=1e-9)
