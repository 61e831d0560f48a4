from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from aesmap.analyzer import Analyzer
from aesmap.loading import load
from aesmap.server.app import application
from aesmap.server.responses import Service
from aesmap.server.settings import Settings
from sample_images import encode

Clients = Callable[..., TestClient]
BASE_URL = "http://127.0.0.1:8765"


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """The bundled model, as the service loads it."""
    return load(num_threads=1)


@pytest.fixture
def client_of(analyzer: Analyzer) -> Iterator[Clients]:
    """Makes clients of services with settings of their own."""
    clients: list[TestClient] = []

    def make(service: Service | None = None, **settings: Any) -> TestClient:
        service = service or Service(analyzer, Settings(**({"workers": 2} | settings)))
        client = TestClient(application(service), base_url=BASE_URL)
        clients.append(client.__enter__())
        return client

    yield make
    for client in clients:
        client.__exit__()


@pytest.fixture
def client(client_of: Clients) -> TestClient:
    """A client of a service as it is by default."""
    return client_of()


@pytest.fixture(scope="session")
def jpeg(photos: dict[str, Any]) -> bytes:
    """A landscape photograph, 640 x 427."""
    return encode(photos["china"], "JPEG", quality=92)
