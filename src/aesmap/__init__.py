"""aesmap: how good a photograph looks, where that comes from, and how to crop it.

>>> import aesmap
>>> analyzer = aesmap.load()
>>> assessment = analyzer.assess("photo.jpg")
>>> assessment.level, assessment.p_high, assessment.score
>>> assessment.maps.evidence.mean() + assessment.maps.bias  # exactly the logit of p_high
>>> crop = aesmap.crop_photo("photo.jpg", "16:9", analyzer=analyzer)
>>> crop.judged.box, crop.judged.words

Nothing here loads torch; names are imported when first used, so that ``import aesmap`` is quick.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# ONNX Runtime's wheels (1.32 on Linux) keep a device identifier in the user's cache and send events
# to Microsoft unless this is there before they are loaded, which no import of aesmap comes after.
# Who wants that can say ORT_DISABLE_TELEMETRY=0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.assessment import Assessment, AttributeScore
    from aesmap.crop_assessment import JudgedBox, JudgedCrop, crop_photo
    from aesmap.crops.proposal import CropMethod, CropProposal
    from aesmap.errors import AesmapError, ImageError, ModelError, TasteError, UsageError
    from aesmap.estimator import AestheticScorer
    from aesmap.explain.text import Statement, Wording, describe
    from aesmap.images.extras import PhotoExtras
    from aesmap.loading import load
    from aesmap.model.maps import ActivationMaps
    from aesmap.model.session import list_models
    from aesmap.model.technical import TechnicalQuality
    from aesmap.scores import Scores, score_files
    from aesmap.types import Box, Size

__version__ = "0.2.0.dev0"

__all__ = [
    "ActivationMaps",
    "AesmapError",
    "AestheticScorer",
    "Analyzer",
    "Assessment",
    "AttributeScore",
    "Box",
    "CropMethod",
    "CropProposal",
    "ImageError",
    "JudgedBox",
    "JudgedCrop",
    "ModelError",
    "PhotoExtras",
    "Scores",
    "Size",
    "Statement",
    "TasteError",
    "TechnicalQuality",
    "UsageError",
    "Wording",
    "__version__",
    "crop_photo",
    "describe",
    "list_models",
    "load",
    "score_files",
]

_HOMES = {
    "ActivationMaps": "aesmap.model.maps",
    "AesmapError": "aesmap.errors",
    "AestheticScorer": "aesmap.estimator",
    "Analyzer": "aesmap.analyzer",
    "Assessment": "aesmap.assessment",
    "AttributeScore": "aesmap.assessment",
    "Box": "aesmap.types",
    "CropMethod": "aesmap.crops.proposal",
    "CropProposal": "aesmap.crops.proposal",
    "ImageError": "aesmap.errors",
    "JudgedBox": "aesmap.crop_assessment",
    "JudgedCrop": "aesmap.crop_assessment",
    "ModelError": "aesmap.errors",
    "PhotoExtras": "aesmap.images.extras",
    "Scores": "aesmap.scores",
    "Size": "aesmap.types",
    "Statement": "aesmap.explain.text",
    "TasteError": "aesmap.errors",
    "TechnicalQuality": "aesmap.model.technical",
    "UsageError": "aesmap.errors",
    "Wording": "aesmap.explain.text",
    "crop_photo": "aesmap.crop_assessment",
    "describe": "aesmap.explain.text",
    "list_models": "aesmap.model.session",
    "load": "aesmap.loading",
    "score_files": "aesmap.scores",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'aesmap' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
