"""Whatever is done to a shoot in whatever order, nothing of the photographer's is harmed.

Shoots have ratings, keywords and rights in random places and formats. Commands run in random
order, and after each of them every rating, keyword and right must still be there, visible in every
program, and after an undo every byte must be what it was.
"""

from __future__ import annotations

import io
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from aesmap.images.metadata.embedded import embedded_metadata
from aesmap.images.metadata.xmp.document import DC, XMP, Document
from aesmap.images.metadata.xmp.properties import items_of, list_of, value_of
from command import Aesmap
from fake_session import FakeSession, fake_analyzer

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF"}
RIGHTS = "(c) Jane Doe"


@pytest.fixture(autouse=True)
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = fake_analyzer(FakeSession())
    for module in ("tag.run", "top_run", "explain"):
        monkeypatch.setattr(f"aesmap.cli.{module}.analyzer_for", lambda *_, **__: analyzer)


@dataclass
class Owned:
    """What a photographer has said of one photograph, anywhere."""

    rating: str | None = None
    keywords: set[str] = field(default_factory=set)
    has_rights: bool = False


def packet(rating: str | None, words: list[str], rights: bool) -> bytes:
    inside = ""
    if words:
        items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
        inside += f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"
    if rights:
        inside += f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{RIGHTS}</rdf:li></rdf:Alt>'
        inside += "</dc:rights>"
    stars = f' xmp:Rating="{rating}"' if rating is not None else ""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"{stars}>{inside}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def with_iptc(data: bytes, words: list[str]) -> bytes:
    iptc = b"".join(
        struct.pack(">BBBH", 0x1C, 2, 25, len(word.encode())) + word.encode() for word in words
    )
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">L", len(iptc)) + iptc
    block += bytes(len(iptc) % 2)
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:]


def photograph(rng: random.Random, suffix: str, inside: bytes | None, stars: str | None) -> bytes:
    ramp = np.linspace(-40, 40, 96)[None, :, None] * np.ones((96, 1, 3))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 12, (96, 96, 3))
    pixels = (ramp + noise + rng.randrange(60, 200)).clip(0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x8298] = RIGHTS
    if stars is not None and not stars.startswith("-"):
        exif[0x4746] = int(stars)
    options: dict[str, object] = {"exif": exif}
    form = FORMATS[suffix]
    if inside and form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", inside.decode())
        options["pnginfo"] = texts
    elif inside and form == "TIFF":
        exif[700] = inside
    elif inside:
        options["xmp"] = inside
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def make_shoot(folder: Path, rng: random.Random) -> dict[str, Owned]:
    folder.mkdir()
    owned = {}
    for number in range(6):
        suffix = rng.choice(list(FORMATS))
        name = f"{number}.{suffix}"
        mine = owned[name] = Owned(has_rights=True)
        rating = rng.choice([None, None, "-1", "1", "3", "5"])
        place = rng.choice(["inside", "long", "short", "LONG", "exif"])
        words = {where: [f"{where}{number}"] for where in ("inside", "long", "short", "iptc")}
        used = {where for where in words if rng.random() < 0.4}
        if suffix != "jpg":
            used.discard("iptc")
        if rating == "-1" and place == "exif":
            place = "inside"
        if rating is not None:
            mine.rating = rating
            used.add({"LONG": "long"}.get(place, place))
        stars = {where: rating if where == place else None for where in ("inside", "long", "short")}
        if place == "LONG":
            stars["long"] = rating
        inside = packet(stars["inside"], words["inside"], rights=True) if "inside" in used else None
        data = photograph(rng, suffix, inside, rating if place == "exif" else None)
        if "iptc" in used:
            data = with_iptc(data, words["iptc"])
        (folder / name).write_bytes(data)
        for where, sidecar in (("long", f"{name}.xmp"), ("short", f"{number}.xmp")):
            if where in used:
                sidecar = sidecar.upper() if place == "LONG" and where == "long" else sidecar
                (folder / sidecar).write_bytes(packet(stars[where], words[where], rights=False))
        mine.keywords = {word for where in used & set(words) for word in words[where]}
    return owned


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stated(data: bytes) -> tuple[str | None, list[str] | None]:
    """Rating and list of keywords that a packet shows to any program."""
    document = Document(data.rstrip(b"\0 \n"))
    subject = document.find(DC, "subject")
    words = None if subject is None else [i.text.strip() for i in items_of(list_of(subject))]
    return value_of(document, document.find(XMP, "Rating")), words


def packets_of(folder: Path, photo: str, files: dict[str, bytes]) -> dict[str, list[bytes]]:
    """The packets of a photograph by the file that holds them: inside it, and in sidecars."""
    stems = (photo.casefold(), Path(photo).stem.casefold())
    beside = {
        name: [data]
        for name, data in files.items()
        if name.casefold().endswith(".xmp") and name[:-4].casefold() in stems
    }
    return {photo: embedded_metadata(files[photo]).xmp} | beside


def check_nothing_is_hidden(
    folder: Path, before: dict[str, bytes], owned: dict[str, Owned]
) -> None:
    """Ratings are the photographer's everywhere; lists stay, and a new one holds all keywords."""
    now = contents(folder)
    assert before.keys() <= now.keys()
    for photo, mine in owned.items():
        were = packets_of(folder, photo, before)
        for name, data in packets_of(folder, photo, now).items():
            old = [stated(packet)[1] for packet in were.get(name, [])]
            for packet_now, words_before in zip(data, [*old, None], strict=False):
                rating, words = stated(packet_now)
                if mine.rating is not None:
                    assert rating in (None, mine.rating), (photo, name)
                if words_before is not None:
                    assert words is not None
                    assert words[: len(words_before)] == words_before, (photo, name)
                elif words is not None:
                    assert mine.keywords <= set(words), (photo, name)


def run_random_commands(
    aesmap: Aesmap, tmp_path: Path, rng: random.Random, num_commands: int
) -> None:
    folder = tmp_path / "shoot"
    owned = make_shoot(folder, rng)
    before = contents(folder)
    for step in range(num_commands):
        command = rng.choice(["xmp", "adobe", "embed", "both", "undo", "crop", "onto", "top"])
        if command in ("xmp", "adobe", "embed", "both"):
            options = {
                "xmp": ["--xmp"],
                "adobe": ["--xmp", "--naming", "adobe"],
                "embed": ["--embed"],
                "both": ["--xmp", "--embed"],
            }[command]
            stars = rng.choice(["thresholds", "quantiles"])
            outcome = aesmap("tag", folder, *options, "--stars", stars, "--keywords-above", "0")
            assert "Traceback" not in outcome.err
            check_nothing_is_hidden(folder, before, owned)
        elif command == "undo":
            aesmap("tag", folder, "--undo").succeeded()
            assert contents(folder) == before
        elif command == "crop":
            name = rng.choice(list(owned))
            output = tmp_path / f"crop{step}.{rng.choice(list(FORMATS))}"
            held = contents(folder)
            aesmap("crop", folder / name, "--aspect", "1:1", "--output", output).succeeded()
            assert contents(folder) == held
            assert embedded_metadata(output).tags[0x8298] == RIGHTS
        elif command == "onto":
            held = contents(folder)
            one, other = rng.choice(list(owned)), rng.choice(list(owned))
            aesmap("crop", folder / one, "--output", folder / other).failed(2)
            assert contents(folder) == held
        else:
            held = contents(folder)
            best = tmp_path / f"best{step}"
            aesmap("top", folder, "--keep-similar", "--include-unfamiliar", "--copy-to", best)
            assert contents(folder) == held
            copies = contents(best)
            assert all(copies[name] == held[name] for name in owned if name in copies)
            assert all(f"{name}.xmp" in copies for name in owned if f"{name}.xmp" in held)
    aesmap("tag", folder, "--undo").succeeded()
    assert contents(folder) == before


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_overwritten_hidden_or_lost(aesmap: Aesmap, tmp_path: Path, seed: int) -> None:
    run_random_commands(aesmap, tmp_path, random.Random(seed), 8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_nothing_is_overwritten_hidden_or_lost_in_the_long_run(
    aesmap: Aesmap, tmp_path: Path, seed: int
) -> None:
    run_random_commands(aesmap, tmp_path, random.Random(seed), 15)
