"""How a letter moves: one row each, as :mod:`portal.machine` reads them."""

from portal import machine
from portal.machine import Machine, rows

LETTER = Machine(
    "letter",
    rows(
        [
            ("–", "queue", "queued", "system", "", "–", "Comes by mail at once"),
            ("–", "hold", "gathered", "system", "chosen", "–", "Waits for the day's digest of its reader"),
            ("–", "keep", "kept", "system", "chosen", "–", "Is read in the portal only"),
            ("gathered", "bundle", "bundled", "keeper", "hour_reached", "–", "Its line stands in a digest"),
            ("queued", "claim", "sending", "keeper", "due line_open", "–",
             "Committed, with an attempt, before a byte goes out"),
            ("sending", "deliver", "sent", "keeper", "server_took_it", "–", "Arrived once"),
            ("sending", "deliver_again", "doubt", "keeper", "server_took_it earlier_attempt_unanswered", "–",
             "Arrived, perhaps twice: an earlier attempt was handed over and never answered"),
            ("sending", "put_back", "queued", "keeper", "attempts_left", "–",
             "Refused for now, or the line broke, or a process died: it waits longer each time"),
            ("sending", "give_up", "failed", "keeper", "refused_for_good_or_no_attempts_left", "–",
             "Somebody has to look: the address is wrong, or the server never took it"),
            ("failed", "resend", "queued", "administrator", "text_kept", "outbox.resent",
             "The same letter under the same Message-ID"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return the page of docs/ about letters."""
    return machine.as_markdown("How a letter moves", "portal/letters/states.py", [("A letter", LETTER)])
