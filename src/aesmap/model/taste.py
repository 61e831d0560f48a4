"""A personal taste: another linear head beside the judge of one model, and its file.

``z_mine = z + (stretch z + w . f - centre) + constant``, where f are the pooled channels that the
model's own head weighs. What is added is linear in the channels, so it is a map as well: its mean
plus the constant is the whole difference between the two judges, exactly.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from aesmap.atomic import atomic_write
from aesmap.errors import TasteError
from aesmap.model.manifest import Manifest
from aesmap.model.star_forecast import StarForecast
from aesmap.types import EqualByContent, Float32Array

FORMAT: Final = "aesmap-taste"
FORMAT_VERSION: Final = 1
MAX_BYTES: Final = 4 * 2**20
"""No taste is that long; what is will not be read."""


@dataclass(frozen=True, eq=False)
class Taste(EqualByContent):
    """What somebody likes more and less than a model's judge does.

    Attributes
    ----------
    model, model_sha256
        Whose judge: its name, and the hash of its graph.
    weights
        On the M channels that the model's head reads (M,).
    centre
        ``w . f`` of an average photograph, taken off each place: so a place where the difference is
        zero is like the average one, and ``constant`` is all that holds of every photograph.
    stretch
        How much of the crowd's own evidence is added; -1 leaves nothing of it.
    constant
        What is added everywhere, in log-odds.
    calibrated
        Whether ``p_high`` is the chance of four or five stars by this person. Otherwise it is only
        a place in their order.
    forecast
        Which stars this person would give; ``None`` where that is not known, as of pairs.
    learned
        How it was learned, for people: counts, held-out figures, what is liked more and less.
    """

    model: str
    model_sha256: str
    weights: Float32Array
    centre: float
    stretch: float
    constant: float
    calibrated: bool
    forecast: StarForecast | None = None
    learned: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (self.centre, self.stretch, self.constant)))
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all() or not finite:
            raise ValueError("a taste's weights are finite numbers")

    @property
    def taste_id(self) -> str:
        """Eight hexadecimal digits of the hash of its numbers: what the ``model`` column says."""
        numbers = np.array([self.centre, self.stretch, self.constant], "<f8").tobytes()
        weights = np.asarray(self.weights, "<f4").tobytes()
        return hashlib.sha256(self.model_sha256.encode() + numbers + weights).hexdigest()[:8]

    def beside(self, manifest: Manifest) -> Manifest:
        """The manifest of the model with this taste in use.

        Raises
        ------
        TasteError
            If it was learned beside another model, or has weights for other channels.
        """
        name, digest = self.model, self.model_sha256
        if digest != manifest.onnx_sha256:
            raise TasteError(
                f"the taste was learned beside {name}@{digest[:8]}, not"
                f" {manifest.name}@{manifest.onnx_sha256[:8]}: learn it again with"
                f" 'aesmap taste learn PATHS --model {manifest.name} --output FILE'"
            )
        head = manifest.head_input
        if head is None or self.weights.shape != (head.channels,):
            channels = 0 if head is None else head.channels
            raise TasteError(
                f"the taste has {len(self.weights)} weights for {channels} channels; learn it again"
                " with 'aesmap taste learn'"
            )
        return replace(manifest, taste_id=self.taste_id)

    def difference(
        self, evidence: Float32Array, personal_map: Float32Array, bias: float
    ) -> tuple[Float32Array, float]:
        """What is added to the crowd's evidence (N,h,w), and to its bias.

        ``personal_map`` (N,h,w) is that of ``weights``. The stretch is of the crowd's whole logit,
        and so of its bias too.
        """
        added = np.float32(self.stretch) * evidence + (personal_map - np.float32(self.centre))
        return added, self.stretch * bias + self.constant

    def to_json(self) -> dict[str, Any]:
        """As written to disk."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "centre": self.centre,
            "stretch": self.stretch,
            "constant": self.constant,
            "calibrated": self.calibrated,
            "forecast": None if self.forecast is None else self.forecast.to_json(),
            "weights_float32": base64.b64encode(np.asarray(self.weights, "<f4").tobytes()).decode(),
            "learned": self.learned,
        }

    @classmethod
    def from_json(cls, data: Any) -> Taste:
        """Read back; ``ValueError``, ``KeyError`` or ``TypeError`` for what cannot be used."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("it is no taste")
        if data.get("format_version") != FORMAT_VERSION:
            raise ValueError(f"its version is {data.get('format_version')!r}; update aesmap")
        raw = base64.b64decode(data["weights_float32"], validate=True)
        forecast = data.get("forecast")
        return cls(
            model=str(data["model"]),
            model_sha256=str(data["model_sha256"]),
            weights=np.frombuffer(raw, "<f4").astype(np.float32),
            centre=float(data["centre"]),
            stretch=float(data["stretch"]),
            constant=float(data["constant"]),
            calibrated=bool(data["calibrated"]),
            forecast=None if forecast is None else StarForecast.from_json(forecast),
            learned=dict(data["learned"]),
        )


def write_taste(taste: Taste, path: Path) -> None:
    """Write a taste, whole or not at all; raises :class:`OutputError`."""
    text = json.dumps(taste.to_json(), indent=1, ensure_ascii=False) + "\n"
    with atomic_write(path) as handle:
        handle.write(text.encode("utf-8", "backslashreplace"))


def read_taste(path: Path) -> Taste:
    """Read a taste; :class:`TasteError` names the file where it is missing or damaged."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise TasteError(f"{path}: no such taste; make one with 'aesmap taste learn'") from None
    except (OSError, ValueError) as error:
        raise TasteError(f"{path}: cannot be read ({error})") from None
    try:
        if len(data) > MAX_BYTES:
            raise ValueError("it is too long")
        return Taste.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        problem = f"damaged or no taste ({error}); make one with 'aesmap taste learn'"
        raise TasteError(f"{path}: {problem}") from None
