"""The log in the reader's words: what happened, how it ended, what is wrong with it.

Every listed event has a sentence; one that has none yet shows its name rather than nothing.
"""

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal.audit.events import Outcome

DEEDS: dict[str, LazyString] = {
    "auth.password.accepted": _("Password accepted"),
    "auth.login.success": _("Signed in"),
    "auth.login.failed": _("Sign-in failed"),
    "auth.logout": _("Signed out"),
    "auth.mfa.enrolled": _("One-time codes set up"),
    "auth.mfa.failed": _("One-time code was wrong"),
    "auth.password.changed": _("Password changed"),
    "auth.session.revoked": _("Session ended by hand"),
    "auth.session.expired": _("Session ran out"),
    "person.created": _("Person added"),
    "person.updated": _("Person changed"),
    "person.viewed": _("Person looked at"),
    "person.disabled": _("Person disabled"),
    "person.enabled": _("Person enabled again"),
    "role.granted": _("Role given"),
    "org.created": _("Organisation added"),
    "org.updated": _("Organisation changed"),
    "authz.denied": _("Access denied"),
    "authz.denied.summary": _("Many accesses denied"),
    "authz.csrf_rejected": _("Form from elsewhere refused"),
    "agreement.created": _("Agreement drafted"),
    "agreement.activated": _("Agreement took effect"),
    "agreement.listed": _("Agreements listed"),
    "agreement.viewed": _("Agreement looked at"),
    "agreement.expired": _("Agreement expired"),
    "request.created": _("Request started"),
    "request.changed": _("Request changed"),
    "request.viewed": _("Request looked at"),
    "request.submitted": _("Request submitted"),
    "request.answered": _("Question answered"),
    "request.asked": _("Question put to a region"),
    "request.previewed": _("Count of rows looked at"),
    "request.listed": _("Requests listed"),
    "request.returned": _("Request returned"),
    "request.review.started": _("Review started"),
    "request.approved": _("Request approved"),
    "request.rejected": _("Request rejected"),
    "request.offered": _("Approved scope offered"),
    "request.accepted": _("Approved scope accepted"),
    "request.withdrawn": _("Request withdrawn"),
    "request.cancelled": _("Request cancelled"),
    "request.lapsed": _("Request lapsed"),
    "request.suspended": _("Request suspended"),
    "request.resumed": _("Request resumed"),
    "request.expired": _("Request expired"),
    "request.revoked": _("Request revoked"),
    "track.opened": _("Region asked to decide"),
    "track.listed": _("Waiting decisions listed"),
    "track.viewed": _("Region's part looked at"),
    "track.decided": _("Decision taken"),
    "track.asked": _("Region asked a question"),
    "track.closed": _("Region's part closed"),
    "dataset.registered": _("Dataset registered"),
    "dataset.searched": _("Catalogue searched"),
    "dataset.metadata.viewed": _("Dataset description looked at"),
    "dataset.version.uploaded": _("File uploaded"),
    "dataset.version.refused": _("Uploaded file refused"),
    "dataset.version.added": _("Version added"),
    "dataset.version.viewed": _("Version looked at"),
    "dataset.roles.confirmed": _("Roles of variables confirmed"),
    "dataset.version.published": _("Version published"),
    "rules.viewed": _("Rule set looked at"),
    "rules.proposed": _("Change of a rule set proposed"),
    "rules.confirmed": _("Rule set put in force"),
    "rules.dropped": _("Proposed rule set dropped"),
    "file.queued": _("Protected file ordered"),
    "file.started": _("Protection started"),
    "file.protected": _("Protected file built"),
    "file.viewed": _("Protected file's report looked at"),
    "file.signed_off": _("Protected file signed off"),
    "file.reviewed": _("Protected file reviewed"),
    "file.review_due": _("Review of a protected file is due"),
    "file.held": _("Protected file held"),
    "file.failed": _("Building the protected file failed"),
    "file.ordered_again": _("Protected file ordered again"),
    "table.viewed": _("Form for tables looked at"),
    "table.made": _("Table made"),
    "release.queued": _("Release ordered"),
    "release.started": _("Release being built"),
    "release.attacked": _("Release tested by attacks"),
    "release.available": _("Release ready"),
    "release.held": _("Release held"),
    "release.failed": _("Building the release failed"),
    "release.ordered_again": _("Release ordered again"),
    "release.viewed": _("Release looked at"),
    "release.downloaded": _("Download started"),
    "release.download.completed": _("Download completed"),
    "release.expired": _("Release expired"),
    "work.retried": _("Work tried again"),
    "system.setup": _("Portal set up"),
    "audit.opened": _("Log opened"),
    "audit.viewed": _("Log looked at"),
    "audit.exported": _("Part of the log downloaded"),
    "audit.verified": _("Log checked in full"),
    "audit.hour": _("An hour without events"),
}
OUTCOMES: dict[str, LazyString] = {
    Outcome.SUCCESS: _("Done"),
    Outcome.DENIED: _("Denied"),
    Outcome.FAILURE: _("Failed"),
    Outcome.ERROR: _("Fault of the portal"),
}
THINGS: dict[str, LazyString] = {
    "agreement": _("Agreement"),
    "audit": _("Audit log"),
    "dataset": _("Dataset"),
    "file": _("Protected file"),
    "log": _("Audit log"),
    "org": _("Organisation"),
    "organisation": _("Organisation"),
    "page": _("Page"),
    "person": _("Person"),
    "release": _("Release"),
    "request": _("Request"),
    "rules": _("Rule set"),
    "session": _("Session"),
    "system": _("The portal"),
    "track": _("Region's decision"),
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
