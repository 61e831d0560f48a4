"""What the service does with a photograph, as jobs for :class:`~.micro_batching.Workers`.

Each yields what the model is to look at and is sent the assessments. It runs on a worker's thread,
decoding, searching, drawing and writing JSON included, so that as many threads work as there are
cores.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.crop_assessment import NUM_ALTERNATIVES, JudgedBox, judge_boxes, propose_crops
from aesmap.crops.aspect import OWN
from aesmap.crops.proposal import CropProposal
from aesmap.errors import ImageError, ImageTooLargeError
from aesmap.images.formats import PICTURE_FORMATS, sniff
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import DecodedImage, OpenedImage, check_large_enough
from aesmap.images.reading import open_image
from aesmap.scheduler import Job
from aesmap.server import queries, schemas
from aesmap.server.caching import ClientCache, Headers
from aesmap.server.errors import ServiceError
from aesmap.server.photos.bodies import assessment_body, maps_body
from aesmap.server.photos.crops import (
    CropRequest,
    crop_answer,
    crop_fields,
    cut_image,
    focal_answer,
)
from aesmap.server.photos.without import without_body
from aesmap.server.uploads import Upload, checked
from aesmap.types import Box, Size

_NAME = "the image"
_JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A body with its media type, and the size of the photograph, if it is one, for the log."""

    body: bytes
    media_type: str
    photo: Size | None = None
    headers: Headers = ()
    status: int = 200


PhotoJob: TypeAlias = Job[PreparedPhoto, Assessment, Answer]


@dataclass(frozen=True)
class PhotoBatch:
    """Photographs of one request, each a job of its own; ``headers`` are of the whole answer."""

    photos: list[bytes] = field(repr=False)
    job_of: Callable[[bytes], PhotoJob]
    headers: Headers


UploadJob: TypeAlias = Job[PreparedPhoto, Assessment, Answer | PhotoBatch]


@dataclass(frozen=True)
class PhotoHandlers:
    """What every job needs."""

    analyzer: Analyzer
    limits: ImageLimits

    def assess(
        self,
        upload: Upload,
        cache: ClientCache,
        *,
        maps: bool = False,
        aspects: Sequence[str | None] | None = None,
    ) -> UploadJob:
        """The assessment as JSON, with maps and with crops where they are wanted.

        Of a form with several photographs they are what this gives, each to be done by itself.
        """
        photos = upload.photos()
        del upload
        asked = "assess", maps, aspects
        if isinstance(photos, bytes):
            headers = cache.headers(self.analyzer, asked, [photos])
            return (yield from self._assess(photos, maps, aspects, headers, cache))
        headers = cache.headers(self.analyzer, ("batch", *asked), photos)
        if cache.has(headers):
            return _not_modified(headers)
        return PhotoBatch(photos, lambda photo: self._assess(photo, maps, aspects), headers)

    def _assess(
        self,
        photo: bytes,
        maps: bool,
        aspects: Sequence[str | None] | None,
        headers: Headers = (),
        cache: ClientCache | None = None,
    ) -> PhotoJob:
        opened = self._open(checked(photo))
        if cache is not None and cache.has(headers):
            return _not_modified(headers, opened.full_size)
        decoded = _decode(self.analyzer, opened)
        crops = None
        if aspects is None:
            assessment = yield from _assess(self.analyzer, opened, decoded, faces=True)
        else:
            assessment, found = yield from propose_crops(
                self.analyzer, opened, aspects, decoded=decoded
            )
            crops = [
                schemas.Crop(**crop_fields(crop.judged, crop.proposal, aspect or OWN))
                for aspect, crop in zip(aspects, found, strict=True)
            ]
        body = assessment_body(assessment, crops, with_maps=maps)
        return Answer(body.model_dump_json().encode(), _JSON, assessment.size, headers)

    def explain(
        self,
        upload: Upload,
        cache: ClientCache,
        answer_format: queries.ExplainFormat,
        layout: queries.Layout,
    ) -> PhotoJob:
        """The panel as PNG, or the maps' numbers."""
        data = upload.photo()
        headers = cache.headers(self.analyzer, ("explain", answer_format, layout), [data])
        opened = self._open(data)
        size = opened.full_size
        if cache.has(headers):
            return _not_modified(headers, size)
        assessment = yield from _assess(self.analyzer, opened, _decode(self.analyzer, opened))
        from aesmap.explain.render import draw_explanation, write_maps

        stream = io.BytesIO()
        if answer_format is queries.ExplainFormat.JSON:
            text = maps_body(assessment).model_dump_json()
            return Answer(text.encode(), _JSON, size, headers)
        if answer_format is queries.ExplainFormat.NPZ:
            write_maps(assessment, stream)
            named = ("Content-Disposition", 'attachment; filename="maps.npz"')
            return Answer(stream.getvalue(), "application/octet-stream", size, (*headers, named))
        draw_explanation(opened, assessment, layout.value).save(stream, "PNG")
        return Answer(stream.getvalue(), "image/png", size, headers)

    def without(self, upload: Upload, box: Box) -> PhotoJob:
        """What the photograph would be without a part of it, as JSON."""
        opened = self._open(upload.photo())
        body = yield from without_body(self.analyzer, opened, box)
        return Answer(body.model_dump_json().encode(), _JSON, opened.full_size)

    def crop(self, upload: Upload, cache: ClientCache, request: CropRequest) -> PhotoJob:
        """A box with its reasons as JSON, a focal point, or the image cut to the box."""
        data = upload.photo()
        headers = cache.headers(self.analyzer, request, [data])
        opened = self._open(data)
        size, given = opened.full_size, request.box
        if cache.has(headers):
            return _not_modified(headers, size)
        if given is not None and (given.right > size.width or given.bottom > size.height):
            told = ",".join(map(str, given.as_tuple()))
            raise ServiceError("bad_parameter", f"box: {told} reaches beyond the photo of {size}")
        is_json = request.format is queries.CropFormat.JSON
        if given is not None and (request.focal or not is_json):
            return self._without_words(data, opened, given, request, headers)
        decoded = _decode(self.analyzer, opened)
        if request.focal or not is_json:
            assessment = yield from _assess(self.analyzer, opened, decoded, faces=True)
            box = assessment.crop(request.aspect, request.method).box
            return self._without_words(data, opened, box, request, headers)
        proposal: CropProposal | None = None
        others: tuple[JudgedBox, ...] = ()
        if given is None:
            assessment, (crop,) = yield from propose_crops(
                self.analyzer,
                opened,
                [request.aspect],
                request.method,
                num_alternatives=NUM_ALTERNATIVES,
                decoded=decoded,
            )
            judged, proposal, others = crop.judged, crop.proposal, crop.alternatives
        else:
            assessment = yield from _assess(self.analyzer, opened, decoded, faces=True)
            (judged,) = yield from judge_boxes(self.analyzer, opened, assessment, [given], decoded)
        body = crop_answer(judged, proposal, others, assessment, request)
        return Answer(body, _JSON, size, headers)

    def _without_words(
        self, data: bytes, opened: OpenedImage, box: Box, request: CropRequest, headers: Headers
    ) -> Answer:
        """The image, or the focal point: the crop itself is not judged."""
        if request.focal:
            body = focal_answer(box, opened.full_size, request)
            return Answer(body, _JSON, opened.full_size, headers)
        body, media_type, more = cut_image(data, opened, box, request, self.limits)
        return Answer(body, media_type, opened.full_size, (*headers, *more))

    def _open(self, data: bytes) -> OpenedImage:
        # Developing a raw file would keep a worker for seconds, and LibRaw is large.
        if data and not _is_picture(data):
            raise ServiceError("unsupported_media", f"the body is no {PICTURE_FORMATS}")
        try:
            opened = open_image(data, self.limits, name=_NAME)
            check_large_enough(opened)
        except ImageError as error:
            refusal = _refusal(error)
        else:
            return opened
        raise refusal


def _not_modified(headers: Headers, photo: Size | None = None) -> Answer:
    return Answer(b"", "", photo, headers, status=304)


Whole = TypeVar("Whole")


def refusing(
    job: Job[PreparedPhoto, Assessment, Whole],
) -> Job[PreparedPhoto, Assessment, Whole]:
    """The job, with every image error told as the service tells it."""
    try:
        return (yield from job)
    except ImageError as error:
        refusal = _refusal(error)
    # Outside the handler, or the error would hold the decoder's frames, and they the upload.
    raise refusal


def _refusal(error: ImageError) -> ServiceError:
    """What to answer to an image that cannot be read."""
    if isinstance(error, ImageTooLargeError):
        problem = error.problem.split(";")[0]
        return ServiceError("too_many_pixels", f"the image {problem}; send a smaller one")
    return ServiceError("unreadable_image", f"the image {error.problem}")


def _is_picture(data: bytes) -> bool:
    """Whether the first bytes are those of a picture; damaged ones are for the decoder to tell."""
    try:
        return sniff(data) not in (None, "RAW")
    except ValueError:
        return True


def _decode(analyzer: Analyzer, opened: OpenedImage) -> DecodedImage:
    return opened.decode(analyzer.manifest.preprocessing.decode_size(opened.full_size))


def _assess(
    analyzer: Analyzer, opened: OpenedImage, decoded: DecodedImage, *, faces: bool = False
) -> Job[PreparedPhoto, Assessment, Assessment]:
    prepared = analyzer.prepare_decoded(decoded.rgb, opened.full_size, opened.source, faces=faces)
    (assessment,) = yield [prepared]
    return assessment
