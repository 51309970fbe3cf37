"""What left a region in a year, to whom: rows in tens, downloads, only of the regions one answers for."""

import datetime as dt

import pytest
from sqlalchemy import select

from portal import clock
from portal.db import session
from portal.exports.models import Download, Release
from tests import factories


@pytest.fixture
def left(world):
    """A release of both regions that was fetched twice this year."""
    ref = world.sent(variables=("drivers",))
    assert world.verdict("wana", ref, "approve_in_part", **{"refuse-year": "2019"}).status_code == 303
    assert world.verdict("esa", ref).status_code == 303
    assert world.accept(ref).status_code == 303
    with world.app.app_context(), factories.given():
        release = session().scalars(select(Release)).one()
        release.status, release.available_at, release.rows = "available", clock.now(), 200
        for _ in range(2):
            session().add(Download(release_id=release.id, person_id=world.people["anna"].id))
    return world


def lines(world, who, year=""):
    text = world.get(who, f"/left?as=csv&year={year}").text
    return [line.split(",")[1:] for line in text.splitlines()[1:]]


def test_a_manager_sees_the_own_regions_rows_and_who_oversees_sees_all(left):
    # Libya 40 and Niger 60 a year, 2019 refused; Sudan 50 a year
    wana, esa = (["Partner", "WANA", "1", "100", "research", "2"], ["Partner", "ESA", "1", "100", "research", "2"])
    assert lines(left, "wana") == [wana]
    assert lines(left, "esa") == [esa]
    for who in ("coordinator", "dpo"):
        assert sorted(lines(left, who)) == sorted([wana, esa])
    assert left.get("anna", "/left").status_code == 403
    page = left.get("wana", "/left").text
    assert "<progress" in page
    assert "Eastern" not in page


def test_another_year_is_empty_and_says_so(left):
    with left.app.app_context(), factories.given():
        release = session().scalars(select(Release)).one()
        release.available_at = clock.now() - dt.timedelta(days=400)
    this = clock.today().year
    assert "Nothing left in this year" in left.get("wana", "/left").text
    was = (clock.now() - dt.timedelta(days=400)).year
    assert len(lines(left, "wana", was)) == 1
    assert f'value="{was}"' in left.get("wana", f"/left?year={this}").text
    assert left.get("wana", "/left?year=9999999").status_code == 200
    assert lines(left, "wana", "never") == []


def test_what_was_never_ready_did_not_leave(left):
    with left.app.app_context(), factories.given():
        session().scalars(select(Release)).one().available_at = None
    assert lines(left, "coordinator") == []
