"""One run of `aesmap tag`: photos judged, tagged or untagged, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aesmap.batch.discovery import find_images
from aesmap.batch.remote import is_url
from aesmap.batch.sources import find_photos
from aesmap.cli.input_paths import split_stdin
from aesmap.cli.messages import say
from aesmap.cli.options import analyzer_for, no_images
from aesmap.cli.progress import progress
from aesmap.errors import AesmapError, UsageError
from aesmap.tagging.sidecars import (
    Naming,
    PacketFile,
    SidecarFinder,
    files_to_tag,
    files_to_undo,
    is_raw,
)
from aesmap.tagging.stars import (
    DEFAULT_SHARES,
    DEFAULT_THRESHOLDS,
    check_shares,
    check_thresholds,
    stars_by_quantiles,
    stars_by_thresholds,
)
from aesmap.tagging.tag import AssessedPhoto, KeywordForm, tag, untag

if TYPE_CHECKING:
    from aesmap.review.decisions import Decisions


@dataclass(frozen=True, kw_only=True)
class TagRequest:
    """The command's options under their own names."""

    paths: tuple[str, ...]
    review: Path | None = None
    recursive: bool
    xmp: bool
    embed: bool
    naming: Naming
    stars: str
    shares: str | None
    thresholds: str | None
    keywords: KeywordForm
    keywords_above: float | None
    overwrite: bool
    dry_run: bool
    undo: bool
    model: str | None


def run_tag(request: TagRequest) -> None:
    """Tag or untag, file by file; files that fail are named and the rest are still done.

    Raises
    ------
    UsageError
        If options contradict each other, before anything is done.
    AesmapError
        At the end, if files failed.
    """
    if not (request.xmp or request.embed or request.undo):
        raise UsageError("nowhere to write: add --xmp for sidecars, --embed for inside JPEGs")
    to_stars = _star_rule(request.stars, request.shares, request.thresholds)
    review = _review_of(request)
    named_sidecars, images = _photos(request, review)
    report = _Report(request.dry_run)
    finder = SidecarFinder()
    if request.undo:
        files = [PacketFile(sidecar, sidecar) for sidecar in named_sidecars]
        _undo_all(files + files_to_undo(images, request.xmp, request.embed, finder), report)
    elif review is not None:
        _write_decisions(images, *review, request, report)
    else:
        files = _files_to_tag(images, request, finder, report)
        photos = _assess_all(files, request, report)
        _tag_all(photos, to_stars, request.overwrite, finder, report)
        _say_what_lightroom_reads(photos, request.naming, finder, report)
    report.conclude()


def _review_of(request: TagRequest) -> tuple[Path, Decisions] | None:
    """The folder and the decisions of ``--from``."""
    if request.review is None:
        if not request.paths:
            raise UsageError("PATHS: name photographs or folders, or --from a review")
        return None
    if request.shares or request.thresholds or request.keywords_above is not None:
        raise UsageError("--from writes decisions: --shares, --thresholds, --keywords-above do not")
    from aesmap.review.decisions import read_decisions

    return read_decisions(request.review)


def _photos(
    request: TagRequest, review: tuple[Path, Decisions] | None
) -> tuple[list[Path], list[Path]]:
    """Sidecars that were named for ``--undo``, and photographs; not both are empty."""
    if urls := [path for path in request.paths if is_url(path)]:
        raise UsageError(f"{urls[0]}: tags are written beside photos on this machine only")
    if review is not None and not request.paths:
        return [], [Path(image) for image in find_images([review[0]], request.recursive)]
    named, listed = split_stdin(request.paths)
    paths = [Path(path) for path in named]
    sidecars = [path for path in paths if request.undo and path.suffix.lower() == ".xmp"]
    others = [path for path in paths if path not in sidecars]
    images = [Path(image) for image in find_photos(map(str, others), request.recursive, listed)]
    if not images and not sidecars:
        raise no_images(request.paths, request.recursive)
    return sidecars, images


@dataclass
class _Report:
    """What has been done so far, printed line by line as it happens.

    A line that cannot be printed (a full disk under stdout, a reader that has gone) must not stop
    the work on the files that are left: the first such error is raised at the end.
    """

    dry_run: bool
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
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
        if self.first is not None:
            noun = "file" if self.failed == 1 else "files"
            which = "" if self.failed == 1 else "the first of them: "
            raise AesmapError(f"{self.failed} {noun} failed; {which}{self.first}")
        if self.silenced is not None:
            raise self.silenced


def _star_rule(
    stars: str, shares: str | None, thresholds: str | None
) -> Callable[[list[float]], list[int]] | None:
    """What makes stars of scores; ``None`` for no stars."""
    if shares is not None and stars != "quantiles":
        raise UsageError("--shares goes with --stars quantiles")
    if thresholds is not None and stars != "thresholds":
        raise UsageError("--thresholds goes with --stars thresholds")
    if stars == "quantiles":
        parts = DEFAULT_SHARES if shares is None else _numbers("--shares", shares)
        check_shares(parts)
        return lambda scores: stars_by_quantiles(scores, parts)
    if stars == "thresholds":
        bounds = DEFAULT_THRESHOLDS if thresholds is None else _numbers("--thresholds", thresholds)
        check_thresholds(bounds)
        return lambda scores: stars_by_thresholds(scores, bounds)
    return None


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option}: numbers with commas between, not {text!r}") from None


def _files_to_tag(
    images: list[Path], request: TagRequest, finder: SidecarFinder, report: _Report
) -> list[PacketFile]:
    """Where each photo's packet goes."""
    wanted = files_to_tag(
        images, xmp=request.xmp, embed=request.embed, naming=request.naming, sidecars=finder
    )
    for problem in wanted.problems:
        report.fail(problem)
    for file, owner in wanted.without:
        report.line(f"{file.photo}: left out, for {owner.photo} has the sidecar {owner.path}")
    return wanted.files


def _assess_all(
    files: list[PacketFile], request: TagRequest, report: _Report
) -> list[AssessedPhoto]:
    from aesmap.assessment import Assessment

    if not files:
        return []
    photos = []
    with progress("scoring", len(files)) as advance:
        assessments = analyzer_for(request.model, num_threads=1).assess_many(  # in each worker
            (file.photo for file in files), on_error="yield"
        )
        for file, assessment in zip(files, assessments, strict=True):
            if isinstance(assessment, Assessment):
                form, above = request.keywords, request.keywords_above
                photos.append(AssessedPhoto.of(file, assessment, form, above))
            else:
                report.fail(assessment)
            advance()
    return photos


def _tag_all(
    photos: list[AssessedPhoto],
    to_stars: Callable[[list[float]], list[int]] | None,
    overwrite: bool,
    finder: SidecarFinder,
    report: _Report,
) -> None:
    """Tag every photo; ranks are among those like the photographs that the model knows."""
    ranked = [photo for photo in photos if photo.in_distribution]
    scores = [photo.score for photo in ranked]
    given = to_stars(scores) if to_stars else ()
    stars = dict(zip((photo.file for photo in ranked), given, strict=False))
    for photo in photos:
        try:
            rating = stars.get(photo.file)
            line = tag(photo, rating, finder, overwrite=overwrite, dry_run=report.dry_run)
            report.done(line)
        except AesmapError as error:
            report.fail(error)


def _write_decisions(
    images: list[Path], folder: Path, decisions: Decisions, request: TagRequest, report: _Report
) -> None:
    """Write what was decided; nothing is scored."""
    from aesmap.review.writing import XmpPlaces, decisions_on, write_decisions

    places = XmpPlaces(xmp=request.xmp, embed=request.embed, naming=request.naming)
    for written in write_decisions(
        decisions_on(images, folder, decisions),
        places,
        overwrite=request.overwrite,
        dry_run=request.dry_run,
    ):
        if isinstance(written, AesmapError):
            report.fail(written)
        else:
            report.done(written)


def _undo_all(files: list[PacketFile], report: _Report) -> None:
    for file in files:
        try:
            if line := untag(file, dry_run=report.dry_run):
                report.done(line)
        except AesmapError as error:
            report.fail(error)


def _say_what_lightroom_reads(
    photos: list[AssessedPhoto], naming: Naming, finder: SidecarFinder, report: _Report
) -> None:
    """Sidecars by Adobe's naming beside anything but a raw file would be written for nobody."""
    unread = [
        photo
        for photo in photos
        if naming == "adobe"
        and not photo.file.embedded
        and not is_raw(photo.file.photo)
        and not finder.has_raw(photo.file.photo)
    ]
    if unread:
        report.line(
            f"note: {len(unread)} of these sidecars belong to no raw file; Lightroom reads no"
            " others, so use --embed for JPEGs"
        )
