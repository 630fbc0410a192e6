"""Rows of every kind that Keras' fit trains on: the same numbers, also where parts differ."""

from collections.abc import Callable
from typing import Any

import jax.experimental.sparse as jax_sparse
import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers as L
from scipy import sparse

import dure
from helpers.fit_twice import by, twice

RANDOM = np.random.default_rng(5)
X, X2 = RANDOM.normal(size=(2, 20, 4)).astype("float32")
Y = X.sum(axis=1)
VX, VX2 = RANDOM.normal(size=(2, 7, 4)).astype("float32")
VY = VX.sum(axis=1)
CLASSES = (Y > 0).astype("int64")
PIXELS, VPIXELS = RANDOM.integers(0, 256, (20, 4)), RANDOM.integers(0, 256, (7, 4))


def compiled(*layers: Any, loss: Any = "mse", **options: Any) -> Callable[[], Any]:
    """Makes the model anew each time, with copies of these layers."""

    def make() -> Any:
        model = keras.Sequential([layer.from_config(layer.get_config()) for layer in layers])
        model.compile("adam", loss, **options)
        return model

    return make


class Penalty(L.Layer):
    """A loss of its own, without targets."""

    def call(self, x: Any) -> Any:
        self.add_loss(keras.ops.mean(x**2))
        return x


def known_only(y: Any, output: Any) -> Any:
    """Squared errors where there is a target."""
    known = keras.ops.isfinite(y)
    error = keras.ops.where(known, output - keras.ops.where(known, y, 0), 0)
    return keras.ops.sum(error**2, axis=-1)


class Known(L.Layer):
    """Takes holes for zeros, and infinite values for 9."""

    def call(self, x: Any) -> Any:
        return keras.ops.nan_to_num(x, posinf=9.0)


PLAIN = compiled(L.Dense(3, "tanh"), L.Dense(1), metrics=["mae"])
NO_LOSS = compiled(L.Dense(3), Penalty(), loss=None)
PICTURES = compiled(
    L.InputLayer((None, None, 1)),
    L.Conv2D(3, 3, activation="relu"),
    L.GlobalAveragePooling2D(),
    L.Dense(2, "softmax"),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
WORDS = compiled(
    L.Embedding(10, 3),
    L.GlobalAveragePooling1D(),
    L.Dense(1, "sigmoid"),
    loss="binary_crossentropy",
)
SCALED = compiled(L.InputLayer((4,)), L.Rescaling(1 / 255), L.Dense(1))


def small(values: Any) -> Any:
    return {"epochs": 2, "batch_size": 8, **values}


def draw(*shape: int) -> Any:
    return RANDOM.normal(size=shape)


APART = {
    "sequences of another length": (
        compiled(L.InputLayer((None, 4)), L.SimpleRNN(2), L.Dense(1)),
        (draw(20, 5, 4), Y),
        (draw(7, 9, 4), VY),
    ),
    "pictures of another size": (
        PICTURES,
        (draw(20, 8, 8, 1), CLASSES),
        (draw(6, 12, 9, 1), CLASSES[:6].astype(float)),
    ),
    "bytes beside floats": (SCALED, (PIXELS / 1.5, Y), (VPIXELS.astype("uint8"), VY)),
    "words as floats": (
        WORDS,
        (RANDOM.integers(0, 10, (20, 5)), CLASSES),
        (RANDOM.integers(0, 10, (7, 8)) / 1, CLASSES[:7, None] / 1),
    ),
    "columns of targets": (PLAIN, (X, Y), (VX, VY[:, None], np.arange(7.0))),
    "inputs alone": (NO_LOSS, (X, None), VX),
    "a frame alone": (NO_LOSS, (X, None), pd.DataFrame(VX)),
    "targets that only train": (NO_LOSS, (X, Y), (VX, None)),
    "dense beside sparse": (PLAIN, (sparse.csr_array(X), Y), (VX, VY)),
}


@pytest.mark.parametrize("case", APART)
def test_validation_data_are_evaluated_as_they_are_given(case: str) -> None:
    make, data, validation = APART[case]
    ours, _ = twice(make, *data, **small({"validation_data": validation}))
    assert "val_loss" in ours.history.history


def of_two(pack: Callable[[Any, Any], Any]) -> Callable[[], Any]:
    def make() -> Any:
        a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
        model = keras.Model(pack(a, b), L.Dense(1)(L.Concatenate()([a, b])))
        model.compile("adam", "mse")
        return model

    return make


@pytest.mark.parametrize(
    ("takes", "x", "validation"),
    [
        ("list", [X, X2], (VX, VX2)),
        ("list", {"b": X2, "a": X, "more": X}, {"a": VX, "other": VY, "b": VX2}),
        ("tuple", [X, X2], {"b": VX2, "a": VX}),
        pytest.param(
            "dict",
            {"b": X2, "a": X},
            [VX, VX2],
            marks=pytest.mark.filterwarnings("ignore:The structure of `inputs`"),  # Keras' own
        ),
    ],
    ids=range(4),
)
def test_nesting_may_differ_from_part_to_part(takes: str, x: Any, validation: Any) -> None:
    packs: dict[str, Any] = {
        "list": lambda a, b: [a, b],
        "tuple": lambda a, b: (a, b),
        "dict": lambda a, b: {"a": a, "b": b},
    }
    twice(of_two(packs[takes]), x, Y, **small({"validation_data": (validation, VY)}))


def with_two_outputs(loss: Any, named: bool = False, **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        x = L.Input((4,))
        a, b = L.Dense(1, name="a")(x), L.Dense(4, name="b")(x)
        model = keras.Model(x, {"a": a, "b": b} if named else [a, b])
        model.compile("adam", loss, **options)
        return model

    return make


@pytest.mark.parametrize(
    ("make", "y", "options"),
    [
        (with_two_outputs(["mse", None]), [Y, None], {"validation_data": (VX, (VY, VX2))}),
        (with_two_outputs(["mse", None]), Y, {"validation_data": (VX, VY)}),
        (
            with_two_outputs([None, "mse"], metrics=[None, ["mae"]]),
            (None, X2),
            {"validation_split": 0.25, "sample_weight": np.arange(20.0)},
        ),
        (
            with_two_outputs(["mse", "mse"], weighted_metrics=[["mae"], ["mae"]]),
            [Y, X2],
            {"sample_weight": [np.arange(20.0), None]},
        ),
        (
            with_two_outputs({"a": "mse", "b": None}, named=True),
            {"a": Y},
            {"validation_data": (VX, {"a": VY}), "shuffle": "batch"},
        ),
        (with_two_outputs({"a": "mse"}, named=True), {"b": X2, "a": Y}, {"validation_split": 0.5}),
    ],
    ids=range(6),
)
def test_outputs_without_a_loss_need_no_targets(make: Any, y: Any, options: Any) -> None:
    twice(make, X, y, **small(options))


def test_inputs_may_be_left_out_too() -> None:
    class Sum(L.Layer):
        def call(self, parts: Any) -> Any:
            return parts[0] if parts[1] is None else parts[0] + parts[1]

        def compute_output_spec(self, parts: Any) -> Any:
            return keras.KerasTensor(parts[0].shape)

    def make() -> Any:
        a, b = L.Input((4,), name="a"), L.Input((4,), name="b", optional=True)
        model = keras.Model([a, b], L.Dense(1)(Sum()([a, b])))
        model.compile("adam", "mse")
        return model

    twice(make, [X, None], Y, **small({"validation_data": ([VX, VX2], VY)}))


FRAME = pd.DataFrame({"a": X[:, 0], "b": pd.array([1, 2] * 10, dtype="Int64"), "c": X[:, 1] > 0})
DENSE = np.where(X > 0, X, 0)


@pytest.mark.parametrize(
    ("x", "plain"),
    [
        (sparse.csr_matrix(DENSE), None),
        (X.astype("float16"), None),
        (np.asfortranarray(np.repeat(X, 2, axis=1))[::-1, ::2], None),
        (np.array([2**32 - 1, 2**31 + 5] * 10, "uint32")[:, None], None),
        (X.astype(">f8"), X),
        (FRAME, FRAME.astype("float32")),
        (sparse.coo_array((DENSE * 9).astype(int)), (DENSE * 9).astype(int)),
        (jax_sparse.BCOO.fromdense(DENSE), DENSE),
    ],
    ids=range(8),
)
def test_numbers_in_every_dress_train_to_the_same(x: Any, plain: Any) -> None:
    """The last ones Keras ends on, or takes a minute for: beside them dense, in plain types."""
    ours = by(dure.fit, PLAIN, x, Y, **small({}))
    theirs = by(keras.Model.fit, PLAIN, x if plain is None else plain, Y, **small({}))
    for name, values in theirs.history.history.items():
        np.testing.assert_allclose(ours.history.history[name], values, rtol=1e-5, err_msg=name)


def test_targets_that_a_loss_leaves_out_may_be_nan() -> None:
    y, held_out = Y[:, None].copy(), VY[:, None].copy()
    y[[3, 11]], held_out[2] = np.nan, np.inf
    make = compiled(L.Dense(3, "tanh"), L.Dense(1), loss=known_only)
    with pytest.warns(UserWarning, match="as in Keras") as told:
        ours, _ = twice(make, X, y, **small({"validation_data": (VX, held_out)}))
    assert np.isfinite(ours.history.history["val_loss"]).all()
    texts = [str(warning.message) for warning in told]
    assert any(text.startswith("y holds 2 values") and "row 3 " in text for text in texts)
    assert any(text.startswith("validation_data[1] holds 1 value") for text in texts)


def test_inputs_that_a_layer_makes_finite_may_be_nan_or_infinite() -> None:
    x, held_out = X.copy(), VX.copy()
    x[4, 1], x[17, 0], held_out[3, 3] = np.nan, np.inf, np.nan
    make = compiled(Known(), L.Dense(3, "tanh"), L.Dense(1))
    with pytest.warns(UserWarning, match=r"as in Keras") as told:
        ours, _ = twice(make, x, Y, **small({"validation_data": (held_out, VY)}))
    assert np.isfinite(ours.history.history["loss"]).all()
    assert "x holds 2 values that are NaN or infinite" in str(told[0].message)
    assert "row 4 " in str(told[0].message)


def test_infinite_inputs_train_as_far_as_they_do_in_keras() -> None:
    x = np.where(np.arange(80).reshape(20, 4) == 41, np.inf, X)
    with pytest.warns(UserWarning, match="x holds 1 value that is NaN or infinite.*row 10 "):
        ours, theirs = (by(fit, PLAIN, x, Y, **small({})) for fit in (dure.fit, keras.Model.fit))
    np.testing.assert_equal(ours.history.history, theirs.history.history)  # NaN from then on


def test_nan_that_the_network_hands_on_is_told_before_it_trains() -> None:
    """Keras makes every weight NaN without a word."""
    x = X.copy()
    x[9, 2] = np.nan
    theirs = by(keras.Model.fit, PLAIN, x, Y, **small({}))
    assert all(np.isnan(weight).all() for weight in theirs.model.get_weights())
    with pytest.warns(UserWarning), pytest.raises(dure.StudyError) as caught:
        dure.fit(PLAIN(), x, Y, verbose=0)
    assert "x holds NaN, first in row 9" in str(caught.value)
    assert "SimpleImputer()" in str(caught.value) and "nan_to_num" in str(caught.value)
    with pytest.warns(UserWarning, match="validation_data"):
        twice(PLAIN, X, Y, **small({"validation_data": (x, Y), "epochs": 1}))


@pytest.mark.parametrize("place", ["x", "y", "validation_data[0]"])
def test_identifiers_beyond_32_bits_are_told_with_a_cure_that_works(place: str) -> None:
    """Keras on JAX trains on other numbers: these two are one and the same there."""
    ids = np.array([5, 5 + 2**32] * 10)
    wrapped = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(ids))
    assert len(set(wrapped.tolist())) == 1
    given: dict[str, Any] = {"x": PIXELS % 10, "y": CLASSES, "validation_data": None}
    given[place.partition("[")[0]] = (ids, Y) if "[" in place else ids
    with pytest.raises(dure.StudyError) as caught:
        dure.fit(WORDS(), given.pop("x"), given.pop("y"), verbose=0, **given)
    told = str(caught.value)
    assert f"{place} holds integers from 5 to 4294967301" in told
    cure = f"np.unique({place}, return_inverse=True)[1]"
    assert cure in told
    codes = eval(cure, {"np": np, "x": ids, "y": ids, "validation_data": (ids,)})
    assert codes.tolist() == [0, 1] * 10


def test_what_a_network_does_not_take_is_told_before_it_trains() -> None:
    make = compiled(L.InputLayer((5, 4)), L.Flatten(), L.Dense(1))
    with pytest.raises(dure.StudyError) as caught:
        dure.fit(make(), draw(20, 5, 4), Y, verbose=0, validation_data=(draw(7, 9, 4), VY))
    assert "validation_data: the model does not take these data (x (7, 9, 4)" in str(caught.value)
    with pytest.raises(dure.StudyError, match="validation_data: .*y was left out, and its loss"):
        dure.fit(PLAIN(), X, Y, verbose=0, validation_data=VX)
