"""What a file says of whoever holds every earlier one, beside a recount of their histories that shares no code with it."""

import json
import re
from dataclasses import asdict, replace

import pandas as pd
import pytest

from portal.disclosure import rounds
from portal.disclosure.rounds_past import Earlier
from portal.exports import plain
from portal.exports.models import ProtectedFile
from tests.core.disclosure.boards import PLACE, SEX, a_rule_set

KEY = b"sixteen bytes at least"
COLUMNS = ["country", "camp", "sex"]
RULES = a_rule_set(k=5)
ALSO = re.compile(r"fewer than (\d+) others by them, also by someone who holds every earlier file of this tier")
FEWER = re.compile(r"holds every earlier file of this tier may find groups of only (\d+) people")


def people(**groups):
    """So many people by name of their group; the first letters of a camp are its country."""
    rows = [(f"{name}{at:03}", camp[:3], camp, sex) for name, (many, camp, sex) in groups.items() for at in range(many)]
    return pd.DataFrame(rows, columns=["interview_id", *COLUMNS], dtype="str")


SURVEY = people(a=(12, "NERa", "f"), b=(9, "NERb", "m"), c=(7, "MLIa", "f"), d=(8, "MLIb", "m"), e=(40, "NERa", "m"))


def without(frame, *ids):
    return frame[~frame["interview_id"].isin(ids)].reset_index(drop=True)


def moved(frame, ids, camp):
    return frame.assign(camp=frame["camp"].mask(frame["interview_id"].isin(ids), camp))


def smallest(frames):
    """The smallest class of the last file, and of all together, for who knows of each person what every file shows."""
    shown = [
        {row["interview_id"]: [row.get(name) for name in COLUMNS] for row in frame.to_dict("records")}
        for frame in frames
    ]
    told = {name: [file.get(name, "out") for file in shown] for name in set().union(*shown)}
    alone, together = (list(one.values()) for one in (shown[-1], told))
    return min(map(alone.count, alone)), min(map(together.count, together))


def in_words(app, outcome, rules):
    file = ProtectedFile(
        report=outcome.report, attacks={}, rule_set=json.loads(json.dumps(asdict(rules), default=list)), plan={}
    )
    with app.test_request_context():
        return " ".join(plain.sentences(file))


def told(app, *versions):
    """Make a tier's files one after another, (frame, rules) each; what each says, and what the recount says."""
    past = []
    for frame, rules in versions:
        plan, outcome = rounds.plan_and_follow(past, frame, rules, {}, KEY)
        past.append(Earlier(outcome.frame, plan.rules, len(past) + 1))
        yield in_words(app, outcome, plan.rules), smallest([one.frame for one in past])


def test_round_after_round_as_many_stand_beside_everybody_as_is_said(app):
    second = pd.concat([without(SURVEY, "a003", "e007"), people(n=(6, "NERc", "f"), o=(2, "MLIa", "f"))])
    third = pd.concat([moved(without(second, "b000"), ["c001"], "MLIb"), people(p=(9, "NERb", "m"))])
    fourth = without(third, "n001", "d002", "a004")
    said = list(told(app, *((one.reset_index(drop=True), RULES) for one in (SURVEY, second, third, fourth))))
    assert not ALSO.search(said[0][0]), "before the first file there is none"
    for words, (alone, together) in said[1:]:
        assert min(alone, together) >= RULES.k
        assert int(ALSO.search(words)[1]) == min(alone, together) - 1
        assert not FEWER.search(words)


def test_it_is_not_said_where_a_tier_was_changed_to_larger_groups_and_not_in_the_rounds_after(app):
    """Four of one camp were shown when four were enough. Later files hold five, and they are four to who has all."""
    rows = pd.concat([SURVEY, people(f=(4, "SDNa", "f"))], ignore_index=True)
    four = replace(RULES, k=4)
    versions = [(rows, four), (rows, four), (rows, RULES), (rows, RULES)]
    _, same, changed, after = told(app, *versions)
    assert int(ALSO.search(same[0])[1]) == 3
    assert same[1] == (4, 4)
    for words, (alone, together) in (changed, after):
        assert (alone >= 5, together) == (True, 4)
        assert not ALSO.search(words)
        assert f"fewer than {alone - 1} others by them." in words
        assert int(FEWER.search(words)[1]) == together


def test_it_is_said_of_a_changed_tier_where_it_holds_all_the_same(app):
    fewer = replace(RULES, keys=(PLACE,))
    _, (words, (alone, together)) = told(app, (SURVEY, fewer), (SURVEY, replace(RULES, keys=(PLACE, SEX), k=6)))
    assert min(alone, together) >= 6
    assert int(ALSO.search(words)[1]) == min(alone, together) - 1


@pytest.mark.parametrize("name", ["a000", "f001"])
def test_the_recount_finds_who_leaves_alone(name):
    """It must be able to fail."""
    rows = pd.concat([SURVEY, people(f=(6, "SDNa", "f"))], ignore_index=True)
    assert smallest([rows, without(rows, name)])[1] == 1
