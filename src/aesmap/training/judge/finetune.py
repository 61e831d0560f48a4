"""Training one network: a joint linear probe, then careful fine-tuning from there.

With a few hundred rated photographs plain fine-tuning forgets more than it learns. What works is
old advice put together: begin with the linear probe (LP-FT, Kumar et al. 2022,
arXiv:2202.10054), keep batch norm and the first stages frozen, a low rate, and average weights:
along the way (EMA) and, at the end, back towards the probe (WiSE-FT, Wortsman et al. 2022,
doi:10.1109/CVPR52688.2022.00780), which keeps what the pretrained features knew of other sources.
Where the probe sees enough stages, what is left to gain is a hundredth: a recipe may stop there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.augment import Views, pooled_views
from aesmap.training.judge.config import Recipe
from aesmap.training.judge.probe import ProbeSet, attribute_probe, joint_probe
from aesmap.training.loop import cosine_rate, run_steps
from aesmap.training.losses import OrderedLogit, attribute_loss, level_loss
from aesmap.training.nets.backbones import Backbone
from aesmap.training.nets.network import HIGH, LOW, AestheticNetwork
from aesmap.training.network.predict import pool
from aesmap.training.networks import build_network
from aesmap.types import FloatArray

Indices = npt.NDArray[np.intp]
_PROBE_VIEWS = 4  # more change the probe little
Report = Callable[[int, int, float], None]  # step, number of steps, loss
Pooled = tuple[list[FloatArray], list[FloatArray]]
"""Features (N,M) of all images of a source: plain and views; and recoded."""


@dataclass(frozen=True)
class Part:
    """The training images of one source: its views and which of them to use."""

    images: RatedImages
    views: Views
    indices: Indices


def train_network(
    recipe: Recipe,
    parts: list[Part],
    seed: int,
    report: Report | None = None,
    *,
    num_trainings: int = 1,
    pooled: Sequence[Pooled] | None = None,
) -> AestheticNetwork:
    """Train on the given parts; the first is the source that ``z`` is anchored to.

    The weights of ``num_trainings`` that begin at the same probe, with seeds from ``seed`` on, are
    averaged (model soups, Wortsman et al. 2022, arXiv:2203.05482). ``pooled``: what
    :func:`pooled_parts` gives, where it is known already. Without epochs the network stays
    as pretrained and the probe is the model. The same recipe, data, seed, thread count and versions
    give the same weights.
    """
    torch.manual_seed(seed)
    network = build_network(recipe.network)
    for head in (network.level, network.attributes):
        nn.init.zeros_(head.weight)
    pooled = pooled or pooled_parts(recipe, parts, seed)
    _start_from_probe(network, recipe, parts, pooled)
    if not recipe.optim.epochs:
        kept = zip(parts, pooled, strict=True)
        features = [[version[part.indices] for version in views] for part, (views, _) in kept]
        _fit_attributes(network, recipe, parts, features)
        return network.eval()
    probe = copy.deepcopy(network)
    average = _fine_tune(network, recipe, parts, np.random.default_rng(seed), report)
    for count in range(1, num_trainings):
        torch.manual_seed(seed + count)
        rng = np.random.default_rng(seed + count)
        another = _fine_tune(copy.deepcopy(probe), recipe, parts, rng, report)
        with torch.no_grad():
            for mine, other in zip(average.parameters(), another.parameters(), strict=True):
                mine.lerp_(other, 1 / (count + 1))
    with torch.no_grad():
        for mine, own in zip(average.parameters(), probe.parameters(), strict=True):
            mine.lerp_(own, recipe.optim.probe_share)
    _fit_attributes(average, recipe, parts, [_pooled(part, average, recipe) for part in parts])
    return average.eval()


def pooled_parts(recipe: Recipe, parts: list[Part], seed: int) -> list[Pooled]:
    """Pooled features of each part by the network that training starts from, ``seed`` in hand."""
    torch.manual_seed(seed)  # a network that is not pretrained follows from it
    network = build_network(recipe.network)
    start = recipe.network.frozen_stages
    return [pooled_views(part.views, network, start, _PROBE_VIEWS) for part in parts]


def _pooled(part: Part, network: AestheticNetwork, recipe: Recipe) -> list[FloatArray]:
    """Features (N,M) of a part's images by a network that was fine-tuned: plain, then views."""
    start = recipe.network.frozen_stages
    versions = (part.views.plain, *part.views.augmented[:_PROBE_VIEWS])
    return [pool([version[i] for i in part.indices], network, start) for version in versions]


def _fit_attributes(
    network: AestheticNetwork,
    recipe: Recipe,
    parts: list[Part],
    pooled: Sequence[Sequence[FloatArray]],
) -> None:
    """Attribute heads as logistic probes on the finished features, ``pooled`` of each part.

    A few dozen photographs carry each tag: a convex fit with its penalty does better there than
    some steps of gradient descent, and cannot pull the level's features towards itself.
    """
    features: list[FloatArray] = []
    targets: list[FloatArray] = []
    for part, versions in zip(parts, pooled, strict=True):
        known = part.images.attributes[part.indices]
        if not np.isnan(known).all():
            features += versions
            targets += [known] * len(versions)
    if not features:
        return
    x, known = np.concatenate(features), np.concatenate(targets)
    penalty = recipe.optim.attribute_penalty * len(pooled[0])
    with torch.no_grad():
        for column in range(known.shape[1]):
            probe = attribute_probe(x, known[:, column], penalty)
            network.attributes.weight[column] = torch.from_numpy(probe.weight).float()
            network.attributes.bias[column] = probe.bias


def _start_from_probe(
    network: AestheticNetwork,
    recipe: Recipe,
    parts: list[Part],
    pooled: Sequence[Pooled],
) -> None:
    """Fit the level's head to what :func:`pooled_parts` gives."""
    optim, copies = recipe.optim, len(pooled[0][0])
    penalty = feature_penalties(network.backbone, optim.probe_penalty, optim.coarse_penalty)
    probe = joint_probe(probe_sets(recipe, parts, pooled), copies * penalty)
    with torch.no_grad():
        # Rows centred: half of the weights each way is the canonical pair of class maps.
        half = torch.from_numpy(probe.weight / 2).float()
        network.level.weight[HIGH], network.level.weight[LOW] = half, -half
        network.level.bias[HIGH], network.level.bias[LOW] = probe.bias / 2, -probe.bias / 2


def feature_penalties(backbone: Backbone, penalty: float, coarse: float) -> FloatArray:
    """Each feature's ridge penalty (M,): ``coarse`` times as much on the last of several grids."""
    counts = backbone.grid_features
    factors = [1.0] * (len(counts) - 1) + [coarse if len(counts) > 1 else 1.0]
    return penalty * np.repeat(factors, counts)


def probe_sets(recipe: Recipe, parts: list[Part], pooled: Sequence[Pooled]) -> list[ProbeSet]:
    """What a probe is fitted to, for each part: its views one after the other, plain ones first."""
    unit = float(parts[0].images.mean.std())
    sets = []
    for part, config, (versions, recoded) in zip(parts, recipe.source, pooled, strict=True):
        # The ratings of every source get the first one's spread, on the first one's scale: there
        # the logit starts out as points above the threshold.
        ratings = part.images.mean[part.indices]
        ratings = (ratings - part.images.scale.threshold) * (unit / float(ratings.std()))
        features = [version[part.indices] for version in versions]
        changes = [version[part.indices] - features[0] for version in recoded]
        # Each image counts once for each of its views, and so do its changes together.
        consistency = config.consistency * len(features) / max(1, len(changes))
        sets.append(
            ProbeSet(
                np.concatenate(features),
                np.tile(ratings, len(features)),
                config.probe_weight,
                np.concatenate(changes) if changes else None,
                consistency,
            )
        )
    return sets


def _fine_tune(
    network: AestheticNetwork,
    recipe: Recipe,
    parts: list[Part],
    rng: np.random.Generator,
    report: Report | None,
) -> AestheticNetwork:
    optim = recipe.optim
    ratings = nn.ModuleList(
        OrderedLogit(torch.from_numpy(part.images.shares[part.indices].mean(axis=0)).float())
        for part in parts
    )
    trainable = [*network.backbone.stages[recipe.network.frozen_stages :].parameters()]
    heads = [*network.level.parameters(), *network.attributes.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": trainable, "initial_lr": optim.lr},
            {"params": heads, "initial_lr": optim.head_lr},
            {"params": list(ratings.parameters()), "initial_lr": 1e-2, "weight_decay": 0.0},
        ],
        weight_decay=optim.weight_decay,
    )
    steps_per_epoch = max(1, len(parts[0].indices) // optim.batch_size)
    num_steps = steps_per_epoch * optim.epochs
    average = copy.deepcopy(network)
    batches = [
        _batches(part, max(1, round(optim.batch_size * config.share)), rng)
        for part, config in zip(parts, recipe.source, strict=True)
    ]

    def losses(_: int) -> Iterator[Tensor]:
        for part, rating, config, source in zip(
            parts, ratings, recipe.source, batches, strict=True
        ):
            yield config.weight * _loss(network, recipe, part, rating, next(source), rng)

    def after(step: int, total: Tensor) -> None:
        # The average follows closely at first, so that it forgets the start (Adam's own trick).
        decay = min(optim.ema_decay, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(value, 1 - decay)
        if report:
            report(step, num_steps, float(total))

    network.train()
    run_steps(
        losses,
        range(num_steps),
        optimizer,
        lambda step: cosine_rate(step, num_steps, optim.warmup_steps),
        after=after,
        clip=lambda: nn.utils.clip_grad_norm_([*trainable, *heads], optim.clip_norm),
    )
    return average


def _loss(
    network: AestheticNetwork,
    recipe: Recipe,
    part: Part,
    rating: nn.Module,
    batch: Indices,
    rng: np.random.Generator,
) -> Tensor:
    views = part.views.augmented or [part.views.plain]
    picked = rng.integers(len(views), size=len(batch))
    x = torch.stack([views[v][i] for v, i in zip(picked, batch, strict=True)]).float()
    output = network(x.contiguous(memory_format=torch.channels_last), recipe.network.frozen_stages)
    loss: Tensor = rating(output.logit, torch.from_numpy(part.images.shares[batch]).float())
    if recipe.optim.level_weight:
        is_high = torch.from_numpy(part.images.is_high[batch])
        loss = loss + recipe.optim.level_weight * level_loss(output.level_logits, is_high)
    if recipe.network.attributes and recipe.optim.attribute_weight:
        targets = torch.from_numpy(part.images.attributes[batch]).float()
        known = attribute_loss(output.attribute_logits, targets)
        loss = loss + recipe.optim.attribute_weight * known
    return loss


def _batches(part: Part, batch_size: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Endless shuffled batches; each holds features of one shape only."""
    shapes = part.views.shapes()
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index in part.indices:
        by_shape.setdefault(shapes[index], []).append(int(index))
    while True:
        epoch = []
        for members in by_shape.values():
            order = rng.permutation(np.asarray(members, dtype=np.intp))
            epoch += [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        # A last handful is left for another epoch's shuffle unless it is all there is.
        full = [batch for batch in epoch if len(batch) == batch_size] or epoch
        for index in rng.permutation(len(full)):
            yield full[index]
