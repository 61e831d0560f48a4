"""The loss curves of a run, as a picture."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from aesmap.atomic import atomic_path


def draw_curves(history: list[dict[str, float]], best_epoch: int, path: Path) -> None:
    """Loss in training and validation, and validation accuracy, by epoch (PNG, 1200x450 px)."""
    figure = Figure(figsize=(8, 3), dpi=150, layout="constrained")
    losses, right = figure.subplots(1, 2)
    epochs = [line["epoch"] for line in history]
    for key, label in (("training_loss", "training"), ("validation_loss", "validation")):
        losses.plot(epochs, [line[key] for line in history], marker="o", label=label)
    losses.set(xlabel="epoch", ylabel="loss")
    losses.legend(frameon=False)
    accuracy = [100 * line["validation_accuracy"] for line in history]
    right.plot(epochs, accuracy, marker="o", color="tab:orange")
    right.set(xlabel="epoch", ylabel="validation accuracy, %")
    for axes in (losses, right):
        axes.axvline(best_epoch, color="grey", linestyle=":", zorder=0)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.spines[["top", "right"]].set_visible(False)
    right.set_title(f"dotted: epoch {best_epoch}, kept", fontsize="small", loc="right")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
