"""What `aesmap tag` does to one photograph, and the line that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from aesmap.errors import OutputError
from aesmap.images.metadata.xmp.document import XmpError
from aesmap.images.moments.similarity import Signature
from aesmap.model.frame_choice import Frame
from aesmap.results.groups import frame_of
from aesmap.tagging.existing import Existing, Statement, gather
from aesmap.tagging.sidecars import PacketFile, SidecarFinder
from aesmap.tagging.stars import stars_in_words
from aesmap.tagging.xmp.packet import REJECTED, PhotoTags, TaggedPacket, tag_packet
from aesmap.tagging.xmp.undo import holds_tags, untag_packet

if TYPE_CHECKING:
    from aesmap.assessment import Assessment

KeywordForm: TypeAlias = Literal["plain", "prefixed", "none"]

KEYWORD_PREFIX = "aesmap:"


@dataclass(frozen=True, kw_only=True)
class PhotoToTag:
    """What is to be said of a photograph besides its stars, and where.

    ``label`` is its colour label; ``scores`` are the numbers behind, by their names in aesmap's
    own namespace. A picture that is not ``in_distribution`` is unlike those that the model knows.
    """

    file: PacketFile
    in_distribution: bool = True
    keywords: tuple[str, ...] = ()
    label: str | None = None
    scores: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Tagged:
    """What was done to one photograph.

    Attributes
    ----------
    line
        In words; empty if it was right already.
    stars
        What it was given, or has from an earlier run; ``None`` for nothing.
    keeps
        Whether it keeps a rating that somebody else gave.
    """

    line: str
    stars: int | None
    keeps: bool


@dataclass(frozen=True, kw_only=True)
class AssessedPhoto(PhotoToTag):
    """What is kept of an assessment until all photographs are in; its maps are not."""

    frame: Frame
    signature: Signature
    logit: float

    @classmethod
    def of(
        cls, file: PacketFile, assessment: Assessment, form: KeywordForm, above: float | None
    ) -> AssessedPhoto:
        """Take the part of an assessment, made with its signature, that goes into a packet.

        Parameters
        ----------
        file
            Where the packet lies.
        assessment
            What the model says of the photograph.
        form
            How attributes become keywords. A picture unlike the photographs that the model was
            trained on gets none.
        above
            The probability, 0 to 1, from which an attribute becomes a keyword; ``None`` for the
            model's own threshold of each.
        """
        in_distribution = assessment.uncertain_reason != "unfamiliar"
        prefix = KEYWORD_PREFIX if form == "prefixed" else ""
        named: Iterable[str] = assessment.named
        if above is not None:
            named = [name for name, p in assessment.attributes if p >= above]
        scores = [
            ("score", f"{assessment.score:.2f}"),
            ("p_high", f"{assessment.p_high:.3f}"),
            ("level", assessment.level),
            ("model_id", assessment.model),
        ]
        if assessment.uncertain_reason:
            scores.append(("uncertain_reason", assessment.uncertain_reason))
        signature = None if assessment.extras is None else assessment.extras.signature
        assert signature is not None
        has_keywords = in_distribution and form != "none"
        keywords = tuple(prefix + name for name in named) if has_keywords else ()
        return cls(
            file=file,
            in_distribution=in_distribution,
            keywords=keywords,
            scores=tuple(scores),
            frame=frame_of(assessment),
            signature=signature,
            logit=assessment.logit,
        )


def tag(
    photo: PhotoToTag,
    stars: int | None,
    sidecars: SidecarFinder,
    *,
    overwrite: bool,
    dry_run: bool,
    note: str = "",
) -> Tagged:
    """Tag one photograph.

    ``stars`` are 1 to 5, or -1 for rejected; ``note`` says in the line where they come from. A
    rating that it has anywhere, or may have in XMP that cannot be read, keeps it from getting
    another unless ``overwrite``. A new list of keywords begins with those that it would hide.

    Raises
    ------
    OutputError
        If the file cannot be read, changed safely or written.
    """
    file = photo.file
    before = file.packet()
    existing = gather(file.photo, sidecars)
    kept = None if overwrite else _kept_rating(existing)
    tags = PhotoTags(
        rating=None if kept else stars,
        label=photo.label,
        keywords=photo.keywords,
        scores=photo.scores,
        own_keywords=tuple(word.value for word in existing.keywords),
    )
    try:
        tagged = tag_packet(before, tags, overwrite=overwrite)
    except XmpError as error:
        raise file.refusal(error) from error
    given = None if kept is not None else stars
    if tagged.data == before:
        return Tagged("", given, kept is not None)
    file.replace(tagged.data, dry_run=dry_run)
    verb = "created" if before is None and not file.embedded else "changed"
    if dry_run:
        verb = f"would be {verb}"
    line = f"{file.path}: {verb}: {_changes(photo, stars, kept, tagged, note)}"
    return Tagged(line, given, kept is not None)


def untag(file: PacketFile, *, dry_run: bool) -> str:
    """Take our tags out of one file.

    Returns
    -------
    str
        What was done, as one line; empty if there were none.

    Raises
    ------
    OutputError
        If the file cannot be read, changed safely or written.
    """
    try:
        packet = file.packet()
    except OutputError:
        if file.embedded:  # no JPEG, or a damaged one: nothing of ours was ever put there
            return ""
        raise
    if packet is None or not holds_tags(packet):
        return ""
    try:
        undone = untag_packet(packet)
    except XmpError as error:
        raise file.refusal(error) from error
    if not undone.found:
        return ""
    file.replace(undone.data, dry_run=dry_run)
    would = "would be " if dry_run else ""
    if not undone.exact:
        return f"{file.path}: edited since; only aesmap's own values {would or 'were '}taken out"
    if undone.data is None and not file.embedded:
        return f"{file.path}: {would}deleted, as aesmap had made it"
    return f"{file.path}: {would}restored, byte for byte"


def _kept_rating(existing: Existing) -> Statement | None:
    """The rating that stays, with its place; one of no value where XMP cannot be read."""
    if existing.ratings:
        return existing.ratings[0]
    return Statement("", existing.unreadable[0].place) if existing.unreadable else None


def _changes(
    photo: PhotoToTag,
    stars: int | None,
    kept: Statement | None,
    tagged: TaggedPacket,
    note: str,
) -> str:
    """What was written, in words."""
    before = tagged.rating_before
    if not photo.in_distribution:
        said = "no stars, unlike the photographs the model knows"
    elif tagged.rating is not None:
        said = (
            _stars(tagged.rating) + note + (f" instead of {before}" if before is not None else "")
        )
    elif stars is None:
        said = "" if tagged.label else "its label stays" if photo.label else "scores"
    elif kept is not None and not kept.value:
        said = (
            f"no stars, for {kept.place} cannot be understood and a rating may stand there;"
            " --overwrite sets one"
        )
    elif kept is not None and kept.place != photo.file.path.name:
        said = f"rating {kept.value} stays, which is in {kept.place}"
    else:
        said = f"rating {before if kept is None else kept.value} stays"
    parts = [said] if said else []
    if tagged.label:
        parts.append(f"label {tagged.label}")
    if tagged.keywords:
        parts.append(f"keywords {', '.join(tagged.keywords)}")
    return ", ".join(parts)


def _stars(number: int) -> str:
    return "rejected" if number == REJECTED else stars_in_words(number)
