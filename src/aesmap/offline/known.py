"""All numbers, names and phrases that the modules of the page go by, from where Python has them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import numpy as np

from aesmap.crops import faces, families, framing, proposal, scoring, search
from aesmap.explain import contrast, crop_words, headline, peak, phrases, regions, text, things
from aesmap.images.opened import MIN_SIDE_PX
from aesmap.model import nss, technical
from aesmap.model.manifest import NEVER, Manifest
from aesmap.model.things import REACH
from aesmap.server.offers import offers_of

MAX_PIXELS: Final = 128_000_000
"""Browsers decode a photograph in full: this many pixels take half a gigabyte."""


def known_of(manifest: Manifest) -> dict[str, Any]:
    """Gather what the modules in ``static`` need to know of a model and of Python's rules.

    Parameters
    ----------
    manifest
        The model's.

    Returns
    -------
    dict
        Plain values for JSON: ``model``, ``offers``, ``words``, ``crops``, ``faces``,
        ``statistics``, and the least and largest size of a photograph.
    """
    return {
        "model": _model(manifest),
        "offers": offers_of(manifest.model_id, without=False),
        "min_side": MIN_SIDE_PX,
        "max_pixels": MAX_PIXELS,
        "words": _words(),
        "crops": _crops(),
        "faces": {
            "threshold": faces.THRESHOLD,
            "above": faces.ABOVE,
            "aside": faces.ASIDE,
            "eye_margin": faces.EYE_MARGIN,
            "side": faces.SIDE,
            "nearly": faces.NEARLY,
            "strides": list(faces.STRIDES),
            "most_overlap": faces.MOST_OVERLAP,
            "most_candidates": faces.MOST_CANDIDATES,
        },
        "statistics": {
            "number": nss.NUM_PIXELS,
            "least": nss.MIN_SIDE,
            "bins": nss.LUMA_BINS,
            "quantiles": nss.QUANTILES.tolist(),
            "luma": nss.LUMA.tolist(),
        },
    }


def _model(manifest: Manifest) -> dict[str, Any]:
    heads, reference = manifest.technical, manifest.reference
    return {
        "id": manifest.model_id,
        "preprocessing": manifest.preprocessing.to_json(),
        "level_bias": manifest.level_bias,
        "rating_model": manifest.rating_model.to_json(),
        "close_below": manifest.close_below,
        "familiarity": manifest.familiarity.to_json(),
        "attributes": [
            # The network's own precision, as maps have it.
            {
                "name": name,
                "bias": float(np.float32(bias)),
                "threshold": None if threshold == NEVER else threshold,
            }
            for name, bias, threshold in zip(
                manifest.attribute_names,
                manifest.attribute_bias,
                manifest.attribute_thresholds,
                strict=True,
            )
        ],
        "technical": None if heads is None else heads.to_json(),
        "things": None if manifest.things is None else manifest.things.to_json(),
        "reference": None if reference is None else reference.to_json(),
    }


def _words() -> dict[str, Any]:
    return {
        "phrases": phrases.PHRASES,
        "spread": phrases.SPREAD,
        "little": text.LITTLE,
        "slight": text.SLIGHT,
        "nearly": text.NEARLY,
        "very": headline.VERY,
        "likely": headline.LIKELY,
        "top": headline.TOP,
        "middle": list(headline.MIDDLE),
        "nouns": things.NOUNS,
        "no_part": sorted(things.NO_PART),
        "same": sorted(peak.SAME),
        "reach": REACH,
        "covers": things.COVERS,
        "denser": things.DENSER,
        "faults": technical.FAULT_WORDS,
        "named_fault": technical.NAMED_FAULT,
        "blurs": list(technical.BLURS),
        "blurred": technical.BLURRED,
        "too_dark": technical.TOO_DARK,
        "grid": regions.GRID.width,
        "regions": [[region.name, list(region.box)] for region in regions.REGIONS],
        "whole": [regions.WHOLE.name, list(regions.WHOLE.box)],
        "most": regions.MOST,
        "lift": regions.LIFT,
        "leaning": regions.LEANING,
        "equal": regions.EQUAL,
        "least_explained": contrast.LEAST_EXPLAINED,
        "least_difference": contrast.LEAST_DIFFERENCE,
        "thing_first": contrast.THING_FIRST,
    }


def _crops() -> dict[str, Any]:
    return {
        "weights": asdict(scoring.WEIGHTS),
        "noise_floor": scoring.NOISE_FLOOR,
        "clear_gain": search.CLEAR_GAIN,
        "num_starts": search.NUM_STARTS,
        "smallest_gain": search.SMALLEST_GAIN,
        "smallest_side": families.SMALLEST_SIDE,
        "grid_steps": families.GRID_STEPS,
        "most_faces": framing.MOST_FACES,
        "enough": framing.ENOUGH,
        "notable": crop_words.NOTABLE,
        "least_named": crop_words.LEAST_NAMED,
        "kept_whole": proposal.KEPT_WHOLE,
        "chosen": proposal.CHOSEN,
    }
