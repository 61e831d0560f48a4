"""Scoring many photographs: how near aesmap comes to what the cores can do.

    python benchmarks/batch.py [--seconds 20] [--rounds 5] [--files 50000] [--rows 100000]

Photographs are packaged ones (scikit-image, scikit-learn) enlarged to 24 and to 1 megapixels with
the grain of a sensor. All figures are ratios of times taken in turn in the same run, so that they
hold on a machine that is also doing other things; how busy it was is told. Where a ratio of wall
times would not (two threads against one), it is also taken of CPU times. They are

- the pipeline's rate over cores / (decoding + resizing + model CPU seconds of one photograph, each
  measured alone on one thread), for both sizes;
- that rate against full decoding, resizing and the same model with all cores, one photograph at a
  time, which is what a loop over a folder does;
- the same work done by threads and by processes;
- the peak of memory of `aesmap score` on 50,000 small files (hard links) against 500, with a model
  that costs next to nothing;
- `aesmap score --resume` on a finished table of 100,000 rows: CPU seconds per file skipped;
- two Ray workers against the local engine with two threads;
- photographs of 24 megapixels read from their cameras' previews against the same read themselves.

Needs the extras `demo`, `ray` and `train`; `--skip speed memory resume cluster previews`
leaves some out.
The last line is JSON. Other tools: benchmarks/peers.py; providers: benchmarks/providers.py.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from batch_cluster import cluster
from batch_previews import QUALITIES, previews
from batch_scale import memory, skipping
from batch_speed import STEPS, speed
from photographs import SIZES, make_photos

from aesmap.cores import num_cores

PREVIEW_FIGURES = ("over_full", "over_full_by_cpu", "preview_cpu_ms", "full_cpu_ms", "mb")
PARTS = ("speed", "memory", "resume", "cluster", "previews")
MORE, LESS = True, False
TARGETS = {  # at least (or at most), aim, and which way is better
    "efficiency_of_given_24mp": (0.85, 0.95, MORE),
    "efficiency_of_given_1mp": (0.85, 0.95, MORE),
    "against_full_decoding_by_cpu_24mp": (4.0, 7.0, MORE),
    "memory_ratio": (1.2, 1.1, LESS),
    "skip_us": (20.0, 5.0, LESS),
    "ray_over_local": (0.7, 0.9, MORE),
    "ray_cpu_over_local": (0.7, 0.9, MORE),
    "previews_fine_over_full": (4.0, 8.0, MORE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each timing (default 20)")
    parser.add_argument("--rounds", type=int, default=5, help="of each timing (default 5)")
    parser.add_argument("--files", type=int, default=50_000, help="for memory (default 50000)")
    parser.add_argument("--rows", type=int, default=100_000, help="to resume (default 100000)")
    parser.add_argument("--photos", type=int, default=300, help="for Ray (default 300)")
    parser.add_argument("--skip", nargs="*", choices=PARTS, default=[], help="what to leave out")
    arguments = parser.parse_args()
    load_before = os.getloadavg()[0]
    result: dict[str, Any] = {
        "benchmark": "batch",
        "cores": num_cores(),
        "load_before": round(load_before, 2),
    }
    print(f"{num_cores()} cores, {load_before:.1f} of them busy with something else at the start")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "speed" not in arguments.skip:
            for label, size in SIZES.items():
                figures = speed(size, folder / label, arguments.seconds, arguments.rounds)
                _tell_speed(label, figures)
                result |= {f"{key}_{label}": value for key, value in figures.items()}
        if "memory" not in arguments.skip:
            peaks = memory(folder, arguments.files)
            print(
                f"memory: {peaks['peak_many_mb']:.0f} MB for {arguments.files:,} files,"
                f" {peaks['peak_500_mb']:.0f} MB for 500: {peaks['memory_ratio']:.3f}"
            )
            result |= peaks
        if "resume" not in arguments.skip:
            result["skip_us"] = skipping(folder, arguments.rows)
            print(
                f"resuming {arguments.rows:,} rows: {result['skip_us']:.1f} us of CPU per file"
                " skipped"
            )
        if "cluster" not in arguments.skip:
            photos = make_photos(folder / "for ray", SIZES["24mp"])
            figures = cluster(photos, folder / "ray", arguments.photos, arguments.rounds)
            print(
                f"two Ray workers: {figures['ray_over_local']:.2f} of the local engine's rate,"
                f" {figures['ray_cpu_over_local']:.2f} of its photographs per CPU second; Ray takes"
                f" {figures['ray_start_s']:.1f} s to start, and {figures['ray_first_s']:.1f} s to"
                f" the first rows (local: {figures['local_first_s']:.1f} s)"
            )
            result |= figures
        if "previews" not in arguments.skip:
            figures = previews(folder / "previews", arguments.seconds, arguments.rounds)
            for label in QUALITIES:
                each = {n: figures[f"previews_{label}_{n}"] for n in PREVIEW_FIGURES}
                print(
                    f"previews of {label} files of {each['mb']:.1f} MB, 24 megapixels:"
                    f" {each['over_full']:.1f} x their rate, {each['over_full_by_cpu']:.1f} x by"
                    f" CPU time ({each['preview_cpu_ms']:.0f}, {each['full_cpu_ms']:.0f} ms each)"
                )
            result |= figures
    result = {key: float(f"{value:.4g}") if isinstance(value, float) else value
              for key, value in result.items()}  # fmt: skip
    result |= _against_targets(result)
    print(json.dumps(result))


def _tell_speed(label: str, figures: dict[str, float]) -> None:
    steps = " + ".join(f"{name} {figures[f'{name}_ms']:.1f}" for name in STEPS)
    print(
        f"{label}: {steps} ms of CPU; pipeline {figures['efficiency']:.2f} of what the cores can"
        f" do, {figures['efficiency_of_given']:.2f} of what the {figures['cores_given']:.2f} cores"
        f" that were to be had can ({figures['cpu_efficiency']:.2f} of its own CPU time);"
        f" {figures['against_full_decoding']:.1f} x full decoding one at a time,"
        f" {figures['against_full_decoding_by_cpu']:.1f} x by CPU time;"
        f" processes take {figures['processes_over_threads']:.2f} x the time of threads"
    )


def _against_targets(result: dict[str, Any]) -> dict[str, Any]:
    print(f"\n{'figure':<36}{'at least':>10}{'aim':>8}{'measured':>10}")
    met = aimed = True
    for name, (least, aim, more) in TARGETS.items():
        if name not in result:
            continue
        value = result[name]
        met &= value >= least if more else value <= least
        aimed &= value >= aim if more else value <= aim
        print(f"{name:<36}{least:>10}{aim:>8}{value:>10.3g}")
    return {"targets": {name: values[:2] for name, values in TARGETS.items()}, "met": met,
            "aims_met": aimed}  # fmt: skip


if __name__ == "__main__":
    main()
