"""Every command with the second judge, `--model ava`: no attributes, no technical heads."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from aesmap.analyzer import Analyzer
from aesmap.loading import load
from aesmap.server.app import application
from aesmap.server.responses import Service
from aesmap.server.settings import Settings
from command import Aesmap

AVA = ("--model", "ava")


@pytest.fixture(scope="module")
def judge() -> Analyzer:
    return load("ava")


def test_info_says_who_it_is(aesmap: Aesmap, judge: Analyzer) -> None:
    out = aesmap("info", *AVA).succeeded().out
    for word in (judge.manifest.model_id, "224x224", "idealo internet GmbH", "Apache-2.0", "none"):
        assert word in out


def test_score_leaves_the_columns_empty_that_it_knows_nothing_of(
    aesmap: Aesmap, judge: Analyzer, one_photo: Path
) -> None:
    out = aesmap("score", one_photo, *AVA, "--format", "csv").succeeded().out
    (row,) = csv.DictReader(io.StringIO(out))
    assessment = judge.assess(one_photo)
    assert row["model"] == judge.manifest.model_id
    assert float(row["score"]) == pytest.approx(assessment.score, abs=1e-4)
    assert (row["technical"], row["technical_p"], row["faults"]) == ("", "", "")


def test_explain_and_crop(aesmap: Aesmap, judge: Analyzer, one_photo: Path, tmp_path: Path) -> None:
    panel, cropped = tmp_path / "panel.png", tmp_path / "crop.jpg"
    aesmap("explain", one_photo, *AVA, "--output", panel).succeeded()
    assert Image.open(panel).width > 600
    about = aesmap("crop", one_photo, *AVA, "--aspect", "1:1", "--output", cropped, "--json")
    left, top, right, bottom = about.succeeded().json["box"]
    assert right - left == bottom - top
    mean = float(judge.assess(one_photo).maps.evidence.mean(dtype=np.float64))
    kept_and_lost = about.json["evidence_kept"] + about.json["evidence_lost"]
    assert kept_and_lost == pytest.approx(mean, abs=1e-9)


def test_the_service(judge: Analyzer, one_photo: Path) -> None:
    service = Service(judge, Settings(workers=1))
    address = "http://127.0.0.1:8765"
    with TestClient(application(service), base_url=address) as client:
        answer = client.post(
            "/v1/assess", content=one_photo.read_bytes(), headers={"Content-Type": "image/jpeg"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["model"] == judge.manifest.model_id
        assert answer.json()["score"] == pytest.approx(judge.assess(one_photo).score, abs=1e-4)
        maps = client.post(
            "/v1/explain", content=one_photo.read_bytes(), headers={"Content-Type": "image/jpeg"}
        )
        assert maps.status_code == 200, maps.text


def test_an_unknown_judge_lists_both(aesmap: Aesmap, one_photo: Path) -> None:
    aesmap("score", one_photo, "--model", "avva").failed(1, "avva", "ava, lite0")
