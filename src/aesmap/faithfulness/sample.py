"""The photographs of a study: which, and as the model takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from aesmap.errors import ImageError
from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.perturbation import Photo
from aesmap.images.opened import DecodedImage
from aesmap.images.reading import open_image
from aesmap.model.preprocess import Preprocessing


def drawn(paths: Iterable[str], count: int, seed: int) -> list[str]:
    """At most ``count`` of the paths, drawn by the seed, in an order drawn too.

    Whatever takes the first few of them, takes a random few.
    """
    listed = list(paths)
    chosen = np.random.default_rng(seed).permutation(len(listed))[:count]
    return [listed[number] for number in chosen.tolist()]


def decode(path: str, preprocessing: Preprocessing) -> DecodedImage:
    """A photograph, as large as the model's preprocessing wants it; raises :class:`ImageError`."""
    opened = open_image(Path(path))
    return opened.decode(preprocessing.decode_size(opened.full_size))


def read_photos(
    judge: Judge,
    preprocessing: Preprocessing,
    paths: Sequence[str],
    done: Callable[[], None],
) -> tuple[list[Photo], list[ImageError]]:
    """Each photograph at its input shape with what the model says of it, and what is unreadable."""
    photos: list[Photo] = []
    problems: list[ImageError] = []
    for path in paths:
        try:
            image = decode(path, preprocessing)
        except ImageError as error:
            problems.append(error)
        else:
            picture = preprocessing.fit(image.rgb, image.full_size)
            maps = judge.maps(picture[None])[0]
            photos.append(Photo(path, picture, maps, judge.logits(maps)))
        done()
    return photos, problems
