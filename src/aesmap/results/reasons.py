"""The names of reasons within a moment, and reasons in words.

They are those of :meth:`~aesmap.model.frame_choice.FrameChoice.reasons`; here apart from whatever
opens pictures, since conditions on tables ask for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CANNOT_TELL: Final = "cannot tell"
SAME_PICTURE: Final = "same picture"
REVERSED: Final = {
    "sharper": "softer",
    "less motion": "more motion",
    "less noise": "more noise",
    "better taken": "worse taken",
    "better exposed": "worse exposed",
    "exposed like the rest": "exposed unlike the rest",
    "more level": "tilted",
    "level with the rest": "turned against the rest",
    "more beautiful": "less beautiful",
}
"""What is better in one frame, and the same said of the other."""

REASONS: Final = (*REVERSED, *REVERSED.values(), CANNOT_TELL, SAME_PICTURE)
"""Every reason there is."""


def reasons_in_words(reasons: Mapping[str, float]) -> str:
    """Say reasons: ``sharper (+1.8), better exposed (+0.6)``, ``cannot tell``, or nothing."""
    for alone in (CANNOT_TELL, SAME_PICTURE):
        if alone in reasons:
            return alone
    worse = set(REVERSED.values())
    return ", ".join(
        f"{name} ({'−' if name in worse else '+'}{by:.1f})" for name, by in reasons.items()
    )
