"""What `aesmap tag` says of its work: a line for each file, and what came of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from aesmap.cli.shared.messages import say
from aesmap.errors import AesmapError
from aesmap.tagging.tag import AssessedPhoto, Tagged


@dataclass
class TagReport:
    """What has been done so far, printed line by line as it happens.

    A line that cannot be printed (a full disk under stdout, a reader that has gone) must not stop
    the work on the files that are left: the first such error is raised at the end.
    """

    dry_run: bool
    verbose: bool
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    stars: Counter[int] = field(default_factory=Counter)
    num_keeping: int = 0
    num_unfamiliar: int = 0
    first: AesmapError | None = None
    silenced: OSError | None = None

    def line(self, text: str) -> None:
        """Print one line."""
        if self.silenced is not None:
            return
        try:
            say(text)
        except OSError as error:
            self.silenced = error

    def done(self, line: str) -> None:
        """Count and print one file's line; an empty one stands for a file that is right already."""
        if line:
            self.changed += 1
            if self.verbose or self.dry_run:
                self.line(line)
        else:
            self.unchanged += 1

    def fail(self, error: AesmapError) -> None:
        """Count and print one file's failure."""
        self.failed += 1
        self.first = self.first or error
        self.line(f"failed: {error}")

    def conclude(self) -> None:
        """Print the last line, and raise the error that makes the exit code 1."""
        verb = "would change" if self.dry_run else "changed"
        counts = f"{self.changed} {'file' if self.changed == 1 else 'files'} {verb}"
        self.line(f"{counts}, {self.unchanged} already as wanted" if self.unchanged else counts)
        if given := self._given():
            self.line(given)
        if self.first is not None:
            noun = "file" if self.failed == 1 else "files"
            which = "" if self.failed == 1 else "the first of them: "
            raise AesmapError(f"{self.failed} {noun} failed; {which}{self.first}")
        if self.silenced is not None:
            raise self.silenced

    def tagged(self, photo: AssessedPhoto, outcome: Tagged) -> None:
        """Count and print what was done to a photograph."""
        self.done(outcome.line)
        if outcome.stars is not None:
            self.stars[outcome.stars] += 1
        self.num_keeping += outcome.keeps
        self.num_unfamiliar += not photo.in_distribution

    def _given(self) -> str:
        """How many have how many stars: ``stars: 1 with 5, 3 with 4; 2 keep the rating ...``."""
        parts = []
        if self.stars:
            each = (f"{count} with {stars}" for stars, count in sorted(self.stars.items())[::-1])
            parts.append(f"stars: {', '.join(each)}")
        if self.num_keeping:
            noun = "photo keeps" if self.num_keeping == 1 else "photos keep"
            parts.append(f"{self.num_keeping} {noun} the rating that is there")
        if self.num_unfamiliar:
            noun = "photo is" if self.num_unfamiliar == 1 else "photos are"
            parts.append(f"{self.num_unfamiliar} {noun} unfamiliar: no stars, no keywords")
        return "; ".join(parts)
