"""Write what the docs take from the code; --check only compares.

docs/commands.md is the commands' own help, docs/api.md the docstrings of what `aesmap` gives,
docs/recipes.md the fields of recipes; the figures in
docs/model.md are the manifest's, and the columns in docs/tables.md those of the code.

python scripts/generate_docs.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from api_page import api_page
from recipe_page import recipe_page

from aesmap.cli.main import cli
from aesmap.columns import TABLE
from aesmap.model.proportions import wilson_interval
from aesmap.model.session import model_path

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = (
    "<!-- figures: made by scripts/generate_docs.py from the manifest -->\n",
    "<!-- end of figures -->",
)
COLUMNS = (
    "<!-- columns: made by scripts/generate_docs.py from aesmap.columns -->\n",
    "<!-- end of columns -->",
)
ROWS = {
    "srcc": "SRCC of z with the mean rating",
    "srcc_baseline": "… of frozen features + ridge",
    "srcc_gain": "… difference, paired",
    "plcc": "PLCC",
    "auc": "AUC of the level",
    "balanced_accuracy": "balanced accuracy of the level",
    "balanced_accuracy_baseline": "… of frozen features + ridge",
    "balanced_accuracy_gain": "… difference, paired",
    "accuracy": "accuracy of the level",
}


def commands_page() -> str:
    """The page, from the help texts at a width of 80 columns."""
    parts = [
        "# Commands",
        "",
        "The help of every command, as printed. Made by `make format` and checked by `make check`.",
    ]
    for title, command, parent in _all_commands(cli, "aesmap", None):
        context = click.Context(
            command,
            info_name=title.rpartition(" ")[2],
            parent=parent,
            terminal_width=80,
            max_content_width=80,
        )
        parts += ["", f"## {title}", "", "```text", command.get_help(context), "```"]
    return "\n".join(parts) + "\n"


def _all_commands(
    command: click.Command, title: str, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context | None]]:
    """A command and all below it, each with its title and the context that it stands in."""
    yield title, command, parent
    context = click.Context(command, info_name=title.rpartition(" ")[2], parent=parent)
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _all_commands(inner, f"{title} {name}", context)


def between(page: str, marks: tuple[str, str], text: str) -> str:
    """A page with what stands between two marks replaced."""
    before, _, rest = page.partition(marks[0])
    return before + marks[0] + text + marks[1] + rest.partition(marks[1])[2]


def columns_table() -> str:
    """Markdown table of the columns of results."""
    lines = ["", "| column | type | unit, range or values | |", "|---|---|---|---|"]
    for column in TABLE:
        kind = {dict: "name to probability, as JSON", str: "text", bool: "true, false"}.get(
            column.kind, column.kind.__name__
        )
        limits = [f"{bound:g}" for bound in (column.least, column.most) if bound is not None]
        choices = ", ".join(f"`{choice}`" for choice in column.choices if choice)
        values = column.unit or choices or ("-".join(limits) if len(limits) == 2 else "")
        lines.append(f"| `{column.name}` | {kind} | {values} | {column.about} |")
    return "\n".join([*lines, "", ""])


def figures_tables(manifest: dict[str, Any]) -> str:
    """Markdown tables of a manifest's figures."""
    figures = dict(manifest["figures"])
    attributes = figures.pop("attributes", {})
    technical = figures.pop("technical", None)
    selection = figures.pop("selection", None)
    naming = figures.pop("naming", {})
    frames = figures.pop("frame_choice", None)
    things = figures.pop("things", None)
    first_name, first = next(iter(figures.items()))
    lines = [
        "",
        f"Model `{manifest['name']}@{manifest['onnx_sha256'][:8]}`. {first_name}:"
        f" {first['images']} photographs in {first['groups']} groups, {first['folds']} folds,"
        f" {first['seeds']} split seeds (the mean of the seeds is shown),"
        f" {first['share_high']:.0%} high.",
        "",
        "| figure | value | 95 % interval |",
        "|---|---|---|",
    ]
    lines += [row(title, first[name]) for name, title in ROWS.items()]
    # No interval: a bootstrap of an absolute value lies above it. What it is to be compared with
    # is what a perfectly calibrated model shows on as many photographs.
    title = "expected calibration error of `p_high`, 10 bins of equal count"
    lines.append(f"| {title} | {first['ece']['value']:.3f} | |")
    low, high = first["ece"].get("if_perfect_95", ("", ""))
    spread = f" {low} to {high}" if low else ""
    lines.append(
        f"| … of a perfectly calibrated model at this n | {first['ece_if_perfect']} |{spread} |"
    )
    kept = first["not_close"]
    title = f"balanced accuracy on the {kept['coverage']:.0%} of assessments that are not `close`"
    lines.append(row(title, kept["balanced_accuracy"]))
    for name, found in list(figures.items())[1:]:
        count = found["images"]
        lines.append(row(f"{name} ({count}): SRCC, mean of the fold models", found["srcc"]))
        if "srcc_of_this_model" in found:
            lines.append(f"| … SRCC of the shipped model | {found['srcc_of_this_model']} | |")
    if technical is not None:
        title = "technical rating, BIQ2021, official test list: SRCC"
        lines.append(triple(title, technical["srcc"]))
        lines.append(
            triple("… without look-alikes in training", technical["srcc_without_look_alikes"])
        )
        lines.append(
            f"| … calibration error of `technical_p` | {technical['ece_of_technical_p']} | |"
        )
    if frames is not None:
        rated = frames["rated"]
        lines += [
            f"| which frame of a moment: {made['moments']} photographs beside {int(size) - 1}"
            f" spoilt copies, first, or not told ({made['cannot_tell']:.0%}) |"
            f" {made['wins_or_cannot_tell']} | |"
            for size, made in frames["made"].items()
        ]
        title = f"… {rated['moments']} groups of near-duplicates: near the best rated"
        lines.append(triple(title, [rated["winner_near_best"], *rated["interval"]]))
    if selection is not None:
        lines += ["", *selection_lines(selection)]
    if attributes:
        lines += attribute_lines(attributes)
    lines += ["", *naming_lines(naming)]
    if things is not None:
        low, high = things["interval"]
        lines += [
            "",
            f"**The noun under the peak**, of {things['nouns']}: {things['precision']:.2f} of"
            f" {things['named']} named [{low:.2f}, {high:.2f}], on the half of {things['labelled']}"
            " photographs looked at that did not choose the threshold; doubtful ones apart.",
        ]
    return "\n".join([*lines, "", ""])


def attribute_lines(attributes: dict[str, Any]) -> list[str]:
    """How well attributes are told out of fold."""
    lines = [
        "",
        "Attributes, out of fold, over the photographs where the table says present or absent:",
        "",
        "| attribute | present | absent | base rate | average precision | 95 % interval |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in attributes.items():
        value, (low, high) = (
            found["average_precision"]["value"],
            found["average_precision"]["interval_95"],
        )
        lines.append(
            f"| {name} | {found['present']} | {found['absent']} | {found['base_rate']:.3f}"
            f" | {value:.3f} | {low:.3f} to {high:.3f} |"
        )
    return lines


def selection_lines(selection: dict[str, Any]) -> list[str]:
    """What the outer folds and the final training chose."""
    counts = Counter(_candidate(one) for one in selection["folds"])
    return [
        "Chosen in the outer folds: "
        + "; ".join(f"{what} ({count})" for what, count in counts.most_common())
        + ".",
        f"Chosen for the model that ships: {_candidate(selection['final'])}.",
    ]


def _candidate(one: dict[str, Any]) -> str:
    coarse = one.get("coarse_penalty", 1)  # not in manifests of before
    times = f", {coarse:g} times as much on the last grid" if coarse != 1 else ""
    return f"taps {one['taps']}, sources {one['source_weights']}, penalty {one['penalty']:g}{times}"


def naming_lines(naming: dict[str, Any]) -> list[str]:
    """From where each attribute is named, and how often that is right."""
    lines = [
        "Named, as a keyword or in a sentence (stated on the half that did not choose):",
        "",
        "| attribute | from | precision | 95 % interval | of | recall | of |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in naming.items():
        if one["threshold"] > 1:
            lines.append(f"| {name} | never | | | | | |")
        else:
            right = round(one["precision"] * one["num_named"])
            low, high = wilson_interval(right, one["num_named"])
            lines.append(
                f"| {name} | {one['threshold']:.3f} | {one['precision']:.2f} | {low:.2f} to"
                f" {high:.2f} | {one['num_named']} | {one['recall']:.2f} | {one['num_present']} |"
            )
    return lines if naming else []


def row(title: str, figure: dict[str, Any]) -> str:
    """One line of the figures' table."""
    low, high = figure["interval_95"]
    return f"| {title} | {figure['value']:.3f} | {low:.3f} to {high:.3f} |"


def triple(title: str, figure: list[float]) -> str:
    """One line of the figures' table, from a value and its interval."""
    value, low, high = figure
    return f"| {title} | {value:.3f} | {low:.3f} to {high:.3f} |"


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    card, tables = DOCS / "model.md", DOCS / "tables.md"
    manifest = json.loads(model_path().read_text(encoding="utf-8"))
    pages = {
        DOCS / "api.md": api_page(),
        DOCS / "commands.md": commands_page(),
        DOCS / "recipes.md": recipe_page(),
        card: between(card.read_text(encoding="utf-8"), FIGURES, figures_tables(manifest)),
        tables: between(tables.read_text(encoding="utf-8"), COLUMNS, columns_table()),
    }
    for path, page in pages.items():
        if not check:
            path.write_text(page, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != page:
            sys.exit(f"docs/{path.name} is not what the code says: run make format")


if __name__ == "__main__":
    main()
