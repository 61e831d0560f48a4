"""All that is known of a shoot's photographs while they are reviewed, and what is news of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aesmap.assessment import Assessment
from aesmap.cache import Cache, key_of
from aesmap.errors import ImageError, ImageMissingError
from aesmap.model.manifest import Manifest
from aesmap.results.groups import group_photos
from aesmap.results.reasons import reasons_in_words
from aesmap.results.row_text import path_to_text
from aesmap.review.pictures import KeptPictures, Picture
from aesmap.review.records import VERSION, Record, detail_of, record_of, thumbnail_bytes
from aesmap.review.shoot import Shoot

_GROUPS_EVERY_S: Final = 2.0

Group: TypeAlias = list[tuple[int, int, str]]
"""Numbers of photographs, with the rank of each and the reason for it in words."""


@dataclass
class Entry:
    """One photograph.

    ``fingerprint`` is that of the file that ``record`` or ``problem`` is about; empty of one that
    is gone. ``news`` is the number of the last change that the page is to hear of.
    """

    fingerprint: str
    record: Record | None = None
    problem: str = ""
    news: int = 0


class Library:
    """What is known, found and made; of several threads.

    Parameters
    ----------
    shoot
        The photographs.
    cache
        Keeps what is made of them.
    manifest
        Of the model that scores them: assessments of another do not count.
    """

    def __init__(self, shoot: Shoot, cache: Cache, manifest: Manifest) -> None:
        self.shoot = shoot
        self.model_id = manifest.model_id
        self._choice = manifest.frame_choice
        self._cache = cache
        self._lock = threading.RLock()
        self._grouping = threading.Lock()  # apart: it takes seconds, and pictures need not wait
        self._pictures = KeptPictures(shoot, cache)
        self._num_asked = 0
        self._entries = [Entry(shoot.fingerprint(number)) for number in range(len(shoot))]
        self._news = 0
        self._groups: list[Group] = []
        self._groups_news = 0
        self._groups_of = -1
        self._groups_at = -_GROUPS_EVERY_S
        self._recall()

    # What the page asks for

    def lines(self, since: int = -1) -> tuple[int, bytes]:
        """Return the number of the last change, and what is said of the photographs changed since.

        That is a JSON array, of all photographs without ``since``.
        """
        with self._lock:
            changed = [n for n, entry in enumerate(self._entries) if entry.news > since]
            return self._news, b"[" + b",".join(map(self._line, changed)) + b"]"

    def said_of(self, number: int) -> dict[str, Any]:
        """Return what the list says of a photograph's assessment; nothing without one."""
        record = self._entries[number].record
        return {} if record is None else record.said

    def groups(self, since: int = -1) -> tuple[int, list[Group] | None]:
        """Return near-duplicates and bursts of two and more, in the order of the list.

        Each photograph's number stands with its rank in the group and with why it has that.

        While scoring goes on they are put together anew every few seconds.

        Returns
        -------
        tuple
            A number of these groups, and the groups; ``None`` where the number is ``since``.
        """
        with self._grouping:
            news = self._news
            is_due = time.monotonic() - self._groups_at > _GROUPS_EVERY_S
            if self._groups_of != news and is_due:
                groups = self._grouped()
                if groups != self._groups:
                    self._groups, self._groups_news = groups, self._groups_news + 1
                self._groups_of, self._groups_at = news, time.monotonic()
            number = self._groups_news
            return number, None if number == since else self._groups

    def picture(self, number: int, kind: str) -> Picture:
        """Return a picture of a photograph: ``thumbnail``, ``preview`` or ``full``.

        Raises :class:`ImageError`: :class:`ImageMissingError` of one that is gone.
        """
        with self._asked_for(number):
            return self._pictures.picture(number, kind, self._entries[number].fingerprint)

    def detail(self, number: int) -> bytes | None:
        """Return what a large view wants, as JSON; ``None`` as long as it is not scored.

        Raises :class:`ImageMissingError`.
        """
        with self._asked_for(number):
            entry = self._entries[number]
            if entry.record is None:
                return None
            found = self._cache.get(self._key("detail", number, entry.fingerprint))
            if found is None:  # the cache had no room for it: scored again
                self._change(number, record=None)
            return found

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for a picture just now."""
        return self._num_asked > 0

    # What scoring asks and tells

    def has_assessment(self, number: int) -> bool:
        """Whether there is nothing left to score of a photograph."""
        entry = self._entries[number]
        return entry.record is not None or bool(entry.problem)

    def scored(self, number: int, fingerprint: str, assessment: Assessment) -> None:
        """Take an assessment on the file that had this fingerprint."""
        record = record_of(assessment)
        self._cache.put(self._key("detail", number, fingerprint), detail_of(assessment))
        self._cache.put(self._key("record", number, fingerprint), record.to_bytes())
        path = str(self.shoot.root / self.shoot.names[number])
        self._cache.put(key_of("thumbnail", path, fingerprint), thumbnail_bytes(assessment))
        self._change(number, fingerprint=fingerprint, record=record, problem="")

    def failed(self, number: int, error: ImageError) -> None:
        """Take note of a photograph that cannot be read."""
        fingerprint = self.shoot.fingerprint(number)
        self._change(number, fingerprint=fingerprint, record=None, problem=error.problem)

    def look_again(self, number: int) -> bool:
        """Whether a photograph is another than the one known; if so it is to be scored anew."""
        fingerprint = self.shoot.fingerprint(number)
        with self._lock:
            entry = self._entries[number]
            if fingerprint == entry.fingerprint:
                return False
            self._change(number, fingerprint=fingerprint, record=None, problem="")
            self._recall([number])
            return True

    # Inside

    def _line(self, number: int) -> bytes:
        entry = self._entries[number]
        said = {
            "id": number,
            "path": path_to_text(self.shoot.names[number]),
            "version": entry.fingerprint,
        }
        if entry.problem:
            said["problem"] = entry.problem
        line = json.dumps(said, ensure_ascii=True).encode()
        return line if entry.record is None else line[:-1] + b"," + entry.record.line[1:]

    def _change(self, number: int, **changes: Any) -> None:
        with self._lock:
            self._news += 1
            self._entries[number].news = self._news
            for name, value in changes.items():
                setattr(self._entries[number], name, value)

    def _key(self, kind: str, number: int, fingerprint: str) -> bytes:
        path = str(self.shoot.root / self.shoot.names[number])
        return key_of(kind, path, fingerprint, self.model_id, VERSION)

    def _recall(self, numbers: Iterable[int] | None = None) -> None:
        """Take up the assessments that an earlier review left."""
        numbers = range(len(self._entries)) if numbers is None else numbers
        keys = {
            self._key("record", number, self._entries[number].fingerprint): number
            for number in numbers
            if self._entries[number].fingerprint
        }
        for key, data in self._cache.get_many(keys).items():
            self._entries[keys[key]].record = Record.from_bytes(data)

    def _grouped(self) -> list[Group]:
        records = [entry.record for entry in self._entries]  # as they are now
        scored = {
            number: record.frame_and_signature
            for number, record in enumerate(records)
            if record is not None
        }
        numbers = list(scored)
        groups = group_photos(
            [signature for _, signature in scored.values()],
            [frame for frame, _ in scored.values()],
            [self.shoot.names[number] for number in numbers],
            self._choice,
        )
        return sorted(
            sorted((numbers[one.index], one.rank, reasons_in_words(one.reasons)) for one in group)
            for group in groups
            if len(group) > 1
        )

    @contextmanager
    def _asked_for(self, number: int) -> Iterator[None]:
        """While a picture is wanted; a photograph that turns out to be bad is noted as such."""
        if not 0 <= number < len(self._entries):
            raise ImageMissingError(f"photograph {number}", "there is none of this number")
        with self._lock:
            self._num_asked += 1
        try:
            self.look_again(number)
            yield
        except ImageError as error:
            if self._entries[number].problem != error.problem:
                self.failed(number, error)
            raise
        finally:
            with self._lock:
                self._num_asked -= 1
