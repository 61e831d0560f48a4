"""`aesmap explain`: the panel, the maps, the numbers, and that they agree with `score`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.explain.text import describe
from command import Aesmap
from sample_images import encode
from sample_model import copy_bundled_model

JSON_KEYS = {"logit", "mean_evidence", "bias", "p_high", "score"}
NPZ_KEYS = {
    "evidence",
    "aesam_high",
    "aesam_low",
    "bias",
    "attributes",
    "attribute_maps",
    "attribute_bias",
    "technical",
    "technical_bias",
    "technical_maps",
}


def test_a_panel_that_opens(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    panels = {}
    for layout in ("fig6", "within", "fig7"):
        output = tmp_path / f"{layout}.png"
        said = aesmap("explain", one_photo, "--output", output, "--layout", layout).succeeded()
        assert said.out == f"wrote {output}\n"
        with Image.open(output) as panel:
            panel.load()
            assert panel.format == "PNG"
            assert panel.width > panel.height > 100
            assert len(panel.convert("RGB").getcolors(2**24) or ()) > 1000, "the photo is in it"
        panels[layout] = output.read_bytes()
    assert len(set(panels.values())) == 3
    names = ["fig6.png", "fig7.png", "within.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_fine_maps_have_twice_the_cells_and_their_mean_is_the_score(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    plain, fine = tmp_path / "plain.npz", tmp_path / "fine.npz"
    aesmap("explain", one_photo, "--maps", plain).succeeded()
    said = json.loads(aesmap("explain", one_photo, "--fine", "--maps", fine, "--json").out)
    with np.load(plain) as coarse, np.load(fine) as found:
        assert found["evidence"].shape == tuple(2 * side for side in coarse["evidence"].shape)
        logit = found["evidence"].mean(dtype=np.float64) + found["bias"]
    assert said["logit"] == pytest.approx(logit, abs=1e-6)
    assert said["model"].endswith("+fine")


def test_without_options_a_panel_appears_here(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    aesmap("explain", one_photo).succeeded()
    assert [path.name for path in tmp_path.iterdir()] == ["china.aesmap.png"]


def test_the_numbers_are_those_of_score(aesmap: Aesmap, some_photos: Path) -> None:
    for path in sorted(some_photos.iterdir()):
        said = aesmap("explain", path, "--json").succeeded().json
        scored = aesmap("score", path, "--format", "jsonl").succeeded().json
        assert set(said) >= JSON_KEYS
        assert said["mean_evidence"] + said["bias"] == pytest.approx(said["logit"], abs=1e-12)
        assert 1 / (1 + math.exp(-said["logit"])) == pytest.approx(said["p_high"], abs=1e-12)
        assert said["p_high"] == pytest.approx(scored["p_high"], abs=1e-5)
        assert said["score"] == pytest.approx(scored["score"], abs=1e-4)
        assert said["attributes"] == pytest.approx(scored["attributes"], abs=2e-4)
        for same in ("path", "level", "uncertain", "uncertain_reason", "model"):
            assert said[same] == scored[same]


def test_the_maps_are_the_contract(
    aesmap: Aesmap, analyzer: Analyzer, one_photo: Path, tmp_path: Path
) -> None:
    path = tmp_path / "maps.npz"
    said = aesmap("explain", one_photo, "--maps", path, "--json").succeeded().json
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == NPZ_KEYS
        maps = {name: file[name] for name in file.files}
    assessment = analyzer.assess(one_photo)
    assert said["words"]["text"] == describe(assessment).text
    evidence = maps["evidence"]
    assert evidence.ndim == 2
    assert evidence.dtype == np.float32
    np.testing.assert_allclose(evidence, assessment.maps.evidence, rtol=0, atol=1e-4)
    np.testing.assert_allclose(maps["aesam_high"] - maps["aesam_low"], evidence, rtol=0, atol=1e-6)
    assert maps["bias"].shape == ()
    assert maps["bias"] == said["bias"] == analyzer.manifest.level_bias
    mean = evidence.mean(dtype=np.float64)
    assert mean == pytest.approx(said["mean_evidence"], abs=1e-12)
    assert mean + maps["bias"] == pytest.approx(said["logit"], abs=1e-12)

    names = maps["attributes"].tolist()
    assert names == list(analyzer.manifest.attribute_names)
    assert maps["attribute_maps"].shape == (len(names), *evidence.shape)
    assert maps["attribute_bias"].shape == (len(names),)
    logits = maps["attribute_maps"].mean(axis=(1, 2), dtype=np.float64) + maps["attribute_bias"]
    probabilities = dict(zip(names, 1 / (1 + np.exp(-logits)), strict=True))
    assert probabilities == pytest.approx(said["attributes"], abs=2e-4)

    assert maps["technical"].tolist() == list(assessment.technical.map_names)
    logits = maps["technical_maps"].mean(axis=(1, 2), dtype=np.float64) + maps["technical_bias"]
    assert 1 / (1 + math.exp(-logits[0])) == pytest.approx(said["technical_p"], abs=1e-5)


def test_panel_and_maps_in_one_go(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    panel, maps = tmp_path / "panel.png", tmp_path / "maps.npz"
    outcome = aesmap("explain", one_photo, "--output", panel, "--maps", maps).succeeded()
    assert outcome.out == f"wrote {panel}\nwrote {maps}\n"
    assert sorted(tmp_path.iterdir()) == [maps, panel]


@pytest.mark.parametrize(
    ("width", "height"), [(8, 8), (9, 700), (700, 9), (2000, 100)], ids=lambda side: str(side)
)
@pytest.mark.parametrize("layout", ["fig6", "fig7"])
def test_photos_of_any_shape(
    aesmap: Aesmap, tmp_path: Path, width: int, height: int, layout: str
) -> None:
    photo, output = tmp_path / "p.png", tmp_path / "panel.png"
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    photo.write_bytes(encode(noise, "PNG"))
    aesmap("explain", photo, "--output", output, "--layout", layout).succeeded()
    with Image.open(output) as panel:
        panel.load()


def test_a_bad_file_is_named_and_nothing_is_left(
    aesmap: Aesmap, bad_images: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for path in (*bad_images.values(), tmp_path / "gone.jpg", tmp_path):
        outcome = aesmap("explain", path, "--output", out / "p.png", "--maps", out / "m.npz")
        outcome.failed(1, f"aesmap: {path}: ")
        assert outcome.out == ""
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output", "panel.jpg"], ("panel.jpg", ".png")),
        (["--maps", "maps.npy"], ("maps.npy", ".npz")),
        (["--layout", "fig8"], ("--layout", "'fig8'")),
        (["second.jpg"], ("second.jpg",)),
    ],
)
def test_options_that_do_not_fit(
    aesmap: Aesmap,
    one_photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    aesmap("explain", one_photo, *options).failed(2, *words)
    assert list(tmp_path.iterdir()) == []


def test_another_model(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    def generous(data: dict[str, Any]) -> None:
        thresholds = data["rating_model"]["thresholds"]
        data["rating_model"]["thresholds"] = [threshold - 1 for threshold in thresholds]

    other = copy_bundled_model(tmp_path, generous)
    numbers = [
        aesmap("explain", one_photo, "--json", "--model", model).succeeded().json
        for model in ("lite0", other, other.with_suffix(".onnx"))
    ]
    assert numbers[1]["logit"] == numbers[0]["logit"]
    assert numbers[1]["score"] > numbers[0]["score"] + 0.1
    assert numbers[1] == numbers[2]


def test_what_it_would_be_without_a_part(aesmap: Aesmap, one_photo: Path) -> None:
    said = aesmap("explain", one_photo, "--without", "0,0,100,20").succeeded().out
    first, second = said.splitlines()[:2]
    assert first.startswith("this part adds ")
    assert second.startswith("without it, by the map: ")
    found = json.loads(
        aesmap("explain", one_photo, "--without", "0,0,100,20", "--json").succeeded().out
    )
    assert found["without"]["box"] == [0, 0, 100, 20]
    assert found["without"]["by_map"] + found["without"]["evidence"] == pytest.approx(
        found["logit"]
    )
    aesmap("explain", one_photo, "--without", "0,0,0,20").failed(2, "left < right")
    aesmap("explain", one_photo, "--without", "0,0,99999,20").failed(2, "must lie inside")
