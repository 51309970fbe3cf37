"""The line to the mail server: one connection for a batch, and an honest word on what became of each message.

The point of no return is the dot that ends a message. Before it the server cannot have taken anything; between it and
the server's answer nobody can know.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_SECONDS = 10
MOST_CONNECTIONS = 3  # in one batch
STARTTLS = frozenset({"smtp+starttls", "smtps+starttls"})
FAULTS = (
    "refused_for_now",  # the server said 4xx, or has something against the sender
    "refused_for_good",  # the server said 5xx of this letter or address
    "address",  # it cannot be written as mail servers everywhere read it
    "lost",  # the line broke before the message was whole
    "unanswered",  # the line broke after it: it may have arrived
    "killed",  # whoever was sending it is gone: it may have arrived
    "unwritable",  # the letter could not be put into words
    "unreachable",  # no connection to the server
    "certificate",  # the server's certificate does not hold
    "credentials",  # the server does not take the portal's password, or offers no encryption
    "folder",  # without a server: the folder cannot be written
)


class Unreachable(Exception):
    """There is no line to the server; ``fault`` says why. No letter was touched."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Fault(Exception):
    """A message did not go out, as far as is known."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault

    @property
    def for_good(self) -> bool:
        """Whether another attempt is in vain."""
        return self.fault in {"refused_for_good", "address"}

    @property
    def may_have_arrived(self) -> bool:
        """Whether the server may have taken it all the same."""
        return self.fault == "unanswered"


class Line:
    """A connection to the server of a URL: smtp (plain), smtp+starttls, smtps. Certificates are verified."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = urlsplit(url), name
        self._server: smtplib.SMTP | None = None
        self._connections = 0

    def ready(self) -> None:
        """See to it that the server listens and has forgotten the last message; connect anew if need be.

        Raises Unreachable.
        """
        if self._server is not None:
            try:
                if self._server.rset()[0] == 250:
                    return
            except OSError:  # which every error of smtplib is
                self.drop()
        if self._connections >= MOST_CONNECTIONS:
            raise Unreachable("unreachable")
        self._connections += 1
        self._server = _connected(self._url, self._name)

    def hand_over(self, message: EmailMessage, address: str, still_ours: Callable[[], bool]) -> None:
        """Give the server one message. ``still_ours`` is asked at the last moment at which it can be left.

        Raises Fault.
        """
        ended = False
        try:
            server = self._open()
            self._expect(server.mail(parseaddr(str(message["From"]))[1]), 250, sender=True)
            self._expect(server.rcpt(address), 250)
            self._expect(server.docmd("DATA"), 354)
            server.send(_stuffed(message.as_bytes()))
            if not still_ours():
                self.drop()
                raise Fault("lost")
            ended = True
            server.send(b".\r\n")
            self._expect(server.getreply(), 250)
        except OSError as error:
            self.drop()
            raise Fault("unanswered" if ended else "lost") from error

    def drop(self) -> None:
        """Let go of the connection without a word."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Say goodbye."""
        if self._server is not None:
            try:
                self._server.quit()
            except OSError:  # it is gone already
                self.drop()
            self._server = None

    def _open(self) -> smtplib.SMTP:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected("no line")
        return self._server

    def _expect(self, reply: tuple[int, bytes], wanted: int, *, sender: bool = False) -> None:
        code = reply[0]
        if code == wanted or (wanted == 250 and code == 251):
            return
        if code == 421:  # it is closing the line
            self.drop()
        if not 400 <= code <= 599:
            raise smtplib.SMTPServerDisconnected("no reply that can be understood")
        raise Fault("refused_for_good" if code >= 500 and not sender else "refused_for_now")


class Folder:
    """Where letters lie when there is no server: one file for each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ready(self) -> None:
        """Make the folder. Raises Unreachable."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable("folder") from error

    def hand_over(self, message: EmailMessage, address: str, still_ours: Callable[[], bool]) -> None:  # noqa: ARG002 -- as Line
        """Put a message into the folder under its own name: a second time it replaces itself. Raises Fault."""
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            (self._folder / f"{name}.part").write_bytes(message.as_bytes())
            (self._folder / f"{name}.part").replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise Fault("folder") from error

    def close(self) -> None:
        """Nothing is open."""


def spelled(address: str) -> str:
    """Return an address in ASCII, as every server reads it; a domain of another script has such a spelling.

    Raises Fault if it is none, or what stands before the @ has no such spelling.

    >>> spelled("amina@münchen.example")
    'amina@xn--mnchen-3ya.example'
    """
    name, at, domain = address.rpartition("@")
    try:
        plain = f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise Fault("address") from error
    if not (name and domain and plain.isascii() and plain.isprintable()) or set(plain) & set(" <>,;"):
        raise Fault("address")
    return plain


def _connected(url: SplitResult, name: str) -> smtplib.SMTP:
    host, context = url.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, url.port or 465, name, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, url.port or 25, name, timeout=TIMEOUT_SECONDS)
        if url.scheme in STARTTLS:
            server.starttls(context=context)
        if url.username and url.password:
            server.login(unquote(url.username), unquote(url.password))
        server.ehlo_or_helo_if_needed()
    except OSError as error:
        if server is not None:
            server.close()
        raise Unreachable(_reason(error)) from error
    return server


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError)):
        return "credentials"
    return "unreachable"


def _stuffed(content: bytes) -> bytes:
    r"""Return a message as it travels: lines end in CRLF, and a line that begins with a dot gets another.

    >>> _stuffed(b"one\r\n.two")
    b'one\r\n..two\r\n'
    """
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"
