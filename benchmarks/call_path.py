"""How far a photograph travels: stays in aesmap's files between `Analyzer.assess` and its pixels.

    python benchmarks/call_path.py PHOTO.jpg

A stay begins whenever another file of src/aesmap than the one before is entered or returned to.
Calls into other libraries, and calls within one file, make none. The path ends where the array of
pixels for the network is complete. The last line of the output is JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.loading import load

_SOURCES = str(Path(aesmap.__file__).parent)


def stays(analyzer: Analyzer, photo: Path) -> list[str]:
    """Name the files that a photograph passes through, in order, one entry for each stay."""
    passed: list[str] = []

    def enter(frame: FrameType | None) -> None:
        name = "" if frame is None else frame.f_code.co_filename
        if name.startswith(_SOURCES):
            relative = str(Path(name).relative_to(_SOURCES))
            if not passed or passed[-1] != relative:
                passed.append(relative)

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            enter(frame)
        elif event == "return":
            enter(frame.f_back)
            if frame.f_code.co_name == "prepare":
                sys.setprofile(None)

    sys.setprofile(profile)
    try:
        analyzer.assess(photo)
    finally:
        sys.setprofile(None)
    return passed


def main() -> None:
    """Print the path of one photograph, after one that loads what is loaded once."""
    photo = Path(sys.argv[1])
    analyzer = load(num_threads=1)
    analyzer.assess(photo)
    passed = stays(analyzer, photo)
    print("\n".join(passed))
    print(json.dumps({"stays": len(passed), "files": len(set(passed))}))


if __name__ == "__main__":
    main()
