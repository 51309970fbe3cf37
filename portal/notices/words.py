"""Kinds of messages, ways, states and faults of letters in the reader's words."""

import re
from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

BREAK = re.compile(r"[ \t\n]+")  # not the spaces that keep French marks beside their words
KIND: Mapping[str, LazyString] = {
    "decision": _("To decide"),
    "question": _("To answer or accept"),
    "review": _("To review"),
    "ended": _("Ended or stopped"),
    "security": _("Your access"),
    "ready": _("File ready"),
    "progress": _("Progress of a request"),
    "other": _("Other"),
    "digest": _("Daily digest"),
}
HINT: Mapping[str, LazyString] = {
    "ready": _("A file of yours has been built and can be downloaded."),
    "progress": _("A request of yours was sent, decided in part, or went on."),
}
WAY: Mapping[str, LazyString] = {
    "at_once": _("By e-mail at once"),
    "digest": _("In one e-mail a day, at 7:00 where you are"),
    "portal": _("In the portal only"),
}
STATUS: Mapping[str, LazyString] = {
    "queued": _("Waits to be sent"),
    "sending": _("Being sent"),
    "sent": _("Sent"),
    "doubt": _("Sent, perhaps twice"),
    "failed": _("Given up"),
    "gathered": _("Waits for the digest"),
    "bundled": _("Sent in a digest"),
    "kept": _("In the portal only"),
}
SHAPE: Mapping[str, str] = {
    "queued": "queued",
    "sending": "building",
    "sent": "done",
    "doubt": "returned",
    "failed": "rejected",
    "gathered": "queued",
    "bundled": "done",
    "kept": "done",
}
FAULT: Mapping[str, LazyString] = {
    "refused_for_now": _("The mail server refused it for now"),
    "refused_for_good": _("The mail server refused it for good: the address may be wrong"),
    "address": _("This is no address that mail can be sent to"),
    "lost": _("The connection broke before the letter was handed over"),
    "unanswered": _("The connection broke before the server answered: it may have arrived"),
    "killed": _("The portal stopped while sending: it may have arrived"),
    "unwritable": _("The letter could not be written"),
    "unreachable": _("The mail server cannot be reached"),
    "certificate": _("The mail server's certificate is not valid"),
    "credentials": _("The mail server does not accept the portal's sign-in or encryption"),
    "folder": _("The folder for letters cannot be written to"),
}
OUTCOME: Mapping[str, LazyString] = {"": _("Being sent"), "taken": _("Taken by the mail server")}
"""What became of an attempt, beside what FAULT says."""


def gist(text: str, portal_url: str) -> list[str]:
    r"""Return a letter's paragraphs without its greeting and its links.

    >>> gist("Dear Amina,\n\nIt was sent.\n\nSee it: http://p/x", "http://p")
    ['It was sent.']
    >>> gist("Dear Amina,\n\nOf «\u00a0Niger\u00a0»\nit was.", "http://p")
    ['Of «\xa0Niger\xa0» it was.']
    """
    paragraphs = [BREAK.sub(" ", one).strip() for one in re.split(r"\n\s*\n", text)]
    kept = [one for one in paragraphs if one and portal_url not in one]
    return kept[1:] if kept and kept[0].endswith(",") else kept
