"""E12. The next value of a series, of one value a step and of three.

The note cuts a series into windows and has a network say the value after each. Dure cuts with
`dure.data.windows`, which never shuffles across time: validation comes after training, the test
part after both. A forecast is judged beside the naive one (the next value is the last one), and
beside the best there can be: the series are made by a law (a season, and noise of which a part
stays to the next step), so the part of the next value that nothing can foresee is known.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.plots.rows import interval_rows
from dure.gallery.shared.tasks import NOISE, law

LENGTH = 48
TEST, SHOWN = 0.2, 96  # share of the time, steps in the picture


def build(features: int = 1, network: str = "LSTM") -> keras.Model:
    """48 steps in; the value of each feature at the next step out."""
    inputs = keras.Input((LENGTH, features))
    linear = network == "linear"
    hidden = keras.layers.Flatten()(inputs) if linear else keras.layers.LSTM(16)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(features)(hidden))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def study(features: int, quick: bool = False) -> dure.Study:
    """A linear forecast from all 48 steps, and an LSTM of 16 units."""
    values = law(1_500 if quick else 4_000, features).values
    return dure.Study(
        build,
        dure.data.windows(values, LENGTH, test=TEST),
        {n: {"features": features, "network": n} for n in ("linear", "LSTM")},
        seeds=3 if quick else 10,
        validation_split=0.2,
        epochs=12 if quick else 25,
        name="one-value" if features == 1 else "three-values",
    )


def show(page: RowPage) -> None:
    """Train on both series; put the errors on the test part beside the naive and the best."""
    for features in (1, 3):
        asked = study(features, page.quick)
        result, name = page.run(asked), asked.name
        x, y = np.asarray(asked.data.test.x), np.asarray(asked.data.test.y)
        best = law(1_500 if page.quick else 4_000, features).foreseen[-len(y) :]
        naive, least = (float(np.mean((one - y) ** 2)) for one in (x[:, -1], best))
        page.fact(f"{name}: naive", naive)
        page.fact(f"{name}: best possible", least)
        page.say(
            "{name}: of the test part's squared error {least:.4f} can be foreseen by nobody "
            "({noise:g} in the long run); the naive forecast errs by {naive:.4f}.",
            name=name,
            least=least,
            noise=NOISE**2,
            naive=naive,
        )
        tested = result.at_best("test_loss").sel(fold=1)
        errors = {variant: tested.sel(variant=variant).values for variant in result.variants}
        for variant, values in errors.items():
            share = (naive - float(np.nanmean(values))) / (naive - least)
            page.fact(f"{name}, {variant}: share of the way", share)
            page.say(
                "{variant}: {error}, {share:.0%} of the way from the naive forecast to the best.",
                variant=variant,
                error=page.interval(f"{name}, {variant}: error", values),
                share=share,
            )
        page.compare(result.compare("test_loss"), name)
        rows, nobody = errors | {"naive: the last value": [naive]}, (least, "nobody can do better")
        axis = "mean squared error on the test part"
        page.picture(
            f"{name}-errors", interval_rows(rows, f"Next value: {name}", axis, reference=nobody)
        )
        time, seeds = np.arange(-SHOWN, 0), [int(seed) for seed in result.curves["seed"]]
        forecasts = {
            variant: np.array(
                [np.asarray(result.lane(variant, s).model()(x[-SHOWN:])) for s in seeds]
            )
            for variant in result.variants
        }
        forecasts |= {"what came": y[None, -SHOWN:], "best possible": best[None, -SHOWN:]}
        shown = {
            f"value {place + 1}": {
                label: PanelLine(time, of[:, :, place]) for label, of in forecasts.items()
            }
            for place in range(features)
        }
        scale = PanelScale("steps before the end", "value", marks=False)
        drawn = panels(shown, scale, f"The last steps: {name}", columns=1)
        page.picture(f"{name}-forecast", drawn)
