"""The noun under a peak: by hand-made maps, and by the bundled model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import ConfigError, ModelError
from aesmap.model.manifest import Manifest, read_model
from aesmap.model.session import Session, model_path
from aesmap.model.things import ThingHeads, Things, around, peak_of

HEADS = ThingHeads(names=("dog", "shore"), bias=(0.1, -0.1), threshold=0.5, unnamed=("shore",))

PERSONS = {"person", "man", "woman", "child", "baby", "bride", "groom", "face", "ballplayer"}


def test_a_peak_is_the_cell_around_which_there_is_most() -> None:
    mass = np.zeros((6, 8))
    mass[0, 0] = 9.0  # alone: in a corner the mean is over four cells, 9 / 4
    mass[2:5, 4:7] = 3.0  # 3 around (3, 5)
    assert peak_of(mass) == (3, 5)
    mass[0, 0] = 13.0  # 13 / 4 is more than 3
    assert peak_of(mass) == (0, 0)
    np.testing.assert_allclose(around(mass, 0, 0), 13 / 4)


def test_scores_are_half_of_the_place_and_half_of_the_photograph() -> None:
    maps = np.zeros((2, 6, 5), np.float32)
    maps[0, 1:4, 1:4] = 2.0
    things = Things(HEADS, maps)
    # Around (2, 2) the mean is 2; of the map it is 18 / 30. (2 + 0.6) / 2 + 0.1 = 1.4.
    np.testing.assert_allclose(things.scores_at(2, 2), [1.4, -0.1])
    mass = np.zeros((6, 5))
    mass[1:4, 1:4] = 1.0
    found = things.under_peak_of(mass)
    assert found is not None
    assert (found.name, found.row, found.column) == ("dog", 2, 2)
    assert found.score == pytest.approx(1.4)


def test_amounts_on_a_finer_grid_find_the_same_peak() -> None:
    maps = np.zeros((2, 6, 5), np.float32)
    maps[0, 1:4, 1:4] = 2.0
    mass = np.zeros((6, 5))
    mass[1:4, 1:4] = 1.0
    fine = np.repeat(np.repeat(mass, 2, axis=0), 2, axis=1)
    found = Things(HEADS, maps).under_peak_of(fine)
    assert found == Things(HEADS, maps).under_peak_of(mass)
    assert found is not None
    assert found.cell_of((12, 10)) == (5, 5)
    assert found.cell_of((6, 5)) == (2, 2)


def test_what_is_not_sure_or_only_competes_is_not_named() -> None:
    mass = np.eye(3)
    faint = np.full((2, 3, 3), 0.3, np.float32)  # 0.3 + 0.1 is below 0.5
    assert Things(HEADS, faint).under_peak_of(mass) is None
    shore = np.stack([np.full((3, 3), 1.0), np.full((3, 3), 2.0)]).astype(np.float32)
    assert Things(HEADS, shore).under_peak_of(mass) is None  # 1.9 of a shore against 1.1 of a dog


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"names": []}, "each once"),
        ({"names": ["dog", "dog"]}, "each once"),
        ({"bias": [0.1]}, "as many"),
        ({"bias": [0.1, float("nan")]}, "finite"),
        ({"threshold": 0}, "above 0"),
        ({"unnamed": ["cat"]}, "'cat'"),
    ],
)
def test_heads_that_cannot_be_used_are_refused(change: dict[str, object], problem: str) -> None:
    data = HEADS.to_json()
    assert ThingHeads.from_json(data) == HEADS
    with pytest.raises(ConfigError, match=problem):
        ThingHeads.from_json(data | change)


def test_the_bundled_model_has_nouns_and_none_of_persons() -> None:
    manifest, data = read_model(model_path())
    assert manifest.things is not None
    assert not PERSONS & set(manifest.things.names)
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    session = Session(manifest, data, num_threads=1)
    maps = session.run(np.zeros((1, 3, 320, 320), np.float32)).thing_maps
    assert maps is not None
    assert maps.shape == (1, len(manifest.things.names), 10, 10)


def test_a_manifest_without_the_nouns_of_its_graph_is_refused(tmp_path: Path) -> None:
    manifest, data = read_model(model_path())
    values = manifest.to_json()
    del values["things"]
    with pytest.raises(ModelError, match="its nouns are not those of its manifest"):
        Session(Manifest.from_json(values), data, num_threads=1)
