"""Looking at the photographs of a folder, behind the page that asks about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from aesmap.analyzer import Analyzer
from aesmap.cache import Cache
from aesmap.errors import AesmapError, ImageError
from aesmap.taste.features import PhotoFeatures, photo_features
from aesmap.taste.learn_pairs import Pool

_FEWEST = 2


class Looking:
    """One thread that computes features, or takes up those that are kept.

    Parameters
    ----------
    paths
        The photographs.
    cache
        Keeps features, so that a stop loses little.
    load
        Loads the model; called in the thread, as it takes a while.
    workers
        Threads that decode and run the model; ``None`` for one for each core.
    """

    def __init__(
        self,
        paths: Sequence[str],
        cache: Cache,
        load: Callable[[], Analyzer],
        workers: int | None = None,
    ) -> None:
        self._paths = paths
        self._cache = cache
        self._load = load
        self._workers = workers
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._done = 0
        self._problem = ""
        self.pool: Pool | None = None
        """Once all have been looked at."""

    def run(self) -> None:
        """Begin."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="aesmap-looking", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begin no more photographs."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait for those that were begun."""
        self.stop()
        self.wait()
        self._cache.close()

    def wait(self) -> None:
        """Wait for the end."""
        if self._thread is not None:
            self._thread.join()

    def progress(self) -> dict[str, Any]:
        """Say how far it is."""
        return {"done": self._done, "total": len(self._paths), "problem": self._problem}

    def _work(self) -> None:
        try:
            self.pool = self._looked()
        except AesmapError as error:
            self._problem = str(error)
        except Exception as error:  # noqa: BLE001  (the page goes on, and says so)
            self._problem = f"looking has ended: {error!r}"

    def _looked(self) -> Pool | None:
        analyzer = self._load()
        found: dict[str, PhotoFeatures] = {}
        seen = photo_features(
            analyzer, self._paths, self._cache, workers=self._workers, stop=self._stop.is_set
        )
        for one in seen:
            self._done += 1
            if not isinstance(one, ImageError):
                found[one.path] = one
        if self._stop.is_set():
            return None
        if len(found) < _FEWEST:
            raise AesmapError(f"{len(found)} of {len(self._paths)} photographs can be read")
        # In the order of the paths, which is that of no run: the same again for the same folder.
        return Pool.of([found[path] for path in self._paths if path in found])
