"""A mail server in a process of its own: ``python -m tests.areas.mail.server port folder plan``.

It writes each message it took to the folder. The plan names the message at which it does something to itself:
``before:3`` dies with the third in hand, ``after:3`` dies when it has kept it and before it says so, ``silent:3`` keeps
it and never answers. ``take`` does its work.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller


class Postbox:
    def __init__(self, folder, plan):
        self.folder, self.count = Path(folder), 0
        self.deed, _, at = plan.partition(":")
        self.at = int(at or 0)

    async def handle_DATA(self, _server, _session, envelope):
        self.count += 1
        fatal = self.count == self.at
        if fatal and self.deed == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        path = self.folder / f"{os.getpid()}-{self.count:03}.eml"
        with path.with_suffix(".part").open("wb") as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").rename(path)
        if fatal and self.deed == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        if fatal and self.deed == "silent":
            await asyncio.sleep(600)
        return "250 taken"


def main(port, folder, plan):
    Controller(Postbox(folder, plan), hostname="127.0.0.1", port=int(port)).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
