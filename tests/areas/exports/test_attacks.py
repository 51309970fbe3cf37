"""What people write into a request must neither stop its file nor get anything past the search for leaks."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.agreements.models import Agreement
from portal.db import session, transaction
from portal.exports import contents
from portal.exports.models import Release
from portal.jobs import bell
from portal.requests.models import Decision, Request
from tests import factories, snapshots

MEANT = "=HYPERLINK(1) Questions to <amina@iom.example>, +221 77 123 45 67; our office is at 14.6937, -17.4441."


@pytest.mark.moment("signed")
def test_an_address_in_somebodys_words_does_not_hold_the_file(app, facts, people):
    with app.app_context():
        made = snapshots.accept(facts)
        with factories.given() as current:
            request = current.scalars(select(Request).where(Request.ref == made["request"])).one()
            current.execute(update(Request).where(Request.id == request.id).values(purpose_text=MEANT))
            # And given two decisions of the officer, the second of which replaced the first
            said = ("Pay us first.", f"Show the draft to the region first. {MEANT}")
            for number, condition in enumerate(said):
                values = {"verdict": "approve", "scope_sha256": "0" * 64, "idempotency_key": f"{number}" * 32}
                values |= {"conditions": condition, "by_officer": True}
                current.add(Decision(request_id=request.id, person_id=people["analyst"].id, **values))
                current.flush()
        bell.wake()
        # And when notice is given, to a day before the release's own are over
        last = clock.today() + dt.timedelta(days=3)
        with factories.given() as current:
            current.execute(update(Agreement).values(terminated_on=last))
        with transaction():
            release = session().scalars(select(Release).where(Release.ref == made["release"])).one()
            assert contents.expiry(release, clock.now()) == clock.day_end(last, release.request.agreement.time_zone)
            assert contents.freeze(release)["conditions"] == said[1:], "only what stands is a term of the package"
    assert (release.status, release.held_reason) == ("available", "")
