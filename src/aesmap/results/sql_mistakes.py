"""What people write in conditions that means something else in SQL, or nothing there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from aesmap.columns import BY_NAME

_COMPARISONS: Final = frozenset(("<", "<=", ">", ">=", "=", "<>", "!="))
_AN_EXAMPLE: Final = {"attributes": "Sky", "faults": "soft", "reasons": "softer"}
_TOKEN: Final = re.compile(
    r"""(?P<text>'(?:[^']|'')*')
    | (?P<quoted>"[^"]*"|`[^`]*`)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>->>|->|<=|>=|<>|==|!=|&&|\|\||--|/\*|\S)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word, number, text or sign of a condition, and at which character it begins."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """A name or key word in small letters, or what else it is."""
        return self.text.lower()


def tokens_of(text: str) -> list[Token]:
    """Take a condition apart."""
    return [
        Token(str(found.lastgroup), found[0], found.start() + 1) for found in _TOKEN.finditer(text)
    ]


def mistakes(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """What means something else in SQL than it says, or nothing; with what to write."""
    end = Token("end", "", 0)
    compared = [False]  # at each depth of brackets: whether a comparison has begun there
    for before, token, after in zip([end, *tokens], tokens, [*tokens[1:], end], strict=False):
        word, named = token.word, before.word in _AN_EXAMPLE
        if token.kind == "quoted" and token.text[1:-1] not in BY_NAME:
            yield token, f"write text in single quotes: '{token.text[1:-1]}'"
        elif word == "group":
            yield token, 'is a word of SQL; write "group"'
        elif word == "==":
            yield token, "write = to compare"
        elif word in ("&&", "||"):
            yield token, "write AND and OR"
        elif word == "->" or (word == "->>" and not (named and after.kind == "text")):
            yield token, "write attributes ->> 'Sky' > 0.5"
        elif word in ("--", "/*", ";"):
            yield token, "is not part of a condition"
        elif word == "[":
            example = (
                f"{before.word} ->> '{_AN_EXAMPLE[before.word]}' > 0.5"
                if named
                else "level IN ('low', 'high')"
            )
            yield token, f"write {example}"
        elif word == "attr" and after.text == "(":
            yield token, "write attributes ->> 'Sky' > 0.5"
        elif word == "like" and after.text == "(":
            yield token, "write path GLOB '*.jpg', or path LIKE '%.jpg' where case is not to count"
        elif word == "in" and after.text not in ("(", "["):
            yield token, "write path LIKE '%beach%'"
        elif word in _AN_EXAMPLE and after.text in _COMPARISONS:
            yield token, f"name one of them: {word} ->> '{_AN_EXAMPLE[word]}' > 0.5"
        elif word == "/" and before.text.isdecimal() and after.text.isdecimal():
            yield token, f"divides whole numbers without a rest; write {before.text}.0"
        if word == "(":
            compared.append(False)
        elif word == ")":
            compared.pop()
            if not compared:
                yield token, "closes a bracket that was not opened"
        elif word in ("and", "or", "when", "then", "else", ","):
            compared[-1] = False
        elif word in _COMPARISONS:
            if compared[-1]:
                yield token, "compares two things; write 0.5 < p_high AND p_high < 0.8"
            compared[-1] = True
