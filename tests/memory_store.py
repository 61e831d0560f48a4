"""A store in memory that counts the requests made of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

REQUESTS = ("info", "ls", "find", "cat_file", "_open")


class MemoryStore:
    """``memory://``, which every process has one of, emptied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.system = MemoryFileSystem()
        self.requests: Counter[str] = Counter()
        self._patch = monkeypatch
        self._really = {name: getattr(MemoryFileSystem, name) for name in REQUESTS}
        for name in REQUESTS:
            self.answer(name, lambda really, *args, **options: really(*args, **options))
        self.clear()

    def clear(self) -> None:
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]

    def answer(self, request: str, how: Any) -> None:
        """Have ``how(really, path, ...)`` answer a request from now on."""
        really = self._really[request]

        def answered(system: MemoryFileSystem, *args: Any, **options: Any) -> Any:
            self.requests[request] += 1
            return how(lambda *a, **o: really(system, *a, **o), *args, **options)

        self._patch.setattr(MemoryFileSystem, request, answered)

    def write(self, path: str, data: bytes) -> None:
        self.system.pipe_file(path, data)

    def counted(self) -> dict[str, int]:
        """The requests since this was last asked."""
        requests, self.requests = self.requests, Counter()
        return dict(requests)
