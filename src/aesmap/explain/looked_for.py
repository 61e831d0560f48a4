"""Faces of a photograph that is to be drawn or put in words, where they were not looked for yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aesmap.assessment import Assessment
from aesmap.crops.faces import detect_faces
from aesmap.types import UInt8Array

DETECTION_PX: Final = 640
"""The longer side of a picture in which faces are looked for."""


def with_faces(said: Assessment, rgb: UInt8Array) -> Assessment:
    """Give the assessment with the faces of its photograph (H,W,3), looked for if they were not."""
    if said.faces is not None:
        return said
    return replace(said, faces=detect_faces(rgb, said.size))
