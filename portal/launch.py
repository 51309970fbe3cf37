"""Starting and ending the portal's processes on one machine. Whatever was started here ends with us."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from portal import embedded

START_SECONDS = 90


class PortTaken(RuntimeError):
    """Somebody already listens where the portal would."""


def refuse_taken_port(port: int) -> None:
    """Raise PortTaken if ``port`` is in use, naming the way to choose another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken(f"PORT: {port} is taken; choose another, for example by adding PORT={port + 1}") from None


@contextlib.contextmanager
def processes(instance: Path, public_url: str, environment: dict[str, str]) -> Iterator[str]:
    """Run web, worker and keeper (and the embedded queue, unless REDIS_URL names one) while the block runs.

    Yields the address the portal answers at.
    """
    refuse_taken_port(urlsplit(public_url).port or 8000)
    logs = instance / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        env = os.environ | environment
        if not env.get("REDIS_URL"):
            server = embedded.start(instance)
            started |= {"queue": server} if server else {}
            env["REDIS_URL"] = embedded.url_for(instance)
        for name, command in _commands(public_url).items():
            with (logs / f"{name}.log").open("ab") as output:
                started[name] = subprocess.Popen(  # noqa: S603 -- our own interpreter and constants
                    command, env=env, stdout=output, stderr=output, start_new_session=True
                )
        _wait_until_up(public_url, started.values())
        yield public_url
    finally:
        _end(started)


def _commands(public_url: str) -> dict[str, list[str]]:
    parts = urlsplit(public_url)
    web = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{parts.port or 8000}", "--workers", "2"]
    web += ["--threads", "4", "--worker-class", "gthread", "--timeout", "120", "--log-level", "warning"]
    web += ["--no-control-socket"]  # or two instances would share a socket in the home folder
    return {
        "web": [*web, "wsgi:app"],
        "worker": [sys.executable, "-m", "portal", "worker"],
        "keeper": [sys.executable, "-m", "portal", "keeper"],
    }


def _wait_until_up(public_url: str, started: "Collection[subprocess.Popen[bytes]]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in started):
            break
        if _healthy(public_url):
            return
        time.sleep(0.1)
    raise RuntimeError("start: a process did not come up; see instance/log/")


def _healthy(public_url: str) -> bool:
    with (
        contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
        urllib.request.urlopen(f"{public_url}/healthz", timeout=2) as answer,  # noqa: S310 -- our own address
    ):
        return int(answer.status) == 200
    return False


def wait() -> None:
    """Wait for Ctrl-C or a signal to end."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for one in (signal.SIGTERM, signal.SIGINT):  # a shell that starts us in the background has SIGINT ignored
        signal.signal(one, stop)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _end(started: "dict[str, subprocess.Popen[bytes]]") -> None:
    """End what was started: first who writes, then the keeper, which signs the log's end, then the queue."""
    for group in (("web", "worker"), ("keeper",), ("queue",)):
        leaving = [started[name] for name in group if name in started]
        for process in leaving:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in leaving:
            _see_off(process)


def _see_off(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
