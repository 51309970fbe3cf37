"""Protected files: built by jobs in order, attacked, signed off by two people or held with the reason."""

import json

import pytest
from sqlalchemy import select, update

from portal.catalogue.models import Variable
from portal.db import session, transaction
from portal.disclosure.plan import Plan, apply
from portal.disclosure.refusals import BadInput
from portal.exports import proving
from portal.exports.models import ProtectedFile, SignOff
from portal.jobs import bell
from portal.jobs.models import Work
from tests import factories
from tests.areas.auth.pages import events, token_of

pytestmark = pytest.mark.moment("proposed")


def files(app):
    with app.app_context(), transaction():
        found = session().scalars(select(ProtectedFile).order_by(ProtectedFile.id)).all()
        return {file.tier: file for file in found}


def sign(app, browser, file, verdict="signed", reason="", sha256=None):
    page = f"/protected/{file.ref}"
    fields = {"csrf_token": token_of(browser, page), "verdict": verdict, "reason": reason}
    return browser.post(f"{page}/sign", data=fields | {"sha256": sha256 or file.sha256})


@pytest.mark.moment("published")
def test_the_finest_tier_is_built_first_and_the_coarser_from_it(app):
    with app.app_context():
        bell.wake()
        partner, licensed = (files(app)[tier] for tier in ("partner", "licensed"))
        assert (partner.status, licensed.status) == ("proposed", "queued")
        bell.wake()
    licensed = files(app)["licensed"]
    assert licensed.status == "proposed"
    assert licensed.rows == partner.rows
    order = [(name, ref) for name, _, _, ref in events(app, "file.started", "file.protected")]
    both = [("file.started", partner.ref), ("file.protected", partner.ref)]
    assert order == [*both, ("file.started", licensed.ref), ("file.protected", licensed.ref)]


def test_a_built_file_keeps_k_in_its_own_bytes_and_says_so(app):
    from portal.exports import protecting

    with app.app_context():
        for tier, file in files(app).items():
            frame = protecting.frame_of(file)
            columns = [name for family in file.menu["keys"] for name in family["columns"]]
            assert frame.groupby(columns).size().min() >= file.report["k"] >= 5, tier
            assert all(one["passed"] for one in file.attacks["attacks"].values()), tier
            assert len(frame) == file.rows == file.report["rows_out"]
            assert not {"_uuid", "phone", "username", "quote"} & set(frame.columns)


def test_a_file_keeps_the_plan_it_was_made_by_and_the_plan_makes_it_again(app):
    from portal.catalogue.codebooks import book_of
    from portal.exports import protecting

    for tier in ("partner", "licensed"):
        with app.app_context():
            with transaction():
                file = session().scalars(select(ProtectedFile).where(ProtectedFile.tier == tier)).one()
                plan, book = Plan.from_json(json.dumps(file.plan)), book_of(file.version)
                source = protecting.source_of(file)
                kept = protecting.frame_of(file)
                frame = protecting.open_source(source)
            assert apply(plan, frame, book.hierarchies()).frame.reset_index(drop=True).equals(kept)
            assert json.loads(plan.rules.to_json()) == file.rule_set
            with pytest.raises(BadInput, match="made for other rows"):
                apply(plan, frame.iloc[1:], book.hierarchies())


def test_whoever_signs_sees_the_ways_not_taken(app, browser):
    david = browser("steward")
    partner, licensed = (files(app)[tier] for tier in ("partner", "licensed"))
    page = david.get(f"/protected/{partner.ref}").text
    assert page.count("<circle") == len(partner.plan["points"]) > 5
    assert page.count("chart-chosen") == 1
    assert "this file" in page
    assert "<svg" in david.get(f"/protected/{licensed.ref}").text


@pytest.mark.moment("published")
def test_a_variable_without_a_confirmed_role_is_in_no_protected_file(app, facts):
    with app.app_context():
        with factories.given() as current:
            current.execute(update(Variable).where(Variable.name == "drivers").values(role=""))
        for _ in range(3):
            bell.wake()
    for file in files(app).values():
        released = {one["name"] for one in file.menu["variables"]}
        assert "exp_any" in released
        assert not {"drivers", "driver_main"} & released, "what the missing one is the gate of goes too"


@pytest.mark.moment("published")
def test_a_key_without_a_confirmed_role_holds_the_file_for_good(app, facts, browser):
    with app.app_context():
        with factories.given() as current:
            current.execute(update(Variable).where(Variable.name == "gender").values(role=""))
        bell.wake()
        with transaction():
            assert session().scalars(select(Work.status).where(Work.kind == "protect")).all() == ["dead"]
    partner = files(app)["partner"]
    assert partner.status == "held"
    assert "gender" in partner.held_reason
    assert [name for name, *_ in events(app, "file.held")] == ["file.held"]
    page = browser("steward").get(f"/protected/{partner.ref}").text
    assert "This file is held" in page


@pytest.mark.moment("published")
def test_a_file_whose_attack_succeeds_is_held_with_the_attack_s_name(app, monkeypatch):
    def lost(*_args):
        return proving.judged({"attacks": {"prosecutor": {"passed": False}, "homogeneity": {"passed": True}}})

    monkeypatch.setattr(proving, "attack_protected", lost)
    with app.app_context():
        bell.wake()
        bell.wake()
    partner = files(app)["partner"]
    assert partner.status == "held"
    assert "prosecutor" in partner.held_reason
    assert not partner.blob
    assert files(app)["licensed"].status == "queued"


@pytest.mark.moment("published")
def test_a_build_that_breaks_is_tried_three_times_and_then_held(app, monkeypatch):
    from portal import clock

    def broken(*_args):
        raise ZeroDivisionError("of a record's value")

    monkeypatch.setattr(proving, "protect", broken)
    with app.app_context():
        for _ in range(3):
            with transaction() as current:
                current.execute(update(Work).where(Work.status == "due").values(due_at=clock.now()))
            with pytest.raises(RuntimeError, match=r"^protect: ZeroDivisionError$"):
                bell.wake()
    partner = files(app)["partner"]
    assert (partner.status, partner.held_reason) == ("held", "ZeroDivisionError")
    assert [reason for _, reason, *_ in events(app, "file.failed")] == ["ZeroDivisionError"] * 3


def test_two_different_people_sign_and_only_then_is_it_shared(app, browser, facts):
    file = files(app)["partner"]
    page = browser("steward").get(f"/protected/{file.ref}").text
    assert "In plain words" in page
    assert "Attacks on the finished bytes" in page
    assert sign(app, browser("steward"), file).status_code == 303
    assert files(app)["partner"].status == "proposed"
    assert shared_menu(app, file) is None
    assert sign(app, browser("dpo"), file).status_code == 303
    assert files(app)["partner"].status == "signed"
    assert shared_menu(app, file)["file"] == file.ref
    with app.app_context(), transaction():
        signed = {(one.role, one.sha256, one.verdict) for one in session().scalars(select(SignOff))}
    assert signed == {("steward", file.sha256, "signed"), ("dpo", file.sha256, "signed")}
    assert len(events(app, "file.signed_off")) == 2


def test_a_file_stands_on_the_page_where_each_office_begins_until_it_has_signed(app, browser):
    file = files(app)["partner"]
    starts = {"steward": "/catalogue/", "dpo": "/inbox"}

    def asked():
        return {who for who, page in starts.items() if f'href="/protected/{file.ref}"' in browser(who).get(page).text}

    assert asked() == {"steward", "dpo"}
    assert sign(app, browser("steward"), file).status_code == 303
    assert asked() == {"dpo"}
    assert sign(app, browser("dpo"), file).status_code == 303
    assert asked() == set()


def shared_menu(app, file):
    from portal import ports

    with app.app_context(), transaction():
        return ports.house.protected_menu(file.version_id, file.tier)


def test_one_person_signs_once_whatever_their_roles(app, browser):
    file = files(app)["partner"]
    assert sign(app, browser("both"), file).status_code == 303
    assert sign(app, browser("both"), file).status_code == 403
    assert files(app)["partner"].status == "proposed"
    assert sign(app, browser("steward"), file).status_code == 403, "the steward's signature is there already"
    assert sign(app, browser("dpo"), file).status_code == 303
    assert files(app)["partner"].status == "signed"
    assert sign(app, browser("dpo"), file).status_code == 403


def test_who_looked_at_another_file_signs_nothing(app, browser):
    file = files(app)["partner"]
    answer = sign(app, browser("steward"), file, sha256="0" * 64)
    assert answer.status_code == 409
    assert sign(app, browser("steward"), file, sha256="not a hash").status_code == 400
    with app.app_context(), transaction():
        assert session().scalars(select(SignOff)).all() == []


def test_a_file_is_held_with_a_reason_and_never_signed_after(app, browser):
    file = files(app)["partner"]
    assert sign(app, browser("dpo"), file, "held").status_code == 400
    assert sign(app, browser("dpo"), file, "held", "Too few women in Sebha").status_code == 303
    held = files(app)["partner"]
    assert (held.status, held.held_reason) == ("held", "Too few women in Sebha")
    assert sign(app, browser("steward"), file).status_code == 403
    assert shared_menu(app, file) is None
    assert [name for name, *_ in events(app, "file.held")] == ["file.held"]
    assert "Too few women" in browser("steward").get(f"/protected/{file.ref}").text


def test_the_reason_is_a_private_part_of_the_log(app, browser):
    from portal.audit.models import AuditEvent

    file = files(app)["partner"]
    assert sign(app, browser("dpo"), file, "held", "Too few women in Sebha").status_code == 303
    with app.app_context(), transaction():
        bodies = b"".join(session().scalars(select(AuditEvent.body)))
    assert b"Sebha" not in bodies


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("manager", 403), ("analyst", 403)])
def test_only_steward_and_officer_sign(app, browser, who, status):
    file = files(app)["partner"]
    token = token_of(browser(who), "/profile")
    fields = {"csrf_token": token, "verdict": "signed", "reason": "", "sha256": file.sha256}
    assert browser(who).post(f"/protected/{file.ref}/sign", data=fields).status_code == status
    assert browser("analyst").get(f"/protected/{file.ref}").status_code in {403, 404}
    assert browser("analyst").get("/protected").status_code in {403, 404}


def test_the_menu_shows_rounded_counts_and_never_a_small_one(app):
    for file in files(app).values():
        for family in file.menu["keys"]:
            for values in family["values"].values():
                assert all(one["count"] == "<30" or int(one["count"]) % 10 == 0 for one in values)


def test_a_late_copy_of_the_build_publishes_nothing(app):
    """The fence was taken over while the last stage ran: its transaction undoes itself."""
    from portal.errors import LostFence
    from portal.exports import protecting
    from portal.jobs.registry import Held

    before = files(app)["partner"]
    with app.app_context():
        with transaction():
            work = session().scalars(select(Work).where(Work.target_ref == before.ref)).one()
            late = Held(work.id, "protect", before.ref, work.fence - 1, 1)
        with pytest.raises(LostFence):
            protecting._read(late)
    after = files(app)["partner"]
    assert (after.blob, after.lock, after.status) == (before.blob, before.lock, before.status)
