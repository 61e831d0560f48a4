"""The report of a reproduction: one HTML page that needs nothing else, and its numbers as JSON."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from aesmap import __version__
from aesmap.atomic import atomic_write
from aesmap.explain.text_layout import signed
from aesmap.training.data.datasets import RatedImages
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.metrics.model_metrics import LABELS, Unknown
from aesmap.training.metrics.resampling import NUM_DRAWS
from aesmap.training.network.label_weights import WeightConfig
from aesmap.training.paper import numbers as paper
from aesmap.training.paper.claims import FAILS, HOLDS, OPEN
from aesmap.training.paper.figures import (
    parameters_figure,
    ratio_figure,
    score_shares,
    scores_figure,
    vectoring_layers,
)
from aesmap.training.paper.memory import whole_networks
from aesmap.training.paper.pictures import ShownPhoto, activation_figure, crop_figure
from aesmap.training.paper.tables import paper_tables

PAGE, NUMBERS = "index.html", "results.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """What a report is made of.

    ``title`` heads the page. ``images`` are all images of the data set, ``results`` the finished
    cells, ``wanted`` every planned one. ``comparable``: the images are AVA's with its official
    test list, so that the paper's accuracies may be compared with ours one by one. ``weighting``
    is the recipes' interval for w(a:b), ``unknown`` how their attribute loss takes a missing tag.

    ``protocol`` tells in words what was run, by heading ("Training", "What was frozen", "Splits",
    "Recipe", "Versions"); ``commands`` are the lines that repeat it; ``notes`` are caveats of this
    study beside the paper's. ``photos`` are shown in figure 6 and, up to ``num_crops``, figure 7;
    ``shown_by`` says which network made their maps, ``attribute_rules`` how often the rules for
    attribute maps found one (:func:`~.shown_photos.by_rules`).

    Any text may come from a user, file names among it: the page escapes all of it.
    """

    title: str
    images: RatedImages
    results: Sequence[CellResult]
    wanted: Sequence[Cell] = ()
    comparable: bool = False
    weighting: WeightConfig = field(default_factory=WeightConfig)
    unknown: Unknown = "negative"
    protocol: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()
    notes: Sequence[str] = ()
    photos: Sequence[ShownPhoto] = ()
    shown_by: str = ""
    attribute_rules: Mapping[str, int] | None = None
    num_crops: int = 8


def write_report(study: Study, output_dir: Path, *, num_draws: int = NUM_DRAWS) -> Path:
    """Write ``index.html`` and ``results.json`` into a folder; returns the page's path.

    ``results.json`` is :func:`~.tables.paper_tables` with ``title``,
    ``version``, ``protocol``, ``commands``, ``notes``, ``figure_2`` (shares of images near the
    threshold), ``figure_4`` (parameter counts), ``whole_networks`` (what pooling saves of all of a
    network's memory) and ``attribute_rules``. The same study gives the same two files.

    Raises what :func:`paper_tables` and :func:`aesmap.atomic.atomic_write` raise.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    tables = paper_tables(
        study.images,
        study.results,
        study.wanted,
        comparable=study.comparable,
        unknown=study.unknown,
        num_draws=num_draws,
    )
    layers, networks = vectoring_layers(), whole_networks()
    numbers = without_nan(
        {
            "title": study.title,
            "version": __version__,
            **tables,
            "figure_2": score_shares(study.images, study.weighting),
            "figure_4": [vars(layer) for layer in layers],
            "whole_networks": [vars(network) for network in networks],
            "attribute_rules": None
            if study.attribute_rules is None
            else dict(study.attribute_rules),
            "protocol": dict(study.protocol),
            "commands": list(study.commands),
            "notes": list(study.notes),
        }
    )
    text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
    page = (
        _environment()
        .get_template("report.html")
        .render(
            numbers=numbers,
            study=study,
            paper=paper,
            labels=LABELS,
            verdict_classes={HOLDS: "holds", FAILS: "fails", OPEN: "open"},
            headlines=_headlines(numbers["claims"]),
            limit_of=_widest,
            figures=_figures(study, numbers, layers),
        )
    )
    for name, content in ((NUMBERS, text + "\n"), (PAGE, page)):
        with atomic_write(output_dir / name) as file:
            file.write(content.encode())
    return output_dir / PAGE


def without_nan(value: Any) -> Any:
    """The same structure with None for NaN and infinities, which JSON has no word for."""
    if isinstance(value, Mapping):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _headlines(claims: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each claim once, as the paper means it: by accuracy and, where it says, its own loss."""
    headlines = []
    for claim, text in paper.CLAIMS.items():
        judged = [
            entry
            for entry in claims
            if entry["claim"] == claim
            and entry["metric"] == "accuracy"
            and entry["normalise"] in ("none", None)
        ]
        headlines.append({"text": text, "judged": judged})
    return headlines


def _figures(study: Study, numbers: dict[str, Any], layers: Any) -> dict[str, Any]:
    """The figures as HTML, each in a light and a dark version."""
    ratios = {
        backbone: _both(
            f"Figure 5, {backbone}: accuracy against b/a",
            *(
                _svg_uri(
                    ratio_figure(
                        [e for e in numbers["table_2"] if e["backbone"] == backbone],
                        theme,
                        comparable=study.comparable,
                    )
                )
                for theme in ("light", "dark")
            ),
        )
        for backbone in numbers["backbones"]
        if any(e["accuracy"] for e in numbers["table_2"] if e["backbone"] == backbone)
    }
    figures: dict[str, Any] = {
        "scores": _both(
            "Figure 2: how many images have which mean rating",
            _svg_uri(scores_figure(study.images, "light", study.weighting)),
            _svg_uri(scores_figure(study.images, "dark", study.weighting)),
        ),
        "parameters": _both(
            "Figure 4: parameters of a fully connected layer and after pooling",
            _svg_uri(parameters_figure(layers, "light")),
            _svg_uri(parameters_figure(layers, "dark")),
        ),
        "ratios": ratios,
        "activation": None,
        "crops": [],
    }
    if study.photos:
        figures["activation"] = _both(
            "Figure 6: photographs with their aesthetic activation maps",
            _picture_uri(activation_figure(study.photos, "light")),
            _picture_uri(activation_figure(study.photos, "dark")),
        )
        figures["crops"] = [
            _both(
                f"Figure 7: {photo.title}",
                _picture_uri(crop_figure(photo, "light")),
                _picture_uri(crop_figure(photo, "dark")),
            )
            for photo in study.photos[: study.num_crops]
        ]
    return figures


def _both(description: str, light: str, dark: str) -> Markup:
    """One picture for each colour scheme; ``light`` and ``dark`` are data URIs of our making."""
    return Markup(
        f'<picture><source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(description)}"></picture>'
    )


def _svg_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _picture_uri(image: Image.Image) -> str:
    handle = io.BytesIO()
    image.save(handle, "WEBP", quality=88, method=4)
    return "data:image/webp;base64," + base64.b64encode(handle.getvalue()).decode()


def _widest(entries: Sequence[Mapping[str, Any] | None]) -> float:
    """The largest distance from 0 of any interval's end, at least a point: one axis for all."""
    ends = [
        abs(float(end))
        for entry in entries
        if entry and entry.get("value") is not None
        for end in entry["interval_95"]
        if end is not None
    ]
    return max([0.01, *ends])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _points(difference: float | None) -> str:
    return "–" if difference is None else signed(100 * difference)


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aesmap.training.paper"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "points": _points, "p": _p}
    return environment
