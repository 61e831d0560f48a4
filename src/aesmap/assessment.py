"""What aesmap says of one photograph."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aesmap.columns import BY_NAME, COLUMNS
from aesmap.crops.framing import Face
from aesmap.crops.proposal import CropMethod, CropProposal, propose_crop
from aesmap.images.extras import PhotoExtras
from aesmap.images.reading import ImageSource
from aesmap.model.maps import ActivationMaps
from aesmap.model.ratings import sigmoid
from aesmap.model.technical import TechnicalQuality
from aesmap.model.things import Things
from aesmap.types import Float32Array, Size

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class PreparedPhoto:
    """A photograph at its input shape; ``pixels`` float32 (3,h,w). It may travel to a process.

    ``highlights`` is the 99th percentile of its luma, 0 to 255. ``path``, of what was read from a
    file, ``extras`` and ``faces`` come back with the assessment.
    """

    source: str
    size: Size
    pixels: Float32Array
    familiar: bool
    highlights: float = 0.0
    path: str | None = None
    extras: PhotoExtras | None = None
    faces: tuple[Face, ...] | None = None


class AttributeScore(NamedTuple):
    """An attribute with its probability.

    Attributes
    ----------
    name
        One of AVA's visible tags, such as ``"Sky"``.
    probability
        From 0 to 1, calibrated.
    """

    name: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Level, probability, rating, doubt, attributes and maps of one photograph.

    All of quality follows from one number: ``logit`` is ``maps.evidence.mean() + maps.bias``.

    Attributes
    ----------
    source
        The photograph's path, or a word that stands for it.
    size
        Of the upright photograph.
    logit
        Calibrated log-odds of the high level.
    p_high
        Its sigmoid, 0 to 1.
    score
        Mean rating expected, 1 to 10.
    spread
        Standard deviation of the votes, in points.
    distribution
        Shares of the votes 1 to 10, by the rating model.
    uncertain_reason
        ``close``, ``unfamiliar`` or empty.
    attributes
        All of them with their probability, the likeliest first.
    maps
        What the logit is the mean of, and the attributes'.
    model
        Its name and the start of its SHA-256.
    technical
        How well it is taken, with named faults; ``None`` of a model without technical heads.
    things
        Maps of nouns, one of which a sentence may name; ``None`` of a model without them.
    extras
        What was asked for besides, such as a thumbnail; ``None`` if nothing was.
    faces
        For framing, and so that maps leave them uncoloured and words name no place for them; in no
        table. ``None`` unless they were looked for.
    named
        The attributes that are sure enough to be a keyword or to stand in a sentence; none of an
        unfamiliar picture.
    better_than
        Per cent of ordinary photographs with a lower score, 1 to 99, by the model's manifest;
        ``None`` where it says nothing of them, of an unfamiliar picture, or with a taste, whose
        score is a person's.
    features
        Means (M,) of the channels that the head reads, where a taste is learned; else ``None``.
    photo
        What was assessed, for pictures of it: its path, or what ``assess`` was given; ``None``
        where it is not at hand, as after a stream of arrays.
    """

    source: str
    size: Size
    logit: float
    p_high: float
    score: float
    spread: float
    distribution: tuple[float, ...]
    uncertain_reason: Literal["", "close", "unfamiliar"]
    attributes: tuple[AttributeScore, ...]
    maps: ActivationMaps
    model: str
    technical: TechnicalQuality | None = None
    things: Things | None = field(default=None, repr=False, compare=False)
    extras: PhotoExtras | None = field(default=None, repr=False, compare=False)
    faces: tuple[Face, ...] | None = field(default=None, repr=False, compare=False)
    named: tuple[str, ...] = ()
    better_than: int | None = None
    features: Float32Array | None = field(default=None, repr=False, compare=False)
    photo: ImageSource | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return one line: the maps have thousands of cells."""
        doubt = f", {self.uncertain_reason}" if self.uncertain_reason else ""
        return (
            f"Assessment({self.source!r}, {self.level}, p_high={self.p_high:.3f},"
            f" score={self.score:.2f}{doubt}, model={self.model!r})"
        )

    @property
    def level(self) -> Literal["low", "high"]:
        """``"high"`` when the logit is above 0."""
        return "high" if self.logit > 0 else "low"

    @property
    def uncertain(self) -> bool:
        """Whether the assessment should not be relied on; ``uncertain_reason`` says why."""
        return bool(self.uncertain_reason)

    def crop(
        self,
        aspect: float | str | tuple[int, int] | None = None,
        method: CropMethod | str = CropMethod.SEARCH,
        *,
        num_alternatives: int = 0,
    ) -> CropProposal:
        """Propose a crop; ``crop("16:9").image()`` is its picture.

        It spares the faces that are known; :func:`aesmap.crop_photo` looks for them first, and
        says what the crop changes.

        Parameters
        ----------
        aspect
            Width over height, such as ``"16:9"``, or ``"free"``; ``None`` keeps its own.
        method
            ``search``, or one of the paper's rules, which take no aspect and know no faces.
        num_alternatives
            How many other boxes are wanted for an aspect that is not the photograph's own.

        Raises
        ------
        UsageError
            The aspect or method cannot be used.
        """
        proposal = propose_crop(
            self.maps,
            self.size,
            aspect=aspect,
            method=method,
            faces=self.faces or (),
            num_alternatives=num_alternatives,
        )
        return replace(proposal, photo=self.photo)

    @property
    def sentence(self) -> str:
        """The assessment in words."""
        from aesmap.presentation import words_of

        return words_of(self)

    def overlay(self, which: str = "evidence", photo: ImageSource | None = None) -> Image.Image:
        """Lay one of the maps over the photograph.

        Parameters
        ----------
        which
            ``evidence``, ``within`` (evidence less its own mean), ``high`` or ``low`` (what speaks
            for and against it), ``technical``, a fault such as ``soft``, an attribute such as
            ``Sky``, or, with a taste, ``difference``.
        photo
            Stands for the photograph where it is not kept (``self.photo``).

        Returns
        -------
        PIL.Image.Image
            RGB, with a longer side of about 1,600 pixels at most; colours mean the same amount of
            evidence in every picture.

        Raises
        ------
        UsageError
            There is no such map, or no photograph, or it has another size.
        ImageError
            The photograph cannot be read any more.
        """
        from aesmap.presentation import overlay_of

        return overlay_of(self, which, photo)

    def save(
        self,
        path: str | os.PathLike[str],
        layout: str | None = None,
        photo: ImageSource | None = None,
        *,
        force: bool = False,
    ) -> None:
        """Draw a panel of the photograph, its maps and its numbers into a PNG file.

        Parameters
        ----------
        path
            Of the file, which appears whole or not at all.
        layout
            ``fig6`` (photo, low, high and both), ``within`` (evidence, and evidence less its own
            mean), ``fig7`` (from maps to crops) or, with a taste, ``difference``; ``None`` takes
            what fits.
        photo
            Stands for the photograph where it is not kept (``self.photo``).
        force
            Whether a picture that was not made here may be replaced; the photograph never is.

        Raises
        ------
        UsageError
            The name cannot be written to, or there is no photograph, or it has another size.
        ImageError
            The photograph cannot be read any more.
        """
        from aesmap.presentation import save_panel

        save_panel(self, Path(path), layout, photo, force=force)

    def _repr_html_(self) -> str:
        """Show photograph, map, numbers and words in a notebook; nothing is loaded for it."""
        from aesmap.presentation import html_of

        return html_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Give all that is said as plain values, as ``aesmap explain --json`` prints it.

        ``mean_evidence + bias`` is ``logit``, and its sigmoid ``p_high``, unrounded.
        """
        from aesmap.presentation import values_of

        return values_of(self)

    def to_row(self) -> dict[str, Any]:
        """One row of results: plain values under stable names, without the maps."""
        return {name: BY_NAME[name].in_row(self) for name in COLUMNS}


def error_row(source: str, problem: str, model: str) -> dict[str, Any]:
    """The row of a photograph that could not be assessed: all else is None."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    return row | {"path": source, "model": model, "error": problem}


def rank_attributes(maps: ActivationMaps) -> tuple[AttributeScore, ...]:
    """The attributes of ``maps``, most probable first."""
    if maps.attribute_maps is None or maps.attribute_bias is None:
        return ()
    probabilities = sigmoid(maps.attribute_maps.mean(axis=(1, 2)) + maps.attribute_bias)
    scores = [
        AttributeScore(name, float(p))
        for name, p in zip(maps.attribute_names, probabilities, strict=True)
    ]
    return tuple(sorted(scores, key=lambda score: -score.probability))
