"""Integers for the weights of a layer, chosen by what they do to its output.

Rounding each weight to its nearest step treats errors as if they were independent. They are not:
the inputs of a layer go together, so that the error of one weight can be made up for by the next.
Two steps, both in closed form and without gradients:

1. the float weights that come nearest to the float network's output from the inputs that the
   quantised network really has, by least squares;
2. their rounding, one input after the other, each error passed on to those still to come (Frantar
   and Alistarh 2022, *Optimal Brain Compression*; Frantar et al. 2023, *GPTQ*), and then passes
   over all of them again, each to its best step given the others.

Plain numpy, one layer at a time. Groups are those of a convolution: G of them, each with M outputs
and K inputs (for a depthwise convolution M = 1, and K are the taps of its window).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aesmap.types import FloatArray

# Of the gram matrix's mean diagonal: keeps weights of inputs that hardly vary where they were.
_DAMPING = 1e-3
# A weight's step, relative to that which just reaches the largest: clipping one to refine many.
_SHRINKING = np.linspace(0.6, 1.0, 17)
_PASSES = 2
_BLOCK = 64  # columns whose errors are passed on together, by one matrix product


@dataclass
class Moments:
    """Sums over positions of inputs (G,P,K) and wanted outputs (G,P,M), for least squares."""

    count: int = 0
    inputs: FloatArray | float = 0.0
    outputs: FloatArray | float = 0.0
    gram: FloatArray | float = 0.0
    cross: FloatArray | float = 0.0

    def add(self, inputs: FloatArray, outputs: FloatArray) -> None:
        """Take in more positions."""
        self.count += inputs.shape[1]
        self.inputs += inputs.sum(axis=1)
        self.outputs += outputs.sum(axis=1)
        self.gram += inputs.transpose(0, 2, 1) @ inputs
        self.cross += inputs.transpose(0, 2, 1) @ outputs

    def centred(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Means (G,K) and (G,M), covariance (G,K,K), and with the outputs (G,K,M)."""
        x, y = np.asarray(self.inputs) / self.count, np.asarray(self.outputs) / self.count
        gram = np.asarray(self.gram) / self.count - x[:, :, None] * x[:, None, :]
        cross = np.asarray(self.cross) / self.count - x[:, :, None] * y[:, None, :]
        return x, y, gram, cross


@dataclass(frozen=True)
class Rounded:
    """Weights as ``integers`` (G,M,K) times ``scales`` (G,M), and the ``bias`` (G,M) with them."""

    integers: FloatArray
    scales: FloatArray
    bias: FloatArray


def round_layer(moments: Moments, weights: FloatArray, largest: int) -> Rounded:
    """The integers up to ``largest`` that come nearest to the outputs in ``moments``.

    ``weights`` (G,M,K) are the float layer's own: where the inputs say nothing, those stay.
    """
    x, y, gram, cross = moments.centred()
    num_inputs = gram.shape[-1]
    damping = _DAMPING * np.einsum("gkk->g", gram) / num_inputs + 1e-12
    gram = gram + damping[:, None, None] * np.eye(num_inputs)
    cross = cross + damping[:, None, None] * weights.transpose(0, 2, 1)
    wanted = np.linalg.solve(gram, cross).transpose(0, 2, 1)
    scales = _scales(wanted, np.einsum("gkk->gk", gram), largest)
    integers = _rounded_in_turn(wanted, scales, gram, largest)
    for _ in range(_PASSES):
        integers = _improved(integers, wanted, scales, gram, largest)
    bias = y - np.einsum("gmk,gk->gm", integers * scales[..., None], x)
    return Rounded(integers, scales, bias)


def _scales(wanted: FloatArray, variance: FloatArray, largest: int) -> FloatArray:
    """The step of each output channel (G,M) with the least error of plain rounding."""
    full = np.abs(wanted).max(axis=-1)
    # A channel of zeros needs some step, and one too fine would not fit its bias.
    full = np.maximum(full, max(1e-4 * float(full.max()), 1e-12)) / largest
    errors = []
    for shrinking in _SHRINKING:
        steps = (shrinking * full)[..., None]
        rounded = steps * np.clip(np.rint(wanted / steps), -largest, largest)
        errors.append((variance[:, None] * (wanted - rounded) ** 2).sum(axis=-1))
    chosen: FloatArray = _SHRINKING[np.argmin(errors, axis=0)] * full
    return chosen


def _rounded_in_turn(
    wanted: FloatArray, scales: FloatArray, gram: FloatArray, largest: int
) -> FloatArray:
    """Column after column to its nearest step; the inverse's Cholesky factor passes errors on."""
    factor = np.linalg.cholesky(np.linalg.inv(gram)).transpose(0, 2, 1)
    left = wanted.copy()
    integers = np.empty_like(wanted)
    num_inputs = wanted.shape[-1]
    for start in range(0, num_inputs, _BLOCK):
        end = min(num_inputs, start + _BLOCK)
        errors = np.empty((*wanted.shape[:2], end - start))
        for k in range(start, end):
            integers[..., k] = np.clip(np.rint(left[..., k] / scales), -largest, largest)
            error = (left[..., k] - integers[..., k] * scales) / factor[:, None, k, k]
            left[..., k:end] -= error[..., None] * factor[:, None, k, k:end]
            errors[..., k - start] = error
        left[..., end:] -= errors @ factor[:, start:end, end:]
    return integers


def _improved(
    integers: FloatArray, wanted: FloatArray, scales: FloatArray, gram: FloatArray, largest: int
) -> FloatArray:
    """Each integer in turn to the best there is while the others stay; never worse."""
    integers = integers.copy()
    slope = (integers * scales[..., None] - wanted) @ gram
    num_inputs = wanted.shape[-1]
    for start in range(0, num_inputs, _BLOCK):
        end = min(num_inputs, start + _BLOCK)
        before = integers[..., start:end].copy()
        local = slope[..., start:end].copy()
        for k in range(start, end):
            step = local[..., k - start] / (gram[:, None, k, k] * scales)
            best = np.clip(np.rint(integers[..., k] - step), -largest, largest)
            change = (best - integers[..., k]) * scales
            integers[..., k] = best
            local += change[..., None] * gram[:, None, k, start:end]
        changes = (integers[..., start:end] - before) * scales[..., None]
        slope += changes @ gram[:, start:end]
    return integers
