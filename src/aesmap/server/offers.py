"""What the page offers, told to it by the service, so that each list stands in one place."""

from __future__ import annotations

import json
from typing import Any, Final

from aesmap import __version__
from aesmap.columns import TABLE
from aesmap.crops.aspect import ASPECTS

NAME: Final = "offers.json"
"""Its address beside the page's own files. Like those it needs no token: it tells of no photo."""


def offers_of(model_id: str, *, without: bool = True) -> dict[str, Any]:
    """Aspects, columns and who judges.

    Parameters
    ----------
    model_id
        Name and start of the SHA-256 of the model.
    without
        Whether it can be asked what a photograph would be without a part of it.

    Returns
    -------
    dict
        ``aspects``: names of crops, in order. ``columns``: of tables in files, in order, each with
        its ``name`` and the ``digits`` that its numbers are rounded to, or null. ``model`` and
        ``version``: who judges, so that kept assessments can be told from those that would be new.
        ``without``: as given.
    """
    columns = [{"name": column.name, "digits": column.digits} for column in TABLE]
    return {
        "aspects": list(ASPECTS),
        "columns": columns,
        "model": model_id,
        "version": __version__,
        "without": without,
    }


def offers_file(model_id: str) -> bytes:
    """:func:`offers_of` as the file that the page reads."""
    return json.dumps(offers_of(model_id), ensure_ascii=False).encode()
