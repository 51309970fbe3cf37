"""Letters: they commit with the deed, go out once through a real SMTP server, and wait longer each time they fail."""

import dataclasses
import datetime as dt
import email
import email.policy
import socket
import stat

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from portal import clock, mail, ports
from portal.db import transaction
from tests.factories import given


class Postbox:
    def __init__(self):
        self.letters = []
        self.refuse = False

    async def handle_DATA(self, _server, _session, envelope):
        if self.refuse:
            return "451 try again later"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


@pytest.fixture
def postbox(context, socket_enabled):
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    ports.house.config = dataclasses.replace(ports.house.config, smtp_url=f"smtp://127.0.0.1:{port}")
    yield box
    controller.stop()


def a_letter(language="en"):
    mail.write("amina@example.org", language, "release_available", number="MMC-4Mi-2026-0001", ref="ab" * 16)


def waiting():
    with transaction() as current:
        return list(current.scalars(select(mail.Letter).where(mail.Letter.sent_at.is_(None))))


def test_a_letter_of_a_deed_that_was_undone_is_never_written(context):
    with pytest.raises(RuntimeError), given():
        a_letter()
        raise RuntimeError
    assert waiting() == []


def test_a_letter_goes_out_once_in_the_readers_language(postbox):
    with given():
        a_letter("en")
        a_letter("fr")
    assert mail.carry() == 2
    assert mail.carry() == 0
    english, french = postbox.letters
    assert "MMC-4Mi-2026-0001" in english["Subject"]
    assert english["Subject"] != french["Subject"]
    assert english["To"] == "amina@example.org"
    assert english["Message-ID"] != french["Message-ID"]
    assert ports.house.config.public_url in english.get_body(("plain",)).get_content()


def test_a_letter_that_is_refused_waits_and_goes_out_later(postbox, time_machine):
    with given():
        a_letter()
    postbox.refuse = True
    assert mail.carry() == 0
    assert mail.carry() == 0, "it is not due again at once"
    assert waiting()[0].attempts == 1
    postbox.refuse = False
    time_machine.move_to(waiting()[0].due_at, tick=True)
    assert mail.carry() == 1
    assert waiting() == []


def test_without_a_server_letters_lie_in_a_private_folder(context):
    with given():
        a_letter()
    assert mail.carry() == 1
    folder = ports.house.config.mail_dir
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (letter,) = folder.glob("*.eml")
    assert b"MMC-4Mi-2026-0001" in letter.read_bytes()


def test_a_letter_nobody_takes_is_given_up_after_so_many_attempts(postbox, time_machine):
    with given():
        a_letter()
    postbox.refuse = True
    now = clock.now()
    for day in range(mail.MOST_ATTEMPTS + 2):
        time_machine.move_to(now + dt.timedelta(days=day))
        mail.carry()
    assert waiting()[0].attempts == mail.MOST_ATTEMPTS
