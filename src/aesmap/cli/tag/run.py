"""One run of `aesmap tag`: photos judged, tagged or untagged, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aesmap.batch.discovery import find_images
from aesmap.batch.remote import is_url
from aesmap.batch.sources import find_photos
from aesmap.cli.shared.input_paths import split_stdin
from aesmap.cli.shared.options import analyzer_for, no_images
from aesmap.cli.shared.progress import progress
from aesmap.cli.tag.forecast import star_forecast
from aesmap.cli.tag.summary import TagReport
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
    DEFAULT_LOWEST,
    DEFAULT_SHARES,
    DEFAULT_THRESHOLDS,
    check_shares,
    check_thresholds,
    stars_by_quantiles,
    stars_by_thresholds,
    stars_within,
)
from aesmap.tagging.tag import AssessedPhoto, KeywordForm, tag, untag

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.images.extras import Extra
    from aesmap.model.frame_choice import FrameChoice
    from aesmap.model.star_forecast import StarForecast
    from aesmap.review.decisions import Decisions

_EXTRAS: Final[tuple[Extra, ...]] = ("signature",)


@dataclass(frozen=True, kw_only=True)
class TagRequest:
    """The command's options under their own names."""

    paths: tuple[str, ...]
    review: Path | None = None
    recursive: bool
    xmp: bool
    embed: bool
    naming: Naming
    stars: str | None
    shares: str | None
    thresholds: str | None
    lowest: int | None = None
    keywords: KeywordForm
    keywords_above: float | None
    overwrite: bool
    dry_run: bool
    undo: bool
    verbose: bool = False
    model: str | None
    taste: Path | None = None


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
    forecast = star_forecast(request)
    rule = request.stars or "quantiles"
    to_stars = _star_rule(rule, request.shares, request.thresholds)
    review = _review_of(request)
    named_sidecars, images = _photos(request, review)
    report = TagReport(request.dry_run, request.verbose)
    finder = SidecarFinder()
    if request.undo:
        files = [PacketFile(sidecar, sidecar) for sidecar in named_sidecars]
        _undo_all(files + files_to_undo(images, request.xmp, request.embed, finder), report)
    elif review is not None:
        _write_decisions(images, *review, request, report)
    else:
        files = _files_to_tag(images, request, finder, report)
        analyzer = analyzer_for(request.model, num_threads=1, taste=request.taste)  # in each worker
        photos = _assess_all(files, analyzer, request, report)
        if forecast is None:
            stars = _stars_of(photos, to_stars, _lowest(request), analyzer.manifest.frame_choice)
        else:
            stars = {p.file: forecast.stars(p.logit) for p in photos if p.in_distribution}
        _tag_all(photos, stars, request.overwrite, finder, report, forecast)
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
    from aesmap.review.reading import read_decisions

    folders = [Path(path) for path in request.paths if Path(path).is_dir()]
    return read_decisions(request.review, folders)


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


def _lowest(request: TagRequest) -> int:
    """The fewest stars: one is given where somebody says for what."""
    if request.lowest is not None:
        return request.lowest
    return 1 if request.shares or request.thresholds else DEFAULT_LOWEST


def _star_rule(
    stars: str, shares: str | None, thresholds: str | None
) -> Callable[[list[float]], list[int]] | None:
    """What makes stars of scores; ``None`` for no stars."""
    if shares is not None and stars != "quantiles":
        raise UsageError("--shares goes with --stars quantiles")
    if thresholds is not None and stars != "thresholds":
        raise UsageError("--thresholds goes with --stars thresholds")
    if stars == "forecast":
        return None
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
    images: list[Path], request: TagRequest, finder: SidecarFinder, report: TagReport
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
    files: list[PacketFile], analyzer: Analyzer, request: TagRequest, report: TagReport
) -> list[AssessedPhoto]:
    from aesmap.batch.photo import score_photos

    photos = []
    with progress("scoring", len(files)) as advance:
        paths = (str(file.photo) for file in files)
        scored_files = score_photos(analyzer, paths, extras=_EXTRAS)
        for file, scored in zip(files, scored_files, strict=True):
            if isinstance(scored.result, AesmapError):
                report.fail(scored.result)
            else:
                form, above = request.keywords, request.keywords_above
                photos.append(AssessedPhoto.of(file, scored.result, form, above))
            advance()
    return photos


def _stars_of(
    photos: list[AssessedPhoto],
    to_stars: Callable[[list[float]], list[int]] | None,
    lowest: int,
    choice: FrameChoice | None,
) -> dict[PacketFile, int]:
    """Stars by rank among pictures, one of each moment, that are like what the model knows."""
    from aesmap.results.groups import group_photos

    ranked = [photo for photo in photos if photo.in_distribution]
    if to_stars is None or not ranked:
        return {}
    moments = group_photos(
        [photo.signature for photo in ranked],
        [photo.frame for photo in ranked],
        [str(photo.file.photo) for photo in ranked],
        choice,
    )
    given = to_stars([ranked[moment[0].index].frame.score for moment in moments])
    return {
        ranked[member.index].file: stars_within(stars, member.rank, lowest)
        for moment, stars in zip(moments, given, strict=True)
        for member in moment
    }


def _tag_all(
    photos: list[AssessedPhoto],
    stars: dict[PacketFile, int],
    overwrite: bool,
    finder: SidecarFinder,
    report: TagReport,
    forecast: StarForecast | None,
) -> None:
    """Tag every photo."""
    note = "" if forecast is None else f", as forecast for you, {forecast.words()}"
    for photo in photos:
        try:
            rating = stars.get(photo.file)
            outcome = tag(
                photo, rating, finder, overwrite=overwrite, dry_run=report.dry_run, note=note
            )
            report.tagged(photo, outcome)
        except AesmapError as error:
            report.fail(error)


def _write_decisions(
    images: list[Path], folder: Path, decisions: Decisions, request: TagRequest, report: TagReport
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


def _undo_all(files: list[PacketFile], report: TagReport) -> None:
    for file in files:
        try:
            if line := untag(file, dry_run=report.dry_run):
                report.done(line)
        except AesmapError as error:
            report.fail(error)


def _say_what_lightroom_reads(
    photos: list[AssessedPhoto], naming: Naming, finder: SidecarFinder, report: TagReport
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
