"""Stale forms, double clicks, races, an agreement that ends, and input nobody can use: nothing is lost or done twice."""

import datetime as dt
import threading

import pytest
import time_machine

from portal import clock
from portal.exports.models import Release
from tests.areas.requests.scene import World, code_for
from tests.areas.requests.test_story import states

KEY = "k" * 32


def test_a_double_click_is_one_decision(world):
    ref = world.sent()
    code = world.code("wana")
    first = world.verdict("wana", ref, key=KEY, code=code)
    second = world.verdict("wana", ref, key=KEY, code=code)
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(world.decisions()) == 1
    assert [name for name, *_ in world.events("track.decided")] == ["track.decided"]


def test_a_forms_key_is_nobody_elses(world):
    ref = world.sent()
    world.verdict("wana", ref, key=KEY)
    assert world.verdict("esa", ref, key=KEY).status_code == 409
    assert world.tracks(ref)["ESA"].status == "open"


def test_a_code_decides_once(app, as_person):
    world = World(app, as_person)
    ref = world.sent()
    code = world.code("esa")
    assert world.verdict("esa", ref, "ask", code=code).status_code == 303
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="Because.")
    again = world.verdict("esa", ref, code=code)
    assert again.status_code == 400
    assert "not right any more" in again.text
    assert world.tracks(ref)["ESA"].status == "open"


def test_a_wrong_code_keeps_what_was_typed_and_is_in_the_log(world):
    ref = world.sent()
    answer = world.verdict("wana", ref, "decline", code="000000", rationale="Quite a long reason.")
    assert answer.status_code == 400
    assert "Quite a long reason." in answer.text
    assert world.tracks(ref)["WANA"].status == "open"
    assert ("auth.mfa.failed", "code") in [event[:2] for event in world.events("auth.mfa.failed")]


@pytest.mark.parametrize("verb", ["ask", "decline", "approve_in_part"])
def test_a_verdict_without_its_reason_is_refused(world, verb):
    ref = world.sent()
    assert world.verdict("wana", ref, verb, rationale="", **{"refuse-year": "2019"}).status_code == 400
    assert world.tracks(ref)["WANA"].status == "open"


def test_red_and_conditions_need_a_reason_even_to_approve(world):
    red = world.sent(variables=("exp_types",))
    assert world.verdict("wana", red, rationale="").status_code == 400
    green = world.sent(variables=("drivers",))
    assert world.verdict("wana", green, rationale="", conditions="Only inside.").status_code == 400
    assert world.verdict("wana", green, rationale="").status_code == 303


@pytest.mark.parametrize(
    ("verb", "refused"),
    [
        ("approve_in_part", {}),
        ("approve", {"refuse-year": "2019"}),
        ("approve_in_part", {"refuse-year": ["2019", "2020"]}),
        ("approve_in_part", {"refuse-country": "SDN"}),  # another region's
        ("approve_in_part", {"refuse-variables": "religion"}),
    ],
)
def test_a_refusal_that_does_not_fit_is_refused(world, verb, refused):
    ref = world.sent(variables=("drivers",))
    assert world.verdict("wana", ref, verb, **refused).status_code == 400
    assert world.decisions() == []


@pytest.mark.parametrize(
    "field", [{"surprise": "1"}, {"refuse-interview_id": "1"}, {"verb": "force"}, {"sha256": "x"}, {"key": "short"}]
)
def test_a_decision_with_an_unknown_field_or_value_is_refused(world, field):
    ref = world.sent()
    assert world.verdict("wana", ref, **field).status_code == 400
    assert world.decisions() == []


def test_a_stale_form_shows_both_versions_and_changes_nothing(world):
    ref = world.sent()
    seen = world.tracks(ref)["WANA"].slice_sha256
    world.verdict("esa", ref, "ask")
    world.keep(ref, "rows", families=["place", "time"], country=["NER", "SDN"], year=["2019", "2020"])
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="")
    answer = world.verdict("wana", ref, sha256=seen)
    assert answer.status_code == 409
    assert "LBY, NER" in answer.text
    assert f"/tracks/{world.tracks(ref)['WANA'].ref}" in answer.text
    assert "SDN" not in answer.text
    assert world.tracks(ref)["WANA"].status == "open"
    assert ("authz.denied", "Stale") in [event[:2] for event in world.events("authz.denied")]


def test_a_decided_track_is_not_decided_twice(world):
    ref = world.sent()
    world.verdict("wana", ref)
    world.forget_codes()
    assert world.verdict("wana", ref, "decline").status_code == 409
    assert world.tracks(ref)["WANA"].status == "approved"


def test_a_draft_opened_twice_is_not_overwritten_silently(world):
    ref = world.start()
    lock = world.lock(ref)
    fields = {"variables": ["drivers"], "go": "save"}
    assert world.post("anna", f"/requests/{ref}/edit/variables", lock=lock, **fields).status_code == 303
    # the same form on a bad line, sent again: nothing to do
    assert world.post("anna", f"/requests/{ref}/edit/variables", lock=lock, **fields).status_code == 303
    other = world.post("anna", f"/requests/{ref}/edit/variables", lock=lock, variables=["exp_any"], go="save")
    assert other.status_code == 409
    assert world.request(ref).draft["variables"] == {"variables": ["drivers"]}


def test_two_managers_at_once_one_wins(world):
    ref = world.sent()
    track = world.tracks(ref)["WANA"]
    with world.app.app_context():
        from portal.actor import Role
        from tests import factories

        with factories.given():
            from sqlalchemy import select

            from portal.auth.models import Organisation
            from portal.db import session

            mmc = session().scalars(select(Organisation).where(Organisation.name == "MMC")).one()
            world.people["second"] = factories.a_person(
                organisation=mmc, roles=[Role.REGIONAL_MANAGER], regions=["WANA"]
            )
    tokens = {name: world.browser(name) for name in ("wana", "second")}
    codes = {name: code_for(world.app, world.people[name]) for name in tokens}
    for name in tokens:
        world.post(name, "/language", language="en")
    together, answers = threading.Barrier(2), {}

    def click(name):
        together.wait()
        answers[name] = world.verdict(name, ref, region="WANA", code=codes[name], sha256=track.slice_sha256).status_code

    threads = [threading.Thread(target=click, args=(name,)) for name in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [303, 409]
    assert len(world.decisions()) == 1


def test_the_last_two_regions_at_once_make_one_offer(world):
    ref = world.sent(variables=("drivers",))
    codes = {name: world.code(name) for name in ("wana", "esa")}
    for name in codes:
        world.post(name, "/language", language="en")
    together, answers = threading.Barrier(2), {}

    def click(name):
        together.wait()
        answers[name] = world.verdict(name, ref, code=codes[name]).status_code

    threads = [threading.Thread(target=click, args=(name,)) for name in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers.values()) == {303}
    assert world.request(ref).state == "offered"
    assert [name for name, *_ in world.events("request.offered")] == ["request.offered"]


def test_an_agreement_that_ended_stops_the_submission(world):
    ref = world.start()
    world.fill(ref)
    world.agreement(ends_on=clock.today() - dt.timedelta(days=2))
    answer = world.submit(ref)
    assert answer.status_code == 403
    assert "The agreement ended with" in answer.text
    assert world.request(ref).status == "draft"


@pytest.mark.parametrize("change", [{"ends_on": dt.date(2026, 1, 1)}, {"status": "suspended"}, {"regions": ["ESA"]}])
def test_an_agreement_that_does_not_hold_stops_an_approval_not_a_refusal(world, change):
    ref = world.sent(variables=("drivers",))
    world.agreement(**change)
    assert world.verdict("wana", ref).status_code == 403
    world.forget_codes()
    assert world.verdict("wana", ref, "decline").status_code == 303
    assert states(world, ref)[1]["WANA"] == "declined"


def test_an_agreement_that_ended_stops_the_officer_and_the_acceptance(world):
    ref = world.offered()
    world.agreement(status="suspended")
    assert world.officer(ref).status_code == 403
    world.agreement(status="active")
    assert world.officer(ref).status_code == 303
    world.agreement(most_sensitive=2)
    assert world.accept(ref).status_code == 403
    assert world.look(Release) == []


def test_a_request_without_rows_is_told_and_kept(world):
    ref = world.start()
    world.fill(ref, rows={"country": ["NER"], "region": ["EAY"]})
    answer = world.submit(ref)
    assert answer.status_code == 400
    assert "No row of the file matches" in answer.text
    assert world.request(ref).status == "draft"


@pytest.mark.parametrize("missing", ["rows", "variables", "why", "team"])
def test_what_is_missing_is_named_before_and_after_sending(world, missing):
    ref = world.start()
    world.fill(ref)
    world.keep(ref, missing, go="save")
    page = world.get("anna", f"/requests/{ref}/edit/review").text
    assert f"/requests/{ref}/edit/{missing}" in page
    assert world.submit(ref).status_code == 400
    assert world.request(ref).status == "draft"


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("rows", {"country": ["XXX"]}),
        ("rows", {"age_band": ["20-29"]}),
        ("rows", {"surprise": "1"}),
        ("variables", {"variables": ["religion"]}),
        ("why", {"purpose_text": "x" * 5000}),
        ("why", {"reason-drivers": "not sensitive"}),
        ("why", {"ends_on": ["2026-01-01", "2027-01-01"]}),
    ],
)
def test_a_step_that_cannot_be_taken_comes_back_and_the_draft_stands(world, step, fields):
    ref = world.start()
    before = world.request(ref).draft
    answer = world.keep(ref, step, go="save", **fields)
    assert answer.status_code == 400
    assert "error-summary" in answer.text
    assert world.request(ref).draft == before


def test_what_was_typed_survives_an_error(world):
    ref = world.start()
    answer = world.keep(ref, "why", purpose="research", purpose_text="Too short", outputs="", ends_on="31.12.2026")
    assert answer.status_code == 400
    assert "Too short" in answer.text
    assert "31.12.2026" in answer.text
    assert "Too short" in world.get("anna", f"/requests/{ref}/edit/why").text


def test_a_step_nobody_knows_is_not_there(world):
    ref = world.start()
    assert world.get("anna", f"/requests/{ref}/edit/sixth").status_code == 404
    assert world.keep(ref, "review").status_code == 404


def test_a_sent_request_is_not_edited_any_more(world):
    ref = world.sent()
    assert world.get("anna", f"/requests/{ref}/edit/rows").status_code == 409
    assert world.keep(ref, "rows", families=["place"]).status_code == 409
    assert world.submit(ref).status_code == 409


def test_the_count_is_in_tens_and_looked_at_in_the_log(world):
    ref = world.start()
    path = f"/requests/{ref}/edit/rows/panel"
    text = world.get("anna", path, query_string={"lock": 1, "country": "NER", "families": "place"}).text
    assert "about 120 rows" in text
    assert "West and North Africa" in text
    assert "Eastern" not in text
    assert world.events("request.previewed")


def test_presets_choose_variables_without_javascript(world):
    ref = world.start()
    world.keep(ref, "variables", go="green")
    assert set(world.request(ref).draft["variables"]["variables"]) == {"drivers", "bribe_paid"}
    world.keep(ref, "variables", go="all")
    assert set(world.request(ref).draft["variables"]["variables"]) == {"drivers", "bribe_paid", "exp_any", "exp_types"}


def test_accepting_another_offer_than_the_one_seen_is_refused(world):
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref, sha256="0" * 64).status_code == 409
    assert world.accept(ref).status_code == 303
    assert world.accept(ref, sha256="0" * 64).status_code == 409
    assert len(world.look(Release)) == 1


def clock_step(world, moment):
    from portal.actor import system
    from portal.db import transaction
    from portal.requests.actions_clock import expire_due

    with world.app.app_context(), transaction():
        return expire_due(system("keeper"), moment)


def test_time_lapses_an_offer_and_ends_what_runs(world):
    offered = world.offered(variables=("drivers",))
    running = None
    world.forget_codes()
    running = world.offered(variables=("drivers",))
    world.accept(running)
    assert clock_step(world, clock.now()) == 0
    assert clock_step(world, clock.now() + dt.timedelta(days=31)) == 2
    assert world.request(offered).state == "ended:lapsed"
    assert world.request(running).state == "ended:expired"
    assert clock_step(world, clock.now() + dt.timedelta(days=31)) == 0


def test_an_agreements_end_cancels_what_has_not_begun(world):
    ref = world.sent()
    draft = world.start()
    later = clock.now() + dt.timedelta(days=400)
    assert clock_step(world, later) == 3  # the agreement, and two requests
    assert {world.request(one).state for one in (ref, draft)} == {"ended:cancelled"}
    assert set(states(world, ref)[1].values()) == {"closed"}
    assert [name for name, *_ in world.events("agreement.expired")] == ["agreement.expired"]


def test_access_ends_on_time_even_if_no_job_runs(world):
    from portal.db import session, transaction
    from portal.errors import TermsForbid
    from portal.requests import guards
    from portal.requests.models import Request
    from tests.factories import an_actor

    ref = world.offered(variables=("drivers",))
    world.accept(ref)
    wanted = world.request(ref).id

    actor = an_actor(world.people["anna"])

    def may():
        with world.app.app_context(), transaction():
            guards.may_download(session().get(Request, wanted), actor)

    may()
    with time_machine.travel(clock.now() + dt.timedelta(days=2)), pytest.raises(TermsForbid):
        may()


def test_a_file_that_is_no_longer_signed_off_stops_everything_and_hides_nothing(world):
    from portal.exports.models import ProtectedFile

    ref = world.offered(variables=("drivers",))
    other = world.start()
    with world.app.app_context():
        from portal.db import session
        from tests import factories

        with factories.given():
            for file in session().query(ProtectedFile):
                file.status = "held"
    assert world.accept(ref).status_code == 403
    assert world.get("anna", f"/requests/{ref}").status_code == 200
    assert world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").status_code == 200
    assert world.get("anna", f"/requests/{other}/edit/rows").status_code == 403
    assert "Nothing can be asked for" in world.get("anna", "/requests/new").text
