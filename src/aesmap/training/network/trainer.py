"""Training as the paper does it: SGD on weighted level and attribute losses (eq. 3, 9, 10).

Lightning Fabric carries devices, precision and processes; the loop stays in sight. Everything
random follows from the seed and the number of the step, so a run that was stopped anywhere goes
on to the same weights, bit for bit, on the same machine, thread count and versions. With several
processes each takes its part of every global batch: gradients are those of one process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor

from aesmap.atomic import atomic_write
from aesmap.errors import ConfigError
from aesmap.training.data.datasets import RatedImages
from aesmap.training.loop import cosine_rate, run_steps, stepped_rate
from aesmap.training.metrics.standard import accuracy
from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.network.checkpoint import load_checkpoint, save_checkpoint, save_network
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.input_crops import Crop, CropSource, draw_crop
from aesmap.training.network.label_weights import sample_weights
from aesmap.training.network.predict import placed, predict_crops
from aesmap.training.network.step import TrainingStep, build_optimizer
from aesmap.training.network.trained_on import TrainedOn
from aesmap.types import BoolArray, FloatArray

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class TrainingData:
    """Rated images, which rows train and which validate, and each row's weight w (N,).

    ``trained_on`` goes into every checkpoint.
    """

    images: RatedImages
    training: Indices
    validation: Indices
    weights: FloatArray
    crops: CropSource
    trained_on: TrainedOn | None = None

    @classmethod
    def of(
        cls,
        images: RatedImages,
        test: BoolArray,
        validation: BoolArray,
        recipe: TrainingRecipe,
        crops: CropSource,
    ) -> TrainingData:
        """All images that neither mask (N,) holds train, weighted as the recipe says."""
        training = ~(test | validation)
        weights = sample_weights(recipe.weighting, images.scale, images.mean, training)
        return cls(images, np.flatnonzero(training), np.flatnonzero(validation), weights, crops)


class Progress(NamedTuple):
    """What is told after a step: ``loss`` is the last step's, ``epoch`` counts from 1."""

    step: int
    num_steps: int
    epoch: int
    loss: float


class Stopped(KeyboardInterrupt):
    """The run was asked to stop, and has saved where it is."""


@dataclass(frozen=True)
class Trained:
    """The network of the best epoch, in eval mode, and the figures of every epoch."""

    network: AestheticNetwork
    best_epoch: int
    history: list[dict[str, float]]


def single_process() -> Fabric:
    """One process on the CPU in float32: the plainest Fabric."""
    return Fabric(accelerator="cpu", devices=1, precision="32-true")


def train_network(
    recipe: TrainingRecipe,
    data: TrainingData,
    output: Path | None = None,
    *,
    fabric: Fabric | None = None,
    report: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    save_every: int = 0,
) -> Trained:
    """Train; the epoch that is best on the validation rows is kept.

    ``output``: folder for ``last.pt``, ``best.pt`` and ``log.jsonl``; what an earlier run of the
    same recipe left there is gone on with. Without it nothing is stored. ``save_every``: steps
    between checkpoints inside an epoch, 0 for none; one is saved at each epoch's end in any case.
    Raises :class:`ConfigError` for a recipe that does not fit the data or what is in ``output``,
    :class:`OutputError` when a checkpoint cannot be written, :class:`Stopped` after
    ``should_stop`` said so.
    """
    run = _Run(recipe, data, output, fabric or single_process(), report, should_stop, save_every)
    return run.train()


class _Run:
    """One training run: what is built once, and what is done after a step and an epoch."""

    def __init__(
        self,
        recipe: TrainingRecipe,
        data: TrainingData,
        output: Path | None,
        fabric: Fabric,
        report: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool],
        save_every: int,
    ) -> None:
        if len(data.training) == 0 or len(data.validation) == 0:
            raise ConfigError(
                f"{recipe.name}: {len(data.training)} images to train on and"
                f" {len(data.validation)} to validate on; neither may be empty"
            )
        self.recipe, self.data, self.output, self.fabric = recipe, data, output, fabric
        self.report, self.should_stop, self.save_every = report, should_stop, save_every
        solver = recipe.solver
        self.batch_size = min(solver.batch_size, len(data.training))
        if self.batch_size % fabric.world_size:
            raise ConfigError(
                f"{recipe.name}: solver.batch_size: {self.batch_size} images cannot be shared"
                f" evenly by {fabric.world_size} processes"
            )
        self.steps_per_epoch = len(data.training) // self.batch_size
        self.num_steps = self.steps_per_epoch * solver.epochs
        torch.manual_seed(recipe.seed)
        self.model = TrainingStep(recipe, data.images, data.weights, data.crops.start)
        self.optimizer = build_optimizer(self.model, solver)
        self.step = 0
        self.best: dict[str, Any] = {"epoch": 0, "key": None, "network": None}
        self.history: list[dict[str, float]] = []
        self.losses: list[Tensor] = []  # of this epoch, so far
        self.batches: Iterator[tuple[list[Crop], Tensor]] = iter(())  # what is left of this epoch
        # First onto the device: a stored optimizer's state goes to where its parameters are.
        self.module, self.fabric_optimizer = fabric.setup(self.model, self.optimizer)
        self._resume()
        self.first_step = self.step

    def train(self) -> Trained:
        """Run what is left of it."""
        self.model.train()
        run_steps(
            self._losses,
            range(self.step, self.num_steps),
            self.fabric_optimizer,
            self._rate,
            after=self._after,
            backward=self.fabric.backward,
            clip=self._clip if self.recipe.solver.clip_norm else None,
        )
        network = self.model.network
        network.load_state_dict(self.best["network"])
        return Trained(network.eval(), self.best["epoch"], self.history)

    def _rate(self, step: int) -> float:
        solver = self.recipe.solver
        if solver.schedule == "cosine":
            return cosine_rate(step, self.num_steps, solver.warmup_steps)
        return stepped_rate(step, self.steps_per_epoch, solver.drop_every, solver.factor)

    def _clip(self) -> None:
        self.fabric.clip_gradients(
            self.module, self.fabric_optimizer, max_norm=self.recipe.solver.clip_norm
        )

    def _epoch_batches(self, epoch: int) -> list[list[Crop]]:
        """This process' part of every global batch of an epoch."""
        seed = self.recipe.seed
        order = np.random.default_rng((seed, epoch)).permutation(self.data.training)
        size, rank, world = self.batch_size, self.fabric.global_rank, self.fabric.world_size
        # The few images that do not fill a batch take their turn in another epoch.
        return [
            [
                draw_crop(self.recipe.input, int(row), seed, epoch)
                for row in order[at + rank : at + size : world]
            ]
            for at in range(0, self.steps_per_epoch * size, size)
        ]

    def _losses(self, step: int) -> Iterator[Tensor]:
        epoch, within = divmod(step, self.steps_per_epoch)
        if within == 0 or step == self.first_step:
            batches = self._epoch_batches(epoch)[within:]
            loaded = self.data.crops.training_batches(batches)
            self.batches = zip(batches, loaded, strict=True)
        crops, pixels = next(self.batches)
        x = placed(pixels, self.fabric.device)
        # Dropout, too, follows from the seed and the step alone; loading draws from the same
        # generator, so it comes first.
        key = (self.recipe.seed, step, self.fabric.global_rank)
        torch.manual_seed(int(np.random.default_rng(key).integers(2**62)))
        yield self.module(x, [crop.row for crop in crops])

    def _after(self, step: int, loss: Tensor) -> None:
        self.losses.append(loss)
        epoch_ends = step % self.steps_per_epoch == 0
        epoch = (step - 1) // self.steps_per_epoch + 1
        self.step = step
        if epoch_ends:
            self._end_epoch(epoch)
        stopping = self.should_stop() and step < self.num_steps
        if epoch_ends or stopping or (self.save_every and step % self.save_every == 0):
            self._save()
        # Reading a loss waits for the device.
        first = step == self.first_step + 1
        if self.report and (epoch_ends or first or step % 10 == 0):
            self.report(Progress(step, self.num_steps, epoch, float(loss)))
        if stopping:
            raise Stopped

    def _end_epoch(self, epoch: int) -> None:
        training_loss = float(torch.stack(self.losses).mean())
        self.losses.clear()
        network = self.model.network.eval()
        rows = self.data.validation
        with self.fabric.autocast():
            found = predict_crops(network, self.data.crops, rows.tolist(), self.fabric.device)
        self.model.train()
        if not (np.isfinite(training_loss) and np.isfinite(found.crops).all()):
            raise ConfigError(
                f"{self.recipe.name}: solver.lr: the network's values are no finite numbers after"
                f" epoch {epoch}; give a lower rate, or solver.clip_norm"
            )
        high = self.data.images.is_high[rows]
        figures = {
            "epoch": epoch,
            "training_loss": round(training_loss, 6),
            "validation_loss": float(np.logaddexp(0.0, np.where(high, -1, 1) * found.crops).mean()),
            "validation_accuracy": accuracy(high, found.crops > 0),
        }
        self.history.append(figures)
        key = [figures["validation_accuracy"], -figures["validation_loss"]]
        if self.recipe.validation.select == "loss":
            key.reverse()
        if self.best["key"] is None or key > self.best["key"]:
            state = network.state_dict()
            weights = {name: value.detach().cpu().clone() for name, value in state.items()}
            self.best = {"epoch": epoch, "key": key, "network": weights}
            if self.output is not None and self.fabric.is_global_zero:
                seen = self.data.trained_on
                save_network(self.output / "best.pt", self.recipe, weights, epoch, seen)
        self._write_log()

    def _write_log(self) -> None:
        if self.output is None or not self.fabric.is_global_zero:
            return
        with atomic_write(self.output / "log.jsonl") as handle:
            for line in self.history:
                handle.write((json.dumps(line) + "\n").encode())

    def _save(self) -> None:
        self.fabric.barrier()
        if self.output is None or not self.fabric.is_global_zero:
            return
        seen = self.data.trained_on
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "history": self.history,
            "losses": [float(loss) for loss in self.losses],
            "trained_on": None if seen is None else seen.state(),
        }
        save_checkpoint(self.output / "last.pt", self.recipe, state)

    def _resume(self) -> None:
        path = self.output / "last.pt" if self.output is not None else None
        if path is None or not path.is_file():
            return
        state = load_checkpoint(path, self.recipe, self.data.trained_on)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.best, self.history = state["step"], state["best"], state["history"]
        self.losses = [torch.tensor(x, device=self.fabric.device) for x in state["losses"]]
