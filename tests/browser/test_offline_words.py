"""Words, parts and crops of the single file against Python: the same, string for string."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.assessment import Assessment
from aesmap.crops.aspect import ASPECTS, OWN
from aesmap.crops.framing import Face, clipped_box
from aesmap.explain.crop_words import crop_words
from aesmap.explain.headline import as_percentage
from aesmap.explain.parts import parts_of
from aesmap.explain.text import describe
from aesmap.explain.things import NOUNS
from aesmap.model.technical import FAULT_WORDS, TechnicalQuality
from aesmap.model.things import Things
from aesmap.offline.bundle import script_of
from aesmap.offline.known import known_of
from aesmap.types import Box, Size
from made_assessments import made_assessment
from single_file import manifest_of

SIZES = (Size(600, 1200), Size(427, 640), Size(1000, 333), Size(301, 301), Size(64, 97))
NAMES = (*NOUNS, "Urban", "Macro")  # of these two there is no noun


@pytest.fixture(scope="module")
def modules(chromium: Any) -> Any:
    """A page on which the modules are, as the single file has them."""
    known = known_of(manifest_of())
    page = chromium.new_page()
    for name in ("words", "parts", "crop_words", "crop_search", "phrases"):
        page.evaluate(script_of(f"{name}.js", known, name))
    page.evaluate("""() => {
      const map = ([height, width, cells]) => ({ height, width, cells: Float32Array.from(cells) });
      const maps = (list) => list.map((one) => ({ ...one, map: map(one.map) }));
      window.said = (given) => ({
        ...given, evidence: map(given.evidence), activity: given.activity && map(given.activity),
        attributes: maps(given.attributes), named: maps(given.named),
        technical: given.technical && { faults: maps(given.technical.faults) },
        things: given.things && given.things.map(map),
      });
    }""")
    yield page
    page.close()


def as_map(cells: npt.NDArray[np.floating]) -> list[Any]:
    return [*cells.shape, cells.ravel().tolist()]


def given(said: Assessment) -> dict[str, Any]:
    """An assessment in the form of assess() of assessing.js."""
    maps, technical = said.maps, said.technical
    probabilities = dict(said.attributes)
    attributes = {
        name: {
            "name": name,
            "bias": float(maps.attribute_bias[index]),  # type: ignore[index]
            "map": as_map(maps.attribute_map(name)),
            "probability": probabilities[name],
        }
        for index, name in enumerate(maps.attribute_names)
    }
    return {
        "size": {"width": said.size.width, "height": said.size.height},
        "logit": said.logit,
        "bias": maps.bias,
        "meanEvidence": maps.mean_evidence,
        "p_high": said.p_high,
        "level": said.level,
        "reason": said.uncertain_reason,
        "evidence": as_map(maps.evidence),
        "activity": None if maps.activity is None else as_map(maps.activity),
        "attributes": [attributes[name] for name, _ in said.attributes],
        "named": [attributes[name] for name in said.named],
        "betterThan": said.better_than,
        "faces": [
            {"box": [*face.box], "head": [*face.head], "eyes": [*face.eyes]}
            for face in said.faces or ()
        ],
        "things": None if said.things is None else list(map(as_map, said.things.maps)),
        "technical": technical
        and {
            "faults": [
                {
                    "name": name,
                    "probability": probability,
                    "map": as_map(technical.map_of(name)),
                    "bias": technical.bias[technical.map_names.index(name)],
                }
                for name, probability in technical.faults.items()
            ]
        },
    }


def random_map(rng: np.random.Generator, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Now smooth, now flat, now with one strong part, now all noise: what sentences tell apart."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] / np.max(shape)
    kind = rng.integers(5)
    base = np.full(shape, rng.normal(0, 1.5))
    if kind == 0:
        return base.astype(np.float32)
    if kind == 1:
        return (base + rng.normal(0, 3, shape)).astype(np.float32)
    if kind == 2:
        return (base + rng.normal(0, 5) * rows + rng.normal(0, 5) * columns).astype(np.float32)
    middle = rng.uniform(0, 1, 2)
    far = np.hypot(rows - middle[0], columns - middle[1])
    bump = rng.normal(0, 8) * np.exp(-((far / rng.uniform(0.1, 0.6)) ** 2))
    noise = rng.normal(0, 0.5, shape) if kind == 3 else 0
    return (base + bump + noise).astype(np.float32)


def random_faces(rng: np.random.Generator, size: Size) -> tuple[Face, ...]:
    found = []
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        width = rng.uniform(0.03, 0.6) * size.width
        left, top = rng.uniform(-0.1, 0.9) * size.width, rng.uniform(-0.1, 0.9) * size.height
        right, bottom = left + width, top + 1.3 * width
        box = clipped_box(left, top, right, bottom, size)
        head = clipped_box(
            left - 0.15 * width, top - 0.65 * width, right + 0.15 * width, bottom, size
        )
        eyes = clipped_box(
            left + 0.2 * width, top + 0.3 * width, right - 0.2 * width, top + 0.6 * width, size
        )
        found.append(Face(box, head, eyes))
    return tuple(found)


def made(seed: int) -> Assessment:
    """An assessment of random maps, with everything that a sentence may speak of."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 13)), int(rng.integers(2, 15)))
    names = rng.permutation(NAMES)[: rng.integers(0, 5)]
    said = made_assessment(
        random_map(rng, shape),
        float(rng.normal(0, 1.2)),
        rng.choice(["", "", "", "close", "unfamiliar"], p=[0.3, 0.3, 0.2, 0.15, 0.05]),
        **{str(name): (float(rng.normal(0, 2)), random_map(rng, shape)) for name in names},
    )
    faults = rng.permutation(list(FAULT_WORDS))[: rng.choice([0, 1, 1, 2, 3])]
    technical = TechnicalQuality(
        logit=0.0,
        score=5.0,
        p_fair=0.5,
        faults={str(name): float(rng.uniform(0.2, 1)) for name in faults},
        maps=np.stack([random_map(rng, shape) for _ in range(1 + len(faults))]),
        map_names=("technical", *map(str, faults)),
        bias=tuple(map(float, rng.normal(0, 1, 1 + len(faults)))),
    )
    unfamiliar = said.uncertain_reason == "unfamiliar"
    maps, size = said.maps, SIZES[rng.integers(len(SIZES))]
    if rng.random() < 0.5:
        maps = replace(maps, activity=np.abs(random_map(rng, shape)))
    return replace(
        said,
        size=size,
        faces=random_faces(rng, size),
        named=() if unfamiliar else said.named,
        better_than=None if unfamiliar or rng.random() < 0.1 else int(rng.integers(1, 100)),
        technical=None if rng.random() < 0.3 else technical,
        things=None if unfamiliar or rng.random() < 0.3 else random_things(rng, shape),
        maps=maps,
    )


def random_things(rng: np.random.Generator, shape: tuple[int, int]) -> Things:
    """Maps of all nouns of the model, three of which may be there; now on a coarser grid."""
    heads = manifest_of().things
    assert heads is not None
    halves = tuple(side // 2 for side in shape)
    grid = halves if all(side % 2 == 0 for side in shape) and rng.random() < 0.5 else shape
    maps = np.zeros((len(heads.names), *grid), np.float32)
    birds = [heads.names.index(name) for name in ("bird", "dog")]
    for index in (*rng.integers(len(heads.names), size=2), rng.choice(birds)):
        maps[index] = random_map(rng, (grid[0], grid[1])) + 0.5
    return Things(heads, maps)


def test_sentences_are_those_of_python(modules: Any) -> None:
    said = [made(seed) for seed in range(400)]
    found = modules.evaluate(
        "(all) => all.map((one) => words.describe(said(one)))", list(map(given, said))
    )
    texts = set()
    for seed, (one, mine) in enumerate(zip(said, found, strict=True)):
        wanted = describe(one).to_json()
        for left, right in zip(mine["statements"], wanted["statements"], strict=True):
            assert left.pop("share") == pytest.approx(right.pop("share"), abs=2e-4), seed
        assert mine == wanted, seed
        texts.update(statement["text"] for statement in wanted["statements"])
    # They were made so that every form is among them.
    told = " ".join(texts)
    for form in (
        "carries it",
        "speaks for it",
        "weighs against it",
        "spread out, strongest in",
        "spread over the picture",
        "there also",
        "a little",
        "nearly as much",
        "more than the rest",
        "unlike the rest",
        "no part is much",
        "without any evidence",
        "most unlike the rest is",
        "where more",
        "where less",
        "the whole picture",
        ", most at the",
        ", and most at the",
        ", strongest at the",
        "the bird carries",
    ):
        assert form in told, form


def test_parts_are_those_of_python(modules: Any) -> None:
    said = [made(seed) for seed in range(100)]
    found = modules.evaluate(
        "(all) => all.map((one) => parts.partsOf(said(one)))", list(map(given, said))
    )
    assert any(found)
    for seed, (one, mine) in enumerate(zip(said, found, strict=True)):
        wanted = [part.to_json() for part in parts_of(one)]
        assert [part["name"] for part in mine] == [part["name"] for part in wanted], seed
        for left, right in zip(mine, wanted, strict=True):
            assert left["evidence"] == pytest.approx(right["evidence"], abs=1e-6), seed
            assert left["area"] == pytest.approx(right["area"], abs=1e-9), seed


@pytest.mark.parametrize("aspect", ASPECTS)
def test_crops_are_those_of_python_to_the_pixel(modules: Any, aspect: str) -> None:
    for seed in range(12):
        said = made(1000 + seed)
        found = modules.evaluate(
            "([one, aspect]) => crop_search.searchBox(said(one), aspect)", [given(said), aspect]
        )
        box = said.crop(None if aspect == OWN else aspect).box
        assert tuple(found) == box.as_tuple(), seed


def test_words_of_crops_are_those_of_python(modules: Any) -> None:
    asked, wanted = [], []
    for seed in range(300):
        rng, said = np.random.default_rng(seed), made(2000 + seed)
        height, width = said.size
        left, top = int(rng.integers(0, width - 10)), int(rng.integers(0, height - 10))
        right, bottom = (
            int(rng.integers(left + 5, width + 1)),
            int(rng.integers(top + 5, height + 1)),
        )
        box = Box.whole(said.size) if seed % 20 == 0 else Box(left, top, right, bottom)
        after = None if seed % 20 == 1 else float(np.clip(said.p_high + rng.normal(0, 0.2), 0, 1))
        asked.append([given(said), [*box], after])
        wanted.append(crop_words(said, box, after))
    found = modules.evaluate(
        "(all) => all.map(([one, ...rest]) => crop_words.cropWords(said(one), ...rest))", asked
    )
    assert found == wanted
    told = " ".join(wanted)
    for form in (
        "the whole photograph",
        "too small to judge",
        "changes little",
        "gains",
        "loses",
        "what goes",
        "what lies around it",
        "a face is cut",
        "a face is left out",
    ):
        assert form in told, form


def test_percentages_are_those_of_python(modules: Any) -> None:
    shares = [0, 1, 0.005, 0.015, 0.025, 0.125, 0.375, 0.5, 0.994999, 0.995, 1e-9, 1 - 1e-9]
    shares += np.random.default_rng(0).uniform(0, 1, 500).tolist()
    found = modules.evaluate("(all) => all.map(phrases.asPercentage)", shares)
    assert found == [as_percentage(share) for share in shares]
