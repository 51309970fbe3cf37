"""The documents that are written by the code they describe: who may do what, how things move, what is logged."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from portal import policy
from portal.agreements import workflow as agreement_workflow
from portal.audit import events
from portal.auth import steps
from portal.emergencies import workflow as emergencies
from portal.exports import workflow as exports_workflow
from portal.incidents import workflow as incidents
from portal.letters import states as letters
from portal.requests import workflow
from portal.web.pages import ROOT

HEAD = "<!-- Written by `python -m portal docs` from the code. Do not edit. -->\n\n"


def permissions() -> str:
    """Return the table of permissions: roles and the rule each is judged by."""
    lines = ["# Who may do what", "", "| permission | roles | on which rows |", "|---|---|---|"]
    for permission, one in sorted(policy.entitlements().items()):
        lines.append(f"| `{permission}` | {', '.join(sorted(one.roles))} | {one.rule.text} |")
    return "\n".join(lines) + "\n"


def logged() -> str:
    """Return the list of everything that can be recorded."""
    lines = ["# What the log records", "", "| event | outcome | kept apart, encrypted and erasable |", "|---|---|---|"]
    known = sorted(events.REGISTRY.values(), key=lambda one: one.name)
    lines += [f"| `{one.name}` | {one.outcome} | {one.private} |" for one in known]
    return "\n".join(lines) + "\n"


DOCUMENTS: Mapping[Path, Callable[[], str]] = {
    ROOT / "docs" / "permissions.md": permissions,
    ROOT / "docs" / "agreement-states.md": agreement_workflow.as_markdown,
    ROOT / "docs" / "request-states.md": workflow.as_markdown,
    ROOT / "docs" / "release-states.md": exports_workflow.as_markdown,
    ROOT / "docs" / "emergency-states.md": emergencies.as_markdown,
    ROOT / "docs" / "letter-states.md": letters.as_markdown,
    ROOT / "docs" / "incident-states.md": incidents.as_markdown,
    ROOT / "docs" / "invitation-states.md": steps.as_markdown,
    ROOT / "docs" / "events.md": logged,
}


def write() -> None:
    """Write every document anew."""
    for path, text in DOCUMENTS.items():
        path.write_text(HEAD + text())


def outdated() -> Iterator[str]:
    """Name the documents that are not what the code says."""
    for path, text in DOCUMENTS.items():
        if not path.exists() or path.read_text() != HEAD + text():
            yield f"{path.relative_to(ROOT)}: out of date; run `python -m portal docs`"
