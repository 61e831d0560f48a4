"""The public face: one photograph, or a stream of them, to assessments."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from PIL import Image

from aesmap.core.activation import ActivationMaps
from aesmap.core.assessment import Assessment, rank_attributes
from aesmap.core.errors import AesmapError, ImageError, ImageUnreadableError, UsageError
from aesmap.core.image_io import ImageLimits, open_image
from aesmap.core.manifest import Manifest
from aesmap.core.ratings import sigmoid
from aesmap.core.types import Float32Array, Size
from aesmap.infer.session import Session

ImageSource = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | np.ndarray[Any, Any]
)

# Below this there is no picture to speak of. From here to the manifest's own bound there is a
# verdict, called unfamiliar.
MIN_SIDE_PX = 8


@dataclass(frozen=True)
class _Prepared:
    source: str
    size: Size
    pixels: Float32Array  # (3,h,w)
    familiar: bool


class Analyzer:
    """Assesses photographs with one model. Safe to share between threads.

    In float32 no number depends on what else is in the batch: every photograph's input shape
    follows from its own aspect ratio, and a batch holds one shape without padding.
    """

    def __init__(self, session: Session, *, limits: ImageLimits | None = None) -> None:
        self._session = session
        self._limits = limits if limits is not None else ImageLimits()

    @property
    def manifest(self) -> Manifest:
        """The model's own description."""
        return self._session.manifest

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return self._session.provider

    def assess(self, image: ImageSource) -> Assessment:
        """Assess one photograph.

        ``image`` is a path, encoded bytes, a Pillow image, or an array (H,W), (H,W,3) or
        (H,W,4), uint8 or uint16, or float in 0..1. Raises :class:`ImageError` (a subclass of it
        says what kind) when it cannot be read.
        """
        return self._run([self._prepare(image)])[0]

    @overload
    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int = 8,
        *,
        on_error: Literal["raise"] = "raise",
    ) -> Iterator[Assessment]: ...

    @overload
    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int = 8,
        *,
        on_error: Literal["yield"],
    ) -> Iterator[Assessment | ImageError]: ...

    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int = 8,
        *,
        on_error: Literal["raise", "yield"] = "raise",
    ) -> Iterator[Assessment | ImageError]:
        """Assess a stream of photographs, in order, one result for each.

        Photographs are decoded by threads a few batches ahead of the model, so any iterable will
        do and memory stays flat. ``on_error="yield"`` puts the :class:`ImageError` of a
        photograph that cannot be read in its place instead of raising it.
        """
        if batch_size < 1:
            raise UsageError(f"batch_size: must be 1 or more, not {batch_size}")
        if on_error not in ("raise", "yield"):
            raise UsageError(f"on_error: 'raise' or 'yield', not {on_error!r}")
        return self._stream(iter(images), batch_size, on_error == "raise")

    def _stream(
        self, images: Iterator[ImageSource], batch_size: int, raise_errors: bool
    ) -> Iterator[Assessment | ImageError]:
        lookahead = 4 * batch_size
        done: dict[int, Assessment | ImageError] = {}
        waiting: dict[tuple[int, ...], list[tuple[int, _Prepared]]] = {}
        num_taken = num_given = 0

        def flush(shape: tuple[int, ...]) -> None:
            entries = waiting.pop(shape)
            results = self._run([prepared for _, prepared in entries])
            done.update(zip((index for index, _ in entries), results, strict=True))

        pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="aesmap-read")
        try:
            decoding: deque[Future[_Prepared]] = deque()
            exhausted = False
            while True:
                while not exhausted and len(decoding) < lookahead:
                    try:
                        image = next(images)
                    except StopIteration:
                        exhausted = True
                        break
                    decoding.append(pool.submit(self._prepare, image))
                if not decoding:
                    break
                try:
                    prepared = decoding.popleft().result()
                except ImageError as error:
                    done[num_taken] = error
                else:
                    shape = prepared.pixels.shape
                    waiting.setdefault(shape, []).append((num_taken, prepared))
                    if len(waiting[shape]) == batch_size:
                        flush(shape)
                num_taken += 1
                # A rare shape must not hold back everything behind it for long.
                if num_taken - num_given >= lookahead and num_given not in done:
                    flush(_shape_of(num_given, waiting))
                while num_given in done:
                    yield _checked(done.pop(num_given), raise_errors)
                    num_given += 1
            for shape in list(waiting):
                flush(shape)
            while num_given in done:
                yield _checked(done.pop(num_given), raise_errors)
                num_given += 1
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, image: ImageSource) -> _Prepared:
        preprocessing = self.manifest.preprocessing
        opened = open_image(image, self._limits)
        if min(opened.full_size.height, opened.full_size.width) < MIN_SIDE_PX:
            raise ImageUnreadableError(
                opened.source,
                f"has {opened.full_size} pixels, too few to judge; give a photo of at least"
                f" {MIN_SIDE_PX} pixels each way",
            )
        decoded = opened.decode(at_least=preprocessing.decode_size(opened.full_size))
        resized = preprocessing.resize(decoded.rgb, preprocessing.shape_for(opened.full_size))
        return _Prepared(
            source=opened.source,
            size=opened.full_size,
            pixels=preprocessing.normalise(resized),
            # Enlarging smooths anything, noise too: a small picture is looked at as it is.
            familiar=self.manifest.familiarity(
                opened.full_size, min(decoded.rgb, resized, key=lambda rgb: rgb.size)
            ),
        )

    def _run(self, batch: list[_Prepared]) -> list[Assessment]:
        maps = self._session.run(np.stack([prepared.pixels for prepared in batch]))
        return [
            self._verdict(prepared, evidence, attribute_maps)
            for prepared, evidence, attribute_maps in zip(
                batch, maps.evidence, maps.attribute_maps, strict=True
            )
        ]

    def _verdict(
        self, prepared: _Prepared, evidence: Float32Array, attribute_maps: Float32Array
    ) -> Assessment:
        manifest = self.manifest
        maps = ActivationMaps(
            evidence=evidence,
            bias=manifest.level_bias,
            attribute_names=manifest.attribute_names,
            attribute_maps=attribute_maps,
            attribute_bias=np.asarray(manifest.attribute_bias, dtype=np.float32),
        )
        # The verdict is computed from the map that is returned: nobody can be shown a map that
        # is not the score's own.
        logit = maps.logit
        reason: Literal["", "close", "unfamiliar"] = ""
        if not prepared.familiar:
            reason = "unfamiliar"
        elif abs(logit) < manifest.close_below:
            reason = "close"
        rating = manifest.rating_model
        return Assessment(
            source=prepared.source,
            size=prepared.size,
            logit=logit,
            p_high=float(sigmoid(logit)),
            score=float(rating.score(logit)),
            spread=float(rating.spread(logit)),
            distribution=tuple(rating.distribution(logit).tolist()),
            uncertain_reason=reason,
            attributes=rank_attributes(maps),
            maps=maps,
            model=manifest.model_id,
        )


def _shape_of(
    index: int, waiting: dict[tuple[int, ...], list[tuple[int, _Prepared]]]
) -> tuple[int, ...]:
    return next(shape for shape, entries in waiting.items() if entries[0][0] == index)


def _checked(result: Assessment | ImageError, raise_errors: bool) -> Assessment | ImageError:
    if raise_errors and isinstance(result, AesmapError):
        raise result
    return result


def load(model: str | Path | None = None, *, num_threads: int = 0) -> Analyzer:
    """Load a model: the bundled one by default, another by name or by path.

    A path leads to a manifest (``.json``) or to the ``.onnx`` beside it. ``num_threads`` limits
    the model's threads; 0 takes every core. Raises :class:`ModelError`.
    """
    return Analyzer(Session.open(model, num_threads=num_threads))
