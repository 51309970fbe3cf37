"""The first invariant, watched: what the doors of a release say is what every condition says, read plainly."""

from portal import clock
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.db import session, transaction
from portal.exports import guarding
from portal.exports.models import ProtectedFile, Release
from tests.areas.fuzz import of_releases, rights
from tests.areas.fuzz.house import EVERYBODY


class Doors:
    """The steps and looks of a sequence that concern fetching."""

    def watch_doors(self, number):
        """Whether what the page and the probes say of a release is what every condition says, for a recipient."""
        for row in self.house.rows["release"]:
            if row.status == "available":
                number = self.house.people[("anna", "ben")[number % 2]].id
                with self.house.app.app_context(), transaction():
                    against = guarding.still_allowed(number, row.id)
                may = self.may_fetch(number, row, at_the_door=False)
                assert (not against) == may, (self.house.names[number], row.state, against)

    def may_fetch(self, number, row, *, at_the_door=True):
        request = self.house.find("request", row.request_id)
        agreement = self.house.find("agreement", request.agreement_id)
        with self.house.app.app_context(), transaction():
            text = sha256_of(session().get(Agreement, agreement.id))
            file = session().get(ProtectedFile, session().get(Release, row.id).protected_file_id)
            good = file.status == "signed" and file.review_by >= clock.today()
            return good and rights.may_fetch(number, row, request, agreement, text if at_the_door else None)

    def fetch(self, _drawn, number, anybody, _stale):
        """The first invariant: the door opens exactly where every condition holds, whoever has or has not come round."""
        rows, names = self.house.rows["release"] or [None], of_releases.FETCH.who if anybody else EVERYBODY
        row, name = rows[number // 5 % len(rows)], names[number % len(names)]
        if row is None:
            return
        may = self.may_fetch(self.house.people[name].id, row)
        refused, _handed = self.house.attempt(
            name, lambda actor: of_releases.fetch(None, actor, row, None), proved=True
        )
        assert (refused is None) == may, (name, row.state, refused)
        assert not self.house.look()
        self.oracle.look()
