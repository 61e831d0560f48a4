"""Small images, files and colour profiles that the tests of several modules read and write."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.uint8]

KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"]
LEVELS_OF_LOSS = 12
"""What lossy coding at best quality may change away from the edges."""

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 240)

TO_STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""How an upright image lies in a file with each EXIF orientation (Exif 2.32, 4.6.4 A, tag 274):
the orientation says which sides of the scene the first row and the first column are."""


def quadrants(height: int = 32, width: int = 48) -> Array:
    """Red and green above blue and white: no turn or flip leaves it as it was."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = RED
    image[: height // 2, width // 2 :] = GREEN
    image[height // 2 :, : width // 2] = BLUE
    image[height // 2 :, width // 2 :] = WHITE
    return image


def gradient(height: int, width: int) -> Array:
    """Red grows to the right, green downwards, blue with both."""
    y, x = np.mgrid[:height, :width]
    red, green = x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1)
    return np.stack([red, green, (red + green) // 2], axis=-1).astype(np.uint8)


def noise_shoot(folder: Path, count: int, shape: tuple[int, int]) -> Path:
    """Make a folder of so many JPEGs, ``0.jpg`` and on, of one and the same noise."""
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    for number in range(count):
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return folder


def exif_block(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera maker"
    return exif.tobytes()


def encode(image: Image.Image | npt.NDArray[np.generic], kind: str, **options: object) -> bytes:
    """A file's bytes, in the best quality the format has unless told otherwise."""
    best = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    }
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    stream = io.BytesIO()
    image.save(stream, kind, **{**best.get(kind, {}), **options})
    return stream.getvalue()


def encode_turned(upright: Array, kind: str, orientation: int) -> bytes:
    """A file whose pixels lie as ``orientation`` says, and whose EXIF says so."""
    stored = np.ascontiguousarray(TO_STORED[orientation](upright))
    return encode(stored, kind, exif=exif_block(orientation))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png_bytes(
    pixels: npt.NDArray[np.generic], *, before: bytes = b"", after: bytes = b"", size: object = None
) -> bytes:
    """A PNG of (H,W), (H,W,3) or (H,W,4), 8 or 16 bits, with chunks before and after the pixels."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    bits = 8 * pixels.dtype.itemsize
    header = struct.pack(">LLBBBBB", width, height, bits, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    if size is not None:  # a header that lies
        header = struct.pack(">LL", *size) + header[8:]
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            before,
            png_chunk(b"IDAT", zlib.compress(data)),
            after,
            png_chunk(b"IEND", b""),
        ]
    )


def tiff_bytes(
    pixels: npt.NDArray[np.generic],
    *,
    photometric: int,
    more: tuple[tuple[int, int, int], ...] = (),
    order: str = "<",
) -> bytes:
    """An uncompressed one-strip TIFF of (H,W) or (H,W,C); ``more`` are tag, type and value."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    bits = 8 * pixels.dtype.itemsize
    tags = {
        256: (4, width),
        257: (4, height),
        258: (3, bits),
        259: (3, 1),
        262: (3, photometric),
        273: (4, 8),
        277: (3, channels),
        278: (4, height),
        279: (4, len(data)),
        339: (3, 3 if pixels.dtype.kind == "f" else 1),
        **{tag: (kind, value) for tag, kind, value in more},
    }
    directory = struct.pack(f"{order}H", len(tags))
    for tag, (kind, value) in sorted(tags.items()):
        packed = struct.pack(f"{order}H", value) + b"\0\0" if kind == 3 else None
        packed = packed or struct.pack(f"{order}L", value)
        directory += struct.pack(f"{order}HHL", tag, kind, 1) + packed
    padding = b"\0" * (len(data) % 2)
    start = 8 + len(data) + len(padding)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", start)
    return head + data + padding + directory + bytes(4)


SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169],
     [0.0139322, 0.0971045, 0.7141733]]
)  # fmt: skip
ADOBE_RGB_TO_XYZ = np.array(
    [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197],
     [0.0194811, 0.0608902, 0.7448387]]
)  # fmt: skip
"""Linear RGB to XYZ adapted to D50 (B. Lindbloom, www.brucelindbloom.com, Eqn_RGB_XYZ_Matrix)."""


def rgb_profile(to_xyz: npt.NDArray[np.float64], curve: float | npt.NDArray[np.float64]) -> bytes:
    """An ICC v2 display profile of three primaries and a gamma or a table (ICC.1:2001-04)."""
    tags = {b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    for column, name in enumerate(b"rgb"):
        tags[bytes([name]) + b"XYZ"] = _xyz(*to_xyz[:, column])
        tags[bytes([name]) + b"TRC"] = _curve(curve)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    """An ICC v2 greyscale profile."""
    return _profile(
        b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"kTRC": _curve(gamma)}
    )


def cmyk_profile(cyan_lightness: int) -> bytes:
    """An ICC v2 printer profile whose inks are neutral: cyan alone has L* = ``cyan_lightness``."""
    grid = bytearray()
    for corner in range(16):
        cyan, others = corner >> 3, corner & 7
        lightness = 0 if others else cyan_lightness if cyan else 100
        grid += bytes([round(lightness * 2.55), 128, 128])
    identity = bytes(range(256))
    matrix = b"".join(struct.pack(">l", 65536 * (i % 4 == 0)) for i in range(9))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix
    table += identity * 4 + bytes(grid) + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(0.9642, 1, 0.8249), b"A2B1": table,
                                               b"A2B0": table})  # fmt: skip


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">l", round(v * 65536)) for v in values)


def _curve(curve: float | npt.NDArray[np.float64]) -> bytes:
    if isinstance(curve, float):
        return b"curv" + bytes(4) + struct.pack(">LH", 1, round(curve * 256)) + bytes(2)
    entries = np.rint(curve * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">L", len(entries)) + entries.tobytes()


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = b"desc" + bytes(4) + struct.pack(">L", 5) + b"test\0" + bytes(8 + 3 + 67)
    tags = {b"desc": text + bytes(-len(text) % 4), **tags}
    offset = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">L", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">LL", offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    header = struct.pack(">L4sL4s4s4s", offset + len(bodies), bytes(4), 0x02400000, kind, space,
                         connection)  # fmt: skip
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += b"".join(struct.pack(">l", round(v * 65536)) for v in (0.9642, 1.0, 0.8249))
    return header + bytes(128 - len(header)) + table + bodies


HEIC_TURNED = base64.b64decode(
    """
    AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA
    AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAGAAAgAAAAACTAABAAAAAAAAACQAAAA4aWlu
    ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAB
    B2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA
    AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA
    AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAACAAAAABAAAAMAAAAAH////g
    AAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAa
    aXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAIxtZGF0AAAAXCgBrxOA5Ta2MRf5IJf4dBLL9BaPuTsy7FKqNCmn+AYr
    3pvjCJrRy2cx/4u+NrSzlqOjcshYenaFhsc7VB4H3s/WNlXLWnKY/KyDo+N8eKO29X611p/MlBZ7rHbAAAAABkV4
    aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA
    """
)
"""``quadrants()`` as HEIC with EXIF orientation 6 and the container's own rotation to match, as
phones write it. Made once with pillow-heif, for pi-heif only decodes."""

HEIC_PRIMARY_SECOND = base64.b64decode(
    """
    AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA
    AAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB0AABAAAAAAAAABcAAgAAAAAB5wABAAAAAAAAAW0AAAA4aWluZgAAAAAA
    AgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAAACAABodmMxAAAAAA5waXRtAAAAAAACAAABBWlwcnAAAADd
    aXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAq
    QgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQAN
    AAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBp
    eGkAAAAAAwgICAAAACBpcG1hAAAAAAAAAAIAAQWBAgMFhAACBYECAwWEAAABjG1kYXQAAAATKAGvBPhyXZks3/30AkEb
    W4ft+AAAAWkoAa8E+EE1jN/tq3f/7Q37/9UNrTNZ1U2uMXZr9OFP6z2283Wq1cQ8zF3Y04FC+vy0IFt4JsJsLaE6Uqgq
    9bS7TTdw3pl3vvS8Pp7ND9rbYh+XH9//Bd2djezRj5Fe5nf9z7xt32aGPCu/q7jZVA+wOKDa0wbf+VeP94/9//udxvaA
    PvksvfBrxSe1HtxIJ6bznxvJf4p/Ceh2elc3gW9YHTOUkqPxvqb6spWW5vy0Oc2oALXTcZfOa54kbid0ASjE+m022Z3P
    ZFPxlaX6o1Uex/QV6ZmpQSXWP/Z/7T+y/+UtS1D1BIK9RT1iFN71dDBwkmMvYYKgAAADAQFnInlBpY7VbkyjoMPF+hOb
    pe33NTfMLkghGbMqdR+5+LIARYAincJt4RqtsQGXjEt35qcuxX/RqIlmRdcZQhUsRqI7J/h/JTC7hDCD8lfdJ8AtC409
    IaXJswiOAapDqbSrEk3JoEK1gg0Qa8+w
    """
)
"""A black image, and ``quadrants()``, which is the primary one. Made once with pillow-heif."""


def corners(rgb: Array) -> list[tuple[int, ...]]:
    """The colour in the middle of each quadrant: top left, top right, bottom left and right."""
    height, width = rgb.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [tuple(int(level) for level in rgb[y, x]) for y in rows for x in columns]


def assert_upright(rgb: Array) -> None:
    difference = np.subtract(corners(rgb), [RED, GREEN, BLUE, WHITE])
    assert np.abs(difference).max() <= LEVELS_OF_LOSS
