"""Tables: SQLite, the standard library's readers and pyarrow against DuckDB.

    python benchmarks/tables.py [--rows 200000] [--rounds 3]

Each task runs in a process of its own, and the engines take turns: reading CSV, JSON Lines and
Parquet into rows, two conditions on each, and writing the Parquet of an unfinished run. aesmap
reads CSV and JSON Lines by the standard library, with every value checked, answers conditions by
SQLite, and reads and writes Parquet by DuckDB; DuckDB's own rows are tuples of declared types. Wall
and CPU seconds are those of the task, peaks of memory those of its process (on Linux); the start is
importing the engine alone. Needs the extras `parquet` and `ray`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from measuring import medians

from aesmap.columns import TABLE
from aesmap.results.formats import FILE_FORMATS, TableModel
from aesmap.results.parquet import ParquetFormat, flat_row
from aesmap.results.query import Where
from aesmap.results.readers import read_rows
from aesmap.results.run_file import RunFile, unfinished
from aesmap.results.store import write_table

CONDITIONS = {
    "columns": "p_high > 0.5 AND NOT uncertain",
    "attributes": "attributes ->> 'Water' > 0.5",
}
_DUCK_TYPES = {int: "INTEGER", float: "DOUBLE", bool: "BOOLEAN", dict: "JSON"}
_DUCK_COLUMNS = {column.name: _DUCK_TYPES.get(column.kind, "VARCHAR") for column in TABLE}

# A task by its name in a process of its own; the end of stdout is its cost.
_TASK = """
import re, sys, time
sys.path.insert(0, sys.argv[1])
import tables
task = tables.task(sys.argv[2], sys.argv[3])
wall, cpu = time.perf_counter(), time.process_time()
found = task()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
# Not ru_maxrss, which begins at that of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print(found, wall, cpu, int(peak[1]) / 1024)
"""


def make_tables(folder: Path, count: int) -> None:
    """A table of each format and an unfinished run, of rows as the bundled model says them."""
    import numpy as np

    from aesmap.loading import load

    analyzer = load(num_threads=1)
    row = analyzer.assess(np.zeros((80, 120, 3), np.uint8)).to_row()
    draw = random.Random(0)

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(count):
            attributes = {name: round(draw.random(), 4) for name in row["attributes"]}
            yield row | {
                "path": f"/mnt/photos/2026/shoot {number // 500}/IMG_{number:07}.jpg",
                "p_high": round(draw.random(), 6),
                "uncertain": number % 3 == 0,
                "attributes": attributes,
                "fingerprint": f"{draw.randrange(10**7)}-1790000000000000000",
            }

    model = TableModel(row["model"], analyzer.manifest.onnx_sha256)
    for name in FILE_FORMATS:
        write_table(folder / f"t.{name}", name, rows(), model)
    run = RunFile(unfinished(folder / "run.parquet"))
    run.begin(model, replaces_output=True)
    for each in rows():
        run.write(each)
    run.close()


def task(name: str, folder: str) -> Callable[[], int]:
    """``engine:what:format[:condition]`` to what is measured, which returns what came of it."""
    engine, what, file_format, *condition = name.split(":")
    table = Path(folder) / f"t.{file_format}"
    tasks = _duckdb_tasks if engine == "duckdb" else _sqlite_and_pyarrow_tasks
    return tasks(table, CONDITIONS[condition[0]] if condition else "")[what]


def _sqlite_and_pyarrow_tasks(table: Path, condition: str) -> dict[str, Callable[[], int]]:
    def rows() -> Iterator[dict[str, Any]]:
        if table.suffix != ".parquet":
            yield from read_rows(table)
            return
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(table) as file:
            for batch in file.iter_batches(batch_size=4096):
                for row in batch.to_pylist():
                    yield row | {"attributes": json.loads(row["attributes"])}

    def write() -> int:
        import pyarrow.parquet

        types = {int: pyarrow.int32(), float: pyarrow.float64(), bool: pyarrow.bool_()}
        schema = pyarrow.schema([(c.name, types.get(c.kind, pyarrow.string())) for c in TABLE])
        target = table.with_name("pyarrow.parquet")
        run = RunFile(unfinished(table.with_name("run.parquet")))
        left = iter(run.rows())
        with pyarrow.parquet.ParquetWriter(target, schema) as writer:
            while group := [flat_row(row) for row in islice(left, 16_384)]:
                writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
        run.close()
        return target.stat().st_size

    return {
        "read": lambda: sum(1 for _ in rows()),
        "where": lambda: sum(map(Where(condition), rows())),
        "write": write,
    }


def _duckdb_tasks(table: Path, condition: str) -> dict[str, Callable[[], int]]:
    import duckdb

    sources = {
        ".csv": f"read_csv('{table}', header = true, columns = {_DUCK_COLUMNS})",
        ".jsonl": f"read_json('{table}', format = 'newline_delimited', columns = {_DUCK_COLUMNS})",
        ".parquet": f"read_parquet('{table}')",
    }
    source = sources[table.suffix]
    # The text that ->> gives is no number to DuckDB.
    wanted = condition.replace("attributes ->> 'Water'", "(attributes ->> 'Water')::DOUBLE")

    def read() -> int:
        found, count = duckdb.execute(f"SELECT * FROM {source}"), 0
        while rows := found.fetchmany(4096):
            count += len(rows)
        return count

    def write() -> int:
        target = table.with_name("duckdb.parquet")
        run = RunFile(unfinished(table.with_name("run.parquet")))
        with target.open("wb") as file:
            ParquetFormat().write(file, run.rows(), TableModel("m", "0"))
        run.close()
        return target.stat().st_size

    return {
        "read": read,
        "where": lambda: len(
            duckdb.execute(f"SELECT path FROM {source} WHERE {wanted}").fetchall()
        ),
        "write": write,
    }


def measured(name: str, folder: Path) -> tuple[int, dict[str, float]]:
    """What a task found, and what it cost."""
    words = [sys.executable, "-c", _TASK, str(Path(__file__).parent), name, str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found, wall, cpu, peak = done.stdout.split()
    return int(found), {"wall_s": float(wall), "cpu_s": float(cpu), "peak_mb": float(peak)}


def start_s(module: str) -> float:
    """Seconds to import an engine in a fresh process."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout)


def installed_mb(module: str) -> float:
    """Size of a package's files, its compiled module beside them included."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    files = [*folder.rglob("*"), *folder.parent.glob(f"_{module}*.so")]
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    engines, modules = ["sqlite+pyarrow", "duckdb"], ["sqlite3", "pyarrow.parquet", "duckdb"]
    whats = [f"{what}:{name}" for what in ("read",) for name in FILE_FORMATS]
    whats += [f"where:{name}:{condition}" for name in FILE_FORMATS for condition in CONDITIONS]
    whats.append("write:parquet")
    figures: dict[str, Any] = {"rows": arguments.rows}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_tables(folder, arguments.rows)
        for what in whats:
            rounds: dict[str, list[dict[str, float]]] = {engine: [] for engine in engines}
            found = {}
            for _ in range(arguments.rounds):
                for engine in engines:
                    found[engine], cost = measured(f"{engine}:{what}", folder)
                    rounds[engine].append(cost)
            if not what.startswith("write"):
                assert len(set(found.values())) == 1, f"{what}: {found}"
            figures[what] = {engine: medians(costs) for engine, costs in rounds.items()}
            for engine, cost in figures[what].items():
                print(
                    f"{what:26} {engine:15} {cost['wall_s']:6.2f} s, CPU {cost['cpu_s']:6.2f} s,"
                    f" peak {cost['peak_mb']:5.0f} MB, {found[engine]:,}",
                    flush=True,
                )
    figures["start_s"] = {module: min(start_s(module) for _ in range(5)) for module in modules}
    packages = [module.partition(".")[0] for module in modules[1:]]
    figures["installed_mb"] = {package: installed_mb(package) for package in packages}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
