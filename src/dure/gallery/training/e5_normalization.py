"""E5. Batch and layer normalisation: speed of learning, sensitivity to rate and initialiser.

The note says that normalisation speeds learning up, lets one take higher rates, makes the first
weights matter less, and that batch normalisation needs batches that are not small. Each of these is
a question with a number here, over a grid: no normalisation, batch normalisation (Ioffe and Szegedy
2015, "Batch normalization: accelerating deep network training by reducing internal covariate
shift") and layer normalisation (Ba, Kiros and Hinton 2016, "Layer normalization"), at rates over
four orders of magnitude, with batches of 2, 8 and 32, on the same seeds. A rate trains if every
seed's network ends above 80 % of the validation rows.

In a batch of two, batch normalisation leaves of each unit nothing but a sign, which row had more of
it: (x - mean) / deviation is +1 and -1 whatever the two values were.

Recurrent networks: layer normalisation behind the layer, or inside it at every step (equation 4 of
Ba et al.), against batch normalisation behind it, on the recall of a symbol.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots.compared import difference, told_difference
from dure.gallery.plots.panels import Line, Scale, panels
from dure.gallery.shared.lanes_text import over_lanes, told
from dure.messages.message import Message, as_is, joined, say
from dure.result import Result

WIDTH = 64
KINDS = ("none", "batch", "layer")
RATES = (0.001, 0.01, 0.1, 1.0, 10.0)
BATCHES = (2, 8, 32)
DEVIATIONS = (0.01, 0.03, 0.125, 0.5, 2.0)
"""Of the first weights; Glorot's is sqrt(1 / 64) = 0.125."""
WORDS = {"rate": say("rate"), "deviation": say("deviation")}
"""The arguments that a grid goes over, in both languages."""
CELLS = ("none", "batch behind", "layer behind", "layer inside")
CELL_RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
TRAINS = 0.8
ROWS = 640
"""Three quarters train: 480, which all sizes of batches divide. A rest of two rows at the end of an
epoch would spoil batch normalisation at every size."""


def build(kind: str = "none", rate: float = 0.1, deviation: float = 0.125) -> keras.Model:
    """Four hidden layers: Dense, normalisation or none, ReLU."""
    model = keras.Sequential([keras.layers.Input((WIDTH,))])
    for place in range(1, 5):
        begun = keras.initializers.RandomNormal(stddev=deviation)
        model.add(keras.layers.Dense(WIDTH, kernel_initializer=begun, name=f"hidden_{place}"))
        if kind != "none":
            model.add(normalization(kind, f"normalized_{place}"))
        model.add(keras.layers.ReLU(name=f"relu_{place}"))
    model.add(keras.layers.Dense(10, activation="softmax", name="output"))
    model.compile(
        keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def normalization(kind: str, name: str) -> keras.Layer:
    """The layer that normalises over a batch or over a row."""
    if kind == "batch":
        # Keras' own momentum of 0.99 needs hundreds of batches to know mean and deviation.
        return keras.layers.BatchNormalization(momentum=0.9, name=name)
    return keras.layers.LayerNormalization(name=name)


@keras.saving.register_keras_serializable("dure")
class NormalizedCell(keras.layers.Layer):  # type: ignore[misc]
    """A plain recurrent step, its sum normalised over the units before tanh.

    Parameters
    ----------
    units
        Of the state, which is also the output.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units
        self.from_input = keras.layers.Dense(units, use_bias=False)
        self.from_state = keras.layers.Dense(units, use_bias=False, kernel_initializer="orthogonal")
        self.normalize = keras.layers.LayerNormalization()

    def build(self, input_shape: Any) -> None:
        """Make the weights, for inputs [batch, features]."""
        self.from_input.build(input_shape)
        self.from_state.build((None, self.units))
        self.normalize.build((None, self.units))
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """One step: output and state."""
        total = self.from_input(inputs) + self.from_state(states[0])
        state = keras.ops.tanh(self.normalize(total))
        return state, [state]

    def get_config(self) -> dict[str, Any]:
        """What a copy is made from."""
        return {**super().get_config(), "units": self.units}


def build_recurrent(kind: str = "none", rate: float = 0.01) -> keras.Model:
    """A plain recurrent network that is to name the symbol it read first."""
    model = keras.Sequential(
        [keras.layers.Input((None,), dtype="int32"), keras.layers.Embedding(9, 8)]
    )
    model.add(
        keras.layers.RNN(NormalizedCell(16))
        if kind == "layer inside"
        else keras.layers.SimpleRNN(16)
    )
    if kind.endswith("behind"):
        model.add(normalization(kind.removesuffix(" behind"), "normalized"))
    model.add(keras.layers.Dense(4, activation="softmax"))
    optimizer = keras.optimizers.Adam(rate, clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(rows: int = ROWS) -> dure.Data:
    """The first digits, flat, to be standardised."""
    digits = dure.data.digits()
    assert digits.test is not None
    flat = replace(
        digits,
        x=np.reshape(digits.x, (-1, WIDTH)),
        test=(np.reshape(digits.test[0], (-1, WIDTH)), digits.test[1]),
        kind="tabular",
        prepare=StandardScaler(),
    )
    return flat.take(slice(rows))


def study(quick: bool = False, batch: int = 32) -> dure.Study:
    """Each kind at each rate, with one size of batch; with 32 from several first weights as well.

    All variants of a kind differ in numbers only and share a program.
    """
    over: dict[str, tuple[float, ...]] = {"rate": (0.01, 1.0) if quick else RATES}
    if batch == 32:
        over["deviation"] = DEVIATIONS[::2] if quick else DEVIATIONS
    return dure.Study(
        build,
        data(),
        {
            variant(kind, what, value): {"kind": kind, what: value}
            for kind in KINDS
            for what, values in over.items()
            for value in values
        },
        seeds=2 if quick else 5,
        validation_split=0.25,
        epochs=6 if quick else 20,
        batch_size=batch,
        name=f"batch-{batch}",
    )


def recurrent(quick: bool = False) -> dure.Study:
    """Each way to normalise a recurrent network at each rate."""
    rates = (0.01, 0.1) if quick else CELL_RATES
    return dure.Study(
        build_recurrent,
        dure.data.recall(1_000 if quick else 2_000, gap=10 if quick else 60, symbols=4, test=0),
        {
            variant(kind, "rate", rate): {"kind": kind, "rate": rate}
            for kind in (CELLS[::3] if quick else CELLS)
            for rate in rates
        },
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=4 if quick else 10,
        batch_size=32,
        name="recurrent",
    )


def variant(kind: str, what: str, value: float) -> str:
    """'batch, rate 0.1'."""
    return f"{kind}, {what} {value:g}"


class Grid:
    """Validation accuracies of a study over kinds and the values of one argument, `what`.

    Attributes
    ----------
    values
        Of the argument, ascending, shape [values].
    last
        By kind the accuracy after the last epoch, shape [seeds, values]; 0 for networks that
        diverged, which name no row.
    curves
        By kind the accuracy after each epoch, shape [seeds, values, epochs].
    """

    def __init__(self, result: Result, what: str = "rate") -> None:
        self.what = what
        mine = [name.split(f", {what} ") for name in result.variants if f", {what} " in name]
        self.kinds = list(dict.fromkeys(kind for kind, _ in mine))
        self.values = np.array(list(dict.fromkeys(float(value) for _, value in mine)))
        accuracy = result.curves["val_accuracy"].sel(fold=1).fillna(0.0)
        self.curves = {
            kind: np.stack(
                [accuracy.sel(variant=variant(kind, self.what, v)).values for v in self.values],
                axis=1,
            )
            for kind in self.kinds
        }
        self.last = {kind: curves[:, :, -1] for kind, curves in self.curves.items()}

    def lines(self) -> dict[str, Line]:
        """Accuracy against the argument's values."""
        return {kind: Line(self.values, last) for kind, last in self.last.items()}

    def trained_at(self, kind: str) -> list[float]:
        """The values at which every seed trained."""
        sure = (self.last[kind] > TRAINS).all(axis=0)
        return [float(value) for value in self.values[sure]]

    def best(self, kind: str) -> int:
        """The place of the value with the highest mean accuracy."""
        return int(self.last[kind].mean(axis=0).argmax())

    def describe(self, kind: str) -> Message:
        """'trains at rate 0.01 to 1, a factor of 100'."""
        sure, what = self.trained_at(kind), WORDS[self.what]
        if not sure:
            return say("trains at no {what}", what=what)
        if len(sure) == 1:
            return say("trains at {what} {value:g} only", what=what, value=sure[0])
        places = [list(self.values).index(value) for value in sure]
        if places[-1] - places[0] + 1 == len(places):
            return say(
                "trains at {what} {first:g} to {last:g}, a factor of {factor:g}",
                what=what,
                first=sure[0],
                last=sure[-1],
                factor=sure[-1] / sure[0],
            )
        values = ", ".join(f"{value:g}" for value in sure)
        return say("trains at {what} {values}", what=what, values=values)


def show(page: Page) -> None:
    """All grids: which rates train, how fast, from which first weights; recurrent networks."""
    batches = BATCHES[::2] if page.quick else BATCHES
    results: dict[str, Result] = {
        say("batches of {size}", size=size): page.run(study(page.quick, size)) for size in batches
    }
    rates = {head: Grid(result) for head, result in results.items()}
    for head, grid in rates.items():
        tell_grid(page, as_is(head), grid)
        tell_speed(page, as_is(head), grid)
    notes = [
        f"{ROWS} digits, four hidden layers of {WIDTH}; means over seeds with their 95 % "
        "interval, networks that diverged counted as 0."
    ]
    scale = Scale("learning rate (SGD)", "validation accuracy", "x", (0.0, 1.0), (TRAINS, "trains"))
    lines = {head: grid.lines() for head, grid in rates.items()}
    page.picture("rates", panels(lines, scale, "Which rates train", notes))
    page.picture("speed", draw_speed(rates))
    begun = Grid(list(results.values())[-1], "deviation")
    tell_grid(page, say("first weights, rate 0.1"), begun)
    scale = replace(scale, x="deviation of the first weights (Glorot: 0.125)")
    page.picture(
        "first-weights", panels({"": begun.lines()}, scale, "Which first weights train", notes)
    )
    cells = Grid(page.run(recurrent(page.quick)))
    tell_grid(page, say("recurrent"), cells)
    tell_speed(page, say("recurrent"), cells)
    scale = replace(scale, x="learning rate (Adam)")
    notes = ["SimpleRNN(16), recall of the first of four symbols at the end; chance is 0.25."]
    page.picture("recurrent", panels({"": cells.lines()}, scale, "Recurrent networks", notes))


def tell_grid(page: Page, head: Message, grid: Grid) -> None:
    """Where each kind trains, and how it compares with none at the best value of each."""
    for kind in grid.kinds:
        page.fact(f"{head}, {kind}: trains", grid.trained_at(kind))
        page.fact(f"{head}, {kind}: accuracy", grid.last[kind])
        at = grid.best(kind)
        known = {"head": head, "kind": kind, "trains": grid.describe(kind), "at": grid.values[at]}
        known["reached"] = told(over_lanes(grid.last[kind][:, at]))
        line = say("{head}, {kind}: {trains}; best at {at:g} with {reached}.", **known)
        if kind != "none":
            base = grid.last["none"][:, grid.best("none")]
            line = say(
                "{head}, {kind}: {trains}; best at {at:g} with {reached}, less that of none at "
                "its best: {apart}.",
                **known,
                apart=told_difference(difference(grid.last[kind][:, at], base)),
            )
        page.say(line)


def tell_speed(page: Page, head: Message, grid: Grid) -> None:
    """Accuracy after one epoch, each kind at its best rate."""
    first = {kind: grid.curves[kind][:, grid.best(kind), 0] for kind in grid.kinds}
    words = []
    for kind, values in first.items():
        page.fact(f"{head}, {kind}: first epoch", values)
        known = {"name": kind, "accuracy": told(over_lanes(values))}
        if kind == "none":
            words.append(say("{name} {accuracy}", **known))
            continue
        verdict = told_difference(difference(values, first["none"]))
        words.append(say("{name} {accuracy} (less none: {verdict})", **known, verdict=verdict))
    page.say(
        say(
            "{head}, after one epoch, each at its best {what}: {accuracies}.",
            head=head,
            what=WORDS[grid.what],
            accuracies=joined(words, "; "),
        )
    )


def draw_speed(rates: dict[str, Grid]) -> Figure:
    """Accuracy epoch by epoch, each kind at its best rate."""
    lines = {}
    for head, grid in rates.items():
        at = {kind: grid.best(kind) for kind in grid.kinds}
        epochs = np.arange(1, grid.curves["none"].shape[-1] + 1)
        lines[head] = {kind: Line(epochs, grid.curves[kind][:, at[kind]]) for kind in grid.kinds}
    scale = Scale("epoch", "validation accuracy", limits=(0.0, 1.0), whole=True)
    return panels(lines, scale, "Speed of learning, each at its best rate")
