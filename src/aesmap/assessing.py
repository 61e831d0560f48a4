"""From the model's output to what is said of each photograph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from aesmap.assessment import Assessment, PreparedPhoto, rank_attributes
from aesmap.model.batch_maps import maps_of_batch
from aesmap.model.manifest import Manifest
from aesmap.model.maps import ActivationMaps
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.ratings import sigmoid
from aesmap.model.session import Session
from aesmap.model.things import Things


def assess_batch(batch: Sequence[PreparedPhoto], session: Session) -> list[Assessment]:
    """Run the model on photographs of one input shape and say what follows, in their order."""
    given = session.run(np.stack([prepared.pixels for prepared in batch]))
    maps = maps_of_batch(given, session.manifest, session.taste)
    return [
        _assessment(photo, own, given, index, session.manifest)
        for index, (photo, own) in enumerate(zip(batch, maps, strict=True))
    ]


def _assessment(
    prepared: PreparedPhoto,
    maps: ActivationMaps,
    given: NetworkMaps,
    index: int,
    manifest: Manifest,
) -> Assessment:
    # The assessment is computed from the map that is returned: nobody can be shown a map that is
    # not the score's own.
    logit = maps.logit
    reason: Literal["", "close", "unfamiliar"] = ""
    if not prepared.familiar:
        reason = "unfamiliar"
    elif abs(logit) < manifest.close_below:
        reason = "close"
    rating = manifest.rating_model
    attributes, naming = rank_attributes(maps), manifest.naming
    score = float(rating.score(logit))
    ranks = reason != "unfamiliar" and not manifest.taste_id
    reference = manifest.reference if ranks else None
    return Assessment(
        source=prepared.source,
        size=prepared.size,
        logit=logit,
        p_high=float(sigmoid(logit)),
        score=score,
        spread=float(rating.spread(logit)),
        distribution=tuple(rating.distribution(logit).tolist()),
        uncertain_reason=reason,
        attributes=attributes,
        named=()
        if reason == "unfamiliar"
        else tuple(name for name, p in attributes if p >= naming[name]),
        better_than=None if reference is None else reference.better_than(score),
        maps=maps,
        model=manifest.model_id,
        technical=None
        if manifest.technical is None or given.technical_maps is None
        else manifest.technical.assess(given.technical_maps[index], prepared.highlights),
        things=None
        if manifest.things is None or given.thing_maps is None or reason == "unfamiliar"
        else Things(manifest.things, given.thing_maps[index]),
        extras=prepared.extras,
        faces=prepared.faces,
        photo=prepared.path,
        features=None if given.features is None else given.features[index],
    )
