"""Maps of networks and heads that were spoilt on purpose, against those of the model.

A map that stays what it was does not come from what was spoilt (Adebayo et al. 2018, Sanity Checks
for Saliency Maps, arXiv:1810.03292).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from aesmap.faithfulness.figures import rank_correlation
from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.perturbation import Photo
from aesmap.faithfulness.refit import refitted
from aesmap.model.graph_outputs import with_personal_map
from aesmap.model.manifest import Manifest
from aesmap.model.session import Session
from aesmap.types import FloatArray

NUM_PHOTOS: Final = 48
"""So many photographs are shown to each randomised network."""

NUM_SHUFFLES: Final = 5
REFITTED: Final = "head_refitted"
SHUFFLED: Final = "head_refitted_shuffled"


@dataclass
class Correlations:
    """Rank correlations with the model's own maps, by what was randomised.

    Of each draw, (draws, photographs, T); NaN for heads that were not tried.
    """

    by_name: dict[str, list[FloatArray]] = field(default_factory=dict)

    def add(self, name: str, rows: FloatArray) -> None:
        """Those of one draw (photographs, T)."""
        self.by_name.setdefault(name, []).append(rows)

    def draws(self, name: str) -> FloatArray:
        """(draws, photographs, T)."""
        return np.stack(self.by_name[name])


def compare_variants(
    photos: Sequence[Photo],
    manifest: Manifest,
    variants: Iterable[tuple[str, bytes]],
    found: Correlations,
    done: Callable[[], None],
) -> None:
    """Show the first photographs to randomised networks; one step a network.

    ``variants`` are what was randomised, a name that draws share, and the graph.
    """
    for name, graph in variants:
        judge = Judge(Session(manifest, graph, num_threads=1))
        rows = [
            [
                rank_correlation(own, other)
                for own, other in zip(photo.maps, judge.maps(photo.picture[None])[0], strict=True)
            ]
            for photo in photos[:NUM_PHOTOS]
        ]
        found.add(name, np.array(rows))
        done()


def num_refits(manifest: Manifest) -> int:
    """How many steps :func:`compare_refits` takes; 0 where nothing can be fitted again."""
    return 0 if manifest.head_input is None else 1 + NUM_SHUFFLES


def compare_refits(
    photos: Sequence[Photo],
    manifest: Manifest,
    weights: bytes,
    seed: int,
    found: Correlations,
    done: Callable[[], None],
) -> None:
    """Fit heads again to what the model says of these photographs, in order and shuffled.

    One step a head, of the level alone: a manifest says which channels that one reads.
    """
    if manifest.head_input is None:
        return
    features = _features(photos, manifest, weights)
    targets = np.array([photo.logits[0] for photo in photos])
    rng = np.random.default_rng(seed)
    draws = [(REFITTED, targets)]
    draws += [(SHUFFLED, rng.permutation(targets)) for _ in range(NUM_SHUFFLES)]
    for name, wanted in draws:
        graph = with_personal_map(weights, manifest.head_input, refitted(features, wanted))
        session = Session(manifest, graph, num_threads=1)
        rows = np.full((min(NUM_PHOTOS, len(photos)), len(photos[0].maps)), np.nan)
        for row, photo in enumerate(photos[:NUM_PHOTOS]):
            pixels = manifest.preprocessing.normalise(photo.picture[None])
            given = session.run(pixels).personal_map
            assert given is not None  # the graph was just given it
            rows[row, 0] = rank_correlation(photo.maps[0], given[0].astype(np.float64))
        found.add(name, rows)
        done()


def _features(photos: Sequence[Photo], manifest: Manifest, weights: bytes) -> FloatArray:
    """What the head reads of each photograph, (N,M)."""
    session = Session(manifest, weights, num_threads=1, features=True)
    rows = []
    for photo in photos:
        given = session.run(manifest.preprocessing.normalise(photo.picture[None])).features
        assert given is not None  # it was asked for
        rows.append(given[0].astype(np.float64))
    return np.stack(rows)
