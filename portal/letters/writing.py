"""Writing letters into the outbox, and saying them in words: plain text from one template, HTML from that text."""

import datetime as dt
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale, gettext

from portal import clock, i18n, ports
from portal.db import session
from portal.letters import frame
from portal.letters.kinds import Way, kind_of
from portal.letters.models import Letter
from portal.letters.states import LETTER
from portal.letters.wire import spelled

DIGEST_HOUR = 7  # in the reader's own zone
ON_THE_WIRE = SMTP.clone(cte_type="7bit")
FIRST = {Way.AT_ONCE: "queue", Way.DIGEST: "hold", Way.PORTAL: "keep"}


@dataclass(frozen=True)
class Said:
    """A letter in words: its subject line and its text."""

    subject: str
    text: str


def write(
    address: str,
    language: str,
    template: str,
    *,
    person: object = None,
    **values: Any,  # noqa: ANN401 -- whatever the template names
) -> Letter:
    """Put a letter into the outbox, in this transaction, and into its reader's list in the portal.

    ``template`` is a file in templates/mail/; ``path`` among the values is where in the portal it points.
    ``person`` is the reader's key; without it they are found by address.
    """
    kind = kind_of(template)
    reader = ports.house.addressee(address, person if isinstance(person, int) else None, kind.name)
    way = Way.AT_ONCE if kind.urgent else Way(reader.way)
    letter = Letter(
        status=LETTER.find("", FIRST[way]).target,
        person_id=reader.person_id,
        address=address,
        language=language,
        template=template,
        kind=kind.name,
        path=str(values.get("path", "")),
        values=values,
        due_at=next_digest(clock.now(), reader.zone) if way is Way.DIGEST else clock.now(),
    )
    session().add(letter)
    return letter


def next_digest(now: dt.datetime, zone: str) -> dt.datetime:
    """Return the next moment at which it is the digest's hour in a zone.

    >>> next_digest(dt.datetime(2026, 7, 1, 5, 30, tzinfo=dt.UTC), "Africa/Nairobi").isoformat()
    '2026-07-02T04:00:00+00:00'
    """
    day = now.astimezone(ZoneInfo(zone)).date()
    hours = (
        dt.datetime.combine(day + dt.timedelta(days=days), dt.time(DIGEST_HOUR), ZoneInfo(zone)).astimezone(clock.UTC)
        for days in (0, 1, 2)
    )
    return next(hour for hour in hours if hour > now)


def say(letter: Letter, language: str) -> Said:
    """Say a letter in a language: the template's first line is the subject."""
    with force_locale(i18n.locale_of(language)):
        text = render_template(f"mail/{letter.template}.txt", public_url=ports.house.config.public_url, **letter.values)
    subject, _, body = text.partition("\n")
    return Said(subject.removeprefix("Subject: ").strip(), body.strip())


def compose(letter: Letter) -> EmailMessage:
    """Return a letter as a message of one plain part, in its language."""
    said = say(letter, letter.language)
    host = ports.house.config.host
    message = EmailMessage(policy=ON_THE_WIRE)
    message["Subject"] = said.subject
    message["From"] = ports.house.config.mail_from
    message["To"] = letter.address
    message["Date"] = format_datetime(letter.created_at or clock.now())
    message["Message-ID"] = f"<{letter.message_id}@{host}>"  # the same at every attempt: servers drop doubles by it
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(said.text + "\n")
    return message


def for_the_wire(letter: Letter) -> EmailMessage:
    """Return a letter as it goes out: the plain part, and beside it the same as simple HTML.

    Raises Fault if its address cannot be written.
    """
    address = spelled(letter.address)
    message = compose(letter)
    message.replace_header("To", address)
    message["X-Portal-Attempt"] = str(letter.attempts)
    url = ports.house.config.public_url
    text = message.get_content().strip()
    with force_locale(i18n.locale_of(letter.language)):
        footer = gettext("This message holds no data. Nothing can be seen or done without signing in.")
        choose = gettext("Choose which messages you get:")
        settings = f"{url}/profile#messages"
        html = frame.dress(frame.Page(letter.language, str(message["Subject"]), text, url, footer, choose, settings))
    message.set_content(f"{text}\n\n-- \n{footer}\n{choose} {settings}\n")
    message.add_alternative(html, subtype="html")
    return message
