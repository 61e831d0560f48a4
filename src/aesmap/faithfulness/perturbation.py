"""One photograph with parts of it taken away: what its logits do, and what its maps said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.faithfulness import masks, orders, strips
from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.imputation import IMPUTATIONS, Imputation
from aesmap.model.preprocess import Preprocessing
from aesmap.types import BoolArray, FloatArray, Size, UInt8Array

FRACTIONS: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Shares of the cells that are taken away for a curve."""

STRIPS: Final = "strips"
CELLS: Final = "cells"
BLOCKS: Final = "blocks"
SETS: Final = "sets"

MINOR_IMPUTATION: Final = "noisy_linear"
"""The one with which faults and attributes are tested."""

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph at its input shape: ``picture`` (H,W,3), ``maps`` (T,h,w), ``logits`` (T,)."""

    path: str
    picture: UInt8Array
    maps: FloatArray
    logits: FloatArray

    @property
    def size(self) -> Size:
        """Of the picture."""
        return Size(*self.picture.shape[:2])

    @property
    def grid(self) -> Size:
        """Of the maps."""
        return Size(*self.maps.shape[1:])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Changes that maps predict and those observed, (T,S,n): n of each of S sizes.

    ``outside`` and ``total`` (T,) are sums of the absolute changes of the map, outside of what was
    taken away and everywhere; NaN for strips, after which no cell is where it was.
    """

    predicted: FloatArray
    observed: FloatArray
    outside: FloatArray
    total: FloatArray


@dataclass(frozen=True, eq=False)
class PhotoTest:
    """What one photograph gave.

    ``curves[imputation, order]`` (T,2,F) are changes of the logits with the highest values of the
    order taken away first, and with the lowest; NaN for heads that were not asked. ``pairs`` are
    by imputation and ``cells``, ``blocks`` or ``sets``; ``(STRIPS, STRIPS)`` are the strips'.
    """

    curves: dict[Key, FloatArray]
    pairs: dict[Key, Pairs]


class Perturbation:
    """The tests of one photograph.

    Parameters
    ----------
    judge
        The model's heads.
    preprocessing
        How what is left of a photograph becomes a picture.
    photo
        The photograph.
    decoded
        The same before it was brought to its input shape, uint8 (H,W,3): strips are cut off it,
        so that what is left need not be enlarged, which would make it softer.
    seed
        Of everything that is drawn.
    """

    def __init__(
        self,
        judge: Judge,
        preprocessing: Preprocessing,
        photo: Photo,
        decoded: UInt8Array,
        seed: Sequence[int],
    ) -> None:
        self._judge = judge
        self._preprocessing = preprocessing
        self._photo = photo
        self._decoded = decoded
        self._rng = np.random.default_rng(seed)
        self._shared = {
            orders.RANDOM: self._rng.random(tuple(photo.grid)),
            orders.CENTRE: orders.centre_first(photo.grid),
            orders.EDGES: orders.edge_density(photo.picture, photo.grid),
        }

    def run(self, heads: Sequence[int]) -> PhotoTest:
        """All tests; ``heads`` are the numbers of those whose own maps give orders."""
        grid, rng = self._photo.grid, self._rng
        curves: dict[Key, FloatArray] = {}
        pairs: dict[Key, Pairs] = {}
        for name, impute in IMPUTATIONS.items():
            for order in orders.SHARED:
                curves[name, order] = self._curve(self._shared[order], impute)
            for order in orders.OF_MAP:
                curves[name, order] = self._own_curves(order, name, heads)
            pairs[name, CELLS] = self._pairs(impute, [masks.single_cells(grid, rng)])
            pairs[name, BLOCKS] = self._pairs(impute, [masks.blocks(grid, rng)])
            pairs[name, SETS] = self._pairs(impute, masks.random_sets(grid, rng))
        pairs[STRIPS, STRIPS] = self._strips()
        observed = pairs[STRIPS, STRIPS].observed
        for order in (*orders.SHARED, *orders.OF_MAP):
            curves[STRIPS, order] = self._strip_curves(order, observed)
        return PhotoTest(curves, pairs)

    def _curve(self, order: FloatArray, impute: Imputation) -> FloatArray:
        """Changes of all logits along an order (h,w): (T,2,F)."""
        gone = [
            masks.first(order, fraction, lowest=lowest)
            for lowest in (False, True)
            for fraction in FRACTIONS
        ]
        changes = self._judge.logits(self._maps_without(gone, impute)) - self._photo.logits
        return changes.T.reshape(-1, 2, len(FRACTIONS))

    def _own_curves(self, order: str, imputation: str, heads: Sequence[int]) -> FloatArray:
        found = np.full((len(self._judge.heads), 2, len(FRACTIONS)), np.nan)
        for head in heads:
            if self._judge.heads[head].is_main or imputation == MINOR_IMPUTATION:
                found[head] = self._curve(self._order(order, head), IMPUTATIONS[imputation])[head]
        return found

    def _order(self, order: str, head: int) -> FloatArray:
        own: FloatArray = self._photo.maps[head]
        if order == orders.MAP:
            return own
        if order == orders.BLURRED:
            return orders.blurred(own)
        return orders.transposed(own) if order == orders.TRANSPOSED else self._shared[order]

    def _maps_without(self, gone: Sequence[BoolArray], impute: Imputation) -> FloatArray:
        """Maps (N,T,h,w) of the picture without the cells of each mask."""
        photo = self._photo
        found = []
        for mask in gone:  # one by one: half a megabyte each
            picture = impute(photo.picture, orders.pixels_of(mask, photo.size), self._rng)
            found.append(self._judge.maps(picture[None])[0])
        return np.stack(found)

    def _pairs(self, impute: Imputation, gone: list[list[BoolArray]]) -> Pairs:
        """What the map predicts: that what is put in is worth what the rest is on average."""
        own = self._photo.maps
        above_mean = own - own.mean(axis=(1, 2), keepdims=True)
        predicted, observed = [], []
        outside = np.zeros(len(own))
        total = np.zeros(len(own))
        for some in gone:
            cells = np.stack(some).astype(np.float64)
            lost = np.einsum("thw,nhw->tn", above_mean, cells) / self._photo.grid.num_pixels
            predicted.append(-lost)
            changed = self._maps_without(some, impute)
            observed.append((self._judge.logits(changed) - self._photo.logits).T)
            moved = np.abs(changed - own)
            outside += np.einsum("nthw,nhw->t", moved, 1 - cells)
            total += moved.sum(axis=(0, 2, 3))
        return Pairs(np.stack(predicted, 1), np.stack(observed, 1), outside, total)

    def _strips(self) -> Pairs:
        photo, size = self._photo, Size(*self._decoded.shape[:2])
        predicted = np.stack([strips.predicted_changes(own, size) for own in photo.maps])
        observed = np.empty_like(predicted)
        for row, share in enumerate(strips.SHARES):
            for column, side in enumerate(strips.SIDES):
                rest = strips.without(self._decoded, strips.strip(side, share, size))
                shown = strips.prepared(rest, self._preprocessing)
                logits = self._judge.logits(self._judge.maps(shown[None]))[0]
                observed[:, row, column] = logits - photo.logits
        nothing = np.full(len(photo.maps), np.nan)
        return Pairs(predicted, observed, nothing, nothing)

    def _strip_curves(self, order: str, observed: FloatArray) -> FloatArray:
        """At each share the side whose strip has the highest mean, and the lowest: (T,2,shares)."""
        found = np.empty((len(observed), 2, len(strips.SHARES)))
        rows = np.arange(len(strips.SHARES))
        for head, changes in enumerate(observed):
            means = strips.strip_means(self._order(order, head), self._photo.size)
            found[head, 0] = changes[rows, means.argmax(axis=1)]
            found[head, 1] = changes[rows, means.argmin(axis=1)]
        return found
