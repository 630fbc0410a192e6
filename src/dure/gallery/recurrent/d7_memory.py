"""D7. How far back SimpleRNN, LSTM and GRU remember, measured instead of told.

The notes tell that a plain RNN forgets and that LSTM and GRU do not. `Look.memory` measures how
much each earlier step still moves the output: by a touch ("gradient", all that back-propagation
can learn from) and by another input in its place ("exchange", what is remembered; the two part
where gates have latched). Where that falls below 1 % of its peak is the memory horizon. Untrained
networks stand beside, for Keras starts a SimpleRNN with an orthogonal matrix, which forgets
slowly, and an LSTM with gates that let a quarter go at each step: here it is the gates that forget
until they have learned not to.
"""

from __future__ import annotations

from typing import Literal

import dure
from dure.core.backend import keras
from dure.gallery.page import RowPage
from dure.gallery.shared import memory
from dure.gallery.shared import reviews as _reviews
from dure.messages.message import joined, say

CELLS = {"SimpleRNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
SYMBOLS = 4
SEEDS = 6
"""With six the least and the largest hold the median of all seeds at 97 % (1 - 2 / 2**6)."""
WAYS: dict[Literal["gradient", "exchange"], str] = {
    "gradient": "trained, by a touch",
    "exchange": "trained, by another input",
}


def build(cell: str = "SimpleRNN") -> keras.Model:
    """The notes' network for reviews: Embedding(16), eight units, one sigmoid."""
    return _reviews.reader(keras.layers.Embedding(500, 16), CELLS[cell](8))


def build_recall(cell: str = "SimpleRNN") -> keras.Model:
    """A network that is to name the symbol it read first."""
    model = keras.Sequential(
        [
            keras.layers.Input((None,), dtype="int32"),
            keras.layers.Embedding(2 * SYMBOLS + 1, 8),
            CELLS[cell](16),
            keras.layers.Dense(SYMBOLS, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.Adam(3e-3, clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def studies(quick: bool = False) -> dict[str, dure.Study]:
    """Each cell on reviews, in the notes' settings, and on the recall of a symbol."""
    cells = {"cell": list(CELLS)}
    recall = dure.Study(
        build_recall,
        dure.data.recall(1_000 if quick else 4_000, gap=10 if quick else 20, symbols=SYMBOLS),
        cells,
        seeds=2 if quick else SEEDS,
        validation_split=0.2,
        epochs=10 if quick else 40,
        batch_size=64,
        name="memory-recall",
    )
    reviews = _reviews.study(build, "memory-reviews", quick, 500, cells, SEEDS)
    return {"reviews": reviews, "recall": recall}


def show(page: RowPage) -> None:
    """Train each cell on both tasks; measure, draw and tell how far back it remembers."""
    rows = 16 if page.quick else 64
    for task, asked in studies(page.quick).items():
        result = page.run(asked)
        measured = {"untrained, by a touch": memory.of_untrained(asked, result, rows)}
        for method, way in WAYS.items():
            measured[way] = {}
            for cell in CELLS:
                look = dure.look(result, data=asked.data, variant=f"cell={cell}")
                measured[way][cell] = look.memory(method=method, rows=rows)
        page.picture(f"memory-{task}", memory.draw(measured, f"Memory · {task}", asked, rows))
        for cell in CELLS:
            ways = {way: of[cell] for way, of in measured.items()}
            memory.tell_horizons(page, f"{task}, {cell}", ways)
            memory.tell_truncation(page, f"{task}, {cell}", ways[WAYS["gradient"]])
            if task == "recall":
                memory.tell_symbol(page, cell, ways[WAYS["exchange"]])
        for cell in CELLS:
            accuracy = result.at_best("val_accuracy").sel(variant=f"cell={cell}").values
            page.fact(f"val_accuracy: {task}, {cell}", accuracy.ravel())
            page.tell(joined((f"{task}, {cell}", say("validation accuracy")), ", "), accuracy)
        page.compare(result.compare("val_accuracy", baseline="cell=SimpleRNN"), task)
