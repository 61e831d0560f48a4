"""aesmap: how good a photograph looks, where that comes from, and how to crop it.

>>> import aesmap
>>> analyzer = aesmap.load()
>>> verdict = analyzer.assess("photo.jpg")
>>> verdict.level, verdict.p_high, verdict.score
>>> verdict.maps.evidence.mean() + verdict.maps.bias  # exactly the logit of p_high
>>> verdict.crop("16:9").box

Nothing here loads torch; names are imported when first used, so that ``import aesmap`` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer, load
    from aesmap.assessment import Assessment
    from aesmap.errors import AesmapError

__version__ = "0.2.0.dev0"

__all__ = ["AesmapError", "Analyzer", "Assessment", "__version__", "load"]

_HOMES = {
    "AesmapError": "aesmap.errors",
    "Analyzer": "aesmap.analyzer",
    "Assessment": "aesmap.assessment",
    "load": "aesmap.analyzer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'aesmap' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
