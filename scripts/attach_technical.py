"""Train the technical heads on BIQ2021 and put them into an exported model.

    python scripts/attach_technical.py --biq2021 DIR --model lite0 --output runs/technical

The features of 10,000 photographs and of their spoilt copies take a quarter of an hour on one
core, the fit some minutes; a second run takes both from ``--output``. Without this step a model has
no technical heads, and its columns stay empty. To leave them out of a model that has them, with all
else that learned from BIQ2021's ratings (the choice among frames of a moment):

    python scripts/attach_technical.py --no-technical --model lite0 --output runs/plain
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from aesmap.model.manifest import read_model, write_model
from aesmap.model.session import model_path
from aesmap.training.judge.attach_heads import attach_heads, detach_heads
from aesmap.training.nets.backbones import build_backbone
from aesmap.training.technical.fit import train_technical
from aesmap.training.technical.heads import read_heads

TAPS = (4, 5, 6, 7)
SOURCE = {
    "name": "BIQ2021 (technical quality and faults alone)",
    "images": 10_000,
    "licence": "no licence file: scientific use, as its page says",
    "terms": "BIQ2021 (Ahmed and Asif; repository nisarahmedrana/BIQ2021): the 10,000 photographs"
    " of its training list, of which those of subset 03 are from Unsplash, with their mean opinion"
    " scores; faults from copies of them spoilt on purpose",
}
FIGURES = {
    "what": "SRCC of the technical rating with the mean opinion scores of BIQ2021's official test"
    " list, intervals over groups of look-alikes; python benchmarks/technical.py",
    "srcc": [0.835, 0.819, 0.851],
    "srcc_without_look_alikes": [0.799, 0.778, 0.817],
    "ece_of_technical_p": 0.013,
}


def main() -> None:
    """Train, or take what was trained, and attach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--biq2021", type=Path, help="the data set's folder; without it, --heads")
    parser.add_argument("--heads", type=Path, help="heads that were trained before (.npz)")
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--output", type=Path, required=True, help="folder for model and cache")
    parser.add_argument(
        "--no-technical", action="store_true", help="leave out the technical heads of the model"
    )
    arguments = parser.parse_args()
    if arguments.no_technical:
        if arguments.biq2021 or arguments.heads:
            parser.error("--no-technical trains and attaches nothing: no --biq2021, no --heads")
        _leave_out(arguments.model, arguments.output)
        return
    if (arguments.biq2021 is None) == (arguments.heads is None):
        parser.error("give --biq2021 to train, or --heads to attach what was trained")
    arguments.output.mkdir(parents=True, exist_ok=True)
    heads = (
        train_technical(arguments.biq2021, arguments.output)
        if arguments.heads is None
        else read_heads(arguments.heads)
    )
    manifest, data = read_model(model_path(arguments.model))
    factors = build_backbone("efficientnet_lite0", taps=TAPS, tap_magnitudes=True).taps
    data, manifest = attach_heads(data, manifest, heads, factors)
    provenance = dict(manifest.provenance)
    others = [s for s in provenance.get("sources", ()) if s["name"] != SOURCE["name"]]
    provenance["sources"] = [*others, SOURCE]
    figures = manifest.figures | {"technical": FIGURES}
    manifest = replace(manifest, provenance=provenance, figures=figures)
    write_model(manifest, data, arguments.output)
    print(f"wrote {arguments.output / manifest.onnx_file} ({manifest.model_id})")


def _leave_out(model: str, output: Path) -> None:
    """Write the model without its technical heads, and without what is said of them."""
    manifest, data = read_model(model_path(model))
    data, manifest = detach_heads(data, manifest)
    provenance = dict(manifest.provenance)
    provenance["sources"] = [
        s for s in provenance.get("sources", ()) if s["name"] != SOURCE["name"]
    ]
    figures = {k: v for k, v in manifest.figures.items() if k not in ("technical", "frame_choice")}
    output.mkdir(parents=True, exist_ok=True)
    write_model(replace(manifest, provenance=provenance, figures=figures), data, output)
    print(f"wrote {output / manifest.onnx_file} ({manifest.model_id})")


if __name__ == "__main__":
    main()
