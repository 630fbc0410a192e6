"""Facts in the manifest: data against plain NumPy, models of every kind against what they are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

import dure
from dure.data import statistics
from dure.data.statistics import chance, describe_inputs, describe_targets
from dure.engine.planning.model_facts import model_facts, study_facts
from dure.engine.planning.plan import prepare
from dure.keras_bridge.building import make_ready

import keras  # isort: skip
from keras import layers  # isort: skip

SIZES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5)
FLOATS = st.floats(-1e4, 1e4, width=32)
ARRAYS = hnp.arrays(np.float32, SIZES, elements=FLOATS)


# -- data ------------------------------------------------------------------------------------------


def plain(array: np.ndarray) -> dict[str, Any]:
    """The slow twin: one float64 copy, features one by one."""
    flat = array.astype(np.float64).reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
    columns = [flat[:, i] for i in range(flat.shape[1])]
    varied = [c for c in columns if len(set(c.tolist())) > 1]
    sizes = [max(abs(v) for v in c) for c in varied]
    return {
        "min": min(flat.ravel()),
        "max": max(flat.ravel()),
        "mean": np.mean(flat),
        "std": np.std(flat),
        "feature_std_min": min((np.std(c) for c in varied), default=None),
        "feature_std_max": max((np.std(c) for c in varied), default=None),
        "feature_size_min": min(sizes, default=None),
        "feature_size_max": max(sizes, default=None),
        "constant_features": len(columns) - len(varied),
    }


@settings(deadline=None, max_examples=60)
@given(ARRAYS, st.integers(1, 7))
def test_inputs_in_blocks_agree_with_the_plain_twin(array: np.ndarray, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "_BLOCK", block)
        (got,) = describe_inputs(array, np.arange(len(array)))
    want = plain(array)
    for name, value in want.items():
        near = value if value is None else pytest.approx(value, rel=1e-6, abs=1e-3)
        assert got[name] == near, name
    assert got["integers"] == bool(np.all(array == np.round(array)))
    assert got["rows"] == len(array) and got["shape"] == list(array.shape[1:])


def test_large_arrays_are_read_in_blocks_and_rows_evenly_spaced() -> None:
    seen: list[int] = []

    class Counted(np.ndarray):
        def __getitem__(self, key: Any) -> Any:
            out = super().__getitem__(key)
            # Rows that are taken, not what is done with them afterwards.
            if isinstance(key, np.ndarray) and key.dtype.kind == "i":
                seen.append(np.asarray(out).size)
            return out

    array = np.arange(4000, dtype=np.float32).reshape(1000, 4).view(Counted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "MOST_VALUES", 400)
        patch.setattr(statistics, "_BLOCK", 80)
        (got,) = describe_inputs(array, np.arange(1000))
    assert got["rows"] == 100 and max(seen) <= 80 and sum(seen) == 400
    assert (got["min"], got["max"]) == (0.0, 3999.0)


def test_only_the_training_rows_are_described() -> None:
    x = np.array([[0.0], [1.0], [100.0]], np.float32)
    (got,) = describe_inputs(x, [0, 1])
    assert (got["max"], got["mean"]) == (1.0, 0.5)


def test_trees_of_inputs_have_a_row_each() -> None:
    x = {"b": np.ones((2, 3), np.int32), "a": (np.eye(2, dtype=np.float32),)}
    rows = describe_inputs(x, np.arange(2))
    assert [row["name"] for row in rows] == ["x['a'][0]", "x['b']"]
    assert rows[1]["feature_std_max"] is None and rows[1]["constant_features"] == 3
    assert [row["integers"] for row in rows] == [True, True]


HOT = np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 2, 2]]


@pytest.mark.parametrize(
    ("y", "classes", "want"),
    [
        ([0, 0, 1], True, {"kind": "classes", "labels": [0, 1], "counts": [2, 1]}),
        ([-1.0, 1.0, 1.0], True, {"kind": "classes", "labels": [-1, 1], "min": -1.0}),
        (HOT, True, {"kind": "one-hot", "labels": [0, 1, 2], "counts": [3, 1, 2]}),
        ([[1.0, 2.0], [3.0, 4.0]], False, {"kind": "numbers", "columns": 2, "mean": 2.5}),
        ([1, 5, 9], False, {"kind": "numbers", "counts": None, "max": 9.0}),
    ],
)
def test_targets(y: Any, classes: bool, want: dict[str, Any]) -> None:
    array = np.asarray(y)
    got = describe_targets(array, np.arange(len(array)), classes)
    assert {key: got[key] for key in want} == want


def test_targets_that_are_several_or_none() -> None:
    assert describe_targets(None, [0], False)["kind"] == "none"
    assert describe_targets({"a": np.ones(2)}, [0], False)["kind"] == "several"


def test_chance_is_the_loss_of_the_best_constant_as_keras_counts_it() -> None:
    y = np.array([0, 0, 0, 1, 2, 2])
    share = np.array([[0.5, 1 / 6, 1 / 3]] * 6, np.float32)
    rows = np.arange(6)
    got = chance((y, rows), (y, rows), True)
    sparse = keras.losses.SparseCategoricalCrossentropy()(y, share)
    assert got["loss"]["sparse_categorical_crossentropy"] == pytest.approx(float(sparse), rel=1e-5)
    assert got["accuracy"] == 0.5
    hot = chance((HOT, rows), (HOT, rows), True)["loss"]
    assert hot["binary_crossentropy"] == pytest.approx(
        float(keras.losses.BinaryCrossentropy()(HOT, share)), rel=1e-5
    )
    assert hot["mean_squared_error"] == pytest.approx(
        float(keras.losses.MeanSquaredError()(HOT, share)), rel=1e-5
    )


def test_chance_on_other_rows_takes_the_constant_of_the_training_rows() -> None:
    y = np.array([0, 0, 1, 1, 1, 3])
    got = chance((y, [0, 1, 2]), (y, [3, 4, 5]), True)
    assert got["accuracy"] == 0.0  # 0 is the commonest that trains
    unseen = -(2 * np.log(1 / 3) + np.log(1e-7)) / 3
    assert got["loss"]["sparse_categorical_crossentropy"] == pytest.approx(unseen)
    values = np.array([1.0, 3.0, 10.0])
    numbers = chance((values, [0, 1]), (values, [2]), False)["loss"]
    assert numbers == {"mean_squared_error": 64.0, "mean_absolute_error": 8.0}
    held_out = np.array([[10.0], [np.nan]])
    assert chance((values, [0, 1]), (held_out, [0, 1]), False)["loss"] == numbers
    assert chance((values, [0, 1]), (None, [0]), False)["loss"] == {}
    assert chance((values, [0, 1]), (np.ones((2, 2)), [0]), False)["loss"] == {}


def test_rows_with_nan_are_left_out_of_the_figures() -> None:
    x = np.array([[1.0, 2.0], [np.nan, 9.0], [3.0, 4.0], [np.inf, 9.0]])
    (got,), (kept,) = describe_inputs(x, range(4)), describe_inputs(x[::2], range(2))
    assert {**got, "rows": 2} == kept
    (nothing,) = describe_inputs(x[1::2], range(2))
    assert nothing["mean"] is None and nothing["constant_features"] is None


# -- models ----------------------------------------------------------------------------------------


def ready(model: keras.Model, x: Any, y: Any) -> keras.Model:
    make_ready(model, (x, y, None))
    return model


X, Y = np.ones((4, 6), np.float32), np.ones((4, 1), np.float32)


def facts(model: keras.Model, x: Any = X, y: Any = Y) -> dict[str, Any]:
    made = model_facts(ready(model, x, y), x)
    json.dumps(made)
    return made


def test_functional_with_a_nested_model_a_schedule_and_clipping() -> None:
    inner = keras.Sequential(
        [
            layers.Dense(8, "tanh", name="deep"),
            layers.Dense(1, "sigmoid", name="end"),
            layers.Reshape((1,), name="shaped"),
        ],
        name="inner",
    )
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="relu", name="first")(inputs)
    model = keras.Model(inputs, layers.Dropout(0.3, name="drop")(inner(hidden)))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, clipnorm=1.0)
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    made = facts(model)
    names = [layer["name"] for layer in made["layers"]]
    assert names[0] == "first" and names[-1] == "drop"
    assert {"inner/deep", "inner/end", "inner/shaped"} <= set(names)
    assert made["layers"][0] == {
        **{"name": "first", "class": "Dense", "activation": "relu", "units": 4},
        **{"parameters": 28, "trainable": True, "output_shape": [4]},
    }
    want = {"loss": "binary_crossentropy", "from_logits": True, "output_activation": "sigmoid"}
    want |= {"output_units": 1, "optimizer": "SGD", "schedule": "ExponentialDecay"}
    want |= {"learning_rate": pytest.approx(0.1), "momentum": 0.9, "clipnorm": 1.0}
    assert {key: made[key] for key in want} == want
    assert made["parameters"] == 28 + 40 + 9 and not made["penalised"]


def test_a_penalty_is_known() -> None:
    stack = [layers.Input((3,)), layers.Dense(1, bias_regularizer="l2")]
    model = keras.Sequential(stack)
    model.compile("sgd", "mse")
    x, y = np.zeros((2, 3), "float32"), np.zeros((2, 1), "float32")
    assert model_facts(ready(model, x, y), x)["penalised"]


class Block(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3, activation="elu", name="deep")

    def call(self, x: Any) -> Any:
        return self.dense(x)


class Subclassed(keras.Model):
    def __init__(self, squashed: bool) -> None:
        super().__init__()
        self.squashed, self.block = squashed, Block()
        self.last = layers.Dense(1, name="last")

    def call(self, x: Any) -> Any:
        out = self.last(self.block(x))
        return keras.ops.sigmoid(out) if self.squashed else out


def my_loss(y: Any, output: Any) -> Any:
    return keras.ops.mean((y - output) ** 2, axis=-1)


@pytest.mark.parametrize("squashed", [True, False])
def test_subclassed_and_what_cannot_be_known(squashed: bool) -> None:
    model = Subclassed(squashed)
    model.compile("rmsprop", my_loss if squashed else "mse")
    made = facts(model)
    names = [layer["name"] for layer in made["layers"]]
    assert any(name.endswith("/deep") for name in names) and names[-1] == "last"
    assert made["output_activation"] == (None if squashed else "linear")
    assert made["loss"] == ("my_loss" if squashed else "mean_squared_error")
    assert made["outputs"][0]["own"] is squashed
    assert made["from_logits"] is None and made["output_units"] == 1


@pytest.mark.parametrize("as_dict", [True, False])
def test_several_outputs_have_a_row_each(as_dict: bool) -> None:
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="relu")(inputs)
    ends = {
        "a": layers.Dense(1, activation="sigmoid", name="a")(hidden),
        "b": layers.Dense(3, name="b")(hidden),
    }
    model = keras.Model(inputs, ends if as_dict else list(ends.values()))
    model.compile("adam", {"a": "binary_crossentropy", "b": "mse"})
    y = {"a": Y, "b": np.ones((4, 3), np.float32)}
    made = facts(model, X, y if as_dict else list(y.values()))
    got = [(o["loss"], o["from_logits"], o["activation"], o["units"]) for o in made["outputs"]]
    assert got == [
        ("binary_crossentropy", False, "sigmoid", 1),
        ("mean_squared_error", None, "linear", 3),
    ]
    assert made["output_activation"] is None


@pytest.mark.parametrize(
    ("last", "want"),
    [
        ([layers.Dense(3), layers.Softmax()], "softmax"),
        ([layers.Dense(3), layers.Activation("softmax")], "softmax"),
        ([layers.Dense(3), layers.ReLU(negative_slope=0.1)], "leaky_relu"),
        ([layers.Dense(3, activation=layers.LeakyReLU())], "leaky_relu"),
        (
            [layers.Dense(3, activation="softmax"), layers.Reshape((3, 1)), layers.Flatten()],
            "softmax",
        ),
        ([layers.Dense(3)], "linear"),
        ([layers.Dense(3), layers.Rescaling(2.0)], None),
    ],
)
def test_the_last_activation(last: list[keras.Layer], want: str | None) -> None:
    model = keras.Sequential([keras.Input((6,)), *map(copied, last)])
    model.compile("adam", "categorical_crossentropy")
    assert facts(model, X, np.eye(3, dtype=np.float32)[[0, 1, 2, 0]])["output_activation"] == want


def copied(layer: keras.Layer) -> keras.Layer:
    return type(layer).from_config(layer.get_config())


def test_recurrent_networks_on_words() -> None:
    model = keras.Sequential(
        [
            layers.Embedding(50, 8),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    made = facts(model, np.ones((4, 5), np.int32), Y)
    told = [(e["class"], e["activation"], e["output_shape"]) for e in made["layers"]]
    assert told == [
        ("Embedding", None, [5, 8]),
        ("Bidirectional", "tanh", [8]),
        ("Dense", "sigmoid", [1]),
    ]


# -- in the manifest -------------------------------------------------------------------------------


def small(units: int = 4) -> keras.Model:
    model = keras.Sequential([layers.Dense(units, "relu"), layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_the_manifest_has_them_and_resuming_does_not_ask(tmp_path: Path) -> None:
    data = replace(dure.data.breast_cancer(), prepare=StandardScaler())
    study = dure.Study(small, data, {"units": [2, 3]}, validation_split=0.2)
    made = study.run(out=tmp_path / "run", progress=False).manifest["facts"]
    assert set(made["models"]) == {"units=2", "units=3"}
    (x,) = made["data"]["inputs"]
    assert x["mean"] == pytest.approx(0, abs=1e-5) and x["std"] == pytest.approx(1, abs=1e-5)
    assert made["data"]["rows"] == {"train": 364, "validation": 91, "test": 114}
    assert made["data"]["chance"]["accuracy"] == pytest.approx(0.629, abs=1e-3)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    manifest["facts"] = {}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    study.run(out=tmp_path / "run", progress=False, resume=True)


def test_raw_text_is_told_by_its_shape_only() -> None:
    def build() -> keras.Model:
        model = keras.Sequential([layers.Embedding(20, 2), layers.Flatten(), layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    words = dure.data.TextToSequences(num_words=20, maxlen=3)
    data = dure.Data(["a good film", "a bad film"] * 8, np.array([0, 1] * 8), prepare=words)
    made = study_facts(prepare(dure.Study(build, data, validation_split=0.25)))
    (x,) = made["data"]["inputs"]
    assert x["integers"] and x["shape"] == [3] and x["mean"] is None


def test_weighted_losses_are_not_compared_with_unweighted_chance() -> None:
    data = dure.data.breast_cancer()
    study = dure.Study(small, data, validation_split=0.2, class_weight={0: 2.0, 1: 1.0})
    made = study_facts(prepare(study))["data"]
    assert made["chance"]["loss"] == {} and made["chance"]["accuracy"] is not None


def test_rows_sorted_by_class_leave_classes_that_never_train() -> None:
    data = dure.data.digits()
    ordered = data.take(np.argsort(data.labels, kind="stable"))
    flat = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    flat.compile("adam", "sparse_categorical_crossentropy")
    made = study_facts(prepare(dure.Study(lambda: flat, ordered, validation_split=0.05)))["data"]
    assert made["targets"]["unseen"] == 0
    made = study_facts(prepare(dure.Study(lambda: flat, ordered, validation_split=0.3)))["data"]
    assert made["targets"]["unseen"] > 200
