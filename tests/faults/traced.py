"""Web or worker with every file they write to kept: `python -m tests.faults.traced web|worker ORDER.json`.

Each file opened for writing is held open a second time, so that what was written to it can be read at the end even if
it never had a name or has been removed. A thread beside looks at the open files of the process, for what libraries
open behind Python's back.
"""

import builtins
import contextlib
import io
import json
import os
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path

WRITES = os.O_WRONLY | os.O_RDWR
_place = {}  # "out": the folder that the report goes to
_kept = {}  # (device, inode) -> (our own descriptor, name)
_listed = []  # what the interpreter said it opens for writing
_lock = threading.Lock()


def install(out):
    """Watch from now on; also in every process forked from this one."""
    _place["out"] = Path(out)
    plain_open, plain_os_open = io.open, os.open

    def opened(file, mode="r", *args, **more):
        result = plain_open(file, mode, *args, **more)
        if set(mode) & set("wax+"):
            _keep(result.fileno(), str(file))
        return result

    def os_opened(path, flags, *args, **more):
        handle = plain_os_open(path, flags, *args, **more)
        if flags & WRITES:
            _keep(handle, str(path))
        return handle

    builtins.open = io.open = opened
    os.open = os_opened
    sys.addaudithook(_heard)


def _heard(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(flags, int) and flags & WRITES) or (isinstance(mode, str) and set(mode) & set("wax+")):
            _listed.append(str(path))


def _keep(handle, name):
    with contextlib.suppress(OSError), _lock:
        status = os.fstat(handle)
        if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in _kept:
            _kept[status.st_dev, status.st_ino] = (os.dup(handle), name)


def look():
    """Look for files that something else than Python has opened for writing."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            status = entry.stat()
            if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) in _kept:
                continue
            flags = int(Path(f"/proc/self/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0], 8)
            if flags & WRITES:
                _keep(int(entry.name), str(entry.readlink()))


def look_on():
    """Look every few milliseconds, from a thread of this process."""

    def watch():
        while True:
            look()
            time.sleep(0.003)

    threading.Thread(target=watch, daemon=True).start()


def dump():
    """Write down what was written, file by file, for whoever asked to watch."""
    look()
    with _lock:
        kept, listed = dict(_kept), list(_listed)
    folder = _place["out"] / f"{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    found = []
    for number, (handle, name) in enumerate(kept.values()):
        if str(_place["out"]) in name:
            continue
        size = os.fstat(handle).st_size
        (folder / f"{number}.bin").write_bytes(_content(handle, size))
        found.append({"name": name, "size": size, "file": str(folder / f"{number}.bin")})
    (folder / "list.json").write_text(json.dumps({"files": found, "listed": listed}))


def _content(handle, size):
    with contextlib.suppress(OSError):
        again = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY)  # ours may be open for writing only
        try:
            return b"".join(iter(lambda: os.read(again, 1 << 20), b""))
        finally:
            os.close(again)
    return os.pread(handle, size, 0)


def web(order):
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self):
            bind = order["address"].removeprefix("http://")
            options = {"bind": bind, "workers": 1, "threads": 4, "worker_class": "gthread", "loglevel": "warning"}
            for name, value in options.items():
                self.cfg.set(name, value)
            self.cfg.set("post_fork", lambda _server, _worker: look_on())
            self.cfg.set("worker_exit", lambda _server, _worker: dump())

        def load(self):
            from portal.app import create_app

            return create_app()

    Server().run()


def worker(order):
    from portal import worker as real
    from portal.app import create_app
    from portal.jobs import bell

    wake = bell.wake

    def traced_wake():
        look_on()
        try:
            wake()
        finally:
            dump()

    bell.wake = traced_wake
    real.run(create_app())


def leak(order):
    """Do what must never happen, to show that it would be seen."""
    with tempfile.TemporaryFile() as file:
        file.write(order["canary"].encode())
    with tempfile.NamedTemporaryFile() as file:
        file.write(order["canary"].encode())
    handle = os.open(Path(tempfile.gettempdir()) / "gone", os.O_WRONLY | os.O_CREAT)
    os.write(handle, order["canary"].encode())
    os.close(handle)
    (Path(tempfile.gettempdir()) / "gone").unlink()
    Path(tempfile.gettempdir(), "by-path").write_text(order["canary"])
    look_on()
    import pyarrow as pa
    import pyarrow.parquet as pq

    parquet = Path(tempfile.gettempdir(), "x.parquet")  # pyarrow opens it in C++
    table = pa.table({"a": [f"{order['canary']}{n}" for n in range(10_000)]})
    with pq.ParquetWriter(parquet, table.schema, compression="none", use_dictionary=False) as writer:
        for _ in range(20):
            writer.write_table(table)
            time.sleep(0.02)  # written over a while, as a survey is, so that a busy machine's watcher gets its look
    parquet.unlink()
    dump()


def main():
    what, path = sys.argv[1:]
    order = json.loads(Path(path).read_text())
    install(order["out"])
    {"web": web, "worker": worker, "leak": leak}[what](order)


if __name__ == "__main__":
    main()
