"""Crops of one photograph, each judged as a photograph of its own, with its gain or loss in words.

The steps are generators that yield what the model is to look at and are sent its assessments, so
that whoever has a queue for the model, as the service has, can put them into it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias, TypeVar

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.crops.proposal import CropMethod, CropProposal, evidence_parts
from aesmap.explain.crop_words import crop_words, unjudged_words
from aesmap.images.opened import (
    MIN_SIDE_PX,
    DecodedImage,
    OpenedImage,
    check_large_enough,
)
from aesmap.images.reading import ImageSource, open_image
from aesmap.loading import load
from aesmap.types import Box, Size

LEAST_PX = 32
"""A proposed crop with a shorter side is no picture of anything, and not written."""

NUM_ALTERNATIVES = 3
"""As many other boxes are offered for an aspect that is not the photograph's own."""

Result = TypeVar("Result")
Steps: TypeAlias = Generator[list[PreparedPhoto], list[Assessment], Result]
"""Yields what the model is to look at, is sent its assessments, returns a result."""


@dataclass(frozen=True, kw_only=True)
class JudgedBox:
    """A box of a photograph, and what cropping to it changes.

    Attributes
    ----------
    box
        In pixels of the upright photograph.
    p_high_before, p_high_after
        P(high) of the whole photograph and of the crop; ``None`` for a crop that is
        too small to judge or was not judged.
    evidence_kept, evidence_lost
        What the box and the rest add to the mean of the evidence, in log-odds.
    words
        The gain or loss in words: see :func:`~aesmap.explain.crop_words.crop_words`.
    focal_point
        x and y, 0 to 1, for CSS: see :func:`focal_point_of`.
    """

    box: Box
    p_high_before: float
    p_high_after: float | None
    evidence_kept: float
    evidence_lost: float
    words: str
    focal_point: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """As it stands in answers and tables."""
        return asdict(self) | {
            "box": list(self.box.as_tuple()),
            "focal_point": list(self.focal_point),
        }


@dataclass(frozen=True, kw_only=True)
class JudgedCrop:
    """A proposed crop, judged.

    Attributes
    ----------
    proposal
        The crop, and how it was found.
    judged
        What becomes of the photograph by it, in numbers and in words.
    alternatives
        Other crops of the same ratio, the better ones first.
    """

    proposal: CropProposal
    judged: JudgedBox
    alternatives: tuple[JudgedBox, ...] = ()


def crop_photo(
    image: ImageSource,
    aspect: float | str | tuple[int, int] | None = None,
    method: CropMethod | str = CropMethod.SEARCH,
    *,
    analyzer: Analyzer | None = None,
    num_alternatives: int = NUM_ALTERNATIVES,
) -> JudgedCrop:
    """Propose a crop of a photograph that cuts no face, and say what it changes.

    Parameters
    ----------
    image
        A path, encoded bytes, a Pillow image or an array.
    aspect
        Width over height, such as ``"16:9"``, or ``"free"``; ``None`` keeps the photograph's own.
    method
        ``search``, or one of the paper's rules, which take no aspect and know no faces.
    analyzer
        The model; ``None`` loads the default one.
    num_alternatives
        How many other boxes are wanted for an aspect that is not the photograph's own.

    Raises
    ------
    ImageError
        The photograph cannot be read.
    UsageError
        The aspect or method cannot be used.
    """
    analyzer = analyzer if analyzer is not None else load()
    opened = open_image(image, analyzer.limits)
    steps = propose_crops(analyzer, opened, [aspect], method, num_alternatives=num_alternatives)
    _, (crop,) = run_steps(analyzer, steps)
    if hasattr(image, "read"):  # a file has been read to its end
        return crop
    return replace(crop, proposal=replace(crop.proposal, photo=image))


def run_steps(analyzer: Analyzer, steps: Steps[Result]) -> Result:
    """Run steps to their end on the thread that calls."""
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send([analyzer.assess_prepared([photo])[0] for photo in wanted])
    except StopIteration as end:
        result: Result = end.value
        return result


def propose_crops(
    analyzer: Analyzer,
    opened: OpenedImage,
    aspects: Sequence[float | str | tuple[int, int] | None],
    method: CropMethod | str = CropMethod.SEARCH,
    *,
    num_alternatives: int = 0,
    decoded: DecodedImage | None = None,
    judge: bool = True,
) -> Steps[tuple[Assessment, list[JudgedCrop]]]:
    """Assess a photograph, find its faces, propose a crop for each aspect, and judge all.

    ``decoded`` is the photograph, where it has been decoded already. Without ``judge`` the model
    looks at no crop, and the words say so. Raises what :func:`crop_photo` raises.
    """
    check_large_enough(opened)
    if decoded is None:
        wanted = analyzer.manifest.preprocessing.decode_size(opened.full_size)
        decoded = opened.decode(at_least=wanted)
    prepared = analyzer.prepare_decoded(decoded.rgb, opened.full_size, opened.source, faces=True)
    (assessment,) = yield [prepared]
    proposals = [
        assessment.crop(aspect, method, num_alternatives=num_alternatives) for aspect in aspects
    ]
    boxes = [box for found in proposals for box in (found.box, *found.alternatives)]
    judged = iter((yield from judge_boxes(analyzer, opened, assessment, boxes, decoded, judge)))
    crops = [
        JudgedCrop(
            proposal=proposal,
            judged=next(judged),
            alternatives=tuple(next(judged) for _ in proposal.alternatives),
        )
        for proposal in proposals
    ]
    return assessment, crops


def judge_boxes(
    analyzer: Analyzer,
    opened: OpenedImage,
    assessment: Assessment,
    boxes: Sequence[Box],
    decoded: DecodedImage | None = None,
    judge: bool = True,
) -> Steps[list[JudgedBox]]:
    """Judge each box of a photograph as a photograph of its own; see :func:`propose_crops`."""
    whole = Box.whole(assessment.size)
    unlike = list(dict.fromkeys(box for box in boxes if box != whole and judge))
    prepared = prepare_crops(analyzer, opened, unlike, decoded)
    wanted = [photo for photo in prepared if photo is not None]
    answers = iter((yield wanted) if wanted else [])
    after: dict[Box, float | None] = {whole: assessment.p_high}
    for box, photo in zip(unlike, prepared, strict=True):
        after[box] = None if photo is None else next(answers).p_high
    judged = []
    for box in boxes:
        kept, lost = evidence_parts(assessment.maps, assessment.size, box)
        judged.append(
            JudgedBox(
                box=box,
                p_high_before=assessment.p_high,
                p_high_after=after.get(box),
                evidence_kept=kept,
                evidence_lost=lost,
                words=crop_words(assessment, box, after.get(box))
                if judge
                else unjudged_words(assessment, box),
                focal_point=focal_point_of(box, assessment.size),
            )
        )
    return judged


def focal_point_of(box: Box, size: Size) -> tuple[float, float]:
    """Find the ``object-position`` by which CSS shows a crop, x and y from 0 to 1.

    With ``object-fit: cover`` in a frame of the crop's aspect a browser shows the largest box of
    that aspect. Here that is the one with the crop in its middle, as far as the photograph
    reaches. Along a side on which nothing is cut off it is the crop's own middle.
    """
    scale = min(size.width / box.width, size.height / box.height)
    point = []
    for start, stop, extent in (
        (box.left, box.right, size.width),
        (box.top, box.bottom, size.height),
    ):
        shown = scale * (stop - start)
        middle = (start + stop) / 2
        room = extent - shown
        along = (middle - shown / 2) / room if room >= 1 else middle / extent
        point.append(round(min(1.0, max(0.0, along)), 4))
    return point[0], point[1]


def prepare_crops(
    analyzer: Analyzer,
    opened: OpenedImage,
    boxes: Sequence[Box],
    decoded: DecodedImage | None = None,
) -> list[PreparedPhoto | None]:
    """Every crop at its input shape; None for one that is too small to judge.

    The photo is decoded once for all of them, at the smallest scale at which each crop still has
    the pixels that the model would want of a photo of its size. ``decoded`` spares even that if
    it is large enough already.
    """
    judged = [box for box in boxes if min(box.width, box.height) >= MIN_SIDE_PX]
    wanted = _decode_size(analyzer, opened.full_size, judged)
    if decoded is None or (decoded.scale > 1 and not _holds(decoded, wanted)):
        decoded = opened.decode(at_least=wanted) if judged else None
    prepared: list[PreparedPhoto | None] = []
    for box in boxes:
        if decoded is None or box not in judged:
            prepared.append(None)
            continue
        inner = box_on_decoded(box, opened.full_size, decoded)
        window = decoded.rgb[inner.top : inner.bottom, inner.left : inner.right]
        # Whether it is unlike what is known was said of the photograph.
        prepared.append(analyzer.prepare_decoded(window, box.size, opened.source, familiar=True))
    return prepared


def _decode_size(analyzer: Analyzer, full: Size, boxes: Sequence[Box]) -> Size:
    """What the whole photo must be decoded at for every box to have the pixels it needs."""
    scale = 0.0
    for box in boxes:
        wanted = analyzer.manifest.preprocessing.decode_size(box.size)
        scale = max(scale, wanted.height / box.height, wanted.width / box.width)
    scale = min(1.0, scale)
    return Size(max(1, math.ceil(scale * full.height)), max(1, math.ceil(scale * full.width)))


def _holds(decoded: DecodedImage, wanted: Size) -> bool:
    height, width = decoded.rgb.shape[:2]
    return bool(height >= wanted.height and width >= wanted.width)


def box_on_decoded(box: Box, full: Size, decoded: DecodedImage) -> Box:
    """Give the box's pixels, to the nearest, on a photo decoded at reduced scale; at least one."""
    height, width = decoded.rgb.shape[:2]
    left, right = (_scaled(x, full.width, width) for x in (box.left, box.right))
    top, bottom = (_scaled(y, full.height, height) for y in (box.top, box.bottom))
    left, top = min(left, width - 1), min(top, height - 1)
    return Box(left, top, max(left + 1, right), max(top + 1, bottom))


def _scaled(position: int, full: int, decoded: int) -> int:
    return round(position * decoded / full)
