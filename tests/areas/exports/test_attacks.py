"""What people write into a request must neither stop its file nor get anything past the search for leaks."""

import pytest
from sqlalchemy import select, update

from portal.db import session, transaction
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
            values = {"verdict": "approve", "scope_sha256": "0" * 64, "idempotency_key": "k" * 32}
            condition = f"Show the draft to the region first. {MEANT}"
            current.add(Decision(request_id=request.id, person_id=people["analyst"].id, conditions=condition, **values))
        bell.wake()
        with transaction():
            release = session().scalars(select(Release).where(Release.ref == made["release"])).one()
    assert (release.status, release.held_reason) == ("available", "")
