from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from aesmap.review.app import application
from aesmap.review.desk import Desk
from aesmap.review.run import ReviewRequest, open_desk
from aesmap.server.settings import Settings
from fake_session import FakeSession, fake_analyzer

TOKEN = "token-of-the-tests"
ADDRESS = f"http://127.0.0.1:8765/{TOKEN}/"

Desks = Callable[..., Desk]
Clients = Callable[[Desk], TestClient]


@pytest.fixture(autouse=True)
def apart(own_folders: None) -> None:
    """No test of this folder sees the user's own."""


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """Six JPEGs, the brighter the higher their number, the last in a folder of its own."""
    folder = tmp_path / "shoot"
    (folder / "day 2").mkdir(parents=True)
    ramp = np.linspace(-40, 40, 96)[None, :, None] * np.ones((96, 1, 3))
    for number in range(1, 7):
        pixels = (np.roll(ramp, 16 * number, 1) + 20 + 30 * number).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / ("day 2" if number == 6 else "") / f"{number}.jpg")
    return folder


@pytest.fixture
def desk_of() -> Iterator[Desks]:
    """Opens reviews of folders, whose model finds what is brighter better."""
    desks = []

    def call(folder: Path, **options: Any) -> Desk:
        analyzer = fake_analyzer(FakeSession())
        request = ReviewRequest(folder=folder, workers=1, **options)
        desk = open_desk(request, analyzer.manifest, lambda: analyzer)
        desks.append(desk)
        return desk

    yield call
    for desk in desks:
        desk.close()


@pytest.fixture
def client_of() -> Iterator[Clients]:
    """A client of a review, which scores behind it."""
    clients = []

    def call(desk: Desk) -> TestClient:
        app = application(desk, Settings(workers=1, token=TOKEN))
        client = TestClient(app, base_url=ADDRESS)
        clients.append(client.__enter__())
        return client

    yield call
    for client in clients:
        client.__exit__()
