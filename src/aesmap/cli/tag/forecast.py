"""Whether `aesmap tag` writes the stars that somebody would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aesmap.errors import UsageError
from aesmap.model.taste import read_taste

if TYPE_CHECKING:
    from aesmap.cli.tag.run import TagRequest
    from aesmap.model.star_forecast import StarForecast


def star_forecast(request: TagRequest) -> StarForecast | None:
    """What forecasts stars, if they are to be forecast: with a taste that can, unless told else."""
    other = (request.shares, request.thresholds, request.lowest, request.review)
    is_left_open = request.stars is None and all(value is None for value in other)
    if request.stars != "forecast" and not (is_left_open and request.taste):
        return None
    if request.taste is None:
        raise UsageError("--stars forecast needs --taste FILE: whose stars are forecast?")
    forecast = read_taste(request.taste).forecast
    if forecast is None:
        if is_left_open:
            return None
        raise UsageError(
            f"{request.taste}: forecasts no stars, as it was learned from pairs or fewer than 40"
            " photographs; use --stars quantiles"
        )
    if request.overwrite:
        raise UsageError(
            "--overwrite would put forecast stars in the place of your own; leave it out, or say"
            " --stars quantiles"
        )
    return forecast
