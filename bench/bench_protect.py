"""Protecting synthetic surveys: seconds, and how much of the keys is kept, against what the demonstration needs."""

import resource
import time

from bench.common import line
from portal.catalogue import codebook, synthetic
from portal.disclosure.protect import protect
from portal.disclosure.ruleset import default

# CPU seconds; share of key cells shown; share of rows that keep country and year. A small survey has to give more.
LIMITS = {3_000: (2.0, 0.7, 0.7), 20_000: (4.0, 0.8, 0.9), 140_000: (25.0, 0.85, 0.95)}


def main() -> None:
    rules, lists = default("partner"), codebook.reference().hierarchies()
    for rows, (limit, shown, placed) in LIMITS.items():
        frame = synthetic.draw(rows, 4, dirt=False).frame.copy()
        frame.insert(0, "interview_id", frame["_uuid"])
        started = time.process_time()
        outcome = protect(frame, rules, lists)
        line(f"{rows:,} rows: protect, CPU", time.process_time() - started, limit, "s", most=True)
        kept = outcome.frame[rules.key_columns] != ".s"
        line(f"{rows:,} rows: key cells still shown", float(kept.to_numpy().mean()), shown, "", most=False)
        line(
            f"{rows:,} rows: rows that keep country and year",
            float((kept["country"] & kept["year"]).mean()),
            placed,
            "",
            most=False,
        )
        line(f"{rows:,} rows: smallest class", outcome.report["smallest_class"], rules.k, "", most=False)
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 4, "GB", most=True)


main()
