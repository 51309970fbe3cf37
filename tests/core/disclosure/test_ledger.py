import datetime as dt
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.disclosure import interviews
from portal.disclosure import ledger as book
from portal.disclosure.company import together
from portal.disclosure.families import build
from portal.disclosure.joint import Terms, faults, meet
from portal.disclosure.judge import ASKED_OFTEN, TOO_CLOSE, judge, judge_table, lost, referred
from portal.disclosure.ledgerstore import from_arrays, to_arrays
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import Limits
from portal.disclosure.views import blanks, of_cells
from portal.errors import Stale
from tests.core.disclosure.boards import PLACE, SEX, a_key, a_treatment, board

KEYS = (PLACE, SEX)
COLUMNS = ["country", "camp", "sex"]
EXTRACT = Extract(KEYS, (a_treatment(),))
FIRST = """
interview_id country camp  sex abuse
a            NER     diffa f   no
b            NER     diffa f   no
c            NER     diffa f   no
d            NER     zinde f   no
e            NER     zinde f   no
f            NER     zinde f   no
"""


def a_frame(drawn):
    return board(drawn)[0]


def published(ledger, frame, extract=EXTRACT, *, kind="release", reference="R"):
    return book.append(ledger, extract.views(frame), head=ledger.head, kind=kind, reference=reference, on="2026-11-22")


def told(*frames, extract=EXTRACT, kind="release"):
    ledger = book.empty()
    for frame in frames:
        ledger = published(ledger, frame, extract, kind=kind)
    return ledger


def asked(ledger, frame, extract=EXTRACT, *, k=3, **terms):
    return judge(ledger, frame, extract, Terms(k, **terms), head=ledger.head)


# What the ledger counts, counted by the book: whole histories compared one with another.


def histories(frames, columns=COLUMNS):
    """Per interview, what every file shows of it; None where it is not in a file."""
    cells = [
        dict(zip(frame["interview_id"], frame[columns].itertuples(index=False, name=None), strict=True))
        for frame in frames
    ]
    everyone = sorted({one for file in cells for one in file})
    return {one: tuple(file.get(one) for file in cells) for one in everyone}


def joint_sizes(frames):
    known = histories(frames)
    return {one: sum(other == mine for other in known.values()) for one, mine in known.items()}


def holds(frames, k):
    """Whether the last file leaves every class at k or as it was."""
    before, after = joint_sizes(frames[:-1]), joint_sizes(frames)
    return all(size >= k or size == before.get(one, 0) for one, size in after.items())


@st.composite
def files(draw, most=11):
    """A few files about overlapping interviews, keys missing in up to a third of the cells."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        who = draw(st.lists(st.integers(0, most), min_size=1, max_size=most, unique=True))
        rows = [
            (
                f"i{one:02}",
                draw(st.sampled_from(["NER", "SDN", ""])),
                draw(st.sampled_from(["a", "b", ".s"])),
                draw(st.sampled_from(["f", "m", ".d"])),
                draw(st.sampled_from(["no", "no", "yes", ".r"])),
            )
            for one in who
        ]
        made.append(pd.DataFrame(rows, columns=["interview_id", *COLUMNS, "abuse"], dtype="str"))
    return made


LAX = Limits(alpha=1.0, min_no=0)


@settings(max_examples=10, deadline=None)
@given(files(), st.integers(2, 4))
def test_what_is_allowed_is_what_comparing_all_histories_allows(made, k):
    *earlier, last = made
    verdict = asked(told(*earlier), last, k=k, limits=LAX)
    assert (verdict.outcome == "allowed") == holds(made, k)


@settings(max_examples=10, deadline=None)
@given(files(), st.integers(2, 4), st.floats(0, 0.99))
def test_what_a_plan_lets_out_holds_against_all_histories(made, k, most_lost):
    *earlier, last = made
    verdict = asked(told(*earlier), last, k=k, limits=LAX, most_lost=most_lost)
    if verdict.plan is None:
        assert (verdict.outcome, verdict.reason) == ("refused", TOO_CLOSE)
        return
    out = verdict.plan.apply(last)
    assert holds([*earlier, out], k)
    assert lost(last, COLUMNS, verdict.plan) <= most_lost
    shown = last.loc[out.index]
    assert ((out == shown) | (out == ".s")).all(axis=None)
    assert verdict.plan.apply(last).equals(out)


@settings(max_examples=7, deadline=None)
@given(files(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(made, luck):
    *earlier, last = made
    order = luck.sample(range(len(last)), len(last))
    one, other = (asked(told(*earlier), frame, limits=LAX) for frame in (last, last.iloc[order]))
    assert one.outcome == other.outcome
    if one.plan is not None:
        assert other.plan.apply(last.iloc[order]).sort_index().equals(one.plan.apply(last))


@settings(max_examples=7, deadline=None)
@given(files())
def test_signatures_part_whom_histories_part(made):
    ledger, known = told(*made), histories(made)
    ids = [one.decode() for one in ledger.ids]
    assert sorted(ids) == sorted(known)
    mine = [known[one] for one in ids]
    assert (ledger.of[:, None] == ledger.of[None, :]).tolist() == [[a == b for b in mine] for a in mine]
    assert ledger.sizes[ledger.of].tolist() == [mine.count(one) for one in mine]


def agrees(frames, limits):
    """Whether any class of all histories agrees too much on what was ever told of abuse."""
    known, answers = histories(frames), {}
    for frame in frames:
        for one, answer in zip(frame["interview_id"], frame["abuse"], strict=True):
            worth = {"yes": 2, "no": 1}.get(answer, 0)
            answers[one] = max(answers.get(one, 0), worth)
    count = Counter(answers.values())
    alpha = max(limits.alpha, count[2] / max(count[1] + count[2], 1) + limits.margin)
    for history in set(known.values()):
        inside = Counter(answers[one] for one, mine in known.items() if mine == history)
        if inside[2] and (inside[2] > alpha * (inside[1] + inside[2]) + 1e-9 or inside[1] < limits.min_no):
            return True
    return False


@settings(max_examples=8, deadline=None)
@given(files(), st.sampled_from([Limits(margin=-1), Limits(min_no=0, margin=-1), Limits(alpha=0.2, margin=-1)]))
def test_what_a_plan_lets_out_agrees_on_no_answer(made, limits):
    """Files let out one after another, each by its plan: no class of what is out ever agrees too much.

    The margin keeps the limit apart from the base rate, which later files change for earlier classes too.
    """
    out, ledger = [], book.empty()
    for frame in made:
        verdict = asked(ledger, frame, k=2, limits=limits, most_lost=0.99)
        if verdict.plan is not None:
            out.append(verdict.plan.apply(frame))
            ledger = published(ledger, out[-1])
            assert not agrees(out, limits)
            assert holds(out, 2)


def test_the_same_file_again_costs_nothing():
    first = a_frame(FIRST)
    ledger = told(first)
    verdict = asked(ledger, first.iloc[::-1])
    assert verdict.outcome == "allowed"
    assert verdict.plan.apply(first).equals(first)
    assert published(ledger, first).sizes.tolist() == ledger.sizes.tolist()


def test_a_coarser_view_of_the_same_costs_nothing_and_a_finer_one_of_a_class_of_k_is_too_close():
    first = a_frame(FIRST)
    coarser = first.assign(camp=".s")
    assert asked(told(first), coarser).outcome == "allowed"
    finer = first.assign(sex=list("fmffff"))
    verdict = asked(told(first), finer)
    assert verdict.outcome == "merge"
    assert verdict.plan.apply(finer)["sex"].tolist() == [".s", ".s", ".s", "f", "f", "f"]
    assert asked(told(first), finer, most_lost=0.1).reason == TOO_CLOSE


def test_leaving_one_of_a_class_out_is_a_view_too():
    """Without the row of a, a alone is left behind: three are too few to keep company and stay k, so all stay behind."""
    first = a_frame(FIRST)
    verdict = asked(told(first), first.iloc[1:])
    assert verdict.plan.apply(first.iloc[1:])["interview_id"].tolist() == ["d", "e", "f"]
    assert asked(told(first), first.iloc[3:]).outcome == "allowed"


def test_mates_stay_behind_where_enough_are_left():
    first = a_frame(FIRST).assign(camp="diffa")
    verdict = asked(told(first), first.iloc[1:])
    assert verdict.outcome == "merge"
    assert verdict.plan.apply(first.iloc[1:])["interview_id"].tolist() == ["d", "e", "f"]


def test_a_signed_withdrawal_may_leave_alone_but_takes_nobody_along():
    first = a_frame(FIRST).assign(camp="diffa")
    assert asked(told(first), first.iloc[1:], replace(EXTRACT, excused=("a",))).outcome == "allowed"
    assert asked(told(first), first.iloc[2:], replace(EXTRACT, excused=("a",))).outcome == "merge"


def test_a_class_below_k_is_split_by_nothing_and_may_be_shown_again():
    few = a_frame(FIRST).iloc[:2]
    ledger = told(few, kind="publication")
    assert asked(ledger, few).outcome == "allowed"
    assert asked(ledger, few.assign(camp=".s")).outcome == "allowed"
    assert asked(ledger, few.assign(sex=["f", "m"])).reason == TOO_CLOSE
    assert asked(ledger, few.iloc[:1]).reason == TOO_CLOSE


def test_new_interviews_form_classes_among_themselves():
    first = a_frame(FIRST)
    later = pd.concat([first, first.iloc[:2].assign(interview_id=["y", "z"])], ignore_index=True)
    verdict = asked(told(first), later)
    assert verdict.plan.apply(later)["interview_id"].tolist() == list("abcdef")
    assert asked(told(first), later, k=2).outcome == "allowed"


def test_company_is_borrowed_within_the_old_class_alone():
    """Two women among men: the six women of the other class are no company; one man of their own hides with them."""
    first = a_frame(FIRST).assign(camp="diffa", sex=".s")
    far = a_frame(FIRST).assign(interview_id=list("uvwxyz"), country="SDN")
    second = first.assign(sex=list("mffmmm"))
    verdict = asked(told(pd.concat([first, far], ignore_index=True)), pd.concat([second, far], ignore_index=True))
    out = verdict.plan.apply(pd.concat([second, far], ignore_index=True))
    assert out["sex"].tolist() == [".s"] * 3 + ["m"] * 3 + ["f"] * 6


def test_a_lender_with_rows_to_spare_lends_only_those():
    drawn = a_frame(FIRST).assign(camp="diffa", sex=list("ffffmf"))
    _, leaf = build(drawn, SEX)
    shown = together([build(drawn, SEX)[0]], leaf[:, None], np.zeros(6, dtype=np.int64), np.arange(6), 2)
    assert shown[:, 0].tolist() == [0, 1, 1, 1, 0, 1]


def test_leftovers_meet_at_the_finest_level_they_agree_on():
    drawn = a_frame(FIRST).assign(camp=["a", "a", "a", "a", "b", "c"], sex="f")
    family, leaf = build(drawn, PLACE)
    shown = together([family], leaf[:, None], np.zeros(6, dtype=np.int64), np.arange(6)[::-1], 3)
    assert shown[:, 0].tolist() == [2, 2, 2, 1, 1, 1]
    apart = drawn.assign(country=["NER"] * 5 + ["SDN"])
    family, leaf = build(apart, PLACE)
    shown = together([family], leaf[:, None], np.zeros(6, dtype=np.int64), np.arange(6), 3)
    assert shown[:, 0].tolist() == [0, 2, 2, 2, 0, 0]


def test_an_answer_agreed_on_in_the_join_is_hidden_with_what_it_opens():
    """Each file alone is diverse; who holds both sees a class of yes alone."""
    first = a_frame(FIRST).assign(camp=".s", abuse="")
    second = first.assign(camp=["diffa"] * 3 + ["zinde"] * 3, abuse=["yes"] * 3 + ["no"] * 3, kind="x")
    extract = Extract(KEYS, (a_treatment(), a_treatment("kind", role="non_confidential", gate="abuse")))
    verdict = asked(told(first), second, extract)
    out = verdict.plan.apply(second)
    assert out["abuse"].tolist() == [".s"] * 3 + ["no"] * 3
    assert out["kind"].tolist() == [".s"] * 3 + ["x"] * 3
    assert blanks("kind", extract.treatments) == ["kind"]


def test_an_answer_told_before_keeps_its_class_from_being_divided():
    first = a_frame(FIRST).assign(camp=".s", abuse=["yes"] * 3 + ["no"] * 3)
    second = first.assign(camp=["diffa"] * 3 + ["zinde"] * 3).drop(columns="abuse")
    assert asked(told(first), second).reason == TOO_CLOSE
    assert asked(told(first), second.iloc[:3]).reason == TOO_CLOSE
    assert asked(told(first), second.iloc[3:]).reason == TOO_CLOSE


def test_rows_chosen_by_a_sensitive_answer_tell_it_of_everybody():
    first = a_frame(FIRST).drop(columns="abuse")
    assert asked(book.empty(), first, Extract(KEYS)).outcome == "allowed"
    assert asked(book.empty(), first, Extract(KEYS, implied=("abuse=yes",))).reason == TOO_CLOSE
    assert asked(told(first), first.iloc[:3], Extract(KEYS, implied=("abuse=yes",))).reason == TOO_CLOSE


def test_a_table_is_judged_by_its_cells():
    first = a_frame(FIRST)
    ledger, terms = told(first), Terms(3)
    whole = of_cells(first["interview_id"], ["diffa"] * 3 + ["zinde"] * 3, detail=["camp"])
    assert judge_table(ledger, whole, terms, head=ledger.head).outcome == "allowed"
    finer = of_cells(first["interview_id"], ["none", "some", "some", "some", "none", "none"])
    assert judge_table(ledger, finer, terms, head=ledger.head).reason == TOO_CLOSE
    with pytest.raises(BadInput, match="cells"):
        of_cells(["a"], [])


def test_the_finest_that_was_ever_told_stays_told():
    first = a_frame(FIRST).assign(camp=".s")
    ledger = told(first, a_frame(FIRST).iloc[:3], first)
    assert ledger.detail["camp"].tolist() == [True] * 3 + [False] * 3
    assert ledger.answers["abuse=yes"].tolist() == [book.NO] * 6
    hidden = published(ledger, first.assign(abuse=".s"))
    assert hidden.answers["abuse=yes"].tolist() == [book.NO] * 6


def test_what_cannot_be_judged_is_denied():
    first = a_frame(FIRST)
    ledger = told(first)
    with pytest.raises(CannotMeet, match="absent"):
        judge(None, first, EXTRACT, Terms(3), head=ledger.head)
    with pytest.raises(CannotMeet, match="recorded head"):
        judge(book.empty(), first, EXTRACT, Terms(3), head=ledger.head)
    with pytest.raises(CannotMeet, match="recorded head"):
        judge_table(book.empty("elsewhere"), EXTRACT.views(first), Terms(3), head=book.empty().head)
    with pytest.raises(BadInput, match="camp: not in the data"):
        asked(ledger, first.drop(columns="camp"))
    for ids in (["a"] * 6, ["", *"bcdef"]):
        with pytest.raises(BadInput, match="interview_id"):
            asked(ledger, first.assign(interview_id=ids))


def test_only_who_was_judged_on_the_last_head_may_write():
    first = a_frame(FIRST)
    ledger = told(first)
    slow, fast = asked(ledger, first).plan, asked(ledger, first).plan
    after = book.append(ledger, EXTRACT.views(first), head=fast.head, kind="release", reference="R", on="2026-11-22")
    with pytest.raises(Stale, match="judge it again"):
        book.append(after, EXTRACT.views(first), head=slow.head, kind="release", reference="R", on="2026-11-22")
    with pytest.raises(BadInput, match="kind"):
        published(after, first, kind="rumour")


def test_a_stored_ledger_reads_back_and_a_changed_one_does_not():
    ledger = book.refuse(told(a_frame(FIRST), a_frame(FIRST).iloc[:3]), book.Refusal("UNI", "core", "2026-11-01"))
    arrays = to_arrays(ledger)
    again = from_arrays(arrays)
    assert again.head == ledger.head
    assert again.refusals == ledger.refusals
    assert again.of.tolist() == ledger.of.tolist()
    assert asked(again, a_frame(FIRST)).outcome == "allowed"
    for name in ("ids", "signature", "detail", "answers"):
        changed = {key: part.copy() for key, part in arrays.items()}
        changed[name].view(np.uint8).reshape(-1)[0] ^= 128 if name == "detail" else 1
        with pytest.raises(CannotMeet, match="not what its last entry says"):
            from_arrays(changed)
    for broken in ({}, arrays | {"about": arrays["about"][:9]}, arrays | {"signature": arrays["signature"][:, :2]}):
        with pytest.raises(CannotMeet, match="unreadable"):
            from_arrays(broken)
    assert from_arrays(to_arrays(book.empty())).head == book.empty().head


def test_an_entry_changed_or_dropped_changes_the_head():
    ledger = told(a_frame(FIRST), a_frame(FIRST))
    for entries in (ledger.entries[:1], ledger.entries[::-1], (replace(ledger.entries[0], rows=5), ledger.entries[1])):
        assert book.chained(ledger.domain, entries) != ledger.head
    assert book.empty("a").head != book.empty("b").head


def test_after_five_refusals_in_ninety_days_a_person_decides():
    on, terms = dt.date(2026, 11, 22), Terms(3)
    days = ["2026-08-24", "2026-08-25", "2026-09-01", "2026-10-01", "2026-11-22"]
    ledger = book.empty()
    for day in days:
        ledger = book.refuse(ledger, book.Refusal("UNI", "core", day))
    ask = {"organisation": "UNI", "dataset": "core", "on": on}
    assert referred(ledger, terms, **ask) is None
    assert referred(book.refuse(ledger, book.Refusal("IOM", "core", "2026-11-22")), terms, **ask) is None
    assert referred(book.refuse(ledger, book.Refusal("UNI", "smuggler", "2026-11-22")), terms, **ask) is None
    fifth = book.refuse(ledger, book.Refusal("UNI", "core", "2026-11-22"))
    assert referred(fifth, terms, **ask).reason == ASKED_OFTEN
    assert not any(letter.isdigit() for letter in ASKED_OFTEN + TOO_CLOSE)
    assert fifth.head == ledger.head


def test_plans_are_told_apart_and_frozen_with_their_head():
    first = a_frame(FIRST)
    finer = first.assign(sex=list("fmffff"))
    ledger = told(first)
    plan, same = asked(ledger, finer).plan, asked(ledger, finer).plan
    assert plan.digest == same.digest
    assert plan.head == ledger.head
    assert plan.digest != replace(plan, out=~plan.out).digest
    assert plan.digest != replace(plan, hidden={}).digest


@pytest.mark.parametrize("wrong", [{"k": 1}, {"k": 3, "most_lost": 1.0}, {"k": 3, "most_lost": -0.1}])
def test_terms_that_protect_nobody_cannot_be_set(wrong):
    with pytest.raises(BadInput):
        Terms(**wrong)


def test_views_need_a_label_each():
    views = EXTRACT.views(a_frame(FIRST))
    for labels in (("x", "x"), ("x",)):
        with pytest.raises(BadInput, match="label"):
            replace(views, labels=labels)


def test_an_empty_wish_is_allowed_and_a_first_file_must_hold_k():
    first = a_frame(FIRST)
    assert asked(book.empty(), first).outcome == "allowed"
    assert asked(book.empty(), first.iloc[:0]).outcome == "allowed"
    assert asked(book.empty(), first.iloc[:2]).reason == TOO_CLOSE
    assert not faults(book.empty(), EXTRACT.views(first), meet(book.empty(), EXTRACT.views(first)), Terms(3)).any


def test_lanes_that_agree_in_one_of_two_are_two_classes():
    lanes = np.array([[5, 5, 7], [1, 2, 1]], dtype=np.uint64)
    assert len(set(book.dense(lanes).tolist())) == 3


def test_ids_of_one_fingerprint_are_told_apart(monkeypatch):
    """Even if all fingerprints were the same, each interview would be found as itself."""
    monkeypatch.setattr(interviews, "fingerprint", lambda ids: np.zeros(len(ids), dtype=np.uint64))
    ids = interviews.packed(["a", "b", "c"])
    for known in (ids, ids[:1]):
        prints = pd.Index(interviews.fingerprint(known))
        at = interviews.find(known, prints, interviews.packed(["c", "z", "a"]))
        assert at.tolist() == [2 if len(known) == 3 else -1, -1, 0]
    assert interviews.unique(ids)
    assert not interviews.unique(interviews.packed(["a", "b", "a"]))


def test_an_id_is_found_at_any_width_and_must_be_plain():
    short = interviews.packed(["ab", "cd"])
    wide = interviews.packed(["cd", "x" * 70])
    assert interviews.find(short, pd.Index(interviews.fingerprint(short)), wide).tolist() == [1, -1]
    first, long = a_frame(FIRST), a_frame(FIRST).assign(interview_id=[f"{one}{'0' * 63}" for one in "abcdef"])
    for made in ([first, long], [long, first], [long, first, long]):
        assert told(*made).sizes.tolist() == [3, 3, 3, 3]
    with pytest.raises(BadInput, match="plain ASCII"):
        interviews.packed(["é"])


def test_a_family_shared_by_two_columns_is_one_wish():
    extract = Extract((a_key("place", "country"), a_key("gender", "sex")))
    assert extract.columns == ["country", "sex"]
