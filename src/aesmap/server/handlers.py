"""What the service does with a photograph, as jobs for :class:`~.micro_batching.Workers`.

Each yields what the model is to look at and is sent the assessments. It runs on a worker's thread,
decoding, searching, drawing and writing JSON included, so that as many threads work as there are
cores.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.crop_assessment import NUM_ALTERNATIVES, JudgedBox, judge_boxes, propose_crops
from aesmap.crops.aspect import OWN
from aesmap.crops.proposal import CropProposal
from aesmap.errors import ImageError, ImageTooLargeError
from aesmap.explain.parts import parts_of
from aesmap.explain.text import describe
from aesmap.images.formats import PICTURE_FORMATS, sniff
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import DecodedImage, OpenedImage, check_large_enough
from aesmap.images.reading import open_image
from aesmap.scheduler import Job
from aesmap.server import queries, schemas
from aesmap.server.crops import (
    CropRequest,
    crop_answer,
    crop_fields,
    cut_image,
    focal_answer,
)
from aesmap.server.errors import ServiceError
from aesmap.server.uploads import Upload
from aesmap.server.without import without_body
from aesmap.types import Box, Float32Array, Size

_NAME = "the image"
Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """A body with its media type, and the size of the photograph for the log."""

    body: bytes
    media_type: str
    photo: Size
    headers: Headers = ()
    status: int = 200


PhotoJob: TypeAlias = Job[PreparedPhoto, Assessment, Answer]


@dataclass(frozen=True)
class PhotoHandlers:
    """What every job needs."""

    analyzer: Analyzer
    limits: ImageLimits

    def assess(self, upload: Upload, maps: bool, aspects: Sequence[str | None] | None) -> PhotoJob:
        """The assessment as JSON, with maps and with crops where they are wanted."""
        opened = self._open(upload.photo())
        decoded = _decode(self.analyzer, opened)
        crops = None
        if aspects is None:
            assessment = yield from _assess(self.analyzer, opened, decoded)
        else:
            assessment, found = yield from propose_crops(
                self.analyzer, opened, aspects, decoded=decoded
            )
            crops = [
                schemas.Crop(**crop_fields(crop.judged, crop.proposal, aspect or OWN))
                for aspect, crop in zip(aspects, found, strict=True)
            ]
        body = _assessment(assessment, _maps(assessment) if maps else None, crops)
        return Answer(body.model_dump_json().encode(), "application/json", assessment.size)

    def explain(
        self, upload: Upload, answer_format: queries.ExplainFormat, layout: queries.Layout
    ) -> PhotoJob:
        """The panel as PNG, or the maps' numbers."""
        opened = self._open(upload.photo())
        assessment = yield from _assess(self.analyzer, opened, _decode(self.analyzer, opened))
        from aesmap.explain.render import draw_explanation, write_maps

        stream = io.BytesIO()
        if answer_format is queries.ExplainFormat.JSON:
            text = _maps(assessment).model_dump_json()
            return Answer(text.encode(), "application/json", assessment.size)
        if answer_format is queries.ExplainFormat.NPZ:
            write_maps(assessment, stream)
            named = (("Content-Disposition", 'attachment; filename="maps.npz"'),)
            return Answer(stream.getvalue(), "application/octet-stream", assessment.size, named)
        draw_explanation(opened, assessment, layout.value).save(stream, "PNG")
        return Answer(stream.getvalue(), "image/png", assessment.size)

    def without(self, upload: Upload, box: Box) -> PhotoJob:
        """What the photograph would be without a part of it, as JSON."""
        opened = self._open(upload.photo())
        body = yield from without_body(self.analyzer, opened, box)
        return Answer(body.model_dump_json().encode(), "application/json", opened.full_size)

    def crop(self, upload: Upload, request: CropRequest) -> PhotoJob:
        """A box with its reasons as JSON, a focal point, or the image cut to the box."""
        data = upload.photo()
        headers = request.cache_headers(data, self.analyzer.manifest.model_id)
        opened = self._open(data)
        size, given = opened.full_size, request.box
        if request.is_known(headers):
            return Answer(b"", "", size, headers, status=304)
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
        return Answer(body, "application/json", size, headers)

    def _without_words(
        self, data: bytes, opened: OpenedImage, box: Box, request: CropRequest, headers: Headers
    ) -> Answer:
        """The image, or the focal point: the crop itself is not judged."""
        if request.focal:
            body = focal_answer(box, opened.full_size, request)
            return Answer(body, "application/json", opened.full_size, headers)
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


def refusing(job: PhotoJob) -> PhotoJob:
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


def _assessment(
    assessment: Assessment, maps: schemas.Maps | None, crops: list[schemas.Crop] | None
) -> schemas.Assessment:
    return schemas.Assessment(
        **{column.name: column.value(assessment) for column in schemas.SAID},
        logit=assessment.logit,
        mean_evidence=assessment.maps.mean_evidence,
        bias=assessment.maps.bias,
        distribution=list(assessment.distribution),
        parts=[schemas.Part(**part.to_json()) for part in parts_of(assessment)],
        better_than=assessment.better_than,
        words=schemas.Words.model_validate(describe(assessment).to_json()),
        maps=maps,
        crops=crops,
    )


def _maps(assessment: Assessment) -> schemas.Maps:
    maps, technical = assessment.maps, assessment.technical
    attributes: dict[str, schemas.AttributeMap] = {}
    if maps.attribute_maps is not None and maps.attribute_bias is not None:
        attributes = {
            name: schemas.AttributeMap(
                bias=float(maps.attribute_bias[index]), values=_rows(maps.attribute_maps[index])
            )
            for index, name in enumerate(maps.attribute_names)
        }
    return schemas.Maps(
        height=maps.evidence.shape[0],
        width=maps.evidence.shape[1],
        evidence=_rows(maps.evidence),
        bias=maps.bias,
        attributes=attributes,
        technical={}
        if technical is None
        else {
            name: schemas.AttributeMap(bias=bias, values=_rows(technical.map_of(name)))
            for name, bias in zip(technical.map_names, technical.bias, strict=True)
        },
        activity=None if maps.activity is None else _rows(maps.activity),
    )


def _rows(cells: Float32Array) -> list[list[float]]:
    # Every float32 is a float64: nothing is rounded, and the mean stays the assessment's.
    rows: list[list[float]] = cells.tolist()
    return rows
