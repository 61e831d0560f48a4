"""Photographs of one moment: which stand together, in which order, and why.

Near-duplicates and bursts stand together (:mod:`aesmap.images.moments.similarity`). Within a moment
it is decided by how well a frame is taken (:mod:`aesmap.model.frame_choice`), and where that is
within the noise, nothing is claimed: all that might be the best stay up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from aesmap.assessment import Assessment
from aesmap.images.moments.similarity import Signature, SimilarGroups
from aesmap.model.frame_choice import Frame, FrameChoice, Ranking, frames_together, rank_frames
from aesmap.results.reasons import CANNOT_TELL, REVERSED, SAME_PICTURE
from aesmap.results.row_text import Row

_SAME: Final = 1e-3
"""How far ratings of one and the same picture may be apart."""


def frame_of(said: Assessment) -> Frame:
    """What is compared of a photograph within its moment, of an assessment with its signature."""
    signature = None if said.extras is None else said.extras.signature
    technical_p = None if said.technical is None else said.technical.p_fair
    return Frame(said.score, technical_p, None if signature is None else signature.cues)


def frame_of_row(row: Row, signature: Signature | None) -> Frame:
    """The same, of a row of a table."""
    cues = None if signature is None else signature.cues
    return Frame(row["score"], row["technical_p"], cues)


@dataclass(frozen=True)
class Member:
    """A photograph of a group.

    Attributes
    ----------
    index
        Its number in the list.
    rank
        1 for the winner, and for all that cannot be told from it.
    reasons
        Of the winner, why it is better than the next; of another, what is worse in it than in the
        winner; in log-odds. ``cannot tell`` with the margin where there is no winner; ``same
        picture`` of a copy, which stands behind all others.
    """

    index: int
    rank: int
    reasons: dict[str, float] = field(default_factory=dict)


def group_photos(
    signatures: Sequence[Signature],
    frames: Sequence[Frame],
    names: Sequence[str],
    choice: FrameChoice | None,
) -> list[tuple[Member, ...]]:
    """Put photographs into groups, the best of each first, the best group first.

    Parameters
    ----------
    signatures, frames
        Of each photograph.
    names
        No two the same; they decide between equals, so that the order given changes nothing.
    choice
        The model's; ``None`` of a model without.

    Returns
    -------
    list
        Groups stand by the most beautiful photograph in them; every photograph is in exactly one.
    """
    by_score = sorted(range(len(names)), key=lambda index: (-frames[index].score, names[index]))
    groups: list[list[int]] = []
    similar = SimilarGroups()
    for index in by_score:
        number = similar.add(signatures[index])
        if number == len(groups):
            groups.append([index])
        else:
            assert number is not None
            groups[number].append(index)
    return [rank_members(group, [frames[index] for index in group], choice) for group in groups]


def rank_members(
    indices: Sequence[int], frames: Sequence[Frame], choice: FrameChoice | None
) -> tuple[Member, ...]:
    """Put the photographs of one group in order, with reasons; copies of one picture come last."""
    if choice is None or not all(frame.is_comparable for frame in frames):
        by_beauty = enumerate(rank_frames(frames, None).order, start=1)
        return tuple(Member(indices[number], place) for place, number in by_beauty)
    originals: list[int] = []
    for number, frame in enumerate(frames):
        if not any(_are_one_picture(frame, frames[other]) for other in originals):
            originals.append(number)
    compared = frames_together([frames[number] for number in originals])
    ranking = rank_frames(compared, choice)
    order = [originals[number] for number in ranking.order]
    ordered = [compared[place] for place in ranking.order]
    members = []
    for place, number in enumerate(order):
        rank = 1 if place < ranking.ties else place + 1
        members.append(Member(indices[number], rank, _reasons(ordered, place, ranking, choice)))
    copies = sorted(set(range(len(frames))) - set(originals))
    for place, number in enumerate(copies, start=len(order) + 1):
        members.append(Member(indices[number], place, {SAME_PICTURE: 0.0}))
    return tuple(members)


def _are_one_picture(one: Frame, other: Frame) -> bool:
    """Whether pixels are the same: cues then are, and ratings but for the last bits of a batch."""
    if one.cues != other.cues:
        return False
    assert one.technical_p is not None
    assert other.technical_p is not None
    same = abs(one.technical_p - other.technical_p) < _SAME
    return same and abs(one.score - other.score) < _SAME


def _reasons(
    ordered: list[Frame], place: int, ranking: Ranking, choice: FrameChoice
) -> dict[str, float]:
    if len(ordered) == 1:
        return {}
    if place < ranking.ties and ranking.ties > 1:
        return {CANNOT_TELL: round(ranking.margin, 2)}
    winner = ordered[0]
    if place == 0:
        nearest = 1 + int(choice.log_odds(winner, ordered[1:]).argmin())
        found = choice.reasons(winner, ordered[nearest])
        return {name: round(by, 2) for name, by in found.items()}
    found = choice.reasons(winner, ordered[place])
    return {REVERSED[name]: round(by, 2) for name, by in found.items()}
