"""Tables: cells hidden and seconds beside GaussSuppression, on the tables it was measured on; then noise and rounding.

The 1,768 cells are nationality 16 × country of interview 25 × education 3, each with its total, over syng_10000; the
7,072 cells are the same by sex. Its figures were recorded by running GaussSuppression 1.2.3 for R on this machine
class: 131 cells hidden besides the rule's in 1.8 s at threshold 3, 50 at 5, 45 at 10; and 820 in 20.5 s for 7,072.
"""

import resource
import time

import numpy as np

from bench.common import line
from bench.keys import keys
from portal.disclosure.tables.averaging import remaining
from portal.disclosure.tables.cellkey import perturbed, record_keys
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.ptable import ptable
from portal.disclosure.tables.rounding import rounded
from portal.disclosure.tables.secondary import suppress
from portal.disclosure.tables.system import sliding

SIDES = ["nationality", "interview_country", "education"]
PEER = {(1768, 3): (131, 1.8), (1768, 5): (50, None), (1768, 10): (45, None), (7072, 3): (820, 20.5)}
GOAL = {1768: 1.0, 7072: 5.0}


def hiding(frame, sides, minimum):
    started = time.process_time()
    made = cube(frame, [[side] for side in sides])
    system = made.system(made.count())
    primary = (system.values > 0) & (system.values < minimum)
    what = f"{len(system.values):,} cells, below {minimum}"
    cells, seconds = PEER[len(system.values), minimum]
    hidden = suppress(system, primary)
    took = time.process_time() - started
    line(f"{what}: cells hidden besides {int(primary.sum())}", int((hidden & ~primary).sum()), cells, "", most=True)
    line(f"{what}: laid out, hidden and audited, CPU", took, GOAL[len(system.values)], "s", most=True)
    if seconds is not None:
        line(f"{what}: times faster than the peer", seconds / took, 1, "×", most=False)
    started = time.process_time()
    wide = suppress(system, primary, sliding(system, primary, minimum - system.values))
    took = time.process_time() - started
    print(f"     {what}: intervals too: {int((wide & ~primary).sum())} cells, {took:.2f} s CPU")


def main():
    frame = keys(10_000, coarse=True)
    for minimum in (3, 5, 10):
        hiding(frame, SIDES, minimum)
    hiding(frame, [*SIDES, "sex"], 3)
    made = cube(frame, [[side] for side in SIDES])
    count = made.count()
    started = time.process_time()
    perturbed(count, made.added(record_keys(b"x" * 32, [str(at) for at in range(len(frame))])), ptable())
    print(f"     cell keys, 10,000 records, 1,768 cells: {time.process_time() - started:.3f} s CPU")
    started = time.process_time()
    left = remaining(made.relations(), count > 0, 3.0)
    took = time.process_time() - started
    print(f"     noise left of 3.0 after adding up: {left[count > 0].min():.2f}; {took:.3f} s CPU")
    for base in (3, 5, 10):
        started = time.process_time()
        off = np.abs(rounded(made.system(count), base) - count)
        took = time.process_time() - started
        print(f"     rounded to {base}: farthest {off.max():.0f}, mean {off.mean():.2f}; {took:.2f} s CPU")
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1, "GB", most=True)


main()
