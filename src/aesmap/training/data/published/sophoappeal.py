"""AVT-ImageAppeal, also called Sophoappeal: votes of three studies, and crops of 80 x 80 px.

Goering and Raake 2023, doi:10.1109/ACCESS.2023.3292588. The crops are cut from the overview that
lies in the repository of the images: 50 to a row, in the order of the published files.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image

from aesmap.errors import DatasetError
from aesmap.images.reading import read_image
from aesmap.training.data.published.files import (
    PublishedFile,
    PublishedSet,
    SourceFolder,
    as_csv,
    listed,
    put,
    vote_columns,
)

_AT: Final = "https://raw.githubusercontent.com/Telecommunication-Telemedia-Assessment"
_STUDIES_AT: Final = (
    f"{_AT}/sophoappeal_evaluation_image_appeal_test_1/78fc5ad4a62b00a480cc39a5b8973ee0b7c865f9"
)
STUDIES: Final = (
    PublishedFile(
        name="stats_clickworker.csv",
        url=f"{_STUDIES_AT}/stats_clickworker.csv",
        sha256="9273dfe2624a87015a0dfec24a2b360c3e0ab6759457769d5ba21f900a8e81a8",
        size=124_588,
    ),
    PublishedFile(
        name="stats_lab_test_1.csv",
        url=f"{_STUDIES_AT}/stats_lab_test_1.csv",
        sha256="885604c6fa2eb3a4b421d304c05295d11fe29780de4fdecbd2b23bbcff761ecd",
        size=124_371,
    ),
    PublishedFile(
        name="stats_tuil.csv",
        url=f"{_STUDIES_AT}/stats_tuil.csv",
        sha256="7a51e798c6cb341a167c1773f5c79e8f638a0f701650d50a424a8567dd454ad8",
        size=124_369,
    ),
)
OVERVIEW: Final = PublishedFile(
    name="all_crop.jpg",
    url=f"{_AT}/sophoappeal_images/ea56c7ce7a484e3f34532bbcc68c032a7fcf5797/all_crop.jpg",
    sha256="536b8ffd1eb19163a34857847a9e5c76d59c963bc7bce7c5c6cbfe43e8c38733",
    size=1_903_356,
)
SIDE: Final = 80
PER_ROW: Final = 50
VOTES: Final = range(1, 6)
_LIST: Final = "sophoappeal_tiles.csv"
_PREFIX: Final = "static/images/"
_COLUMNS: Final = ("tile", "name", "db", "pooled_mean", "n", *(f"c{vote}" for vote in VOTES))


def build_sophoappeal(
    source: SourceFolder,
    output: Path,
    report: Callable[[], None] = lambda: None,
    *,
    published: tuple[PublishedFile, ...] = (*STUDIES, OVERVIEW),
) -> int:
    """Write ``labels.csv`` and ``tiles/`` of the images of our list; how many they are.

    Parameters
    ----------
    source
        With the tables of the three studies and the overview, the last of ``published``.
    output
        Folder of the table, made if it is not there.
    report
        Called after each tile.
    published
        Which files are asked for.

    Raises
    ------
    DatasetError
        For a file that is missing, another one, or does not hold what it should.
    OutputError
        For a file that cannot be written or would overwrite another.
    """
    *studies, overview = published
    votes = _votes([source.read(study) for study in studies])
    picture = read_image(source.read(overview)).rgb
    wanted = listed(_LIST)
    rows = []
    for image in wanted:
        if image["name"] not in votes:
            raise DatasetError(f"{source.path}: no study in it has votes on {image['name']}")
        counts = votes[image["name"]]
        rows.append(
            image
            | {"db": image["name"].partition("/")[0]}
            | vote_columns(counts, mean="pooled_mean")
        )
    for image in wanted:
        row, column = divmod(int(Path(image["tile"]).stem), PER_ROW)
        tile = picture[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        png = io.BytesIO()
        Image.fromarray(tile).save(png, "PNG")
        put(output / "tiles" / image["tile"], png.getvalue())
        report()
    put(output / "labels.csv", as_csv(_COLUMNS, rows))
    return len(rows)


def _votes(paths: list[Path]) -> dict[str, list[int]]:
    """Of each image, the votes of all studies from low to high."""
    votes: dict[str, list[int]] = defaultdict(lambda: [0] * len(VOTES))
    for path in paths:
        seen = set()
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    name = row["filename"].removeprefix(_PREFIX)
                    if name in seen:
                        raise DatasetError(f"{path}: two rows are of {name}")
                    seen.add(name)
                    for index, vote in enumerate(VOTES):
                        votes[name][index] += int(row[f"count_{vote}"])
        except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError) as error:
            raise DatasetError(f"{path}: cannot be read as a table of votes ({error})") from None
    return votes


SOPHOAPPEAL: Final = PublishedSet(files=(*STUDIES, OVERVIEW), photos=_LIST, build=build_sophoappeal)
