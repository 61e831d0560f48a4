"""`aesmap data audit`: how much of a test list a network was trained on."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.messages import print_data
from aesmap.cli.shared.progress import progress
from aesmap.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from aesmap.training.data.leaks import IdList, Leak


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap data audit train_ids.txt --test lists/generic_test.jpgl\n"
    "  aesmap data audit train.csv --test test.csv --images AVA/images --clean clean.txt\n"
    "  aesmap data audit ava_labels_test.json --held-out --test lists/generic_test.jpgl"
)
@click.argument("trained", metavar="LIST", type=click.Path(path_type=Path))
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    required=True,
    help="The test list that figures are given for.",
)
@click.option(
    "--held-out",
    is_flag=True,
    help="LIST names what was kept out of training, and all else was trained on.",
)
@click.option(
    "--images",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of the images: also look for near-duplicates between training and test.",
)
@click.option(
    "--clean",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the images that are still a test here, one name a line.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def audit(
    trained: Path,
    test: Path,
    held_out: bool,
    images: Path | None,
    clean: Path | None,
    as_json: bool,
) -> None:
    """Say how much of a test list a network was trained on, and what is left to compare on.

    LIST holds what it was trained on: one name a line, a CSV with a column such as image_id, or a
    JSON list. Names are compared without folder and ending. Well-known lists are recognised.
    """
    from aesmap.atomic import atomic_write
    from aesmap.images.outputs import check_outputs
    from aesmap.training.data import leaks

    check_outputs((clean,), (trained, test))
    given, wanted = leaks.read_ids(trained), leaks.read_ids(test)
    files = {} if images is None else _files_in(images)
    # Of "all else" only what can be asked for matters: the test list, and what is at hand.
    seen = (wanted.ids | set(files)) - given.ids if held_out else given.ids
    alike: Sequence[str] | None = None
    if images is not None:
        unseen = sorted(wanted.ids - seen)
        with progress("looking", len(files)) as advance:
            alike = leaks.look_alikes(sorted(seen), unseen, files, lambda *_: advance())
    found = leaks.audit(seen, wanted.ids, alike)
    if clean is not None:
        with atomic_write(clean) as file:
            file.writelines(f"{name}\n".encode() for name in found.clean)
    if as_json:
        told = {
            "list": {"path": str(trained), "images": len(given.ids), "known_as": given.known_as},
            "test": {"path": str(test), "images": len(wanted.ids), "known_as": wanted.known_as},
            "held_out": held_out,
        }
        print_data(json.dumps(told | found.to_json(), ensure_ascii=False))
        return
    for line in _lines(given, wanted, found, held_out):
        click.echo(line)
    if clean is not None:
        click.echo(f"wrote {clean}")


def _files_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; give the one that the images are in")
    found: dict[str, Path] = {}
    for place, _, names in os.walk(folder):
        found |= {Path(name).stem: Path(place, name) for name in names}
    if not found:
        raise DatasetError(f"{folder}: holds no files")
    return found


def _lines(given: IdList, test: IdList, found: Leak, held_out: bool) -> list[str]:
    role = "kept out of training" if held_out else "trained on"
    lines = [
        f"{one.path}: {len(one.ids):,} images{what}" + (f" ({one.known_as})" * bool(one.known_as))
        for one, what in ((given, f" {role}"), (test, " to test on"))
    ]
    share = found.num_trained_on / found.num_test
    lines.append(
        f"{found.num_trained_on:,} of the {found.num_test:,} test images were trained on"
        f" ({share:.1%}); {found.num_test - found.num_trained_on:,} were not"
    )
    if found.num_alike is not None:
        lines.append(f"{found.num_alike:,} of those look nearly the same as one that was")
    if not found.num_trained_on and not found.num_alike:
        lines.append("Figures on this list are of images that the network has not seen.")
    elif not math.isfinite(found.widening):
        lines.append("Nothing is left to test on: no figure on this list can be compared.")
    else:
        lines.append(
            "A figure on all of this list is no figure of a test, and is not comparable with one of"
            f" a network that has not seen it. Compare on the {len(found.clean):,} images that are"
            f" left (--clean); intervals are about {found.widening:.1f} times as wide there."
        )
    return lines
