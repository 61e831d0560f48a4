"""What a rated set holds: its ratings, its balance, and what weighting would make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from aesmap.model.ratings import RatingScale
from aesmap.training.data.ambiguity import LabelCertainty, label_certainty
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.network.label_weights import WeightConfig, is_ambiguous, weight_interval
from aesmap.training.paper.numbers import WEIGHTS_OF_TABLE_2
from aesmap.types import FloatArray

NUM_BINS: Final = 90
"""Bins of a tenth of a point on 1-10, each with its upper end: the threshold is a low rating."""


@dataclass(frozen=True)
class Band:
    """A part of the ratings, on the source's scale and on 1-10, and how many images lie in it."""

    low: float
    high: float
    low_of_ten: float
    high_of_ten: float
    num_images: int


@dataclass(frozen=True)
class WeightEffect:
    """What w(``inside``:``outside``) does.

    The mean weight, and the share of all weight that is on high images (None if there is none).
    """

    inside: float
    outside: float
    mean_weight: float
    effective_high: float | None


@dataclass(frozen=True)
class Undecided:
    """Images with votes, those whose level their votes leave open, and the accuracy that allows.

    ``ceiling`` is the accuracy expected of an oracle who knows every true mean; ``simple_ceiling``
    counts half of the undecided images as wrong.
    """

    num_known: int
    num_undecided: int
    ceiling: float
    simple_ceiling: float


@dataclass(frozen=True)
class Census:
    """Figures of one set, or of several together on 1-10.

    ``low_counts`` and ``high_counts`` (90,): images of each level by rating on 1-10. ``inside`` is
    the weight interval, open, (4, 6) on AVA; ``near`` is the closed one that the paper counts in
    figure 2, [4.5, 6.5] on AVA. Of several sets with different scales both are None on 1-10.
    ``tags``: name to images that have it, of the ``num_with_tags`` in sets that have tags, of which
    ``num_untagged`` have none. ``num_files``: images whose file is there and, where decoded, sound.
    """

    name: str
    scale: RatingScale | None
    num_images: int
    num_groups: int
    num_test: int
    num_high: int
    rating: dict[str, float]
    low_counts: tuple[int, ...]
    high_counts: tuple[int, ...]
    num_inside: int
    num_near: int
    inside: Band | None
    near: Band | None
    votes: dict[str, float] | None
    undecided: Undecided | None
    weights: tuple[WeightEffect, ...]
    tags: dict[str, int]
    num_with_tags: int
    num_untagged: int
    missing: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    num_files: int

    def to_json(self) -> dict[str, Any]:
        """Plain data, with every missing and unreadable file."""
        return asdict(self)


def take_census(sets: Sequence[RatedSet], name: str = "") -> Census:
    """Count one set, or several together, their ratings brought to 1-10 by the scales' ends."""
    images = [one.images for one in sets]
    ten = np.concatenate([one.scale.to_ten(one.mean) for one in images])
    is_high = np.concatenate([one.is_high for one in images])
    bands = [(_inside(one), _near(one)) for one in sets]
    ambiguous = np.concatenate(
        [is_ambiguous(i.mean, (b.low, b.high)) for i, (b, _) in zip(images, bands, strict=True)]
    )
    own = images[0].mean if len(sets) == 1 else ten
    num_votes = np.concatenate([one.num_votes for one in images])
    tagged = [(one.attributes == 1).any(axis=1) for one in images if one.attribute_names]
    same_scale = len({(i.scale.to_ten(i.scale.threshold).item()) for i in images}) == 1
    return Census(
        name=name or " + ".join(one.name for one in images),
        scale=images[0].scale if len(sets) == 1 else None,
        num_images=len(ten),
        num_groups=sum(len(np.unique(one.groups)) for one in images),
        num_test=sum(int(one.test.sum()) for one in sets),
        num_high=int(is_high.sum()),
        rating=_summary(own),
        low_counts=_binned(ten[~is_high]),
        high_counts=_binned(ten[is_high]),
        num_inside=sum(inside.num_images for inside, _ in bands),
        num_near=sum(near.num_images for _, near in bands),
        inside=_together([inside for inside, _ in bands]) if same_scale else None,
        near=_together([near for _, near in bands]) if same_scale else None,
        votes=_summary(num_votes[~np.isnan(num_votes)]) if (num_votes > 0).any() else None,
        undecided=_undecided([label_certainty(one) for one in images]),
        weights=_weight_effects(ambiguous, is_high),
        tags=_tags(sets),
        num_with_tags=sum(len(some) for some in tagged),
        num_untagged=sum(int((~some).sum()) for some in tagged),
        missing=tuple(path for one in sets for path in one.missing),
        unreadable=tuple(problem for one in sets for problem in one.unreadable),
        notes=tuple(note for one in sets for note in one.notes),
        num_files=sum(len(one.images) for one in sets if one.has_files),
    )


def _inside(rated: RatedSet) -> Band:
    """The open interval of eq. 9: the threshold plus and minus a ninth of the range."""
    images = rated.images
    low, high = weight_interval(WeightConfig(), images.scale, images.mean)
    return _band(images.scale, low, high, int(is_ambiguous(images.mean, (low, high)).sum()))


def _near(rated: RatedSet) -> Band:
    """The closed interval of the paper's 83 %: on AVA from 0.5 below to 1.5 above the threshold."""
    images, scale = rated.images, rated.images.scale
    ninth = (scale.high - scale.low) / 9
    low, high = scale.threshold - ninth / 2, scale.threshold + 3 * ninth / 2
    return _band(scale, low, high, int(((images.mean >= low) & (images.mean <= high)).sum()))


def _band(scale: RatingScale, low: float, high: float, num_images: int) -> Band:
    return Band(low, high, float(scale.to_ten(low)), float(scale.to_ten(high)), num_images)


def _together(bands: list[Band]) -> Band:
    first, count = bands[0], sum(band.num_images for band in bands)
    if len(bands) == 1:
        return first
    return Band(first.low_of_ten, first.high_of_ten, first.low_of_ten, first.high_of_ten, count)


def _binned(ten: FloatArray) -> tuple[int, ...]:
    """Counts by tenths of a point, (1, 1.1] to (9.9, 10]; a 1 falls into the first."""
    # Rounded, so that 5.0 computed from another scale falls where 5.0 belongs.
    position = np.ceil(np.round((ten - 1.0) * 10, 6)).astype(int) - 1
    counts = np.bincount(np.clip(position, 0, NUM_BINS - 1), minlength=NUM_BINS)
    return tuple(int(count) for count in counts)


def _summary(values: FloatArray) -> dict[str, float]:
    return {
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "min": float(values.min()),
        "median": float(np.median(values)),
        "max": float(values.max()),
    }


def _undecided(certainties: list[LabelCertainty]) -> Undecided | None:
    known = np.concatenate([one.known for one in certainties])
    if not known.any():
        return None
    undecided = np.concatenate([one.undecided for one in certainties])
    agreement = np.concatenate([one.agreement for one in certainties])[known]
    share = float(undecided.sum() / known.sum())
    return Undecided(
        num_known=int(known.sum()),
        num_undecided=int(undecided.sum()),
        ceiling=float(agreement.mean()),
        simple_ceiling=1 - share / 2,
    )


def _weight_effects(ambiguous: Any, is_high: Any) -> tuple[WeightEffect, ...]:
    effects = []
    for inside, outside in WEIGHTS_OF_TABLE_2:
        weights = np.where(ambiguous, inside, outside)
        total = float(weights.sum())
        high = float(weights[is_high].sum()) / total if total else None
        effects.append(WeightEffect(inside, outside, float(weights.mean()), high))
    return tuple(effects)


def _tags(sets: Sequence[RatedSet]) -> dict[str, int]:
    """Images of each tag, the most frequent first."""
    counts: dict[str, int] = {}
    for one in sets:
        having = (one.images.attributes == 1).sum(axis=0)
        for name, count in zip(one.images.attribute_names, having, strict=True):
            counts[name] = counts.get(name, 0) + int(count)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
