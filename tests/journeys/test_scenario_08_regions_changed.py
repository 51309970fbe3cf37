"""Scenario 8. Countries changed hands since people were asked there; a manager is on leave and another is silent."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.actor import Role
from tests import snapshots
from tests.journeys.play import Play, round_of, rows_of

BEGINS = "nothing"  # the round is one of four countries only

pytestmark = pytest.mark.long  # it publishes a round of its own
CELLS = (("EGY", "2019", 30), ("YEM", "2019", 30), ("TUR", "2019", 40), ("NER", "2024", 40))
ASKED = {"rows": {"country": ["EGY", "NER", "TUR", "YEM"]}, "variables": ["drivers", "needs_now"]}
DHAKA, NAIROBI = ZoneInfo("Asia/Dhaka"), ZoneInfo("Africa/Nairobi")


def december(day, hour=9, minute=0, zone=DHAKA, month=12):
    return dt.datetime(2026, month, day, hour, minute, tzinfo=zone)


@pytest.fixture
def play(app, as_person):
    """Everybody has an account since the seventh: who is chosen by weekdays and holidays cannot be moved to today."""
    with time_machine.travel(december(7)):
        yield _furnished(app, as_person)


def _furnished(app, as_person):
    with app.app_context():
        facts = snapshots.people()
    play = Play(app, as_person, facts)
    play.enters("rita", "An institute", called="Rita Requester")
    play.agrees("rita", regions=["WANA", "ESA", "ASIA", "unassigned"])
    manager = (Role.REGIONAL_MANAGER,)
    play.enters("esther", "MMC", *manager, regions=["ESA"], called="Esther East", time_zone="Africa/Nairobi")
    play.enters("tariq", "MMC", *manager, regions=["ASIA"], called="Tariq Asia", time_zone="Asia/Dhaka")
    play.enters("diego", "MMC", Role.PROJECT_MANAGER, called="Diego Deputy", time_zone="America/Bogota")
    play.enters("cora", "MMC", Role.COORDINATOR, called="Cora")
    for region in ("NAF", "EAY", "MEA"):
        play.enters(f"former {region}", "MMC", *manager, regions=[region])
    return play


def test_todays_managers_decide_and_silence_is_chased_but_never_approves(play):
    with play.on(december(9)):
        play.publishes(round_of(12_000, 4, *CELLS))
    # Thursday: Egypt 2019, Yemen 2019, Türkiye 2019 and Niger 2024 are asked for
    with play.on(december(10)):
        ref = play.sends("rita", "4mi-core", **ASKED, ends_on=dt.date(2027, 3, 1))
        # Who answers today decides: Eastern and Southern, Asia, West and North
        tracks = play.tracks(ref)
        assert set(tracks) == {"ESA", "ASIA", "WANA"}
        parts = {part["region"]: part["filters"]["country"] for part in play.scopes(ref)[-1].content["parts"]}
        assert parts == {"ESA": ["EGY", "YEM"], "ASIA": ["TUR"], "WANA": ["NER"]}
        # Whoever answered for these countries then cannot act
        for region in ("NAF", "EAY", "MEA"):
            for track in tracks.values():
                assert play.get(f"former {region}", f"/tracks/{track.ref}").status_code == 404
            assert play.verdict(f"former {region}", ref, region="ESA").status_code == 404
        assert play.verdict("wana", ref).status_code == 303
        # Esther is on leave until Saturday and names a deputy who lives eight hours to the west of her
        leave = {"region": "ESA", "first_day": "2026-12-10", "last_day": "2026-12-12", "code": play.code("esther")}
        assert play.post("esther", "/deputies", deputy=play.people["diego"].ref, **leave).status_code == 303
        assert "You decide for Esther East" in play.get("diego", f"/tracks/{tracks['ESA'].ref}").text
    # Saturday evening in Bogotá is Sunday in Nairobi: her leave is over, and so is his office
    with play.on(december(13, 0, 30, NAIROBI)):
        assert play.verdict("diego", ref, region="ESA").status_code == 404
    with play.on(december(12, 23, 30, NAIROBI)):
        assert play.verdict("diego", ref, region="ESA").status_code == 303
    decided = play.decisions()[-1]
    assert (decided.capacity, decided.for_person_id) == ("deputy", play.people["esther"].id)
    # Two have approved, Asia is silent. In Dhaka Friday and Saturday are free: the third working day is Tuesday
    chased = {}
    for day, hour in ((15, 8), (15, 10), (16, 10), (17, 10), (20, 8), (20, 10)):
        with play.on(december(day, hour)):
            play.keeper_comes("ends")
            chased[day, hour] = [len(play.letters(one)) for one in ("track_silent", "track_escalated")]
    # and the fifth comes after Victory Day, the sixteenth, and another free Friday and Saturday
    assert chased[15, 8] == [0, 0]
    assert chased[15, 10] == chased[16, 10] == chased[17, 10] == chased[20, 8] == [1, 0]
    reminded, (told, *more) = play.letters("track_silent"), play.letters("track_escalated")
    assert [one.address for one in reminded] == [play.people["tariq"].email]
    assert play.people["cora"].email in {told.address, *(one.address for one in more)}
    # The requester takes what is approved; what is open goes on by itself, as old as it was
    with play.on(december(21)):
        page = play.get("rita", f"/requests/{ref}").text
        assert "Take the settled part now" in page
        answer = play.post("rita", f"/requests/{ref}/split", lock=play.lock(ref))
        assert answer.status_code == 303
        rest = next(one for one in play.all_requests() if one.split_from_id)
        assert play.tracks(rest.ref)["ASIA"].opened_at == tracks["ASIA"].opened_at
        assert play.request(ref).state == "offered"
        assert play.accept(ref, "rita").status_code == 303
        play.work()
        rows = rows_of(play.takes("rita", ref))
    # Its rows say which region it was at the time of the interview, not who decides today
    regions = {
        country: {row["region"] for row in rows if row["country"] == country} for country in ("EGY", "YEM", "NER")
    }
    assert {country: found - {".s"} for country, found in regions.items()} == {
        "EGY": {"NAF"}, "YEM": {"EAY"}, "NER": {"WANA"},
    }  # fmt: skip
    assert "TUR" not in {row["country"] for row in rows}
    # Silence never approves, however long it lasts
    with play.on(december(9, month=2).replace(year=2027)):
        play.keeper_comes()
        assert play.tracks(rest.ref)["ASIA"].status == "open"
        assert play.request(rest.ref).state == "in_review:regions"
    assert len(play.letters("track_silent")) == 1
