"""E12. The next value of a series, of one value a step and of three.

The note cuts a series into windows and has a network say the value after each. Dure cuts with
`dure.data.windows`, which never shuffles across time: validation comes after training, the test
part after both. A forecast is judged beside the naive one (the next value is the last one), and
beside the best there can be: the series are made by a law (a season, and noise of which a part
stays to the next step), so the part of the next value that nothing can foresee is known.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

import dure
from dure.core.backend import keras
from dure.core.palette import COLOURS
from dure.gallery.page import Page
from dure.gallery.plots.compared import difference, interval_rows, told_difference
from dure.messages.message import say
from dure.plots.lines import mean_line
from dure.plots.style import drawing, dressed
from dure.result import Result
from dure.stats.intervals import interval_texts, mean_interval

LENGTH, PERIOD, SWING, STAYS, NOISE = 48, 24, 1.0, 0.8, 0.3
TEST, SHOWN = 0.2, 96  # share of the time, steps in the picture


class Series(NamedTuple):
    """A series, and what one who knows the law would say of each step the step before."""

    values: npt.NDArray[np.float64]
    """Shape [time, features]."""
    foreseen: npt.NDArray[np.float64]
    """Shape [time, features]; `values` less what is new at that step."""


def law(time: int, features: int) -> Series:
    """A season of 24 steps and noise of which 0.8 stays; each feature feels the one before it.

    The new noise of a step has a deviation of 0.3 and is nowhere foreseen: no forecast has a mean
    squared error below 0.09. Of the noise of feature j, 0.8 stays in j; with several features a
    half of that is handed to feature j + 1 instead, so that one feature tells of another.
    """
    rng = np.random.default_rng(7)
    new = rng.normal(0, NOISE, (time, features))
    hands_on = STAYS * (
        np.eye(features)
        if features == 1
        else (np.eye(features) + np.roll(np.eye(features), 1, axis=1)) / 2
    )
    phase = np.arange(features) / max(features, 3)
    season = SWING * np.sin(2 * np.pi * (np.arange(time)[:, None] / PERIOD + phase))
    noise, stayed = np.zeros(features), np.zeros((time, features))
    for step in range(time):
        stayed[step] = noise @ hands_on
        noise = stayed[step] + new[step]
    return Series(season + stayed + new, season + stayed)


def build(features: int = 1, network: str = "LSTM") -> keras.Model:
    """48 steps in; the value of each feature at the next step out."""
    inputs = keras.Input((LENGTH, features))
    hidden = (
        keras.layers.Flatten()(inputs) if network == "linear" else keras.layers.LSTM(16)(inputs)
    )
    model = keras.Model(inputs, keras.layers.Dense(features)(hidden))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def study(features: int, quick: bool = False) -> dure.Study:
    """A linear forecast from all 48 steps, and an LSTM of 16 units."""
    time = 1_500 if quick else 4_000
    return dure.Study(
        build,
        dure.data.windows(law(time, features).values, LENGTH, test=TEST),
        {n: {"features": features, "network": n} for n in ("linear", "LSTM")},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=12 if quick else 25,
        name="one-value" if features == 1 else "three-values",
    )


def show(page: Page) -> None:
    """Train on both series; put the errors on the test part beside the naive and the best."""
    for features in (1, 3):
        planned = study(features, page.quick)
        result = page.run(planned)
        data = planned.data
        x, y = np.asarray(data.test.x), np.asarray(data.test.y)
        series = law(1_500 if page.quick else 4_000, features)
        best = series.foreseen[-len(y) :]
        naive, least = (float(np.mean((said - y) ** 2)) for said in (x[:, -1], best))
        _judge(page, result, naive, least)
        page.picture(f"{result.name}-forecast", _forecast(result, x, y, best))


def _judge(page: Page, result: Result, naive: float, least: float) -> None:
    name = result.name
    errors = {v: result.at_best("test_loss").sel(variant=v, fold=1).values for v in result.variants}
    page.fact(f"{name}: naive", naive)
    page.fact(f"{name}: best possible", least)
    page.say(
        say(
            "{name}: of the test part's squared error {least:.4f} can be foreseen by nobody "
            "({noise:g} in the long run); the naive forecast errs by {naive:.4f}.",
            **{"name": name, "least": least, "noise": NOISE**2, "naive": naive},
        )
    )
    for variant, values in errors.items():
        mean, low, high, *_ = mean_interval(values[:, None])
        share = (naive - mean) / (naive - least)
        page.fact(f"{name}, {variant}: error", [mean, low, high])
        page.fact(f"{name}, {variant}: share of the way", share)
        page.say(
            say(
                "  {variant}: {error}, {share:.0%} of the way from the naive forecast to the best, "
                "{above:.1%} above it.",
                **{"variant": variant, "error": interval_texts([(mean, low, high)])[0]},
                **{"share": share, "above": mean / least - 1},
            )
        )
    told = told_difference(difference(errors["LSTM"], errors["linear"]))
    page.say(say("  LSTM against linear, on the same seeds: {verdict}.", verdict=told))
    page.picture(
        f"{name}-errors",
        interval_rows(
            errors | {"naive: the last value": [naive]},
            f"Next value: {name}",
            "mean squared error on the test part",
            reference=(least, "nobody can do better"),
        ),
    )


@drawing
def _forecast(result: Result, x: Any, y: Any, best: Any) -> Figure:
    """The last steps: what came, what every seed of each network said the step before."""
    figure = Figure(figsize=(8.4, 2.6 * y.shape[1] + 0.4), layout="constrained")
    seeds = [int(seed) for seed in result.curves["seed"].values]
    time = np.arange(-SHOWN, 0)
    said = {
        variant: np.array(
            [np.asarray(result.lane(variant, seed).model()(x[-SHOWN:])) for seed in seeds]
        )
        for variant in result.variants
    }
    panels = figure.subplots(y.shape[1], 1, sharex=True, squeeze=False)[:, 0]
    for feature, axes in enumerate(panels):
        last = feature == len(panels) - 1
        dressed(axes, "steps before the end" if last else "", f"value {feature + 1}")
        axes.plot(time, y[-SHOWN:, feature], "o", color="0.6", markersize=3, label="what came")
        axes.plot(time, best[-SHOWN:, feature], color="0.3", linestyle=":", label="best possible")
        for place, (variant, values) in enumerate(said.items()):
            mean_line(axes, time, values[:, :, feature], COLOURS[place], variant)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper center",
        ncol=4,
        fontsize=8,
        frameon=False,
    )
    return figure
