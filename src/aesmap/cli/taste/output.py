"""Where a taste may be written."""

from __future__ import annotations

from pathlib import Path

from aesmap.errors import TasteError, UsageError

_SUFFIX = ".taste"


def check_taste_output(output: Path) -> None:
    """Before any work: an existing file is replaced only if it is a taste itself."""
    from aesmap.atomic import check_replaceable
    from aesmap.model.taste import read_taste

    if output.suffix != _SUFFIX:
        raise UsageError(f"{output}: tastes are files of their own kind; end the name in {_SUFFIX}")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent}")
    check_replaceable(output)
    if output.exists():
        try:
            read_taste(output)
        except TasteError:
            raise UsageError(
                f"{output}: exists and is no taste; give another name, or move it away"
            ) from None
