"""Linear heads for things that have a plain noun, taught by the network's own ImageNet classifier.

A thousand classes are summed into nouns that a person would say: breeds become "dog". The sum of
probabilities is not linear, and what a softmax makes of a place without any of its classes (a
wood, a face, a wall) is sure and wrong. So each noun is taught as a ridge regression, on what the
classifier gives to it, times the probability of an attribute that it is an example of, such as
Animals: the regression is linear, and an exact map. A noun that is an example of no attribute has
no head, for nothing says where the classifier may be believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from aesmap.errors import DatasetError
from aesmap.model.attributes import BY_NAME
from aesmap.training.data.tables import read_table
from aesmap.training.judge.naming import LEAST_NAMED
from aesmap.types import BoolArray, Float32Array, FloatArray

PENALTY: Final = 0.1
"""Of squared weights on standardised features; 0.03 to 1 do the same (docs/log/things.md)."""
LEAST_TAUGHT: Final = 5
"""A noun that fewer samples are taught with at least ``SURE`` has no head."""
SURE: Final = 0.3
CHOOSE_AT: Final = 0.9
"""The precision that the threshold is chosen for on one half; 0.85 is asked on the other."""
NUM_CELLS: Final = 4
"""Places of each photograph that are taught: three at random, and the peak of the evidence."""

_LEAST: Final = 1e-4


@dataclass(frozen=True)
class Nouns:
    """Nouns (K) with their ImageNet classes and the attributes that they are examples of."""

    names: tuple[str, ...]
    classes: tuple[tuple[int, ...], ...]
    attributes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ThingWeights:
    """Names (K), weights (K,C) on features, and constants (K)."""

    names: tuple[str, ...]
    weights: Float32Array
    bias: Float32Array


@dataclass(frozen=True)
class Teacher:
    """ImageNet's classifier, and the heads of attributes: weights and biases on the same features.

    ``classifier`` has weights (1000,C) and bias (1000), ``heads`` weights (A,C) and bias (A) of
    ``attributes`` (A).
    """

    classifier: tuple[FloatArray, FloatArray]
    attributes: tuple[str, ...]
    heads: tuple[FloatArray, FloatArray]

    def targets(self, features: FloatArray, nouns: Nouns) -> FloatArray:
        """What it says of each noun (N,K), 0 to 1, by features (N,C)."""
        logits = features @ self.classifier[0].T + self.classifier[1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        probable = 1 / (1 + np.exp(-(features @ self.heads[0].T + self.heads[1])))
        found = np.zeros((len(features), len(nouns.names)))
        for column, classes in enumerate(nouns.classes):
            at = [self.attributes.index(name) for name in nouns.attributes[column]]
            if at:
                share = shares[:, list(classes)].sum(axis=1)
                found[:, column] = share * probable[:, at].max(axis=1)
        return found


def read_nouns(path: Path) -> Nouns:
    """Read a table ``class,noun,attributes``, with ``|`` between attributes.

    Raises
    ------
    DatasetError
        For a table that cannot be read, a class that there is not or that stands twice, an
        attribute that is none, or one noun with different attributes, with its line.
    """
    table = read_table(path)
    if not {"class", "noun", "attributes"} <= set(table.columns):
        raise DatasetError(f"{path}: no table of class, noun, attributes")
    classes: dict[str, list[int]] = {}
    attributes: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for line, row in table.rows:
        number, noun = row["class"], row["noun"].strip()
        if not (number.isdecimal() and int(number) < 1000) or number in seen:
            raise DatasetError(f"{path}:{line}: no class of ImageNet, or twice: {number!r}")
        seen.add(number)
        examples = tuple(filter(None, row["attributes"].split("|")))
        if not noun or any(name not in BY_NAME for name in examples):
            raise DatasetError(f"{path}:{line}: no noun, or an unknown attribute")
        if attributes.setdefault(noun, examples) != examples:
            raise DatasetError(f"{path}:{line}: {noun!r} has other attributes further up")
        classes.setdefault(noun, []).append(int(number))
    names = tuple(sorted(classes))
    return Nouns(
        names,
        tuple(tuple(classes[name]) for name in names),
        tuple(attributes[name] for name in names),
    )


def fit_things(batches: Iterable[FloatArray], teacher: Teacher, nouns: Nouns) -> ThingWeights:
    """Fit a ridge regression for each noun that enough samples teach.

    Parameters
    ----------
    batches
        Features (N,C) of places, each half its own surroundings and half its whole photograph.
    teacher
        Says what is at each.
    nouns
        All of them.
    """
    num_channels, num_nouns = teacher.classifier[0].shape[1], len(nouns.names)
    count, taught = 0, np.zeros(num_nouns, dtype=np.int64)
    total, targets = np.zeros(num_channels), np.zeros(num_nouns)
    squares = np.zeros((num_channels, num_channels))
    products = np.zeros((num_channels, num_nouns))
    for features in batches:
        wanted = teacher.targets(features, nouns)
        count += len(features)
        total += features.sum(axis=0)
        squares += features.T @ features
        targets += wanted.sum(axis=0)
        products += features.T @ wanted
        taught += (wanted >= SURE).sum(axis=0)
    middle, mean = total / count, targets / count
    covariance = squares / count - np.outer(middle, middle)
    width = np.sqrt(np.diag(covariance)) + _LEAST
    together = products / count - np.outer(middle, mean)
    scaled = covariance / np.outer(width, width)
    found = np.linalg.solve(scaled + PENALTY * np.eye(len(width)), together / width[:, None])
    weights = found / width[:, None]
    kept = np.flatnonzero(taught >= LEAST_TAUGHT)
    return ThingWeights(
        tuple(nouns.names[index] for index in kept),
        weights[:, kept].T.astype(np.float32),
        (mean - middle @ weights)[kept].astype(np.float32),
    )


def choose_naming(
    scores: FloatArray, right: BoolArray, doubtful: BoolArray, half: BoolArray
) -> tuple[float, int, int]:
    """Choose the threshold on one half (N,) of the proposals, and state it on the other.

    Returns
    -------
    tuple
        The threshold, infinite where none will do; how many are named on the other half, and how
        many of these rightly. Doubtful ones are left out.
    """
    chosen = np.flatnonzero(half & ~doubtful)
    order = chosen[np.argsort(-scores[chosen], kind="stable")]
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    precision[: LEAST_NAMED - 1] = 0.0
    good = np.flatnonzero(precision >= CHOOSE_AT)
    if not len(good):
        return float("inf"), 0, 0
    threshold = float(scores[order[good[-1]]])
    stated = ~half & ~doubtful & (scores >= threshold)
    return threshold, int(stated.sum()), int(right[stated].sum())


def halves(labels: Sequence[object]) -> BoolArray:
    """Every other one, the first among them (N,)."""
    first: BoolArray = np.arange(len(labels)) % 2 == 0
    return first


def read_thing_labels(
    path: Path, nouns: Nouns
) -> Mapping[tuple[str, str], tuple[frozenset[str], frozenset[str]]]:
    """Read a table ``set,file,present,doubtful``: what is under the peak of each photograph.

    Raises
    ------
    DatasetError
        For a table that cannot be read, or a noun that is none, with its line.
    """
    table = read_table(path)
    if not {"set", "file", "present", "doubtful"} <= set(table.columns):
        raise DatasetError(f"{path}: no table of set, file, present, doubtful")
    found = {}
    for line, row in table.rows:
        present, doubtful = (
            frozenset(filter(None, row[column].split("|"))) for column in ("present", "doubtful")
        )
        if unknown := sorted((present | doubtful) - set(nouns.names)):
            raise DatasetError(f"{path}:{line}: unknown noun {unknown[0]!r}")
        found[row["set"], row["file"]] = (present, doubtful)
    return found
