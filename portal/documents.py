"""The documents that are written by the code they describe: who may do what, how a request moves, what is logged."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from portal import policy
from portal.audit import events
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
    ROOT / "docs" / "request-states.md": workflow.as_markdown,
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
