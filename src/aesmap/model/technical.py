"""Technical quality and named faults: linear heads beside the judge of beauty, each with its map.

They were taught other things than beauty (the ratings of BIQ2021, and photographs spoilt on
purpose) and say another thing: how well a photograph is taken, and what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError
from aesmap.model.ratings import RatingModel, sigmoid
from aesmap.types import EqualByContent

TECHNICAL: Final = "technical"
TOO_DARK: Final = "too_dark"
BLURS: Final = ("soft", "motion_blurred")
BLURRED: Final = "blurred"
"""What both of these are called together: each is often taken for the other."""
FAULT_WORDS: Final[dict[str, str]] = {
    "soft": "soft",
    "motion_blurred": "blurred by motion",
    "noisy": "noisy",
    "too_dark": "too dark",
    "too_light": "too light",
    "blocky": "blocky from compression",
    "tilted": "tilted",
}
"""Every fault that a model may know, in words."""


NAMED_FAULT: Final = 0.5
"""The probability from which a sentence says a fault: tables hold less likely exposures too."""


@dataclass(frozen=True)
class TechnicalHeads:
    """What a manifest says of the technical heads of its graph.

    Attributes
    ----------
    faults
        Names of the faults (K), of :data:`FAULT_WORDS`.
    bias
        Of technical quality and then of each fault, (1+K).
    thresholds
        Logits (K) from which on a fault is named.
    rating_model
        From the logit of technical quality to a rating on 1-10.
    dark_below
        ``too_dark`` is named only where the brightest hundredth of the picture's luma begins below
        this (0 to 255): a low-key picture with lights in it is meant to be dark.

    Raises
    ------
    ConfigError
        If these do not fit together.
    """

    faults: tuple[str, ...]
    bias: tuple[float, ...]
    thresholds: tuple[float, ...]
    rating_model: RatingModel
    dark_below: float = 255.0

    def __post_init__(self) -> None:
        if unknown := [name for name in self.faults if name not in FAULT_WORDS]:
            raise ConfigError(f"technical: {unknown[0]!r} is no fault that is known here")
        if not len(self.bias) - 1 == len(self.faults) == len(self.thresholds):
            raise ConfigError("technical: as many biases and thresholds as heads")
        if not all(map(math.isfinite, (*self.bias, *self.thresholds))):
            raise ConfigError("technical: biases and thresholds are finite numbers")

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {
            "bias": self.bias[0],
            "rating_model": self.rating_model.to_json(),
            "dark_below": self.dark_below,
            "faults": [
                {"name": name, "bias": bias, "threshold": threshold}
                for name, bias, threshold in zip(
                    self.faults, self.bias[1:], self.thresholds, strict=True
                )
            ],
        }

    @classmethod
    def from_json(cls, data: Any) -> TechnicalHeads:
        """Read back; raises ``KeyError``, ``TypeError`` or :class:`ConfigError`."""
        faults = data["faults"]
        return cls(
            faults=tuple(str(fault["name"]) for fault in faults),
            bias=(float(data["bias"]), *(float(fault["bias"]) for fault in faults)),
            thresholds=tuple(float(fault["threshold"]) for fault in faults),
            rating_model=RatingModel.from_json(data["rating_model"]),
            dark_below=float(data["dark_below"]),
        )

    def assess(self, maps: npt.NDArray[np.float32], highlights: float) -> TechnicalQuality:
        """Say what the heads' maps of one photograph add up to.

        Parameters
        ----------
        maps
            (1+K,h,w), of technical quality and then of each fault.
        highlights
            The 99th percentile of the picture's luma, 0 to 255: :func:`highlights_of`.
        """
        means = maps.mean(axis=(1, 2), dtype=np.float64)
        logits = means + np.asarray(self.bias)
        named = {
            name: float(sigmoid(logit))
            for name, logit, threshold in zip(self.faults, logits[1:], self.thresholds, strict=True)
            if logit >= threshold and (name != TOO_DARK or highlights < self.dark_below)
        }
        return TechnicalQuality(
            logit=float(logits[0]),
            score=float(self.rating_model.score(logits[0])),
            p_fair=float(sigmoid(logits[0])),
            faults=dict(sorted(named.items(), key=lambda item: -item[1])),
            maps=maps,
            map_names=(TECHNICAL, *self.faults),
            bias=self.bias,
        )


@dataclass(frozen=True, eq=False, repr=False)
class TechnicalQuality(EqualByContent):
    """How well one photograph is taken.

    Attributes
    ----------
    logit
        ``map_of("technical").mean() + bias[0]``, calibrated log-odds.
    score
        Mean rating expected on 1-10.
    p_fair
        Probability that most people call it at least fair, 0 to 1.
    faults
        The faults that are named, with their probability, the surest first.
    maps, map_names, bias
        Maps (1+K,h,w) of technical quality and of every fault, whose means plus biases are the
        logits.
    """

    logit: float
    score: float
    p_fair: float
    faults: dict[str, float]
    maps: npt.NDArray[np.float32]
    map_names: tuple[str, ...]
    bias: tuple[float, ...]

    def __repr__(self) -> str:
        return f"TechnicalQuality(score={self.score:.2f}, faults={self.faults})"

    def map_of(self, name: str) -> npt.NDArray[np.float32]:
        """Return the map of technical quality or of a fault, float32 (h,w).

        Parameters
        ----------
        name
            One of ``map_names``.

        Raises
        ------
        KeyError
            There is no map of this name.
        """
        if name not in self.map_names:
            raise KeyError(name)
        found: npt.NDArray[np.float32] = self.maps[self.map_names.index(name)]
        return found

    def log_odds_of(self, name: str) -> npt.NDArray[np.float32]:
        """Return the log-odds of a fault at each place, float32 (h,w): its map plus its bias.

        Parameters
        ----------
        name
            One of ``map_names``.

        Raises
        ------
        KeyError
            There is no map of this name.
        """
        found: npt.NDArray[np.float32] = self.map_of(name) + np.float32(
            self.bias[self.map_names.index(name)]
        )
        return found

    def words(self) -> str:
        """Name the faults in words: see :func:`fault_words`."""
        return fault_words(self.faults)


def fault_words(faults: Mapping[str, float]) -> str:
    """Name faults in words, such as ``soft and noisy``; empty where there is none.

    Only those that are likelier than not: ``faults`` also holds exposures that are merely
    worth a look, at which a reader who sees the photograph would shake the head.
    """
    names = [name for name, probability in faults.items() if probability >= NAMED_FAULT]
    if set(BLURS) <= set(names):  # each is often taken for the other
        names = [BLURRED, *(name for name in names if name not in BLURS)]
    named = [FAULT_WORDS.get(name, name) for name in names]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def highlights_of(image_rgb: npt.NDArray[np.uint8]) -> float:
    """Return the 99th percentile of the luma (0 to 255) of a picture, uint8 (H,W,3)."""
    # By hand: of integers numpy's matrix product takes twice the time.
    red, green, blue = (image_rgb[..., channel].astype(np.uint16) for channel in range(3))
    luma = (77 * red + 150 * green + 29 * blue) >> 8  # ITU-R BT.601, of 256
    counts = np.bincount(luma.ravel(), minlength=256)
    return float(np.searchsorted(np.cumsum(counts), 0.99 * luma.size))
