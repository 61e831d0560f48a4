"""The signature of a photograph that is in a table."""

from __future__ import annotations

from aesmap.batch.photo import open_photo
from aesmap.errors import ImageError
from aesmap.images.moments.exposure import exposure_of
from aesmap.images.moments.similarity import Signature, photo_signature
from aesmap.model.preprocess import Preprocessing


def signature_of(path: str, shaped: Preprocessing) -> Signature | ImageError:
    """Take the signature of the picture that the network would see, or say why there is none."""
    try:
        opened = open_photo(path)
        size = opened.full_size
        decoded = opened.decode(at_least=shaped.decode_size(size))
        rgb = shaped.resize(decoded.rgb, shaped.shape_for(size))
        return photo_signature(rgb, opened.captured, exposure_of(opened.exif))
    except ImageError as error:
        return error.with_traceback(None)
