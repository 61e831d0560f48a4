from __future__ import annotations

import random

import pytest

from aesmap.results.ordering import Order
from result_rows import failed_row, row_of

ROWS = [
    row_of("b.jpg", 7.0),
    failed_row("gone.jpg"),
    row_of("a.jpg", 9.0),
    row_of("c.jpg", 7.0),
    row_of("d.jpg", 3.0),
]


def names(order: str, limit: int | None = None) -> str:
    return " ".join(row["path"].removesuffix(".jpg") for row in Order(order).sorted(ROWS, limit))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("score", "d b c a gone"),
        ("score DESC", "a b c d gone"),
        ("score desc, path DESC", "a c b d gone"),
        ("path", "a b c d gone"),
        ("path DESC", "gone d c b a"),
        ("abs(score - 7), path", "b c a d gone"),
        ("max(score, 7) DESC, path", "a b c d gone"),
        ("attributes ->> 'Sky', score", "d b c a gone"),
    ],
)
def test_order(order: str, expected: str):
    assert names(order) == expected


def test_the_first_of_an_order_are_those_of_the_whole():
    shuffler = random.Random(7)
    rows = [row_of(f"{n}.jpg", shuffler.randrange(1, 5) * 2.0) for n in range(200)]
    whole = Order("score DESC").sorted(rows)
    assert Order("score DESC").sorted(rows, 20) == whole[:20]
    assert [row["score"] for row in whole] == sorted((r["score"] for r in rows), reverse=True)
