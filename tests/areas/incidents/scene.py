"""The world of requests with a release to fetch, both offices, and hands to freeze and report with."""

from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Organisation, Person
from portal.db import session
from portal.exports.models import Allowance, Release
from portal.freezes import Freeze
from portal.incidents.models import Incident
from tests import factories
from tests.areas.requests.scene import World
from tests.house.standing import build

REASON = "A laptop was stolen on a bus."


class Office(World):
    def __init__(self, app, as_person, **agreement):
        super().__init__(app, as_person, **agreement)
        with app.app_context(), factories.given():
            houses = {one.name: one for one in session().scalars(select(Organisation))}
            self.refs = {name: one.ref for name, one in houses.items()}
            session().get(Person, self.people["dpo"].id).language = "en"
            self.people["head"] = factories.a_person(organisation=houses["MMC"], roles=[Role.HEAD], name="Hedda Head")
            self.people["steward"] = factories.a_person(organisation=houses["MMC"], roles=[Role.STEWARD])

    def released(self, data=b"PK the bytes of a package", **more):
        """A request with a release that its team may fetch; the references of both."""
        ref = self.ordered(**more)
        (release,) = self.look(Release, Release.request_id == self.request(ref).id)
        with self.app.app_context(), factories.given():
            row = session().get(Release, release.id)
            build(row, data)
            for recipient in row.request.recipients:
                session().add(Allowance(release_id=row.id, person_id=recipient.person_id, remaining=3))
        return ref, release.ref

    def ordered(self, **more):
        """A request whose release is in the queue."""
        self.forget_codes()
        ref = self.offered(**{"variables": ("drivers",)} | more)
        answer = self.accept(ref)
        assert answer.status_code == 303, answer.text
        return ref

    def freeze(self, kind="organisation", target="", by="dpo", codes=(), **more):
        self.forget_codes()
        fields = {"kind": kind, "target": target, "codes": list(codes), "reason": REASON, "code": self.code(by)}
        return self.post(by, "/stop/new", **fields | more)

    def frozen(self, kind="organisation", target="", **more):
        answer = self.freeze(kind, target, **more)
        assert answer.status_code == 303, answer.text
        return self.look(Freeze, Freeze.ref == answer.headers["Location"].rsplit("/", 1)[1])[0]

    def at(self, ref, model=Freeze):
        return self.look(model, model.ref == ref)[0]

    def lift(self, ref, verb, by, **more):
        self.forget_codes()
        fields = {"lock": self.at(ref).lock, "code": self.code(by)}
        return self.post(by, f"/stop/{ref}/{verb}", **fields | more)

    def fetch(self, name, release):
        answer = self.post(name, f"/releases/{release}/download")
        answer.get_data()
        return answer

    def report(self, name="focal", **more):
        fields = {"kind": "loss", "text": "A laptop with the file was stolen.", "noticed_at": "2020-01-01T10:00"}
        return self.post(name, "/incidents/report", **fields | more)

    def reported(self, name="focal", **more):
        answer = self.report(name, **more)
        assert answer.status_code == 303, answer.text
        return self.at(answer.headers["Location"].rsplit("/", 1)[1], Incident)
