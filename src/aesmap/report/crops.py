"""Crops of a report: one for each aspect, and what the map, or the model, says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.batch.photo import ScoredFile, open_photo
from aesmap.crop_assessment import judge_boxes, run_steps
from aesmap.crops.aspect import ASPECTS, OWN, Aspect, parse_aspect
from aesmap.crops.proposal import propose_crop
from aesmap.errors import ImageError
from aesmap.explain.crop_words import unjudged_words
from aesmap.streaming import each_in_order
from aesmap.types import Box, Size

_CROP_PX: Final = 640
"""Crops are searched for in a picture of this longer side: frames to look at, to 1 in 640 of the
photo. `aesmap crop` finds those to cut by, to the pixel, in nearly twice the time."""


@dataclass(frozen=True)
class Crops:
    """The crop of each aspect, in pixels of the photo, and what is said of each box."""

    boxes: dict[str, Box]
    words: dict[Box, str]


def crops_of(assessment: Assessment) -> Crops:
    """Find the crops of a photograph; words are those of its map, at no pass of the model.

    Where the own aspect is one of the others, as 3:2 of most cameras, it is searched once for both.
    """
    size = assessment.size
    ratios = {
        aspect: parse_aspect((size.width, size.height) if aspect == OWN else aspect)
        for aspect in ASPECTS
    }
    found = {ratio: _crop(assessment, ratio) for ratio in dict.fromkeys(ratios.values())}
    boxes = {aspect: found[ratio] for aspect, ratio in ratios.items()}
    words = {box: unjudged_words(assessment, box) for box in dict.fromkeys(found.values())}
    return Crops(boxes, words)


def _crop(assessment: Assessment, aspect: Aspect) -> Box:
    size = assessment.size
    scale = min(1.0, _CROP_PX / max(size.height, size.width))
    small = Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))
    faces = [face.scaled(size, small) for face in assessment.faces or ()]
    box = propose_crop(assessment.maps, small, aspect=aspect, faces=faces).box
    x, y = size.width / small.width, size.height / small.height
    return Box(round(box.left * x), round(box.top * y), round(box.right * x), round(box.bottom * y))


def judged_crops(
    analyzer: Analyzer,
    scored: Iterable[ScoredFile],
    workers: int | None,
    stop: Callable[[], bool],
) -> Iterator[tuple[ScoredFile, Crops | None]]:
    """Find the crops of photographs and look at each as a photograph of its own.

    Every photograph is opened and decoded once more, and the model looks at each crop: gain and
    loss are in words then, as `aesmap crop` tells them. In order; a photograph that could not be
    read, or is gone by now, comes with its error and without crops.
    """

    def judge(one: ScoredFile) -> Crops | None:
        if isinstance(one.result, ImageError):
            return None
        crops = crops_of(one.result)
        opened = open_photo(one.file.path, analyzer.limits)
        boxes = list(crops.words)
        judged = run_steps(analyzer, judge_boxes(analyzer, opened, one.result, boxes))
        return replace(crops, words={said.box: said.words for said in judged})

    with closing(each_in_order(scored, judge, workers, stop=stop)) as results:
        for one, crops in results:
            if isinstance(crops, ImageError):
                yield ScoredFile(one.file, crops), None
            else:
                yield one, crops
