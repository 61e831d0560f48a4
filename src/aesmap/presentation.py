"""An assessment as people look at it in Python: pictures, a panel's file, values, a notebook.

The methods of :class:`~aesmap.assessment.Assessment` of the same names are these.
"""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aesmap.columns import BY_NAME
from aesmap.errors import ImageError, UsageError
from aesmap.explain import overlay
from aesmap.explain.canvas import fitted, resized
from aesmap.explain.headline import as_percentage
from aesmap.explain.looked_for import DETECTION_PX, with_faces
from aesmap.explain.parts import parts_of
from aesmap.explain.render import decode_for_drawing, draw_explanation
from aesmap.explain.text import describe
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.images.outputs import check_outputs, write_png
from aesmap.images.reading import ImageSource, open_image
from aesmap.model.technical import TECHNICAL
from aesmap.types import Size, UInt8Array

if TYPE_CHECKING:
    from PIL import Image

    from aesmap.assessment import Assessment
    from aesmap.images.opened import OpenedImage

_SHOWN_PX = 320
_EXACT = ("p_high", "score", "spread")


def photo_of(said: Assessment, photo: ImageSource | None = None) -> OpenedImage:
    """Open the photograph that was assessed, or the one that is given in its place.

    Raises
    ------
    UsageError
        It is neither kept nor given, or is of another size than what was assessed.
    ImageError
        It cannot be read any more.
    """
    source = said.photo if photo is None else photo
    if source is None:
        raise UsageError(f"{said.source}: the photograph itself is not kept; give it as photo=...")
    opened = open_image(source)
    if opened.full_size != said.size:
        raise UsageError(
            f"{opened.source}: has {opened.full_size} pixels, and what was assessed {said.size};"
            " give the photograph that was assessed"
        )
    return opened


def overlay_of(said: Assessment, which: str, photo: ImageSource | None = None) -> Image.Image:
    """Lay one of the maps over the photograph: see ``Assessment.overlay``."""
    from PIL import Image

    rgb = decode_for_drawing(photo_of(said, photo))
    painted = _painted(said, which, Size(*rgb.shape[:2]))
    faces = uncoloured_boxes(with_faces(said, rgb))
    return Image.fromarray(overlay.blend(rgb, painted, uncoloured=faces))


def _painted(said: Assessment, which: str, size: Size) -> UInt8Array:
    """One map in its colours, RGBA (H,W,4)."""
    maps, cool, warm = said.maps, overlay.WEIGHS_AGAINST, overlay.SPEAKS_FOR
    if which == "evidence":
        return overlay.colour_evidence(maps.evidence, size)
    if which == "within":
        return overlay.colour_within(maps.evidence, size)
    if which == "high":
        return overlay.colour_positive(maps.evidence, size, pigment=warm)
    if which == "low":
        return overlay.colour_positive(-maps.evidence, size, pigment=cool)
    if which == "difference" and maps.difference is not None:
        return overlay.colour_evidence(maps.difference, size)
    technical = said.technical
    if technical is not None and which in technical.map_names:
        if which == TECHNICAL:
            return overlay.colour_evidence(technical.map_of(which), size)
        return overlay.colour_positive(technical.log_odds_of(which), size, pigment=cool)
    if which in maps.attribute_names:
        return overlay.colour_positive(
            maps.attribute_map(which),
            size,
            pigment=overlay.ATTRIBUTE,
            limit=overlay.ATTRIBUTE_LIMIT,
        )
    raise UsageError(f"which: {which!r} is no map here; use one of {', '.join(map_names(said))}")


def map_names(said: Assessment) -> tuple[str, ...]:
    """Names of all the maps that an assessment has, as ``overlay`` takes them."""
    own = ("evidence", "within", "high", "low")
    difference = () if said.maps.difference is None else ("difference",)
    technical = () if said.technical is None else said.technical.map_names
    return (*own, *difference, *technical, *said.maps.attribute_names)


def save_panel(
    said: Assessment,
    path: Path,
    layout: str | None = None,
    photo: ImageSource | None = None,
    *,
    force: bool = False,
) -> None:
    """Draw the panel into a PNG file: see ``Assessment.save``."""
    if path.suffix.lower() != ".png":
        raise UsageError(f"{path}: panels are PNG files; end the name in .png")
    opened = photo_of(said, photo)
    source = Path(opened.source)
    check_outputs((path,), [source], force=force)
    layout = layout or ("fig6" if said.maps.difference is None else "difference")
    write_png(draw_explanation(opened, said, layout, title=source.name), path, "panel")


def words_of(said: Assessment) -> str:
    """Put the assessment in words: all sentences."""
    return describe(_knowing_faces(said)).text


def _knowing_faces(said: Assessment) -> Assessment:
    """The assessment with its faces, looked for in the photograph if that is still at hand."""
    if said.faces is not None or said.uncertain_reason == "unfamiliar":
        return said
    try:
        opened = photo_of(said)
        return with_faces(said, decode_for_drawing(opened, DETECTION_PX))
    except (UsageError, ImageError):  # gone since, or never kept: the maps still stand
        return said


def values_of(said: Assessment) -> dict[str, Any]:
    """All that is said, as plain values: see ``Assessment.to_dict``."""
    row = said.to_row()
    del row["error"]
    exact = {name: BY_NAME[name].value(said) for name in _EXACT}
    return (
        row
        | exact
        | {
            "logit": said.logit,
            "mean_evidence": said.maps.mean_evidence,
            "bias": said.maps.bias,
            **_difference(said),
            "distribution": list(said.distribution),
            "parts": [part.to_json() for part in parts_of(said)],
            "better_than": said.better_than,
            "words": describe(_knowing_faces(said)).to_json(),
        }
    )


def _difference(said: Assessment) -> dict[str, float]:
    """With a taste, what makes your logit of the crowd's."""
    maps = said.maps
    if maps.difference is None:
        return {}
    return {
        "crowd_logit": said.logit - maps.logit_difference,
        "mean_difference": maps.logit_difference - maps.difference_bias,
        "difference_bias": maps.difference_bias,
    }


def html_of(said: Assessment) -> str:
    """Show the photograph, its map and its numbers as HTML that loads nothing: for notebooks."""
    pictures = ""
    said = _knowing_faces(said)
    is_known = said.uncertain_reason != "unfamiliar"
    try:
        opened = photo_of(said)
        size = fitted(opened.full_size, Size(_SHOWN_PX, _SHOWN_PX))
        plain = resized(decode_for_drawing(opened, _SHOWN_PX), size)
    except (UsageError, ImageError):  # gone since, or never kept: the numbers still stand
        pass
    else:
        pictures = _img(plain, "the photograph")
        if is_known:
            colours = _painted(said, "evidence", size)
            pictures += _img(
                overlay.blend(plain, colours, uncoloured=uncoloured_boxes(said)),
                "where its score comes from: orange for, blue against",
            )
    facts = []
    if is_known:
        facts.append(("level", f"{said.level} ({as_percentage(said.p_high)} likely high)"))
        facts.append(("score", f"{said.score:.1f} of 10"))
    if is_known and said.technical is not None:
        facts.append(("technical", f"{said.technical.score:.1f} of 10"))
    if said.named:
        facts.append(("attributes", ", ".join(said.named)))
    rows = "".join(
        f'<tr><th style="text-align:left">{name}</th>'
        f'<td style="text-align:left">{html.escape(value)}</td></tr>'
        for name, value in facts
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">'
        f'{pictures}<div style="max-width:24em"><strong>{html.escape(Path(said.source).name)}'
        f"</strong><table>{rows}</table><p>{html.escape(describe(said).text)}</p></div></div>"
    )


def _img(rgb: UInt8Array, alt: str) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=85)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    height, width = rgb.shape[:2]
    return (
        f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/jpeg;base64,{data}">'
    )
