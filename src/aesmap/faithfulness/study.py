"""All tests of a model over a sample of photographs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.mosaic import Pointed, pointing
from aesmap.faithfulness.perturbation import Perturbation, Photo, PhotoTest
from aesmap.faithfulness.randomisation import Correlations
from aesmap.faithfulness.sample import decode
from aesmap.model.preprocess import Preprocessing
from aesmap.types import FloatArray

MINOR_PHOTOS: Final = 24
"""Faults and attributes are tested where they are seen: on so many photographs each."""


@dataclass
class Study:
    """What was found: of each photograph, of mosaics by head, and of randomised networks."""

    judge: Judge
    photos: list[Photo]
    tests: list[PhotoTest] = field(default_factory=list)
    pointed: dict[int, list[Pointed]] = field(default_factory=dict)
    correlations: Correlations = field(default_factory=Correlations)

    @property
    def logits(self) -> FloatArray:
        """(photographs, T)."""
        return np.stack([photo.logits for photo in self.photos])


def perturb(
    study: Study, preprocessing: Preprocessing, seed: int, workers: int, done: Callable[[], None]
) -> None:
    """Take parts of every photograph away; one step a photograph.

    Photographs are shared among threads, each with draws of its own, so that nothing depends on
    how many threads there are. Whatever stops this, Ctrl-C included, stops the threads first.

    Raises
    ------
    ImageError
        If a photograph that could be read before no longer can.
    """
    where = where_tried(study)

    def test(number: int) -> PhotoTest:
        photo = study.photos[number]
        heads = [head for head, numbers in where.items() if number in numbers]
        decoded = decode(photo.path, preprocessing).rgb
        return Perturbation(study.judge, preprocessing, photo, decoded, [seed, number]).run(heads)

    with ThreadPoolExecutor(workers) as pool:
        try:
            for found in [pool.submit(test, number) for number in range(len(study.photos))]:
                study.tests.append(found.result())
                done()
        except BaseException:
            study.judge.stop()
            pool.shutdown(cancel_futures=True)
            raise


def where_tried(study: Study) -> dict[int, set[int]]:
    """The photographs that each head's own map is tried on: all, or those with most of it."""
    logits = study.logits
    return {
        number: set(range(len(logits)))
        if head.is_main
        else set(np.argsort(-logits[:, number], kind="stable")[:MINOR_PHOTOS].tolist())
        for number, head in enumerate(study.judge.heads)
    }


def point(study: Study, preprocessing: Preprocessing, seed: int, done: Callable[[], None]) -> None:
    """Make mosaics; one step a head."""
    for head in range(len(study.judge.heads)):
        study.pointed[head] = list(pointing(study.judge, preprocessing, study.photos, head, seed))
        done()
