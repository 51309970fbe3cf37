"""State machines as tables: one row a step. Pages, actions, docs/*-states.md and tests are all read from such rows.

A state is a status, and after a colon its detail: its stage, or how it ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.errors import IllegalStep

NOTHING = ""
ENDED = "ended"
HEAD = "| from | verb | to | who | what must hold | event | note |"
Row = tuple[str, str, str, str, str, str, str]


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
        """The target's stage; what has ended has none."""
        status, _, detail = self.target.partition(":")
        return "" if status == ENDED else detail

    @property
    def ended_as(self) -> str:
        """How it ended, of ended."""
        status, _, detail = self.target.partition(":")
        return detail if status == ENDED else ""

    def require(self, kind: str, at: str) -> None:
        """Refuse with IllegalStep unless the step starts where a thing of this kind is."""
        if self.source != at:
            raise IllegalStep(f"{kind}: no {self.verb} from {at}")


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


def rows(table: Iterable[Row]) -> Iterable[Step]:
    """Return the steps of a table: (sources, verb, target, who, guards, event, note), sources and guards by spaces."""
    for sources, verb, target, who, guards, event, note in table:
        for source in sources.split():
            yield Step(NOTHING if source == "–" else source, verb, target, who, tuple(guards.split()), event, note)


def state(status: str, stage: str = "", ended_as: str = "") -> str:
    """Return the state that three columns say.

    >>> state("ended", ended_as="lapsed"), state("in_review", "dpo"), state("draft")
    ('ended:lapsed', 'in_review:dpo', 'draft')
    """
    detail = ended_as if status == ENDED else stage
    return f"{status}:{detail}" if detail else status


def as_markdown(title: str, source: str, machines: Iterable[tuple[str, Machine]]) -> str:
    """Return a page of docs/: a heading, where it comes from, a diagram and a table for each machine."""
    lines = [f"# {title}", "", f"Generated from `{source}`; do not edit.", ""]
    for heading, machine in machines:
        lines += [f"## {heading}", "", *_diagram(machine), "", HEAD, "|---|---|---|---|---|---|---|"]
        lines += [
            f"| {step.source or '–'} | {step.verb} | {step.target} | {step.who} | "
            f"{', '.join(step.guards).replace('_', ' ') or '–'} | `{step.event}` | {step.note} |"
            for step in machine.steps
        ]
        lines.append("")
    return "\n".join(lines)


def _diagram(machine: Machine) -> Iterable[str]:
    """Return the machine as a Mermaid state diagram: one arrow for each pair of states, its verbs above it."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for step in machine.steps:
        verbs.setdefault((step.source, step.target), []).append(step.verb.replace("_", " "))
    yield from ("```mermaid", "stateDiagram-v2")
    for name in machine.states:
        if ":" in name:
            yield f'    state "{name.replace(":", ", ")}" as {_node(name)}'
    for (source, target), names in verbs.items():
        yield f"    {_node(source)} --> {_node(target)} : {', '.join(names)}"
    sources = {step.source for step in machine.steps}
    yield from (f"    {_node(name)} --> [*]" for name in machine.states if name not in sources)
    yield "```"


def _node(name: str) -> str:
    return name.replace(":", "_") or "[*]"
