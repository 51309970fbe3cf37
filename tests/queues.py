"""The databases of the Redis server that PORTAL_TEST_REDIS names.

Processes side by side must not answer each other's bells, nor a portal the tests started that of another: every process
has BLOCK databases to itself, counted down from the named one."""

import os

BLOCK = 4
TESTS, BROWSER, HOUSES = 0, 1, 2
NAMED = os.environ.get("PORTAL_TEST_REDIS", "")
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def address(place):
    """The address of this process's database at a place of its block (0 to BLOCK - 1); "" where no server is named."""
    if not NAMED:
        return ""
    server, _, last = NAMED.rpartition("/")
    number = int(last) - BLOCK * PROCESS - place
    if not 0 <= place < BLOCK or number < 0:
        raise ValueError(f"The server has no database for process {PROCESS}, place {place}: run fewer side by side.")
    return f"{server}/{number}"
