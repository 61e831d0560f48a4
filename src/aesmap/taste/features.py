"""What learning needs of each photograph, kept from one time to the next."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.batch.photo import fingerprint_of, score_photos
from aesmap.cache import Cache, key_of
from aesmap.errors import ImageError
from aesmap.images.extras import Extra
from aesmap.images.moments.similarity import Signature

_AT_A_TIME: Final = 500
_EXTRAS: Final[tuple[Extra, ...]] = ("signature",)


@dataclass(frozen=True)
class PhotoFeatures:
    """One photograph as the model sees it.

    Attributes
    ----------
    path
        As given.
    logit
        The crowd's.
    channels
        The mean of each channel that the head reads (M,); half precision is enough to learn from.
    signature
        What tells its moment.
    named
        The attributes that are sure enough to be named.
    """

    path: str
    logit: float
    channels: npt.NDArray[np.float16]
    signature: Signature
    named: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As kept: a line of JSON, and the channels."""
        line = json.dumps([self.logit, self.signature.to_json(), self.named])
        return line.encode() + b"\n" + self.channels.astype("<f2").tobytes()

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> PhotoFeatures:
        """Take up what :meth:`to_bytes` kept."""
        line, _, channels = data.partition(b"\n")
        logit, signature, named = json.loads(line)
        numbers = np.frombuffer(channels, "<f2").astype(np.float16)
        return cls(path, logit, numbers, Signature.from_json(signature), tuple(named))


def photo_features(
    analyzer: Analyzer,
    paths: Iterable[str],
    cache: Cache,
    *,
    workers: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[PhotoFeatures | ImageError]:
    """Features of photographs, in no promised order; one that cannot be read gives its error.

    Parameters
    ----------
    analyzer
        Of a session that gives features.
    paths
        Any number of them: few are held at a time.
    cache
        Where features are looked for, and kept; by the file's size and time, and the model.
    workers
        Threads; one for each core by default.
    stop
        Asked now and then; once it says so, no more are begun.
    """
    remaining = iter(paths)
    while not stop() and (some := list(islice(remaining, _AT_A_TIME))):
        keys = {path: _key(analyzer, path, fingerprint_of(path)) for path in some}
        kept = cache.get_many(keys.values())
        missing = [path for path in some if keys[path] not in kept]
        for path in some:
            if (data := kept.get(keys[path])) is not None:
                yield PhotoFeatures.from_bytes(path, data)
        for scored in score_photos(analyzer, missing, workers=workers, extras=_EXTRAS, stop=stop):
            result = scored.result
            if isinstance(result, ImageError):
                yield result
                continue
            found = _features_of(scored.file.path, result)
            key = _key(analyzer, scored.file.path, scored.file.fingerprint)
            cache.put(key, found.to_bytes())
            yield found


def _features_of(path: str, assessment: Assessment) -> PhotoFeatures:
    assert assessment.features is not None
    assert assessment.extras is not None
    assert assessment.extras.signature is not None
    return PhotoFeatures(
        path,
        assessment.logit,
        assessment.features.astype(np.float16),
        # Which frames are alike is told by the hash; nothing here compares them.
        replace(assessment.extras.signature, cues=None),
        assessment.named,
    )


def _key(analyzer: Analyzer, path: str, fingerprint: str) -> bytes:
    whole = os.path.abspath(path)  # noqa: PTH100  (a path may be no valid text)
    return key_of("taste", whole, fingerprint, analyzer.manifest.onnx_sha256)
