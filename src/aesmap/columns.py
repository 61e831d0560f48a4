"""The columns of results: the one place that says what a table has.

Rows, CSV, JSON Lines, Parquet, the SQLite file of an unfinished run, conditions, the service's
answer and the table in ``docs/choosing.md`` follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = (
    type[str] | type[int] | type[float] | type[bool] | type[dict[str, Any]] | type[list[Any]]
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    ``value`` takes it from an :class:`~aesmap.assessment.Assessment`, in tables of those; rows
    round it to ``digits`` decimals. ``choices`` are all values there are; ``least`` and ``most``
    are bounds. A column that ``fails_too`` has a value in the row of a photograph that could not be
    read, others are null there. An ``optional`` one is null where there is nothing to say, as of a
    model without technical heads, and missing from older tables. One for ``files_only`` is in
    tables in files, and not in what is said of a single photograph.
    """

    name: str
    kind: Kind
    about: str
    value: Callable[[Any], Any] = lambda said: None
    unit: str = ""
    digits: int | None = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    examples: tuple[Any, ...] = ()
    fails_too: bool = False
    optional: bool = False
    files_only: bool = False

    @property
    def annotation(self) -> Any:
        """The type of a value, as a type hint."""
        hint: Any = Literal[self.choices] if self.choices else self.kind
        return hint | None if self.optional else hint

    def in_row(self, assessment: Any) -> Any:
        """The value as rows have it."""
        value = self.value(assessment)
        if self.digits is None or value is None:
            return value
        if isinstance(value, dict):
            return {name: round(number, self.digits) for name, number in value.items()}
        return round(value, self.digits)


def _technical(value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda said: None if said.technical is None else value(said.technical)


TABLE: Final[tuple[Column, ...]] = (
    Column(
        name="path",
        kind=str,
        about="The photograph's file or URL, as it was given.",
        value=lambda said: said.source,
        fails_too=True,
    ),
    Column(
        name="width",
        kind=int,
        about="Of the upright photo, in pixels.",
        unit="px",
        value=lambda said: said.size.width,
        least=1,
        examples=(6000,),
    ),
    Column(
        name="height",
        kind=int,
        about="Of the upright photo, in pixels.",
        unit="px",
        value=lambda said: said.size.height,
        least=1,
        examples=(4000,),
    ),
    Column(
        name="level",
        kind=str,
        about="`high` where p_high is above 0.5.",
        value=lambda said: said.level,
        choices=("low", "high"),
    ),
    Column(
        name="p_high",
        kind=float,
        about="Calibrated probability of the high level.",
        value=lambda said: said.p_high,
        digits=6,
        least=0,
        most=1,
    ),
    Column(
        name="score",
        kind=float,
        about="Expected mean rating.",
        unit="points, 1-10",
        value=lambda said: said.score,
        digits=5,
        least=1,
        most=10,
    ),
    Column(
        name="spread",
        kind=float,
        about="Standard deviation of the votes, in points.",
        unit="points",
        value=lambda said: said.spread,
        digits=5,
        least=0,
    ),
    Column(
        name="uncertain",
        kind=bool,
        about="Whether the assessment should not be relied on.",
        value=lambda said: said.uncertain,
    ),
    Column(
        name="uncertain_reason",
        kind=str,
        about="`close`: too close to call. `unfamiliar`: unlike the photographs the model knows.",
        value=lambda said: said.uncertain_reason,
        choices=("", "close", "unfamiliar"),
    ),
    Column(
        name="attributes",
        kind=dict,
        about="Probability of each attribute, the likeliest first.",
        value=lambda said: dict(said.attributes),
        digits=4,
        examples=({"Water": 0.93, "Sky": 0.61},),
    ),
    Column(
        name="technical",
        kind=float,
        about="Technical quality, the mean rating expected; null of a model without.",
        unit="points, 1-10",
        value=_technical(lambda technical: technical.score),
        digits=5,
        least=1,
        most=10,
        optional=True,
    ),
    Column(
        name="technical_p",
        kind=float,
        about="Calibrated probability that most people call it at least fair.",
        value=_technical(lambda technical: technical.p_fair),
        digits=6,
        least=0,
        most=1,
        optional=True,
    ),
    Column(
        name="faults",
        kind=dict,
        about="Technical faults that are named, with their probability.",
        value=_technical(lambda technical: dict(technical.faults)),
        digits=4,
        examples=({"soft": 0.97},),
        optional=True,
    ),
    Column(
        name="group",
        kind=int,
        about="Number of its group of near-duplicates or burst, in this table; with `--groups`.",
        least=1,
        optional=True,
        files_only=True,
    ),
    Column(
        name="group_rank",
        kind=int,
        about="Its place in the group: 1 for the best taken and all that cannot be told from it.",
        least=1,
        optional=True,
        files_only=True,
    ),
    Column(
        name="reasons",
        kind=dict,
        about="Why it has that place, in log-odds: docs/choosing.md.",
        digits=2,
        examples=({"sharper": 1.8},),
        optional=True,
        files_only=True,
    ),
    Column(
        name="model",
        kind=str,
        about="Name and start of the SHA-256 of the model.",
        value=lambda said: said.model,
        fails_too=True,
    ),
    Column(
        name="error",
        kind=str,
        about="Why the photograph could not be read; empty where it could.",
        value=lambda said: "",
        fails_too=True,
    ),
    Column(
        name="fingerprint",
        kind=str,
        about="Size and time of change of the file, by which `--resume` sees changes; in files.",
        value=lambda said: "",
        fails_too=True,
        files_only=True,
    ),
)
"""The columns of a table in a file, in order."""

SCHEMA_VERSION: Final = 3
"""1 had no columns about technical quality, 2 none about groups."""

FILE_COLUMNS: Final = tuple(column.name for column in TABLE)
COLUMNS: Final = tuple(column.name for column in TABLE if not column.files_only)
"""The columns of a row on the screen, in order."""

BY_NAME: Final = {column.name: column for column in TABLE}

FILES_ONLY: Final[dict[str, Any]] = {column.name: None for column in TABLE if column.files_only}
"""The other columns of a row, as long as nothing is known of them."""
