"""`--provider auto`: which one is taken, by whose numbers, and what is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import aesmap
from aesmap.errors import ModelError, UsageError
from aesmap.model.backends import auto
from aesmap.model.backends.registry import Choice
from aesmap.model.session import Session
from aesmap.types import Size
from fake_session import assert_same
from tolerances import BF16, FP32

Array = npt.NDArray[np.float32]
SHAPE = Size(32, 48)


class Clock:
    """Time that passes only where an engine says that it worked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeEngine:
    name, outputs = "fake", {"logit": (None,), "evidence": (None, None, None)}
    inputs = ("pixels",)

    def __init__(self, clock: Clock, seconds: float, offset: float, batch_size: int) -> None:
        self.clock, self.seconds, self.offset = clock, seconds, offset
        self.batch_size = batch_size

    def run(self, names: Sequence[str], input_name: str, pixels: Array) -> list[Array]:
        assert (tuple(names), input_name) == (("logit", "evidence"), "pixels")
        self.clock.now += self.seconds * len(pixels)
        evidence = pixels.mean(axis=1) + np.float32(self.offset)
        return [evidence.mean(axis=(1, 2)), evidence]


class Machine:
    """Providers with their seconds for a photograph, and how far off their numbers are."""

    def __init__(self, **engines: tuple[float, float]) -> None:
        self.engines, self.clock, self.loaded = engines, Clock(), list[Choice]()

    def load(self, choice: Choice, file: str, weights: bytes, num_threads: int) -> FakeEngine:
        self.loaded.append(choice)
        seconds, offset = self.engines[choice.provider]
        if seconds < 0:
            raise ModelError(f"{choice.provider} does not load it")
        return FakeEngine(self.clock, seconds, offset, 16 if choice.provider == "cuda" else 1)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., auto.Trial]:
    monkeypatch.setattr(auto, "cache_folder", lambda: tmp_path / "cache")

    def choose(machine: Machine, precision: str = "fp32", weights: bytes = b"x") -> auto.Trial:
        monkeypatch.setattr(auto, "load_engine", machine.load)
        monkeypatch.setattr(auto, "_is_installed", machine.engines.__contains__)
        return auto.fastest("a.onnx", weights, precision, SHAPE, 1, clock=machine.clock)

    return choose


@pytest.mark.parametrize(
    ("engines", "expected"),
    [
        ({"cpu": (0.02, 0), "openvino": (0.01, 0)}, "openvino"),
        ({"cpu": (0.02, 0), "openvino": (0.0195, 0)}, "cpu"),  # hardly faster
        ({"cpu": (0.01, 0), "openvino": (0.02, 0)}, "cpu"),
        ({"cpu": (0.02, 0), "openvino": (0.01, 0), "cuda": (0.001, 0)}, "cuda"),
        ({"cpu": (0.02, 0), "openvino": (0.01, 5e-5)}, "openvino"),  # within 1e-4
        ({"cpu": (0.02, 0), "openvino": (0.01, 1e-3)}, "cpu"),  # too far off
        ({"cpu": (0.02, 0), "openvino": (0.01, float("nan"))}, "cpu"),
        ({"cpu": (0.02, 0), "openvino": (-1, 0)}, "cpu"),  # does not load
        ({"cpu": (0.02, 0)}, "cpu"),
    ],
)
def test_the_fastest_that_agrees(
    on: Callable[..., auto.Trial], engines: dict[str, tuple[float, float]], expected: str
) -> None:
    assert on(Machine(**engines)).provider == expected


def test_int8_may_be_rounded_otherwise_and_bf16_is_openvinos(
    on: Callable[..., auto.Trial],
) -> None:
    engines = {"cpu": (0.02, 0.0), "openvino": (0.01, 0.1)}
    assert on(Machine(**engines), "int8").provider == "openvino"
    assert on(Machine(**engines), "fp32").provider == "cpu"
    far = {"cpu": (0.02, 0.0), "openvino": (0.01, 0.5)}
    assert on(Machine(**far), "int8", b"y").provider == "cpu"
    machine = Machine(**engines)
    assert on(machine, "bf16") == auto.Trial("openvino", {})
    assert machine.loaded == [], "there is nothing to try"
    with pytest.raises(UsageError, match="precision: one of fp32, bf16, int8"):
        on(machine, "fp16")


def test_a_model_that_the_default_cannot_load_is_an_error(on: Callable[..., auto.Trial]) -> None:
    with pytest.raises(ModelError, match="cpu does not load it"):
        on(Machine(cpu=(-1, 0), openvino=(0.01, 0)))


def test_what_was_found_is_remembered(on: Callable[..., auto.Trial], tmp_path: Path) -> None:
    machine = Machine(cpu=(0.02, 0), openvino=(0.01, 0))
    found = on(machine)
    assert str(found) == "provider auto: openvino (cpu 20.0 ms, openvino 10.0 ms for a photograph)"
    assert len(machine.loaded) == 2
    again = Machine(cpu=(0.01, 0), openvino=(0.02, 0))
    assert on(again) == found
    assert again.loaded == []
    assert on(again, weights=b"another model").provider == "cpu"
    assert on(Machine(cpu=(0.02, 0))).provider == "cpu", "it is not installed any more"
    memory = tmp_path / "cache" / "providers.json"
    for damaged in (b"", b"[]", b"\xff", b'{"a": 1}', b"[" * 100_000):
        memory.write_bytes(damaged)
        assert on(again).provider == "cpu", damaged[:9]
        assert json.loads(memory.read_bytes())
    gone = {"provider": "gone", "milliseconds": None}
    kept = dict.fromkeys(json.loads(memory.read_bytes()), gone)
    memory.write_text(json.dumps(kept))
    assert on(again).provider == "cpu"


def test_nothing_need_be_kept(
    on: Callable[..., auto.Trial], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    machine = Machine(cpu=(0.02, 0), openvino=(0.01, 0))
    on(machine)
    monkeypatch.setattr(auto, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert on(machine).provider == "openvino"
    assert len(machine.loaded) == 4


def test_scores_are_those_of_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo_files: Path
) -> None:
    """Whatever is the fastest on this machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(auto, "cache_folder", lambda: tmp_path)
    quick, plain = aesmap.load(provider="auto"), aesmap.load()
    assert quick.provider_note.startswith("provider auto: ")
    assert plain.provider_note == ""
    for path in sorted(photo_files.iterdir())[::4]:
        assert_same(quick.assess(path), plain.assess(path), FP32)
        assert quick.assess(path).model == plain.assess(path).model


def test_bf16_is_said_in_every_row(photo_files: Path) -> None:
    pytest.importorskip("openvino")
    try:
        session = Session.open(provider="auto", precision="bf16")
    except ModelError:
        pytest.skip("this processor has no bf16")
    plain = aesmap.load()
    assert session.manifest.model_id == f"{plain.manifest.model_id}+bf16"
    other: Any = aesmap.load(provider="auto", precision="bf16")
    path = photo_files / "china.jpg"
    mine, theirs = plain.assess(path), other.assess(path)
    assert theirs.model == f"{mine.model}+bf16"
    assert abs(mine.p_high - theirs.p_high) <= BF16
    assert session.single_threaded().manifest.model_id == session.manifest.model_id
