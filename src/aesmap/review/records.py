"""What the page is told of a photograph that has been scored, as JSON that is kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.explain.text import describe
from aesmap.images.exposure import Exposure
from aesmap.images.extras import Extra, PhotoExtras
from aesmap.images.similarity import Signature
from aesmap.model.technical import TECHNICAL

EXTRAS: Final[tuple[Extra, ...]] = ("thumbnail", "exif", "signature")
"""What is wanted of each photograph besides its assessment."""

VERSION: Final = "1"
"""Of what is kept: another one is made anew."""

_NUM_ATTRIBUTES: Final = 3
"""Attributes whose maps are kept: the likeliest, as many as the paper ranks."""


@dataclass(frozen=True)
class Record:
    """A scored photograph.

    Attributes
    ----------
    line
        What the page's list has of it.
    signature
        For bursts.
    """

    line: Mapping[str, Any]
    signature: Signature

    def to_bytes(self) -> bytes:
        """As kept."""
        signature = self.signature
        return json.dumps(
            {
                "line": self.line,
                "bits": base64.b64encode(signature.bits).decode(),
                "captured": signature.captured.isoformat() if signature.captured else None,
                "exposure": astuple(signature.exposure),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Read back; raises ``ValueError`` or ``KeyError``."""
        kept = json.loads(data)
        captured = kept["captured"]
        return cls(
            kept["line"],
            Signature(
                base64.b64decode(kept["bits"]),
                datetime.fromisoformat(captured) if captured else None,
                Exposure(*kept["exposure"]),
            ),
        )


def record_of(verdict: Assessment) -> Record:
    """What a list of photographs wants of a verdict with :data:`EXTRAS`."""
    extras = _extras(verdict)
    assert extras.signature is not None
    technical = verdict.technical
    line = {
        "width": verdict.size.width,
        "height": verdict.size.height,
        "score": round(verdict.score, 4),
        "p": round(verdict.p_high, 6),
        "high": verdict.level == "high",
        "doubt": verdict.uncertain_reason,
        "technical": None if technical is None else round(technical.score, 4),
        "faults": {}
        if technical is None
        else {n: round(p, 3) for n, p in technical.faults.items()},
        "faultWords": "" if technical is None else technical.words(),
        "named": list(verdict.named),
        "taken": extras.captured.isoformat() if extras.captured else "",
        "camera": extras.exif.get("camera", ""),
        "lens": extras.exif.get("lens", ""),
    }
    return Record(line, extras.signature)


def detail_of(verdict: Assessment) -> bytes:
    """What a large view wants of a verdict with :data:`EXTRAS`: words, maps and EXIF, as JSON.

    Maps are float32 as the network gave them, so their means in the browser are the verdict's.
    """
    maps, technical = verdict.maps, verdict.technical
    biases = () if maps.attribute_bias is None else maps.attribute_bias.tolist()
    bias_of = dict(zip(maps.attribute_names, biases, strict=True))
    words = describe(verdict)
    detail: dict[str, Any] = {
        "words": words.text,
        "headline": words.headline,
        "shape": list(maps.evidence.shape),
        "bias": maps.bias,
        "logit": verdict.logit,
        "evidence": _cells(maps.evidence),
        "technicalMap": None if technical is None else _cells(technical.map_of(TECHNICAL)),
        "attributes": [
            {
                "name": name,
                "p": round(p, 4),
                "bias": bias_of[name],
                "map": _cells(maps.attribute_map(name)),
            }
            for name, p in verdict.attributes[:_NUM_ATTRIBUTES]
        ],
        "votes": [round(share, 4) for share in verdict.distribution],
        "spread": round(verdict.spread, 4),
        "exif": dict(_extras(verdict).exif),
    }
    return json.dumps(detail, separators=(",", ":")).encode()


def thumbnail_bytes(verdict: Assessment) -> bytes:
    """Return the thumbnail that came with a verdict."""
    return _extras(verdict).thumbnail


def _extras(verdict: Assessment) -> PhotoExtras:
    assert verdict.extras is not None
    return verdict.extras


def _cells(cells: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(cells.astype("<f4").tobytes()).decode()
