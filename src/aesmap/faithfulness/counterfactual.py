"""What a photograph would be without a part of it: by its map, and by the model.

The map says what the part adds, so what the rest is worth without it. The model is asked, too: with
the part filled in from around it, and, where the part is a strip along an edge, with that cut off.
Where the two differ, the part mattered for more than the place that it has: the network's cells
see beyond themselves, and a thing can be good because of what stands beside it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from aesmap.analyzer import Analyzer
from aesmap.assessment import PreparedPhoto
from aesmap.crop_assessment import Steps, box_on_decoded, prepare_crops, run_steps
from aesmap.crops.proposal import evidence_parts
from aesmap.errors import UsageError
from aesmap.explain.headline import as_percentage
from aesmap.faithfulness.imputation import noisy_linear
from aesmap.images.opened import MIN_SIDE_PX, OpenedImage
from aesmap.images.reading import ImageSource, open_image
from aesmap.model.ratings import sigmoid
from aesmap.types import Box, Size

_SEED: Final = 0
_APART: Final = 0.5
"""Log-odds from which on map and model are said to differ."""


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """A photograph without a part of it, in log-odds of the high level.

    Attributes
    ----------
    box
        The part, in pixels of the upright photograph.
    logit
        Of the whole photograph.
    evidence
        What the part adds to that, by the map.
    by_map
        ``logit - evidence``: what is left if nothing stands in its place.
    filled
        What the model says with the part filled in from around it.
    cut_by_map
        Of a strip along an edge: the mean of the rest of the map, with the bias.
    cut
        Of such a strip: what the model says of the photograph without it. ``None`` for both of
        other parts, and where too little is left.
    """

    box: Box
    logit: float
    evidence: float
    by_map: float
    filled: float
    cut_by_map: float | None = None
    cut: float | None = None

    @property
    def text(self) -> str:
        """Both answers in words, and whether they differ."""
        lines = [
            f"this part adds {self.evidence:+.2f} of {self.logit:+.2f} (P(high) {_p(self.logit)})",
            f"without it, by the map: {self.by_map:+.2f} ({_p(self.by_map)});"
            f" by the model, with the part filled in: {self.filled:+.2f} ({_p(self.filled)})"
            + _apart(self.by_map, self.filled, filled=True),
        ]
        if self.cut is not None and self.cut_by_map is not None:
            lines.append(
                f"cut off, by the map: {self.cut_by_map:+.2f} ({_p(self.cut_by_map)}); by the"
                f" model: {self.cut:+.2f} ({_p(self.cut)})"
                + _apart(self.cut_by_map, self.cut, filled=False)
            )
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """As it stands in answers."""
        return asdict(self) | {"box": list(self.box.as_tuple())}


def without_part(analyzer: Analyzer, image: ImageSource, box: Box) -> Counterfactual:
    """Ask map and model what a photograph would be without a part.

    Parameters
    ----------
    analyzer
        The model.
    image
        The photograph.
    box
        The part, in pixels of the upright photograph.

    Raises
    ------
    ImageError
        The photograph cannot be read.
    UsageError
        The box reaches beyond it, or is all of it.
    """
    opened = open_image(image, analyzer.limits)
    return run_steps(analyzer, without_part_steps(analyzer, opened, box))


def without_part_steps(analyzer: Analyzer, opened: OpenedImage, box: Box) -> Steps[Counterfactual]:
    """The steps of :func:`without_part`, for whoever has a queue for the model."""
    size = opened.full_size
    whole = Box.whole(size)
    if not whole.contains(box) or box == whole:
        raise UsageError(
            f"{opened.source}: the part {box.as_tuple()} must lie inside the photo of {size}, and"
            " leave some of it"
        )
    decoded = opened.decode(at_least=analyzer.manifest.preprocessing.decode_size(size))
    inner = box_on_decoded(box, size, decoded)
    missing = np.zeros(decoded.rgb.shape[:2], dtype=bool)
    missing[inner.top : inner.bottom, inner.left : inner.right] = True
    if missing.all():
        raise UsageError(f"{opened.source}: the part {box.as_tuple()} leaves too little of {size}")
    filled = noisy_linear(decoded.rgb, missing, np.random.default_rng(_SEED))
    wanted: list[PreparedPhoto] = [
        analyzer.prepare_decoded(decoded.rgb, size, opened.source),
        analyzer.prepare_decoded(filled, size, opened.source),
    ]
    rest = _left_of_strip(box, size)
    if rest is not None and min(rest.width, rest.height) >= MIN_SIDE_PX:
        crops = prepare_crops(analyzer, opened, [rest], decoded)
        wanted += [photo for photo in crops if photo is not None]
    said, said_filled, *said_cut = yield wanted
    evidence, of_rest = evidence_parts(said.maps, size, box)
    share = 1 - box.area / size.num_pixels
    return Counterfactual(
        box=box,
        logit=said.logit,
        evidence=evidence,
        by_map=said.logit - evidence,
        filled=said_filled.logit,
        cut_by_map=of_rest / share + said.maps.bias if said_cut else None,
        cut=said_cut[0].logit if said_cut else None,
    )


def _left_of_strip(box: Box, size: Size) -> Box | None:
    """What is left when a strip along an edge is cut off; ``None`` for any other part."""
    if (box.left, box.right) == (0, size.width):
        if box.top == 0:
            return Box(0, box.bottom, size.width, size.height)
        if box.bottom == size.height:
            return Box(0, 0, size.width, box.top)
    if (box.top, box.bottom) == (0, size.height):
        if box.left == 0:
            return Box(box.right, 0, size.width, size.height)
        if box.right == size.width:
            return Box(0, 0, box.left, size.height)
    return None


def _p(logit: float) -> str:
    return as_percentage(float(sigmoid(logit)))


def _apart(by_map: float, by_model: float, *, filled: bool) -> str:
    gap = by_model - by_map
    if abs(gap) < _APART:
        return ""
    why = "the rest is seen otherwise without it" + " or what fills it counts" * filled
    return f": {gap:+.2f} apart, so {why}"
