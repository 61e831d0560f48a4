"""What the tests of pages need: files, and the check of accessibility."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WEB = ROOT / "src" / "aesmap" / "web"
AXE = ROOT / ".cache" / "node_modules" / "axe-core" / "axe.min.js"


def serious_faults(page: Any, axe_source: str) -> list[str]:
    """Serious and critical faults that axe-core finds on the page as it is now.

    The script goes in through the debugger, which a page's content security policy allows.
    """
    page.evaluate(axe_source)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}: "
        + "; ".join(node["html"][:200] for node in fault["nodes"][:3])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def until(page: Any, condition: str) -> None:
    """Wait for a condition, asked from outside: the page's own policy forbids it to evaluate."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"this did not come true: {condition}")
