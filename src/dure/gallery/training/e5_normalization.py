"""E5. Batch and layer normalisation: speed of learning, sensitivity to rate and initialiser.

The note says that normalisation speeds learning up, lets one take higher rates, makes the first
weights matter less, and that batch normalisation needs batches that are not small. Each is asked
over a grid: none, batch (Ioffe and Szegedy 2015, "Batch normalization: accelerating deep network
training by reducing internal covariate shift") and layer normalisation (Ba, Kiros and Hinton 2016,
"Layer normalization"), over rates, batches of 2, 8 and 32, and first weights. In a batch of two,
batch normalisation leaves of each unit nothing but a sign: (x - mean) / deviation is +1 and -1.
Recurrent networks: normalised behind the layer, or inside it at every step (equation 4 of Ba et
al.), on the recall of a symbol.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sklearn.preprocessing import StandardScaler

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.gallery.shared.grids import TRAINS, grid, tell_grid
from dure.gallery.shared.steps import NormalizedCell
from dure.gallery.shared.tasks import flat_digits
from dure.messages.message import say

RATES, BATCHES, CELL_RATES = (
    (0.001, 0.01, 0.1, 1.0, 10.0),
    (2, 8, 32),
    (0.001, 0.003, 0.01, 0.03, 0.1),
)
DEVIATIONS = (0.01, 0.03, 0.125, 0.5, 2.0)
"""Of the first weights; Glorot's is sqrt(1 / 64) = 0.125."""
KINDS, CELLS = ("none", "batch", "layer"), ("none", "batch behind", "layer behind", "layer inside")
ROWS = 640
"""Three quarters train: 480, which all sizes of batches divide. A rest of two rows at the end of an
epoch would spoil batch normalisation at every size."""


def build(kind: str = "none", rate: float = 0.1, deviation: float = 0.125) -> keras.Model:
    """Four hidden layers: Dense, normalisation or none, ReLU."""
    model = keras.Sequential([keras.layers.Input((64,))])
    for place in range(1, 5):
        begun = keras.initializers.RandomNormal(stddev=deviation)
        model.add(keras.layers.Dense(64, kernel_initializer=begun, name=f"hidden_{place}"))
        if kind != "none":
            model.add(normalization(kind, f"normalized_{place}"))
        model.add(keras.layers.ReLU(name=f"relu_{place}"))
    model.add(keras.layers.Dense(10, activation="softmax", name="output"))
    sgd, loss = keras.optimizers.SGD(rate), "sparse_categorical_crossentropy"
    model.compile(sgd, loss, metrics=["accuracy"])
    return model


def normalization(kind: str, name: str) -> keras.Layer:
    """The layer that normalises over a batch or over a row."""
    if kind == "batch":
        # Keras' own momentum of 0.99 needs hundreds of batches to know mean and deviation.
        return keras.layers.BatchNormalization(momentum=0.9, name=name)
    return keras.layers.LayerNormalization(name=name)


def build_recurrent(kind: str = "none", rate: float = 0.01) -> keras.Model:
    """A plain recurrent network that is to name the symbol it read first."""
    model = keras.Sequential([keras.layers.Input((None,), dtype="int32")])
    model.add(keras.layers.Embedding(9, 8))
    inside = kind == "layer inside"
    model.add(keras.layers.RNN(NormalizedCell(16)) if inside else keras.layers.SimpleRNN(16))
    if kind.endswith("behind"):
        model.add(normalization(kind.removesuffix(" behind"), "normalized"))
    model.add(keras.layers.Dense(4, activation="softmax"))
    optimizer = keras.optimizers.Adam(rate, clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False, batch: int = 32) -> dure.Study:
    """Each kind at each rate, with one size of batch; with 32 from several first weights, too."""
    over: dict[str, tuple[float, ...]] = {"rate": (0.01, 1.0) if quick else RATES}
    over |= {"deviation": DEVIATIONS[::2] if quick else DEVIATIONS} if batch == 32 else {}
    terms = dict[str, Any](batch_size=batch, seeds=2 if quick else 5, epochs=6 if quick else 20)
    data, variants = flat_digits(prepare=StandardScaler()).take(slice(ROWS)), grid(KINDS, **over)
    terms |= {"validation_split": 0.25}
    return dure.Study(build, data, variants, name=f"batch-{batch}", **terms)


def recurrent(quick: bool = False) -> dure.Study:
    """Each way to normalise a recurrent network at each rate."""
    return dure.Study(
        build_recurrent,
        dure.data.recall(1_000 if quick else 2_000, gap=10 if quick else 60, symbols=4, test=0),
        grid(CELLS[::3] if quick else CELLS, rate=(0.01, 0.1) if quick else CELL_RATES),
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=4 if quick else 10,
        batch_size=32,
        name="recurrent",
    )


def show(page: RowPage) -> None:
    """All grids: which rates train, how fast, from which first weights; recurrent networks."""
    lines: dict[str, dict[str, PanelLine]] = {}
    speed: dict[str, dict[str, PanelLine]] = {}
    for size in BATCHES[::2] if page.quick else BATCHES:
        result = page.run(study(page.quick, size))
        head = say("batches of {size}", size=size)
        lines[head], speed[head] = tell_grid(page, head, result)
    begun, _ = tell_grid(page, say("first weights, rate 0.1"), result, "deviation")
    cells, _ = tell_grid(page, say("recurrent"), page.run(recurrent(page.quick)))
    rate = PanelScale("learning rate", "validation accuracy", "x", (0.0, 1.0), (TRAINS, "trains"))
    for name, scale, shown in (
        ("rates", rate, lines),
        ("speed", replace(rate, x="epoch", log=""), speed),
        ("first-weights", replace(rate, x="deviation (Glorot: 0.125)"), {"": begun}),
        ("recurrent", rate, {"": cells}),
    ):
        page.picture(name, panels(shown, scale, f"What trains: {name}"))
