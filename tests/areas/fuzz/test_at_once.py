"""The same step by eight at the same moment: one wins, the others are told so, and the log knows it once."""

import threading
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import func, select

from portal import clock
from portal.actor import Role
from portal.audit.models import AuditEvent
from portal.auth.models import Organisation
from portal.db import transaction
from portal.errors import IllegalStep, Stale
from portal.exports.models import Allowance
from portal.jobs import bell
from tests import factories
from tests.areas.fuzz import of_releases, story
from tests.areas.fuzz.house import House
from tests.snapshots import moments  # noqa: F401 -- a fixture

EIGHT = 8
OFFICES = {"officer": Role.DPO, "head": Role.HEAD, "manager": Role.REGIONAL_MANAGER, "steward": Role.STEWARD}


@pytest.fixture(scope="module")
def house(moments, tmp_path_factory):  # noqa: F811
    with time_machine.travel(clock.now(), tick=True) as moved:
        made = House(moments["signed"], tmp_path_factory.mktemp("at_once") / "house", moved, tick=True)
        with made.app.app_context(), factories.given() as current:
            mmc = current.scalars(select(Organisation).where(Organisation.kind == "mmc")).one()
            for name in (f"{office} {n}" for office in OFFICES for n in range(EIGHT)):
                role = OFFICES[name.split()[0]]
                one = factories.a_person(organisation=mmc, roles=[role], regions=["WANA"], name=name)
                made.people[name] = SimpleNamespace(id=one.id, ref=one.ref)
        story.play(made)
        yield made
        made.drop()


def at_once(*deeds):
    """Do things at the same moment, each in a thread of its own; return what each was refused, None for who won."""
    gate, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(number, deed):
        gate.wait()
        try:
            deed()
        except Exception as error:  # noqa: BLE001 -- looked at below
            answers[number] = error

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def told(house, event):
    with house.app.app_context(), transaction() as current:
        return current.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.type == event))


def by(house, name, deed, row):
    """Return a deed, ready to be done as somebody with a code of now."""
    draw = SimpleNamespace(name=name, number=1, stale=False)

    def do():
        with house.app.app_context(), transaction():
            deed.do(house, house.actor(name, proved=deed.proved), row, draw)

    return do


OF_EIGHT = [
    ("asked", "approve_part", "manager", "track.decided"),
    ("asked", "ask_part", "manager", "track.asked"),
    ("offered", "officer_approve", "officer", "request.approved"),
    ("offered", "suspend", "head", "agreement.suspended"),
    ("fetched", "terminate", "officer", "agreement.terminated"),
    ("fetched", "revoke_request", "officer", "request.revoked"),
    ("fetched", "revoke_release", "officer", "release.revoked"),
]


@pytest.mark.parametrize(("moment", "name", "office", "event"), OF_EIGHT)
def test_of_eight_people_one_wins(house, moment, name, office, event):
    house.again(moment)
    deed, before = story.DEEDS[name], told(house, event)
    rows = [
        row for row in house.rows[deed.kind] if row.state in deed.sources and getattr(row, "region", "WANA") == "WANA"
    ]
    mine = [row for row in rows if deed.kind != "agreement" or row.organisation_id == house.partner_id]
    answers = at_once(*(by(house, f"{office} {n}", deed, mine[0]) for n in range(EIGHT)))
    assert answers.count(None) == 1, answers
    assert all(isinstance(one, IllegalStep | Stale) for one in answers if one is not None), answers
    assert told(house, event) == before + 1


CLICKS = [
    ("asked", "withdraw", "anna", "request.withdrawn"),
    ("offered", "accept", "anna", "request.accepted"),
    ("offered", "accept", "anna", "release.queued"),
    ("fetched", "ask_longer", "anna", "extension.asked"),
    ("fetched", "ask_to_join", "anna", "extension.asked"),
    ("fetched", "renew", "cora", "agreement.renewed"),
]


@pytest.mark.parametrize(("moment", "name", "who", "event"), CLICKS)
def test_eight_clicks_are_one_deed(house, moment, name, who, event):
    house.again(moment)
    deed, before = story.DEEDS[name], told(house, event)
    rows = [row for row in house.rows[deed.kind] if row.state in deed.sources]
    mine = [row for row in rows if row.organisation_id == house.partner_id]
    answers = at_once(*[by(house, who, deed, mine[0])] * EIGHT)
    assert None in answers
    assert all(one is None or isinstance(one, IllegalStep | Stale) for one in answers), answers
    assert told(house, event) == before + 1


def test_of_eight_who_fetch_the_last_download_one_gets_it(house):
    house.again("fetched")
    before = told(house, "release.downloaded")
    answers = at_once(*[by(house, "anna", of_releases.FETCH, house.rows["release"][-1])] * EIGHT)
    assert answers.count(None) == 1
    assert told(house, "release.downloaded") == before + 1
    with house.app.app_context(), transaction() as current:
        assert sorted(current.scalars(select(Allowance.remaining))) == [0, 1]


def test_of_eight_workers_one_builds(house):
    house.again("offered")
    story.do(house, "anna accept", story.PLAIN)

    def wake():
        with house.app.app_context():
            bell.wake()

    assert at_once(*[wake] * EIGHT) == [None] * EIGHT
    assert [told(house, f"release.{what}") for what in ("started", "available")] == [1, 1]


def test_of_eight_keepers_one_ends_what_is_over(house):
    house.again("fetched")
    house.wait(days=400)
    assert all(one is None or isinstance(one, IllegalStep | Stale) for one in at_once(*[house.keeper] * EIGHT))
    house.keeper()
    assert told(house, "request.expired") == 1
    assert told(house, "release.expired") == 1
    assert told(house, "duty.opened") == 2
