"""Splits that never cut a group: near-copies of one scene stay on one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError, DatasetError
from aesmap.types import BoolArray


def group_folds(groups: npt.ArrayLike, num_folds: int, seed: int) -> npt.NDArray[np.intp]:
    """The fold (N,) of each image, 0 to ``num_folds - 1``, of nearly equal sizes.

    Groups are shuffled by ``seed``, then placed largest first, each into the smallest fold so
    far. Raises ``ValueError`` when there are fewer groups than folds.
    """
    names, inverse, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    if len(names) < num_folds:
        raise ValueError(f"{len(names)} groups cannot make {num_folds} folds")
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of_group = np.zeros(len(names), dtype=np.intp)
    fill = np.zeros(num_folds, dtype=np.intp)
    for group in order:
        fold = int(np.argmin(fill))
        fold_of_group[group] = fold
        fill[fold] += sizes[group]
    return np.asarray(fold_of_group[inverse.reshape(-1)])


def validation_rows(
    groups: npt.ArrayLike, candidates: BoolArray, share: float, seed: int
) -> BoolArray:
    """Rows (N,) to validate on: whole groups, about ``share`` (0 to 1) of the ``candidates`` (N,).

    Groups are taken in an order shuffled by ``seed`` as long as they fit; the same groups, seed and
    share give the same rows. Raises :class:`ConfigError` for a share that is none, and
    :class:`DatasetError` where either side would be empty.
    """
    if not 0 < share < 1:
        raise ConfigError(f"validation_share: must lie between 0 and 1, not {share:g}")
    names = np.asarray(groups)
    unique, inverse = np.unique(names[candidates], return_inverse=True)
    if len(unique) < 2:
        raise DatasetError(
            f"{len(unique)} groups of training images cannot be split into training and validation"
        )
    sizes = np.bincount(inverse.reshape(-1))
    wanted = max(1, round(share * int(sizes.sum())))
    taken, filled = [], 0
    for group in np.random.default_rng(seed).permutation(len(unique))[:-1]:
        if filled + sizes[group] <= wanted:
            taken.append(group)
            filled += int(sizes[group])
    if not taken:  # every group is larger than the part wanted
        taken = [int(np.argmin(sizes))]
    return np.asarray(np.isin(names, unique[taken]) & candidates)
