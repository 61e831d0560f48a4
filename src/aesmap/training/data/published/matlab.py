"""One variable of a MATLAB file, of a version up to 7.2."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from aesmap.errors import DatasetError

# What scipy raises for an empty, a foreign, a truncated and a newer file.
_ERRORS = (OSError, ValueError, TypeError, NotImplementedError, MatReadError, zlib.error)


def read_variable(path: Path, name: str) -> npt.NDArray[Any]:
    """The variable ``name``; :class:`DatasetError` for a file that cannot be read or has none."""
    try:
        found = loadmat(path, variable_names=[name])
    except _ERRORS as error:
        raise DatasetError(f"{path}: no MATLAB file that can be read ({error})") from None
    if name not in found:
        raise DatasetError(f"{path}: no variable {name} in it; take the published file")
    return np.asarray(found[name])
