"""What `aesmap tag` does to one photograph, and how it says so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from aesmap.errors import OutputError
from aesmap.tagging.sidecars import Place, is_jpeg
from aesmap.tagging.xmp.document import XmpError
from aesmap.tagging.xmp.packet import PhotoTags, TaggedPacket, rating_of, tag_packet
from aesmap.tagging.xmp.undo import holds_tags, untag_packet

if TYPE_CHECKING:
    from aesmap.assessment import Assessment

KeywordForm: TypeAlias = Literal["plain", "prefixed", "none"]

KEYWORD_PREFIX = "aesmap:"


@dataclass(frozen=True)
class Judged:
    """What is kept of a verdict until all are in; its maps are not."""

    place: Place
    score: float
    familiar: bool
    keywords: tuple[str, ...]
    scores: tuple[tuple[str, str], ...]


def judged(place: Place, verdict: Assessment, form: KeywordForm, above: float) -> Judged:
    """The part of a verdict that goes into a packet.

    ``above`` is the probability from which an attribute becomes a keyword. A picture that the
    model does not know its way about in gets none.
    """
    familiar = verdict.uncertain_reason != "unfamiliar"
    prefix = KEYWORD_PREFIX if form == "prefixed" else ""
    seen = [name for name, p in verdict.attributes if p >= above]
    scores = [
        ("score", f"{verdict.score:.2f}"),
        ("p_high", f"{verdict.p_high:.3f}"),
        ("level", verdict.level),
        ("model_id", verdict.model),
    ]
    if verdict.uncertain_reason:
        scores.append(("uncertain_reason", verdict.uncertain_reason))
    return Judged(
        place,
        verdict.score,
        familiar,
        tuple(prefix + name for name in seen) if familiar and form != "none" else (),
        tuple(scores),
    )


def tag(photo: Judged, stars: int | None, *, overwrite: bool, dry_run: bool) -> str:
    """Tag one photo and tell what changed; empty if nothing did. Raises :class:`OutputError`."""
    place = photo.place
    tags = PhotoTags(rating=stars, keywords=photo.keywords, scores=photo.scores)
    before = place.packet()
    try:
        tagged = tag_packet(
            before, tags, overwrite=overwrite, rated_elsewhere=_rating_in_photo(place)
        )
    except XmpError as error:
        raise place.refusal(error) from error
    if tagged.data == before:
        return ""
    place.replace(tagged.data, dry_run=dry_run)
    verb = "created" if before is None and not place.embedded else "changed"
    if dry_run:
        verb = f"would be {verb}"
    return f"{place.path}: {verb}: {_told(photo, stars, tagged)}"


def untag(place: Place, *, dry_run: bool) -> str:
    """Take our tags out of one file and tell how; empty if there were none.

    Raises :class:`OutputError`.
    """
    try:
        packet = place.packet()
    except OutputError:
        if place.embedded:  # no JPEG, or a damaged one: nothing of ours was ever put there
            return ""
        raise
    if packet is None or not holds_tags(packet):
        return ""
    try:
        undone = untag_packet(packet)
    except XmpError as error:
        raise place.refusal(error) from error
    if not undone.found:
        return ""
    place.replace(undone.data, dry_run=dry_run)
    would = "would be " if dry_run else ""
    if not undone.exact:
        return f"{place.path}: edited since; only aesmap's own values {would or 'were '}taken out"
    if undone.data is None and not place.embedded:
        return f"{place.path}: {would}deleted, as aesmap had made it"
    return f"{place.path}: {would}restored, byte for byte"


def _rating_in_photo(place: Place) -> str | None:
    """The rating in a JPEG, which a new one in its sidecar would hide."""
    if place.embedded or not is_jpeg(place.photo):
        return None
    with suppress(OutputError):  # what cannot be read there hides nothing
        packet = Place(place.photo, place.photo, embedded=True).packet()
        return None if packet is None else rating_of(packet)
    return None


def _told(photo: Judged, stars: int | None, tagged: TaggedPacket) -> str:
    before = tagged.rating_before
    if not photo.familiar:
        said = "no stars, unlike the photographs the model knows"
    elif tagged.rating is not None:
        said = _stars(tagged.rating) + (f" instead of {before}" if before is not None else "")
    elif stars is not None:
        said = f"rating {before} stays"
    else:
        said = "scores"
    if tagged.keywords:
        said += f", keywords {', '.join(tagged.keywords)}"
    return said


def _stars(number: int) -> str:
    return "1 star" if number == 1 else f"{number} stars"
