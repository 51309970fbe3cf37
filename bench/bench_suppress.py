"""Strict and match suppression beside ARX 3.9.2 and sdcMicro 5.8.1: hidden cells and seconds, leftovers paid.

The golden folder holds Adult; without it those lines are left out.
"""

import resource
import time
from pathlib import Path

import pandas as pd

from bench.common import line
from bench.keys import EIGHT, SIX, keys
from portal.disclosure.attack import plain_keys
from portal.disclosure.suppress import suppress
from portal.disclosure.wildcard import suppress_match

GOLDEN = Path(__file__).parents[2] / "shared" / "golden" / "arx"
# Table, k: cells that ARX 3.9.2 hides, goal in cells, goal in seconds.
STRICT = {
    ("syng_10000 six", 3): (4563, 4100, 0.3),
    ("syng_10000 six", 5): (7090, 6300, 0.3),
    ("syng_10000 eight", 3): (15814, 14958, 1.3),
    ("syng_100000 six", 3): (10223, 8670, 1.3),
    ("Adult nine", 3): (30489, 28810, 1.3),
    ("Adult nine", 5): (38219, 36660, 1.3),
}
# Table, k: cells and seconds of sdcMicro 5.8.1, goal in cells, goal in seconds.
MATCH = {
    ("syng_10000 six", 3): (3900, 37.0, 1372, 1.3),
    ("syng_100000 six", 3): (8282, 202.0, 2196, 7.0),
}


def tables() -> dict[str, pd.DataFrame]:
    small, large = keys(10_000, coarse=True), keys(100_000, coarse=True)
    made = {"syng_10000 six": small[SIX], "syng_10000 eight": small[EIGHT], "syng_100000 six": large[SIX]}
    if GOLDEN.exists():
        made["Adult nine"] = pd.read_csv(GOLDEN / "adult.csv", sep=";", dtype="str")
    return {name: frame.astype("str") for name, frame in made.items()}


def strict(frames: dict[str, pd.DataFrame]) -> None:
    for (name, k), (peer, cells, seconds) in STRICT.items():
        if name not in frames:
            continue
        frame = frames[name]
        started = time.process_time()
        made = suppress(frame, plain_keys(list(frame)), k, closing=None)
        spent = time.process_time() - started
        hidden = int((made != frame).to_numpy().sum())
        line(f"{name}, strict k = {k}: cells ({hidden / peer:.2f} of ARX)", hidden, cells, "", most=True)
        line(f"{name}, strict k = {k}: CPU", spent, seconds, "s", most=True)


def match(frames: dict[str, pd.DataFrame]) -> None:
    for (name, k), (peer_cells, peer_seconds, cells, seconds) in MATCH.items():
        frame = frames[name]
        started = time.process_time()
        made = suppress_match(frame, SIX, k)
        spent = time.process_time() - started
        hidden = int((made != frame).to_numpy().sum())
        line(f"{name}, match k = {k}: cells ({hidden / peer_cells:.2f} of sdcMicro)", hidden, cells, "", most=True)
        line(f"{name}, match k = {k}: CPU ({peer_seconds / spent:.0f} times as fast)", spent, seconds, "s", most=True)


def main() -> None:
    frames = tables()
    strict(frames)
    match(frames)
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1, "GB", most=True)


main()
