"""All benchmarks, one file after another; at the end every goal that was missed once more."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    held, missed, broken = 0, [], []
    for file in sorted(HERE.glob("bench_*.py")):
        print(f"== {file.stem}", flush=True)
        command = [sys.executable, "-m", f"bench.{file.stem}"]
        with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as running:
            for told in running.stdout or ():
                print(told, end="", flush=True)
                held += told.startswith("ok ")
                missed += [told.rstrip()] if told.startswith("MISS") else []
        broken += [file.stem] if running.returncode else []
    print(f"== {held} goals met, {len(missed)} missed", *missed, sep="\n", flush=True)
    if broken:
        raise SystemExit(f"stopped before their end: {', '.join(broken)}")


main()
