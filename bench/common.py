"""What the benchmarks share: medians of interleaved runs, printed as ratios."""

import statistics
import time
from collections.abc import Callable


def interleaved(runs: int, **candidates: Callable[[], object]) -> dict[str, float]:
    """Run the candidates in turns; return the median seconds of each, so that a slow minute hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, candidate in candidates.items():
            started = time.perf_counter()
            candidate()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in seconds.items()}


def line(what: str, value: float, limit: float, unit: str, *, most: bool) -> None:
    """Print one figure beside its limit; ``most`` when smaller is better."""
    held = value <= limit if most else value >= limit
    sign = "≤" if most else "≥"
    print(f"{'ok  ' if held else 'MISS'} {what:<58} {value:10.3f} {unit:<6} (goal {sign} {limit:g})")
