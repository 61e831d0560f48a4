"""A model by its name or path, ready to assess photographs."""

from __future__ import annotations

from pathlib import Path

from aesmap.analyzer import Analyzer
from aesmap.model.session import Session
from aesmap.model.taste import read_taste


def load(
    model: str | Path | None = None,
    *,
    num_threads: int = 0,
    provider: str = "cpu",
    precision: str = "fp32",
    taste: str | Path | None = None,
    features: bool = False,
) -> Analyzer:
    """Load a model: the bundled one by default, another by name or by path.

    A path leads to a manifest (``.json``) or to the ``.onnx`` beside it. ``num_threads`` limits
    the model's threads; 0 takes every core. ``provider`` is ``cpu``, ``openvino`` or ``cuda``, and
    ``precision`` ``fp32``, ``bf16`` or ``int8``: docs/providers.md. ``taste`` is the file of a
    personal taste, whose judge then takes the place of the model's own: docs/taste.md. With
    ``features`` every assessment has those that the head reads. Raises :class:`ModelError` and
    :class:`TasteError`.
    """
    own = None if taste is None else read_taste(Path(taste))
    return Analyzer(
        Session.open(
            model,
            num_threads=num_threads,
            provider=provider,
            precision=precision,
            taste=own,
            features=features,
        )
    )
