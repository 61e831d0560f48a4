"""A taste as one page: what it is worth, what is liked more and less, where the judges differ.

The page is one file without a script. Its content security policy allows the one style in it, by
its hash, and pictures that stand in the file: nothing is fetched.
"""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final

import numpy as np
from PIL import Image

from aesmap import __version__
from aesmap.analyzer import Analyzer
from aesmap.errors import ImageError
from aesmap.explain import overlay
from aesmap.explain.looked_for import with_faces
from aesmap.explain.render import decode_for_drawing
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.images.reading import open_image
from aesmap.model.taste import Taste
from aesmap.report.page import packaged, source_hash
from aesmap.results.row_text import path_to_text
from aesmap.taste.charts import liked_chart, worth_chart
from aesmap.taste.stars import said
from aesmap.taste.words import (
    held_out_line,
    judge_lines,
    liked_title,
    said_by,
    signed,
    source_line,
)
from aesmap.types import Size

MARK: Final = b'<meta name="generator" content="aesmap taste show">'
"""By which a page that was made here is known."""

_STYLES: Final = ("web/report.css", "taste/static/taste.css")
_LONGER_PX: Final = 640
_QUALITY: Final = 82


@dataclass(frozen=True)
class DifferentPhoto:
    """One of the photographs where the two judges differ most.

    Attributes
    ----------
    about
        What the taste says of it.
    photo, difference
        JPEGs: the photograph, and the map of the difference over it; empty of one that was not
        found or cannot be read.
    caption
        The sum of the two judges in words.
    problem
        Why there are no pictures.
    """

    about: dict[str, Any]
    photo: bytes = b""
    difference: bytes = b""
    caption: str = ""
    problem: str = ""


def most_different_photos(
    taste: Taste,
    analyzer: Analyzer,
    folder: Path | None = None,
    *,
    done: Callable[[], None] = lambda: None,
) -> dict[str, list[DifferentPhoto]]:
    """Look at the photographs that a taste names, and draw where the judges differ.

    Parameters
    ----------
    taste
        Names them.
    analyzer
        With this taste.
    folder
        Where they lie now, if not where they were when the taste was learned: each is looked for
        by as much of its path as is found there.
    done
        Called after each.

    Returns
    -------
    dict
        Those that the taste puts above the crowd's judge (``more``) and below (``less``).
    """
    found: dict[str, list[DifferentPhoto]] = {}
    with said_by(taste) as about:
        for which in ("more", "less"):
            found[which] = []
            for one in about["most_different"][which]:
                found[which].append(_drawn(one, analyzer, folder))
                done()
    return found


def taste_page(taste: Taste, photos: dict[str, list[DifferentPhoto]], title: str) -> str:
    """Put the page together.

    Parameters
    ----------
    taste
        What it is of; :class:`TasteError` if it does not say how it was learned.
    photos
        Of :func:`most_different_photos`.
    title
        Usually the file's name.
    """
    style = "".join(map(packaged, _STYLES))
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
        f" style-src '{source_hash(style)}'"
    )
    with said_by(taste) as about:
        figures = about["held_out"]
        worth = worth_chart(figures["crowd"], figures["mine"])
        liked = _liked(about["liked"])
    texts = [held_out_line(taste), *judge_lines(taste)]
    worth += "".join(f"<p>{html.escape(text)}.</p>" for text in texts)
    values = {
        "policy": policy,
        "style": style,
        "source": html.escape(_sentence(source_line(taste))),
        "worth": worth,
        "unit": html.escape(liked_title(taste)),
        "liked": liked,
        "photographs": _photographs(photos),
        "about": html.escape(
            f"Taste {taste.taste_id}, beside {taste.model}@{taste.model_sha256[:8]}; made by aesmap"
            f" {__version__}. The page holds its pictures and asks for nothing."
        ),
        "title": html.escape(title),
    }
    page, *rest = packaged("taste/static/taste.html").split("{{")
    for piece in rest:  # one pass: a value may hold anything
        name, _, text = piece.partition("}}")
        page += values[name] + text
    return page


def find_photo(path: str, folder: Path | None) -> str:
    """Where a photograph lies: as it was, or in ``folder`` by the longest end of its path."""
    if folder is None:
        return path
    parts = PurePath(path).parts
    for start in range(len(parts)):
        candidate = folder.joinpath(*parts[start:]) if start or not PurePath(path).anchor else None
        if candidate is not None and candidate.is_file():
            return str(candidate)
    for below, _, names in os.walk(folder):
        if parts[-1] in names:
            return str(Path(below) / parts[-1])
    return str(folder / parts[-1])


def _drawn(one: dict[str, Any], analyzer: Analyzer, folder: Path | None) -> DifferentPhoto:
    try:
        path = find_photo(one["path"], folder)
        assessment = analyzer.assess(path)
        rgb = decode_for_drawing(open_image(path), _LONGER_PX)
    except ImageError as error:
        return DifferentPhoto(one, problem=error.problem)
    maps = assessment.maps
    assert maps.difference is not None
    scale = min(1.0, _LONGER_PX / max(rgb.shape[:2]))
    size = Size(*(max(1, round(side * scale)) for side in rgb.shape[:2]))
    picture = Image.fromarray(rgb).resize((size.width, size.height), Image.Resampling.LANCZOS)
    colours = overlay.colour_evidence(maps.difference, size)
    faces = uncoloured_boxes(with_faces(assessment, rgb))
    return DifferentPhoto(
        one,
        _jpeg(picture),
        _jpeg(Image.fromarray(overlay.blend(np.asarray(picture), colours, uncoloured=faces))),
        _sum_in_words(maps.logit, maps.logit_difference, maps.difference_bias),
    )


def _sum_in_words(logit: float, difference: float, constant: float) -> str:
    """The crowd's logit and what is added, so rounded that all of it adds up."""
    mine, crowd, fixed = (round(100 * x) for x in (logit, logit - difference, constant))
    added = mine - crowd
    return (
        f"crowd {signed(crowd / 100)}, difference {signed(added / 100)} (its map's mean"
        f" {signed((added - fixed) / 100)}, the constant {signed(fixed / 100)}), you"
        f" {signed(mine / 100)}"
    )


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _liked(liked: Sequence[dict[str, Any]]) -> str:
    if not liked:
        return (
            '<p class="lead">No attribute was seen surely enough in five of these photographs, and'
            " missing from five others.</p>"
        )
    note = (
        '<p class="lead">To the right: liked more than the crowd\'s judge lets expect. An'
        " interval in grey holds zero: it may be chance. The number of photographs stands in"
        " brackets.</p>"
    )
    return note + liked_chart(liked)


def _photographs(photos: dict[str, list[DifferentPhoto]]) -> str:
    parts = []
    for which, title in (
        ("more", "You like these more than the crowd's judge"),
        ("less", "You like these less than the crowd's judge"),
    ):
        if photos[which]:
            figures = "".join(map(_figure, photos[which]))
            parts.append(f'<h3>{html.escape(title)}</h3><div class="pairs">{figures}</div>')
    return "".join(parts)


def _figure(one: DifferentPhoto) -> str:
    path = path_to_text(str(one.about["path"]))
    name = html.escape(PurePath(path).name)
    stars = one.about.get("stars")
    given = "" if stars is None else f"; {said(stars)}"
    if one.problem:
        pictures = (
            f'<p class="missing">{html.escape(path)}: {html.escape(one.problem)}. Where photographs'
            " have moved, --photos DIR says where they lie.</p>"
        )
    else:
        pictures = "".join(
            f'<img alt="{html.escape(alt)}" src="data:image/jpeg;base64,'
            f'{base64.b64encode(data).decode()}">'
            for alt, data in (("the photograph", one.photo), ("the difference", one.difference))
        )
    beyond = signed(float(one.about["difference"]))
    return (
        f'<figure><div class="both">{pictures}</div><figcaption><b>{name}</b>{html.escape(given)};'
        f" {beyond} beyond the usual difference"
        + (f"<br>{html.escape(one.caption)}" if one.caption else "")
        + "</figcaption></figure>"
    )
