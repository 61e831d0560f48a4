"""One run of `aesmap tag`: photos judged, tagged or untagged, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from aesmap.batch.remote import is_url
from aesmap.batch.sources import find_photos
from aesmap.cli.input_paths import split_stdin
from aesmap.cli.options import analyzer_for, no_images
from aesmap.cli.progress import progress
from aesmap.errors import AesmapError, UsageError
from aesmap.tagging.sidecars import (
    Naming,
    Place,
    has_raw_beside,
    is_jpeg,
    is_raw,
    places_to_undo,
    share_out,
    sidecar_of,
)
from aesmap.tagging.stars import (
    DEFAULT_SHARES,
    DEFAULT_THRESHOLDS,
    check_shares,
    check_thresholds,
    stars_by_quantiles,
    stars_by_thresholds,
)
from aesmap.tagging.tag import Judged, KeywordForm, judged, tag, untag


@dataclass(frozen=True, kw_only=True)
class TagRequest:
    """The command's options under their own names."""

    paths: tuple[str, ...]
    recursive: bool
    xmp: bool
    embed: bool
    naming: Naming
    stars: str
    shares: str | None
    thresholds: str | None
    keywords: KeywordForm
    keywords_above: float
    overwrite: bool
    dry_run: bool
    undo: bool
    model: str | None


def run_tag(request: TagRequest) -> None:
    """Tag or untag; errors of single files are told, and one :class:`AesmapError` ends the run."""
    if not (request.xmp or request.embed or request.undo):
        raise UsageError("nowhere to write: add --xmp for sidecars, --embed for inside JPEGs")
    to_stars = _star_rule(request.stars, request.shares, request.thresholds)
    sidecars, images = _photos(request)
    tally = _Tally(request.dry_run)
    if request.undo:
        places = [Place(sidecar, sidecar) for sidecar in sidecars]
        _undo_all(places + places_to_undo(images, request.xmp, request.embed), tally)
    else:
        places = _places_to_tag(images, request.xmp, request.embed, request.naming, tally)
        photos = _judge_all(places, request.model, request.keywords, request.keywords_above, tally)
        _tag_all(photos, to_stars, request.overwrite, tally)
        _say_what_lightroom_reads(photos, request.naming)
    tally.conclude()


def _photos(request: TagRequest) -> tuple[list[Path], list[Path]]:
    """Sidecars that were named for ``--undo``, and photographs; not both are empty."""
    if urls := [path for path in request.paths if is_url(path)]:
        raise UsageError(f"{urls[0]}: tags are written beside photos on this machine only")
    named, listed = split_stdin(request.paths)
    paths = [Path(path) for path in named]
    sidecars = [path for path in paths if request.undo and path.suffix.lower() == ".xmp"]
    others = [path for path in paths if path not in sidecars]
    images = [Path(image) for image in find_photos(map(str, others), request.recursive, listed)]
    if not images and not sidecars:
        raise no_images(request.paths, request.recursive)
    return sidecars, images


@dataclass
class _Tally:
    """What has been done so far, said line by line as it happens."""

    dry_run: bool
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    first: AesmapError | None = None

    def say(self, line: str) -> None:
        """One file's line; an empty one stands for a file that is right already."""
        if line:
            self.changed += 1
            click.echo(line)
        else:
            self.unchanged += 1

    def fail(self, error: AesmapError) -> None:
        self.failed += 1
        self.first = self.first or error
        click.echo(f"failed: {error}")

    def conclude(self) -> None:
        """The last line, and the error that makes the exit code 1."""
        verb = "would change" if self.dry_run else "changed"
        counts = f"{self.changed} {'file' if self.changed == 1 else 'files'} {verb}"
        click.echo(f"{counts}, {self.unchanged} already as wanted" if self.unchanged else counts)
        if self.first is not None:
            noun = "file" if self.failed == 1 else "files"
            which = "" if self.failed == 1 else "the first of them: "
            raise AesmapError(f"{self.failed} {noun} failed; {which}{self.first}")


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


def _places_to_tag(
    images: list[Path], xmp: bool, embed: bool, naming: Naming, tally: _Tally
) -> list[Place]:
    """Where each photo's packet goes."""
    places = []
    for photo in images:
        if embed and (is_jpeg(photo) or not xmp):
            if not is_jpeg(photo):
                remedy = "add --xmp for a sidecar"
                tally.fail(UsageError(f"{photo}: tags are embedded in JPEGs only; {remedy}"))
                continue
            places.append(Place(photo, photo, embedded=True))
        else:
            places.append(Place(photo, sidecar_of(photo, naming)))
    owners, others = share_out(places)
    for place, owner in others:
        click.echo(f"{place.photo}: left out, for {owner.photo} has the sidecar {owner.path}")
    return owners


def _judge_all(
    places: list[Place],
    model: str | None,
    keywords: KeywordForm,
    keywords_above: float,
    tally: _Tally,
) -> list[Judged]:
    from aesmap.assessment import Assessment

    if not places:
        return []
    photos = []
    with progress("scoring", len(places)) as advance:
        verdicts = analyzer_for(model, num_threads=1).assess_many(  # in each worker
            (place.photo for place in places), on_error="yield"
        )
        for place, verdict in zip(places, verdicts, strict=True):
            if isinstance(verdict, Assessment):
                photos.append(judged(place, verdict, keywords, keywords_above))
            else:
                tally.fail(verdict)
            advance()
    return photos


def _tag_all(
    photos: list[Judged],
    to_stars: Callable[[list[float]], list[int]] | None,
    overwrite: bool,
    tally: _Tally,
) -> None:
    """Tag every photo; ranks are among those that the model knows its way about in."""
    familiar = [photo for photo in photos if photo.familiar]
    scores = [photo.score for photo in familiar]
    stars = dict(
        zip((photo.place for photo in familiar), to_stars(scores) if to_stars else (), strict=False)
    )
    for photo in photos:
        try:
            rating = stars.get(photo.place)
            tally.say(tag(photo, rating, overwrite=overwrite, dry_run=tally.dry_run))
        except AesmapError as error:
            tally.fail(error)


def _undo_all(places: list[Place], tally: _Tally) -> None:
    for place in places:
        try:
            if line := untag(place, dry_run=tally.dry_run):
                tally.say(line)
        except AesmapError as error:
            tally.fail(error)


def _say_what_lightroom_reads(photos: list[Judged], naming: Naming) -> None:
    """Sidecars by Adobe's naming beside anything but a raw file would be written for nobody."""
    unread = [
        photo
        for photo in photos
        if naming == "adobe"
        and not photo.place.embedded
        and not is_raw(photo.place.photo)
        and not has_raw_beside(photo.place.photo)
    ]
    if unread:
        click.echo(
            f"note: {len(unread)} of these sidecars belong to no raw file; Lightroom reads no"
            " others, so use --embed for JPEGs"
        )
