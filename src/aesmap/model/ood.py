"""Whether a picture is like the photographs that a model was trained on, or unlike all of them.

The network gives a number for anything; for a plain colour, static, or a page of text its number
means nothing. A picture is called unfamiliar when it is too small, when neighbouring pixels are
unrelated, or when its natural scene statistics lie far from every family of photographs known: by
the Mahalanobis distance from a Gaussian fitted to each, the test for outliers of Lee et al. 2018
(arXiv:1807.03888), in the space of NIQE (see :mod:`~aesmap.model.nss`). The families
are fitted to photographs alone, so no kind of other picture has been seen before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from aesmap.errors import ConfigError
from aesmap.model.nss import (
    NUM_STATISTICS,
    ReducedPicture,
    coarse_smoothness,
    natural_statistics,
    reduced,
)
from aesmap.types import FloatArray, Size, UInt8Array


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoFamily:
    """Photographs of one kind, such as whole ones or small ones.

    ``mean`` (30,) and the lower triangular ``whitening`` (30,30), L with L'L the inverse of the
    covariance, make the Gaussian; ``bound`` is the largest distance of a member.
    """

    name: str
    mean: FloatArray
    whitening: FloatArray
    bound: float

    def __post_init__(self) -> None:
        if self.mean.shape != (NUM_STATISTICS,):
            raise ConfigError(f"familiarity.families: mean: {NUM_STATISTICS} numbers")
        if self.whitening.shape != (NUM_STATISTICS, NUM_STATISTICS):
            raise ConfigError(f"familiarity.families: whitening: rows of 1 to {NUM_STATISTICS}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.whitening).all()):
            raise ConfigError("familiarity.families: every number must be finite")
        if not 0 < self.bound < math.inf:
            raise ConfigError("familiarity.families: bound: a finite number above 0")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PhotoFamily) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, self.bound))

    def distance(self, statistics: FloatArray) -> float:
        """Mahalanobis distance of a picture's statistics (30,), in units of ``bound``."""
        return float(np.linalg.norm(self.whitening @ (statistics - self.mean))) / self.bound

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest: the whitening's rows up to its diagonal, six digits."""
        return {
            "name": self.name,
            "bound": self.bound,
            "mean": _rounded(self.mean),
            "whitening": [_rounded(row[: i + 1]) for i, row in enumerate(self.whitening)],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PhotoFamily:
        """Read back; raises :class:`ConfigError`, ``KeyError``, ``TypeError``, ``ValueError``."""
        rows = data["whitening"]
        whitening = np.zeros((NUM_STATISTICS, NUM_STATISTICS))
        if [len(row) for row in rows] != list(range(1, NUM_STATISTICS + 1)):
            raise ConfigError(f"familiarity.families: whitening: rows of 1 to {NUM_STATISTICS}")
        for index, row in enumerate(rows):
            whitening[index, : index + 1] = row
        return cls(
            name=str(data["name"]),
            mean=np.asarray(data["mean"], dtype=np.float64),
            whitening=whitening,
            bound=float(data["bound"]),
        )


@dataclass(frozen=True, kw_only=True)
class FamiliarityTest:
    """Bounds within which an image is familiar; measured on photographs (docs/model.md).

    ``min_side_px``: shortest side of the photograph. ``min_smoothness``: least
    :func:`~aesmap.model.nss.coarse_smoothness`, for a Gaussian of thirty numbers
    does not mind one of them being off, and noise is off in little else. ``families``: a picture
    must be within the bound of one of them; none is no test.
    """

    min_side_px: int = 48
    min_smoothness: float = 0.3
    families: tuple[PhotoFamily, ...] = ()

    def __call__(self, full_size: Size, picture: UInt8Array) -> bool:
        """Whether an image of ``full_size``, brought to the network's input (h,w,3), is known.

        Enlarging smooths anything, noise too: of a smaller image, give its own pixels.
        """
        if min(full_size.height, full_size.width) < self.min_side_px:
            return False
        small = reduced(picture)
        return coarse_smoothness(small) >= self.min_smoothness and self.distance(small) <= 1

    def distance(self, picture: ReducedPicture) -> float:
        """Distance of a picture from the nearest family; more than 1 is beyond it."""
        if not self.families:
            return 0.0
        statistics = natural_statistics(picture)
        return min(family.distance(statistics) for family in self.families)

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {
            "min_side_px": self.min_side_px,
            "min_smoothness": self.min_smoothness,
            "families": [family.to_json() for family in self.families],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FamiliarityTest:
        """Read back; :class:`ConfigError` names a field that is unknown or no number."""
        fields = dict(data)
        families = fields.pop("families", [])
        for name, value in fields.items():
            known = name in ("min_side_px", "min_smoothness")
            if not known or type(value) not in (int, float) or math.isnan(value):
                raise ConfigError(f"familiarity.{name}: unknown field or no number")
        if not isinstance(families, list):
            raise ConfigError("familiarity.families: expected a list")
        try:
            return cls(**fields, families=tuple(map(PhotoFamily.from_json, families)))
        except (KeyError, TypeError, IndexError) as error:
            raise ConfigError(f"familiarity.families: {error}") from None


def _rounded(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
