"""B4. The curves of B1: training as dots, validation as a line, for loss and accuracy.

The notes draw them for one run. `dure.plots.curves.curves` draws the mean over seeds with its 95 %
interval, and this row says what one run would have shown instead: how far apart single runs lie.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import dure
from dure.gallery.dense_text import b1_dense_reviews
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.networks import last_values
from dure.messages.message import say

build = b1_dense_reviews.build


def study(quick: bool = False) -> dure.Study:
    """The study of B1, on more seeds."""
    return replace(b1_dense_reviews.study(quick), seeds=3 if quick else 10, name="curves")


def show(page: RowPage) -> None:
    """Draw both metrics, and say how far apart single runs lie."""
    result = page.run(study(page.quick))
    turned = result.lanes["best_epoch"].to_numpy(np.float64, na_value=np.nan)
    page.fact("turning_epochs", turned)
    page.curves(result, "loss", "accuracy")
    for metric, what in (
        ("loss", say("Validation loss")),
        ("accuracy", say("Validation accuracy")),
    ):
        curves = result.curves[f"val_{metric}"].isel(variant=0, fold=0)
        runs = {"validation, each run": PanelLine(curves["epoch"], curves.values, each=True)}
        runs["mean and its 95 % interval"] = PanelLine(curves["epoch"], curves.values)
        scale = PanelScale("epoch", metric, whole=True, marks=False)
        title = f"{metric}: what one run shows, and what all show"
        page.picture(f"{metric}-runs", panels({"": runs}, scale, title))
        last = last_values(result, f"val_{metric}")[:, 0]
        page.fact(f"last_val_{metric}", last)
        page.say(
            "{what} at epoch {epoch}: {mean} over {seeds} seeds; a single run would have shown "
            "anything from {least:.3f} to {most:.3f} (standard deviation {deviation:.3f}).",
            what=what,
            epoch=result.curves.sizes["epoch"],
            seeds=len(last),
            least=last.min(),
            most=last.max(),
            deviation=last.std(ddof=1),
            mean=page.interval(f"mean last val_{metric}", last),
        )
    page.say(
        "Where validation loss turns, a single run would have said anything from epoch "
        "{first:.0f} to {last:.0f}; all together say {mean}.",
        first=turned.min(),
        last=turned.max(),
        mean=page.interval("turning epoch", turned),
    )
