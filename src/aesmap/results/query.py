"""Conditions on rows: ``p_high > 0.8 and not uncertain``, without running anybody's Python.

The text is parsed as a Python expression, of which a few kinds of node are known: comparisons,
``and``, ``or``, ``not``, ``in``, arithmetic, literals, names of columns, and four functions. Types
are checked before any row is looked at.

What a row lacks is null, and as in SQL nothing follows from it: ``p_high > 0.5`` and
``not p_high > 0.5`` both leave out a photograph that could not be read.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias

from aesmap.columns import TABLE
from aesmap.errors import UsageError
from aesmap.model.technical import FAULT_WORDS

Kind: TypeAlias = Literal["number", "text", "truth"]
Row: TypeAlias = Mapping[str, Any]
Value: TypeAlias = Callable[[Row], Any]

_KINDS: Final[Mapping[type, Kind]] = {str: "text", int: "number", float: "number", bool: "truth"}
COLUMN_KINDS: Final[Mapping[str, Kind]] = {
    column.name: _KINDS[column.kind] for column in TABLE if column.kind in _KINDS
}
ATTRIBUTES: Final = "attributes"
FAULTS: Final = "faults"

_MAX_DEPTH: Final = 50
_NOT_HERE: Final = "a condition has only comparisons, and, or, not, in, + - * / %, and columns"
_A_KIND: Final = {"number": "a number", "text": "text", "truth": "true or false"}

_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


@dataclass(frozen=True)
class _Term:
    """A part of a condition: its kind, and its value in a row, which is None for null."""

    kind: Kind
    value: Value


class Where:
    """A condition, called with a row; raises :class:`UsageError` for a text that is none.

    The error says at which character and what is known there.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.splitlines()).strip()
        tree = self._parsed()
        self._value = self._term(tree.body, 0, "truth").value

    def __call__(self, row: Row) -> bool:
        """Whether the row meets the condition; what is null does not.

        Raises :class:`UsageError` if the row has attributes but not one that is asked for.
        """
        return self._value(row) is True

    def _parsed(self) -> ast.Expression:
        if not self.text:
            raise UsageError("where: empty; write a condition such as 'p_high > 0.8'")
        try:
            with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
                return ast.parse(self.text, mode="eval")
        except SyntaxError as error:
            raise self._error(error.offset or 1, _hint(self.text) or "not understood") from None
        except (ValueError, RecursionError, MemoryError):
            raise self._error(1, "not understood") from None

    def _error(self, place: ast.AST | int, problem: str) -> UsageError:
        if isinstance(place, ast.AST):
            before = self.text.encode()[: getattr(place, "col_offset", 0)]  # it counts bytes
            at = len(before.decode(errors="replace")) + 1
            part = (ast.get_source_segment(self.text, place) or "")[:40]
        else:
            at, part = place, self.text[place - 1 :][:40]
        return UsageError(f"where: at character {at}, {part!r}: {problem}")

    def _term(self, node: ast.AST, depth: int, wanted: Kind | None = None) -> _Term:
        if depth > _MAX_DEPTH:
            raise self._error(node, "too many parts within parts; write it more simply")
        term = self._any_term(node, depth + 1)
        if wanted is not None and term.kind != wanted:
            remedy = "; compare it with something" if wanted == "truth" else ""
            raise self._error(
                node, f"is {_A_KIND[term.kind]} where {_A_KIND[wanted]} is needed{remedy}"
            )
        return term

    def _any_term(self, node: ast.AST, depth: int) -> _Term:
        match node:
            case ast.Constant(value=bool() as truth):
                return _Term("truth", lambda row: truth)
            case ast.Constant(value=str() as text):
                return _Term("text", lambda row: text)
            case ast.Constant(value=int() | float() as number):
                try:
                    literal = float(number)
                except OverflowError:
                    raise self._error(node, "is too large a number") from None
                return _Term("number", lambda row: literal)
            case ast.Name(id=name):
                return self._column(node, name)
            case ast.Subscript(
                value=ast.Name(id="attributes"), slice=ast.Constant(value=str() as name)
            ):
                return self._attribute(node, name)
            case ast.Subscript(
                value=ast.Name(id="faults"), slice=ast.Constant(value=str() as name)
            ):
                return self._fault(node, name)
            case ast.BoolOp(op=op, values=values):
                parts = [self._term(value, depth, "truth").value for value in values]
                decides = isinstance(op, ast.Or)
                return _Term("truth", lambda row: _joined(parts, row, decides))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._term(operand, depth, "truth").value
                return _Term("truth", lambda row: _not(inner(row)))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                inner = self._term(operand, depth, "number").value
                factor = -1 if isinstance(sign, ast.USub) else 1
                return _Term("number", _on_values(lambda value: factor * value, inner))
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ARITHMETIC:
                both = (self._term(side, depth, "number").value for side in (left, right))
                return _Term("number", _on_values(_ARITHMETIC[type(operation)], *both))
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments, depth)
        raise self._error(node, _hint(self.text) or f"{_NOT_HERE}; there are {_known()}")

    def _column(self, node: ast.AST, name: str) -> _Term:
        if name in COLUMN_KINDS:
            return _Term(COLUMN_KINDS[name], lambda row: row[name])
        if name in ("true", "false"):
            return _Term("truth", lambda row: name == "true")
        if name == ATTRIBUTES:
            raise self._error(node, 'name one of them: attributes["Sky"] > 0.5')
        if name == FAULTS:
            raise self._error(node, 'name one of them: faults["soft"] > 0.5')
        raise self._error(node, f"no such column; there are {_known()}")

    def _attribute(self, node: ast.AST, name: str) -> _Term:
        def value(row: Row) -> Any:
            attributes = row[ATTRIBUTES]
            if not attributes:  # of a photograph that could not be read, or of a model with none
                return None
            if name not in attributes:
                known = ", ".join(sorted(attributes))
                raise self._error(node, f"no such attribute; the table has {known}")
            return attributes[name]

        return _Term("number", value)

    def _fault(self, node: ast.AST, name: str) -> _Term:
        """The probability of a fault; 0 in a row that does not name it, null without any heads."""
        if name not in FAULT_WORDS:
            raise self._error(node, f"no such fault; there are {', '.join(FAULT_WORDS)}")

        def value(row: Row) -> Any:
            return None if row[FAULTS] is None else row[FAULTS].get(name, 0.0)

        return _Term("number", value)

    def _comparison(self, node: ast.Compare, depth: int) -> _Term:
        """``a < b < c``: all neighbours must compare so."""
        sides = [node.left, *node.comparators]
        parts = [
            self._two_compared(left, operation, right, depth)
            for left, operation, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else _Term("truth", _all([p.value for p in parts]))

    def _two_compared(
        self, left: ast.AST, operation: ast.cmpop, right: ast.AST, depth: int
    ) -> _Term:
        one = self._term(left, depth)
        if isinstance(operation, ast.In | ast.NotIn):
            if isinstance(right, ast.List | ast.Tuple | ast.Set):
                choices = [self._term(item, depth, one.kind).value for item in right.elts]
                found = _one_of(one.value, choices)
            else:
                whole = self._term(right, depth, "text").value
                part = self._term(left, depth, "text").value
                found = _on_values(lambda inner, outer: inner in outer, part, whole)
            negated = isinstance(operation, ast.NotIn)
            return _Term("truth", (lambda row: _not(found(row))) if negated else found)
        if type(operation) not in _COMPARISONS:
            raise self._error(left, "'is' is not known here; compare with == or !=")
        other = self._term(right, depth, one.kind)
        is_order = not isinstance(operation, ast.Eq | ast.NotEq)
        if one.kind == "truth" and is_order:
            raise self._error(left, "is true or false, which has no order; use == or !=")
        return _Term("truth", _on_values(_COMPARISONS[type(operation)], one.value, other.value))

    def _call(self, node: ast.AST, name: str, arguments: list[ast.expr], depth: int) -> _Term:
        match name, arguments:
            case "attr", [ast.Constant(value=str() as attribute)]:
                return self._attribute(node, attribute)
            case "abs", [number]:
                return _Term("number", _on_values(abs, self._term(number, depth, "number").value))
            case "lower", [text]:
                return _Term("text", _on_values(str.lower, self._term(text, depth, "text").value))
            case "like", [text, pattern]:
                both = (self._term(side, depth, "text").value for side in (text, pattern))
                return _Term("truth", _on_values(fnmatchcase, *both))
        raise self._error(
            node, 'there are attr("Sky"), abs(number), lower(text) and like(path, "*.jpg")'
        )


def _known() -> str:
    return f'{", ".join(COLUMN_KINDS)}, attributes["Sky"], faults["soft"]'


def _hint(text: str) -> str:
    """What people write who come from SQL or C."""
    if "&&" in text or "||" in text:
        return "write 'and' and 'or'"
    plain = text
    for other in ("==", "!=", "<=", ">=", ":="):
        plain = plain.replace(other, "")
    if "=" in plain:
        return "write == to compare"
    words = set(text.split())
    return "write 'and', 'or' and 'not' in small letters" if words & {"AND", "OR", "NOT"} else ""


def _on_values(function: Callable[..., Any], *parts: Value) -> Value:
    """The function of what the parts are in a row; null if one of them is, or by zero."""

    def value(row: Row) -> Any:
        values = [part(row) for part in parts]
        if None in values:
            return None
        try:
            return function(*values)
        except (ZeroDivisionError, OverflowError):
            return None

    return value


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _joined(parts: list[Value], row: Row, decides: bool) -> bool | None:
    """``or`` if true decides, ``and`` if false does; null where that hangs on a null."""
    result: bool | None = not decides
    for part in parts:
        truth: bool | None = part(row)
        if truth is decides:
            return decides
        if truth is None:
            result = None
    return result


def _all(parts: list[Value]) -> Value:
    return lambda row: _joined(parts, row, False)


def _one_of(one: Value, choices: list[Value]) -> Value:
    def value(row: Row) -> bool | None:
        found = one(row)
        return None if found is None else any(found == choice(row) for choice in choices)

    return value
