"""Scenario 6. ICMPD's memorandum ends on 30 June, by Copenhagen's clock, in the middle of a project."""

import datetime as dt

from portal import clock
from portal.actor import Role
from portal.exports.models_ends import DestructionDuty
from tests.areas.agreements.way import Way

YEAR = clock.today().year + 1
LAST_DAY = dt.date(YEAR, 6, 30)


def utc(month, day, hour=9, minute=0):
    return dt.datetime(YEAR, month, day, hour, minute, tzinfo=dt.UTC)


HALF_PAST_MIDNIGHT_IN_NAIROBI = utc(6, 30, 21, 30)  # half past eleven of the last day in Copenhagen
AN_HOUR_LATER = utc(6, 30, 22, 30)


def extract(play):
    """Ask for the next extract, have it approved and accept it; return the request."""
    rows = {"country": ["LBY", "NER"]}
    ref = play.sends("ira", "4mi-core", rows=rows, variables=["drivers"], ends_on=LAST_DAY)
    assert play.verdict("wana", ref).status_code == 303
    assert play.accept(ref, "ira").status_code == 303
    return ref


def test_the_end_is_announced_stops_everything_at_its_minute_and_is_followed_by_a_renewal(play):
    play.reviewed_until(LAST_DAY + dt.timedelta(days=60))
    play.enters("cora", "MMC", Role.COORDINATOR)
    play.enters("hedda", "MMC", Role.HEAD)
    play.enters("ira", "ICMPD", called="Ira ICMPD", time_zone="Africa/Nairobi")
    play.enters("fay", "ICMPD", Role.FOCAL_POINT)
    play.enters("sven", "ICMPD", called="Sven Signs")
    signed = {"starts_on": dt.date(YEAR - 1, 1, 1), "ends_on": LAST_DAY, "time_zone": "Europe/Copenhagen"}
    signatories = {"mmc_signatory_id": play.people["hedda"].id, "partner_signatory_id": play.people["sven"].id}
    mou = play.agrees("ira", **signed, **signatories, regions=["WANA", "ESA"], release_days=60)
    # Warnings at 90, 30 and 7 days, to both sides, each once
    both = {play.people[name].email for name in ("cora", "hedda", "dpo", "fay", "sven")}
    for day, left in ((utc(4, 1), 90), (utc(5, 31), 30), (utc(6, 23), 7)):
        with play.on(day):
            for _ in range(2):
                play.keeper_comes("ends")
            letters = [
                one
                for one in play.letters("agreement_ends")
                if (one.values["days"], one.values["organisation"]) == (left, "ICMPD")
            ]
            assert both <= {one.address for one in letters}
            assert len(letters) == len({one.address for one in letters})
    announced = [one for one in play.told("agreement.end_announced") if one["target"]["ref"] == mou]
    assert len(announced) == 3
    # An extract is delivered in June; the next one is accepted on the last evening
    with play.on(utc(6, 15)):
        first = extract(play)
        play.work()
        assert play.takes("ira", first).status_code == 200
    with play.on(utc(6, 30, 20)):
        second = extract(play)
    # 00:30 on 1 July in Nairobi is 23:30 on 30 June in Copenhagen: it may still be fetched
    with play.on(HALF_PAST_MIDNIGHT_IN_NAIROBI):
        assert f"1 Jul {YEAR}, 00:" in play.get("ira", "/profile").text
        assert play.takes("ira", first).status_code == 200
    # One hour later it may not, whether or not any process has noted it
    with play.on(AN_HOUR_LATER):
        refused = play.takes("ira", first)
        assert refused.status_code == 403
        assert play.agreement_row(mou).status == "active"
        assert "The agreement has ended." in refused.text
        # The run of 1 July is refused, and the log says under which clause
        play.work()
        (held,) = play.told("release.held")
        assert held["reason"] == "terms"
        assert "end" in held["data"]["clauses"]
        assert (play.release(second).status, play.release(second).blob) == ("held", "")
        # The keeper notes the end; both sides are told
        play.keeper_comes()
        assert play.agreement_row(mou).state == "ended:expired"
        assert play.get("ira", "/requests/new").text.count("Begin a request for this") == 0
        # and the clock of retention starts for whoever holds a copy
        (duty,) = play.look(DestructionDuty)
        assert (duty.person_id, duty.status) == (play.people["ira"].id, "due")
        assert duty.due_on == dt.date(YEAR, 7, 31)
        assert play.request(first).number in play.get("ira", "/holdings").text
    (denied,) = [one for one in play.told("authz.denied") if one["actor"].get("ref") == play.people["ira"].ref]
    assert (denied["reason"], denied["data"]["clauses"]) == ("TermsForbid", ["end", "request"])
    # A renewal with a new last day is drafted, read, recorded and signed by both
    with play.on(utc(7, 5)):
        way = Way(play.app, play._as_person, play.people, play.organisation("ira"))
        later = way.step(mou, "cora", "renew").headers["Location"].rsplit("/", 1)[1]
        assert way.row(later).revision == 2
        clauses = {"starts_on": f"{YEAR}-07-05", "ends_on": f"{YEAR + 1}-06-30", "regions": ["WANA", "ESA"]}
        assert way.save(later, **clauses).status_code == 303
        way.go(later, "cora share", "fay accept", "dpo record", "hedda sign")
        # until the second signature nothing lives longer for it
        assert way.row(later).state == "signing:names"
        assert play.takes("ira", first).status_code == 403
        way.go(later, "sven sign")
        renewed, ended = way.row(later), way.row(mou)
        assert (renewed.state, renewed.ends_on, ended.ends_on) == ("active", dt.date(YEAR + 1, 6, 30), LAST_DAY)
        assert renewed.number == ended.number
        # and what was handed over under the earlier one stays closed, with the duty to destroy it
        assert play.takes("ira", first).status_code == 403
        assert play.look(DestructionDuty)[0].status == "due"
