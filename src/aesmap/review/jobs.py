"""What is written out of a review, one job at a time, file by file, with what became of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Final

from aesmap.errors import AesmapError, UsageError

_LINES_KEPT: Final = 2000


class Jobs:
    """At most one job under way, in a thread of its own; the last one is remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._state: dict[str, Any] | None = None
        self._number = 0

    def start(self, name: str, total: int, steps: Iterable[str | AesmapError]) -> None:
        """Go through the steps of a job: each is one file, done as it is taken.

        A step is a line about a file that was changed, empty for one that was right already, or
        what went wrong with it. Raises :class:`UsageError` while another job is under way.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise UsageError("something is being written already; wait for its end")
            self._number += 1
            self._state = {
                "number": self._number,
                "name": name,
                "total": total,
                **{"done": 0, "changed": 0, "failed": 0, "finished": False, "lines": []},
            }
            self._thread = threading.Thread(
                target=self._work, args=(steps, self._state), name="aesmap-writing", daemon=True
            )
            self._thread.start()

    def state(self) -> dict[str, Any] | None:
        """How far the last job is, and what it said."""
        return self._state

    def close(self) -> None:
        """Stop after the file that is being written, and wait for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self, steps: Iterable[str | AesmapError], state: dict[str, Any]) -> None:
        try:
            for step in steps:
                self._count(step, state)
                if self._stop.is_set():
                    break
        except AesmapError as error:
            self._count(error, state)
        except Exception as error:  # noqa: BLE001  (told on the page, which goes on)
            self._count(AesmapError(f"stopped by a fault: {error!r}"), state)
        finally:
            state["finished"] = True

    @staticmethod
    def _count(step: str | AesmapError, state: dict[str, Any]) -> None:
        state["done"] += 1
        if isinstance(step, AesmapError):
            state["failed"] += 1
        elif step:
            state["changed"] += 1
        line = f"failed: {step}" if isinstance(step, AesmapError) else step
        if line and len(state["lines"]) < _LINES_KEPT:
            state["lines"].append(line)
