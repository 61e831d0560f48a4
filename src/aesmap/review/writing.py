"""Decisions written where photo software reads them, by the rules of `aesmap tag`.

Stars become ``xmp:Rating``, a rejection the rating -1, a pick a colour label. A rating or label
that somebody else gave stays unless it is to be overwritten; what was written can be undone to the
byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from aesmap.errors import AesmapError, UsageError
from aesmap.images.cropping.kept_metadata import AESMAP_TAGS
from aesmap.images.metadata.xmp.document import Document, XmpError
from aesmap.review.decisions import UNDECIDED, Decision
from aesmap.tagging.sidecars import (
    Naming,
    PacketFile,
    SidecarFinder,
    files_to_tag,
    files_to_undo,
)
from aesmap.tagging.stars import stars_in_words
from aesmap.tagging.tag import PhotoToTag, tag, untag
from aesmap.tagging.xmp.packet import REJECTED
from aesmap.tagging.xmp.undo import holds_tags

PICK_LABEL: Final = "Green"
"""The colour label of picks."""

_PROPERTY: Final = "decision"
"""In aesmap's own namespace; it tells what was decided from what was computed."""


@dataclass(frozen=True, kw_only=True)
class XmpPlaces:
    """Where packets go, as the options of `aesmap tag` say."""

    xmp: bool = True
    embed: bool = False
    naming: Naming = "darktable"


Written: TypeAlias = str | AesmapError
"""What became of one file: a line, empty where it was right already, or what is wrong with it."""


def write_decisions(
    decisions: Mapping[Path, Decision],
    places: XmpPlaces,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
) -> Iterator[Written]:
    """Write decisions on photographs, one after the other.

    Of a photograph without a decision, one that was written earlier is taken out again.

    Parameters
    ----------
    decisions
        By photograph; those that are not among them are left alone.
    places
        Where they go.
    overwrite
        Whether ratings and labels of others are replaced.
    dry_run
        Whether it is only said what would be.

    Yields
    ------
    str or AesmapError
        For each photograph: what was done, empty where it was right already, or why it was not.
    """
    sidecars = SidecarFinder()
    wanted = files_to_tag(
        decisions, xmp=places.xmp, embed=places.embed, naming=places.naming, sidecars=sidecars
    )
    yield from wanted.problems
    for file, owner in wanted.without:
        if decisions[file.photo].is_made:
            problem = f"{owner.photo} has the sidecar {owner.path}; decide on that one"
            yield UsageError(f"{file.photo}: left out, for {problem}")
    for file in wanted.files:
        decision = decisions[file.photo]
        try:
            if decision.is_made:
                photo, stars = _to_tag(file, decision)
                line = tag(photo, stars, sidecars, overwrite=overwrite, dry_run=dry_run).line
            else:
                line = untag(file, dry_run=dry_run) if _holds_decision(file) else ""
        except AesmapError as error:
            yield error
        else:
            yield line


def undo_writing(
    photos: list[Path], places: XmpPlaces, *, dry_run: bool = False
) -> Iterator[Written]:
    """Take back what was written, by this and by `aesmap tag`, as its ``--undo`` does."""
    for file in files_to_undo(photos, places.xmp, places.embed, SidecarFinder()):
        try:
            yield untag(file, dry_run=dry_run)
        except AesmapError as error:
            yield error


def in_words(decision: Decision) -> str:
    """Say a decision: ``4 stars, pick``."""
    stars = stars_in_words(decision.stars) if decision.stars else ""
    return ", ".join(filter(None, (stars, decision.flag))) or "undecided"


def _to_tag(file: PacketFile, decision: Decision) -> tuple[PhotoToTag, int | None]:
    rejected = decision.flag == "reject"
    photo = PhotoToTag(
        file=file,
        label=PICK_LABEL if decision.flag == "pick" else None,
        scores=((_PROPERTY, in_words(decision)),),
    )
    return photo, REJECTED if rejected else decision.stars or None


def _holds_decision(file: PacketFile) -> bool:
    """Whether a decision was written here before."""
    try:
        packet = file.packet()
    except AesmapError:
        if file.embedded:  # a damaged JPEG: nothing of ours was ever put there
            return False
        raise
    if packet is None or not holds_tags(packet):
        return False
    try:
        return Document(packet).find(AESMAP_TAGS, _PROPERTY) is not None
    except XmpError:
        return False


def decisions_on(
    photos: Iterable[Path], folder: Path, decisions: Mapping[str, Decision]
) -> dict[Path, Decision]:
    """Give photographs their decisions, whose names are relative to the shoot's ``folder``."""
    root = folder.resolve()
    found = {}
    for photo in photos:
        real = photo.parent.resolve() / photo.name
        name = real.relative_to(root).as_posix() if real.is_relative_to(root) else ""
        found[photo] = decisions.get(name, UNDECIDED)
    return found
