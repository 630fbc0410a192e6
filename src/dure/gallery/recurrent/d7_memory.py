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

import numpy as np
import xarray as xr

import dure
from dure.core.backend import keras
from dure.gallery.page import Page
from dure.gallery.plots.memories import memories
from dure.gallery.shared import reviews as _reviews
from dure.gallery.shared.lanes_text import difference, over_lanes, told
from dure.inspection.measures.agreement import stack
from dure.measurements.labels import median_horizon
from dure.messages.message import Message, as_is, joined, say
from dure.stats.intervals import Interval

CELLS = {"SimpleRNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
WORDS, SYMBOLS = 500, 4
SEEDS = 6
"""With six the least and the largest hold the median of all seeds at 97 % (1 - 2 / 2**6)."""
TRUNCATIONS = (10, 20, 50)
WAYS = {"gradient": "trained, by a touch", "exchange": "trained, by another input"}
WAY_TOLD = {
    "untrained, by a touch": say("untrained, by a touch"),
    "trained, by a touch": say("trained, by a touch"),
    "trained, by another input": say("trained, by another input"),
}
"""The ways in both languages; facts and pictures have their English names."""


def build(cell: str = "SimpleRNN") -> keras.Model:
    """The notes' network for reviews: Embedding(16), eight units, one sigmoid."""
    model = keras.Sequential(
        [
            keras.layers.Input((100,), dtype="int32"),
            keras.layers.Embedding(WORDS, 16),
            CELLS[cell](8),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


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
    seeds, cells = 2 if quick else SEEDS, {"cell": list(CELLS)}
    recall = dure.Study(
        build_recall,
        dure.data.recall(1_000 if quick else 4_000, gap=10 if quick else 20, symbols=SYMBOLS),
        cells,
        seeds=seeds,
        validation_split=0.2,
        epochs=10 if quick else 40,
        batch_size=64,
        name="memory-recall",
    )
    reviews = _reviews.study(build, "memory-reviews", quick, WORDS, cells, SEEDS)
    return {"reviews": reviews, "recall": recall}


BUILDS = {"reviews": build, "recall": build_recall}


def show(page: Page) -> None:
    """Train each cell on both tasks; measure, draw and tell how far back it remembers."""
    rows = 16 if page.quick else 64
    for task, asked in studies(page.quick).items():
        result = page.run(asked)
        seeds = [int(seed) for seed in result.curves["seed"]]
        measured = {"untrained, by a touch": untrained_memory(task, asked.data, seeds, rows)}
        for method in ("gradient", "exchange"):
            measured[WAYS[method]] = {
                cell: dure.look(result, data=asked.data, variant=f"cell={cell}").memory(
                    method=method, rows=rows
                )
                for cell in CELLS
            }
        networks = f"{len(seeds)} networks a cell, {rows} test rows."
        notes = [f"{asked.data.source}.", networks]
        page.picture(f"memory-{task}", memories(measured, f"Memory · {task}", notes))
        for cell in CELLS:
            tell_horizons(page, f"{task}, {cell}", {way: of[cell] for way, of in measured.items()})
            tell_truncation(page, f"{task}, {cell}", measured[WAYS["gradient"]][cell])
            if task == "recall":
                tell_symbol(page, cell, measured[WAYS["exchange"]][cell])
        tell_reached(page, task, result)


def untrained_memory(
    task: str, data: dure.Data, seeds: list[int], rows: int
) -> dict[str, xr.Dataset]:
    """The memory of fresh networks, one a seed, by the gradient."""
    found = {}
    for cell in CELLS:
        model = BUILDS[task](cell)
        look, lanes = dure.look(model, data=data), []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model.set_weights(BUILDS[task](cell).get_weights())  # one model: compiled once
            lanes.append(look.memory(rows=rows))
        found[cell] = stack(lanes, [(cell, seed, 1) for seed in seeds])
    return found


def tell_horizons(page: Page, what: str, measured: dict[str, xr.Dataset]) -> None:
    """By each way the median horizon between the least and the largest; those without counted."""
    words: list[Message] = []
    for way, one in measured.items():
        horizons, steps = one["horizon"].values, one.sizes["distance"]
        page.fact(f"horizons: {what}, {way}", [h if np.isfinite(h) else None for h in horizons])
        middle, least, most = (
            say("over {steps}", steps=steps) if np.isinf(h) else as_is(f"{h:.0f}")
            for h in (median_horizon(one), horizons.min(), horizons.max())
        )
        found = {"way": WAY_TOLD[way], "middle": middle, "least": least, "most": most}
        lost = int(np.isinf(horizons).sum())
        words.append(
            say(
                "{way} {middle} [{least}, {most}], {lost} of {networks} without one",
                **found,
                lost=lost,
                networks=horizons.size,
            )
            if lost
            else say("{way} {middle} [{least}, {most}]", **found)
        )
    fresh, trained = (one["horizon"] for one in list(measured.values())[:2])
    # A network that diverged is not among the trained.
    before = fresh.swap_dims(lane="seed").sel(seed=trained["seed"].values).values
    after = trained.values
    page.say(
        say(
            "{what}: horizon in steps, median [least, largest]: {ways}. Training lengthened it in "
            "{longer} of {networks} networks, shortened it in {shorter}.",
            what=what,
            ways=joined(words, "; "),
            longer=(after > before).sum(),
            networks=before.size,
            shorter=(after < before).sum(),
        )
    )


def beyond(measured: xr.Dataset, steps: int) -> Interval:
    """The share of influence from further back than the last `steps` steps, over networks."""
    size = measured["size"].fillna(0)
    share = size.isel(distance=slice(steps, None)).sum("distance") / size.sum("distance")
    return over_lanes(share.mean("row"))


def tell_truncation(page: Page, what: str, measured: xr.Dataset) -> None:
    """What back-propagation truncated at k steps would not see: the gradient beyond them."""
    words: list[Message] = []
    for steps in (k for k in TRUNCATIONS if k < measured.sizes["distance"]):
        share = beyond(measured, steps)
        page.fact(f"beyond {steps}: {what}", share.mean)
        cut = told(share) if share.mean >= 1e-3 else say("less than 0.001")
        words.append(say("{cut} at {steps} steps", cut=cut, steps=steps))
    page.say(
        say(
            "{what}: truncated back-propagation would cut of the gradient: {shares}.",
            what=what,
            shares=joined(words, "; "),
        )
    )


def tell_symbol(page: Page, cell: str, measured: xr.Dataset) -> None:
    """The known answer of the recall task: nothing counts but the symbol, a row's first step."""
    gap = measured.sizes["distance"] - 1
    share = beyond(measured, gap)
    page.fact(f"share of the symbol: {cell}", share.mean)
    page.say(
        say(
            "recall, {cell}: of what another input changes, {share} is changed by the symbol, "
            "{gap} steps back (1 is perfect, {chance:.2f} is chance).",
            cell=cell,
            share=told(share),
            gap=gap,
            chance=1 / (gap + 1),
        )
    )


def tell_reached(page: Page, task: str, result: dure.Result) -> None:
    """How good the networks are whose memory this is."""
    reached = {c: result.at_best("val_accuracy").sel(variant=f"cell={c}") for c in CELLS}
    for cell, values in reached.items():
        page.fact(f"val_accuracy: {task}, {cell}", values.values.ravel())
        found = {"what": f"{task}, {cell}", "accuracy": told(over_lanes(values))}
        line = say("{what}: validation accuracy {accuracy}.", **found)
        if cell != "SimpleRNN":
            line = say(
                "{what}: validation accuracy {accuracy}; less that of SimpleRNN: {difference}.",
                **found,
                difference=difference(values, reached["SimpleRNN"])[1],
            )
        page.say(line)
