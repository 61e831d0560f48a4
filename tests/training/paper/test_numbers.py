"""The paper's tables agree with each other and with its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.training.paper import numbers as paper
from shared_data import SHARED, needs

PAGE = Path(__file__).parents[3] / "docs/reproduction.md"


@pytest.mark.parametrize("backbone", paper.BACKBONES)
def test_table_1_repeats_table_2(backbone: str) -> None:
    first, second = paper.TABLE_1[backbone], paper.TABLE_2[backbone]
    assert first["AesCNN"] == second[1.0, 1.0]
    assert first["AesCNN-W"] == second[paper.WEIGHT_OF_TABLE_1] == max(second.values())
    assert min(second, key=second.__getitem__) == (0.0, 1.0), "dropping is the worst"


def test_table_3_ends_with_the_papers_own_models() -> None:
    own = [rival for rival in paper.TABLE_3 if rival.ours]
    assert list(paper.TABLE_3[-4:]) == own
    assert [rival.accuracy for rival in own] == [0.7739, 0.7887, 0.7718, 0.7862]
    assert paper.TABLE_3[0].accuracy == 0.68
    assert len(paper.TABLE_3) == 15


def test_report_and_page_say_the_same_of_the_official_list() -> None:
    stated = f"{100 * paper.HIGH_ON_TEST_LIST:.1f} %"
    assert f"{stated} on the official test list" in " ".join(PAGE.read_text().split())
    assert any(f"official test list {stated} of the images" in line for line in paper.MISTAKES)


@needs("ava")
def test_the_official_list_is_as_the_public_labels_have_it() -> None:
    labels = {}
    for part in ("train", "val"):
        for line in (SHARED / f"ava/binary_labels_{part}.txt").read_text().splitlines():
            name, label = line.split()
            labels[name.removesuffix(".jpg")] = label == "1"
    ids = (SHARED / "ava/lists/generic_test.jpgl").read_text().split()
    known = [labels[i] for i in ids if i in labels]
    assert sum(known) / len(known) == paper.HIGH_ON_TEST_LIST
