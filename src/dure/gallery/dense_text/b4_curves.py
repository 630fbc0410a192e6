"""B4. The curves of B1: training as dots, validation as a line, for loss and accuracy.

The notes draw them for one run. `dure.plots.curves.curves` draws the mean over seeds with its 95 %
interval, and this row says what one run would have shown instead: how far apart single runs lie.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

import dure
from dure.core.palette import COLOURS
from dure.gallery.dense_text import b1_dense_reviews
from dure.gallery.page import Page
from dure.gallery.shared.lanes_text import over_lanes, told
from dure.messages.message import say
from dure.plots import curves
from dure.plots.lines import mean_line
from dure.plots.style import dressed

build = b1_dense_reviews.build


def study(quick: bool = False) -> dure.Study:
    """The study of B1, on more seeds."""
    return replace(b1_dense_reviews.study(quick), seeds=3 if quick else 10, name="curves")


def single_runs(result: dure.Result, metric: str) -> Figure:
    """Every run's validation as a thin line, one of them as the notes draw it, and the mean."""
    epochs = result.curves["epoch"].values
    training, validation = (
        result.curves[name].transpose("variant", "fold", "seed", "epoch").values[0, 0]
        for name in (metric, f"val_{metric}")
    )
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = dressed(figure.add_subplot(), "epoch", metric)
    axes.plot(epochs, validation.T, color="0.7", linewidth=0.7)
    axes.plot(
        [], [], color="0.7", linewidth=0.7, label=f"validation, each of {len(validation)} runs"
    )
    mean_line(axes, epochs, validation, COLOURS[0], "mean and its 95 % interval", linewidth=1.5)
    axes.plot(epochs, training[0], ".", color=COLOURS[1], markersize=3.5, label="one run: training")
    axes.plot(epochs, validation[0], color=COLOURS[1], linewidth=1, label="one run: validation")
    axes.legend(frameon=False, fontsize=9)
    axes.set_title(f"{metric}: what one run shows, and what all show", loc="left", fontsize=11)
    return figure


def show(page: Page) -> None:
    """Draw both metrics, and say how far apart single runs lie."""
    result = page.run(study(page.quick))
    whats = (say("Validation loss"), say("Validation accuracy"))
    for metric, what in zip(("loss", "accuracy"), whats, strict=True):
        page.picture(metric, curves.curves(result, metric))
        page.picture(f"{metric}-runs", single_runs(result, metric))
        last = result.curves[f"val_{metric}"].isel(epoch=-1).values.ravel()
        page.fact(f"last_val_{metric}", last)
        page.say(
            say(
                "{what} at epoch {epoch}: {mean} over {seeds} seeds; a single run would have shown "
                "anything from {least:.3f} to {most:.3f} (standard deviation {deviation:.3f}).",
                **{"what": what, "epoch": result.curves.sizes["epoch"], "seeds": len(last)},
                **{"mean": told(over_lanes(last)), "least": last.min(), "most": last.max()},
                deviation=last.std(ddof=1),
            )
        )
    turned = result.lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan)
    page.fact("turning_epochs", turned)
    page.say(
        say(
            "Where validation loss turns, a single run would have said anything from epoch "
            "{first:.0f} to {last:.0f}; all together say {mean}.",
            **{"first": turned.min(), "last": turned.max(), "mean": told(over_lanes(turned))},
        )
    )
