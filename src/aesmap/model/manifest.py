"""What stands beside each ``model.onnx``: everything needed to run it and to say what it is.

The manifest is JSON. It holds the input shapes and preprocessing, the biases that complete the
maps, the rating model, the bounds of doubt, the attributes, the SHA-256 of the .onnx, and where
the weights come from. ``learn`` writes it and ``infer`` reads it; nothing else passes between them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aesmap.atomic import atomic_write
from aesmap.errors import ConfigError, ModelError
from aesmap.model.attributes import BY_NAME
from aesmap.model.frame_choice import FrameChoice
from aesmap.model.graph_outputs import HeadInput
from aesmap.model.ood import FamiliarityTest
from aesmap.model.preprocess import Preprocessing
from aesmap.model.ratings import RatingModel
from aesmap.model.reference import Reference
from aesmap.model.technical import TechnicalHeads
from aesmap.model.things import ThingHeads

FORMAT = "aesmap-model"
FORMAT_VERSION = 1

UNMEASURED_THRESHOLD = 0.7
"""From where an attribute is named by a model whose manifest states no threshold."""

NEVER = 2.0
"""The threshold of an attribute that is never named: no probability reaches it."""

PLAIN_NAME = re.compile(r"\w[\w.-]*")
"""Also a file name on every system, and never a path that leads elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The description of one exported model.

    ``level_bias`` is b in z = mean(E) + b and ``attribute_bias`` (K) the same for the attributes
    ``attribute_names`` (K, AVA's names); ``attribute_thresholds`` (K) are the probabilities from
    which each is named, as a keyword or in a sentence: above 1 for one that never is. ``technical``
    describes the heads for technical quality and faults, ``things`` those for nouns, and
    ``frame_choice`` says which of two frames of a moment is better, of a model that has them.
    ``head_input`` says where the channels are that the head reads, which a personal taste reads
    too; ``taste_id`` is that of the taste in use, ``fine`` whether maps are of four passes,
    ``bf16`` whether arithmetic is of 16 bits, and ``previews`` whether photographs are read from
    their cameras' previews; all stand in no file.
    ``reference`` says how scores of ordinary photographs are spread, where that was measured.
    ``close_below`` (log-odds) is the |z| under which an assessment is called uncertain.
    ``provenance`` and ``figures`` are for people: recipe, training sources with licence and terms,
    and what was measured.

    Raises :class:`ConfigError`, which names the field, for values that cannot be used.
    """

    name: str
    onnx_file: str
    onnx_sha256: str
    preprocessing: Preprocessing
    level_bias: float
    rating_model: RatingModel
    close_below: float
    familiarity: FamiliarityTest
    attribute_names: tuple[str, ...] = ()
    attribute_bias: tuple[float, ...] = ()
    attribute_thresholds: tuple[float, ...] = ()
    technical: TechnicalHeads | None = None
    things: ThingHeads | None = None
    frame_choice: FrameChoice | None = None
    head_input: HeadInput | None = None
    reference: Reference | None = None
    taste_id: str = ""
    fine: bool = False
    bf16: bool = False
    previews: bool = False
    provenance: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not PLAIN_NAME.fullmatch(self.name):
            raise ConfigError(f"name: letters, digits, '-', '_' and '.' only, not {self.name!r}")
        if not PLAIN_NAME.fullmatch(self.onnx_file):
            raise ConfigError(f"onnx_file: a plain file name, not {self.onnx_file!r}")
        if not math.isfinite(self.level_bias):
            raise ConfigError("level_bias: must be a finite number")
        if not self.close_below >= 0:
            raise ConfigError(f"close_below: must be 0 or more, not {self.close_below}")
        if not all(math.isfinite(bias) for bias in self.attribute_bias):
            raise ConfigError("attributes: every bias must be a finite number")
        if len(self.attribute_names) != len(self.attribute_bias):
            raise ConfigError("attributes: as many names as biases")
        if not self.attribute_thresholds:
            unmeasured = (UNMEASURED_THRESHOLD,) * len(self.attribute_names)
            object.__setattr__(self, "attribute_thresholds", unmeasured)
        if len(self.attribute_names) != len(self.attribute_thresholds):
            raise ConfigError("attributes: as many names as thresholds")
        if not all(threshold > 0 for threshold in self.attribute_thresholds):
            raise ConfigError("attributes: every threshold must be above 0")
        for name in self.attribute_names:
            if name not in BY_NAME:
                raise ConfigError(f"attributes: {name!r} is none of AVA's 66 attributes")

    @property
    def model_id(self) -> str:
        """``name@hash``, as the ``model`` column of every result says; with a taste, its hash too.

        ``lite0@7dba44ef+5f0c1a2b`` is the taste ``5f0c1a2b`` beside the model ``lite0@7dba44ef``,
        ``lite0@7dba44ef+fine`` that model in four passes; ``+bf16`` and ``+previews`` likewise.
        """
        ways = [name for name in ("fine", "bf16", "previews") if getattr(self, name)]
        added = "".join(f"+{part}" for part in (self.taste_id, *ways) if part)
        return f"{self.name}@{self.onnx_sha256[:8]}{added}"

    @property
    def naming(self) -> dict[str, float]:
        """The probability from which each attribute is named."""
        return dict(zip(self.attribute_names, self.attribute_thresholds, strict=True))

    @property
    def is_quantised(self) -> bool:
        """Whether the graph computes in 8-bit integers: its provenance says how it was made."""
        return "quantisation" in self.provenance

    def to_json(self) -> dict[str, Any]:
        """As written to disk."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "onnx_file": self.onnx_file,
            "onnx_sha256": self.onnx_sha256,
            "preprocessing": self.preprocessing.to_json(),
            "classes": ["low", "high"],
            "level_bias": self.level_bias,
            "rating_model": self.rating_model.to_json(),
            "close_below": self.close_below,
            "familiarity": self.familiarity.to_json(),
            "attributes": [
                {
                    "name": name,
                    "number": BY_NAME[name].number,
                    "bias": bias,
                    "threshold": threshold if threshold <= 1 else None,
                }
                for name, bias, threshold in zip(
                    self.attribute_names,
                    self.attribute_bias,
                    self.attribute_thresholds,
                    strict=True,
                )
            ],
            **({} if self.technical is None else {"technical": self.technical.to_json()}),
            **({} if self.things is None else {"things": self.things.to_json()}),
            **({} if self.frame_choice is None else {"frame_choice": self.frame_choice.to_json()}),
            **({} if self.head_input is None else {"head_input": self.head_input.to_json()}),
            **({} if self.reference is None else {"reference": self.reference.to_json()}),
            "provenance": self.provenance,
            "figures": self.figures,
        }

    @classmethod
    def from_json(cls, data: Any) -> Manifest:
        """Read back; :class:`ConfigError` names the field that is missing or cannot be used."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ConfigError(f"format: this is no manifest ({FORMAT!r} expected)")
        if data.get("format_version") != FORMAT_VERSION:
            raise ConfigError(
                f"format_version: {data.get('format_version')!r}, but this aesmap reads"
                f" {FORMAT_VERSION}; install the aesmap it was made for"
            )
        try:
            technical, things = data.get("technical"), data.get("things")
            choice = data.get("frame_choice")
            head = data.get("head_input")
            reference = data.get("reference")
            attributes = [
                (str(a["name"]), float(a["bias"]), _threshold(a)) for a in data["attributes"]
            ]
            return cls(
                name=str(data["name"]),
                onnx_file=str(data["onnx_file"]),
                onnx_sha256=str(data["onnx_sha256"]),
                preprocessing=Preprocessing.from_json(data["preprocessing"]),
                level_bias=float(data["level_bias"]),
                rating_model=RatingModel.from_json(data["rating_model"]),
                close_below=float(data["close_below"]),
                familiarity=FamiliarityTest.from_json(data["familiarity"]),
                attribute_names=tuple(name for name, _, _ in attributes),
                attribute_bias=tuple(bias for _, bias, _ in attributes),
                attribute_thresholds=tuple(threshold for _, _, threshold in attributes),
                technical=None if technical is None else TechnicalHeads.from_json(technical),
                things=None if things is None else ThingHeads.from_json(things),
                frame_choice=None if choice is None else FrameChoice.from_json(choice),
                head_input=None if head is None else HeadInput.from_json(head),
                reference=None if reference is None else Reference.from_json(reference),
                provenance=dict(data.get("provenance", {})),
                figures=dict(data.get("figures", {})),
            )
        except KeyError as error:
            raise ConfigError(f"missing field {error}") from None
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ConfigError(str(error)) from None


def _threshold(attribute: dict[str, Any]) -> float:
    threshold = attribute.get("threshold", UNMEASURED_THRESHOLD)
    return NEVER if threshold is None else float(threshold)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write the manifest, atomically."""
    text = json.dumps(manifest.to_json(), indent=2, ensure_ascii=False) + "\n"
    with atomic_write(path) as handle:
        handle.write(text.encode())


def write_model(manifest: Manifest, weights: bytes, folder: Path) -> None:
    """Write a model's .onnx and its manifest, ``<name>.json``, each atomically."""
    with atomic_write(folder / manifest.onnx_file) as handle:
        handle.write(weights)
    write_manifest(manifest, folder / f"{manifest.name}.json")


def read_manifest(manifest_path: Path) -> Manifest:
    """A manifest alone; :class:`ModelError` names the file where it is missing or damaged."""
    try:
        text = manifest_path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ModelError(f"{manifest_path}: no such model; see 'aesmap info'") from None
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or no possible path
        raise ModelError(f"{manifest_path}: cannot be read ({error})") from None
    try:
        return Manifest.from_json(json.loads(text))
    except (ValueError, RecursionError) as error:  # JSONDecodeError and ConfigError are both
        raise ModelError(f"{manifest_path}: damaged or no manifest: {error}") from None


def read_model(manifest_path: Path) -> tuple[Manifest, bytes]:
    """A manifest and the bytes of its .onnx, checked against the manifest's hash.

    Raises :class:`ModelError`, naming the file, when either is missing, damaged, or when the hash
    does not match.
    """
    manifest = read_manifest(manifest_path)
    onnx_path = manifest_path.with_name(manifest.onnx_file)
    try:
        weights = onnx_path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(f"{onnx_path}: cannot be read ({reason}); copy the model again") from None
    if hashlib.sha256(weights).hexdigest() != manifest.onnx_sha256:
        raise ModelError(
            f"{onnx_path}: its SHA-256 is not the one in {manifest_path.name}; the file is damaged"
            " or of another version: copy both files again"
        )
    return manifest, weights
