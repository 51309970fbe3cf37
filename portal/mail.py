"""The outbox. A letter is a row that commits with the deed it tells of; the keeper carries it out afterwards."""

import datetime as dt
import smtplib
import uuid
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import current_app, render_template
from flask_babel import force_locale
from jinja2 import TemplateError
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, i18n, ports
from portal.db import Base, Moment, session, transaction

log = structlog.get_logger(__name__)
MOST_ATTEMPTS = 8


class Letter(Base):
    """One letter to one address. It holds no data: what happened, and where to look."""

    __tablename__ = "letter"
    audited = False

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: uuid.uuid4().hex)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5))
    template: Mapped[str] = mapped_column(String(60))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)
    due_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment, default=None)


def write(address: str, language: str, template: str, **values: Any) -> None:  # noqa: ANN401 -- whatever the template names
    """Put a letter into the outbox, in this transaction. ``template`` is a file in templates/mail/."""
    session().add(Letter(address=address, language=language, template=template, values=values))


def carry() -> int:
    """Send what is due; return how many went out. A letter that fails waits longer each time."""
    with transaction() as current:
        due = select(Letter).where(Letter.sent_at.is_(None), Letter.due_at <= clock.now()).order_by(Letter.id).limit(20)
        letters = list(current.scalars(due.where(Letter.attempts < MOST_ATTEMPTS)))
        for letter in letters:
            letter.attempts += 1
            letter.due_at = clock.now() + dt.timedelta(minutes=2**letter.attempts)
    gone = [letter.id for letter in letters if _send(letter)]
    with transaction() as current:
        for letter in current.scalars(select(Letter).where(Letter.id.in_(gone))):
            letter.sent_at = clock.now()
    return len(gone)


def compose(letter: Letter) -> EmailMessage:
    """Render a letter in its language: the template's first line is the subject."""
    with force_locale(i18n.locale_of(letter.language)):
        text = render_template(f"mail/{letter.template}.txt", public_url=ports.house.config.public_url, **letter.values)
    subject, _, body = text.partition("\n")
    message = EmailMessage()
    message["Subject"] = subject.removeprefix("Subject: ").strip()
    message["From"] = ports.house.config.mail_from
    message["To"] = letter.address
    message["Message-ID"] = f"<{letter.message_id}@{ports.house.config.host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    return message


def _send(letter: Letter) -> bool:
    try:
        with current_app.test_request_context():
            message = compose(letter)
        if ports.house.config.smtp_url:
            _by_smtp(message)
        else:
            _into_folder(message, ports.house.config.mail_dir, letter.message_id)
    except (OSError, ValueError, TemplateError, smtplib.SMTPException) as error:  # one bad letter stops no other
        log.warning("mail.failed", letter=letter.id, error=type(error).__name__)
        return False
    return True


def _by_smtp(message: EmailMessage) -> None:
    url = urlsplit(ports.house.config.smtp_url)
    with smtplib.SMTP(url.hostname or "localhost", url.port or 25, timeout=10) as server:
        if url.scheme == "smtps+starttls":
            server.starttls()
        if url.username and url.password:
            server.login(url.username, url.password)
        server.send_message(message)


def _into_folder(message: EmailMessage, folder: Path, name: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.eml").write_bytes(message.as_bytes())
