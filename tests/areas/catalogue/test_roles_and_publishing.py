"""A variable without a confirmed role never leaves; a published version never changes; partners see what is shareable."""

import pytest
from sqlalchemy import select

from portal.actor import Role, system
from portal.catalogue import actions
from portal.catalogue.models import Variable, Version
from portal.db import session, transaction
from portal.errors import NotFound
from portal.exports.models import ProtectedFile
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.catalogue import rounds
from tests.core.catalogue.a_survey import a_file, an_interview

STEWARD = system("cli", Role.STEWARD)
DATA = a_file(
    *(
        an_interview(_uuid=f"{n:08}-1111-4111-8111-111111111111", quote="They took all we had", phone="+33 1 23 45")
        for n in range(4)
    ),
)


@pytest.fixture
def checked(app, scene, steward):
    ref = rounds.loaded(steward, scene["survey"], DATA)
    rounds.work_off(app)
    assert rounds.version_of(app, ref).status == "checked"
    return ref


@pytest.fixture
def published(app, steward, checked):
    assert rounds.confirm(app, steward, checked).status_code == 303
    assert rounds.publish(app, steward, checked).status_code == 303
    return checked


def test_every_variable_begins_without_a_role_and_with_a_proposal(app, checked, steward):
    variables = rounds.version_of(app, checked).variables
    assert {one.role for one in variables} == {""}
    assert {"quasi_identifier", "sensitive", "non_confidential"} & {one.proposed_role for one in variables}
    page = steward.get(f"/catalogue/versions/{checked}/roles").text
    for one in variables:
        assert f'name="role.{one.name}"' in page


def test_a_checked_round_stands_on_the_page_on_which_whose_turn_it_is_begins(app, scene, as_person, checked, steward):
    with app.app_context(), factories.given():
        manager = factories.a_person(roles=[Role.PROJECT_MANAGER], organisation=factories.an_organisation(kind="mmc"))
    project, region = as_person(manager), as_person(scene["manager"])
    assert "confirm what each variable is" in project.get("/inbox").text
    assert "Rounds that wait for you" not in region.get("/inbox").text
    assert rounds.confirm(app, project, checked).status_code == 303
    page = project.get("/inbox").text
    assert "Rounds that wait for you" not in page
    assert "/catalogue/upload" in page  # nothing waits: the next thing to do is offered
    assert "/catalogue/upload" not in region.get("/inbox").text
    assert "A data steward or the global coordinator publishes it" in project.get(f"/catalogue/versions/{checked}").text
    assert steward.get("/").headers["Location"] == "/catalogue/"  # a steward has no inbox
    assert "publish it" in steward.get("/catalogue/").text
    assert rounds.publish(app, steward, checked).status_code == 303
    assert "Rounds that wait for you" not in steward.get("/catalogue/").text


def test_a_version_is_not_published_before_a_role_is_confirmed(app, checked, steward):
    page = steward.get(f"/catalogue/versions/{checked}").text
    assert "/publish" not in page
    fields = {"csrf_token": rounds.token(steward), "lock": rounds.version_of(app, checked).lock}
    answer = steward.post(f"/catalogue/versions/{checked}/publish", data=fields)
    assert answer.status_code == 400
    assert rounds.version_of(app, checked).status == "checked"


def test_confirmed_roles_are_kept_and_logged(app, checked, steward):
    assert rounds.confirm(app, steward, checked, gender="sensitive", age="").status_code == 303
    roles = {one.name: one.role for one in rounds.version_of(app, checked).variables}
    assert roles["gender"] == "sensitive"
    assert roles["age"] == ""
    assert [target for *_, target in events(app, "dataset.roles.confirmed")] == [checked]
    assert "1 variable has no confirmed role" in steward.get(f"/catalogue/versions/{checked}").text


@pytest.mark.parametrize(
    ("field", "value"), [("role.gender", "owner"), ("role.shoe_size", "sensitive"), ("lock", "x"), ("lock", "")]
)
def test_roles_that_cannot_be_are_refused_and_nothing_is_kept(app, checked, steward, field, value):
    fields = rounds.roles_form(app, checked) | {field: value}
    fields["csrf_token"] = rounds.token(steward)
    answer = steward.post(f"/catalogue/versions/{checked}/roles", data=fields)
    assert answer.status_code == 400
    assert {one.role for one in rounds.version_of(app, checked).variables} == {""}


def test_a_form_opened_before_somebody_elses_change_is_stale(app, checked, steward):
    old = rounds.roles_form(app, checked, gender="sensitive") | {"csrf_token": rounds.token(steward)}
    assert rounds.confirm(app, steward, checked, gender="quasi_identifier").status_code == 303
    answer = steward.post(f"/catalogue/versions/{checked}/roles", data=old)
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    roles = {one.name: one.role for one in rounds.version_of(app, checked).variables}
    assert roles["gender"] == "quasi_identifier"
    assert rounds.publish(app, steward, checked, lock=old["lock"]).status_code == 409
    assert rounds.version_of(app, checked).status == "checked"


def test_publishing_orders_the_tiers_and_begins_with_the_finest(app, published, scene):
    from portal.jobs.models import Work

    version = rounds.version_of(app, published)
    assert version.status == "published"
    assert version.published_by == scene["steward"].id
    with app.app_context(), transaction():
        files = {file.tier: file for file in session().scalars(select(ProtectedFile))}
        asked = list(session().scalars(select(Work.target_ref).where(Work.kind == "protect")))
        assert files.keys() == {"partner", "licensed", "table"}
        assert {file.status for file in files.values()} == {"queued"}
        assert asked == [files["partner"].ref]
    assert [name for name, *_ in events(app, "dataset.version.published", "file.queued")] == [
        "dataset.version.published",
        *["file.queued"] * 3,
    ]


def test_a_published_version_never_changes_again(app, published, steward):
    before = rounds.version_of(app, published)
    roles = {one.name: one.role for one in before.variables}
    assert steward.get(f"/catalogue/versions/{published}/roles").status_code in {200, 404}
    fields = rounds.roles_form(app, published, gender="non_confidential") | {"csrf_token": rounds.token(steward)}
    assert steward.post(f"/catalogue/versions/{published}/roles", data=fields).status_code == 404
    assert rounds.publish(app, steward, published).status_code == 404
    with app.app_context(), pytest.raises(NotFound), transaction():
        actions.confirm_roles(STEWARD, published, before.lock, {"gender": "sensitive"})
    after = rounds.version_of(app, published)
    assert {one.name: one.role for one in after.variables} == roles
    assert (after.lock, after.status, after.published_at) == (before.lock, before.status, before.published_at)


def test_the_next_round_remembers_the_roles_of_the_last(app, scene, steward, checked):
    assert rounds.confirm(app, steward, checked, gender="sensitive").status_code == 303
    assert rounds.publish(app, steward, checked).status_code == 303
    ref = rounds.loaded(steward, scene["survey"], DATA, "round_2.csv")
    with app.app_context():
        from portal.jobs import bell

        while rounds.version_of(app, ref).status == "received":
            try:
                bell.wake()
            except RuntimeError:  # four interviews cannot be protected; the reading of round 2 is what counts
                continue
    second = rounds.version_of(app, ref)
    assert second.number == 2
    assert {one.name: one.proposed_role for one in second.variables}["gender"] == "sensitive"
    assert {one.role for one in second.variables} == {""}


def test_partners_see_nothing_of_a_version_before_it_is_published(app, scene, checked, partner):
    shelf = partner.get("/catalogue/")
    assert shelf.status_code == 200
    assert "4mi-core" not in shelf.text
    assert "Dataset 4mi-core" not in shelf.text
    assert partner.get(f"/catalogue/{scene['survey']}").status_code == 404
    for door in ("", "/progress", "/roles"):
        assert partner.get(f"/catalogue/versions/{checked}{door}").status_code in {403, 404}


def test_partners_see_the_shareable_variables_of_what_is_published_and_no_others(
    app, scene, published, partner, steward
):
    assert "Dataset 4mi-core" in partner.get("/catalogue/").text
    page = partner.get(f"/catalogue/{scene['survey']}").text
    variables = rounds.version_of(app, published).variables
    hidden = [one.name for one in variables if one.role not in {"non_confidential", "sensitive", "quasi_identifier"}]
    shown = [one.name for one in variables if one.name not in hidden]
    assert shown
    assert hidden
    for name in shown:
        assert f">{name}<" in page, name
    for name in hidden:
        assert f">{name}<" not in page, name
    everything = steward.get(f"/catalogue/{scene['survey']}").text
    for one in variables:
        assert f">{one.name}<" in everything, one.name


def test_the_catalogue_is_searched_by_words_taken_literally(app, scene, published, partner):
    assert "Dataset 4mi-core" in partner.get("/catalogue/?q=GENDER").text
    for nothing in ("zebra", "%", "_%_", "'; DROP TABLE version; --"):
        assert "Dataset 4mi-core" not in partner.get("/catalogue/", query_string={"q": nothing}).text
    page = partner.get(f"/catalogue/{scene['survey']}?q=gender").text
    assert ">gender<" in page
    assert ">age<" not in page
    assert partner.get(f"/catalogue/{scene['survey']}?sensitivity=9%27").status_code == 200


def test_a_hidden_variables_words_find_nothing_for_partners(app, scene, checked, steward, partner):
    assert rounds.confirm(app, steward, checked, gender="direct_identifier").status_code == 303
    assert rounds.publish(app, steward, checked).status_code == 303
    with app.app_context(), transaction():
        label = session().scalar(select(Variable.label_en).where(Variable.name == "gender"))
    assert "Dataset 4mi-core" not in partner.get("/catalogue/", query_string={"q": label}).text


@pytest.mark.parametrize("who", ["dpo", "manager", "partner"])
def test_only_those_who_prepare_may_settle_and_publish(app, scene, checked, as_person, who):
    other = as_person(scene[who])
    fields = rounds.roles_form(app, checked) | {"csrf_token": rounds.token(other, "/profile")}
    assert other.post(f"/catalogue/versions/{checked}/roles", data=fields).status_code == 403
    fields = {"lock": fields["lock"], "csrf_token": fields["csrf_token"]}
    assert other.post(f"/catalogue/versions/{checked}/publish", data=fields).status_code == 403
    with app.app_context(), transaction():
        assert session().scalars(select(Version.status)).all() == ["checked"]


def test_every_page_of_the_catalogue_that_is_looked_at_is_logged(app, scene, published, steward):
    pages = {
        "/catalogue/": "dataset.searched",
        f"/catalogue/{scene['survey']}": "dataset.metadata.viewed",
        f"/catalogue/versions/{published}": "dataset.version.viewed",
    }
    for path, event in pages.items():
        before = len(events(app, event))
        assert steward.get(path).status_code == 200
        assert len(events(app, event)) == before + 1


def test_two_uploads_at_once_get_two_numbers(app, scene):
    import threading

    outcomes = []
    barrier = threading.Barrier(4)

    def load():
        with app.app_context():
            barrier.wait()
            outcomes.append(actions.receive(STEWARD, scene["survey"], actions.Upload(file_name="x.csv", source=[DATA])))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context(), transaction():
        assert sorted(session().scalars(select(Version.number))) == [1, 2, 3, 4]
    assert len(set(outcomes)) == 4
    assert factories.PASSWORD
