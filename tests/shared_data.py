"""Rated photographs that may lie beside a checkout, for tests that want real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1] / "../shared/data"


def needs(*names: str) -> pytest.MarkDecorator:
    """Skips a test where one of these files or folders is not beside the checkout."""
    missing = [name for name in names if not (SHARED / name).exists()]
    return pytest.mark.skipif(
        bool(missing), reason=f"not here: {', '.join(f'../shared/data/{name}' for name in missing)}"
    )
