"""Arguments of commands that work with files of this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aesmap.errors import UsageError


class LocalPath(click.Path):
    """A path, as :class:`~pathlib.Path`; a URL, which that would garble, is refused in one line."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What click calls; raises :class:`UsageError` for a URL."""
        from aesmap.batch.remote import is_url

        if isinstance(value, str) and is_url(value):
            raise UsageError(
                f"{value}: only files of this machine are taken here; 'aesmap score' and"
                " 'aesmap top' read URLs"
            )
        return super().convert(value, param, ctx)
