"""`aesmap faithfulness`: whether the maps of a model hold, on photographs of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_summary, raise_for
from aesmap.cli.shared.options import model_files, no_images, recursive_option, workers_option
from aesmap.cli.shared.progress import progress
from aesmap.errors import AesmapError, ExportError, UsageError

if TYPE_CHECKING:
    from aesmap.faithfulness.study import Study
    from aesmap.model.manifest import Manifest

_FEWEST = 8


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap faithfulness lite0 --photos shoot/ --output report/\n"
    "  aesmap faithfulness mine.onnx --photos oasis/images --groups oasis/labels.csv"
    " --output report/"
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--photos",
    type=LocalPath(),
    required=True,
    metavar="DIR",
    help="Photographs that the model has not learned from.",
)
@recursive_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Write faithfulness.html and faithfulness.json into this folder.",
)
@click.option(
    "--groups",
    type=LocalPath(),
    metavar="CSV",
    help="Columns file and group: photographs that belong together, for the intervals.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=_FEWEST),
    default=200,
    show_default=True,
    metavar="N",
    help="At most so many photographs, drawn at random.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of every random choice.")
@workers_option
def faithfulness(
    model: str,
    photos: Path,
    recursive: bool,
    output: Path,
    groups: Path | None,
    limit: int,
    seed: int,
    workers: int | None,
) -> None:
    """Test whether the maps of MODEL, a name or a path, are faithful.

    Takes parts of photographs away and compares what happens to the logit with what the map says;
    spoils the network on purpose, and sees whether the maps notice (needs the extra train); puts
    four photographs into one. Level, technical quality, faults and attributes are tested alike.

    Takes about ten seconds of one core for each photograph.
    """
    from itertools import chain

    from aesmap.batch.discovery import find_images
    from aesmap.cores import num_cores
    from aesmap.faithfulness.groups import group_names
    from aesmap.faithfulness.heads import Judge
    from aesmap.faithfulness.sample import drawn, read_photos
    from aesmap.faithfulness.study import Study, perturb, point
    from aesmap.faithfulness.writing import FIGURES, PAGE, output_folder, report, write
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import read_model
    from aesmap.model.session import Session, model_path

    if seed < 0:
        raise UsageError(f"--seed: 0 or more, not {seed}")
    images = find_images([photos], recursive)
    if not images:
        raise no_images([photos], recursive)
    check_outputs((output / PAGE, output / FIGURES), chain(images, model_files(model)))
    Session.open(model, num_threads=1)  # with all its checks
    manifest, weights = read_model(model_path(model))
    judge = Judge(Session(manifest, weights, num_threads=1))
    preprocessing = manifest.preprocessing
    with output_folder(output):
        paths = drawn(images, limit, seed)
        group_names(paths, groups, photos)  # a table that cannot be used is told of at once
        with progress("reading", len(paths)) as done:
            found, failed = read_photos(judge, preprocessing, paths, done)
        if len(found) < _FEWEST:
            raise AesmapError(
                f"{photos}: {len(found)} photographs can be read; {_FEWEST} at least are needed"
                + (f" ({failed[0]})" if failed else "")
            )
        study = Study(judge, found)
        with progress("taking parts away", len(found)) as done:
            perturb(study, preprocessing, seed, workers or num_cores(), done)
        with progress("mosaics", len(judge.heads)) as done:
            point(study, preprocessing, seed, done)
        left_out = _randomise(study, manifest, weights, seed)
        names = group_names([photo.path for photo in found], groups, photos)
        write(report(study, names, manifest, seed, failed, left_out), output)
    heads = "1 head" if len(judge.heads) == 1 else f"{len(judge.heads)} heads"
    print_summary(f"{output / PAGE}: {len(found)} photographs, {heads}")
    raise_for(failed, "read")


def _randomise(study: Study, manifest: Manifest, weights: bytes, seed: int) -> list[str]:
    """Compare maps with those of spoilt networks; returns what could not be done, and why."""
    from aesmap.faithfulness.randomisation import compare_refits, compare_variants, num_refits

    left_out = []
    try:
        from aesmap.training.randomize import NUM_VARIANTS, variants
    except ModuleNotFoundError:
        left_out.append(
            "Networks with weights drawn anew are left out: pip install 'aesmap[train]' for them."
        )
    else:
        try:
            with progress("randomised networks", NUM_VARIANTS) as done:
                compare_variants(
                    study.photos, manifest, variants(weights, seed), study.correlations, done
                )
        except ExportError as error:
            left_out.append(f"Networks with weights drawn anew are left out: {error}.")
    if not num_refits(manifest):
        left_out.append(
            "A refitted head is left out: the model does not say which channels its head reads."
        )
    with progress("refitted heads", num_refits(manifest)) as done:
        compare_refits(study.photos, manifest, weights, seed, study.correlations, done)
    return left_out
