"""What is held: who sees why, and what may be ordered again."""

import pytest
from sqlalchemy import select, update

from portal.actor import Role
from portal.agreements.models import Agreement
from portal.db import session, transaction
from portal.errors import Withheld
from portal.exports import proving
from portal.exports.models import ProtectedFile, Release
from portal.jobs import bell
from portal.jobs.models import Work
from tests import factories
from tests.areas.auth.pages import events, token_of

pytestmark = pytest.mark.moment("accepted")


@pytest.fixture
def steward(app, as_person):
    with app.app_context(), factories.given():
        person = factories.a_person(roles=[Role.STEWARD])
    return as_person(person)


def release_of(app, facts):
    with app.app_context(), transaction():
        return session().scalars(select(Release).where(Release.ref == facts["release"])).one()


def set_on(app, model, **values):
    with app.app_context(), factories.given() as current:
        current.execute(update(model).values(**values))


def work(app):
    with app.app_context():
        bell.wake()


def again(browser, release, **more):
    fields = {"csrf_token": token_of(browser, "/profile"), "lock": release.lock}
    return browser.post(f"/releases/{release.ref}/again", data=fields | more)


def held_by_a_machine(app, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(proving, "attack_release", lambda *_args, **_more: 1 / 0)
        for _ in range(3):
            with app.app_context():
                with pytest.raises(RuntimeError):
                    bell.wake()
                with factories.given() as current:
                    current.execute(update(Work).values(due_at=factories.clock.now()))


def test_what_a_machine_broke_three_times_is_ordered_again_and_built(app, facts, steward, monkeypatch):
    # Given a release that a machine failed to build
    held_by_a_machine(app, monkeypatch)
    release = release_of(app, facts)
    assert (release.status, release.held_as, release.held_reason) == ("held", "machine", "ZeroDivisionError")
    # When a steward finds it on the list and orders it again
    page = steward.get("/held").text
    assert "ZeroDivisionError" in page
    assert f"/releases/{release.ref}/again" in page
    assert again(steward, release).status_code == 303
    assert release_of(app, facts).held_at is None
    # Then it is built, and the list is empty again
    work(app)
    assert release_of(app, facts).status == "available"
    assert 'class="empty' in steward.get("/held").text
    assert len(events(app, "release.ordered_again")) == 1


def test_ordered_twice_from_one_page_it_is_ordered_once(app, facts, steward, monkeypatch):
    held_by_a_machine(app, monkeypatch)
    release = release_of(app, facts)
    assert again(steward, release).status_code == 303
    assert again(steward, release).status_code == 403
    held_again = {"status": "held", "held_as": "machine"}
    set_on(app, Release, **held_again)
    assert again(steward, release).status_code == 409


def test_what_terms_held_waits_until_they_hold_again(app, facts, steward):
    set_on(app, Agreement, status="suspended")
    work(app)
    release = release_of(app, facts)
    assert (release.status, release.held_as) == ("held", "terms")
    assert "The agreement is not active." in steward.get("/held").text
    # While they do not, it is refused in the agreement's words
    refused = again(steward, release)
    assert refused.status_code == 403
    assert "The agreement is not active." in refused.text
    assert release_of(app, facts).status == "held"
    # Once they do, it is built
    set_on(app, Agreement, status="active")
    assert again(steward, release).status_code == 303
    work(app)
    assert release_of(app, facts).status == "available"


def test_what_a_protection_rule_held_is_never_built_again(app, facts, steward, monkeypatch):
    def lost(*_args, **_more):
        raise Withheld("attack: homogeneity succeeded on the finished file")

    monkeypatch.setattr(proving, "attack_release", lost)
    work(app)
    release = release_of(app, facts)
    assert (release.status, release.held_as) == ("held", "protection")
    page = steward.get("/held").text
    assert "homogeneity" in page
    assert "/again" not in page
    assert again(steward, release).status_code == 403
    assert release_of(app, facts).status == "held"


def test_the_list_comes_as_a_table_and_as_a_file(app, facts, steward):
    set_on(app, ProtectedFile, status="held", held_as="signer", held_reason="=HYPERLINK(1)")
    found = steward.get("/held?as=csv&sort=name&descending=1")
    assert found.headers["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in found.text
    assert "=HYPERLINK(1)" in steward.get("/held?sort=nonsense&page=x").text
