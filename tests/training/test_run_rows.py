"""Studies whose parts differ or hold holes: curves and test metrics are those of Keras' `fit`."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L

import dure
from dure.engine.planning.plan import prepare

RANDOM = np.random.default_rng(8)
X = RANDOM.normal(size=(20, 4)).astype("float32")
Y = X.sum(axis=1)
STEPS, OTHERS, TESTED = (RANDOM.normal(size=(rows, n, 4)) for rows, n in ((20, 4), (7, 6), (5, 3)))
VY = Y[:7, None]
TERMS: dict[str, Any] = {"epochs": 2, "batch_size": 8}


def by_keras(build: Any, x: Any, y: Any, **options: Any) -> tuple[Any, dict[str, list[float]]]:
    keras.utils.set_random_seed(0)
    model = build()
    return model, model.fit(x, y, verbose=0, **TERMS, **options).history


def assert_curves(result: dure.Result, history: dict[str, list[float]], fold: int = 0) -> None:
    for name, values in history.items():
        curve = result.curves[name].isel(variant=0, seed=0, fold=fold).values
        np.testing.assert_allclose(curve, values, rtol=1e-5, atol=1e-6, err_msg=name)


def on_any_length(**options: Any) -> Any:
    def build() -> Any:
        stack = [L.InputLayer((None, 4)), L.SimpleRNN(2), L.Dense(1)]
        model = keras.Sequential(stack)
        model.compile("adam", "mse", metrics=["mae"], **options)
        return model

    return build


@pytest.mark.parametrize("route", ["compiled", "stepped", "fitted"])
def test_parts_of_other_lengths_on_every_route(route: str, tmp_path: Path) -> None:
    build = on_any_length(run_eagerly=True) if route == "fitted" else on_any_length()
    hears = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    data = dure.Data(STEPS, Y, test=(TESTED, Y[:5]))
    study = dure.Study(
        build,
        data,
        validation_data=(OTHERS, VY, np.arange(7.0)),
        callbacks=[hears] if route == "stepped" else [],
        health=False,
        **TERMS,
    )
    assert prepare(study).prototypes["default"].route.kind == route
    result = study.run(tmp_path / "run", progress=False)
    _, history = by_keras(on_any_length(), STEPS, Y, validation_data=(OTHERS, VY, np.arange(7.0)))
    assert_curves(result, history)
    tested = result.best().model().evaluate(TESTED, Y[:5], verbose=0, return_dict=True)
    assert float(result.test["loss"].squeeze()) == pytest.approx(tested["loss"], rel=1e-5)


def test_pictures_of_other_sizes_where_the_host_drives_the_batches(tmp_path: Path) -> None:
    def build() -> Any:
        stack = [
            L.InputLayer((None, None, None, 1)),
            L.Conv3D(2, 2),
            L.GlobalAveragePooling3D(),
            L.Dense(1),
        ]
        model = keras.Sequential(stack)
        model.compile("adam", "mse")
        return model

    cubes, others = RANDOM.normal(size=(20, 3, 3, 3, 1)), RANDOM.normal(size=(7, 4, 3, 5, 1))
    test = RANDOM.normal(size=(6, 5, 3, 3, 1))
    data = dure.Data(cubes, Y, test=(test, VY[:6]))
    study = dure.Study(build, data, validation_data=(others, VY), health=False, **TERMS)
    (program,) = prepare(study).programs
    assert program.compile().stepped  # type: ignore[union-attr]
    result = study.run(tmp_path / "run", progress=False)
    _, history = by_keras(build, cubes, Y, validation_data=(others, VY))
    assert_curves(result, history)
    assert result.best().model().evaluate(test, VY[:6], verbose=0) == pytest.approx(
        float(result.test["loss"].squeeze()), rel=1e-5
    )


def known_only(y: Any, output: Any) -> Any:
    known = keras.ops.isfinite(y)
    return keras.ops.sum(keras.ops.where(known, output - keras.ops.where(known, y, 0), 0) ** 2, -1)


def with_a_free_output() -> Any:
    x = L.Input((4,))
    filled = L.Lambda(keras.ops.nan_to_num, name="filled")(x)
    model = keras.Model(x, [L.Dense(1, name="a")(filled), L.Dense(2, name="b")(filled)])
    model.compile("adam", [known_only, None])
    return model


def test_folds_of_rows_with_holes_and_of_an_output_without_targets(tmp_path: Path) -> None:
    x, y = X.copy(), Y[:, None].copy()
    x[[2, 9], 1], y[[3, 4, 12]] = np.nan, np.nan
    with pytest.warns(UserWarning, match="as in Keras"):
        data = dure.Data(x, [y, None], test=(X[:6], [y[:6], None]))
    study = dure.Study(with_a_free_output, data, folds=2, **TERMS)
    result = study.run(tmp_path / "run", progress=False)
    for split in study.splits:
        held_out = (x[split.validation], [y[split.validation], None])
        _, history = by_keras(
            with_a_free_output, x[split.train], [y[split.train], None], validation_data=held_out
        )
        assert_curves(result, history, split.fold - 1)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    json.dumps(manifest["facts"], allow_nan=False)
    assert manifest["facts"]["data"]["inputs"][0]["mean"] is not None
    assert result.health() is not None


SEEN: list[Any] = []


class SeesRows(keras.callbacks.Callback):
    """Tells of the validation rows it is given."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        x, y = self.validation_data  # type: ignore[attr-defined]
        SEEN.append((x.shape, x.dtype, y))


def test_callbacks_are_given_validation_rows_as_they_came(tmp_path: Path) -> None:
    def build() -> Any:
        model = keras.Sequential([L.Rescaling(1 / 255), L.Dense(1)])
        model.compile("adam", "mse")
        return model

    bytes_ = RANDOM.integers(0, 256, (7, 4)).astype("uint8")
    study = dure.Study(
        build,
        dure.Data(X * 255, Y),
        validation_data=(bytes_, VY),
        callbacks=[SeesRows()],
        health=False,
        **TERMS,
    )
    SEEN.clear()
    study.run(tmp_path / "run", progress=False)
    (shape, dtype, y), _ = SEEN
    assert (shape, dtype) == ((7, 4), np.uint8)
    np.testing.assert_array_equal(y, VY.astype("float32"))


def test_the_plan_tells_of_every_part_that_a_variant_does_not_take() -> None:
    def build(steps: int | None) -> Any:
        first = [L.InputLayer((steps, 4))]
        flat = [L.Flatten()] if steps else [L.GlobalAveragePooling1D()]
        model = keras.Sequential([*first, *flat, L.Dense(1)])
        model.compile("adam", "mse")
        return model

    with pytest.warns(UserWarning, match="x holds 1 value"):
        holes = np.where(np.arange(STEPS.size).reshape(STEPS.shape) == 100, np.nan, STEPS)
        data = dure.Data(holes, Y, test=(TESTED, None))
    study = dure.Study(build, data, {"steps": [4, None]}, validation_data=(OTHERS, VY), **TERMS)
    with pytest.raises(dure.StudyError) as caught:
        study.plan()
    faults = caught.value.faults
    for start in (
        "variant 'steps=4': validation_data: the model does not take these data (x (7, 6, 4)",
        "variant 'steps=4': test: the model does not take these data (x (5, 3, 4)",
        "variant 'steps=4': x holds NaN, first in row 6",
        "variant 'steps=None': test: the model does not take",
        "variant 'steps=None': x holds NaN, first in row 6",
    ):
        assert any(fault.startswith(start) for fault in faults), (start, faults)
    assert len(faults) == 5
