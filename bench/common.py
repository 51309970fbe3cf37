"""What the benchmarks share: a step measured in a process of its own, and one line for each figure and its goal.

A file that measures steps ends in ``run(main, STEPS)``. Called without arguments it prints its lines; called with a
step's name it loads that step's data, does the step once, cold, and prints what it took.
"""

import importlib.metadata
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
GOLDEN = ROOT.parent / "shared" / "golden"

Found = dict[str, float]
Step = Callable[..., Callable[[], Found]]


@dataclass(frozen=True)
class Run:
    """What a step found, its CPU seconds ``cpu``, those of its ``process`` (start and data included), ``peak`` GB."""

    found: Found
    cpu: float
    process: float
    peak: float
    version: str = ""


@dataclass(frozen=True)
class Peer:
    """Another tool and its ``figure`` on the same task, in the unit of the line; ``why`` there is none."""

    name: str
    figure: float | None = None
    why: str = ""


NOBODY = Peer("nobody", None, "no peer does this")


def run(main: Callable[[], None], steps: Mapping[str, Step]) -> None:
    """Print the lines; or be the process in which one step is measured."""
    if len(sys.argv) == 1:
        main()
        return
    step, version, *arguments = sys.argv[1:]
    task = steps[step](*arguments)
    began = time.process_time()
    found = task()
    cpu = time.process_time() - began
    made = importlib.metadata.version(version) if version else ""
    print(json.dumps([found, cpu, time.process_time(), peak(), made]))


def measured(step: str, *arguments: object, runs: int = 3) -> Run:
    """Do a step of the calling file in a few processes, one after another; the run of the median CPU seconds."""
    module = f"bench.{Path(sys.argv[0]).stem}"
    made = [_child(sys.executable, module, step, "", *arguments) for _ in range(runs)]
    return sorted(made, key=lambda one: one.cpu)[len(made) // 2]


def beside(package: str, step: str, *arguments: object) -> Run | str:
    """The same of an installed peer, once, in ``bench/peers/<step>.py``; or what is missing."""
    if not PEERS.exists():
        return "not measured: .venv-peers is missing (make bench makes it)"
    try:
        return _child(str(PEERS), f"bench.peers.{step}", package, package, *arguments)
    except subprocess.CalledProcessError as failed:
        return f"not measured: {(failed.stderr.strip().splitlines() or ['it stopped'])[-1]}"


def _child(python: str, module: str, *arguments: object) -> Run:
    told = subprocess.run(
        [python, "-m", module, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return Run(*json.loads(told.stdout.splitlines()[-1]))


def peak() -> float:
    """GB that this process has taken at most. The figure of ``resource`` would begin with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e9


def row(  # noqa: PLR0913 - a line has as many parts
    task: str, ours: float, goal: float, run: Run, peer: Peer, *, unit: str = "s", binds: str = ""
) -> None:
    """Print one line of the numbers to beat: less is better. ``binds`` says why, where the goal is missed."""
    held = ours <= goal
    digits = 0 if unit == "cells" else 3
    other = f"{peer.name} {peer.figure:,g} ({peer.figure / ours:.2f} x)" if peer.figure is not None else peer.why
    told = [
        f"{'ok  ' if held else 'MISS'} {task:<55} {ours:10,.{digits}f} {unit:<5}",
        f"{other:<37}",
        f"goal ≤ {goal:<8,g} {'met   ' if held else 'missed'}",
        f"process {run.process:.2f} s, {run.peak:.2f} GB",
    ]
    print(" | ".join(told), flush=True)
    if binds and not held:
        print(f"     what binds: {binds}", flush=True)


def seconds(task: str, run: Run, goal: float, peer: Peer, *, binds: str = "") -> None:
    """One line on CPU seconds."""
    row(f"{task}: CPU", run.cpu, goal, run, peer, binds=binds)


def also(task: str, name: str, ours: Run, other: Run | str, remark: str = "") -> None:
    """Print a line on a peer that runs beside ours, where the numbers to beat are another's."""
    if isinstance(other, str):
        print(f"     {task}, {name}: {other}", flush=True)
        return
    figures = f"{name} {other.version} {other.cpu:.3f} s ({other.cpu / ours.cpu:.1f} x ours, {ours.cpu:.3f} s)"
    print(f"     {task}, {figures}; process {other.process:.2f} s, {other.peak:.2f} GB{remark}", flush=True)


def absent(task: str, missing: Path) -> None:
    print(f"     {task}: not measured: {missing.name} is not in {missing.parent}", flush=True)


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
