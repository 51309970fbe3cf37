"""The table of steps. Pages, actions, docs/request-states.md and tests are all read from these rows.

A state is a status, and after a colon its stage (of in_review) or how it ended (of ended).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.errors import IllegalStep

NOTHING = ""
OFFER_DAYS = 30
HEAD = "| from | verb | to | who | what must hold | event | note |"


@dataclass(frozen=True)
class Step:
    """One row: from where, by what verb, to where, who may, what must hold, the event it records, and why."""

    source: str
    verb: str
    target: str
    who: str
    guards: tuple[str, ...]
    event: str
    note: str

    @property
    def status(self) -> str:
        """The target's status."""
        return self.target.partition(":")[0]

    @property
    def stage(self) -> str:
        """The target's stage, of in_review."""
        status, _, detail = self.target.partition(":")
        return detail if status == "in_review" else ""

    @property
    def ended_as(self) -> str:
        """How it ended, of ended."""
        status, _, detail = self.target.partition(":")
        return detail if status == "ended" else ""


class Machine:
    """The steps of one kind of thing."""

    def __init__(self, name: str, steps: Iterable[Step]) -> None:
        self.name = name
        self.steps = tuple(steps)
        self._rows = {(step.source, step.verb): step for step in self.steps}
        if len(self._rows) != len(self.steps):
            raise ValueError(f"{name}: two rows for one state and verb")

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the rows name them."""
        return tuple(dict.fromkeys(s for step in self.steps for s in (step.source, step.target) if s != NOTHING))

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb, in the order of the rows."""
        return tuple(dict.fromkeys(step.verb for step in self.steps))

    def find(self, state: str, verb: str) -> Step:
        """Return the step that a verb takes from a state; IllegalStep if there is none."""
        step = self._rows.get((state, verb))
        if step is None:
            raise IllegalStep(f"{self.name}: no {verb} from {state or 'nothing'}")
        return step

    def allows(self, state: str, verb: str) -> bool:
        """Whether there is such a step."""
        return (state, verb) in self._rows

    def sources(self, verb: str) -> tuple[str, ...]:
        """Return every state that a verb may be taken from."""
        return tuple(step.source for step in self.steps if step.verb == verb)


def _rows(table: Iterable[tuple[str, str, str, str, str, str, str]]) -> Iterable[Step]:
    for sources, verb, target, who, guards, event, note in table:
        for source in sources.split():
            yield Step("" if source == "–" else source, verb, target, who, tuple(guards.split()), event, note)


REVIEW, OFFICER = "in_review:regions", "in_review:dpo"
EARLY = f"draft {REVIEW} {OFFICER} returned offered"
UNDER_REVIEW = f"{REVIEW} {OFFICER}"

REQUEST = Machine(
    "request",
    _rows(
        [
            ("–", "start", "draft", "requester", "agreement_active file_signed", "request.created",
             "A draft belongs to whoever began it"),
            ("draft", "save", "draft", "requester", "fields_known", "request.changed",
             "Every step of the form is kept"),
            ("returned", "save", "returned", "requester", "fields_known", "request.changed",
             "The same form; nothing counts before it is sent again"),
            ("draft", "submit", REVIEW, "requester", "complete agreement_allows rows_matched team_inside",
             "request.submitted", "Freezes the scope; one track for each region answering today for matching rows"),
            (REVIEW, "return", "returned", "system", "track_asked", "request.returned",
             "All questions reach the requester as one list"),
            ("returned", "answer", REVIEW, "requester", "complete agreement_allows rows_matched team_inside",
             "request.answered", "Only tracks that asked, or whose part changed, open again"),
            (REVIEW, "forward", OFFICER, "system", "tracks_settled one_approved officer_needed",
             "request.review.started", "The data protection officer sees the reduced scope"),
            (REVIEW, "offer", "offered", "system", "tracks_settled one_approved", "request.offered",
             "The offer is what the regions approved, and nothing else"),
            (REVIEW, "reject", "ended:rejected", "system", "all_declined", "request.rejected", "Every region declined"),
            (OFFICER, "approve", "offered", "officer", "code other_organisation agreement_allows hash_seen",
             "request.approved", "May only narrow or add conditions"),
            (OFFICER, "approve_in_part", "offered", "officer",
             "code other_organisation agreement_allows hash_seen reasoned", "request.approved",
             "The narrower scope is offered"),
            (OFFICER, "ask", REVIEW, "officer", "code other_organisation hash_seen reasoned", "request.asked",
             "A question to one region: only its track opens again"),
            (OFFICER, "decline", "ended:rejected", "officer", "code other_organisation hash_seen reasoned",
             "request.rejected", "With the reason"),
            ("offered", "accept", "active", "requester", "agreement_allows hash_seen", "request.accepted",
             "Orders the build"),
            ("offered", "lapse", "ended:lapsed", "clock", "offer_old", "request.lapsed", f"After {OFFER_DAYS} days"),
            (EARLY, "withdraw", "ended:withdrawn", "requester", "", "request.withdrawn", "Open tracks close"),
            (EARLY, "cancel", "ended:cancelled", "clock", "agreement_over", "request.cancelled",
             "The agreement is over; open tracks close"),
            ("active", "suspend", "suspended", "officer", "code reasoned", "request.suspended",
             "Builds and downloads stop at once"),
            ("suspended", "resume", "active", "officer", "code reasoned agreement_allows", "request.resumed",
             "They go on"),
            ("active suspended", "revoke", "ended:revoked", "officer", "code reasoned", "request.revoked",
             "Stops what is to come; copies already downloaded stay under the terms"),
            ("active suspended", "expire", "ended:expired", "clock", "end_reached", "request.expired",
             "At the earlier end of request and agreement; downloads stop at that moment even if nobody runs this"),
        ]
    ),
)  # fmt: skip

SETTLED = "approved approved_in_part declined changes_requested"
DECIDERS = "code other_organisation agreement_allows hash_seen"

TRACK = Machine(
    "track",
    _rows(
        [
            ("–", "open", "open", "system", "rows_matched", "track.opened", "All tracks open at once"),
            ("open", "approve", "approved", "region", DECIDERS, "track.decided", "The region's part as it stands"),
            ("open", "approve_in_part", "approved_in_part", "region", f"{DECIDERS} something_refused", "track.decided",
             "Without the countries, years or variables refused"),
            ("open", "decline", "declined", "region", "code other_organisation hash_seen reasoned", "track.decided",
             "None of the region's rows"),
            ("open", "ask", "changes_requested", "region", "code other_organisation hash_seen reasoned", "track.asked",
             "The request returns to the requester"),
            (f"{SETTLED} closed", "reopen", "open", "system", "asked_or_changed", "track.opened",
             "Earlier decisions stay on record and no longer count"),
            ("open changes_requested", "close", "closed", "system", "request_over", "track.closed",
             "Nothing is left to decide"),
        ]
    ),
)  # fmt: skip


def request_state(status: str, stage: str, ended_as: str) -> str:
    """Return the state that three columns say.

    >>> request_state("ended", "", "lapsed"), request_state("in_review", "dpo", ""), request_state("draft", "", "")
    ('ended:lapsed', 'in_review:dpo', 'draft')
    """
    detail = {"in_review": stage, "ended": ended_as}.get(status, "")
    return f"{status}:{detail}" if detail else status


def as_markdown() -> str:
    """Return docs/request-states.md."""
    lines = ["# The steps of a request", "", "Generated from `portal/requests/workflow.py`; do not edit.", ""]
    for title, machine in (("Request", REQUEST), ("Track: one region's part of a request", TRACK)):
        lines += [f"## {title}", "", HEAD, "|---|---|---|---|---|---|---|"]
        lines += [
            f"| {step.source or '–'} | {step.verb} | {step.target} | {step.who} | "
            f"{', '.join(step.guards).replace('_', ' ') or '–'} | `{step.event}` | {step.note} |"
            for step in machine.steps
        ]
        lines.append("")
    return "\n".join(lines)
