"""Write docs/commands.md from the commands' own help; --check only compares.

python scripts/generate_docs.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import click

from aesmap.app.cli import cli

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"


def commands_page() -> str:
    """The page, from the help texts at a width of 80 columns."""
    parts = [
        "# Commands",
        "",
        "The help of every command, as printed. Made by `make format` and checked by `make check`.",
    ]
    names = ["", *sorted(cli.commands)]
    for name in names:
        command = cli.commands[name] if name else cli
        parent = click.Context(cli, info_name="aesmap", terminal_width=80, max_content_width=80)
        context = (
            click.Context(command, info_name=name, parent=parent, terminal_width=80)
            if name
            else parent
        )
        title = f"aesmap {name}".strip()
        parts += ["", f"## {title}", "", "```text", command.get_help(context), "```"]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    page = commands_page()
    if not parser.parse_args().check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit(f"{PAGE.relative_to(PAGE.parents[1])} is not what the code says: run make format")


if __name__ == "__main__":
    main()
