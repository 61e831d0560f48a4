"""From idealo's weights to the bundled judge ``ava``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch

from aesmap import __version__
from aesmap.model.manifest import Manifest
from aesmap.model.preprocess import Preprocessing
from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import read_source
from aesmap.training.export import export_model
from aesmap.training.judge.calibrate import Calibration, close_bound, fit_rating_model
from aesmap.training.judge.config import read_recipe
from aesmap.training.judge.fit_ood import fit_familiarity, samples_of
from aesmap.training.nets.network import HIGH, LOW, AestheticNetwork
from aesmap.training.nima.fit import (
    AVA_SD,
    PUBLISHED_LCC,
    THRESHOLD,
    LinearMean,
    checked_fit,
    fidelity,
    log_odds_per_point,
)
from aesmap.training.nima.network import (
    NUM_VOTES,
    SHA256,
    NimaNetwork,
    mean_vote,
    read_nima,
    vote_shares,
)
from aesmap.training.nima.photographs import as_idealo_prepares, gather_photographs, logits_of
from aesmap.types import Size

NAME: Final = "ava"
PREPROCESSING: Final = Preprocessing(
    shapes=(Size(224, 224),),
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5),
    decode_margin=3.0,
    stride=3,
)
"""Nearly as the network was trained: photographs of 640 to 800 px squeezed into one square without
a filter. Of the filters that do not alias, bicubic makes its ratings lower by 0.7."""

CLOSE_COVERAGE: Final = 0.8
SOURCE: Final = {
    "name": "AVA, by idealo's network (NIMA, MobileNet)",
    "images": "an unknown part of 255,000",
    "licence": "weights Apache-2.0, copyright 2018 idealo internet GmbH",
    "terms": "models/MobileNet/weights_mobilenet_aesthetic_0.07.hdf5 of the public repository"
    " idealo/image-quality-assessment, trained on the votes of AVA (Murray, Marchesotti and"
    " Perronnin 2012). Which photographs of AVA it was not trained on is unknown: do not test it"
    " on photographs of AVA",
    "scale": [1, NUM_VOTES],
    "threshold": THRESHOLD,
}


def build_ava(
    weights: Path,
    biq2021: Path,
    data: Path,
    recipe_path: Path,
    output: Path,
    log: Callable[[str], None] = print,
) -> Manifest:
    """Convert, measure and write ``ava.onnx`` and ``ava.json`` into ``output``.

    Parameters
    ----------
    weights
        idealo's HDF5 file.
    biq2021
        The folder of BIQ2021, whose photographs are read without their scores.
    data
        The folder with ``flms/images`` and the sources of the recipe.
    recipe_path
        The recipe of the model whose families of familiar photographs this one shares.
    output
        A folder.

    Raises
    ------
    AesmapError
        ModelError for other weights, DatasetError for incomplete photographs, ExportError where one
        logit does not stand for the ten. Nothing is written then.
    """
    network = read_nima(weights)
    sources = [
        read_source(source, data, recipe_path.parent) for source in read_recipe(recipe_path).source
    ]
    photographs = gather_photographs(biq2021, data / "flms" / "images", sources[0])
    log(f"{len(photographs.paths)} photographs, {photographs.held_out.sum()} of them held out")
    logits = logits_of(network, photographs.paths, PREPROCESSING.prepare)
    linear, measured = checked_fit(logits, photographs.held_out)
    log(f"one logit for ten: R2 {measured.r2}, rank correlation {measured.srcc}")

    held_out = photographs.held_out
    z = log_odds_per_point() * (linear(logits) - THRESHOLD)
    scale = RatingScale(low=1, high=NUM_VOTES, threshold=THRESHOLD)
    rating_model = fit_rating_model(z[~held_out], vote_shares(logits[~held_out]), scale)
    score = fidelity(np.asarray(rating_model.score(z[held_out])), mean_vote(logits[held_out]))
    log(f"score: R2 {score.r2}, off by {score.mean_error} on the average")
    # Of the size that AVA's photographs have; BIQ2021's squares are smaller.
    rows = np.flatnonzero(held_out & (photographs.source != "BIQ2021"))
    theirs = logits_of(network, [photographs.paths[row] for row in rows], as_idealo_prepares)
    as_published = fidelity(linear(logits[rows]), mean_vote(theirs))
    log(f"against idealo's own preparation: rank correlation {as_published.srcc}")
    log("families of familiar photographs")
    output.mkdir(parents=True, exist_ok=True)
    manifest = export_model(
        one_logit_network(network, linear),
        Calibration(slope=1.0, offset=0.0),
        Manifest(
            name=NAME,
            onnx_file=f"{NAME}.onnx",
            onnx_sha256="",
            preprocessing=PREPROCESSING,
            level_bias=0.0,
            rating_model=rating_model,
            close_below=close_bound(z, CLOSE_COVERAGE),
            familiarity=fit_familiarity(samples_of(sources, PREPROCESSING)),
            provenance={
                "aesmap": __version__,
                "torch": torch.__version__,
                "converted_from": {"file": weights.name, "sha256": SHA256},
                "published": {"lcc": PUBLISHED_LCC, "srcc": 0.609, "emd": 0.071},
                "ava_sd": AVA_SD,
                "log_odds_per_point": log_odds_per_point(),
                "sources": [SOURCE],
            },
            figures={
                "what": "the one logit against the network's own mean rating, on photographs that"
                " neither was fitted to; python scripts/convert_nima.py",
                "mean_rating": asdict(measured),
                "score": asdict(score),
                "mean_rating_as_idealo_prepares": asdict(as_published),
                "mean_rating_by_source": {
                    str(name): asdict(fidelity(linear(logits[rows]), mean_vote(logits[rows])))
                    for name in np.unique(photographs.source)
                    for rows in [held_out & (photographs.source == name)]
                },
            },
        ),
        output,
    )
    log(f"wrote {output / manifest.onnx_file} ({manifest.model_id})")
    return manifest


def one_logit_network(network: NimaNetwork, linear: LinearMean) -> AestheticNetwork:
    """The network with two rows in place of ten, whose difference is the calibrated log-odds."""
    found = AestheticNetwork(network.backbone, num_attributes=0).eval()
    per_point = log_odds_per_point()
    weights = torch.from_numpy(per_point * linear.weights).double()
    with torch.no_grad():
        row = weights @ network.votes.weight.double()
        bias = weights @ network.votes.bias.double() + per_point * (linear.offset - THRESHOLD)
        for index, sign in ((LOW, -0.5), (HIGH, 0.5)):
            found.level.weight[index] = (sign * row).float()
            found.level.bias[index] = (sign * bias).float()
    return found
