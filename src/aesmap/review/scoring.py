"""Scoring that goes on behind the page: in the order of the list, what is looked at first.

It makes way for pictures that somebody waits for, can be stopped and gone on with, and tells how
far it is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import PhotoFile
from aesmap.errors import AesmapError, ImageError
from aesmap.review.library import Library
from aesmap.review.records import EXTRAS

Phase: TypeAlias = Literal["starting", "running", "stopped", "done", "failed"]

_RATE_OF: Final = 40
"""How many of the last photographs the rate is of."""
_WAY_S: Final = 0.5
_PAUSE_S: Final = 0.02
_BETWEEN_S: Final = 0.2
"""Before what changed while it was read is tried again."""


class Scoring:
    """One thread that scores what has no assessment; begun by :meth:`run`.

    Parameters
    ----------
    library
        What is scored, and where assessments go.
    load
        Loads the model; called in the thread, as it takes a while.
    workers
        Threads that decode and run the model; ``None`` for one for each core.
    """

    def __init__(
        self, library: Library, load: Callable[[], Analyzer], workers: int | None = None
    ) -> None:
        self._library = library
        self._load = load
        self._workers = workers
        self._analyzer: Analyzer | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._urgent: deque[int] = deque()
        self._taken: set[int] = set()
        self._cursor = 0
        self._times: deque[float] = deque(maxlen=_RATE_OF)
        self._phase: Phase = "stopped"
        self._problem = ""

    def run(self) -> None:
        """Begin, or go on; nothing happens where it is running."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive() and not self._stop.is_set():
                return
            before, self._thread = self._thread, None
        if before is not None:
            before.join()
        with self._lock:
            self._stop.clear()
            self._taken.clear()
            self._times.clear()
            self._phase, self._problem = "starting", ""
            self._thread = threading.Thread(target=self._work, name="aesmap-scoring", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Take on no more; what has been begun is finished."""
        self._stop.set()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop, and wait for that."""
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def prefer(self, number: int) -> None:
        """Score a photograph next, as somebody looks at it; begin again if all was done."""
        if not self._library.has_assessment(number):
            self._urgent.append(number)
            self.wake()

    def wake(self) -> None:
        """Begin again where all was done and a photograph has changed since."""
        if self._phase == "done" and self._next() is not None:
            self.run()

    def progress(self) -> dict[str, object]:
        """Say how far it is: ``phase``, ``done`` of ``total``, and ``rate`` a second."""
        num_done = sum(map(self._library.has_assessment, range(len(self._library.shoot))))
        times = list(self._times)
        took = times[-1] - times[0] if len(times) > 1 else 0.0
        return {
            "phase": self._phase,
            "problem": self._problem,
            "done": num_done,
            "total": len(self._library.shoot),
            "rate": round((len(times) - 1) / took, 2) if took > 0 else None,
        }

    def _work(self) -> None:
        try:
            while not self._stop.is_set() and self._next() is not None:
                self._score_all()
                self._stop.wait(_BETWEEN_S)
            self._phase = "stopped" if self._stop.is_set() else "done"
        except AesmapError as error:
            self._phase, self._problem = "failed", str(error)
        except Exception as error:  # noqa: BLE001  (the page goes on, and says so)
            self._phase, self._problem = "failed", f"scoring has ended: {error!r}"

    def _score_all(self) -> None:
        if self._analyzer is None:
            self._analyzer = self._load()
        analyzer = self._analyzer
        self._phase = "running"
        results = analyzer.stream(
            self._photographs(),
            lambda item: item[1].prepare(analyzer, EXTRAS),
            workers=self._workers,
            stop=self._stop.is_set,
        )
        for (number, file), result in results:
            if isinstance(result, ImageError):
                if not self._library.look_again(number):  # one that changed is tried again
                    self._library.failed(number, result)
            else:
                self._library.scored(number, file.fingerprint, result)
            self._taken.discard(number)
            self._times.append(time.monotonic())

    def _photographs(self) -> Iterator[tuple[int, PhotoFile]]:
        shoot = self._library.shoot
        while (number := self._next()) is not None:
            self._taken.add(number)
            self._make_way()
            yield number, PhotoFile(str(shoot.root / shoot.names[number]))

    def _next(self) -> int | None:
        """The photograph to score next: one that is looked at, or else the first."""
        while self._urgent:
            number = self._urgent.popleft()
            if number not in self._taken and not self._library.has_assessment(number):
                return number
        for start in (self._cursor, 0):  # from the beginning again: some may have changed
            for number in range(start, len(self._library.shoot)):
                if number not in self._taken and not self._library.has_assessment(number):
                    self._cursor = number
                    return number
        return None

    def _make_way(self) -> None:
        """Wait a moment, not for ever, while somebody waits for a picture."""
        until = time.monotonic() + _WAY_S
        while self._library.is_asked and time.monotonic() < until and not self._stop.is_set():
            time.sleep(_PAUSE_S)
