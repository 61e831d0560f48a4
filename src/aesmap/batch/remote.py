"""Photographs in stores that fsspec reaches: ``s3://bucket/folder``, ``gs://``, ``memory://`` ...

fsspec is an optional package, as is the one behind each kind of store. Trying again after an error
of the network is left to those packages, which all do so.

What a listing says of an object, its size and ETag, is kept beside its name, so that no request is
made for an object that a resumed run skips, nor for one that is too large.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from aesmap.batch.discovery import is_left_out, natural_key
from aesmap.errors import (
    AesmapError,
    ImageError,
    ImageMissingError,
    ImageUnreadableError,
    MissingExtraError,
    UsageError,
)
from aesmap.images.decoder_errors import one_line
from aesmap.images.formats import folder_suffixes
from aesmap.images.limits import ImageLimits

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")
_CHECKSUMS = ("ETag", "etag", "md5Hash", "checksum", "sha256", "crc32c", "CRC")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created", "date_time")


def is_url(path: str) -> bool:
    """Whether a path is one for fsspec."""
    return "://" in path and _SCHEME.match(path) is not None


class ListedUrl(str):
    """The URL of an object, and its fingerprint as the store's listing had it."""

    __slots__ = ("fingerprint",)
    fingerprint: str

    @classmethod
    def of(cls, url: str, fingerprint: str) -> ListedUrl:
        """This URL with this fingerprint."""
        listed = cls(url)
        listed.fingerprint = fingerprint
        return listed

    def __reduce__(self) -> tuple[Callable[[str, str], ListedUrl], tuple[str, str]]:
        return ListedUrl.of, (str(self), self.fingerprint)


def fingerprint_from(info: Mapping[str, Any]) -> str:
    """What tells that an object has changed: its size, and its ETag, checksum or time."""
    size = info.get("size")
    told = next((info[name] for name in (*_CHECKSUMS, *_TIMES) if info.get(name)), "")
    if isinstance(told, datetime):  # some stores say it so of one object, and as a number in a list
        told = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    return f"{'' if size is None else size}-{str(told).removeprefix('W/').strip(chr(34))}"


def remote_fingerprint(url: str) -> str:
    """The fingerprint of a URL, by a request unless a listing told it; empty without an object."""
    if isinstance(url, ListedUrl):
        return url.fingerprint
    try:
        return fingerprint_from(_info(url))
    except AesmapError:
        return ""


def read_remote(url: str, limits: ImageLimits) -> tuple[bytes, str]:
    """An object within the limits, and its fingerprint from before it was read.

    Raises :class:`ImageError`, for a package that is missing too: the run goes on.
    """
    try:
        fingerprint = url.fingerprint if isinstance(url, ListedUrl) else _fingerprint_now(url)
        size = fingerprint.partition("-")[0]
        if size:
            limits.check_bytes(url, int(size))
        system, path = _store_of(url)
        with _store_errors(url):
            if size:
                data = system.cat_file(path)
            else:  # a store that does not know
                with system.open(path, "rb") as file:
                    data = file.read(limits.max_bytes + 1)
    except ImageError:
        raise
    except AesmapError as error:
        raise ImageUnreadableError(url, str(error).removeprefix(f"{url}: ")) from error
    limits.check_bytes(url, len(data))
    return bytes(data), fingerprint


def _fingerprint_now(url: str) -> str:
    info = _info(url)
    if info.get("type") == "directory":
        system, path = _store_of(url)
        with _store_errors(url):
            system.ls(path, detail=True)  # if it cannot be listed, that is what is wrong
            raise IsADirectoryError
    if info.get("type") == "other":
        raise ImageUnreadableError(url, "is no file; give a file")
    return fingerprint_from(info)


def list_remote(url: str, recursive: bool) -> list[ListedUrl | str]:
    """The images that a URL stands for, in order: those in a folder, or the object itself.

    The rules are :func:`~aesmap.batch.discovery.find_images`'s. What cannot be listed or is not
    there is kept, so that reading it reports it. Raises :class:`MissingExtraError`, and
    :class:`UsageError` for a store whose own package is not installed.
    """
    system, root = _store_of(url)
    try:
        info = _info(url)
        if info.get("type") == "other":  # a pipe: reading it says so, and does not wait on it
            return [url]
        if info.get("type") != "directory":
            return [ListedUrl.of(url, fingerprint_from(info))]
        with _store_errors(url):
            entries = system.ls(root, detail=True)
    except ImageError:
        return [url]
    suffixes = folder_suffixes()
    found: dict[str, str] = {}
    unlisted: list[str] = []
    for name, entry in _below(system, root, entries, recursive, unlisted):
        relative = _relative(name, root)
        parts = PurePosixPath(relative)
        if entry.get("type") == "other":  # a pipe, which reading could wait on
            continue
        if parts.name.startswith(".") or any(is_left_out(part) for part in parts.parts[:-1]):
            continue
        if parts.suffix.lower() in suffixes:
            found[relative] = fingerprint_from(entry)
    names = sorted([*found, *unlisted], key=natural_key)
    return [
        ListedUrl.of(_joined(url, name), found[name]) if name in found else _joined(url, name)
        for name in names
    ]


def _below(
    system: Any,
    root: str,
    entries: list[dict[str, Any]],
    recursive: bool,
    unlisted: list[str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files below a folder. One listing for each of its own folders: stores list whole trees."""
    for entry in entries:
        name = str(entry["name"])
        if entry.get("type") != "directory":
            yield name, entry
            continue
        relative = _relative(name, root)
        if not recursive or not relative or is_left_out(relative):
            continue
        try:
            with _store_errors(name):
                tree = system.find(name, detail=True)
        except ImageError:
            unlisted.append(relative)
            continue
        yield from tree.items()


def _relative(name: str, root: str) -> str:
    return name.strip("/").removeprefix(root.strip("/")).strip("/")


def _joined(url: str, relative: str) -> str:
    """The URL of something below ``url``, spelled as that is; of a chain, its first path grows."""
    links = url.split("::")
    first = next(number for number, link in enumerate(links) if "://" in link)
    folder = links[first]
    links[first] = (folder if folder.endswith("/") else f"{folder}/") + relative
    return "::".join(links)


def _info(url: str) -> dict[str, Any]:
    system, path = _store_of(url)
    with _store_errors(url):
        info: dict[str, Any] = system.info(path)
    return info


def _store_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, which fsspec keeps for the next, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError(f"reading {url}", "remote") from error
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        package = getattr(error.__cause__ or error, "name", None)
        problem = f"needs the package {package}; pip install {package}" if package else ""
        raise UsageError(f"{url}: {problem or one_line(error)}") from error
    except ValueError as error:
        raise UsageError(f"{url}: {one_line(error)}; check the address") from error
    except Exception as error:
        raise _store_error(url, error) from error
    return system, str(path)


@contextmanager
def _store_errors(url: str) -> Iterator[None]:
    """Turn whatever a store's package raises into an :class:`ImageError` about this URL."""
    try:
        yield
    except AesmapError:
        raise
    except Exception as error:
        raise _store_error(url, error) from error


def _store_error(url: str, error: Exception) -> ImageError:
    if isinstance(error, FileNotFoundError):
        return ImageMissingError(url, "no such object; check the address")
    if isinstance(error, IsADirectoryError):
        return ImageUnreadableError(url, "is a folder; name the images in it")
    told, kind = one_line(error), type(error).__name__
    if isinstance(error, PermissionError):
        return ImageUnreadableError(url, f"the store forbids it ({told}); check the credentials")
    told = told if kind in told else f"{kind}: {told}"
    problem = f"cannot be read from the store ({told}); try again with --retry-errors"
    return ImageUnreadableError(url, problem)
