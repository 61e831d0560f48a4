"""The table of AVA's attributes, against AVA's own tags.txt where it is at hand."""

from __future__ import annotations

from aesmap.model.attributes import ATTRIBUTES, BY_NAME, BY_NUMBER, PERSONAL, VISUAL
from shared_data import SHARED, needs


def test_sixty_six_of_which_forty_nine_are_visual() -> None:
    """The counts are the paper's, section 4.7."""
    assert len(ATTRIBUTES) == len(BY_NUMBER) == 66
    assert len(VISUAL) == 49


def test_the_paper_names_eight_that_are_hardly_visible() -> None:
    named = (
        "Humorous",
        "Black and White",
        "Still Life",
        "History",
        "Emotive",
        "Abstract",
        "Political",
        "Science and Technology",
    )
    assert all(BY_NAME[name].unseen for name in named)


def test_personal_attributes_are_avas() -> None:
    assert set(BY_NAME) >= PERSONAL


@needs("ava")
def test_numbers_and_names_are_avas_own() -> None:
    rows = [
        line.split(" ", 1)
        for line in (SHARED / "ava/tags.txt").read_text().splitlines()
        if line.strip()
    ]
    assert {int(number): name.strip() for number, name in rows} == {
        a.number: a.name for a in ATTRIBUTES
    }
