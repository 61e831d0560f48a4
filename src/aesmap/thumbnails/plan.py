"""Which files a run makes of each photograph, and whether they may be written: before any work."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from aesmap.atomic import flush_folder_to_disk
from aesmap.batch.remote import is_url
from aesmap.batch.sources import PhotoList
from aesmap.crops.aspect import OWN
from aesmap.crops.proposal import CropMethod, parse_aspect
from aesmap.errors import OutputError, UsageError
from aesmap.images.cropping.kept_metadata import MetadataPolicy, is_made_here
from aesmap.images.cropping.saving import output_format_of
from aesmap.images.outputs import check_outputs

Suffix: TypeAlias = Literal["keep", "jpeg", "webp", "avif", "png"]

MAX_WIDTH: Final = 65_535

_SUFFIXES: Final = {"jpeg": "jpg", "webp": "webp", "avif": "avif", "png": "png"}
_FIELDS: Final = ("stem", "aspect", "width", "ext", "folder")
_BYTES_IN_NAME: Final = 255


@dataclass(frozen=True)
class Target:
    """One file to be made: a crop of an aspect, ``width`` pixels wide; ``None`` for all it has."""

    path: Path
    aspect: str
    width: int | None
    format: str


@dataclass(frozen=True, kw_only=True)
class CropPlan:
    """What is made of each photograph.

    Attributes
    ----------
    output_dir
        Where the files go.
    aspects
        As they were written; :data:`OWN` for the photograph's own.
    widths
        In pixels; empty for the crops' own size.
    name
        The template of the files' names: see :meth:`targets`.
    suffix
        The format of the files, or ``keep`` for each photograph's.
    quality
        Of JPEG, WebP and AVIF; ``None`` chooses.
    metadata
        What goes along of EXIF, XMP and IPTC.
    method
        How crops are found.
    upscale
        Whether a crop may be enlarged.
    judge
        Whether the model looks at each crop too, to say what it gains or loses.
    roots
        The folders that were searched, of which ``{folder}`` is told.
    """

    output_dir: Path
    aspects: tuple[str, ...] = (OWN,)
    widths: tuple[int, ...] = ()
    name: str = ""
    suffix: Suffix = "keep"
    quality: int | None = None
    metadata: MetadataPolicy = "keep"
    method: CropMethod = CropMethod.SEARCH
    upscale: bool = False
    judge: bool = True
    roots: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for aspect in self.aspects:
            if aspect != OWN:
                parse_aspect(aspect)
        if any(not 1 <= width <= MAX_WIDTH for width in self.widths):
            raise UsageError(f"--width: give whole numbers from 1 to {MAX_WIDTH}, such as 400,800")
        _check_template(self.template, bool(self.widths))

    @property
    def template(self) -> str:
        """The template in use."""
        if self.name:
            return self.name
        return "{stem}-{aspect}-{width}.{ext}" if self.widths else "{stem}-{aspect}.{ext}"

    @property
    def settings(self) -> str:
        """What the rows of a run depend on besides the model and the photograph."""
        widths = ",".join(map(str, self.widths)) or "full"
        quality = "" if self.quality is None else f" quality {self.quality}"
        options = " upscale" * self.upscale + " not judged" * (not self.judge)
        return (
            f"{','.join(self.aspects)} {widths} {self.suffix}{quality}{options} {self.method}"
            f" {self.metadata} {self.template}"
        )

    def targets(self, path: str) -> list[Target]:
        """List the files that are made of one photograph.

        ``{stem}`` is its name without the extension, ``{aspect}`` such as 16x9, ``{width}`` in
        pixels, ``{ext}`` the format's extension, ``{folder}`` the folders between the one that was
        searched and the photograph.
        """
        name = unquote(urlsplit(path).path).rsplit("/", 1)[-1] if is_url(path) else path
        stem, suffix = os.path.splitext(os.path.basename(name))  # noqa: PTH119, PTH122
        ext = _kept_suffix(suffix) if self.suffix == "keep" else _SUFFIXES[self.suffix]
        found = []
        for aspect in self.aspects:
            for width in self.widths or (None,):
                relative = self.template.format(
                    stem=stem,
                    aspect=_in_a_name(aspect),
                    width="" if width is None else width,
                    ext=ext,
                    folder=self._folder_of(path),
                )
                target = self._inside(relative)
                found.append(Target(target, aspect, width, output_format_of(target)))
        return found

    def _folder_of(self, path: str) -> str:
        folder = os.path.dirname(path)  # noqa: PTH120
        if is_url(path):
            return "."
        for root in sorted(self.roots, key=len, reverse=True):
            try:
                relative = os.path.relpath(folder or ".", root)
            except ValueError:  # on another drive
                continue
            if not relative.startswith(os.pardir):
                return relative
        return "."

    def _inside(self, relative: str) -> Path:
        path = Path(os.path.normpath(relative))
        if path.is_absolute() or path.parts[:1] == (os.pardir,):
            raise UsageError(f"--name: {relative} would lie outside {self.output_dir}")
        if len(os.fsencode(path.name)) > _BYTES_IN_NAME:
            raise UsageError(f"--name: {path.name} is too long a name for a disk; make it shorter")
        return self.output_dir / path


def photos_to_crop(photos: PhotoList, named: Iterable[str]) -> PhotoList:
    """Leave out the crops that an earlier run put among the photographs, unless they are named."""
    wanted = {str(Path(path)) for path in named if not is_url(path)}
    return photos.where(lambda path: is_url(path) or path in wanted or not is_made_here(Path(path)))


def check_plan(plan: CropPlan, photos: PhotoList, more_inputs: Iterable[Path], force: bool) -> None:
    """Refuse, before any work, a plan that would write two photographs into one file or over one.

    Raises
    ------
    UsageError
        If two photographs would write one name, both of which are named, if a target is a
        photograph that is read, or a picture that this program did not make, unless ``force``.
    """
    writers: dict[str, str] = {}
    existing: list[Path] = []
    for path in photos:
        own: set[str] = set()
        for target in plan.targets(path):
            # Two spellings of one name on disks that tell neither case nor form of letters.
            key = unicodedata.normalize("NFC", str(target.path)).casefold()
            if key in own:
                raise UsageError(
                    f"--name {plan.template}: two crops of {path} would both be {target.path};"
                    " put {aspect} and {width} into the name"
                )
            own.add(key)
            if key in writers:
                raise UsageError(
                    f"{writers[key]} and {path} would both be written to {target.path}; put"
                    " {folder} into --name, as in '{folder}/{stem}-{aspect}.{ext}', or crop them"
                    " into two folders"
                )
            if os.path.lexists(target.path):
                existing.append(target.path)
        writers.update(dict.fromkeys(own, path))
    inputs: Sequence[str | os.PathLike[str]] = [
        *(path for path in photos if existing and not is_url(path)),
        *more_inputs,
    ]
    check_outputs(existing, inputs, force=force)


def make_folders(plan: CropPlan, photos: PhotoList) -> None:
    """Make the output folder, and those that ``{folder}`` asks for; raises :class:`OutputError`."""
    for folder in dict.fromkeys(_folders(plan, photos)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be made ({error.strerror or error}); give another --output-dir"
            ) from error


def flush_folders(plan: CropPlan, photos: PhotoList) -> None:
    """Have the disk keep the names of all that was written."""
    for folder in dict.fromkeys(_folders(plan, photos)):
        flush_folder_to_disk(folder)


def _folders(plan: CropPlan, photos: PhotoList) -> Iterator[Path]:
    yield plan.output_dir
    if "{folder" in plan.template or "/" in plan.template:
        yield from (target.path.parent for path in photos for target in plan.targets(path))


def _check_template(template: str, has_widths: bool) -> None:
    try:
        fields = [
            field + (f".{spec}" if spec or conversion else "")
            for _, field, spec, conversion in Formatter().parse(template)
            if field is not None
        ]
    except ValueError:
        fields = ["?"]
    if unknown := next((field for field in fields if field not in _FIELDS), None):
        raise UsageError(
            f"--name {template}: {{{unknown}}} is unknown; use"
            f" {', '.join(f'{{{field}}}' for field in _FIELDS)}"
        )
    if "width" in fields and not has_widths:
        raise UsageError(f"--name {template}: {{width}} needs --width")


def _kept_suffix(suffix: str) -> str:
    """The extension of a photograph whose format can be written, else that of a JPEG."""
    try:
        output_format_of(Path(f"a{suffix}"))
    except OutputError:
        return "jpg"
    return suffix[1:]


def _in_a_name(aspect: str) -> str:
    return aspect.strip().lower().replace(":", "x").replace("/", "x")
