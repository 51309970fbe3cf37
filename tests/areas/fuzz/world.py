"""The state machine of the fuzzing: a rule for each deed, what time and processes do, and what holds after each."""

import datetime as dt
import random
from contextlib import suppress
from types import SimpleNamespace

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select

from portal.audit import verify
from portal.audit.signing import Signer
from portal.auth.models import Grant, Person
from portal.catalogue.models import Version
from portal.db import transaction
from tests import factories
from tests.areas.fuzz import of_agreements, story
from tests.areas.fuzz.doors import Doors
from tests.areas.fuzz.house import EVERYBODY, PARTNER, REFUSALS, STAFF, Killed
from tests.areas.fuzz.oracle import Oracle

DEEDS = story.DEEDS
ENDING = (
    "drop", "reopen", "reopen_by_partner", "hand_back", "recall", "send_back", "suspend", "terminate", "notice", "close",
    "withdraw", "suspend_request", "revoke_request", "revoke_release", "waive_duty", "officer_decline", "decline_part",
    "take_back", "refuse_longer", "waive_obligation", "reopen_obligation", "drop_text",
)  # fmt: skip
FOR_GOOD = ("drop", "terminate", "notice", "close", "withdraw", "revoke_request", "waive_duty", "waive_obligation")
ABOUT_PEOPLE = ("end_role", "give_role", "shut_out", "leave", "deputise")
NOT_SEEN = {
    *ABOUT_PEOPLE,
    "create",
    "renew",
    "start",
    "copy",
    "begin_text",
    "fill",
    "suspend_request",
    "resume_request",
    "revoke_request",
}
GOING_ON = [name for name in DEEDS if name not in {*ENDING, *ABOUT_PEOPLE}]
MOST = {
    "create": ("agreement", 3),
    "renew": ("agreement", 3),
    "start": ("request", 4),
    "copy": ("request", 4),
    "split": ("request", 5),
    "begin_text": ("publication", 6),
}
STAGES = ("check", "select", "package", "seal", "publish")
DAYS = (1, 1, 2, 4, 6, 9, 16, 31)
SEEDS = st.integers(0, 2**32 - 1)
MOST_REQUESTS = 6


class World(Doors, RuleBasedStateMachine):
    """What a sequence does to one house; ``house`` and ``builds`` are set by the test that runs it."""

    house, visited, builds = None, None, 10**9

    @initialize(moment=st.sampled_from(story.MOMENTS))
    def begins(self, moment):
        self.house.again(moment)
        self.oracle, self.left, self.step = Oracle(self.house), self.builds, 0

    def teardown(self):
        self.to_the_end()
        self.visited |= self.oracle.visited

    # ---- whom, what, and what must be so afterwards ----
    def targets(self, deed):
        kind, most = MOST.get(deed.name, ("request", 99))
        if len(self.house.rows[kind]) >= most:
            return []
        rows = self.house.rows[deed.kind] if deed.kind else [None]
        mine = [row for row in rows if deed.kind != "agreement" or self.of_partner(row)]
        return [row for row in mine if not deed.kind or row.state in deed.sources]

    def of_partner(self, row):
        """Whether an agreement is the one organisation's to which Hal belongs: what they may do as staff, not there."""
        return row is not None and row.organisation_id == self.house.partner_id

    def attempt(self, deed, row, number, anybody, stale):
        names = deed.who if anybody else EVERYBODY
        draw = SimpleNamespace(
            name=names[number % len(names)], number=number, stale=not stale and deed.name not in NOT_SEEN
        )
        deed_of = lambda actor: deed.do(self.house, actor, row, draw)  # noqa: E731 -- the form is filled inside
        refused, _result = self.house.attempt(draw.name, deed_of, alone=deed.alone)
        changed = self.house.look()
        assert not (changed and refused), (deed.name, "changed something and was refused", refused)
        assert not (changed and draw.stale), (deed.name, "a stale form changed something")
        self.watch_doors(number)
        if changed:
            staff = {*STAFF, "hal"} if deed.kind == "agreement" and not self.of_partner(row) else set(STAFF)
            for side in (staff, set(PARTNER)):
                assert not set(deed.who) <= side or draw.name in side, (deed.name, draw.name, "of the other side")
            self.oracle.look()
        return refused

    def one_of(self, name, number, anybody, stale):
        """Let one after the other of those who might try it, until somebody could."""
        found, tries = self.targets(DEEDS[name]), len(DEEDS[name].who) if anybody and stale else 1
        for more in range(tries if found else 0):
            if self.attempt(DEEDS[name], found[number // 3 % len(found)], number + more, anybody, stale) is None:
                return

    @rule(seed=SEEDS)
    def something_happens(self, seed):
        """One step of a sequence, drawn from a seed and its place: hypothesis likes small seeds, and says them twice."""
        self.step += 1
        drawn = random.Random(f"{seed} {self.step}")
        number, anybody, stale = drawn.randrange(2**20), drawn.randrange(12), drawn.randrange(15)
        what = drawn.choices(list(self.STEPS), [weight for _step, weight in self.STEPS.values()])[0]
        note(f"{what} {number} {anybody} {stale}")
        self.STEPS[what][0](self, drawn, number, anybody, stale)

    def go_on(self, drawn, number, anybody, stale):
        able = self.able(GOING_ON)
        if able:
            kind = drawn.choice(sorted({DEEDS[name].kind for name in able}))
            self.one_of(drawn.choice([name for name in able if DEEDS[name].kind == kind]), number, anybody, stale)

    def stop_something(self, drawn, number, anybody, stale):
        found = self.able([name for name in ENDING if number % 5 == 0 or name not in FOR_GOOD])
        if found:
            self.one_of(drawn.choice(found), number, anybody, stale)

    def change_people(self, drawn, number, anybody, _stale):
        self.one_of(drawn.choice(ABOUT_PEOPLE), number, anybody, 1)

    def try_anything(self, drawn, number, _anybody, stale):
        deed = DEEDS[drawn.choice(sorted(DEEDS))]
        rows = self.house.rows[deed.kind] if deed.kind else [None]
        if rows and len(self.house.rows["request"]) < MOST_REQUESTS:
            self.attempt(deed, rows[number // 3 % len(rows)], number, 0, stale)

    def able(self, names):
        """Those of the deeds that something is there for."""
        return [name for name in names if self.targets(DEEDS[name])]

    # ---- time and the processes ----
    def time_passes(self, drawn, number, *_more):
        days = drawn.choice(DAYS)
        self.house.wait(days=days, hours=5 * days)
        self.watch_doors(days)
        if number % 2:
            self.keeper_comes_round()

    def keeper_comes_round(self, *_more):
        self.house.keeper()
        self.watch_doors(0)
        if self.house.look():
            self.oracle.look()

    def worker_comes(self, drawn, number, *_more):
        if not any(row.status in {"queued", "building"} for row in self.house.rows["release"]):
            return
        at, how = drawn.choice(STAGES), drawn.choice(("well", "well", "fails", "killed", "deed"))
        if self.left <= 0 and how in {"well", "deed"}:
            at, how = "select", "killed"
        self.left -= how in {"well", "deed"}
        what = {"well": None, "fails": lambda: 1 / 0, "killed": self.kill, "deed": lambda: self.in_between(number)}[how]
        self.house.worker(at, what)
        if self.house.look():
            self.oracle.look()

    def kill(self):
        raise Killed

    def in_between(self, number):
        if self.house.look():
            self.oracle.look()
        self.one_of(
            ("revoke_request", "suspend", "suspend_request", "terminate", "revoke_release")[number % 5], number, 1, 1
        )

    def paper_or_round(self, _drawn, number, *_more):
        """A signed paper is attached to a draft; or the dataset's next round is published."""
        drafts = [row for row in self.house.rows["agreement"] if row.state == "draft"]
        if drafts and number % 4:
            with suppress(*REFUSALS), self.house.app.app_context():
                with transaction():
                    actor = self.house.actor("cora")
                if actor.roles:
                    of_agreements.attach(actor, drafts[number % len(drafts)])
        elif number % 4 == 0:
            self.publish()

    def publish(self):
        with self.house.app.app_context(), factories.given() as current:
            first = current.scalars(select(Version).order_by(Version.id)).first()
            if first.number == current.scalars(select(Version.number).order_by(Version.number.desc())).first():
                factories.a_version(dataset=first.dataset, number=first.number + 1)

    STEPS = {  # noqa: RUF012 -- what may happen, and how often beside the others
        "go on": (go_on, 10), "stop": (stop_something, 1), "people": (change_people, 0.7), "anything": (try_anything, 2),
        "time": (time_passes, 1), "keeper": (keeper_comes_round, 1), "worker": (worker_comes, 3), "fetch": (Doors.fetch, 1),
        "paper": (paper_or_round, 1),
    }  # fmt: skip

    # ---- no dead end ----
    def to_the_end(self):
        """From wherever a sequence has led: time and one officer bring everything to its end."""
        house = self.house
        self._officer_is_there()
        for row in [one for one in house.rows["agreement"] if one.status in {"draft", "signing"}]:
            self.must("drop", row)
        house.wait(days=500)
        self.keeper_comes_round()
        for row in [one for one in house.rows["duty"] if one.status not in {"settled", "waived"}]:
            self.must("waive_duty", row)
        self.keeper_comes_round()
        for row in [one for one in house.rows["agreement"] if one.state not in {"ended:closed", "ended:dropped"}]:
            self.must("close", row)
        for kind, ends in story.ENDS.items():
            assert {row.state for row in house.rows[kind]} <= ends, (kind, "stays for good")
        with house.app.app_context():
            Signer().tick()
            report = verify.examine()
        assert report.state is not verify.State.TAMPERED, report.problem

    def must(self, name, row):
        assert self.attempt(story.OF_DANA[name], row, 1, 1, 1) is None, (name, row.state)

    def _officer_is_there(self):
        with self.house.app.app_context(), factories.given() as current:
            dana = current.get(Person, self.house.people["dana"].id)
            dana.disabled_at = None
            current.add(Grant(person_id=dana.id, role="dpo", valid_from=dt.date(2018, 1, 2)))
        self.house.look()
