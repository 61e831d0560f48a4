"""Every provider against ONNX Runtime on the processor, the default."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.errors import MissingExtraError, ModelError, UsageError
from aesmap.model.backends.openvino import OpenVinoEngine, _process_core
from aesmap.model.backends.registry import PRECISIONS, PROVIDERS, Choice
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.session import OUTPUTS, Session, int8_path, model_path
from fake_session import assert_same
from sample_graph import graph
from sample_model import copy_bundled_model, replace_weights, sample_manifest
from shared_data import SHARED, needs
from tolerances import BF16, FP32

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO is not installed: aesmap[openvino]"
)


def has_bf16() -> bool:
    return "BF16" in _process_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def noise(num: int, height: int, width: int) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(num * height * width)
    # Smooth as a photograph, and as bright: the network's inputs lie within -1..1.
    coarse = rng.uniform(-1, 1, (num, 3, -(-height // 16), -(-width // 16)))
    return coarse.repeat(16, axis=2).repeat(16, axis=3)[..., :height, :width].astype(np.float32)


@pytest.fixture(scope="module")
def default() -> Session:
    return Session.open(num_threads=1)


@pytest.fixture(scope="module")
def openvino() -> Session:
    pytest.importorskip("openvino")
    return Session.open(num_threads=1, provider="openvino")


def z(session: Session, maps: NetworkMaps) -> npt.NDArray[np.float64]:
    means: Any = maps.evidence.mean(axis=(1, 2), dtype=np.float64)
    return means + session.manifest.level_bias


def assert_near(mine: NetworkMaps, theirs: NetworkMaps, tolerance: float) -> None:
    for name in ("logit", "evidence", "attribute_maps", "activity"):
        one, other = getattr(mine, name), getattr(theirs, name)
        assert one.dtype == other.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, err_msg=name)


SHAPES = [(1, 288, 384), (3, 320, 320), (2, 512, 192), (5, 97, 65), (1, 33, 160)]


@needs_openvino
@pytest.mark.parametrize(("num", "height", "width"), SHAPES)
def test_openvino_agrees_in_float32(
    default: Session, openvino: Session, num: int, height: int, width: int
) -> None:
    pixels = noise(num, height, width)
    mine, theirs = default.run(pixels), openvino.run(pixels)
    assert np.abs(z(default, mine) - z(openvino, theirs)).max() <= FP32
    assert_near(mine, theirs, FP32)


@needs_openvino
def test_openvino_keeps_the_identity(openvino: Session) -> None:
    maps = openvino.run(noise(3, 128, 96))
    np.testing.assert_allclose(z(openvino, maps), maps.logit, rtol=0, atol=FP32)


@needs_openvino
@pytest.mark.parametrize("num_threads", [0, 1, 2])
def test_threads_may_share_openvino(default: Session, num_threads: int) -> None:
    session = Session.open(num_threads=num_threads, provider="openvino")
    batches = [noise(1, 64, 64 + 8 * index) for index in range(12)]
    expected = [session.run(batch).evidence for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(session.run, batches))
    for result, evidence in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result.evidence, evidence)


@needs_openvino
def test_results_are_the_callers_to_keep(openvino: Session) -> None:
    first = openvino.run(noise(1, 64, 64))
    before = first.evidence.copy()
    openvino.run(noise(2, 64, 64)[1:])
    np.testing.assert_array_equal(first.evidence, before)


@needs_openvino
def test_openvino_takes_one_core_a_run_where_callers_bring_threads() -> None:
    whole = Session.open(provider="openvino")
    single = whole.single_threaded()
    assert single.provider == whole.provider == "OpenVINO"
    assert single.single_threaded() is single
    engine = single._engine
    assert isinstance(engine, OpenVinoEngine)
    from aesmap.cores import num_cores

    threads = engine._model.get_property("INFERENCE_NUM_THREADS")
    assert threads == engine._model.get_property("NUM_STREAMS") == num_cores()


@needs_openvino
def test_precision_is_never_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for: a processor without bf16 would say float32 whatever the hint."""
    import openvino

    asked: list[dict[str, Any]] = []
    compile_model = openvino.Core.compile_model

    def spy(core: Any, graph: Any, device: str, config: dict[str, Any]) -> Any:
        asked.append(config)
        return compile_model(core, graph, device, config)

    monkeypatch.setattr(openvino.Core, "compile_model", spy)
    Session.open(provider="openvino")
    assert [config["INFERENCE_PRECISION_HINT"] for config in asked] == ["f32"]


@needs_openvino
@pytest.mark.parametrize(
    "few", [True, pytest.param(False, marks=[pytest.mark.slow, needs("oasis/images")])]
)
def test_bf16_within_its_tolerance(photo_files: Path, analyzer: Analyzer, few: bool) -> None:
    """On photographs: noise moves less, and passed where they did not."""
    if not has_bf16():
        pytest.skip("this processor has no bf16")
    paths = sorted(photo_files.iterdir() if few else (SHARED / "oasis/images").iterdir())
    other = aesmap.load(provider="openvino", precision="bf16")
    assert other.precision == "bf16"
    pairs = zip(analyzer.assess_many(paths), other.assess_many(paths), strict=True)
    changes = [abs(mine.p_high - theirs.p_high) for mine, theirs in pairs]
    assert max(changes) > 1e-4  # some difference, or it was not bf16
    assert np.percentile(changes, 99) <= BF16


@needs_openvino
def test_bf16_is_refused_where_the_processor_has_none() -> None:
    if has_bf16():
        pytest.skip("this processor has bf16")
    with pytest.raises(ModelError, match="no bf16 arithmetic"):
        Session.open(provider="openvino", precision="bf16")


@needs_openvino
def test_streams_agree(photo_files: Path, analyzer: Analyzer) -> None:
    paths = sorted(photo_files.iterdir())[::3]
    other = aesmap.load(provider="openvino")
    for mine, theirs in zip(analyzer.assess_many(paths), other.assess_many(paths), strict=True):
        assert_same(mine, theirs, FP32)
        assert mine.model == theirs.model


@pytest.mark.parametrize("provider", ["cpu", pytest.param("openvino", marks=needs_openvino)])
@pytest.mark.parametrize("weights", [b"", b"not a graph", bytes(1000)])
def test_no_graph_is_one_line(tmp_path: Path, provider: str, weights: bytes) -> None:
    manifest = copy_bundled_model(tmp_path)
    replace_weights(manifest, weights)
    with pytest.raises(ModelError, match=r"lite0\.onnx: .* cannot load it") as caught:
        Session.open(manifest, provider=provider)
    assert "\n" not in str(caught.value)


@needs_openvino
@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [(["pixels"], ["logit", "evidence"]), (["image"], OUTPUTS)],
)
def test_a_graph_of_another_kind_is_refused(inputs: list[str], outputs: list[str]) -> None:
    with pytest.raises(ModelError, match=r"sample\.onnx: not an aesmap model"):
        Session(sample_manifest(), graph(inputs, outputs), choice=Choice(provider="openvino"))


@needs_openvino
def test_other_attributes_are_refused(tmp_path: Path) -> None:
    manifest = copy_bundled_model(tmp_path, lambda data: data["attributes"].pop())
    with pytest.raises(ModelError, match=r"it has \d+ attributes, but its manifest lists"):
        Session.open(manifest, provider="openvino")


def test_without_openvino_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"aesmap\[openvino\]"):
        Session.open(provider="openvino")


def test_without_cuda_the_package_is_named() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ModelError, match="pip install onnxruntime-gpu") as caught:
        Session.open(provider="cuda")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    "CUDAExecutionProvider" not in __import__("onnxruntime").get_available_providers(),
    reason="this ONNX Runtime has no CUDA",
)
def test_cuda_agrees_in_float32(default: Session) -> None:
    session = Session.open(provider="cuda")
    pixels = noise(16, 288, 384)
    assert np.abs(z(session, session.run(pixels)) - z(default, default.run(pixels))).max() <= FP32


@pytest.mark.parametrize("provider", ["cpu", "cuda"])
def test_bf16_is_openvinos(provider: str) -> None:
    with pytest.raises(UsageError, match="bf16 needs the provider openvino"):
        Choice(provider=provider, precision="bf16")


@pytest.mark.parametrize("wrong", [{"provider": "tpu"}, {"precision": "fp8"}])
def test_unknown_choices_list_the_known(wrong: dict[str, str]) -> None:
    known = PROVIDERS if "provider" in wrong else PRECISIONS
    with pytest.raises(UsageError, match=", ".join(known)):
        aesmap.load(**wrong)  # type: ignore[arg-type]


def test_int8_is_the_model_beside(tmp_path: Path) -> None:
    manifest = copy_bundled_model(tmp_path)
    with pytest.raises(ModelError, match="aesmap quantise lite0 --photos"):
        Session.open(manifest, precision="int8")
    # Any model of that name will do here: what makes one is tested in tests/learn.
    quantised = copy_bundled_model(
        tmp_path, lambda data: data["provenance"].update(quantisation={"model": "lite0"})
    ).rename(tmp_path / "lite0-int8.json")
    assert int8_path(manifest) == int8_path(quantised) == quantised
    session = Session.open(manifest, precision="int8")
    assert session.precision == "int8"
    assert Session.open(model_path()).precision == "fp32"


CLOSE_AND_SIGNAL = """
import gc, signal, sys, threading
from concurrent.futures import ThreadPoolExecutor
from aesmap.model.session import Session

def open_one():
    return Session.open(num_threads=1, provider="openvino")

signal.signal(signal.SIGINT, lambda *_: print("handled"))
with ThreadPoolExecutor(1) as pool:
    first = pool.submit(open_one).result() if sys.argv[1] == "pool" else open_one()
    second = open_one()
    thread = pool.submit(threading.get_ident).result() if sys.argv[1] == "pool" else None
    del first
    gc.collect()
    del second
    gc.collect()
    signal.pthread_kill(thread or threading.get_ident(), signal.SIGINT)
"""


@needs_openvino
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals to threads are POSIX")
@pytest.mark.parametrize("opened_in", ["main", "pool"])
def test_signals_are_handled_after_sessions_are_gone(opened_in: str) -> None:
    """Every Core of OpenVINO's own took a thread's signal stack away: a segmentation fault."""
    command = [sys.executable, "-c", CLOSE_AND_SIGNAL, opened_in]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "handled\n"), done.stderr


@needs_openvino
def test_a_session_travels_with_its_provider() -> None:
    session = Session.open(num_threads=1, provider="openvino")
    copy = pickle.loads(pickle.dumps(session))
    assert (copy.provider, copy.precision) == (session.provider, session.precision)
    assert "openvino" in copy.provider.lower()
