"""Whole families of networks: `dure.fit`, and a study's lane, against Keras' own `fit`.

A choice out of the networks of docs/coverage.md, of the most different machinery.
"""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from oracles import coverage
from oracles.keras_names import KERAS_RAISES, NEEDS, NO_PART, aliases, names_used, public_names
from oracles.networks.all import FAMILIES, NETWORKS
from oracles.networks.case import BATCH, BINARY, CLASSES, NUMBERS, SERIES, TABLE
from oracles.parity import ALLOWED, relative

CHOSEN = [
    "stateful GRU",
    "tied embedding",
    "CTC",
    "Bidirectional of two kinds",
    "transfer learning, fine-tuned",
    "variational autoencoder",
    "siamese, contrastive",
    "optimizer: two optimizers",
]


@pytest.mark.parametrize("name", CHOSEN)
def test_trains_as_keras_does(name: str, tmp_path: Path) -> None:
    case, rows = NETWORKS[name], 2 * BATCH
    theirs = coverage.train_by_keras(case, rows, tmp_path / "keras")
    ours = coverage.train_by_fit(case, rows, tmp_path / "fit")
    study = coverage.make_study(case, rows, tmp_path / "study")
    assert study is not None
    lane = coverage.train_by_study(study, tmp_path / "study")
    assert (ours.route, lane.route) == ("compiled", "compiled")
    assert coverage.deviation(ours, theirs) < ALLOWED.epochs
    assert coverage.deviation(lane, theirs) < ALLOWED.epochs


def test_folds_of_dicts_with_several_outputs_train_as_keras_does(tmp_path: Path) -> None:
    def build() -> keras.Model:
        left, right = L.Input((10,), name="left"), L.Input((12, 4), name="right")
        h = L.Concatenate()([L.Dense(4, "relu")(left), L.GlobalMaxPooling1D()(right)])
        kind, size = L.Dense(3, "softmax", name="kind")(h), L.Dense(1, name="size")(h)
        model = keras.Model({"left": left, "right": right}, {"kind": kind, "size": size})
        losses = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
        model.compile(
            "adam", losses, loss_weights={"kind": 0.5, "size": 2.0}, metrics={"kind": "accuracy"}
        )
        return model

    x, y = {"left": TABLE, "right": SERIES}, {"kind": CLASSES, "size": NUMBERS}
    study = dure.Study(build, dure.Data(x, y), seeds=[7], folds=2, epochs=2, batch_size=BATCH)
    result = study.run(tmp_path / "run", progress=False)
    for lane, split in zip(result.lane_list(), study.splits, strict=True):

        def rows(part: dict, chosen: np.ndarray) -> dict:
            return {name: array[chosen] for name, array in part.items()}

        keras.utils.set_random_seed(7)
        model = build()
        held_out = (rows(x, split.validation), rows(y, split.validation))
        options = {"batch_size": BATCH, "epochs": 2, "verbose": 0, "validation_data": held_out}
        curves = model.fit(rows(x, split.train), rows(y, split.train), **options).history
        assert set(lane.curves) == set(curves)
        ours, theirs = lane.weights("final"), model.get_weights()
        assert relative([ours[key] for key in sorted(ours)], theirs) < ALLOWED.epochs
        found = [np.asarray(lane.curves[name]) for name in curves]
        assert relative(found, list(curves.values())) < ALLOWED.curves


def test_a_network_whose_code_is_in_no_file_trains(tmp_path: Path) -> None:
    # Keras reads the source of a lambda to tell that it cannot be stored, and finds none.
    code = """
def build():
    inner = keras.Sequential([L.Input((10,)), L.Activation(lambda h: h * 2), L.Dense(1)])
    inner.compile("sgd", "mse")
    return inner
"""
    scope = {"keras": keras, "L": L}
    exec(code, scope)
    study = dure.Study(scope["build"], dure.Data(TABLE, NUMBERS), batch_size=BATCH, health=False)
    lane = study.run(tmp_path / "run", progress=False).best()
    assert lane.model().predict(TABLE, verbose=0).shape == (len(TABLE), 1)


def test_a_network_has_one_name_and_a_name_one_network() -> None:
    assert len(NETWORKS) == sum(len(cases) for cases in FAMILIES.values())
    assert len(NETWORKS) >= 150


def test_the_names_a_network_uses_are_found() -> None:
    model = keras.Sequential(
        [L.Input((10,)), L.Dense(4, "gelu", kernel_regularizer="l2"), L.Dense(1)]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.1, 5)
    model.compile(keras.optimizers.Lion(rate), "huber", metrics=["mae", keras.metrics.AUC()])
    model.fit(TABLE, BINARY, verbose=0)
    found = names_used(model, {"x": TABLE, "epochs": 2, "verbose": 0}, {"metrics"})
    assert {
        ("layers", "Dense"),
        ("activations", "gelu"),
        ("regularizers", "L2"),
        ("schedules", "CosineDecay"),
        ("optimizers", "Lion"),
        ("losses", "huber"),
        ("metrics", "AUC"),
        ("metrics", "mean_absolute_error"),
        ("fit", "epochs"),
        ("compile", "metrics"),
    } <= found
    assert not {("metrics", "huber"), ("losses", "mean_absolute_error")} & found
    assert ("layers", "GRU") not in found and ("fit", "batch_size") not in found


def test_every_exempted_name_is_one_of_keras() -> None:
    known = {f"{kind}.{name}" for kind, name in public_names()}
    assert set(NEEDS) | set(NO_PART) | set(KERAS_RAISES) <= known
    assert aliases(public_names())["layers", "AveragePooling1D"] == ["AvgPool1D"]
