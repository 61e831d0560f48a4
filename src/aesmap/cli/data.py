"""`aesmap data`: what a rated set holds, before anything is trained on it."""

from __future__ import annotations

import inspect
import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.data_audit import audit
from aesmap.cli.data_build import build
from aesmap.cli.shared.messages import print_data
from aesmap.cli.shared.readable import file_line, without_unreadable
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.training.network.dataset_statistics import Census

_SPEC_HELP = """\b
SPEC is one of
  ava:DIR                             AVA as its authors lay it out
  csv:FILE,low=1,high=7,threshold=4   a CSV or Parquet table

\b
More keys of csv:, each as ,key=value
  path=COL  mean=COL  group=COL  test=COL   columns, if not called as usual
  counts=c1|c2|...                    columns of votes from low to high
  attributes=Sky|Water                columns of 1, 0 or nothing
  tags=FILE                           CSV of group, present, absent attributes
  only=COL:VALUE|VALUE                rows to keep
  images=DIR                          folder beside the table; none: votes alone
  name=NAME
"""


@click.group(
    epilog="\b\nExamples:\n"
    "  aesmap data check ava:/data/AVA\n"
    "  aesmap data check csv:ratings.csv,low=1,high=5,threshold=3\n"
    "  aesmap data audit train_ids.txt --test lists/generic_test.jpgl\n"
    "  aesmap data build oasis --source downloads/ --download --output data/oasis"
)
def data() -> None:
    """Look at data sets of rated photographs, and build those that our figures are of."""


@data.command(
    epilog="\b\nExamples:\n"
    "  aesmap data check ava:/data/AVA --output histogram.png\n"
    "  aesmap data check csv:ratings.csv,low=1,high=5,threshold=3,images=photos\n"
    "  aesmap data check ava:/data/AVA csv:ratings.csv,low=1,high=7,threshold=4 --json"
)
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Draw the histogram of the ratings here (PNG).",
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures and files as JSON.")
@click.option(
    "--decode/--no-decode",
    default=True,
    show_default=True,
    help="Open and decode every image; without it, files are only looked for.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Images decoded at a time; default: one per processor."
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    help="Keep here which files could be read (JSON), so that only changed ones are read again.",
)
def check(
    specs: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    decode: bool,
    jobs: int | None,
    cache: Path | None,
) -> None:
    """Show what data sets hold: ratings, balance, votes, tags, and files that are not there.

    Several SPECs are shown one by one and together, on 1 to 10. Missing and unreadable files are
    counted and listed, and a completed check ends with exit code 0.
    """
    from aesmap.atomic import atomic_write
    from aesmap.cli.shared.dataset_output import census_lines, draw_ratings, problem_warning
    from aesmap.images.outputs import check_outputs, save_png
    from aesmap.training.data.rated_set import read_rated_set
    from aesmap.training.network.dataset_statistics import take_census

    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: histograms are PNG files; end the name in .png")
    with ExitStack() as stack:
        # Opened first: an output that cannot be written must not be found out after an hour.
        handle = stack.enter_context(atomic_write(output)) if output is not None else None
        sets = [read_rated_set(spec) for spec in specs]
        check_outputs((output,), (path for rated in sets for path in rated.images.paths))
        if decode:
            sets = without_unreadable(sets, cache, jobs)
        one_by_one = [take_census([rated]) for rated in sets]
        together = one_by_one[0] if len(sets) == 1 else take_census(sets)
        if handle is not None:
            save_png(draw_ratings(together), handle, "histogram")
    if as_json:
        print_data(json.dumps(_as_json(one_by_one, together, decode), ensure_ascii=False))
    else:
        for census in one_by_one if len(sets) == 1 else [*one_by_one, together]:
            click.echo("\n".join(census_lines(census)))
            click.echo()
        if output is not None:
            click.echo(f"wrote {output}")
    if warning := problem_warning(together):
        click.echo(f"aesmap: warning: {warning}", err=True)
    if not as_json:
        counts = (len(together.missing), len(together.unreadable))
        click.echo(file_line(together.num_files, *counts))


data.add_command(audit)
data.add_command(build)
check.help = f"{inspect.cleandoc(check.help or '')}\n\n{_SPEC_HELP}"


def _as_json(one_by_one: list[Census], together: Census, decode: bool) -> dict[str, object]:
    return {
        "sets": [census.to_json() for census in one_by_one],
        "together": together.to_json(),
        "images": {
            "found": together.num_files,
            "missing": len(together.missing),
            "unreadable": len(together.unreadable),
            "decoded": decode,
        },
    }
