"""Conditions on rows: what may stand after ``WHERE`` in SQL, about one row at a time.

SQLite answers them: ``p_high > 0.8 AND NOT uncertain``, ``attributes ->> 'Sky' > 0.5``. An
authorizer lets a condition read the row's columns and call a few functions, and nothing else: no
other table, no file, no ``SELECT`` of its own. Numbers are real, so that ``width / height`` is an
aspect. What a row lacks is null, and nothing follows from it.

Some of what people write means something else in SQL, or once was the spelling here; such a
condition is refused with the one to write, rather than answered wrongly.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from aesmap.columns import BY_NAME, TABLE, Column
from aesmap.errors import UsageError
from aesmap.model.technical import FAULT_WORDS
from aesmap.results.reasons import REASONS
from aesmap.results.row_text import path_to_text
from aesmap.results.sql_mistakes import Token, mistakes, tokens_of

Row: TypeAlias = Mapping[str, Any]
Value: TypeAlias = Callable[[Row], Any]

FUNCTIONS: Final = (
    *("abs", "coalesce", "glob", "ifnull", "iif", "instr", "length", "like", "lower", "ltrim"),
    *("max", "min", "nullif", "replace", "round", "rtrim", "sign", "substr", "trim", "upper"),
)

_EXAMPLES: Final = {
    "where": "a condition such as 'p_high > 0.8'",
    "sort": "columns such as 'technical DESC, score DESC'",
}
_CLOSED: Final = {"faults": tuple(FAULT_WORDS), "reasons": REASONS}
"""Columns of which all names are known, and 0 stands for those that are not there."""
_SQL_TYPES: Final = {int: "REAL", float: "REAL", bool: "INTEGER"}


class Expression:
    """A value of a row, in SQL; raises :class:`UsageError` for a text that is none.

    The error says at which character, and what to write there.

    Parameters
    ----------
    text
        Such as ``score`` or ``attributes ->> 'Sky'``.
    option
        What errors begin with.
    """

    def __init__(self, text: str, option: str = "where") -> None:
        self._option = option
        # A byte of a name that is no text is spelled here as in the row.
        self.text = _text(text.strip())
        if not self.text:
            raise UsageError(f"{option}: empty; write {_EXAMPLES[option]}")
        tokens = tokens_of(self.text)
        for token, problem in mistakes(tokens):
            raise self._error(token, problem)
        self._values = {column.name: _value_of(column) for column in TABLE}
        sql = self._with_named(tokens)
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._columns = self._columns_read(sql, tokens)
        # Casts give values the same affinity as a table's columns have.
        values = ", ".join(f'CAST(? AS {_sql_type(name)}) AS "{name}"' for name in self._columns)
        self._query = f"SELECT ({sql}) FROM (SELECT {values or 1}) AS rows"

    def value(self, row: Row) -> float | int | str | None:
        """Take the value from a row.

        Raises :class:`UsageError` if the row has attributes but not one that is asked for.
        """
        values = [self._values[name](row) for name in self._columns]
        try:
            found: float | int | str | None = self._database.execute(
                self._query, values
            ).fetchone()[0]
        except sqlite3.Error as error:
            raise UsageError(f"{self._option}: {error}, in the row of {row['path']}") from None
        return found

    def _with_named(self, tokens: list[Token]) -> str:
        """The condition with ``attributes ->> 'Sky'`` as a column of its own."""
        sql, end = "", 0
        for column, arrow, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if arrow.text == "->>":
                sql += self.text[end : column.at - 1] + (named := f"named_{arrow.at}")
                end = name.at - 1 + len(name.text)
                self._values[named] = self._named(column.word, name)
        return sql + self.text[end:]

    def _named(self, column: str, token: Token) -> Value:
        """Take an attribute's or fault's probability from a row."""
        name = token.text[1:-1].replace("''", "'")
        closed = _CLOSED.get(column)
        if closed is not None:
            name = name.lower()
            if name not in closed:
                raise self._error(token, f"no such {column[:-1]}; there are {', '.join(closed)}")
        spelled = {name: name}

        def value(row: Row) -> Any:
            found = row[column]
            if closed is not None:
                return None if found is None else found.get(name, 0.0)
            if not found:
                return None
            if name not in found and spelled[name] not in found:
                for known in found:  # in whatever case it was asked for
                    if known.lower() == name.lower():
                        spelled[name] = known
                        return found[known]
                known = ", ".join(sorted(found))
                raise self._error(token, f"no such attribute; the table has {known}")
            return found[name if name in found else spelled[name]]

        return value

    def _columns_read(self, sql: str, tokens: list[Token]) -> list[str]:
        """The columns that a condition reads; raises :class:`UsageError` where it is none."""
        read: dict[str, None] = {}
        refused: list[str] = []
        num_selects = 0

        def authorizer(action: int, name: str | None, column: str | None, *_: Any) -> int:
            nonlocal num_selects
            if action == sqlite3.SQLITE_SELECT:
                num_selects += 1
                if num_selects == 1:
                    return sqlite3.SQLITE_OK
                refused.append("SELECT")
            elif action == sqlite3.SQLITE_READ and name == "rows" and column in self._values:
                read[column] = None
                return sqlite3.SQLITE_OK
            elif action == sqlite3.SQLITE_READ and name == "rows" and not column:
                return sqlite3.SQLITE_OK  # the table itself, where no column is read
            elif action == sqlite3.SQLITE_FUNCTION and column in FUNCTIONS:
                return sqlite3.SQLITE_OK
            else:
                refused.append(column or name or "that")
            return sqlite3.SQLITE_DENY

        columns = ", ".join(f'"{name}" {_sql_type(name)}' for name in self._values)
        self._database.execute(f"CREATE TABLE rows ({columns})")
        self._database.set_authorizer(authorizer)
        try:
            self._database.execute(f"SELECT 1 FROM rows WHERE ({sql})")
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise self._not_understood(tokens, str(error), refused) from None
        finally:
            self._database.set_authorizer(None)
        return list(read)

    def _not_understood(self, tokens: list[Token], said: str, refused: list[str]) -> UsageError:
        known = f"there are {', '.join(BY_NAME)}"
        if refused:
            problem = f"has no {refused[0]}; functions are {', '.join(FUNCTIONS)}"
            return UsageError(f"{self._option}: it is about one row, and {problem}")
        name = said.rpartition(": ")[2]
        for token in tokens:
            if said.startswith("no such column") and token.word == name.lower():
                return self._error(token, f"no such column; {known}")
            if said.startswith("no such function") and token.word == name.lower():
                return self._error(token, f"no such function; there are {', '.join(FUNCTIONS)}")
        return UsageError(f"{self._option}: not understood ({said}); it is of SQL; {known}")

    def _error(self, token: Token, problem: str) -> UsageError:
        part = self.text[token.at - 1 :][:40] if token.kind == "sign" else token.text[:40]
        return UsageError(f"{self._option}: at character {token.at}, {part!r}: {problem}")


class Where(Expression):
    """A condition, called with a row: whether it is met. What is null does not meet it."""

    def __call__(self, row: Row) -> bool:
        """Whether the row meets the condition; raises as :meth:`value` does."""
        return _is_true(self.value(row))


def _is_true(value: float | int | str | None) -> bool:
    """As SQLite has it after ``WHERE``: a text is the number that it begins with."""
    if isinstance(value, str):
        begins = re.match(r"\s*[+-]?(\d+\.?\d*|\.\d+)", value)
        return begins is not None and float(begins[0]) != 0
    return bool(value)


def _sql_type(name: str) -> str:
    kind = BY_NAME[name].kind if name in BY_NAME else float
    return _SQL_TYPES.get(kind, "TEXT")


def _value_of(column: Column) -> Value:
    """Take a column's value from a row, as SQLite takes it."""
    spelled = path_to_text if column.name == "path" else _text

    def value(row: Row) -> Any:
        found = row[column.name]
        if isinstance(found, str):
            return spelled(found)
        if isinstance(found, dict):
            return json.dumps(found, ensure_ascii=False)
        try:
            return None if found is None else float(found)
        except OverflowError:  # a width of 400 digits
            return None

    return value


def _text(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
