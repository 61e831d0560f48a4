"""Assessments as the bodies of answers."""

from __future__ import annotations

from aesmap.assessment import Assessment
from aesmap.explain.parts import parts_of
from aesmap.explain.text import describe
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.server import schemas
from aesmap.types import Float32Array


def assessment_body(
    assessment: Assessment, crops: list[schemas.Crop] | None, *, with_maps: bool
) -> schemas.Assessment:
    """What `/v1/assess` says of a photograph."""
    return schemas.Assessment(
        **{column.name: column.value(assessment) for column in schemas.SAID},
        logit=assessment.logit,
        mean_evidence=assessment.maps.mean_evidence,
        bias=assessment.maps.bias,
        distribution=list(assessment.distribution),
        parts=[schemas.Part(**part.to_json()) for part in parts_of(assessment)],
        better_than=assessment.better_than,
        words=schemas.Words.model_validate(describe(assessment).to_json()),
        maps=maps_body(assessment) if with_maps else None,
        crops=crops,
    )


def maps_body(assessment: Assessment) -> schemas.Maps:
    """All maps of a photograph as numbers."""
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
        uncoloured=list(uncoloured_boxes(assessment)),
        activity=None if maps.activity is None else _rows(maps.activity),
    )


def _rows(cells: Float32Array) -> list[list[float]]:
    # Every float32 is a float64: nothing is rounded, and the mean stays the assessment's.
    rows: list[list[float]] = cells.tolist()
    return rows
