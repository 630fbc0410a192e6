"""Surgery: what is not touched stays as it was, and the network still is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from dure.remedies.surgery.compile_edits import Clip, Cosine, Rate
from dure.remedies.surgery.edits import (
    Activate,
    AddDropout,
    Edit,
    Normalise,
    Output,
    Recur,
    ScaleWidth,
)
from dure.remedies.surgery.model_config import CannotEdit
from dure.remedies.surgery.rebuild import EditedModel, operate
from helpers.remedy_networks import (
    EDITS,
    Build,
    branched,
    compiled,
    dense_stacks,
    pictures,
    sequence,
    unbuilt,
)

networks = st.one_of(dense_stacks(), branched())


def under(seed: int, make: Callable[[], Any]) -> Any:
    keras.utils.set_random_seed(seed)
    return make()


def layers_of(model: keras.Model) -> dict[str, Any]:
    """Layers with configurations by name, those of nested models too; plain Keras."""
    found = {}
    for layer in model.layers:
        found |= layers_of(layer) if hasattr(layer, "layers") else {layer.name: layer}
    return found


def unnumbered(config: Any) -> str:
    """A configuration without the numbers that Keras gives layers as it makes them."""
    return re.sub(r"_\d+'", "'", str(config))


def applied(build: Build, *edits: Edit) -> tuple[EditedModel, keras.Model]:
    """The network after surgery and as it was, with names as both would have by themselves."""
    keras.backend.clear_session(free_memory=False)
    done = under(1, lambda: operate(build, {}, edits))
    keras.backend.clear_session(free_memory=False)
    return done, under(1, build)


@settings(deadline=None, max_examples=25)
@given(networks, st.sampled_from(EDITS))
def test_untouched_layers_and_the_output_stay(build: Build, edit: Edit) -> None:
    try:
        done, before = applied(build, edit)
    except CannotEdit as refused:
        assert str(refused)
        return
    after, old = layers_of(done.model), layers_of(before)
    assert done.model.output_shape == before.output_shape
    assert set(old) <= set(after)
    assert done.model.compiled
    named = " ".join(done.changes) + " " + " ".join(set(after) - set(old))
    for name, layer in old.items():
        here = after[name]
        if here.get_config() == layer.get_config():
            continue
        # Whatever differs was said to be changed, or has a layer put behind it.
        several = re.search(r"and \d+ more", named)
        assert name in named or several, (name, done.changes)
        if not isinstance(edit, (ScaleWidth, Recur)):
            assert here.compute_output_shape(here.input.shape) == tuple(layer.output.shape)


def test_a_dropout_that_is_there_gets_another_rate() -> None:
    def build() -> keras.Model:
        stack = [keras.Input((5,)), keras.layers.Dense(4, "relu"), keras.layers.Dropout(0.3)]
        stack += [keras.layers.Dense(4, "relu"), keras.layers.Dense(3, "softmax")]
        return compiled(keras.Sequential(stack))

    done, _ = applied(build, AddDropout(0.5))
    kinds = [(type(layer).__name__, getattr(layer, "rate", None)) for layer in done.model.layers]
    assert kinds == [
        ("Dense", None),
        ("Dropout", 0.5),
        ("Dense", None),
        ("Dropout", 0.5),
        ("Dense", None),
    ]
    assert "rate 0.5 of dropout from 0.3" in done.changes[0]
    assert "Dropout(0.5) after dense_1" in done.changes[0]


@settings(deadline=None, max_examples=15)
@given(networks)
def test_without_edits_it_is_the_same_network_to_the_bit(build: Build) -> None:
    done, before = applied(build)
    for here, there in zip(done.model.weights, before.weights, strict=True):
        np.testing.assert_array_equal(here, there)
    assert unnumbered(done.model.get_config()) == unnumbered(before.get_config())


@settings(deadline=None, max_examples=15)
@given(networks, st.sampled_from([Rate(0.3), Clip(1.0), Cosine(50)]))
def test_edits_of_the_optimizer_keep_all_first_weights(build: Build, edit: Edit) -> None:
    done, before = applied(build, edit)
    for here, there in zip(done.model.weights, before.weights, strict=True):
        np.testing.assert_array_equal(here, there)
    assert done.model.optimizer.get_config() != before.optimizer.get_config()


@settings(deadline=None, max_examples=20)
@given(networks, st.sampled_from([0.5, 0.25, 2.0]))
def test_widths_are_scaled_together_and_never_the_output(build: Build, factor: float) -> None:
    try:
        done, before = applied(build, ScaleWidth(factor))
    except CannotEdit as refused:
        assert "no hidden layer whose width is free" in str(refused)  # Keras itself never refuses
        return
    after = layers_of(done.model)
    for name, layer in layers_of(before).items():
        if not isinstance(layer, layers.Dense):
            continue
        assert after[name].units in (layer.units, max(1, round(layer.units * factor)))
    assert done.model.output_shape == before.output_shape


def test_layers_before_the_first_change_keep_their_first_weights() -> None:
    done, before = applied(pictures, AddDropout(0.5))
    conv = [m.layers[1].get_weights()[0] for m in (done.model, before)]
    np.testing.assert_array_equal(*conv)


@pytest.mark.parametrize(
    ("build", "edit", "expected"),
    [
        (pictures, AddDropout(0.5), "Dropout(0.5) after inner/dense, inner/dense_1, shared"),
        (sequence, AddDropout(0.2), "Dropout(0.2) after simple_rnn, simple_rnn_1"),
        (pictures, ScaleWidth(0.5), "units or filters: inner/dense 16 to 8"),
        (sequence, ScaleWidth(0.5), "embedding 4 to 2, simple_rnn 4 to 2, simple_rnn_1 4 to 2"),
        (sequence, Recur("GRU"), "GRU instead of SimpleRNN in simple_rnn, simple_rnn_1"),
        (pictures, Activate("relu", ("tanh",)), "relu instead of tanh in inner/dense"),
        (unbuilt, AddDropout(0.5), "Dropout(0.5) after dense"),
        (unbuilt, ScaleWidth(0.5), "dense 8 to 4"),
        (unbuilt, Rate(0.5), "learning rate 0.002 to 0.001"),
        (unbuilt, Clip(1.0), "gradients clipped to a global norm of 1"),
        (unbuilt, Cosine(9), "learning rate from 0.002 to 0 along a cosine over 9 steps"),
    ],
)
def test_what_was_done_is_said(build: Build, edit: Edit, expected: str) -> None:
    assert expected in applied(build, edit)[0].changes[0]


def test_a_layer_put_into_a_functional_network_is_read_by_what_read_the_one_before() -> None:
    done, _ = applied(pictures, AddDropout(0.5))
    kinds: dict[type, list[Any]] = {}
    for layer in done.model.layers:
        kinds.setdefault(type(layer), []).append(layer)
    (after_shared,), (concatenate,) = kinds[layers.Dropout], kinds[layers.Concatenate]
    assert len(after_shared._inbound_nodes) == 2  # as often as the layer before it
    read = [tensor._keras_history.operation for tensor in concatenate.input]
    assert read == [after_shared, after_shared]
    inner = [type(layer).__name__ for layer in kinds[keras.Sequential][0].layers]
    assert inner == ["MaxPooling2D", "Flatten", "Dense", "Dropout", "Dense", "Dropout"]


def test_a_layer_that_asks_for_a_width_keeps_it() -> None:
    def build() -> keras.Model:
        stack = [layers.Dense(8, "relu"), layers.Dense(6, "relu"), layers.Reshape((3, 2))]
        stack += [layers.Flatten(), layers.Dense(4), layers.Dense(3, "softmax")]
        return compiled(keras.Sequential([layers.Input((5,)), *stack]))

    done, _ = applied(build, ScaleWidth(0.5))
    widths = [x.units for x in done.model.layers if isinstance(x, layers.Dense)]
    assert widths == [4, 6, 2, 3]


def test_normalisation_stands_before_the_activation_and_dropout_behind_both() -> None:
    edits = (AddDropout(0.5), Normalise("BatchNormalization"))
    done, _ = applied(unbuilt, *edits)
    kinds = [type(layer).__name__ for layer in done.model.layers]
    assert kinds == ["Dense", "BatchNormalization", "Activation", "Dropout", "Dense"]
    assert done.model.layers[0].activation is keras.activations.linear
    assert done.model.layers[2].activation is keras.activations.relu


def test_an_existing_dropout_gets_the_rate_instead_of_a_second_one() -> None:
    def build() -> keras.Model:
        stack = [layers.Dense(4), layers.ReLU(), layers.Dropout(0.1), layers.Dense(3, "softmax")]
        return compiled(keras.Sequential([layers.Input((5,)), *stack]))

    done, _ = applied(build, AddDropout(0.5))
    rates = [x.rate for x in done.model.layers if isinstance(x, layers.Dropout)]
    assert rates == [0.5]


def test_the_compile_arguments_stay_but_for_what_is_changed() -> None:
    done, before = applied(unbuilt, AddDropout(0.5), Rate(0.5))
    assert float(done.model.optimizer.learning_rate) == pytest.approx(0.001)
    assert done.model.loss == before.loss
    assert done.compiled["metrics"] == ["accuracy"]
    done, _ = applied(pictures, Output("softmax", "categorical_crossentropy"))
    assert done.model.loss == "categorical_crossentropy"


@keras.saving.register_keras_serializable("cure-tests")
class Doubled(layers.Layer):
    """A layer of somebody's own."""

    def call(self, x: Any) -> Any:
        return 2 * x


class Own(keras.Model):
    """A model that is a class of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3, "softmax")

    def call(self, x: Any) -> Any:
        return self.dense(x)


def test_ones_own_layers_survive_surgery() -> None:
    def build() -> keras.Model:
        stack = [layers.Input((5,)), layers.Dense(4, "relu"), Doubled(), layers.Dense(3, "softmax")]
        return compiled(keras.Sequential(stack))

    done, _ = applied(build, AddDropout(0.5))
    assert [type(x).__name__ for x in done.model.layers] == ["Dense", "Dropout", "Doubled", "Dense"]


@pytest.mark.parametrize(
    ("build", "edit", "said"),
    [
        (lambda: compiled(Own()), AddDropout(0.5), "a class of its own"),
        (
            lambda: compiled(
                keras.Sequential([layers.Lambda(lambda x: x), layers.Dense(3, "softmax")])
            ),
            AddDropout(0.5),
            "is a Lambda",
        ),
        (lambda: compiled(keras.Sequential([layers.Dense(3)])), AddDropout(0.5), "no hidden layer"),
        (sequence, Normalise("BatchNormalization"), "no hidden layer that is not normalised"),
        (unbuilt, Recur("LSTM"), "no SimpleRNN"),
        (unbuilt, Activate("relu", ("tanh",)), "no hidden layer has tanh"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_the_reason(
    build: Build, edit: Edit, said: str
) -> None:
    with pytest.raises(CannotEdit, match=said):
        applied(build, edit)


def test_the_optimizer_of_a_subclassed_model_can_be_changed() -> None:
    done, before = applied(lambda: compiled(Own()), Rate(0.1), Clip(1.0))
    assert done.model.optimizer.global_clipnorm == 1.0
    assert float(done.model.optimizer.learning_rate) == pytest.approx(2e-4)
    assert before.optimizer.global_clipnorm is None
    with pytest.raises(CannotEdit, match="clipnorm already"):
        applied(lambda: compiled(Own()), Clip(1.0), Clip(2.0))
