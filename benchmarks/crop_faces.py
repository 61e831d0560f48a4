"""Count the faces that crops cut or lose though the frame could hold them all.

    python benchmarks/crop_faces.py ../shared/data/flms/images ../shared/data/oasis/images

For each aspect, over the photographs with faces of at least ``--score``: faces that the crop cuts
and faces that it leaves out, of those photographs whose faces would all fit into the aspect's
largest frame, once by the search that knows no faces and once by the one that ships. The faces are
the detector's own, so this measures the framing and not the detector; ``docs/crop.md`` has its
precision and recall on labelled photographs. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from fractions import Fraction
from pathlib import Path

import aesmap
from aesmap.batch.discovery import find_images
from aesmap.crops.faces import raw_detections
from aesmap.crops.families import family_of
from aesmap.crops.framing import Face
from aesmap.crops.search import search_box
from aesmap.images.reading import open_image
from aesmap.types import Box, Size

ASPECTS = {
    "own": None,
    "1:1": Fraction(1),
    "4:5": Fraction(4, 5),
    "16:9": Fraction(16, 9),
    "9:16": Fraction(9, 16),
}


def surest(photo: str, score: float) -> list[Box]:
    """Faces of at least this score, in pixels of the photo."""
    rgb = open_image(photo).decode().rgb
    boxes, _, scores = raw_detections(rgb, score)
    edges = [box for box, sure in zip(boxes, scores >= score, strict=True) if sure]
    return [Box(*(round(float(edge)) for edge in box)) for box in edges]


def fate(face: Box, frame: Box) -> str:
    """``in``, ``cut`` or ``lost``."""
    if face.iou(frame) == 0:
        return "lost"
    return "in" if frame.contains(face) else "cut"


def all_fit(faces: list[Box], largest: Size) -> bool:
    width = max(face.right for face in faces) - min(face.left for face in faces)
    height = max(face.bottom for face in faces) - min(face.top for face in faces)
    return width <= largest.width and height <= largest.height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--score", type=float, default=0.8)
    args = parser.parse_args()
    analyzer = aesmap.load()
    counts = {
        (aspect, way): {"in": 0, "cut": 0, "lost": 0}
        for aspect in ASPECTS
        for way in ("blind", "faces")
    }
    seconds = {"blind": 0.0, "faces": 0.0}
    num_photos = num_searches = 0
    for path in find_images(args.photos):
        assessment = analyzer.assess_prepared([analyzer.prepare(path, extras=("faces",))])[0]
        whole = Box.whole(assessment.size)
        found = [face for face in surest(path, args.score) if fate(face, whole) == "in"]
        if not found:
            continue
        num_photos += 1
        for name, ratio in ASPECTS.items():
            aspect = ratio or Fraction(assessment.size.width, assessment.size.height)
            if not all_fit(found, family_of(assessment.size, aspect).largest):
                continue
            num_searches += 1
            known: dict[str, tuple[Face, ...]] = {"blind": (), "faces": assessment.faces or ()}
            for way, faces in known.items():
                start = time.perf_counter()
                frame = search_box(assessment.maps, assessment.size, aspect, faces=faces)
                seconds[way] += time.perf_counter() - start
                for face in found:
                    counts[name, way][fate(face, frame)] += 1
    print(f"{num_photos} photographs with faces of at least {args.score}\n")
    report: dict[str, object] = {"num_photos": num_photos}
    for (aspect_name, way), count in counts.items():
        total = sum(count.values())
        share = (count["cut"] + count["lost"]) / total if total else 0.0
        print(
            f"{aspect_name:5s} {way:6s} {total:4d} faces, {count['cut']:3d} cut,"
            f" {count['lost']:3d} lost: {share:.1%}"
        )
        report[f"{aspect_name} {way}"] = count
    report |= {f"ms {way}": round(1000 * s / num_searches, 2) for way, s in seconds.items()}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
