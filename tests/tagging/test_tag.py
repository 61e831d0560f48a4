"""What of an assessment becomes part of a packet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from aesmap.images.extras import PhotoExtras
from aesmap.images.moments.similarity import photo_signature
from aesmap.tagging.sidecars import PacketFile
from aesmap.tagging.tag import AssessedPhoto
from made_assessments import made_assessment

EXTRAS = PhotoExtras(signature=photo_signature(np.zeros((8, 8, 3), np.uint8)))


def test_keywords_are_what_the_model_names_unless_a_bound_is_given(tmp_path: Path) -> None:
    """Probable is not enough: both are likelier than one half, one is sure."""
    found = made_assessment(np.ones((4, 4)), Sky=(5.0, 0.0), Water=(4.0, 0.0))
    found = replace(found, named=("Sky",), extras=EXTRAS)
    file = PacketFile(tmp_path / "a.jpg", tmp_path / "a.jpg.xmp")
    assert AssessedPhoto.of(file, found, "plain", None).keywords == ("Sky",)
    assert AssessedPhoto.of(file, found, "plain", 0.5).keywords == ("Sky", "Water")
    assert AssessedPhoto.of(file, found, "none", None).keywords == ()


def test_what_is_unfamiliar_gets_no_keywords(tmp_path: Path) -> None:
    found = made_assessment(np.ones((4, 4)), reason="unfamiliar", Sky=(5.0, 0.0))
    found = replace(found, extras=EXTRAS)
    file = PacketFile(tmp_path / "a.jpg", tmp_path / "a.jpg.xmp")
    assert AssessedPhoto.of(file, found, "plain", None).keywords == ()
