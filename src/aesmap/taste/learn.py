"""From stars to a taste: features, groups, what was learned of them, and the head that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np

from aesmap.analyzer import Analyzer
from aesmap.cache import Cache
from aesmap.errors import ImageError, TasteError
from aesmap.images.moments.similarity import Signature
from aesmap.model.taste import Taste
from aesmap.taste.calibration import calibrate
from aesmap.taste.features import PhotoFeatures, photo_features
from aesmap.taste.fit import Components, IntArray, fit, normal_scores
from aesmap.taste.forecast import forecast_of
from aesmap.taste.groups import group_numbers
from aesmap.taste.held_out import NUM_FOLDS, HeldOut, measure
from aesmap.taste.likes import liked, most_different
from aesmap.taste.stars import GivenStars
from aesmap.types import FloatArray

FEWEST: Final = 20
FEWEST_GROUPS: Final = 10
_FOR_COMPONENTS: Final = 2000
"""Photographs that the components are taken from, at random; more change nothing."""
_ENOUGH_FOR_COMPONENTS: Final = 400
"""With fewer rated ones, unrated ones of the same folders help to find the directions."""
_FEW_COMPONENTS, _MANY_COMPONENTS, _MANY_STARS = 32, 64, 150


@dataclass(frozen=True)
class Learned:
    """A taste, and what is known of it.

    Attributes
    ----------
    taste
        The head.
    held_out
        What it was worth on photographs left out.
    more
        About how many more rated photographs would show a gain, if this one is real; ``None`` where
        there is no sign of any, 0 where there is a gain.
    problems
        Photographs that could not be read.
    """

    taste: Taste
    held_out: HeldOut
    more: int | None
    problems: list[ImageError]


@dataclass(frozen=True)
class _Photos:
    """Rated photographs, few numbers each, whatever their number."""

    paths: list[str]
    stars: IntArray
    logits: FloatArray
    coordinates: FloatArray
    signatures: list[Signature]
    named: list[tuple[str, ...]]


def learn(
    given: GivenStars,
    analyzer: Analyzer,
    cache: Cache,
    *,
    seed: int = 0,
    workers: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> Learned:
    """Learn a taste from stars.

    Parameters
    ----------
    given
        At least ``FEWEST`` of them, of at least ``FEWEST_GROUPS`` moments.
    analyzer
        Of a session that gives features, without a taste.
    cache
        Of features.
    seed
        Of the choice of photographs for the components, of folds and of the bootstrap.
    workers
        Threads.
    done
        Called after each photograph.

    Raises
    ------
    TasteError
        If nothing can be learned of these stars, and why.
    """
    _check(list(given.stars.values()))
    problems: list[ImageError] = []
    components, photos = _gather(given, analyzer, cache, problems, seed, workers, done)
    if problems:
        _check(photos.stars.tolist(), f" ({len(problems)} photographs could not be read)")
    groups, unit = group_numbers(photos.paths, photos.signatures)
    num_groups = int(groups.max()) + 1
    if num_groups < FEWEST_GROUPS:
        raise TasteError(
            f"the {len(photos.stars)} rated photographs are of {num_groups} moments, days or"
            f" folders: rate photographs of at least {FEWEST_GROUPS}"
        )
    held_out = measure(photos.logits, photos.coordinates, photos.stars, groups, seed=seed)
    calibration = calibrate(held_out.predicted, photos.stars, photos.logits)
    coefficients = fit(photos.logits, photos.coordinates, normal_scores(photos.stars), groups)
    weights, centre = components.weights(coefficients.components)
    scale = calibration.scale
    difference = calibration.apply(coefficients(photos.logits, photos.coordinates)) - photos.logits
    manifest = analyzer.manifest
    learned: dict[str, Any] = {
        "made": date.today().isoformat(),
        "photographs": len(photos.stars),
        "stars": {str(n): int((photos.stars == n).sum()) for n in range(6)},
        "groups": num_groups,
        "grouped_by": unit,
        "components": photos.coordinates.shape[1],
        "penalty": coefficients.penalty,
        "seed": seed,
        "held_out": held_out.to_json(),
        "liked": liked(photos.named, photos.stars, photos.logits, groups, seed=seed),
        "most_different": most_different(photos.paths, photos.stars, photos.logits, difference),
    }
    taste = Taste(
        model=manifest.name,
        model_sha256=manifest.onnx_sha256,
        weights=(scale * weights).astype(np.float32),
        centre=scale * centre,
        stretch=scale * coefficients.crowd - 1,
        constant=calibration.apply(np.array(coefficients.constant)).item(),
        calibrated=calibration.is_calibrated,
        forecast=forecast_of(calibration.apply(held_out.predicted), photos.stars),
        learned=learned,
    )
    more = 0 if held_out.has_learned else _more_needed(photos, groups, held_out, seed)
    return Learned(taste, held_out, more, problems)


class WantedComponents(NamedTuple):
    """How many components at most, and how many unrated photographs help to find them."""

    most: int
    unrated: int


def components_wanted(num_rated: int) -> WantedComponents:
    """Say how components are taken for so many rated photographs."""
    most = _FEW_COMPONENTS if num_rated < _MANY_STARS else _MANY_COMPONENTS
    return WantedComponents(most, max(0, _ENOUGH_FOR_COMPONENTS - num_rated))


def _check(stars: list[int], besides: str = "") -> None:
    if len(stars) < FEWEST:
        raise TasteError(
            f"{len(stars)} rated photographs{besides}: too few to learn from; rate at least"
            f" {FEWEST}, better 100"
        )
    if len(set(stars)) < 2:
        raise TasteError(
            f"all {len(stars)} photographs have the same stars{besides}: rate some higher or lower"
        )


def _gather(
    given: GivenStars,
    analyzer: Analyzer,
    cache: Cache,
    problems: list[ImageError],
    seed: int,
    workers: int | None,
    done: Callable[[], None],
) -> tuple[Components, _Photos]:
    """Go through the photographs once, in a random order, so that the first stand for all."""
    rng = np.random.default_rng(seed)
    rated = sorted(given.stars)
    rated = [rated[index] for index in rng.permutation(len(rated))]
    wanted = components_wanted(len(rated))
    unrated = sorted(given.unrated)
    others = [unrated[index] for index in rng.permutation(len(unrated))[: wanted.unrated]]
    first = rated[:_FOR_COMPONENTS]
    basis = _read(analyzer, [*first, *others], cache, workers, problems, done)
    started = list(basis)
    if not started:
        raise TasteError(f"none of the {len(rated)} rated photographs could be read: {problems[0]}")
    components = Components.of(np.stack([one.channels for one in started]), wanted.most)
    paths, signatures, named = list[str](), list[Signature](), list[tuple[str, ...]]()
    logits, coordinates = list[float](), list[FloatArray]()
    rest = _read(analyzer, rated[_FOR_COMPONENTS:], cache, workers, problems, done)
    for one in chain([found for found in started if found.path in given.stars], rest):
        paths.append(one.path)
        signatures.append(one.signature)
        named.append(one.named)
        logits.append(one.logit)
        coordinates.append(components(one.channels[None])[0])
    stars = np.array([given.stars[path] for path in paths], dtype=np.intp)
    return components, _Photos(
        paths, stars, np.array(logits), np.array(coordinates), signatures, named
    )


def _read(
    analyzer: Analyzer,
    paths: list[str],
    cache: Cache,
    workers: int | None,
    problems: list[ImageError],
    done: Callable[[], None],
) -> Iterator[PhotoFeatures]:
    for found in photo_features(analyzer, paths, cache, workers=workers):
        done()
        if isinstance(found, ImageError):
            problems.append(found)
        else:
            yield found


def _more_needed(photos: _Photos, groups: IntArray, held_out: HeldOut, seed: int) -> int | None:
    """How many more photographs, by a learning curve through half of them and all.

    A gain grows with the logarithm of their number, and its interval shrinks with the root.
    """
    count, num_groups = len(photos.stars), int(groups.max()) + 1
    order = np.random.default_rng(seed).permutation(num_groups)
    half = np.isin(groups, order[: num_groups // 2])
    gain = held_out.gain.value
    growth = 0.0
    if half.sum() >= FEWEST and num_groups // 2 >= NUM_FOLDS and len(set(photos.stars[half])) > 1:
        smaller = measure(
            photos.logits[half], photos.coordinates[half], photos.stars[half], groups[half]
        )
        growth = max(0.0, gain - smaller.gain.value)
    width = gain - held_out.gain.low
    for factor in np.geomspace(1.1, 10, 40):
        if gain + growth * np.log2(factor) > width / np.sqrt(factor):
            return max(10, int(np.ceil((factor - 1) * count / 10)) * 10)
    return None
