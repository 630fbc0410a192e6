"""Whichever way lanes are trained, a study leaves what Keras' own ``fit`` gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

import dure

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(60, 5)).astype("float32")
Y = (X[:, 0] + 0.4 * RANDOM.normal(size=60) > 0).astype("int32")
BOTH = {"sign": Y, "size": X[:, 1:2] * 2}
WEIGHT = RANDOM.uniform(0.2, 2.0, 60).astype("float32")
SIZE = 16


class Hears(keras.callbacks.Callback):
    """Does nothing, but after every batch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        pass


class Counts(keras.layers.Layer):
    """Doubles its inputs; a class that only this file knows."""

    def call(self, x: Any) -> Any:
        return x * 2.0


def build(eager: bool = False, kind: str = "plain") -> keras.Model:
    """Small networks, each with something that a route may get wrong."""
    x = inputs = keras.Input((5,))
    x = keras.layers.Dense(6, "tanh")(Counts()(x))
    x = keras.layers.Dropout(0.2)(keras.layers.BatchNormalization()(x))
    sign = keras.layers.Dense(1, "sigmoid", name="sign")(x)
    loss: Any = "binary_crossentropy"
    metrics: Any = ["accuracy"]
    optimizer = keras.optimizers.Adam(0.05)
    outputs: Any = sign
    if kind == "averaged":
        optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8)
        metrics = [keras.metrics.AUC(name="auc")]
    elif kind == "diverging":
        optimizer = keras.optimizers.SGD(1e30)
        outputs, loss = keras.layers.Dense(1, name="sign")(x), "mse"
    elif kind == "several":
        outputs = {"sign": sign, "size": keras.layers.Dense(1, name="size")(x)}
        loss = {"sign": "binary_crossentropy", "size": "mse"}
        metrics = {"sign": ["accuracy"], "size": ["mae"]}
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, loss, metrics=metrics, run_eagerly=eager)
    return model


def fails_for_one(eager: bool = False, kind: str = "plain") -> keras.Model:
    """Cannot be built under one of the seeds, which is not among the first two."""
    model = build(eager, kind)
    if abs(float(np.asarray(model.weights[0]).ravel()[0]) - FAILING) < 1e-6:
        raise ArithmeticError("not under this seed")
    return model


def first_weight(seed: int) -> float:
    keras.utils.set_random_seed(seed)
    return float(np.asarray(build().weights[0]).ravel()[0])


FAILING = first_weight(3)


class Situation(NamedTuple):
    """A study, and what Keras is asked for the same."""

    kinds: list[str]
    data: Any
    study: dict[str, Any]
    fit: dict[str, Any]
    seeds: tuple[int, ...] = (0, 3)
    make: Any = build


def watching(folder: Path | None) -> list[Any]:
    """Keras' own callbacks, of which each lane has its copies."""
    saved = (
        []
        if folder is None
        else [keras.callbacks.ModelCheckpoint(str(folder / "saved" / "lane.keras"))]
    )
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        keras.callbacks.ReduceLROnPlateau(patience=0, factor=0.5, min_delta=0.5),
        keras.callbacks.EarlyStopping(patience=1, min_delta=0.02, restore_best_weights=True),
        *saved,
    ]


SITUATIONS = {
    "watched": Situation(
        ["averaged"],
        {"x": X, "y": Y, "test": (X[:20] + 0.1, Y[:20])},
        {"validation_split": 0.25, "epochs": 5, "callbacks": watching},
        {"validation_split": 0.25, "epochs": 5},
        seeds=(0,),
    ),
    "weighed": Situation(
        ["plain", "diverging"],
        {"x": X, "y": Y, "sample_weight": WEIGHT},
        {"shuffle": False, "epochs": 3, "callbacks": lambda _: [keras.callbacks.TerminateOnNaN()]},
        {"shuffle": False, "epochs": 3, "sample_weight": WEIGHT},
        make=fails_for_one,
        seeds=(0, 1, 3),
    ),
    "several": Situation(
        ["several"],
        {"x": X[:45], "y": {name: y[:45] for name, y in BOTH.items()}},
        {
            "validation_data": (X[45:], {name: y[45:] for name, y in BOTH.items()}),
            "shuffle": "batch",
            "validation_freq": 2,
            "validation_batch_size": 10,
            "epochs": 4,
            "callbacks": lambda _: [],
        },
        {},
        seeds=(4,),
    ),
}


class Routes(NamedTuple):
    """The runs of one situation: compiled and fitted in one, stepped in the other."""

    results: dict[str, dure.Result]
    plans: list[dure.Plan]
    folder: Path


@pytest.fixture(scope="module", params=list(SITUATIONS))
def situation(request: Any) -> Situation:
    return SITUATIONS[request.param]


@pytest.fixture(scope="module")
def routes(situation: Situation, tmp_path_factory: Any) -> Routes:
    folder = tmp_path_factory.mktemp("routes")

    def make(names: dict[str, bool], extra: list[Any]) -> dure.Study:
        options = {**situation.study, "seeds": list(situation.seeds), "batch_size": SIZE}
        options["callbacks"] = [*situation.study["callbacks"](folder), *extra]
        variants = {
            f"{route} {kind}": {"eager": eager, "kind": kind}
            for route, eager in names.items()
            for kind in situation.kinds
        }
        return dure.Study(situation.make, dure.Data(**situation.data), variants, **options)

    mixed, stepped = (
        make({"compiled": False, "fitted": True}, []),
        make({"stepped": False}, [Hears()]),
    )
    one = mixed.run(folder / "mixed", progress=False)
    other = stepped.run(folder / "stepped", progress=False)
    results = {"compiled": one, "fitted": one, "stepped": other}
    return Routes(results, [mixed.plan(), stepped.plan()], folder)


class Best(keras.callbacks.Callback):
    """The epoch with the lowest (validation) loss."""

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self.monitor, self.lowest, self.epoch = monitor, np.inf, 0
        self.weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs.get(self.monitor, np.inf) < self.lowest:
            self.lowest, self.epoch = logs[self.monitor], epoch + 1
            self.weights = self.model.get_weights()


class KerasLane(NamedTuple):
    """What `fit` gave, compiled by Keras itself."""

    curves: dict[str, Any]
    weights: list[Any]
    best: Best
    test: dict[str, float]


def keras_lane(situation: Situation, kind: str, seed: int) -> KerasLane:
    keras.utils.set_random_seed(seed)
    model = build(False, kind)
    validated = {"validation_split", "validation_data"} & situation.study.keys()
    best = Best("val_loss" if validated else "loss")
    callbacks = [best, *situation.study["callbacks"](None)]
    options = {**situation.study, **situation.fit, "callbacks": callbacks}
    data = {name: situation.data[name] for name in ("x", "y")}
    history = model.fit(**data, batch_size=SIZE, verbose=0, **options).history
    weights, test = model.get_weights(), {}
    if "test" in situation.data:
        model.set_weights(best.weights)
        test = model.evaluate(*situation.data["test"], verbose=0, return_dict=True)
    return KerasLane(history, weights, best, test)


def lane_rows(routes: Routes, kind: str, seed: int) -> dict[str, Any]:
    """The lanes of one kind and seed by route."""
    found = {}
    for route, result in routes.results.items():
        rows = result.lanes
        (found[route],) = rows[
            (rows.variant == f"{route} {kind}") & (rows.seed == seed)
        ].itertuples()
    return found


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def flat(logs: dict[str, Any]) -> dict[str, Any]:
    """Curves by name; of a metric with several values each by itself."""
    found = {}
    for name, values in logs.items():
        column = np.asarray(values, float).reshape(len(values), -1)
        single = column.shape[1] == 1
        found |= {
            name if single else f"{name}_{place}": column[:, place]
            for place in range(column.shape[1])
        }
    return found


def test_the_plan_names_the_routes(routes: Routes) -> None:
    for plan in routes.plans:
        for program in plan.programs:
            assert {name.split()[0] for name in program.variants} == {program.route}
            assert bool(program.why) == (program.route != "compiled")


def test_every_route_leaves_what_keras_fit_gives(situation: Situation, routes: Routes) -> None:
    for kind in situation.kinds:
        for seed in situation.seeds:
            rows = lane_rows(routes, kind, seed)
            if situation.make is fails_for_one and seed == 3:
                for row in rows.values():
                    assert row.status.startswith("failed")
                continue
            expected = keras_lane(situation, kind, seed)
            for route, row in rows.items():
                check_lane(routes.results[route], row, expected, kind == "diverging")


def check_lane(result: dure.Result, row: Any, expected: KerasLane, diverges: bool) -> None:
    at = {"variant": row.variant, "seed": row.seed, "fold": row.fold}
    theirs = flat(expected.curves)
    epochs = len(theirs["loss"])
    assert row.epochs == epochs
    for name, values in theirs.items():
        ours = result.curves[name].sel(**at).values[:epochs]
        if len(values) < epochs:  # Keras leaves out what was not validated
            ours = ours[~np.isnan(ours)]
        close(ours, values)
    lane = result.lane(row.variant, row.seed, row.fold)
    if diverges:
        assert row.status.startswith("diverged")
        return
    assert row.best_epoch == expected.best.epoch
    for which, weights in (("final", expected.weights), ("best", expected.best.weights)):
        arrays = lane.weights(which)
        for name, weight in zip(sorted(arrays), weights, strict=True):
            close(arrays[name], weight)
    for name, value in flat({name: [value] for name, value in expected.test.items()}).items():
        close(result.test[name].sel(**at), value[0])


def test_statuses_and_health_are_the_same(situation: Situation, routes: Routes) -> None:
    for kind in situation.kinds:
        for seed in situation.seeds:
            rows = lane_rows(routes, kind, seed)
            assert len({(row.status, str(row.best_epoch)) for row in rows.values()}) == 1
            if next(iter(rows.values())).status.startswith(("failed", "diverged")):
                continue
            tables = [
                routes.results[route]
                .layer_curves.sel(variant=row.variant, seed=seed)
                .drop_vars("variant")
                for route, row in rows.items()
            ]
            for table in tables[1:]:
                for name in table:
                    np.testing.assert_allclose(
                        table[name], tables[0][name], rtol=0.05, atol=1e-3, err_msg=str(name)
                    )


def test_nothing_is_left_beside_the_run(routes: Routes) -> None:
    for result in routes.results.values():
        assert not (result.folder / "fitting").exists()
        assert str(result) and result.health() is not None
