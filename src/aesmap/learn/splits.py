"""Folds that never cut a group: near-copies of one scene stay on one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


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
