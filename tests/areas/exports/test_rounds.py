"""A dataset's next version through the real job: rows keep their treatment, and nobody leaves alone."""

import io
import json
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import select, update

from portal import clock
from portal.catalogue import actions as catalogue
from portal.catalogue.codebooks import book_of
from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.disclosure import rounds
from portal.disclosure.plan import Plan
from portal.exports import assessment, protecting
from portal.exports.models import ProtectedFile, Release
from portal.jobs import registry
from portal.rulesets.queries import current
from tests import factories, snapshots
from tests.areas.exports.test_protected_files import sign
from tests.core.disclosure import brute

pytestmark = pytest.mark.moment("signed")
HIDDEN = ".s"
ALSO = "also by someone who holds every earlier file of this tier"


def the_next_version(app, facts, data):
    """Upload, read, publish and protect another version; return its files by tier, as they lie in the database."""
    with app.app_context():
        ref = catalogue.receive(
            snapshots.STEWARD, facts["dataset"], catalogue.Upload(file_name="next.csv", source=[data])
        )
        snapshots.work_off()
        snapshots.publish(ref)
        snapshots.work_off()
    return files_of(app, ref)


def files_of(app, ref):
    with app.app_context(), transaction():
        query = select(ProtectedFile).join(ProtectedFile.version).where(Version.ref == ref)
        return {file.tier: file for file in session().scalars(query)}


def frames(app, files):
    with app.app_context():
        return {tier: protecting.frame_of(file).set_index("interview_id") for tier, file in files.items()}


def no_finer(was, now):
    """Whether a list of chosen items lost some to "other" because, with those who left, they became rare."""
    return "other" in now.split() and set(now.split()) - {"other"} < set(was.split())


def smallest_of(old, new, file):
    """The smallest class of a file, alone and beside the one before it."""
    files = [brute.cells_of(one.reset_index(), file.report["keys"]) for one in (old, new)]
    return min(*Counter(files[1].values()).values(), *brute.joint_sizes(files).values())


def read(data):
    return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig")


def written(frame):
    return frame.to_csv(index=False).encode()


@pytest.fixture
def grown():
    """The survey without three of its people, with one gender corrected, and new interviews."""
    first, more = read(snapshots.ona()), read(snapshots.ona(150, 9)).iloc[1:]  # its first row holds labels
    first = first.drop(index=[40, 41, 180]).reset_index(drop=True)
    first.loc[90, "gender"] = first.loc[first["gender"] != first.loc[90, "gender"], "gender"].iloc[1]
    return written(pd.concat([first, more], ignore_index=True))


def test_rows_keep_their_treatment_and_leave_in_company_in_every_tier(app, facts, grown, browser):
    before = files_of(app, facts["version"])
    after = the_next_version(app, facts, grown)
    old, new = frames(app, before), frames(app, after)
    for tier, file in after.items():
        assert file.status == "proposed", file.held_reason
        told, k = file.report["round"], file.report["k"]
        keys = file.report["keys"]
        both = old[tier].index.intersection(new[tier].index)
        assert (told["follows"], told["anew"], told["kept"]) == (1, False, len(both))
        assert len(both) > 0
        assert new[tier].loc[both, keys].equals(old[tier].loc[both, keys])
        answers = [name for name in old[tier].columns if name not in keys]
        for name in answers:
            for was, now in zip(old[tier].loc[both, name], new[tier].loc[both, name], strict=True):
                assert now in {was, HIDDEN} or no_finer(was, now), name
        assert told["new"] == len(new[tier]) - len(both)
        added = new[tier].index.difference(old[tier].index)
        assert min(Counter(map(tuple, new[tier].loc[added, keys].to_numpy())).values()) >= k
        shown = [
            {one: tuple(row) for one, row in zip(f.index, f[keys].to_numpy(), strict=True)}
            for f in (old[tier], new[tier])
        ]
        sizes = Counter((shown[0].get(one), shown[1].get(one)) for one in {*shown[0], *shown[1]})
        assert min(sizes.values()) >= k, "who holds both files finds k in every class of the two together"
        attacks = file.attacks["attacks"]
        assert attacks["together"]["passed"]
        assert attacks["together"]["facts"]["smallest"] == min(sizes.values())
        assert makes_it_again(app, file.ref)
    page = browser("steward").get(f"/protected/{after['partner'].ref}").text
    assert "It follows version 1" in page
    assert (
        f"fewer than {smallest_of(old['partner'], new['partner'], after['partner']) - 1} others by them, {ALSO}" in page
    )
    assert sign(app, browser("steward"), after["partner"]).status_code == 303


def makes_it_again(app, ref):
    """Whether a file's own plan makes its rows again, beside the files that it was made beside."""
    with app.app_context():
        with transaction():
            file = protecting.find(ref)
            others = [(one, one.version.number) for one in protecting.earlier(file)]
            book, source = book_of(file.version), protecting.source_of(file)
        beside = protecting.rounds_of(others, "4mi-core")
        plan, frame = Plan.from_json(json.dumps(file.plan)), protecting.open_source(source)
        made = rounds.apply(plan, frame, book.hierarchies(), earlier=beside.earlier, key=beside.key)
        return made.frame.reset_index(drop=True).equals(protecting.frame_of(file))


@pytest.mark.long
def test_a_release_of_a_file_that_follows_repeats_what_was_tried_round_by_round(app, facts, grown):
    files = the_next_version(app, facts, grown)
    with app.app_context():
        with factories.given() as now:
            signed = {"status": "signed", "review_by": clock.today() + assessment.YEAR}
            now.execute(update(ProtectedFile).where(ProtectedFile.status == "proposed").values(**signed))
        with transaction():
            ref = protecting.find(files["partner"].ref).version.ref
        made = snapshots.accept(facts | {"version": ref})
        snapshots.work_off()
        with transaction():
            release = session().scalars(select(Release).where(Release.ref == made["release"])).one()
    assert release.status == "available", release.held_reason
    downcoding = release.report["attacks"]["downcoding"]
    assert downcoding == files["partner"].attacks["attacks"]["downcoding"]
    assert "whole" in downcoding["facts"]


@pytest.mark.long
def test_a_file_that_nobody_has_signed_yet_is_followed_and_a_held_one_is_not(app, facts, grown):
    with app.app_context(), factories.given() as current_session:
        files = {"partner": "proposed", "licensed": "held"}
        for tier, status in files.items():
            current_session.execute(
                update(ProtectedFile).where(ProtectedFile.tier == tier).values(status=status, review_by=None)
            )
    after = the_next_version(app, facts, grown)
    assert after["partner"].report["round"]["follows"] == 1
    assert "round" not in after["licensed"].report


@pytest.mark.long
def test_a_held_file_is_followed_while_a_coarser_one_made_from_it_is_known(app, facts, grown):
    """Whoever holds the licensed file would otherwise see who is missing in the next partner file, one by one."""
    with app.app_context(), factories.given() as current_session:
        held = {"status": "held", "held_as": "signer", "review_by": None}
        current_session.execute(update(ProtectedFile).where(ProtectedFile.tier == "partner").values(**held))
    before = files_of(app, facts["version"])
    after = the_next_version(app, facts, grown)
    assert after["partner"].report["round"]["follows"] == 1
    shown = [
        {one: tuple(row) for one, row in zip(frame.index, frame[file.report["keys"]].to_numpy(), strict=True)}
        for file, frame in (
            (before["licensed"], frames(app, before)["licensed"]),
            (after["partner"], frames(app, after)["partner"]),
        )
    ]
    sizes = Counter((shown[0].get(one), shown[1].get(one)) for one in {*shown[0], *shown[1]})
    assert min(sizes.values()) >= 5, "nobody leaves alone"


@pytest.mark.long
def test_a_file_under_changed_rules_is_made_anew_and_judged_beside_the_earlier_one(
    app, facts, grown, browser, monkeypatch
):
    def stricter(tier):
        rules = current(tier)
        return replace(rules, k=8, version="2") if tier == "partner" else rules

    monkeypatch.setattr(protecting.rulesets, "current", stricter)
    before = files_of(app, facts["version"])
    file = the_next_version(app, facts, grown)["partner"]
    assert file.status == "proposed", file.held_reason
    assert file.report["round"]["anew"]
    assert file.report["smallest_class"] >= 8
    assert file.attacks["attacks"]["together"]["passed"]
    page = browser("steward").get(f"/protected/{file.ref}").text
    assert "have changed since version 1" in page
    least = smallest_of(frames(app, before)["partner"], frames(app, {"partner": file})["partner"], file)
    assert least == min(file.report["round"]["smallest"], file.report["smallest_class"])
    assert (ALSO in page) is (least >= 8)
    assert (f"may find groups of only {least} people" in page) is (least < 8)


def test_a_file_built_meanwhile_is_not_overlooked(app, facts, grown, monkeypatch):
    """Between reading and publishing another file of the tier comes: the work is done again beside it."""
    publish, late = protecting._publish, []

    def first_time_late(held):
        if not late:
            late.append(held.memo["beside"])
            held.memo["beside"] = []
        publish(held)

    stages = tuple(
        protecting.Stage(one.name, first_time_late) if one.name == "publish" else one
        for one in protecting.PROTECT.stages
    )
    monkeypatch.setitem(
        registry.KINDS, protecting.KIND, protecting.Kind(protecting.KIND, stages, protecting.PROTECT.failed)
    )
    with pytest.raises(RuntimeError, match="protect: Stale"):
        the_next_version(app, facts, grown)
    assert len(late[0]) == 1
