"""One review: the photographs, what is known of them, what is decided, and what is written out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.errors import AesmapError, ImageMissingError
from aesmap.model.ratings import sigmoid
from aesmap.model.star_forecast import StarForecast
from aesmap.results.row_text import csv_line, path_to_text
from aesmap.review.agreement import Agreement, agreement_of
from aesmap.review.decisions import UNDECIDED, Decision, Decisions
from aesmap.review.jobs import Jobs
from aesmap.review.library import Library
from aesmap.review.scoring import Scoring
from aesmap.review.shoot import Shoot
from aesmap.review.state_place import ReviewState
from aesmap.review.writing import XmpPlaces, undo_writing, write_decisions
from aesmap.tagging.copying import PhotoCopier

_CSV_COLUMNS = (
    *("path", "stars", "flag", "score", "p_high", "technical", "faults", "uncertain_reason"),
    *("attributes", "taken", "camera", "lens"),
)


@dataclass
class Desk:
    """What the page works at.

    ``title`` is the folder's name, ``forecast`` says which stars a taste proposes.
    """

    title: str
    library: Library
    state: ReviewState
    scoring: Scoring
    jobs: Jobs = field(default_factory=Jobs)
    forecast: StarForecast | None = None

    @property
    def shoot(self) -> Shoot:
        """The photographs."""
        return self.library.shoot

    # Deciding

    def decide(self, steps: Sequence[Mapping[int, Decision]]) -> dict[str, Any]:
        """Keep steps of decisions, one after the other.

        Raises
        ------
        ImageMissingError
            If there is an unknown number: then none of them is kept.
        OutputError
            If a step cannot be kept; those before it are.
        """
        named = [{self._name(n): decision for n, decision in step.items()} for step in steps]
        changed: Decisions = {}
        for step in named:
            changed |= self.state.file.decide(step)
        return self._told(changed)

    def undo(self) -> dict[str, Any]:
        """Take the last step back."""
        return self._told(self.state.file.undo())

    def redo(self) -> dict[str, Any]:
        """Take the step again that was undone last."""
        return self._told(self.state.file.redo())

    def decided(self) -> dict[str, Any]:
        """Everything that is decided, as the page has it, and what is not here any more."""
        decisions = self.state.file.all()
        said = self._told(decisions)
        return said | {"elsewhere": len(decisions) - len(said["decisions"])}

    def star_forecast(self) -> dict[str, Any] | None:
        """Say from which ``p_high`` on two to five stars are proposed, and the margin in words."""
        if self.forecast is None:
            return None
        cuts = sigmoid(np.array(self.forecast.cuts)).tolist()
        return {"cuts": cuts, "words": self.forecast.words()}

    def agreement(self) -> Agreement:
        """Compare what is decided within moments with what was proposed."""
        numbers = {self.shoot.number(name): one for name, one in self.state.file.all().items()}
        _, groups = self.library.groups()
        known = {number: one for number, one in numbers.items() if number is not None}
        return agreement_of(groups or (), known)

    def _told(self, decisions: Decisions) -> dict[str, Any]:
        numbers = ((self.shoot.number(name), one) for name, one in decisions.items())
        undoable, redoable = self.state.file.num_steps()
        return {
            "decisions": {n: [one.stars, one.flag] for n, one in numbers if n is not None},
            "undoable": undoable,
            "redoable": redoable,
        }

    def _name(self, number: int) -> str:
        if not 0 <= number < len(self.shoot):
            raise ImageMissingError(f"photograph {number}", "there is none of this number")
        return self.shoot.names[number]

    # Writing out

    def listed(self, numbers: Sequence[int]) -> bytes:
        """Paths of photographs, one a line, as the system spells them."""
        paths = (str(self.shoot.root / self._name(number)) for number in numbers)
        return b"".join(os.fsencode(path) + b"\n" for path in paths)

    def csv(self, numbers: Sequence[int]) -> bytes:
        """Photographs with what is decided and what is said of them, as a table."""
        decisions = self.state.file.all()
        rows = [csv_line(columns=_CSV_COLUMNS)]
        for number in numbers:
            name = self._name(number)
            line, decision = self.library.said_of(number), decisions.get(name, UNDECIDED)
            row = {
                "path": str(self.shoot.root / name),
                "stars": decision.stars,
                "flag": decision.flag,
                "score": line.get("score"),
                "p_high": line.get("p"),
                "technical": line.get("technical"),
                "faults": line.get("faults"),
                "uncertain_reason": line.get("doubt"),
                "attributes": ", ".join(line.get("named", ())),
                **{name: line.get(name) for name in ("taken", "camera", "lens")},
            }
            rows.append(csv_line(row, _CSV_COLUMNS))
        return ("\r\n".join(rows) + "\r\n").encode("utf-8", "backslashreplace")

    def copy(self, numbers: Sequence[int], folder: str) -> Path:
        """Copy photographs with their sidecars into a folder of the shoot.

        Returns
        -------
        Path
            Where they go.

        Raises
        ------
        ImageMissingError
            If the folder would lie outside.
        OutputError
            If it cannot be made.
        """
        root = self.shoot.root
        target = Path(os.path.realpath(root / folder))
        if root == target or not target.is_relative_to(root):
            raise ImageMissingError(folder, "is no folder inside the one that is reviewed")
        paths = [str(self.shoot.root / self._name(number)) for number in numbers]
        copier = PhotoCopier(target)
        copier.make_folder()
        self.state.file.add_copies(target.relative_to(root).as_posix())
        self.jobs.start("copy", len(paths), _copies(copier, paths))
        return target

    def write(self, places: XmpPlaces, *, overwrite: bool, dry_run: bool) -> None:
        """Write all decisions into XMP, or say what that would change."""
        decisions = self.state.file.all()
        wanted = {
            self.shoot.root / name: decisions.get(name, UNDECIDED) for name in self.shoot.names
        }
        steps = write_decisions(wanted, places, overwrite=overwrite, dry_run=dry_run)
        self.jobs.start("dry run" if dry_run else "write", len(wanted), self._short(steps))

    def undo_writing(self, places: XmpPlaces, *, dry_run: bool) -> None:
        """Take back what was written into XMP."""
        photos = [self.shoot.root / name for name in self.shoot.names]
        steps = undo_writing(photos, places, dry_run=dry_run)
        name = "dry run of taking back" if dry_run else "take back"
        self.jobs.start(name, len(photos), self._short(steps))

    def _short(self, steps: Iterable[str | AesmapError]) -> Iterator[str | AesmapError]:
        """Lines without the folder that all names begin with."""
        prefix = f"{self.shoot.root}{os.sep}"
        for step in steps:
            if isinstance(step, AesmapError):
                yield AesmapError(path_to_text(str(step).replace(prefix, "")))
            else:
                yield path_to_text(step.replace(prefix, ""))

    def close(self) -> None:
        """Finish what has been begun, and let the decisions' file go."""
        self.scoring.stop()
        self.jobs.close()
        self.scoring.close()
        self.state.close()


def _copies(copier: PhotoCopier, paths: Sequence[str]) -> Iterator[str | AesmapError]:
    for path in paths:
        copied, problems = copier.num_copied, len(copier.problems)
        copier.copy_file(path)
        if len(copier.problems) > problems:
            yield copier.problems[-1]
        else:
            name = os.path.basename(path)  # noqa: PTH119
            yield f"{path_to_text(name)}: copied" if copier.num_copied > copied else ""
