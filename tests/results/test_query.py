from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.columns import FILE_COLUMNS
from aesmap.errors import UsageError
from aesmap.results.query import Where
from result_rows import failed_row, row_of

ROW = row_of("beach/größe.jpg", 8.2)  # p_high 0.8, Sky 0.75, Water 0.125


@pytest.mark.parametrize("name", FILE_COLUMNS)
def test_every_column_of_a_table_can_be_asked_for(name: str):
    grouped = ROW | {"group": 1, "group_rank": 2, "reasons": {"softer": 1.5}}
    assert Where(f'"{name}" IS NOT NULL')(grouped)
    assert not Where(f'"{name}" IS NULL')(grouped)


def test_groups_and_reasons():
    grouped = ROW | {"group": 1, "group_rank": 2, "reasons": {"softer": 1.5}}
    assert Where("group_rank > 1 AND reasons ->> 'Softer' > 1")(grouped)
    assert Where("reasons ->> 'cannot tell' = 0")(grouped)
    assert not Where("reasons ->> 'softer' >= 0")(ROW), "nothing is known of it"
    with pytest.raises(UsageError, match="no such reason; there are sharper"):
        Where("reasons ->> 'funny' > 0")
    with pytest.raises(UsageError, match='write "group"'):
        Where("group = 1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p_high > 0.5 AND NOT uncertain", True),
        ("p_high > 0.9 or uncertain", False),
        ("not (p_high > 0.9) and score >= 8.2", True),
        ("0.5 < p_high and p_high <= 0.8", True),
        ("p_high between 0.81 and 0.9", False),
        ("level = 'high'", True),
        ("level <> 'high'", False),
        ("level IN ('low', 'high')", True),
        ("level NOT IN ('high')", False),
        ("width in (600, 800)", True),
        ("path LIKE '%BEACH%'", True),
        ("path not like '%größe%'", False),
        ("path GLOB 'beach/*.jpg'", True),
        ("path GLOB 'Beach/*.jpg'", False),
        ("path = 'it''s.jpg'", False),
        ("lower('ABC') = 'abc'", True),
        ("attributes ->> 'Sky' > 0.5", True),
        ("attributes->>'Water'>0.5", False),
        ("attributes ->> 'sKY' > 0.5", True),
        ("faults ->> 'SOFT' > 0.5", True),
        ("'1 soft'", True),
        ("'soft'", False),
        ("' 0.0'", False),
        ("attributes ->> 'Sky' - attributes ->> 'Water' = 0.625", True),
        ("rows.attributes ->> 'Sky' = 0.75", True),
        ("attributes LIKE '%\"Sky\"%'", True),
        ("technical > 7 AND faults ->> 'soft' > 0.5", True),
        ("faults ->> 'noisy' = 0", True),
        ("NOT faults ->> 'noisy' > 0.5", True),
        ("width / height = 1.5", True),
        ("width * height >= 2.4e5", True),
        ("width % 7 = 5", True),
        ("abs(score - 9) < 1", True),
        ("-score < 0 and 0 < +score", True),
        ("uncertain = false", True),
        ("uncertain = TRUE", False),
        ("not not uncertain", False),
        ("p_high > 0.5\n  and score > 5", True),
        ("score / 0 > 1 or true", True),
        ("score / 0 > 1", False),
        ("not score / 0 > 1", False),
        ("error = ''", True),
        ('"score" > 8', True),
        ("CASE WHEN score > 8 THEN width > 1 ELSE height > 999 END", True),
        ("(width > 1) = (height > 1)", True),
    ],
)
def test_what_conditions_mean(text: str, expected: bool):
    assert Where(text)(ROW) is expected


@pytest.mark.parametrize("name", ["it's", 'a "b"', "Diptych / Triptych", "größe", "a.b[0]"])
def test_attributes_of_any_name(name: str):
    where = Where("attributes ->> '" + name.replace("'", "''") + "' = 0.5")
    assert where(row_of("a.jpg", attributes={"Sky": 0.1, name: 0.5}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p_high > 0.5", False),
        ("not p_high > 0.5", False),
        ("p_high > 0.5 or not p_high > 0.5", False),
        ("uncertain", False),
        ("not uncertain", False),
        ("attributes ->> 'Sky' >= 0", False),
        ("attributes ->> 'no such thing' >= 0", False),
        ("faults ->> 'soft' >= 0", False),
        ("level in ('low', 'high')", False),
        ("level not in ('low', 'high')", False),
        ("level not like '%x%'", False),
        ("score is null", True),
        ("error <> ''", True),
        ("p_high > 0.5 or error <> ''", True),
        ("p_high > 0.5 and error <> ''", False),
        ("error like '%empty%'", True),
    ],
)
def test_nothing_follows_from_what_a_failed_row_lacks(text: str, expected: bool):
    assert Where(text)(failed_row("broken.jpg")) is expected


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("p_high == 0.8", 8, ("write =",)),
        ("p_high > 0.8 && uncertain", 14, ("write AND",)),
        ("p_high > 0.8 || uncertain", 14, ("write AND and OR",)),
        ("0.5 < p_high < 0.8", 14, ("0.5 < p_high AND p_high < 0.8",)),
        ("not (1 > score >= 0)", 16, ("AND",)),
        ('level = "high"', 9, ("single quotes: 'high'",)),
        ("level in ['high']", 10, ("write level IN ('low', 'high')",)),
        ("'beach' in path", 9, ("LIKE '%beach%'",)),
        ("like(path, '*.jpg')", 1, ("GLOB '*.jpg'",)),
        ("score > 1 and attr('Sky') > 0.5", 15, ("write attributes ->> 'Sky' > 0.5",)),
        ('attributes["Sky"] > 0.5', 11, ("write attributes ->> 'Sky' > 0.5",)),
        ("faults['soft'] > 0.5", 7, ("write faults ->> 'soft' > 0.5",)),
        ("attributes > 0.5", 1, ("attributes ->> 'Sky'",)),
        ("faults > 0.5", 1, ("faults ->> 'soft'",)),
        ("attributes -> 'Sky' > 0.5", 12, ("->>",)),
        ("attributes ->> level > 0.5", 12, ("->> 'Sky'",)),
        ("path ->> 'Sky' > 0.5", 6, ("attributes ->> 'Sky'",)),
        ("faults ->> 'blurry' > 0.5", 12, ("no such fault", "motion_blurred")),
        ("width / height > 3/2", 19, ("write 3.0",)),
        ("phigh > 0.8", 1, ("no such column", "p_high", "uncertain_reason")),
        ("path = 'größe' and phigh > 1", 20, ("phigh",)),
        ("level = high", 9, ("no such column",)),
        ("path.endswith('.jpg')", None, ("not understood",)),
        ("path regexp 'x'", 6, ("no such function", "glob")),
        ("true) or (true", 5, ("bracket",)),
        ("true; drop table rows", 5, ("not part of",)),
        ("true -- and false", 6, ("not part of",)),
    ],
)
def test_what_is_no_condition(text: str, at: int | None, words: tuple[str, ...]):
    where = "" if at is None else f"at character {at}, "
    with pytest.raises(UsageError, match=f"^where: {where}") as caught:
        Where(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "score > (SELECT avg(score) FROM rows)",
        "EXISTS (SELECT 1 FROM sqlite_master)",
        "score IN (SELECT 1)",
        "load_extension('x') = 1",
        "readfile('/etc/passwd') = ''",
        "randomblob(1000000000) = 1",
        "count(*) > 1",
        "row_number() OVER () > 1",
        "rowid = 1",
        "path MATCH 'x'",
        "current_timestamp > ''",
        "max(score) > 1",
        "? = 1",
        ":name = 1",
    ],
)
def test_a_condition_reads_one_row_and_does_nothing_else(text: str):
    with pytest.raises(UsageError, match=r"^where: "):
        Where(text)


@pytest.mark.parametrize(
    "text", ["", "  \n", "p_high > 0.8 and", "`", "(" * 3000, "score > 'a", "a\0b", "not " * 5000]
)
def test_what_cannot_be_parsed(text: str):
    with pytest.raises(UsageError, match=r"^where: .*(empty|not understood|quotes)"):
        Where(text)


def test_an_attribute_that_the_table_does_not_have():
    where = Where("score > 1 and attributes ->> 'Sea' > 0.5")
    with pytest.raises(UsageError, match=r"at character 30.*no such attribute.*Sky, Water"):
        where(ROW)


def test_a_name_that_is_no_text_is_found_as_a_table_spells_it():
    assert Where(r"path = 'caf\udce9.jpg'")(row_of("caf\udce9.jpg"))
    assert Where("path = 'caf\udce9.jpg'")(row_of("caf\udce9.jpg"))
    assert Where("path LIKE 'caf%'")(row_of("caf\udce9.jpg"))


def test_a_number_that_sqlite_cannot_hold_matches_nothing():
    assert not Where("width > 0 or width <= 0")(row_of("a.jpg", width=10**400))


@given(st.text(max_size=60) | st.text(list("()[]'\"<=>!andornt .5x*%,:\\-|?"), max_size=60))
def test_any_text_is_a_condition_or_a_usage_error(text: str):
    try:
        where = Where(text)
    except UsageError:
        return
    assert where(ROW) in (True, False)


@st.composite
def numbers(draw: st.DrawFn, depth: int = 0) -> str:
    if depth > 2 or draw(st.booleans()):
        return draw(st.sampled_from(["p_high", "score", "width", "height", "2.0", "0.5", "7.0"]))
    left, right = draw(numbers(depth + 1)), draw(numbers(depth + 1))
    return f"({left} {draw(st.sampled_from('+-*/'))} {right})"


@st.composite
def truths(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(["compare", "compare", "and", "or", "not", "uncertain"]))
    if depth > 2 or kind == "compare":
        operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
        return f"{draw(numbers())} {draw(operators)} {draw(numbers())}"
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
    numbers = row | {"width": float(width), "height": float(row["height"])}
    try:
        expected = eval(text, {"__builtins__": {}}, numbers)
    except ZeroDivisionError:
        return
    assert Where(text.replace("==", "="))(row) is expected
