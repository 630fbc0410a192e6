"""Trained networks of a row: their last weights, the rows that trained them, folds held out."""

from __future__ import annotations

from typing import Any

import numpy as np

import dure
from dure.core.backend import keras
from dure.core.types import Floats
from dure.gallery.page import RowPage, of_variant
from dure.messages.message import say


def final_weights(result: dure.Result, variant: str | None = None) -> Floats:
    """All weights of each network of fold 1 after its last epoch, bias last: [seed, weight]."""
    name = variant or result.variants[0]
    lanes = [result.lane(name, int(seed)).weights("final") for seed in result.curves["seed"]]
    rows = [np.concatenate([np.ravel(w) for _, w in sorted(lane.items())]) for lane in lanes]
    return np.array(rows, np.float64)


def training_rows(study: dure.Study) -> tuple[Floats, Floats]:
    """Inputs and targets that train in fold 1, prepared where the data ask for it."""
    arrays, rows = study.fold_arrays(study.splits[0]), study.splits[0].train
    return np.asarray(arrays.x)[rows], np.asarray(arrays.y)[rows]


def held_rows(study: dure.Study) -> tuple[Floats, Floats]:
    """Inputs and targets that validate in fold 1, prepared as those that train."""
    arrays, rows = study.fold_arrays(study.splits[0]), study.splits[0].validation
    return np.asarray(arrays.x)[rows], np.asarray(arrays.y)[rows]


def last_values(result: dure.Result, metric: str, variant: str | None = None) -> Floats:
    """A metric after the last epoch, shape [seed, fold]: no epoch is chosen by what it judges."""
    values = result.curves[metric].sel(variant=variant or result.variants[0]).isel(epoch=-1)
    return np.asarray(values.transpose("seed", "fold").values)


def hidden_values(result: dure.Result, quantity: str, variant: str, when: int = 0) -> Floats:
    """A recorded quantity of layers named "hidden_..." of each seed, shape [seed, layer].

    `when` is 0 before training, -1 after it (NaN for networks that diverged).
    """
    values = result.layer_curves[quantity].sel(variant=variant, fold=1).isel(epoch=when)
    names = [name for name in values["layer"].values if str(name).startswith("hidden_")]
    return values.sel(layer=names).transpose("seed", "layer").values


def tell_held_out(page: RowPage, result: dure.Result, metric: str = "val_accuracy") -> None:
    """How often rows held out are right after the last epoch; folds differ, seeds are averaged."""
    for variant in result.variants:
        right = last_values(result, metric, variant).mean(axis=0)[None]
        single = len(result.variants) == 1
        accuracy = page.interval("held_out" if single else f"held out, {variant}", right)
        line = say(
            "Right on rows held out after the last epoch: {accuracy} (folds).", accuracy=accuracy
        )
        page.say(of_variant(result, variant) + line)


class WeightSteps(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the weights before training and after every epoch."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.weights = [self._now()]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """One more point of the path."""
        self.weights.append(self._now())

    def _now(self) -> Floats:
        return np.concatenate([w.ravel() for w in self.model.get_weights()])


def weight_paths(study: dure.Study, result: dure.Result) -> Floats:
    """The weights after every epoch of each lane of fold 1, shape [seed, epoch + 1, weight].

    `dure.fit` takes the steps of each lane once more, with a callback that watches.
    """
    x, y = training_rows(study)
    model = study.build()
    start = model.get_weights()
    walked: list[list[Floats]] = []
    for seed in result.curves["seed"].values:
        steps = WeightSteps()
        keras.utils.set_random_seed(int(seed))
        model.set_weights(start)
        if walked:
            # To build a new model Keras draws one order more, which no epoch uses.
            np.random.permutation(len(y))
        epochs = result.curves.sizes["epoch"]
        dure.fit(model, x, y, study.batch_size, epochs, verbose=0, callbacks=[steps])
        walked.append(steps.weights)
    return np.array(walked, np.float64)
