"""Pictures of overfitting, of learning curves and of sizes: said what matters, and legible."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dure.analysis.overfitting.capacity import Capacity, CapacityRow, Size
from dure.analysis.overfitting.learning_curve import LearningCurve, LearningRow
from dure.analysis.overfitting.overfitting import measure
from dure.core.types import Monitor, Status
from dure.plots.learning_curve import capacity, learning_curve
from dure.plots.overfitting import overfitting
from dure.stats.intervals import Interval
from helpers.picture_checks import faults, said

LONG = "두레, units=256, rate=0.001, dropout=0.5, $x_1$"
ATTRIBUTES = {"source": "invented", "excerpt": True}


def interval(mean: float, half: float = 0.02) -> Interval:
    return Interval(mean, mean - half, mean + half, 5, 5)


def result(curves: np.ndarray, names: list[str], training: bool = True) -> Any:
    dims = ("variant", "seed", "fold", "epoch")
    _, seeds, _, epochs = curves.shape
    coords = {"variant": names, "seed": range(seeds), "fold": [1], "epoch": range(1, epochs + 1)}
    data = {"val_loss": (dims, curves)} | ({"loss": (dims, curves * 0.3)} if training else {})
    lanes = [(v, s, 1, "finished") for v in names for s in range(seeds)]
    return SimpleNamespace(
        name="named",
        curves=xr.Dataset(data, coords, ATTRIBUTES),
        lanes=pd.DataFrame(lanes, columns=["variant", "seed", "fold", "status"]),
        variants=names,
        statuses=[Status("finished")],
        monitor=Monitor("val_loss", "min"),
        manifest={},
    )


@pytest.mark.parametrize(("variants", "lanes"), [(1, 1), (2, 4), (14, 3)])
@pytest.mark.parametrize("training", [True, False])
def test_overfitting(variants: int, lanes: int, training: bool) -> None:
    rng, at = np.random.default_rng(0), np.arange(1, 31.0)
    turned = 1 + np.exp(-at / 3) + np.linspace(0.01, 0.03, variants)[:, None, None, None] * at
    curves = turned + 0.005 * rng.normal(size=(variants, lanes, 1, 30))
    one = result(curves, [LONG, *(f"v{n}" for n in range(1, variants))], training)
    found = measure(one)
    figure = overfitting(one, found)
    assert faults(figure) == []
    told = said(figure)
    assert told.count("turns at epoch") == min(variants, 12)
    assert ("12 of 14 variants" in told) == (variants == 14)
    assert (LONG[:5] in told) == (variants != 14)  # of 14 the first gives away least
    bands = [patch for axes in figure.axes for patch in axes.patches]
    assert len(bands) == (0 if lanes == 1 else min(variants, 12))


@pytest.mark.parametrize("variants", [1, 12])
def test_learning_curves(variants: int) -> None:
    sizes = (17, 34, 36, 85, 170_000)
    rows = tuple(
        LearningRow(
            f"{LONG} {n}",
            {rows: interval(0.5 + n / 50 - place / 10) for place, rows in enumerate(sizes)},
            interval(-0.1),
            None if n % 2 else interval(-0.05),
            "more data helps",
            (),
        )
        for n in range(variants)
    )
    results = {rows: result(np.ones((1, 1, 1, 4)), ["a"]) for rows in sizes}
    figure = learning_curve(LearningCurve(rows, "val_loss", "min", 0.95, 0.01, results))
    assert faults(figure) == []
    told = said(figure)
    assert "340,000" in told and "170,000" not in told  # it would touch its neighbour
    assert ("The first 10 of 12 variants" in told) == (variants == 12)


@pytest.mark.parametrize("variants", [1, 13])
def test_sizes(variants: int) -> None:
    sizes = tuple(
        Size(
            "",
            str(units),
            parameters,
            interval(1 / units),
            interval(0.5 / units),
            interval(0.1),
            "overfits",
            interval(0.0),
        )
        for units, parameters in ((2, 200), (4, 380), (8, 390), (64, 6_000), (512, 1_000_000))
    )
    rows = tuple(
        CapacityRow(LONG if variants > 1 else "", sizes, sizes[4], sizes[2], None)
        for _ in range(variants)
    )
    found = Capacity("units", rows, "val_loss", "min", 0.95, result(np.ones((1, 1, 1, 4)), ["a"]))
    figure = capacity(found)
    assert faults(figure) == []
    told = said(figure)
    assert "1,000,000 512" in told and "parameters, units" in told
    assert ("The first 12 of 13 variants" in told) == (variants == 13)
    line = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [390, 390]]
    assert len(line) == 1
