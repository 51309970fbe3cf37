"""The line to the mail server: one connection, refusals told apart, certificates verified, nothing sent in the open."""

import dataclasses
import datetime as dt
import email
import email.policy
import ipaddress
import socket
import ssl
from html.parser import HTMLParser

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from portal import clock, mail, ports
from portal.db import transaction
from portal.letters.wire import FAULTS
from portal.notices import words
from tests.factories import given


class Postbox:
    """Refuses by address: what stands before the @ names the reply."""

    def __init__(self):
        self.letters, self.sessions = [], set()

    async def handle_RCPT(self, _server, session, envelope, address, _options):
        self.sessions.add(id(session))
        word = address.partition("@")[0]
        if word.isdecimal():
            return f"{word} not this one"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        if envelope.rcpt_tos[0].startswith("data"):
            return f"{envelope.rcpt_tos[0][4:7]} not this text"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def serve(box, **more):
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **more)
    controller.start()
    return controller


def speak_to(url):
    ports.house.config = dataclasses.replace(ports.house.config, smtp_url=url)


@pytest.fixture
def box(context, socket_enabled):
    made = Postbox()
    controller = serve(made)
    speak_to(f"smtp://127.0.0.1:{controller.port}")
    yield made
    controller.stop()


def write(*addresses, **values):
    with given():
        for address in addresses:
            mail.write(address, "en", "request_submitted", **{
                "name": "Amina", "number": "MMC-4Mi-2026-0001", "path": "/requests/" + "a" * 32,
                "dataset": {"label_en": "Core", "label_fr": "Base"},
            } | values)  # fmt: skip


def letters():
    with transaction() as current:
        return {one.address: one for one in current.scalars(select(mail.Letter))}


def test_a_batch_goes_over_one_connection_and_one_refusal_stops_nobody_else(box):
    write("a@x.org", "550@x.org", "b@x.org", "450@x.org", "data554@x.org", "data451@x.org", "c@x.org")
    assert mail.carry() == 3
    assert [one["To"] for one in box.letters] == ["a@x.org", "b@x.org", "c@x.org"]
    assert len(box.sessions) == 1
    found = {name: (one.status, one.fault) for name, one in letters().items()}
    assert found["550@x.org"] == found["data554@x.org"] == ("failed", "refused_for_good")
    assert found["450@x.org"] == found["data451@x.org"] == ("queued", "refused_for_now")
    assert not any(one.doubtful for one in letters().values())


def test_pauses_grow_and_attempts_end(box, time_machine):
    write("450@x.org")
    pauses = []
    while (letter := letters()["450@x.org"]).status == "queued":
        time_machine.move_to(letter.due_at, tick=False)
        mail.carry()
        pauses.append(letters()["450@x.org"].due_at - clock.now())
    assert len(pauses) == mail.MOST_ATTEMPTS
    assert pauses == sorted(pauses)
    assert pauses[0] == dt.timedelta(minutes=2)
    assert pauses[-1] == dt.timedelta(hours=4)
    assert letters()["450@x.org"].status == "failed"


def test_a_server_that_is_away_costs_no_attempt(context, socket_enabled, time_machine):
    speak_to(f"smtp://127.0.0.1:{free_port()}")
    write("a@x.org")
    waits = []
    for _ in range(20):
        time_machine.move_to(letters()["a@x.org"].due_at, tick=False)
        assert mail.carry() == 0
        waits.append(letters()["a@x.org"].due_at - clock.now())
    found = letters()["a@x.org"]
    assert (found.status, found.attempts, found.fault) == ("queued", 0, "unreachable")
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (dt.timedelta(seconds=15), dt.timedelta(minutes=15))


def test_lines_that_begin_with_a_dot_and_words_of_every_script_arrive_as_written(box):
    write("a@x.org", name=".\n.Amína 你好", number="№ 1")
    assert mail.carry() == 1
    text = box.letters[0].get_body(("plain",)).get_content()
    assert "\n.Amína 你好," in text
    assert "№ 1" in box.letters[0]["Subject"]


def test_a_letter_that_cannot_be_put_into_words_stops_no_other(box):
    with given():
        mail.write("a@x.org", "en", "no_such_template", number="1")
    write("b@x.org")
    assert mail.carry() == 1
    assert letters()["a@x.org"].fault == "unwritable"


@pytest.mark.parametrize("address", ["amína@x.org", "a@", "@x.org", "a b@x.org", "a@x.org>, <b@x.org"])
def test_an_address_nobody_can_write_to_is_given_up_at_once_and_stops_no_other(box, address):
    write(address, "b@x.org")
    assert mail.carry() == 1
    assert (letters()[address].status, letters()[address].fault) == ("failed", "address")


def test_a_domain_of_another_script_is_spelled_as_servers_read_it(box):
    write("amina@münchen.example")
    assert mail.carry() == 1
    assert box.letters[0]["To"] == "amina@xn--mnchen-3ya.example"


def test_every_fault_has_its_words():
    assert set(words.FAULT) == set(FAULTS)


class Strict(HTMLParser):
    """Collects what an HTML part links to and what it would load."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        found = dict(attributes)
        if "href" in found:
            self.links.append(found["href"])
        self.loads += [value for name, value in attributes if name in {"src", "background", "srcset"}]


def test_both_parts_say_the_same_and_the_html_loads_nothing(box):
    write("a@x.org", name='<b>"Amina"</b>')
    assert mail.carry() == 1
    (letter,) = box.letters
    assert letter.get_content_type() == "multipart/alternative"
    plain, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    url = f"{ports.house.config.public_url}/requests/{'a' * 32}"
    assert url in plain
    seen = Strict(html)
    assert seen.links == [url, f"{ports.house.config.public_url}/profile#messages"]
    assert seen.loads == []
    assert not {"img", "script", "style", "link", "form"} & set(seen.tags)
    assert '<html lang="en"' in html
    assert "&lt;b&gt;" in html
    assert ">See where it stands</a>" in html
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Portal-Attempt"] == "1"
    assert all(ord(sign) < 128 for sign in letter.as_string())


# ---- encryption ----
@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=36500))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


def _passes(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"portal", b"a:b"), handled=False)


# smtps is encrypted from its first byte: the test's server only does not know that it is
OPEN = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(params=["smtps", "smtp+starttls"])
def encrypted(request, context, socket_enabled, certificate):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    made, more = Postbox(), {"authenticator": _passes, "auth_required": True}
    if request.param == "smtps":
        controller = serve(made, ssl_context=tls, auth_require_tls=False, **more)
    else:
        controller = serve(made, tls_context=tls, require_starttls=True, **more)
    made.address = f"{request.param}://{{}}127.0.0.1:{controller.port}"
    yield made
    controller.stop()


@OPEN
def test_a_server_with_a_certificate_that_holds_gets_password_and_letter(encrypted, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    speak_to(encrypted.address.format("portal:a%3Ab@"))
    write("a@x.org")
    assert mail.carry() == 1
    assert len(encrypted.letters) == 1


@OPEN
def test_a_certificate_nobody_vouches_for_is_refused(encrypted):
    speak_to(encrypted.address.format("portal:a%3Ab@"))
    write("a@x.org")
    assert mail.carry() == 0
    assert (letters()["a@x.org"].fault, letters()["a@x.org"].attempts) == ("certificate", 0)
    assert encrypted.letters == []


@OPEN
def test_a_wrong_password_costs_no_attempt(encrypted, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    speak_to(encrypted.address.format("portal:wrong@"))
    write("a@x.org")
    assert mail.carry() == 0
    assert (letters()["a@x.org"].fault, letters()["a@x.org"].attempts) == ("credentials", 0)
