"""Tensors written to disk whole, or not at all."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import torch

from aesmap.atomic import atomic_path


def save_tensors(path: Path, content: Any) -> None:
    """``torch.save``, atomically: a full disk or a kill leaves the file that was there before.

    Raises :class:`~aesmap.errors.OutputError`.
    """
    with atomic_path(path) as temporary:
        try:
            torch.save(content, temporary)
        except RuntimeError as error:
            # torch's zip writer tells a full disk as an error of its own, without its number.
            raise OSError(errno.ENOSPC, str(error).splitlines()[0]) from error
