"""The log in the reader's words: what happened, how it ended, what is wrong with it.

Every listed event has a sentence; one that has none yet shows its name rather than nothing.
"""

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal.audit.event_types import Outcome
from portal.audit.words_deeds import DEEDS

OUTCOMES: dict[str, LazyString] = {
    Outcome.SUCCESS: _("Done"),
    Outcome.DENIED: _("Denied"),
    Outcome.FAILURE: _("Failed"),
    Outcome.ERROR: _("Fault of the portal"),
}
THINGS: dict[str, LazyString] = {
    "agreement": _("Agreement"),
    "commission": _("Commission of a contractor"),
    "audit": _("Audit log"),
    "dataset": _("Dataset"),
    "duty": _("Duty of destruction"),
    "emergency": _("Emergency"),
    "extension": _("Longer use, or somebody new"),
    "file": _("Protected file"),
    "letter": _("Letter"),
    "freeze": _("Freeze"),
    "incident": _("Incident"),
    "invitation": _("Invitation"),
    "log": _("Audit log"),
    "notice": _("Messages"),
    "org": _("Organisation"),
    "organisation": _("Organisation"),
    "outbox": _("Outbox"),
    "page": _("Page"),
    "person": _("Person"),
    "register": _("Public register"),
    "ledger": _("Ledger of what left"),
    "release": _("Release"),
    "report": _("Reports"),
    "request": _("Request"),
    "rules": _("Rule set"),
    "session": _("Session"),
    "system": _("The portal"),
    "table": _("Table"),
    "track": _("Region's decision"),
    "deputy": _("Deputy"),
    "obligation": _("Obligation"),
    "publication": _("Publication"),
    "version": _("Version"),
}
PROCESSES: dict[str, LazyString] = {
    "system:keeper": _("The portal, by the clock"),
    "system:worker": _("The portal, building"),
    "system:setup": _("The portal, being set up"),
    "system:workflow": _("The portal, after a decision"),
}
FIELDS: dict[str, LazyString] = {
    "text": _("Note"),
    "title": _("Title"),
    "reason": _("Reason"),
    "rationale": _("Reason"),
    "conditions": _("Conditions"),
    "address": _("Network address"),
    "agent": _("Browser"),
    "name": _("Name"),
    "email": _("E-mail"),
}
PROBLEMS: dict[str, LazyString] = {
    "missing": _("An event is missing."),
    "surplus": _("There are events that the log never took."),
    "leaf": _("An event is not what it was when it was written."),
    "form": _("An event is not in the form in which it was written."),
    "columns": _("What an event is found by is not what it says."),
    "root": _("The events do not add up to the log's root."),
    "key": _("The log's key is not this portal's."),
    "signature": _("A signature does not hold."),
    "checkpoint": _("A signed checkpoint does not fit the events."),
    "shortened": _("More events were signed than are here."),
    "anchor": _("What is kept outside the database says otherwise."),
    "private": _("A private part does not fit its event."),
    "private_missing": _("A private part is gone without a logged erasure."),
    "orphan": _("A private part belongs to no event."),
}


def deed(name: str) -> str:
    """Say what happened."""
    return str(DEEDS.get(name, name))


def thing(kind: str) -> str:
    """Say what kind of thing an event is about."""
    return str(THINGS.get(kind, kind))


def somebody(ref: str, names: dict[str, str]) -> str:
    """Say who did it: a name, a process of the portal, or nobody known."""
    if not ref:
        return str(gettext("Somebody not signed in"))
    return names.get(ref) or str(PROCESSES.get(ref, "")) or str(gettext("Reference %(ref)s", ref=ref[:8]))


def matching(text: str) -> list[str]:
    """Give the events whose sentence or name holds the text, in the reader's language."""
    wanted = text.casefold()
    return [name for name, words in DEEDS.items() if wanted and (wanted in str(words).casefold() or wanted in name)]
