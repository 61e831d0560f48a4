"""`aesmap review --move-rejects` and `--move-back`: without a page, from the decisions kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from aesmap.cli.shared.messages import print_summary
from aesmap.errors import AesmapError, ReviewError, UsageError
from aesmap.review.moving import LIST_NAME, check_target, move_back, move_photos
from aesmap.review.reading import read_decisions
from aesmap.review.state_place import FILE_NAME
from aesmap.review.writing import Written


def move(
    folder: Path, state: Path | None, rejects: Path | None, back: Path | None, *, dry_run: bool
) -> None:
    """Move rejects away or back, and say of each file what was done.

    Raises
    ------
    UsageError
        Both are wanted, or the folder lies inside the shoot.
    ReviewError
        Nothing was decided, or another folder, or what could not be moved is left behind.
    """
    if rejects is not None and back is not None:
        raise UsageError("--move-rejects and --move-back: one of them at a time")
    if back is not None:
        _tell(move_back(back, dry_run=dry_run), f"file{{s}} {'would be ' * dry_run}back", back)
        return
    assert rejects is not None
    check_target(folder, rejects)
    path = state or folder / FILE_NAME
    of, decisions = read_decisions(path)
    if of.resolve() != folder.resolve():
        raise ReviewError(f"{path}: holds the decisions on {of}, not on {folder}")
    names = [name for name, decision in decisions.items() if decision.flag == "reject"]
    if not names:
        print_summary(f"{path}: nothing is rejected")
        return
    moved = f"reject{{s}} {'would be ' * dry_run}moved to {rejects}"
    if not dry_run:
        moved += f"; {LIST_NAME} there says from where, and --move-back brings them back"
    _tell(move_photos(folder, sorted(names), rejects, dry_run=dry_run), moved, rejects)


def _tell(steps: Iterable[Written], what: str, where: Path) -> None:
    num_done = num_failed = 0
    for step in steps:
        if isinstance(step, AesmapError):
            num_failed += 1
            click.echo(f"failed: {step}", err=True)
        elif step:
            num_done += 1
            click.echo(step)
    print_summary(f"{num_done:,} {what.format(s='' if num_done == 1 else 's')}")
    if num_failed:
        raise ReviewError(f"{where}: {num_failed} could not be moved and stay where they are")
