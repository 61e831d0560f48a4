"""How far cells are while they train, told by whichever process trains them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aesmap.atomic import atomic_write
from aesmap.training.network.trainer import Progress
from aesmap.training.time_left import told_time

_WRITTEN_EVERY_S = 5.0
TOLD_EVERY_S = 60.0


class CellReport:
    """Writes how far one cell is into a small file, now and then; gone at the end."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.progress.json"
        self._written = -_WRITTEN_EVERY_S

    def __call__(self, now: Progress) -> None:
        """Take a step's report."""
        if time.monotonic() - self._written < _WRITTEN_EVERY_S:
            return
        self._written = time.monotonic()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._file) as file:
            file.write(json.dumps(now._asdict()).encode())

    def end(self) -> None:
        """Take the file away."""
        self._file.unlink(missing_ok=True)


def shares_done(folder: Path) -> list[float]:
    """The share, 0 to 1, of each cell that is under way."""
    shares = []
    for file in sorted(folder.glob("*.progress.json")):
        try:
            now = json.loads(file.read_text(encoding="utf-8"))
            shares.append(now["step"] / max(1, now["num_steps"]))
        except (OSError, ValueError, KeyError, TypeError):  # it has just ended
            continue
    return shares


@contextmanager
def told_now_and_then(
    folder: Path, total: int, num_done: Callable[[], int], log: Callable[[str], None]
) -> Iterator[None]:
    """While cells run, tell every minute how many are under way and how much time is left."""
    over, began = threading.Event(), time.monotonic()
    for stale in folder.glob("*.progress.json"):
        stale.unlink(missing_ok=True)

    def tell() -> None:
        while not over.wait(TOLD_EVERY_S):
            shares = shares_done(folder)
            reached = num_done() + sum(shares)
            if not shares or not reached:
                continue
            left = (time.monotonic() - began) / reached * (total - reached)
            mean = sum(shares) / len(shares)
            cells = "1 cell" if len(shares) == 1 else f"{len(shares)} cells"
            log(f"{cells} under way, {mean:.0%} done; {told_time(left)} left in all")

    thread = threading.Thread(target=tell, name="aesmap-cells", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
