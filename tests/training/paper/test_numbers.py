"""The paper's tables agree with each other and with its text."""

from __future__ import annotations

import pytest

from aesmap.training.paper import numbers as paper


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
