"""A script of what happens to one dataset over a year. Every verdict is written down with its reason before it runs.

Forty-six people, k = 3. A name says camp (a and b in Niger, d in Sudan), sex, age group and number: ``afo1`` is the
first old woman of camp a. Those interviewed in March are known by name below; the others came in January.
"""

from dataclasses import dataclass

import pandas as pd
import pytest

from portal.disclosure import ledger as book
from portal.disclosure.joint import Terms
from portal.disclosure.judge import TOO_CLOSE, judge, judge_events, judge_table
from portal.disclosure.repair import Extract
from portal.disclosure.views import of_cells
from tests.core.disclosure.boards import SEX, a_key
from tests.core.disclosure.brute import cells_of, joint_sizes

K = 3
MARCH = {"afy4", "bfy4", "amo4", "amy4", "bmo4", "bmy4"}
QUOTED = ["dfo1", "dfo2"]
FAMILIES = {
    "country": a_key("place", "country"),
    "camp": a_key("place", "country", "camp"),
    "sex": SEX,
    "age": a_key("age", "age"),
    "band": a_key("age", "band"),
}


def people():
    names = [f"{camp}{sex}{age}{number}" for camp in "abd" for sex in "fm" for age in "oy" for number in (1, 2, 3, 4)]
    first = [name for name in names if name not in {"dfo3", "dfo4"}]
    return [*first, "nfy1", "nfy2", "nfy3", "nmy1", "nmy2"]


def frame_of(names):
    """``band`` cuts age elsewhere: only the first two of the old are above fifty."""
    rows = [
        {
            "interview_id": name,
            "country": "SDN" if name[0] == "d" or name[:2] == "nm" else "NER",
            "camp": {"n": "a"}.get(name[0], name[0]),
            "sex": name[1],
            "age": {"o": "old", "y": "young"}[name[2]],
            "band": "50+" if name[2] == "o" and name[3] in "12" else "-49",
        }
        for name in names
    ]
    return pd.DataFrame(rows, dtype="str")


FIRST_ROUND = [name for name in people() if name[0] != "n"]
NIGER = [name for name in FIRST_ROUND if name[0] in "ab"]
SUDAN = [name for name in FIRST_ROUND if name[0] == "d"]


@dataclass(frozen=True)
class Step:
    """What is asked, of whom, and what must come of it: who is left out and how many cells are hidden."""

    law: str
    asks: str
    of: list
    verdict: str
    why: str
    out: tuple = ()
    hidden: int = 0
    excused: tuple = ()
    written: bool = True


SCRIPT = [
    Step(
        "the first file",
        "country sex",
        FIRST_ROUND,
        "allowed",
        "classes of 16, 16, 8 and 4; the two quoted women are two already and stay two",
    ),
    Step("the same request twice", "country sex", FIRST_ROUND, "allowed", "it divides no class"),
    Step(
        "the same without March",
        "country sex",
        [name for name in FIRST_ROUND if name not in MARCH],
        "merge",
        "two women in Niger would be left behind, so the first of their class stays with them; four men may stay",
        out=("afo1",),
    ),
    Step(
        "the same without one record",
        "country sex",
        [name for name in FIRST_ROUND if name != "dmo4"],
        "merge",
        "one man in Sudan would be left behind, so two more of the eight stay with him",
        out=("dmo1", "dmo2"),
    ),
    Step(
        "another recipient, who may pool",
        "camp sex",
        NIGER,
        "merge",
        "the three women and the four men of March were set apart before: their camps are 2 and 1, 2 and 2",
        hidden=7,
    ),
    Step(
        "a table beside the files",
        "table age sex",
        NIGER,
        "refused",
        "of the three women left out of March's file one is old and two are young",
        written=False,
    ),
    Step("a coarser table", "table sex", NIGER, "allowed", "every file so far shows sex"),
    Step(
        "a tailored exception",
        "country sex age",
        SUDAN,
        "merge",
        "of the five men who stayed in the fourth file one is old: four could spare one, and he needs two",
        hidden=5,
    ),
    Step(
        "a new round",
        "country sex",
        people(),
        "merge",
        "of those who never left, three women are a class and two men are none: the five hide country and sex together",
        hidden=10,
    ),
    Step(
        "a withdrawn respondent",
        "country sex",
        [name for name in FIRST_ROUND if name != "dfy1"],
        "merge",
        "of the four young women in Sudan two would have to stay with her; the one left over is too few",
        out=("dfy2", "dfy3", "dfy4"),
        written=False,
    ),
    Step(
        "a withdrawn respondent, signed for",
        "country sex",
        [name for name in FIRST_ROUND if name != "dfy1"],
        "allowed",
        "a person has signed that she stays behind alone; the other three are enough",
        excused=("dfy1",),
    ),
    Step(
        "a changed tier",
        "country sex band",
        [*NIGER, "nfy1", "nfy2", "nfy3"],
        "merge",
        "the new bands cut five classes into 1+5, 2+5, 1+2, 2+4 and 2+4: in each three hide together; of the new five "
        "two would be left behind, and the three can spare none",
        out=("nfy1", "nfy2", "nfy3"),
        hidden=15,
    ),
]


# The recount: whole histories compared name by name, with nothing of the library.


def by_hand(files, excused=()):
    """Nobody but the quoted and those signed for is in a class below k."""
    below = {name for name, size in joint_sizes(files).items() if size < K}
    return below - set(excused) == set(QUOTED)


def written(ledger, views, kind="release"):
    return book.append(ledger, views, head=ledger.head, kind=kind, reference="script", on="2026-11-22")


def quoted():
    """ "Two old women we met in Kassala": a publication, registered before anything else."""
    extract = Extract((FAMILIES["country"], SEX, FAMILIES["age"]))
    frame = frame_of(QUOTED)
    return written(book.empty(), extract.views(frame), "publication"), [cells_of(frame, extract.columns)]


def judged(ledger, step):
    """The verdict, what may leave, and what that shows of whom."""
    words = step.asks.split()
    frame = frame_of(step.of)
    if words[0] == "table":
        cells = frame[words[1:]].agg(" ".join, axis=1)
        views = of_cells(step.of, cells)
        verdict = judge_table(ledger, views, Terms(K), head=ledger.head)
        return verdict, frame, views, dict(zip(step.of, cells, strict=True))
    extract = Extract(tuple(FAMILIES[word] for word in words), excused=step.excused)
    verdict = judge(ledger, frame, extract, Terms(K), head=ledger.head)
    out = verdict.plan.apply(frame)
    return verdict, out, extract.views(out), cells_of(out, extract.columns)


def test_the_script_plays_as_written():
    ledger, files = quoted()
    excused = []
    for step in SCRIPT:
        verdict, out, views, cells = judged(ledger, step)
        assert verdict.outcome == step.verdict, step.law
        excused += step.excused
        if step.verdict == "refused":
            assert verdict.reason == TOO_CLOSE, step.law
            assert not by_hand([*files, cells], excused), step.law
            continue
        assert tuple(name for name in step.of if name not in set(out["interview_id"])) == step.out, step.law
        assert int((out == ".s").to_numpy().sum()) == step.hidden, step.law
        assert by_hand([*files, cells], excused), step.law
        if step.written:
            ledger, files = written(ledger, views), [*files, cells]
    assert joint_sizes(files) == dict(
        zip((one.decode() for one in ledger.ids), ledger.sizes[ledger.of].tolist(), strict=True)
    )


def test_what_the_script_repairs_was_worth_repairing():
    """Had the files left as asked, the recount would find people below k: more than a third of all, some alone."""
    files = quoted()[1]
    for step in SCRIPT:
        if step.asks.split()[0] != "table":
            columns = Extract(tuple(FAMILIES[word] for word in step.asks.split())).columns
            files.append(cells_of(frame_of(step.of), columns))
    sizes = joint_sizes(files)
    assert min(sizes.values()) == 1
    assert sum(size < K for size in sizes.values()) > len(people()) / 3


def test_recipients_in_domains_of_their_own_get_more_and_together_know_too_much():
    files, asks = [], ("country sex age", "camp sex")
    for number, words in enumerate(asks):
        ledger = book.empty(f"recipient {number}")
        extract = Extract(tuple(FAMILIES[word] for word in words.split()))
        half = [name for name in NIGER if number or name not in MARCH]
        assert judge(ledger, frame_of(half), extract, Terms(K), head=ledger.head).outcome == "allowed"
        files.append(cells_of(frame_of(half), extract.columns))
    assert all(min(joint_sizes([file]).values()) >= K for file in files)
    assert min(joint_sizes(files).values()) < K


@pytest.mark.parametrize(
    ("events", "verdict"),
    [(["e1", "e2"], "allowed"), (["e1", "afy1"], "refused"), (["nmy2"], "refused")],
    ids=["ids of their own", "the id of an interview that left", "the id of an interview that never left"],
)
def test_an_event_file_beside_a_profile_file_shows_nothing_of_an_interview(events, verdict):
    ledger = written(book.empty(), Extract((FAMILIES["country"], SEX)).views(frame_of(FIRST_ROUND)))
    found = judge_events(ledger, events, people(), head=ledger.head)
    assert found.outcome == verdict
    assert found.reason == ("" if verdict == "allowed" else TOO_CLOSE)
