"""The source that is handed back makes the cured network again, to the first weights."""

from __future__ import annotations

import json
import re
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from dure.remedies.codegen.source import source_of
from dure.remedies.surgery.edits import AddDropout, Edit, Normalise, Penalise, Recur, ScaleWidth
from dure.remedies.surgery.model_config import CannotEdit, snake_case
from dure.remedies.surgery.rebuild import operate
from helpers.remedy_networks import (
    EDITS,
    Build,
    branched,
    compiled,
    dense_stacks,
    pictures,
    sequence,
)

RECURRENT: list[Edit] = [
    Recur("GRU"),
    Recur("LSTM"),
    AddDropout(0.2),
    Normalise("LayerNormalization"),
    ScaleWidth(0.5),
    Penalise("L2", 0.001),
]


def canonical(model: keras.Model) -> Any:
    """A configuration in which names that Keras numbers by itself are numbered from 0 on."""
    return json.loads(json.dumps(_renamed(model.get_config())))


def _renamed(config: dict[str, Any]) -> Any:
    names: dict[str, str] = {}
    for entry in config["layers"]:
        name, kind = entry["config"]["name"], snake_case(entry["class_name"])
        if re.fullmatch(rf"({kind}|simple_rnn|input_layer)(_\d+)?", name):
            names[name] = f"{kind}#{len(names)}"

    def plain(value: Any) -> Any:
        if isinstance(value, dict) and "layers" in value and value is not config:
            return _renamed(value)
        if isinstance(value, dict):
            kept = {k: v for k, v in value.items() if k not in ("build_config", "shape")}
            return {k: plain(v) for k, v in kept.items()}
        if isinstance(value, (list, tuple)):
            return [plain(v) for v in value]
        return names.get(value, value) if isinstance(value, str) else value

    found = plain(config)
    if re.fullmatch(r"(sequential|functional)(_\d+)?", found["name"]):
        found["name"] = "model"
    return found


def made(source: str) -> keras.Model:
    space: dict[str, Any] = {"__name__": "pasted"}
    exec(compile(source, "cured.py", "exec"), space)
    keras.utils.set_random_seed(7)
    model: keras.Model = space["build"]()
    return model


def agree(build: Build, *edits: Edit) -> str:
    """Write a network's source, run it, and compare all there is to compare."""
    keras.utils.set_random_seed(7)
    done = operate(build, {}, edits)
    source = source_of(done, build, {}, ["A title."])
    again = made(source)
    assert canonical(again) == canonical(done.model)
    if done.drawing is not None:  # else layers are made in the order of `build`, as it may be
        for here, there in zip(again.weights, done.model.weights, strict=True):
            np.testing.assert_array_equal(here, there)
    optimizers = [{**m.optimizer.get_config(), "name": ""} for m in (again, done.model)]
    assert optimizers[0] == optimizers[1]
    losses = [keras.losses.serialize(keras.losses.get(m.loss)) for m in (again, done.model)]
    assert losses[0] == losses[1]
    assert max(map(len, source.splitlines())) <= 100
    return source


@settings(deadline=None, max_examples=20)
@given(st.one_of(dense_stacks(), branched()), st.sampled_from([None, *EDITS]))
def test_source_makes_the_same_network(build: Build, edit: Edit | None) -> None:
    try:
        agree(build, *([] if edit is None else [edit]))
    except CannotEdit:
        return


@pytest.mark.parametrize(
    ("build", "edit"),
    [*((pictures, edit) for edit in EDITS), *((sequence, edit) for edit in RECURRENT)],
    ids=lambda value: getattr(value, "__name__", repr(value)[:30]),
)
def test_source_of_larger_networks(build: Build, edit: Edit) -> None:
    try:
        source = agree(build, edit)
    except CannotEdit:
        return
    assert "from_config" not in source  # plain calls, not a configuration


def test_only_what_differs_from_the_defaults_is_written() -> None:
    def build() -> keras.Model:
        stack = [
            layers.Input((4, 4, 1)),
            layers.Rescaling(1 / 16),
            layers.Conv2D(8, (3, 3), padding="same", activation="relu"),
            layers.Conv2D(8, (1, 3), strides=(2, 1), kernel_initializer="he_normal"),
            layers.Flatten(name="flat"),
            layers.Dense(3, "softmax", kernel_initializer=keras.initializers.RandomNormal(0, 0.2)),
        ]
        model = keras.Sequential(stack, name="net")
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy", "mae"])
        return model

    source = agree(build, AddDropout(0.5), Penalise("L2", 0.001))
    for line in (
        "layers.Input((4, 4, 1)),",
        "layers.Rescaling(0.0625),",
        "layers.Conv2D(  # kernel_regularizer was None",
        "layers.Dropout(0.5),  # added",
        'layers.Flatten(name="flat"),',
        "kernel_regularizer=keras.regularizers.L2(0.001),",
        'kernel_initializer="he_normal",',
        "kernel_initializer=keras.initializers.RandomNormal(stddev=0.2),",
        "optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),",
        "loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),",
        'metrics=["accuracy", "mae"],',
        'name="net",',
    ):
        assert line in source, (line, source)
    assert "use_bias" not in source and "trainable" not in source


def test_operations_on_tensors_and_several_inputs_are_written() -> None:
    def build() -> keras.Model:
        a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
        x = layers.Dense(4, "relu")(a) * 2.0 + b
        out = layers.Dense(3, "softmax")(x)
        return compiled(keras.Model({"left": a, "right": b}, out))

    source = agree(build, AddDropout(0.5))
    assert "keras.ops.multiply(" in source and '{"left": left, "right": right}' in source


def test_what_has_no_plain_calls_is_made_from_its_configuration() -> None:
    def build() -> keras.Model:
        inputs = keras.Input((6, 2))
        x, *state = layers.LSTM(4, return_state=True)(inputs)
        x = layers.concatenate([x, *state])
        return compiled(keras.Model(inputs, layers.Dense(3, "softmax")(layers.Dense(4)(x))))

    keras.utils.set_random_seed(7)
    done = operate(build, {}, [Penalise("L2", 0.1)])
    source = source_of(done, build, {}, ["A title."])
    assert "several outputs" in source and "from_config" in source
    again = made(source)
    for here, there in zip(again.weights, done.model.weights, strict=True):
        np.testing.assert_array_equal(here, there)
