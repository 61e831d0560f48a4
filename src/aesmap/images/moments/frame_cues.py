"""What tells frames of one moment apart: fine detail, level and exposure, measured in the picture.

None of it says whether a photograph is good. Between two that show the same it says which is
sharper, straighter and better exposed; what each is worth is a matter of the model's manifest
(:class:`~aesmap.model.frame_choice.FrameChoice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from aesmap.images.moments.registration import SmallPicture, small_picture
from aesmap.types import Float32Array, FloatArray, UInt8Array

DETAIL: Final = ("fine_80", "fine_50", "coarse_80", "grain_20", "grain_80", "one_way")
"""Logarithms of energy: of second differences in the sharper fifth of tiles and in the middle one,
of those at half the size, of mixed differences in the flattest and busiest fifth, and how unlike
the two directions are."""

LEVEL: Final = ("upright", "off_upright", "upright_edges", "off_upright_edges")
"""Share of gradients within 1 degree of upright or level, of those within 8, and how far off most
of them are, in degrees: weighed by energy, and of the strongest fifth."""

EXPOSURE: Final = (
    *("luma_5", "luma_50", "luma_95", "luma_99", "luma", "luma_sq", "luma_99_sq", "luma_5_sq"),
    *("clipped", "white", "black", "dark", "bright"),
    *("log_clipped", "log_white", "log_black", "log_dark", "log_bright"),
    *("to_bright", "to_light", "to_middle", "from_middle", "contrast", "deviation", "blown"),
)
"""Quantiles of luma (0 to 1) and their squares, shares of clipped, white, black, dark and bright
pixels as roots and logarithms, and how far quantiles reach a bound."""

NAMES: Final = (*DETAIL, *LEVEL, *EXPOSURE)

DETAIL_STEP: Final = 0.055
"""The largest energy there can be, of a chessboard of black and white, is 252 of these."""

_SHARPER: Final = 1.0
"""Logarithm of energies from which on a tile is sharper beyond doubt."""
_GRAIN: Final = 8.0
"""Added to energies of second differences: below, they are noise."""
_NUM_PARTS: Final = 5
_GRID: Final = 10
_LEAST_PX: Final = 32
"""Smaller pictures are enlarged first: every tile needs pixels."""
_WHITE, _BRIGHT, _DARK, _BLACK = 254, 240, 12, 2
_BIN_DEGREES: Final = 0.5
_WIDEST: Final = 15.0
_FLAT: Final = 1e-5
"""Added to mean squared slopes: below, they are noise."""
_LOST: Final = -0.4
_LOST_SHARE: Final = 0.5
"""The logarithm of what is left of slopes in the direction of motion, at most, and the share of it
that was lost across, at most (docs/log/moments.md)."""
_SAME_FROM, _SAME_AT = 0.95, 0.99
"""Correlations of two layouts up to which nothing, and from which everything, is in the same
place."""


@dataclass(frozen=True, slots=True)
class FrameCues:
    """Cues of one picture.

    Attributes
    ----------
    values
        One float32 for each of :data:`NAMES`, as bytes.
    layout
        The luma of 10 by 10 tiles, 0 to 255, as bytes: what lies where.
    detail
        Logarithms of the energy of second differences in the same tiles, in steps of
        :data:`DETAIL_STEP`, as bytes: what is sharp where.
    slopes
        Means of the squared slopes across, of both slopes' product and of the squared slopes down,
        for a mean luma of 1, as float32: what motion takes from one direction alone.
    small
        What other frames are laid on.
    """

    values: bytes
    layout: bytes
    detail: bytes
    slopes: bytes
    small: SmallPicture

    @property
    def array(self) -> FloatArray:
        """The values, (35)."""
        values: FloatArray = np.frombuffer(self.values, "<f4").astype(np.float64)
        return values

    @property
    def parts(self) -> tuple[bytes, ...]:
        """As kept."""
        width = self.small.width.to_bytes(2, "little")
        return self.values, self.layout, self.detail, self.slopes, width + self.small.luma

    @classmethod
    def of_parts(cls, parts: Sequence[bytes]) -> FrameCues | None:
        """Take up what was kept; ``None`` of what an earlier version kept, which had less."""
        if len(parts) != _NUM_PARTS:
            return None
        values, layout, detail, slopes, small = parts
        width = int.from_bytes(small[:2], "little")
        return cls(values, layout, detail, slopes, SmallPicture(small[2:], width))


def frame_cues(picture: UInt8Array) -> FrameCues:
    """Measure the cues of a picture at the network's input shape, uint8 (h,w,3)."""
    if min(picture.shape[:2]) < _LEAST_PX:
        height, width = (max(_LEAST_PX, side) for side in picture.shape[:2])
        picture = np.asarray(Image.fromarray(picture).resize((width, height), 0))
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    luma = grey.astype(np.float32)
    second = _second(luma)
    fine = _tiles(second * second)
    values = (*_detail(luma, fine), *_level(luma), *_exposure(picture, grey))
    return FrameCues(
        values=np.array(values, "<f4").tobytes(),
        layout=np.rint(_tiles(luma)).astype(np.uint8).tobytes(),
        detail=np.rint(np.log(fine + _GRAIN) / DETAIL_STEP).astype(np.uint8).tobytes(),
        slopes=_slopes(luma),
        small=small_picture(grey),
    )


def alignment(one: FrameCues, others: list[FrameCues]) -> FloatArray:
    """How far what they show lies in the same places, (N), 0 to 1.

    Exposure can be compared only where it is of the same thing.
    """
    share: FloatArray = np.clip(
        (likeness(one, others) - _SAME_FROM) / (_SAME_AT - _SAME_FROM), 0.0, 1.0
    )
    return share


def likeness(one: FrameCues, others: list[FrameCues]) -> FloatArray:
    """Correlations of the layout with those of others, (N), -1 to 1."""
    found: FloatArray = (_standard([one]) * _standard(others)).sum(axis=1)
    return found


def detail_of(cues: FrameCues) -> FloatArray:
    """What is sharp where: logarithms of fine energy, (10,10)."""
    steps = np.frombuffer(cues.detail, np.uint8).astype(np.float64)
    logs: FloatArray = DETAIL_STEP * steps.reshape(_GRID, _GRID)
    return logs


def is_focus_elsewhere(one: FrameCues, other: FrameCues) -> bool:
    """Whether each of two frames is sharper than the other somewhere, as where focus has moved.

    A tile is sharper than any near it in the other frame, for things move a little.
    """
    a, b = detail_of(one), detail_of(other)
    return bool((a - _around(b)).max() > _SHARPER and (b - _around(a)).max() > _SHARPER)


def _around(tiles: FloatArray) -> FloatArray:
    """The largest of each tile and its four neighbours."""
    found = tiles.copy()
    np.maximum(found[1:], tiles[:-1], out=found[1:])
    np.maximum(found[:-1], tiles[1:], out=found[:-1])
    np.maximum(found[:, 1:], tiles[:, :-1], out=found[:, 1:])
    np.maximum(found[:, :-1], tiles[:, 1:], out=found[:, :-1])
    return found


def is_motion(better: FrameCues, worse: FrameCues) -> bool:
    """Whether the worse of two frames of the same lost sharpness by motion.

    Motion takes slopes from its own direction and hardly any across it; a lens out of focus takes
    them from all directions alike.
    """
    of_better, of_worse = (_tensor(one) for one in (better, worse))
    # The generalised eigenvalues of the two: what is left in the direction that lost most, and in
    # the one that lost least.
    half = np.linalg.inv(np.linalg.cholesky(of_better))
    most, least = np.log(np.linalg.eigvalsh(half @ of_worse @ half.T))
    return bool(most < _LOST and least > _LOST_SHARE * most)


def _tensor(cues: FrameCues) -> FloatArray:
    across, both, down = np.frombuffer(cues.slopes, "<f4").astype(np.float64)
    return np.array([[across + _FLAT, both], [both, down + _FLAT]])


def _slopes(luma: Float32Array) -> bytes:
    smooth = luma[1:] + luma[:-1]
    smooth = smooth[:, 1:] + smooth[:, :-1]
    across, down = np.diff(smooth, axis=1)[:-1].ravel(), np.diff(smooth, axis=0)[:, :-1].ravel()
    # Whole numbers, and so are their sums, whatever the order: one and the same picture has one and
    # the same cues.
    products = (across * across, across * down, down * down)
    sums = np.array([product.sum(dtype=np.float64) for product in products])
    mean_luma = luma.sum(dtype=np.float64) / luma.size
    means = sums / across.size / (mean_luma + 1) ** 2 / 16
    return bytes(means.astype("<f4").tobytes())


def _standard(cues: list[FrameCues]) -> FloatArray:
    """Layouts (N,100) whose products are correlations; of logarithms, which a stop only shifts."""
    return np.array([_standard_layout(one.layout) for one in cues])


@lru_cache(maxsize=16_384)  # every frame is compared with several others
def _standard_layout(layout: bytes) -> FloatArray:
    logs = np.log(np.frombuffer(layout, np.uint8).astype(np.float64) + 5.0)
    logs -= logs.mean()
    standard: FloatArray = logs / (np.linalg.norm(logs) + 1e-9)
    return standard


def _detail(luma: Float32Array, fine_energy: FloatArray) -> list[float]:
    height, width = luma.shape[0] // 2 * 2, luma.shape[1] // 2 * 2
    half = luma[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    across, down = np.diff(luma, axis=1), np.diff(luma, axis=0)
    fine, coarse = np.log(fine_energy + 1.0), _logs(_second(half))
    grain = _logs(np.diff(down, axis=1))
    unlike = np.abs(_logs(across) - _logs(down))
    return [
        *(float(np.quantile(fine, share)) for share in (0.8, 0.5)),
        float(np.quantile(coarse, 0.8)),
        *(float(np.quantile(grain, share)) for share in (0.2, 0.8)),
        float(np.median(unlike)),
    ]


def _second(luma: Float32Array) -> Float32Array:
    """The discrete Laplacian, (h-2,w-2)."""
    inner = 4 * luma[1:-1, 1:-1]
    inner -= luma[:-2, 1:-1]
    inner -= luma[2:, 1:-1]
    inner -= luma[1:-1, :-2]
    inner -= luma[1:-1, 2:]
    return inner


def _logs(differences: Float32Array) -> FloatArray:
    return np.log(_tiles(differences * differences) + 1.0)


def _tiles(values: Float32Array) -> FloatArray:
    """Means of 10 by 10 tiles."""
    rows, columns = (np.linspace(0, side, _GRID + 1).astype(int) for side in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, rows[:-1], axis=0), columns[:-1], axis=1)
    means: FloatArray = sums / np.outer(np.diff(rows), np.diff(columns))
    return means


def _level(luma: Float32Array) -> list[float]:
    smooth = luma[:-2] + 2 * luma[1:-1] + luma[2:]
    smooth = smooth[:, :-2] + 2 * smooth[:, 1:-1] + smooth[:, 2:]
    across = smooth[1:-1, 2:] - smooth[1:-1, :-2]
    down = smooth[2:, 1:-1] - smooth[:-2, 1:-1]
    energy = across * across + down * down
    tangent = np.float32(np.tan(np.radians(_WIDEST)))
    wide, high = np.abs(across), np.abs(down)
    to_side, to_top = np.flatnonzero(high < tangent * wide), np.flatnonzero(wide < tangent * high)
    a, d, energies = across.ravel(), down.ravel(), energy.ravel()
    slopes = np.concatenate([d[to_side] / a[to_side], -a[to_top] / d[to_top]])
    energies = np.concatenate([energies[to_side], energies[to_top]])
    bins = ((np.degrees(np.arctan(slopes)) + _WIDEST) / _BIN_DEGREES).astype(np.intp)
    count = int(2 * _WIDEST / _BIN_DEGREES)
    strong = energies > np.quantile(energy[::3, ::3], 0.8)
    by_energy = np.bincount(bins, energies, count)[:count] / (energy.sum() + 1e-9)
    by_edges = np.bincount(bins[strong], minlength=count)[:count] / max(1, 0.2 * energy.size)
    return [*_upright(by_energy), *_upright(by_edges)]


def _upright(shares: FloatArray) -> tuple[float, float]:
    degrees = np.abs((np.arange(len(shares)) + 0.5) * _BIN_DEGREES - _WIDEST)
    within = float(np.log((shares[degrees < 1].sum() + 0.002) / (shares[degrees < 8].sum() + 0.01)))
    smooth = np.convolve(shares, np.ones(3) / 3, "same")
    peak = degrees[degrees < 8][smooth[degrees < 8].argmax()]
    return within, min(5.0, float(peak))


def _exposure(picture: UInt8Array, grey: UInt8Array) -> list[float]:
    counts = np.bincount(grey.ravel(), minlength=256) / grey.size
    below = np.cumsum(counts)

    def quantile(share: float) -> float:
        return float(np.searchsorted(below, share)) / 255

    q5, q50, q95, q99 = (quantile(share) for share in (0.05, 0.5, 0.95, 0.99))
    middle = sum(quantile(share) for share in (0.1, 0.25, 0.5, 0.75, 0.9)) / 5
    is_clipped = picture >= _WHITE
    clipped = float((is_clipped[..., 0] | is_clipped[..., 1] | is_clipped[..., 2]).mean())
    white, bright = float(counts[_WHITE:].sum()), float(counts[_BRIGHT:].sum())
    black, dark = float(counts[: _BLACK + 1].sum()), float(counts[: _DARK + 1].sum())
    shares = np.array([clipped, white, black, dark, bright])
    tiles = _tiles(grey.astype(np.float32)) / 255
    blown = float(np.sqrt(_tiles((grey >= 250).astype(np.float32))).mean())
    return [
        *(q5, q50, q95, q99, middle, middle**2, q99**2, q5**2),
        *np.sqrt(shares),
        *np.log(shares + 1e-3),
        *(min(q99, 0.74), min(q95, 0.6), min(q50, 0.3), max(q50, 0.6)),
        *(float(np.log(q95 - q5 + 0.05)), float(tiles.std()), blown),
    ]
