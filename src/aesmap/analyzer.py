"""The public face: one photograph, or a stream of them, to assessments."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeVar, overload

from aesmap.assessing import assess_batch
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.cores import num_cores
from aesmap.crops.faces import detect_faces
from aesmap.errors import ImageError, UsageError
from aesmap.images.extras import Extra, PhotoExtras, photo_extras
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import check_large_enough
from aesmap.images.previews import PreviewReader
from aesmap.images.reading import ImageSource, open_image
from aesmap.model.manifest import Manifest
from aesmap.model.session import Session
from aesmap.model.technical import highlights_of
from aesmap.streaming import Batching, WorkTime, stream
from aesmap.types import Size, UInt8Array

Item = TypeVar("Item")


class Analyzer:
    """Assesses photographs with one model. Safe to share between threads.

    In float32 no number depends on what else is in the batch: every photograph's input shape
    follows from its own aspect ratio, and a batch holds one shape without padding.

    Parameters
    ----------
    session
        The model; :func:`aesmap.load` makes it.
    limits
        The largest image and file that are read; ``None`` takes generous ones.
    """

    def __init__(self, session: Session, *, limits: ImageLimits | None = None) -> None:
        self._session = session
        self._limits = limits if limits is not None else ImageLimits()
        self._previews = PreviewReader(self._limits) if session.manifest.previews else None
        self._streaming: Session | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """An analyzer travels to another process, or machine, as its session and its limits."""
        return partial(Analyzer, limits=self._limits), (self._session,)

    @property
    def manifest(self) -> Manifest:
        """The model's own description."""
        return self._session.manifest

    @property
    def limits(self) -> ImageLimits:
        """The largest image and file that are read."""
        return self._limits

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return self._session.provider

    @property
    def provider_note(self) -> str:
        """Which provider ``auto`` found, with the times of all; empty where one was named."""
        return self._session.provider_note

    @property
    def batch_size(self) -> int:
        """How many photographs of one input shape the model takes best at a time."""
        return self._session.batch_size

    @property
    def precision(self) -> str:
        """The precision of the model's arithmetic: ``fp32``, ``bf16`` or ``int8``."""
        return self._session.precision

    def assess(self, image: ImageSource) -> Assessment:
        """Assess one photograph.

        Parameters
        ----------
        image
            A path, encoded bytes, a binary file, a Pillow image, or an array (H,W), (H,W,3) or
            (H,W,4), uint8 or uint16, or float in 0..1.

        Raises
        ------
        ImageError
            It cannot be read; a subclass of it says what kind.
        """
        said = self.assess_prepared([self.prepare(image)])[0]
        # An open file has been read to its end, and its place is the caller's.
        return (
            said if said.photo is not None or hasattr(image, "read") else replace(said, photo=image)
        )

    __call__ = assess

    @overload
    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int | None = None,
        *,
        workers: int | None = None,
        on_error: Literal["raise"] = "raise",
    ) -> Iterator[Assessment]: ...

    @overload
    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int | None = None,
        *,
        workers: int | None = None,
        on_error: Literal["yield"],
    ) -> Iterator[Assessment | ImageError]: ...

    def assess_many(
        self,
        images: Iterable[ImageSource],
        batch_size: int | None = None,
        *,
        workers: int | None = None,
        on_error: Literal["raise", "yield"] = "raise",
    ) -> Iterator[Assessment | ImageError]:
        """Assess a stream of photographs, in order, one result for each.

        Parameters
        ----------
        images
            Any iterable of what :meth:`assess` takes; memory stays flat.
        batch_size
            Photographs in one run of the model; ``None`` takes what suits the provider.
        workers
            Threads that decode a little ahead and run the model; ``None`` takes one for each core.
        on_error
            ``yield`` puts the error of a photograph that cannot be read in its place.

        Raises
        ------
        ImageError
            A photograph cannot be read, and ``on_error`` is ``raise``.
        """
        if on_error not in ("raise", "yield"):
            raise UsageError(f"on_error: 'raise' or 'yield', not {on_error!r}")
        # Each in a list to be emptied: what has been prepared need not be held until its turn.
        boxes = ([image] for image in images)
        results = self.stream(boxes, lambda box: self.prepare(box.pop()), batch_size, workers)
        return _results(results, on_error == "raise")

    def stream(
        self,
        items: Iterable[Item],
        prepare: Callable[[Item], PreparedPhoto],
        batch_size: int | None = None,
        workers: int | None = None,
        *,
        stop: Callable[[], bool] = lambda: False,
        work_time: WorkTime | None = None,
    ) -> Generator[tuple[Item, Assessment | ImageError], None, None]:
        """Do what :meth:`assess_many` does for items of any kind that can be prepared.

        Parameters
        ----------
        items
            Any iterable.
        prepare
            Brings an item to the model's input; it runs in several threads at once.
        batch_size, workers
            As for :meth:`assess_many`.
        stop
            Asked before each item; no further one is begun once it is true.
        work_time
            Adds up what the threads spend on preparing and on the model.
        """
        workers = num_cores() if workers is None else workers
        # Workers run the model themselves: a second set of threads inside it would be in the way.
        with self._lock:
            self._streaming = self._streaming or self._session.single_threaded()
        session = self._streaming
        batching = Batching(
            workers=workers,
            batch_size=session.batch_size if batch_size is None else batch_size,
            # Larger batches are an accelerator's, which has one queue.
            runs_at_once=workers if session.batch_size == 1 else 1,
        )
        return stream(
            items,
            prepare,
            lambda batch: assess_batch(batch, session),
            group_of=lambda prepared: prepared.pixels.shape,
            batching=batching,
            stop=stop,
            work_time=work_time,
        )

    def prepare(
        self, image: ImageSource, *, name: str | None = None, extras: Collection[Extra] = ()
    ) -> PreparedPhoto:
        """Decode one photograph and bring it to its input shape.

        Parameters
        ----------
        image
            See :meth:`assess`.
        name
            Stands for bytes that have no path of their own.
        extras
            What else is wanted of the photograph, by name: nothing is decoded twice.

        Raises
        ------
        ImageError
            The photograph cannot be read.
        """
        preprocessing = self.manifest.preprocessing
        opened = open_image(image, self._limits, name=name)
        check_large_enough(opened)
        wanted = preprocessing.decode_size(opened.full_size)
        decoded = None if self._previews is None else self._previews.decode(opened, wanted)
        decoded = decoded or opened.decode(at_least=wanted)
        resized = preprocessing.fit(decoded.rgb, opened.full_size)
        return self._prepared(
            opened.source,
            opened.full_size,
            decoded.rgb,
            resized,
            path=os.fspath(image) if isinstance(image, (str, os.PathLike)) else None,
            extras=photo_extras(opened, resized, extras) if extras else None,
            faces="faces" in extras,
        )

    def prepare_decoded(
        self,
        rgb: UInt8Array,
        full_size: Size,
        source: str,
        *,
        faces: bool = False,
        familiar: bool | None = None,
    ) -> PreparedPhoto:
        """Bring a decoded photograph to its input shape.

        Parameters
        ----------
        rgb
            Its pixels (H,W,3), sRGB.
        full_size
            What it had before it was decoded, perhaps at a reduced scale.
        source
            Stands for it in what is said.
        faces
            Whether they are looked for, which only crops need.
        familiar
            What its assessment says of that, where it is known or not asked; ``None`` looks.
        """
        resized = self.manifest.preprocessing.fit(rgb, full_size)
        return self._prepared(source, full_size, rgb, resized, faces=faces, familiar=familiar)

    def _prepared(
        self,
        source: str,
        full_size: Size,
        decoded: UInt8Array,
        resized: UInt8Array,
        *,
        path: str | None = None,
        extras: PhotoExtras | None = None,
        faces: bool,
        familiar: bool | None = None,
    ) -> PreparedPhoto:
        if familiar is None:
            # Enlarging smooths anything, noise too: a small picture is looked at as it is.
            seen = min(decoded, resized, key=lambda rgb: rgb.size)
            familiar = self.manifest.familiarity(full_size, seen)
        return PreparedPhoto(
            source=source,
            size=full_size,
            pixels=self.manifest.preprocessing.normalise(resized),
            highlights=highlights_of(resized) if self.manifest.technical is not None else 0.0,
            familiar=familiar,
            path=path,
            extras=extras,
            faces=detect_faces(decoded, full_size) if faces else None,
        )

    def assess_prepared(self, batch: list[PreparedPhoto]) -> list[Assessment]:
        """Assess photographs of one input shape together, in one run of the model.

        Parameters
        ----------
        batch
            What :meth:`prepare` has made of them, all with pixels of one shape.
        """
        return assess_batch(batch, self._session)


def _results(
    pairs: Generator[tuple[Any, Assessment | ImageError], None, None], raise_errors: bool
) -> Iterator[Assessment | ImageError]:
    with closing(pairs):  # at once: an exception would keep them, and their threads, alive
        for _, result in pairs:
            if raise_errors and isinstance(result, ImageError):
                raise result
            yield result
