"""What must hold after any sequence of deeds, asked of the tables themselves: none of the portal's rules is asked."""

import hashlib
import json

from sqlalchemy import select

from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Basis, Document, Move, SavedText, Signature
from portal.audit.models import AuditEvent
from portal.db import session, transaction
from portal.exports.models import Allowance, Download
from portal.requests.models import Decision, Recipient, Scope
from portal.requests.models_extension import ExtensionAnswer
from tests.areas.fuzz import rights
from tests.areas.fuzz.house import KINDS

SETTLED = {"approved", "approved_in_part", "declined", "changes_requested"}
APPROVED, PENDING = {"approved", "approved_in_part"}, {"open", "recused"}
RUNS, OFFERED = {"active", "suspended"}, {"offered", "active", "suspended"}
IN_PLACE = {"release.failed"}  # of a machine that is tried again: nothing moves
PARTNERS = {"hand_back", "accept"}
EITHER = {"reopen", "notice", "sign"}


def table(model, *where):
    return session().execute(select(model.__table__).where(*where).order_by(model.__table__.c.id)).all()


def sha256(content):
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


class Oracle:
    """Remembers what it has seen of the log and of who did what, so that each look is at what is new."""

    def __init__(self, house):
        self.house, self.visited = house, set()
        self.leaf, self.seen, self.states = -1, {Decision: 0, Move: 0, ExtensionAnswer: 0}, {}
        with house.app.app_context(), transaction() as current:
            self.leaf = current.scalar(select(AuditEvent.leaf_index).order_by(AuditEvent.leaf_index.desc()).limit(1))
            for model in self.seen:
                self.seen[model] = max([one.id for one in table(model)], default=0)
        self._remember()

    def _remember(self):
        self.states = {(kind, row.ref): row.state for kind, rows in self.house.rows.items() for row in rows}
        self.visited |= {(kind, state) for (kind, _ref), state in self.states.items()}

    def look(self):
        """Check everything after a deed that changed something. Raises AssertionError."""
        with self.house.app.app_context(), transaction():
            self._log_tells_every_move()
            self._who_decided()
            self._tracks()
            self._requests()
            self._agreements()
            self._releases()
        self._remember()

    # ---- 3: a guarded step of the table, and its event beside it ----
    def _log_tells_every_move(self):
        query = select(AuditEvent.leaf_index, AuditEvent.body).where(AuditEvent.leaf_index > self.leaf)
        possible = {key: {state} for key, state in self.states.items()}
        for leaf, body in session().execute(query.order_by(AuditEvent.leaf_index)):
            self.leaf, event = leaf, json.loads(body)
            key = (event.get("target", {}).get("type"), event.get("target", {}).get("ref"))
            if key[0] in KINDS:
                possible[key] = self._after(possible.get(key, {""}), KINDS[key[0]][1], event)
        for kind, rows in self.house.rows.items():
            for row in rows:
                told = possible.get((kind, row.ref), {""})
                assert row.state in told, (kind, row.state, "the log says", told)
                self.visited |= {(kind, state) for state in told if len(told) == 1 and state}

    def _after(self, at, machine, event):
        steps = [one for one in machine.steps if one.event == event["type"] and one.source in at]
        change = event.get("change", {})
        pair = change.get("state") or change.get("status")
        if pair and steps:
            steps = [one for one in steps if [one.source, one.target] == pair]
            assert steps, ("no such step", event["type"], pair)
        self.visited |= {(machine.name, one.target) for one in steps if pair}
        return {one.target for one in steps} | (at if not steps or event["type"] in IN_PLACE else set())

    # ---- 5: nobody for their own organisation, nor twice, nor without the role ----
    def _who_decided(self):
        for one in self._new(Decision):
            request = self.house.find("request", one.request_id)
            assert rights.house_of(one.person_id) != request.organisation_id, "decided for their own organisation"
            if one.by_officer:
                assert rights.holds(one.person_id, "dpo"), "an officer who is none"
                assert self.states["request", request.ref] == "in_review:dpo"
            else:
                track = self.house.find("track", one.track_id)
                assert rights.may_decide(one.person_id, track, request), "decided without the right to"
                assert self.states["track", track.ref] == "open", "decided twice"
        for one in self._new(ExtensionAnswer):
            asked = self.house.find("extension", one.extension_id)
            request = self.house.find("request", asked.request_id)
            assert rights.house_of(one.person_id) != request.organisation_id
            tracks = [row for row in self.house.rows["track"] if (row.request_id, row.region) == (request.id, one.part)]
            right = (
                rights.may_decide(one.person_id, tracks[0], request) if tracks else rights.holds(one.person_id, "dpo")
            )
            assert right, "answered without the right to"
            assert one.sha256 == asked.sha256
        for one in self._new(Move):
            if one.person_id and one.verb not in EITHER:
                theirs = (
                    rights.house_of(one.person_id) == self.house.find("agreement", one.agreement_id).organisation_id
                )
                assert theirs == (one.verb in PARTNERS), (one.verb, "by the other side")

    def _new(self, model):
        fresh = table(model, model.id > self.seen[model])
        self.seen[model] = max([one.id for one in fresh], default=self.seen[model])
        return fresh

    # ---- 2: what was approved is what is offered, accepted and built ----
    def _tracks(self):
        decided = [one for one in table(Decision) if not one.by_officer]
        for track in self.house.rows["track"]:
            now = [one for one in decided if one.track_id == track.id and one.decided_at >= track.opened_at]
            counted = {0, 1} if track.status == "closed" else {int(track.status in SETTLED)}
            assert len(now) in counted, ("decisions of one round", track.status, len(now))
            if now and track.status in APPROVED:
                assert now[0].scope_sha256 == track.slice_sha256, "an approval of something else"

    def _requests(self):
        scopes, recipients = table(Scope), table(Recipient)
        for scope in scopes:
            assert sha256(scope.content) == scope.sha256
        for request in self.house.rows["request"]:
            mine = [one for one in scopes if one.request_id == request.id]
            tracks = [row for row in self.house.rows["track"] if row.request_id == request.id]
            if not mine:
                assert request.state in {"draft", "ended:withdrawn", "ended:cancelled"}
                continue
            asked = [one for one in mine if one.kind == "asked"][-1].content
            regions = {part["region"] for part in asked["parts"]}
            counted = [track for track in tracks if track.region in regions]
            self._somebody_has_it(request, counted)
            if request.status in OFFERED or request.accepted_at:
                (scope,) = [one for one in mine if one.id == request.scope_id]
                now = scope.content
                self._approved(request, scope, asked, counted)
                named = {one.person_id for one in recipients if one.request_id == request.id}
                assert {rights.ref_of(one) for one in named} == set(now["recipients"])
                assert now["ends_on"] == request.ends_on.isoformat(), "runs longer than its scope"

    def _somebody_has_it(self, request, tracks):
        statuses = {track.status for track in tracks}
        if request.state == "in_review:regions":
            assert statuses & PENDING, "nobody would ever move it on"
        elif request.state == "returned":
            assert "changes_requested" in statuses
        elif request.state == "in_review:dpo" or request.status in OFFERED:
            assert not statuses & (PENDING | {"changes_requested"})
            assert statuses & APPROVED
        elif request.status == "ended":
            everyone = {row.status for row in self.house.rows["track"] if row.request_id == request.id}
            assert not everyone & (PENDING | {"changes_requested"}), "tracks of what is over"

    def _approved(self, request, scope, asked, tracks):
        now, renewed = scope.content, scope.kind == "renewed"
        decisions = [one for one in table(Decision) if one.request_id == request.id]
        longer = [
            row for row in self.house.rows["extension"] if row.request_id == request.id and row.status == "granted"
        ]
        ends = max([asked["ends_on"], *(row.ends_on.isoformat() for row in longer)])
        joined = {rights.ref_of(row.newcomer_id) for row in longer if row.newcomer_id}
        assert set(now["recipients"]) == {*asked["recipients"], *joined}, "for somebody to whom nobody agreed"
        for name in asked:
            if name not in {
                "parts",
                "ends_on",
                "recipients",
                *(("agreement", "agreement_revision") if renewed else ()),
            }:
                assert now[name] == asked[name], name
        assert now["ends_on"] == ends or (renewed and now["ends_on"] < ends)
        by_officer = [one for one in decisions if one.by_officer][-1:]
        for part in now["parts"]:
            (wide,) = [one for one in asked["parts"] if one["region"] == part["region"]]
            (track,) = [one for one in tracks if one.region == part["region"]]
            assert track.status in APPROVED, "in what is offered, and not approved"
            assert track.slice_sha256 == sha256({**asked, "parts": [wide]}), "approved another slice"
            own = [one for one in decisions if one.track_id == track.id and not one.by_officer][-1]
            for one in (own, *by_officer):
                refused = dict(one.refused)
                assert not set(refused.pop("variables", ())) & set(part["variables"])
                assert not any(set(values) & set(part["filters"].get(name, ())) for name, values in refused.items())
            assert set(part["variables"]) <= set(wide["variables"])
            assert all(set(part["filters"][name]) <= set(values) for name, values in wide["filters"].items())

    def _agreements(self):
        signed, texts = table(Signature, Signature.voided_at.is_(None)), {}
        for row in self.house.rows["agreement"]:
            running = [one for one in self.house.rows["agreement"] if one.number == row.number and one.status in RUNS]
            assert len(running) <= 1, "two versions run"
            if row.text_sha256:
                texts[row.id] = sha256_of(session().get(Agreement, row.id))
                assert row.text_sha256 == texts[row.id], "not the text that was frozen"
            mine = [one for one in signed if one.agreement_id == row.id]
            assert all(one.sha256 == row.text_sha256 for one in mine)
            if row.text_sha256 and row.state in {"signing:begin", "active"}:
                self._signed(row, {one.side: one.person_id for one in mine})

    def _signed(self, row, by):
        if by:
            assert by.keys() == {"mmc", "partner"}
            assert rights.house_of(by["partner"]) == row.organisation_id != rights.house_of(by["mmc"])
        else:
            (basis,) = table(Basis, Basis.agreement_id == row.id, Basis.voided_at.is_(None))
            papers = table(Document, Document.agreement_id == row.id)
            writers = {one.person_id for one in (*papers, *table(SavedText, SavedText.agreement_id == row.id)[:-1])}
            assert papers, "adopted without a paper"
            assert basis.person_id not in writers, "adopted by whoever wrote it"

    def _releases(self):
        downloads, allowed = table(Download), table(Allowance)
        scopes, limits = table(Scope), {row.ref: row.download_limit for row in self.house.rows["agreement"]}
        keys = [row.build_key for row in self.house.rows["release"]]
        assert len(set(keys)) == len(keys)
        for row in self.house.rows["release"]:
            request = self.house.find("request", row.request_id)
            (scope,) = [one for one in scopes if one.id == row.scope_id]
            assert (row.build_key, scope.request_id, scope.kind) == (scope.sha256, request.id, "offered")
            assert request.accepted_at is not None
            for one in (one for one in allowed if one.release_id == row.id):
                taken = [two for two in downloads if (two.release_id, two.person_id) == (row.id, one.person_id)]
                assert one.remaining + len(taken) == limits[scope.content["agreement"]]
                assert one.remaining >= 0
            holders = {one.person_id for one in downloads if one.release_id == row.id}
            duties = [one for one in self.house.rows["duty"] if one.release_id == row.id]
            if row.status == "ended":
                assert row.key_wrapped is None
                assert {one.person_id for one in duties} == holders
                assert row.ended_as != "destroyed" or {one.status for one in duties} <= {"settled", "waived"}
            else:
                assert not duties
                assert request.state != "ended:revoked", "runs although its request was revoked"
