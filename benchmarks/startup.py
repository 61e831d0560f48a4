"""How long `aesmap --help` takes, against a Python that imports click and rich and does nothing.

    python benchmarks/startup.py [--runs 25]

Both are started in turn, so that whatever else the machine does weighs on both; the figure is the
ratio of their medians, and the target is at most 3. The ratio of CPU times stands beside it. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

TARGET_RATIO = 3.0
HELP = (sys.executable, "-c", "from aesmap.cli.main import main; main()", "--help")
BASELINE = (sys.executable, "-c", "import click, rich")


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock and of CPU that one run takes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return wall_s, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=25, help="of each (default 25)")
    runs = parser.parse_args().runs
    for command in (HELP, BASELINE):  # the first start also compiles and fills the disk's cache
        timed(command)
    pairs = [(timed(HELP), timed(BASELINE)) for _ in range(runs)]
    help_wall_s, base_wall_s = (statistics.median(p[i][0] for p in pairs) for i in (0, 1))
    help_cpu_s, base_cpu_s = (statistics.median(p[i][1] for p in pairs) for i in (0, 1))
    ratio = help_wall_s / base_wall_s
    print(f"aesmap --help        {help_wall_s * 1e3:7.1f} ms, {help_cpu_s * 1e3:7.1f} ms CPU")
    print(f"import click, rich   {base_wall_s * 1e3:7.1f} ms, {base_cpu_s * 1e3:7.1f} ms CPU")
    result = {
        "benchmark": "startup",
        "runs": runs,
        "help_s": round(help_wall_s, 4),
        "baseline_s": round(base_wall_s, 4),
        "ratio": round(ratio, 3),
        "cpu_ratio": round(help_cpu_s / base_cpu_s, 3),
        "target_ratio": TARGET_RATIO,
        "met": ratio <= TARGET_RATIO,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
