"""Near-duplicates and bursts: photographs that stand for the same picture.

Each photograph has a signature: a hash of what it shows, and when it was taken. The hash is the
signs of the lowest frequencies of the picture's cosine transform, as in pHash (C. Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions", 2010), with 256 bits as in
PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019).
Signs do not change with brightness and contrast.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.images.moments.exposure import NO_EXPOSURE, Exposure
from aesmap.images.moments.frame_cues import FrameCues, frame_cues
from aesmap.images.moments.overlap import are_panned
from aesmap.types import FloatArray, UInt8Array

NUM_BITS: Final = 256
"""Of a hash, of which the 64 lowest frequencies are its coarse part."""

# Measured on 850 photographs, 360,825 pairs (docs/choosing.md). Different ones are 128 +- 8 of 256
# bits apart, and 32 +- 4 of the coarse 64.
MAX_NEAR: Final = 72
MAX_NEAR_COARSE: Final = 16
"""Bits in which near-duplicates differ at most, of all and of the coarse ones.

A picture that was compressed, halved, brightened or cut by 2 % is up to 58 away (13 coarse). The
nearest two that were different were 86 away.
"""

MAX_BURST_COARSE: Final = 22
BURST_S: Final = 5.0
BRACKET_S: Final = 60.0
"""Coarse bits and seconds between photographs of one burst.

A frame that moved by a twentieth of the picture has a median of 13 bits and at most 23. Of
different photographs 1.2 % are within 22: too many for a hash alone, few for two photographs that
were taken within seconds.
"""

_SIDE: Final = 64
_FLAT: Final = 1e-6
"""Coefficients up to here are rounding errors: a plain field has no frequencies."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a photograph shows, ``bits`` (32 bytes), and when it was taken by its camera's clock.

    Lower frequencies come first: the first 8 bytes are the coarse part. ``exposure`` says how the
    camera was told to expose it, ``cues`` what tells it from frames of the same moment.
    """

    bits: bytes
    captured: datetime | None = None
    exposure: Exposure = NO_EXPOSURE
    cues: FrameCues | None = None

    def to_json(self) -> str:
        """As kept, on one line."""
        cues = () if self.cues is None else self.cues.parts
        parts = (
            _text(self.bits),
            None if self.captured is None else self.captured.isoformat(),
            astuple(self.exposure),
            *map(_text, cues),
        )
        return json.dumps(parts, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Signature:
        """Take up what :meth:`to_json` kept."""
        bits, captured, exposure, *cues = json.loads(text)
        return cls(
            base64.b64decode(bits),
            datetime.fromisoformat(captured) if captured else None,
            Exposure(*exposure),
            FrameCues.of_parts(list(map(base64.b64decode, cues))),
        )


def photo_signature(
    image_rgb: UInt8Array,
    captured: datetime | None = None,
    exposure: Exposure = NO_EXPOSURE,
) -> Signature:
    """The signature of a photograph of any size, uint8 (H,W,3); the network's input will do.

    The shape does not matter: the picture is brought to a square first.
    """
    grey = Image.fromarray(image_rgb).convert("L")
    luma = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    coefficients = (_COSINES @ luma @ _COSINES.T)[_ROWS, _COLUMNS]
    bits = np.packbits(coefficients > _FLAT).tobytes()
    return Signature(bits, captured, exposure, frame_cues(image_rgb))


def are_bracketed(one: Signature, other: Signature) -> bool:
    """Whether two photographs are frames of one exposure bracket, which is only useful whole.

    They were taken within a minute, and the exposure that the camera was asked for differs by a
    third of a stop or more: by its bias, or in the mode for brackets by time and aperture.
    """
    if not abs(_seconds(one.captured) - _seconds(other.captured)) <= BRACKET_S:
        return False
    return one.exposure.differs_from(other.exposure)


def are_similar(one: Signature, other: Signature) -> bool:
    """Whether two photographs are nearly the same picture, or of one burst, and no bracket."""
    return _look_alike(one, other) and not are_bracketed(one, other)


def _look_alike(one: Signature, other: Signature) -> bool:
    coarse = _num_different(one.bits[:8], other.bits[:8])
    if coarse <= MAX_NEAR_COARSE and _num_different(one.bits, other.bits) <= MAX_NEAR:
        return True
    if coarse > MAX_BURST_COARSE:
        return False
    if not abs(_seconds(one.captured) - _seconds(other.captured)) <= BURST_S:
        return False
    return one.cues is None or other.cues is None or not are_panned(one.cues, other.cues)


class SimilarGroups:
    """Groups that grow while photographs are added, the best first.

    A photograph joins the first group whose winner it is similar to (:func:`are_similar`), or
    else begins a group as its winner. So everything in a group is directly like its winner, and
    no chain of small steps joins what is far apart: a time-lapse of an hour is many groups unless
    nothing moves in it.

    With ``most`` groups no more are begun: what is like none of their winners then has no group.
    ``num_bracketed`` counts those that stand apart as frames of an exposure bracket alone.
    """

    def __init__(self, most: int | None = None) -> None:
        self.num_bracketed = 0
        self._most = most
        self._winners: list[Signature] = []
        # Of the winners, with room to grow: the coarse hash, and when, in seconds.
        self._coarse = np.empty(64, np.uint64)
        self._captured_s = np.empty(64, np.float64)

    def __len__(self) -> int:
        return len(self._winners)

    def add(self, signature: Signature) -> int | None:
        """The number of the group that the next best photograph belongs to: a new one's is last.

        ``None`` if it belongs to none and there are ``most`` already.
        """
        count = len(self._winners)
        coarse = np.frombuffer(signature.bits, np.uint64, count=1)[0]
        captured_s = _seconds(signature.captured)
        distances = np.bitwise_count(self._coarse[:count] ^ coarse)
        possible = distances <= MAX_NEAR_COARSE
        if signature.captured is not None:
            at_once = np.abs(self._captured_s[:count] - captured_s) <= BURST_S
            possible |= at_once & (distances <= MAX_BURST_COARSE)
        is_bracket = False
        for number in np.flatnonzero(possible).tolist():
            if are_similar(self._winners[number], signature):
                return int(number)
            is_bracket = is_bracket or _look_alike(self._winners[number], signature)
        self.num_bracketed += is_bracket
        if count == self._most:
            return None
        if count == len(self._coarse):
            self._coarse = np.concatenate([self._coarse, self._coarse])
            self._captured_s = np.concatenate([self._captured_s, self._captured_s])
        self._coarse[count], self._captured_s[count] = coarse, captured_s
        self._winners.append(signature)
        return count


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _num_different(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _seconds(captured: datetime | None) -> float:
    """Since the year 1; not a number, which is near to none, for an unknown time."""
    return math.nan if captured is None else (captured - datetime.min) / timedelta(seconds=1)


def _cosines() -> FloatArray:
    """The lowest rows (h,_SIDE) of the DCT-II of ``_SIDE`` samples: as many as are needed."""
    frequency, place = np.mgrid[: max(_ROWS.max(), _COLUMNS.max()) + 1, :_SIDE]
    table: FloatArray = np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))
    return table


def _lowest() -> npt.NDArray[np.intp]:
    """Rows and columns (2,NUM_BITS) of the lowest frequencies but the mean, the lowest first."""
    pairs = [(row, column) for row in range(_SIDE) for column in range(_SIDE) if row or column]
    pairs.sort(key=lambda pair: (sum(pair), pair))
    return np.array(pairs[:NUM_BITS]).T


_ROWS, _COLUMNS = _lowest()
_COSINES: Final = _cosines()
