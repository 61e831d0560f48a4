"""A model by its name or path, ready to assess photographs."""

from __future__ import annotations

from pathlib import Path

from aesmap.analyzer import Analyzer
from aesmap.errors import UsageError
from aesmap.model.session import Session
from aesmap.model.taste import read_taste

PREVIEWS = ("auto", "never")
"""When cameras' previews are read in place of their photographs."""


def load(
    model: str | Path | None = None,
    *,
    num_threads: int = 0,
    provider: str = "cpu",
    precision: str = "fp32",
    taste: str | Path | None = None,
    features: bool = False,
    fine: bool = False,
    previews: str = "never",
) -> Analyzer:
    """Load a model: the bundled one by default, another by name or by path.

    Parameters
    ----------
    model
        A name of :func:`aesmap.list_models`, or the path of a manifest (``.json``) or of the
        ``.onnx`` beside it; ``None`` is the default one.
    num_threads
        How many the model takes for one photograph; 0 takes every core.
    provider
        ``cpu``, ``openvino``, ``cuda``, or ``auto`` for the fastest of those that are installed
        and agree with ``cpu``: docs/providers.md.
    precision
        ``fp32``, ``bf16`` or ``int8``.
    taste
        The file of a personal taste, whose judge takes the place of the model's own: docs/taste.md.
    features
        Whether every assessment has the features that the head reads.
    fine
        Whether maps have twice the resolution, in four passes and so at four times the cost; the
        score is the mean of that map: docs/model.md.
    previews
        ``auto`` reads the preview that a camera put into its JPEG, where it is large enough and
        shows the same, many times faster and with a slightly different score; ``never`` reads the
        photograph: docs/performance.md.

    Raises
    ------
    ModelError
        The model cannot be found or read, or the provider is not there.
    TasteError
        The taste cannot be read, or belongs to another model.
    UsageError
        A value is none of those named.
    """
    if previews not in PREVIEWS:
        raise UsageError(f"previews: one of {', '.join(PREVIEWS)}, not {previews!r}")
    own = None if taste is None else read_taste(Path(taste))
    return Analyzer(
        Session.open(
            model,
            num_threads=num_threads,
            provider=provider,
            precision=precision,
            taste=own,
            features=features,
            fine=fine,
            previews=previews == "auto",
        )
    )
