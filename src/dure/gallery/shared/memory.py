"""How far back networks remember, over lanes: untrained ones, horizons, truncation, a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage, interval_of
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.inspection.measures.agreement import stack
from dure.measurements.labels import median_horizon
from dure.messages.message import Message, as_is, joined, say
from dure.stats.intervals import Interval

TRUNCATIONS = (10, 20, 50)
_WAYS = {
    "untrained, by a touch": say("untrained, by a touch"),
    "trained, by a touch": say("trained, by a touch"),
    "trained, by another input": say("trained, by another input"),
}
"""The ways in both languages; facts and pictures have their English names."""


def of_untrained(asked: dure.Study, result: dure.Result, rows: int) -> dict[str, xr.Dataset]:
    """By cell the memory of fresh networks, one a seed, by the gradient."""
    found = {}
    seeds = [int(seed) for seed in result.curves["seed"]]
    for variant in asked.variant_list:
        cell = variant.arguments["cell"]
        model = asked.build(**variant.arguments)
        look, lanes = dure.look(model, data=asked.data), []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            fresh = asked.build(**variant.arguments)
            model.set_weights(fresh.get_weights())  # one model: compiled once
            lanes.append(look.memory(rows=rows))
        found[cell] = stack(lanes, [(cell, seed, 1) for seed in seeds])
    return found


def draw(
    measured: Mapping[str, Mapping[str, xr.Dataset]], title: str, asked: dure.Study, rows: int
) -> Figure:
    """Influence of each earlier step, by way and cell, as a share of each network's own peak."""
    lines: dict[str, dict[str, PanelLine]] = {}
    for way, of in measured.items():
        lines[way] = {}
        for cell, one in of.items():
            mean = one["mean"].transpose("lane", "distance").values
            peaks = np.nanmax(mean, axis=1, keepdims=True)
            shares = np.maximum(mean / np.where(peaks > 0, peaks, np.nan), 1e-5)
            lines[way][cell] = PanelLine(one["distance"].values, shares)
    notes = [f"{asked.data.source}. {rows} test rows; each curve is a share of its network's own"]
    notes += ["peak. Geometric means over networks with their 95 % interval."]
    axis, limits, line = "steps before the last", (1e-4, 2.0), (0.01, "1 %: the horizon")
    scale = PanelScale(axis, "share of the peak", "y", limits, line, whole=True, marks=False)
    return panels(lines, scale, title, notes)


def tell_horizons(page: RowPage, what: str, measured: Mapping[str, xr.Dataset]) -> None:
    """By each way the median horizon between the least and the largest; those without counted."""
    words: list[Message] = []
    for way, one in measured.items():
        horizons, steps = one["horizon"].values, one.sizes["distance"]
        page.fact(f"horizons: {what}, {way}", [h if np.isfinite(h) else None for h in horizons])
        middle, least, most = (
            say("over {steps}", steps=steps) if np.isinf(h) else as_is(f"{h:.0f}")
            for h in (median_horizon(one), horizons.min(), horizons.max())
        )
        lost = int(np.isinf(horizons).sum())
        without = say(", {lost} of {networks} without one", lost=lost, networks=horizons.size)
        text = joined((_WAYS[way], " ", middle, " [", least, ", ", most, "]"), "")
        words.append(text + (without if lost else ""))
    fresh, trained = (one["horizon"] for one in list(measured.values())[:2])
    # A network that diverged is not among the trained.
    before = fresh.swap_dims(lane="seed").sel(seed=trained["seed"].values).values
    after = trained.values
    page.say(
        "{what}: horizon in steps, median [least, largest]: {ways}. Training lengthened it in "
        "{longer} of {networks} networks, shortened it in {shorter}.",
        what=what,
        ways=joined(words, "; "),
        longer=(after > before).sum(),
        networks=before.size,
        shorter=(after < before).sum(),
    )


def beyond(measured: xr.Dataset, steps: int) -> Interval:
    """The share of influence from further back than the last `steps` steps, over networks."""
    size = measured["size"].fillna(0)
    share = size.isel(distance=slice(steps, None)).sum("distance") / size.sum("distance")
    return interval_of(share.mean("row").values)


def tell_truncation(page: RowPage, what: str, measured: xr.Dataset) -> None:
    """What back-propagation truncated at k steps would not see: the gradient beyond them."""
    words: list[Message] = []
    for steps in (k for k in TRUNCATIONS if k < measured.sizes["distance"]):
        share = beyond(measured, steps).mean
        page.fact(f"beyond {steps}: {what}", share)
        words.append(as_is(f"{steps}: {share:.2g}"))
    page.say(
        "{what}: truncated back-propagation would cut of the gradient, by steps: {shares}.",
        what=what,
        shares=joined(words, ", "),
    )


def tell_symbol(page: RowPage, cell: str, measured: xr.Dataset) -> None:
    """The known answer of the recall task: nothing counts but the symbol, a row's first step."""
    gap = measured.sizes["distance"] - 1
    share = beyond(measured, gap)
    page.fact(f"share of the symbol: {cell}", share.mean)
    page.say(
        "recall, {cell}: of what another input changes, {share:.2f} is changed by the symbol, "
        "{gap} steps back (1 is perfect, {chance:.2f} is chance).",
        cell=cell,
        share=share.mean,
        gap=gap,
        chance=1 / (gap + 1),
    )
