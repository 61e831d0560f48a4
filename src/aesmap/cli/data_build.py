"""`aesmap data build`: the tables that our figures are of, from data sets as they are published."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from aesmap.cli.shared.progress import progress
from aesmap.cli.train import needs_training

SETS = ("oasis", "sophoappeal", "flms")
_CHECKS = {
    "oasis": "labels.csv,low=1,high=7,threshold=4,images=images",
    "sophoappeal": "labels.csv,low=1,high=5,threshold=3,images=tiles",
}


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap data build oasis --source downloads/ --download --output data/oasis\n"
    "  aesmap data build sophoappeal --source downloads/ --download --output data/sophoappeal\n"
    "  aesmap data build flms --source downloads/flms --output data/flms"
)
@click.argument("name", metavar="|".join(SETS), type=click.Choice(SETS))
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder with the published files, unpacked; folders in it are looked through.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Write the table and its photographs into this folder.",
)
@click.option(
    "--download",
    is_flag=True,
    help="First bring into --source what is not there and has an address (4 MB): ratings and"
    " Sophoappeal's crops. Photographs of OASIS and FLMS have to be brought by hand.",
)
@needs_training("Building tables")
def build(name: str, source: Path, output: Path, download: bool) -> None:
    """Make the table that recipes and benchmarks read of a data set as it is published.

    The published files are known by their hash. Nothing is overwritten, and nothing is downloaded
    without --download. docs/reproduction.md lists the files, and where they are. BIQ2021 is read
    as it is published, and needs no table.
    """
    from aesmap.training.data.published.files import SourceFolder, bring, listed
    from aesmap.training.data.published.flms import FLMS
    from aesmap.training.data.published.oasis import OASIS
    from aesmap.training.data.published.sophoappeal import SOPHOAPPEAL

    chosen = {"oasis": OASIS, "sophoappeal": SOPHOAPPEAL, "flms": FLMS}[name]
    if download:
        for file, came in bring(chosen.files, source):
            click.echo(f"{'brought' if came else 'there already'}: {file.name}")
    with progress("writing", len(listed(chosen.photos))) as advance:
        made = chosen.build(SourceFolder(source), output, advance)
    click.echo(f"wrote {made} photographs and their table to {output}")
    if name in _CHECKS:
        click.echo(f"check it: aesmap data check {shlex.quote(f'csv:{output}/{_CHECKS[name]}')}")
