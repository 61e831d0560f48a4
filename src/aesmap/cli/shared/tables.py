"""Rows of results as a table that people read."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from aesmap.errors import printable

_PIPE_WIDTH = 10_000


def print_table(
    rows: Sequence[Mapping[str, Any]],
    naming: Mapping[str, float],
    more: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Print a line for each row; ``more`` are further columns, after the numbers.

    ``rank`` is the place of each among them by its score.

    ``naming``: the probability from which each attribute is named.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from aesmap.explain.headline import as_percentage
    from aesmap.model.manifest import UNMEASURED_THRESHOLD

    more = dict(more or {})
    if any(row["technical"] is not None for row in rows):
        ratings = ["" if row["technical"] is None else f"{row['technical']:.1f}" for row in rows]
        more = {"technical": ratings} | more
    more |= _ranks(rows)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("photograph", overflow="fold", ratio=1)
    for name in ("level", "p_high", "score", *more):
        table.add_column(name, justify="right" if name != "level" else "left", no_wrap=True)
    table.add_column("attributes", overflow="fold")
    table.add_column("note", overflow="fold")
    for index, row in enumerate(rows):
        if row["error"]:
            blanks = [""] * (4 + len(more))
            table.add_row(
                Text(printable(row["path"])), *blanks, Text(printable(row["error"])), style="red"
            )
            continue
        is_known = row["uncertain_reason"] != "unfamiliar"
        seen = ", ".join(
            name
            for name, p in row["attributes"].items()
            if is_known and p >= naming.get(name, UNMEASURED_THRESHOLD)
        )
        faults = (row["faults"] or ()) if is_known else ()
        table.add_row(
            Text(printable(row["path"])),
            row["level"],
            as_percentage(row["p_high"]),
            f"{row['score']:.2f} ± {row['spread']:.1f}",
            *(values[index] for values in more.values()),
            seen,
            ", ".join([*filter(None, [row["uncertain_reason"]]), *faults]),
        )
    # In a pipe there is no width to fit into: a photograph is one line there, however long.
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH, no_color=True)
    console.print(table)


def _ranks(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The place of each among the others by its score, as a column; of one alone there is none."""
    scores = sorted((row["score"] for row in rows if not row["error"]), reverse=True)
    if len(scores) < 2:
        return {}
    first = {score: place for place, score in reversed(list(enumerate(scores, start=1)))}
    return {"rank": ["" if row["error"] else f"{first[row['score']]}" for row in rows]}
