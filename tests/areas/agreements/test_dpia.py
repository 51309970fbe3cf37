"""An impact assessment on file: who records it, when it counts, who sees it, and the letter before its day."""

import datetime as dt

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import system
from portal.agreements import actions_dpia, queries_dpia
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import Assessment
from portal.agreements.models_signing import Document
from portal.db import session, transaction
from tests import factories
from tests.areas.agreements.way import PDF, WHY


def day(after):
    return (clock.today("Europe/Copenhagen") + dt.timedelta(days=after)).isoformat()


def put(way, ref, who="dana", **more):
    fields = {"title": "Risks of the feed", "outcome": "accepted", "done_on": day(0), "review_on": day(300), "lock": 0}
    return way.post(who, f"/agreements/{ref}/dpia", **fields | {"code": way.code(who)} | more)


def active(way, **more):
    ref = way.draft()
    way.set(ref, status="active", **more)
    return ref


def counts(way, ref):
    with way.app.app_context(), transaction():
        found = queries_dpia.valid(session().scalars(select(Agreement).where(Agreement.ref == ref)).one())
        return found is not None


def withdraw(way, ref, one, who="dana", **more):
    fields = {"reason": WHY, "lock": one.lock, "code": way.code(who)} | more
    return way.post(who, f"/agreements/{ref}/dpia/{one.ref}/withdraw", **fields)


def test_the_officer_puts_one_on_file_and_the_partner_sees_that_it_is_there_and_until_when(way):
    ref = active(way)
    assert not counts(way, ref)
    assert "Impact assessment (DPIA)" not in way.get("anna", f"/agreements/{ref}").text
    assert put(way, ref).status_code == 303
    assert counts(way, ref)
    page = way.get("anna", f"/agreements/{ref}").text
    assert "An impact assessment is on file. It counts until" in page
    assert "Risks of the feed" not in page
    for name in ("stella", "mia", "cora"):
        assert "Risks of the feed" in way.get(name, f"/agreements/{ref}").text
    assert len(way.events("agreement.dpia.recorded")) == 1


def test_the_same_form_twice_is_one_and_a_stale_one_is_told(way):
    ref = active(way)
    assert [put(way, ref).status_code for _ in range(2)] == [303, 303]
    assert len(way.look(Assessment)) == 1
    assert put(way, ref, "dino", title="Another").status_code == 409
    assert put(way, ref, "dino", title="Another", lock=1).status_code == 303
    assert len(way.look(Assessment)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"outcome": "none"}, "Choose from the list."),
        ({"done_on": "soon"}, "Give a date as year-month-day."),
        ({"done_on": day(1), "review_on": day(2)}, "This day is still to come"),
        ({"done_on": day(-9), "review_on": day(-1)}, "This day has passed."),
        ({"review_on": day(367)}, "At most a year after it was done."),
        ({"document": "f" * 32}, "Choose from the list."),
        ({"code": "000000"}, "code"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_typed_is_lost(way, wrong, said):
    ref = active(way)
    answer = put(way, ref, **{"title": "Risks of the feed"} | wrong)
    assert answer.status_code == 400
    assert said in answer.text
    if "title" not in wrong:
        assert 'value="Risks of the feed"' in answer.text
    assert way.look(Assessment) == []


def test_nobody_but_an_officer_of_another_house_records_or_withdraws(way):
    ref = active(way)
    assert put(way, ref).status_code == 303
    (one,) = way.look(Assessment)
    assert {who: put(way, ref, who).status_code for who in ("cora", "hedda", "hal", "fay", "otto")} == {
        "cora": 403, "hedda": 403, "hal": 403, "fay": 403, "otto": 403,
    }  # fmt: skip
    assert {who: withdraw(way, ref, one, who).status_code for who in ("cora", "hal")} == {"cora": 403, "hal": 403}
    other = active(way)
    assert withdraw(way, other, one).status_code == 404
    way.set(ref, status="ended", ended_as="expired")
    assert put(way, ref, title="Too late", lock=1).status_code == 409


def test_withdrawn_it_counts_no_more_and_says_why(way):
    ref = active(way)
    put(way, ref)
    (one,) = way.look(Assessment)
    assert "Say why it does not count" in withdraw(way, ref, one, reason="").text
    assert counts(way, ref)
    assert withdraw(way, ref, one).status_code == 303
    assert not counts(way, ref)
    assert WHY in way.get("cora", f"/agreements/{ref}").text
    assert withdraw(way, ref, one).status_code == 303  # the second of two clicks
    assert withdraw(way, ref, one, "dino").status_code == 409
    assert len(way.events("agreement.dpia.withdrawn")) == 1


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"review_on": dt.timedelta()}, True),
        ({"review_on": dt.timedelta(days=-1)}, False),
        ({"done_on": dt.timedelta(days=1)}, False),
        ({"outcome": "low"}, True),
        ({"outcome": "high"}, False),
        ({"outcome": ""}, False),
        ({"status": "withdrawn"}, False),
    ],
)
def test_it_counts_through_its_day_and_not_where_a_high_risk_is_left(way, change, holds):
    ref = active(way)
    put(way, ref)
    today = clock.today("Europe/Copenhagen")
    with way.app.app_context(), factories.given() as current:
        one = current.scalars(select(Assessment)).one()
        for name, value in change.items():
            setattr(one, name, today + value if isinstance(value, dt.timedelta) else value)
    assert counts(way, ref) is holds


def test_it_counts_for_its_own_version_of_the_agreement_only(way):
    ref = active(way)
    put(way, ref)
    with way.app.app_context(), factories.given() as current:
        later = factories.a_renewal(current.scalars(select(Agreement).where(Agreement.ref == ref)).one()).ref
    assert not counts(way, later)


def test_its_document_is_for_staff_alone(way):
    ref = active(way)
    assert way.attach(ref, "cora", purpose="dpia", data=PDF, name="dpia.pdf").status_code == 303
    (paper,) = way.look(Document)
    assert put(way, ref, document=paper.ref).status_code == 303
    address = f"/agreements/{ref}/documents/{paper.ref}/download"
    assert {who: way.post(who, address).status_code for who in ("stella", "dana", "fay", "anna", "hal", "otto")} == {
        "stella": 200, "dana": 200, "fay": 404, "anna": 404, "hal": 404, "otto": 404,
    }  # fmt: skip
    assert paper.ref not in way.get("fay", f"/agreements/{ref}").text
    assert paper.ref in way.get("stella", f"/agreements/{ref}").text


def test_a_month_before_its_day_the_officers_get_one_letter(way):
    ref = active(way)
    put(way, ref, review_on=day(60))

    def tick():
        with way.app.app_context(), transaction():
            return actions_dpia.remind(system("keeper"))

    assert tick() == 0
    with way.app.app_context(), factories.given() as current:
        current.scalars(select(Assessment)).one().review_on = clock.today() + dt.timedelta(days=30)
    assert [tick(), tick()] == [1, 0]
    assert way.letters("dpia_due") == way.addresses("dana", "dino")
    assert len(way.events("agreement.dpia.due")) == 1
    assert "BEGIN:VEVENT" in way.get("dana", "/calendar.ics").text
    assert "Impact assessment to look at again" in way.get("dana", "/calendar.ics").text
