"""The study as one page: no script, no network, nothing but what stands in its JSON."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Final

from aesmap.errors import printable
from aesmap.faithfulness import orders
from aesmap.faithfulness.charts import Curve, Row, curves_chart, points_chart, rows_chart
from aesmap.faithfulness.heads import LEVEL, TECHNICAL
from aesmap.faithfulness.page_words import (
    KEY,
    ORDER_WORDS,
    PART_WORDS,
    RANDOMISED_WORDS,
    SECTIONS,
    WAY_WORDS,
)
from aesmap.faithfulness.perturbation import BLOCKS, CELLS, MINOR_IMPUTATION, SETS, STRIPS
from aesmap.faithfulness.randomisation import REFITTED
from aesmap.report.page import packaged, source_hash

GENERATOR: Final = "aesmap faithfulness"
_Numbers = dict[str, Any]


def page(report: _Numbers) -> str:
    """Return the page of what :func:`~aesmap.faithfulness.writing.report` gives."""
    style = packaged("web/report.css") + packaged("faithfulness/static/faithfulness.css")
    policy = f"default-src 'none'; style-src '{source_hash(style)}'; base-uri 'none'"
    title = html.escape(f"Are the maps of {report['model']} faithful?")
    about = (
        f"{report['photographs']} photographs in {report['groups']} groups, drawn with seed"
        f" {report['seed']}; intervals are 95 %, by a bootstrap over groups"
    )
    main = [head for head in report["heads"] if head["kind"] in (LEVEL, TECHNICAL)]
    minor = [head for head in report["heads"] if head["kind"] not in (LEVEL, TECHNICAL)]
    body = [_summary(main)]
    body += [_deletion(head) for head in main]
    body.append(_agreement(main))
    body.append(_randomisation(report))
    if minor:
        body.append(_minor(minor))
    filled = {
        "policy": policy,
        "title": title,
        "style": style,
        "about": about,
        "footer": html.escape(f"aesmap {report['aesmap']}; the numbers are in faithfulness.json"),
        "body": "\n".join(body),
        "failed": _failed(report["failed"]),  # last: a file may be called anything
    }
    text = packaged("faithfulness/static/faithfulness.html")
    for name, value in filled.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _summary(main: Sequence[_Numbers]) -> str:
    rows = []
    for head in main:
        deletion = head["deletion"][MINOR_IMPUTATION]
        agreement = head["agreement"][MINOR_IMPUTATION]
        rows.append(
            [
                head["label"],
                _said(deletion["area"][orders.MAP]),
                _best(deletion),
                _said(deletion["times_best_control"]),
                *(_said(agreement[part]["r2"]) for part in (CELLS, BLOCKS, SETS)),
                "" if head["mosaic"] is None else _said(head["mosaic"]["pairs"]),
            ]
        )
    titles = (
        *("head", "area", "best control", "times as large"),
        *("R² of cells", "R² of blocks", "R² of sets", "mosaics: pairs in order"),
    )
    return _section("summary", _table(titles, rows))


def _deletion(head: _Numbers) -> str:
    charts = []
    for way, found in head["deletion"].items():
        shares = found["removed"]
        curves = [
            Curve(f"{side} {'own' if order == orders.MAP else order}", _points(shares, values))
            for order in (orders.RANDOM, orders.TRANSPOSED, orders.BLURRED, orders.MAP)
            for side, values in (
                ("highest", found["curves"][order]["highest_first"]),
                ("lowest", found["curves"][order]["lowest_first"]),
            )
        ]
        title = f"{head['label']}: {WAY_WORDS[way]}"
        chart = curves_chart(title, curves, "taken away", "change, standard deviations")
        charts.append(_figure(WAY_WORDS[way], chart, _signs(found)))
    for way, found in head["deletion"].items():
        rows = [
            _row(ORDER_WORDS[order], "own" if order == orders.MAP else "", figure)
            for order, figure in found["area"].items()
        ]
        title = f"{head['label']}: area between the curves, {WAY_WORDS[way]}"
        caption = f"the map less the best control: {_over_best(found)}"
        chart = rows_chart(title, rows, "area, standard deviations")
        charts.append(_figure(f"area, {WAY_WORDS[way]}", chart, caption))
    return _section(head["name"], KEY + _charts(charts), label=head["label"])


def _best(found: _Numbers) -> str:
    best = found["best_control"]
    return f"{_said(found['area'][best])} {ORDER_WORDS[best]}"


def _over_best(found: _Numbers) -> str:
    return _said(found["map_less_control"][found["best_control"]])


def _signs(found: _Numbers) -> str:
    change = found["mean_change"]
    return (
        f"mean change: highest first {_said(change['highest_first'])}, lowest first"
        f" {_said(change['lowest_first'])}; {found['photographs']} photographs"
    )


def _agreement(heads: Sequence[_Numbers]) -> str:
    charts, rows = [], []
    for head in heads:
        for way, parts in head["agreement"].items():
            for part, found in parts.items():
                words = f"{head['label']}: {PART_WORDS[part]}, {WAY_WORDS[way]}"
                rows.append(
                    [
                        *(head["label"], PART_WORDS[part], WAY_WORDS[way]),
                        *(_said(found[name]) for name in ("slope", "r2", "leak")),
                        f"{found['changes']:,}",
                    ]
                )
                if way in (MINOR_IMPUTATION, STRIPS):
                    slope = found["slope"]["value"]
                    chart = points_chart(words, found["some"], slope, ("predicted", "observed"))
                    charts.append(_figure(words, chart, f"R² {_said(found['r2'])}"))
    titles = ("head", "part", "filled by", "slope", "R²", "of the map's change, outside", "changes")
    return _section("agreement", _charts(charts) + _table(titles, rows))


def _randomisation(report: _Numbers) -> str:
    charts = []
    for head in report["heads"]:
        found = head["randomisation"]
        if not found or head["kind"] not in (LEVEL, TECHNICAL):
            continue
        rows = [
            _row(
                RANDOMISED_WORDS.get(name, name),
                "own" if name == REFITTED else "",
                figures["rank_correlation"],
            )
            for name, figures in found.items()
        ]
        chart = rows_chart(f"{head['label']}: randomised", rows, "rank correlation", (1.0,))
        sizes = [figures["absolute"]["value"] for figures in found.values()]
        caption = "mean absolute values, downwards: " + ", ".join(f"{size:.2f}" for size in sizes)
        charts.append(_figure(head["label"], chart, caption))
    notes = "".join(
        f"<p class='lead'>{html.escape(printable(note))}</p>" for note in report["left_out"]
    )
    return _section("randomisation", notes + _charts(charts))


def _minor(heads: Sequence[_Numbers]) -> str:
    rows = []
    for head in heads:
        found = head["deletion"][MINOR_IMPUTATION]
        agreement = head["agreement"][MINOR_IMPUTATION]
        permuted = head["randomisation"].get("head_permuted")
        rows.append(
            [
                f"{head['label']}{' (fault)' if head['kind'] == 'fault' else ''}",
                _said(found["area"][orders.MAP]),
                _best(found),
                _over_best(found),
                _said(agreement[BLOCKS]["r2"]),
                "" if head["mosaic"] is None else _said(head["mosaic"]["pairs"]),
                "" if permuted is None else _said(permuted["rank_correlation"]),
            ]
        )
    titles = (
        *("head", "area", "best control", "difference", "R² of blocks"),
        *("mosaics: pairs in order", "head permuted"),
    )
    return _section("minor", _table(titles, rows))


def _failed(failed: Sequence[_Numbers]) -> str:
    if not failed:
        return ""
    rows = "".join(
        f"<li>{html.escape(printable(one['path']))}: {html.escape(printable(one['problem']))}</li>"
        for one in failed
    )
    return f"<section><h2>Could not be read</h2><ul>{rows}</ul></section>"


def _section(name: str, content: str, *, label: str = "") -> str:
    title, lead = SECTIONS.get(name, SECTIONS[LEVEL])
    title = html.escape(title.format(label=label))
    return f'<section><h2>{title}</h2>\n<p class="lead">{lead}</p>\n{content}</section>'


def _figure(title: str, chart: str, caption: str) -> str:
    shown = html.escape(title[:1].upper() + title[1:])
    return f"<figure><h3>{shown}</h3>{chart}<figcaption>{caption}</figcaption></figure>"


def _charts(charts: Sequence[str]) -> str:
    return f'<div class="charts">{"".join(charts)}</div>'


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{cell}</td>" for cell in rest)
        + "</tr>\n"
        for first, *rest in rows
    )
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Figures">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _row(label: str, kind: str, figure: _Numbers) -> Row:
    return Row(label, kind, figure["value"], *figure["interval_95"])


def _points(
    shares: Sequence[float], values: Sequence[float | None]
) -> list[tuple[float, float | None]]:
    return [(0.0, 0.0), *zip(shares, values, strict=True)]


def _said(figure: _Numbers) -> str:
    """A figure with its interval, as HTML."""
    value, (low, high) = figure["value"], figure["interval_95"]
    if value is None:
        return "–"
    interval = "" if low is None or high is None else f" <small>[{low:.2f}, {high:.2f}]</small>"
    return f"{value:.2f}{interval}".replace("-", "−")
