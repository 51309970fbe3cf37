"""A PostgreSQL server of the tests' own: the machine's binaries, a throw-away folder, nothing synced to disk.

``python -m tests.postgres start FOLDER`` prints its address; ``stop FOLDER`` ends it. A server that syncs every commit
makes each test's fresh database cost a second; what is tested here is the portal, not the disk.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c listen_addresses=127.0.0.1"


def binaries():
    """Return the folder of the newest server binaries; None if this machine has none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).parent if on_path else None


def _demoted():
    """Return how to run as somebody else when we are root: the server refuses to run as root."""
    if os.getuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": "/"}
    raise SystemExit("PostgreSQL: refuses to run as root, and there is nobody else on this machine")


def start(folder):
    where, runs = binaries(), _demoted()
    if where is None:
        raise SystemExit("PostgreSQL: no server binaries on this machine (Debian's package postgresql has them)")
    folder.mkdir(parents=True, exist_ok=True)
    if runs:
        os.chown(folder, runs["user"], runs["group"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    quiet = {"check": True, "stdout": sys.stderr, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **runs}
    init = [where / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, **quiet)
    options = f"{OPTIONS} -c port={port} -c unix_socket_directories={folder}"
    subprocess.run([where / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start"], **quiet)
    return f"postgresql://postgres@127.0.0.1:{port}"


def stop(folder):
    subprocess.run(
        [binaries() / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], stdout=sys.stderr, **_demoted()
    )


if __name__ == "__main__":
    verb, place = sys.argv[1], Path(sys.argv[2])
    if verb == "start":
        print(start(place))
    else:
        stop(place)
