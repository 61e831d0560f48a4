"""Every head of a model alike: its map and its logit, of a batch of pictures."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.model.network_maps import NetworkMaps
from aesmap.model.session import Session
from aesmap.model.technical import FAULT_WORDS
from aesmap.types import Float32Array, FloatArray, UInt8Array

LEVEL: Final = "level"
TECHNICAL: Final = "technical"
FAULT: Final = "fault"
ATTRIBUTE: Final = "attribute"


class JudgeStoppedError(Exception):
    """Raised by a judge that was told to stop, in whatever thread asks it next."""


@dataclass(frozen=True)
class Head:
    """One logit with a map: ``kind`` is one of the four above, ``label`` what people read."""

    name: str
    kind: str
    label: str
    bias: float

    @property
    def is_main(self) -> bool:
        """Whether it is tested on all photographs and with each imputation."""
        return self.kind in (LEVEL, TECHNICAL)


class Judge:
    """A session whose heads are asked all at once. Safe to ask from several threads.

    Attributes
    ----------
    heads
        The level first, then technical quality and its faults, then attributes; as many as the
        model has (T).
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stopped = threading.Event()
        manifest = session.manifest
        heads = [Head(LEVEL, LEVEL, "level", manifest.level_bias)]
        if manifest.technical is not None:
            quality, *faults = manifest.technical.bias
            heads.append(Head(TECHNICAL, TECHNICAL, "technical quality", quality))
            heads += [
                Head(f"fault:{name}", FAULT, FAULT_WORDS[name], bias)
                for name, bias in zip(manifest.technical.faults, faults, strict=True)
            ]
        heads += [
            Head(f"attribute:{name}", ATTRIBUTE, name, bias)
            for name, bias in zip(manifest.attribute_names, manifest.attribute_bias, strict=True)
        ]
        self.heads: tuple[Head, ...] = tuple(heads)
        self._bias: FloatArray = np.array([head.bias for head in heads])

    def stop(self) -> None:
        """Have threads that are at work end at their next question."""
        self._stopped.set()

    def maps(self, pictures: UInt8Array) -> FloatArray:
        """Maps (N,T,h,w) of pictures (N,H,W,3) that have the size of one input shape."""
        if self._stopped.is_set():
            raise JudgeStoppedError
        normalise, step = self._session.manifest.preprocessing.normalise, self._session.batch_size
        found = [
            _stacked(self._session.run(normalise(pictures[at : at + step])))
            for at in range(0, len(pictures), step)
        ]
        joined: FloatArray = np.concatenate(found).astype(np.float64)
        return joined

    def logits(self, maps: FloatArray) -> FloatArray:
        """Logits (N,T) of maps (N,T,h,w): their means plus the biases."""
        logits: FloatArray = maps.mean(axis=(-2, -1)) + self._bias
        return logits


def _stacked(given: NetworkMaps) -> Float32Array:
    parts = [given.evidence[:, None]]
    if given.technical_maps is not None:
        parts.append(given.technical_maps)
    parts.append(given.attribute_maps)
    return np.concatenate(parts, axis=1)
