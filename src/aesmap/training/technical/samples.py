"""Which photographs are spoilt how: whole or in one place, at strengths kept apart for testing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aesmap.images.reading import read_image
from aesmap.training.technical.features import CellFeatures, at_input_shape
from aesmap.training.technical.gathering import Arrays, Log, load_or_compute
from aesmap.training.technical.spoiling import FAULTS, SPOILINGS, as_uint8
from aesmap.types import Float32Array, FloatArray, UInt8Array


@dataclass(frozen=True)
class Strengths:
    """From ``low`` to ``high``; those between ``held_low`` and ``held_high`` are for testing."""

    low: float
    held_low: float
    held_high: float
    high: float

    def draw(self, rng: np.random.Generator, held_out: bool) -> float:
        """A strength, evenly in its logarithm, of the part for testing or of the rest."""
        if held_out:
            return float(np.exp(rng.uniform(np.log(self.held_low), np.log(self.held_high))))
        below = np.log(self.held_low / self.low)
        above = np.log(self.high / self.held_high)
        at = rng.uniform(0, below + above)
        return float(self.low * np.exp(at) if at < below else self.held_high * np.exp(at - below))


NETWORK = {
    "soft": Strengths(1.0, 1.8, 2.4, 4.5),
    "motion_blurred": Strengths(6, 10, 14, 26),
    "noisy": Strengths(10, 18, 26, 45),
    "too_dark": Strengths(1.5, 2.0, 2.5, 4.0),
    "too_light": Strengths(1.2, 1.8, 2.3, 3.5),
    "blocky": Strengths(4, 8, 11, 18),
    "tilted": Strengths(4, 7, 9, 16),
}
"""Of faults made at the network's input shape: px, levels, stops, JPEG quality, degrees."""

PHOTO = NETWORK | {
    "soft": Strengths(1.6, 2.9, 3.9, 7),
    "motion_blurred": Strengths(10, 16, 23, 42),
    "noisy": Strengths(16, 28, 40, 70),
    "blocky": Strengths(3, 5, 7, 11),
}
"""Of faults made in the photograph before it is reduced, 512 px to 640 px a side."""


@dataclass(frozen=True)
class Plan:
    """One spoilt photograph: of which, by what, and where.

    ``place`` is (top, left, bottom, right) as shares of the picture, all of it without one.
    """

    photo: int
    fault: str
    strength: float
    at_network: bool
    place: tuple[float, float, float, float] | None
    seed: int


def draw_plans(
    photos: Sequence[int], per_photo: int, rng: np.random.Generator, *, held_out: bool = False
) -> list[Plan]:
    """``per_photo`` spoilt copies of each photograph; one in two in one place only.

    With ``held_out`` each photograph gets each fault once, whole, at strengths kept for testing.
    """
    plans = []
    for photo in photos:
        names = list(FAULTS) if held_out else rng.choice(FAULTS, per_photo, replace=False).tolist()
        for fault in names:
            at_network = bool(rng.random() < 0.5)
            strengths = (NETWORK if at_network else PHOTO)[fault]
            place = None
            if not held_out and fault != "tilted" and rng.random() < 0.5:
                height, width = rng.uniform(0.35, 0.75, 2)
                top, left = rng.uniform(0, 1 - height), rng.uniform(0, 1 - width)
                place = (float(top), float(left), float(top + height), float(left + width))
            strength = strengths.draw(rng, held_out)
            seed = int(rng.integers(2**31))
            plans.append(Plan(photo, fault, strength, at_network, place, seed))
    return plans


def quadrant_plans(photos: Sequence[int], rng: np.random.Generator) -> list[Plan]:
    """Each photograph with each fault that has a place, in one quadrant, at held-out strengths."""
    quadrants = [(t, s, t + 0.5, s + 0.5) for t in (0.0, 0.5) for s in (0.0, 0.5)]
    plans = []
    for photo in photos:
        for fault in FAULTS:
            if fault == "tilted":
                continue
            at_network = bool(rng.random() < 0.5)
            strength = (NETWORK if at_network else PHOTO)[fault].draw(rng, held_out=True)
            place = quadrants[int(rng.integers(4))]
            plans.append(Plan(photo, fault, strength, at_network, place, int(rng.integers(2**31))))
    return plans


def spoilt(rgb: UInt8Array, plan: Plan) -> UInt8Array:
    """The network's input (h,w,3) of a photograph (H,W,3) spoilt by ``plan``."""
    rng = np.random.default_rng(plan.seed)
    picture = (at_input_shape(rgb) if plan.at_network else rgb).astype(np.float32)
    worse = SPOILINGS[plan.fault](picture, plan.strength, rng)
    if plan.place is not None:
        where = _mask(picture.shape[:2], plan.place)[..., None]
        worse = where * worse + (1 - where) * picture
    whole = as_uint8(worse)
    return whole if plan.at_network else at_input_shape(whole)


def _mask(shape: tuple[int, ...], place: tuple[float, float, float, float]) -> Float32Array:
    """1 in the place and 0 elsewhere (H,W)."""
    mask = np.zeros(shape, np.float32)
    top, left, bottom, right = (
        round(share * side) for share, side in zip(place, (*shape, *shape), strict=True)
    )
    mask[top:bottom, left:right] = 1
    return mask


def coverage(place: tuple[float, float, float, float], grid: tuple[int, int]) -> FloatArray:
    """Which share of each cell (h,w) lies in a place."""
    rows, columns = (
        np.clip(np.minimum(high * n, np.arange(1, n + 1)) - np.maximum(low * n, np.arange(n)), 0, 1)
        for low, high, n in ((place[0], place[2], grid[0]), (place[1], place[3], grid[1]))
    )
    found: FloatArray = np.outer(rows, columns)
    return found


def spoilt_features(
    paths: Sequence[Path],
    plans: Sequence[Plan],
    file: Path,
    extractor: CellFeatures,
    log: Log,
    *,
    cells: bool = False,
) -> Arrays:
    """Features of spoilt photographs, in the order of ``plans``.

    ``inside`` (N,F): means over the cells that were spoilt (all of them for a whole one);
    ``outside`` (N,F): over those that were not, equal to ``inside`` for a whole one. With
    ``cells``, in place of both, ``cells`` (N,F,h,w), which only pictures of one shape have.
    """

    def pictures() -> Iterator[UInt8Array]:
        rgb, last = np.zeros((1, 1, 3), np.uint8), -1
        for index, plan in enumerate(plans):
            if plan.photo != last:
                rgb, last = read_image(paths[plan.photo]).rgb, plan.photo
            if index % 1000 == 0:
                log(f"{file.stem}: {index} of {len(plans)}")
            yield spoilt(rgb, plan)

    def make() -> Arrays:
        inside, outside, kept = [], [], []
        for plan, found in zip(plans, extractor.stream(pictures()), strict=True):
            if cells:
                kept.append(found.astype(np.float16))
                continue
            mean = found.mean(axis=(1, 2))
            if plan.place is None:
                inside.append(mean)
                outside.append(mean)
                continue
            share = coverage(plan.place, found.shape[1:])
            inside.append((found * (share > 0.99)).sum(axis=(1, 2)) / max(1, (share > 0.99).sum()))
            outside.append((found * (share < 0.01)).sum(axis=(1, 2)) / (share < 0.01).sum())
        if cells:
            return {"cells": np.array(kept)}
        return {
            "inside": np.array(inside, np.float16),
            "outside": np.array(outside, np.float16),
        }

    return load_or_compute(file, paths, (plans, cells), make)
