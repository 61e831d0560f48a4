from __future__ import annotations

import copy
import json
import math
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import ConfigError, ModelError
from aesmap.model.manifest import NEVER, Manifest, read_model, write_manifest
from sample_model import sample_manifest

WEIGHTS = b"weights"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A manifest on disk with its weights beside it."""
    path = tmp_path / "sample.json"
    write_manifest(sample_manifest(), path)
    (tmp_path / "sample.onnx").write_bytes(WEIGHTS)
    return path


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_json_round_trip() -> None:
    manifest = sample_manifest()
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_round_trip_through_the_disk(model: Path) -> None:
    assert read_model(model) == (sample_manifest(), WEIGHTS)


def test_json_says_what_it_is() -> None:
    data = sample_manifest().to_json()
    assert data["format"] == "aesmap-model"
    assert data["format_version"] == 1
    assert data["classes"] == ["low", "high"]
    # Numbers are those of AVA's tags.txt.
    assert data["attributes"] == [
        {"name": "Sky", "number": 7, "bias": -1.0, "threshold": 0.7},
        {"name": "Water", "number": 28, "bias": 0.5, "threshold": 0.7},
    ]


def test_model_id_is_name_and_hash() -> None:
    manifest = sample_manifest(onnx_sha256="0123456789abcdef")
    assert manifest.model_id == "sample@01234567"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a/b"),
        ("name", "a b"),
        ("onnx_file", ""),
        ("onnx_file", ".."),
        ("onnx_file", "../sample.onnx"),
        ("onnx_file", "/etc/passwd"),
        ("onnx_file", "a\0.onnx"),
        ("level_bias", math.nan),
        ("level_bias", math.inf),
        ("close_below", -0.1),
        ("close_below", math.nan),
    ],
)
def test_a_value_that_cannot_be_used_is_named(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field):
        sample_manifest(**{field: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"attribute_names": ("Sky",)},
        {"attribute_names": ("Sky", "Ocean")},
        {"attribute_bias": (0.0, math.nan)},
    ],
)
def test_attributes_must_be_avas_and_have_finite_biases(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="attributes"):
        sample_manifest(**changes)


REQUIRED = sorted(set(sample_manifest().to_json()) - {"classes", "provenance", "figures"})


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_named_with_the_file(model: Path, field: str) -> None:
    data = json.loads(model.read_text())
    del data[field]
    model.write_text(json.dumps(data))
    with pytest.raises(ModelError, match=rf"sample\.json.*{field}"):
        read_model(model)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "damaged or no manifest"),
        ("{", "damaged or no manifest"),
        ("[" * 100_000, "damaged or no manifest"),
        ("[]", "no manifest"),
        ("null", "no manifest"),
        ('{"format": "other"}', "no manifest"),
    ],
)
def test_a_file_that_is_no_manifest_is_named(model: Path, text: str, reason: str) -> None:
    model.write_text(text)
    with pytest.raises(ModelError, match=rf"sample\.json.*{reason}"):
        read_model(model)


def test_a_manifest_that_is_no_text_is_named(model: Path) -> None:
    model.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match=r"sample\.json: cannot be read"):
        read_model(model)


@pytest.mark.parametrize("version", [2, "1", None])
def test_another_version_says_what_to_do(model: Path, version: object) -> None:
    edit(model, format_version=version)
    with pytest.raises(ModelError, match=r"sample\.json.*format_version.*install"):
        read_model(model)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"other\.json: no such model"):
        read_model(tmp_path / "other.json")


def test_a_folder_in_place_of_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(tmp_path)


def test_missing_weights_are_named(model: Path) -> None:
    model.with_suffix(".onnx").unlink()
    with pytest.raises(ModelError, match=r"sample\.onnx: cannot be read \(No such file"):
        read_model(model)


@pytest.mark.parametrize("weights", [b"", b"Weights", b"weight", b"weights\n"])
def test_other_weights_are_refused(model: Path, weights: bytes) -> None:
    model.with_suffix(".onnx").write_bytes(weights)
    with pytest.raises(ModelError, match=r"sample\.onnx: its SHA-256 is not the one in sample\.j"):
        read_model(model)


def test_another_hash_is_refused(model: Path) -> None:
    edit(model, onnx_sha256="0" * 64)
    with pytest.raises(ModelError, match=r"sample\.onnx: its SHA-256"):
        read_model(model)


def test_every_message_is_one_line(model: Path) -> None:
    model.write_text('{"format":\n\n')
    with pytest.raises(ModelError) as caught:
        read_model(model)
    assert "\n" not in str(caught.value)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside nested lists and dicts."""
    if isinstance(data, dict | list):
        steps = data.items() if isinstance(data, dict) else enumerate(data)
        return [here, *(way for key, value in steps for way in places(value, (*here, key)))]
    return [here]


GOOD = sample_manifest().to_json()


@given(way=st.sampled_from(places(GOOD)), junk=JUNK)
def test_junk_anywhere_is_a_config_error_or_harmless(way: tuple[Any, ...], junk: Any) -> None:
    data = copy.deepcopy(GOOD)
    if not way:
        data = junk
    else:
        inside: Any = data
        for key in way[:-1]:
            inside = inside[key]
        inside[way[-1]] = junk
    with suppress(ConfigError):
        Manifest.from_json(data)


def test_thresholds_for_naming_are_kept_and_never_is_null() -> None:
    manifest = replace(sample_manifest(), attribute_thresholds=(0.9, NEVER))
    data = json.loads(json.dumps(manifest.to_json()))
    assert [one["threshold"] for one in data["attributes"]] == [0.9, None]
    again = Manifest.from_json(data)
    assert again == manifest
    assert list(again.naming.values()) == [0.9, NEVER]


def test_a_manifest_without_thresholds_names_from_the_unmeasured_one() -> None:
    data = sample_manifest().to_json()
    for one in data["attributes"]:
        del one["threshold"]
    assert Manifest.from_json(data).attribute_thresholds == (0.7, 0.7)


@pytest.mark.parametrize("thresholds", [(0.5,), (0.0, 0.5), (float("nan"), 0.5)])
def test_thresholds_that_cannot_be_are_refused(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        replace(sample_manifest(), attribute_thresholds=thresholds)
