"""Looking through uploads for malicious software: a clamd server where one is configured, else nothing and said so.

The protocol is clamd's INSTREAM (https://docs.clamav.net/manual/Usage/Scanning.html): lengths and chunks, then 0.
"""

import socket
import struct
from collections.abc import Callable

from portal.errors import ScanFailed

NOT_SCANNED, CLEAN, INFECTED = "not_scanned", "clean", "infected"
CHUNK = 64 * 1024
SECONDS = 30
LONGEST = 4096  # bytes of an answer


def not_scanned(_data: bytes) -> str:
    """Answer for a house without a scanner."""
    return NOT_SCANNED


def by_clamd(address: str) -> Callable[[bytes], str]:
    """Return a scanner that asks the clamd at ``address`` (host:port).

    It returns "clean" or "infected", and raises ScanFailed if the server cannot be asked or does not know.
    """
    host, _, port = address.rpartition(":")

    def scan(data: bytes) -> str:
        try:
            with socket.create_connection((host, int(port)), timeout=SECONDS) as server:
                answer = _ask(server, data)
        except OSError as error:
            raise ScanFailed("clamd: cannot be reached; nothing was stored") from error
        if answer.endswith(b"OK"):
            return CLEAN
        if answer.endswith(b"FOUND"):
            return INFECTED
        raise ScanFailed("clamd: gave no verdict; nothing was stored")

    return scan


def _ask(server: socket.socket, data: bytes) -> bytes:
    server.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), CHUNK):
        piece = data[start : start + CHUNK]
        server.sendall(struct.pack("!I", len(piece)) + piece)
    server.sendall(struct.pack("!I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST:
        piece = server.recv(LONGEST)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n")
