"""What the page is told of a photograph that has been scored, as JSON that is kept."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.explain.text import describe
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.images.extras import Extra, PhotoExtras
from aesmap.images.moments.similarity import Signature
from aesmap.model.frame_choice import Frame
from aesmap.model.technical import TECHNICAL

EXTRAS: Final[tuple[Extra, ...]] = ("thumbnail", "exif", "signature", "faces")
"""What is wanted of each photograph besides its assessment."""

VERSION: Final = "5"
"""Of what is kept: another one is made anew."""

_NUM_ATTRIBUTES: Final = 3
"""Attributes whose maps are kept: the likeliest, as many as the paper ranks."""


@dataclass(frozen=True)
class Record:
    """A scored photograph, as it is kept: read no further than is asked for.

    Thousands are taken up before a page is shown, and most are only passed on to it.

    Attributes
    ----------
    line
        What the page's list has of it, a JSON object.
    grouping
        What bursts are told by, JSON.
    """

    line: bytes
    grouping: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The line's values."""
        values: dict[str, Any] = json.loads(self.line)
        return values

    @property
    def frame_and_signature(self) -> tuple[Frame, Signature]:
        """What bursts are told by, and what their frames are compared by."""
        score, technical_p, kept = json.loads(self.grouping)
        signature = Signature.from_json(kept)
        return Frame(score, technical_p, signature.cues), signature

    def to_bytes(self) -> bytes:
        """As kept."""
        return self.grouping + b"\n" + self.line

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Take up what was kept."""
        grouping, _, line = data.partition(b"\n")
        return cls(line, grouping)


def record_of(assessment: Assessment) -> Record:
    """What a list of photographs wants of an assessment with :data:`EXTRAS`."""
    extras = _extras(assessment)
    signature = extras.signature
    assert signature is not None
    technical = assessment.technical
    line = {
        "width": assessment.size.width,
        "height": assessment.size.height,
        "score": round(assessment.score, 4),
        "p": round(assessment.p_high, 6),
        "high": assessment.level == "high",
        "doubt": assessment.uncertain_reason,
        "technical": None if technical is None else round(technical.score, 4),
        "faults": {}
        if technical is None
        else {n: round(p, 3) for n, p in technical.faults.items()},
        "faultWords": "" if technical is None else technical.words(),
        "named": list(assessment.named),
        "taken": extras.captured.isoformat() if extras.captured else "",
        "camera": extras.exif.get("camera", ""),
        "lens": extras.exif.get("lens", ""),
    }
    grouping = (
        assessment.score,
        None if technical is None else technical.p_fair,
        signature.to_json(),
    )
    return Record(_compact(line), _compact(grouping))


def detail_of(assessment: Assessment) -> bytes:
    """What a large view wants of an assessment with :data:`EXTRAS`: words, maps and EXIF, as JSON.

    Maps are float32 as the network gave them, so their means in the browser are exact; of
    an unfamiliar picture there are none.
    """
    maps, is_known = assessment.maps, assessment.uncertain_reason != "unfamiliar"
    technical = assessment.technical if is_known else None
    biases = () if maps.attribute_bias is None else maps.attribute_bias.tolist()
    bias_of = dict(zip(maps.attribute_names, biases, strict=True))
    words = describe(assessment)
    detail: dict[str, Any] = {
        "words": words.text,
        "headline": words.headline,
        "shape": list(maps.evidence.shape),
        "uncoloured": uncoloured_boxes(assessment),
        "bias": maps.bias,
        "logit": assessment.logit,
        "evidence": _cells(maps.evidence) if is_known else None,
        "technicalMap": None if technical is None else _cells(technical.map_of(TECHNICAL)),
        "attributes": [
            {
                "name": name,
                "p": round(p, 4),
                "bias": bias_of[name],
                "map": _cells(maps.attribute_map(name)),
            }
            for name, p in assessment.attributes[: _NUM_ATTRIBUTES if is_known else 0]
        ],
        "spread": round(assessment.spread, 4),
        "exif": dict(_extras(assessment).exif),
    }
    return _compact(detail)


def thumbnail_bytes(assessment: Assessment) -> bytes:
    """Return the thumbnail that came with an assessment."""
    return _extras(assessment).thumbnail


def _extras(assessment: Assessment) -> PhotoExtras:
    assert assessment.extras is not None
    return assessment.extras


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _cells(cells: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(cells.astype("<f4").tobytes()).decode()
