"""How much room the core install takes, in a fresh virtual environment.

    python benchmarks/install_size.py [--extras parquet,demo]

Installs the package from this repository, with its dependencies from the index that pip uses, and
measures site-packages beyond what an empty environment has (pip itself). The target is under
300 MB for the core, with no torch in it. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

TARGET_MB = 300.0
ROOT = Path(__file__).resolve().parent.parent
NUM_SHOWN = 10


def size_mb(path: Path) -> float:
    """Space that a file or folder takes on disk, in millions of bytes."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if not p.is_dir()]
    return sum(os.lstat(file).st_blocks * 512 for file in files) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extras", default="", help="extras to install too, comma-separated")
    extras = parser.parse_args().extras
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
        shown = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            check=True,
            capture_output=True,
            text=True,
        )
        packages = Path(shown.stdout.strip())
        empty_mb = size_mb(packages)
        wanted = f"{ROOT}[{extras}]" if extras else str(ROOT)
        subprocess.run([python, "-m", "pip", "install", "--quiet", wanted], check=True)
        installed_mb = size_mb(packages) - empty_mb
        parts = {path.name: size_mb(path) for path in packages.iterdir()}
        # That it is all there is: the command runs and scores with its bundled model.
        subprocess.run([python, "-m", "pip", "check"], check=True, stdout=sys.stderr)
        command = "from aesmap.cli.main import main; main()"
        subprocess.run([python, "-c", command, "info"], check=True, stdout=sys.stderr, cwd=folder)
        has_torch = (packages / "torch").exists()
    for name, megabytes in sorted(parts.items(), key=lambda part: -part[1])[:NUM_SHOWN]:
        print(f"{megabytes:8.1f} MB  {name}")
    result = {
        "benchmark": "install_size",
        "extras": extras,
        "installed_mb": round(installed_mb, 1),
        "torch": has_torch,
        "target_mb": TARGET_MB,
        "met": installed_mb < TARGET_MB and not has_torch,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
