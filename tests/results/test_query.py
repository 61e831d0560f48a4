from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.columns import COLUMNS
from aesmap.errors import UsageError
from aesmap.results.query import ATTRIBUTES, COLUMN_KINDS, FAULTS, Where
from result_rows import failed_row, row_of

ROW = row_of("beach/größe.jpg", 8.2)  # p_high 0.8, Sky 0.75, Water 0.125


def test_every_column_of_a_table_can_be_asked_for():
    assert {*COLUMN_KINDS, ATTRIBUTES, FAULTS} == {*COLUMNS, "fingerprint"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p_high > 0.5 and not uncertain", True),
        ("p_high > 0.9 or uncertain", False),
        ("not (p_high > 0.9) and score >= 8.2", True),
        ("0.5 < p_high <= 0.8", True),
        ("0.5 < p_high < 0.8", False),
        ("level == 'high'", True),
        ("level != 'high'", False),
        ('level in ("low", "high")', True),
        ("level not in ['high']", False),
        ("width in (600, 800)", True),
        ('"beach" in path', True),
        ('"größe" not in path', False),
        ('like(path, "beach/*.jpg")', True),
        ('like(path, "*.png")', False),
        ('lower("ABC") == "abc"', True),
        ('attributes["Sky"] > 0.5', True),
        ('attr("Water") > 0.5', False),
        ('attr("Sky") - attr("Water") == 0.625', True),
        ('technical > 7 and faults["soft"] > 0.5', True),
        ('faults["noisy"] == 0', True),
        ("width / height == 1.5", True),
        ("width * height >= 2.4e5", True),
        ("width % 7 == 5", True),
        ("abs(score - 9) < 1", True),
        ("-score < 0 < +score", True),
        ("uncertain == false", True),
        ("uncertain == True", False),
        ("not not uncertain", False),
        ("p_high > 0.5\n  and score > 5", True),
        ("score / 0 > 1 or true", True),
        ("score / 0 > 1", False),
        ("not score / 0 > 1", False),
        ("error == ''", True),
    ],
)
def test_what_conditions_mean(text: str, expected: bool):
    assert Where(text)(ROW) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p_high > 0.5", False),
        ("not p_high > 0.5", False),
        ("p_high > 0.5 or not p_high > 0.5", False),
        ("uncertain", False),
        ("not uncertain", False),
        ("attr('Sky') >= 0", False),
        ("attr('no such thing') >= 0", False),
        ("level in ('low', 'high')", False),
        ("level not in ('low', 'high')", False),
        ("'x' not in level", False),
        ("error != ''", True),
        ("p_high > 0.5 or error != ''", True),
        ("p_high > 0.5 and error != ''", False),
        ("'empty' in error", True),
    ],
)
def test_nothing_follows_from_what_a_failed_row_lacks(text: str, expected: bool):
    assert Where(text)(failed_row("broken.jpg")) is expected


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("phigh > 0.8", 1, ("no such column", "p_high", "uncertain_reason")),
        ("path == 'größe' and phigh > 1", 21, ("phigh",)),
        ("p_high = 0.8", 8, ("write ==",)),
        ("p_high > 0.8 && uncertain", 15, ("write 'and'",)),
        ("p_high > 0.8 AND uncertain", 14, ("small letters",)),
        ("p_high", 1, ("compare it",)),
        ("uncertain and score", 15, ("compare it",)),
        ("level > 5", 9, ("a number where text",)),
        ("level + 'a' == 'b'", 1, ("text where a number",)),
        ("uncertain < true", 1, ("no order",)),
        ("score is 5", 1, ("compare with ==",)),
        ("attributes > 0.5", 1, ('attributes["Sky"]',)),
        ("faults > 0.5", 1, ('faults["soft"]',)),
        ("faults['blurry'] > 0.5", 1, ("no such fault", "motion_blurred")),
        ("attributes[score] > 0.5", 1, ()),
        ("attr(level) > 0.5", 1, ('attr("Sky")',)),
        ("path.endswith('.jpg')", 1, ("a condition has only",)),
        ("__import__('os').system('true')", 1, ()),
        ("open('/etc/passwd') == ''", 1, ("like(",)),
        ("score ** 99 > 1", 1, ()),
        ("[p for p in path] == ''", 1, ()),
        ("(lambda: true)()", 1, ()),
        ("f'{score}' == ''", 1, ()),
        ("score > 1 if uncertain else true", 1, ()),
        ("(x := true)", 2, ("a condition has only",)),
        ("1j > 0", 1, ()),
        ("score > " + "9" * 400, 9, ("too large",)),
        ("not " * 80 + "uncertain", 205, ("more simply",)),
    ],
)  # fmt: skip
def test_what_is_no_condition(text: str, at: int, words: tuple[str, ...]):
    with pytest.raises(UsageError, match=f"^where: at character {at}, ") as caught:
        Where(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("text", ["", "  \n", "p_high > 0.8 and", "`", "(" * 300, "score > 'a"])
def test_what_cannot_be_parsed(text: str):
    with pytest.raises(UsageError, match=r"^where: .*(empty|not understood)"):
        Where(text)


def test_an_attribute_that_the_table_does_not_have():
    where = Where('score > 1 and attr("sky") > 0.5')
    with pytest.raises(UsageError, match=r"at character 15.*no such attribute.*Sky, Water"):
        where(ROW)


@given(st.text(max_size=60) | st.text(list("()[]'\"<=>!andornt .5x*%,:\\"), max_size=60))
def test_any_text_is_a_condition_or_a_usage_error(text: str):
    try:
        where = Where(text)
    except UsageError:
        return
    assert where(ROW) in (True, False)


@st.composite
def numbers(draw: st.DrawFn, depth: int = 0) -> str:
    if depth > 2 or draw(st.booleans()):
        return draw(st.sampled_from(["p_high", "score", "width", "height", "2", "0.5", "7"]))
    left, right = draw(numbers(depth + 1)), draw(numbers(depth + 1))
    return f"({left} {draw(st.sampled_from('+-*/%'))} {right})"


@st.composite
def truths(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(["compare", "compare", "chain", "and", "or", "not", "uncertain"]))
    if depth > 2 or kind in ("compare", "chain"):
        operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
        text = f"{draw(numbers())} {draw(operators)} {draw(numbers())}"
        return f"{text} {draw(operators)} {draw(numbers())}" if kind == "chain" else text
    if kind == "uncertain":
        return kind
    if kind == "not":
        return f"not ({draw(truths(depth + 1))})"
    return f"({draw(truths(depth + 1))} {kind} {draw(truths(depth + 1))})"


@given(truths(), st.floats(1, 10), st.integers(1, 5000), st.booleans())
def test_conditions_mean_what_they_mean_in_python(
    text: str, score: float, width: int, uncertain: bool
):
    row: dict[str, Any] = row_of("a.jpg", score, width=width, uncertain=uncertain)
    try:
        expected = eval(text, {"__builtins__": {}}, row)
    except ZeroDivisionError:
        return
    assert Where(text)(row) is expected
