"""One-hot and multi-hot inputs that are never made, against the same networks on dense arrays."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as L

import dure
from dure.keras_bridge.building import make_ready
from dure.keras_bridge.functional import Lowered
from dure.layers import MultiHot, OneHot, fast_call
from dure.layers.encoding import SPARSE, _without_repeats
from dure.layers.tokens import _ENCODED, Tokens

BATCH, WORDS = 4, 7
COUNT = 211  # tokens; at least SPARSE a word, and in no other shape here
RANDOM = np.random.default_rng(8)
INTEGERS = RANDOM.integers(0, COUNT, (BATCH, WORDS)).astype("int32")
INTEGERS[0] = [0, 5, 5, 5, 0, 0, 210]  # padding, repeats, the last
ONE = keras.utils.to_categorical(INTEGERS, COUNT).astype("float32")
SEVERAL = ONE.max(axis=1) * (np.arange(COUNT) > 0)
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

Network = Callable[[], list[Any]]


def _model(first: list[Any], rest: Network) -> Any:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([*first, *rest()])
    model.compile("sgd", "mse")
    return model


def _run(model: Any, x: Any, twins: bool) -> tuple[Any, str]:
    """Output, all gradients and the state left behind; and the compiled program's text."""
    make_ready(model, (x, np.zeros(model.compute_output_shape(x.shape), "float32"), None))
    fixed = [v.value for v in model.non_trainable_variables]
    for index, variable in enumerate(model.trainable_variables):
        numbers = np.random.default_rng(index).normal(size=variable.shape)
        variable.assign(0.3 * numbers)

    def loss(trainable: Any, x: Any) -> Any:
        out, left = model.stateless_call(trainable, fixed, x, training=True)
        share = np.random.default_rng(9).normal(size=out.shape).astype("float32")
        return jnp.vdot(out, share), (out, left)

    step = jax.jit(jax.value_and_grad(loss, has_aux=True), compiler_options=QUICK)
    trainable = [v.value for v in model.trainable_variables]
    with Lowered(model, fast_call if twins else None).tracing():
        compiled = step.lower(trainable, x).compile()
    (_, (out, left)), gradients = compiled(trainable, x)
    return (out, gradients, left), compiled.as_text()


def _close(ours: Any, theirs: Any, tolerance: float = 1e-6) -> None:
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert [a.shape for a in ours] == [b.shape for b in theirs]
    for a, b in zip(ours, theirs, strict=True):
        scale = max(float(np.abs(np.asarray(b, "float64")).max()), 1e-3)
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale)


def _made(program: str, *shape: int) -> bool:
    """Whether a float array of these sizes, in any order, is anywhere in a compiled program."""
    found = re.findall(r"f32\[([\d,]+)\]", program)
    return any(sorted(map(int, sizes.split(","))) == sorted(shape) for sizes in found)


ONE_HOT: dict[str, Network] = {
    "SimpleRNN": lambda: [L.SimpleRNN(5)],
    "SimpleRNN backwards, dropout": lambda: [L.SimpleRNN(3, go_backwards=True, dropout=0.4)],
    "GRU both dropouts": lambda: [L.GRU(3, dropout=0.4, recurrent_dropout=0.2)],
    "two of both kinds": lambda: [
        L.RNN(L.LSTMCell(3), return_sequences=True),
        L.GRU(2, reset_after=False, use_bias=False),
    ],
    "LSTM masks by gate": lambda: [L.LSTM(3, dropout=0.4, recurrent_dropout=0.2, implementation=1)],
    "LSTM beyond the twin for dense sequences": lambda: [L.LSTM(65)],
    "both directions": lambda: [L.Bidirectional(L.GRU(3, return_sequences=True))],
    "Dense": lambda: [L.Dense(3, "tanh")],
    "Dense narrow": lambda: [L.Dense(30, use_bias=False)],
    "Conv1D": lambda: [L.Conv1D(3, 2, activation="tanh")],
    "Conv1D causal": lambda: [L.Conv1D(3, 3, padding="causal", dilation_rate=2)],
    "Conv1D same, strided": lambda: [L.Conv1D(3, 3, padding="same", strides=2, use_bias=False)],
    "nested": lambda: [keras.Sequential([keras.Sequential([L.SimpleRNN(3)])])],
}


@pytest.mark.parametrize("name", ONE_HOT)
def test_one_hot(name: str) -> None:
    dense = _model([L.Input((WORDS, COUNT))], ONE_HOT[name])
    ours = _model([L.Input((WORDS,), dtype="int32"), OneHot(COUNT)], ONE_HOT[name])
    expected, _ = _run(dense, ONE, False)
    got, program = _run(ours, INTEGERS, True)
    _close(got, expected)
    assert not _made(program, BATCH, WORDS, COUNT)
    assert not _ENCODED


SEQUENCES: dict[str, tuple[Any, Network]] = {
    "Dense": (INTEGERS, lambda: [L.Dense(3, "tanh")]),
    "Dense without bias": (INTEGERS.astype("float32"), lambda: [L.Dense(40, use_bias=False)]),
    "SimpleRNN of bags": (INTEGERS[:, None], lambda: [L.SimpleRNN(3)]),
    "Conv1D of bags": (INTEGERS[None, :], lambda: [L.Conv1D(3, 2)]),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_multi_hot(name: str) -> None:
    integers, network = SEQUENCES[name]
    encoded = SEVERAL.reshape(*integers.shape[:-1], COUNT)
    expected, _ = _run(_model([L.Input(encoded.shape[1:])], network), encoded, False)
    ours = _model([L.Input(integers.shape[1:]), MultiHot(COUNT)], network)
    got, program = _run(ours, integers, True)
    _close(got, expected)
    assert not _made(program, *encoded.shape) and not _made(program, BATCH, COUNT)
    assert not _ENCODED


def test_dense_multi_hot_where_words_are_many() -> None:
    """One batch's multi-hot is then the faster way; the numbers are the same."""
    count = SPARSE * WORDS - 1
    encoded = np.array(MultiHot(count)(INTEGERS))
    expected, _ = _run(_model([L.Input((count,))], lambda: [L.Dense(2)]), encoded, False)
    ours = _model([L.Input((WORDS,)), MultiHot(count)], lambda: [L.Dense(2)])
    got, program = _run(ours, INTEGERS, True)
    _close(got, expected)
    assert _made(program, BATCH, count)


class _Twice(keras.Model):  # type: ignore[misc]
    """A subclassed model that uses its encoding twice, once with something between."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.read, self.other = OneHot(COUNT), L.Dense(3), L.SimpleRNN(3)

    def call(self, x: Any, training: bool = False) -> Any:
        encoded = self.encode(x)
        return self.read(encoded)[:, 0] + self.other(2.0 * encoded) + self.other(encoded)

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], 3)


def test_what_stands_between_makes_it_dense_and_right() -> None:
    def subclassed() -> Any:
        keras.utils.set_random_seed(1)
        model = _Twice()
        model.compile("sgd", "mse")
        return model

    expected, _ = _run(subclassed(), INTEGERS, False)
    got, program = _run(subclassed(), INTEGERS, True)
    _close(got, expected)
    assert _made(program, BATCH, WORDS, COUNT)
    for between in (L.Dropout(0.5, seed=1), L.Rescaling(2.0), L.Reshape((1, WORDS, COUNT))):

        def stack(between: Any = between) -> list[Any]:
            return [type(between).from_config(between.get_config()), L.Dense(3)]

        expected, _ = _run(_model([L.Input((WORDS, COUNT))], stack), ONE, False)
        got, _ = _run(_model([L.Input((WORDS,)), OneHot(COUNT)], stack), INTEGERS, True)
        _close(got, expected)


def test_integers_out_of_range_stand_for_nothing() -> None:
    wild = INTEGERS.copy()
    wild[1] = [-1, COUNT, 10**6, -(10**6), 3, 3, COUNT - 1]
    for encode in (OneHot, MultiHot):

        def network() -> list[Any]:
            return [L.Dense(3)]

        first = [L.Input((WORDS,), dtype="int32"), encode(COUNT)]
        again = [L.Input((WORDS,), dtype="int32"), encode(COUNT)]
        expected, _ = _run(_model(first, network), wild, False)
        got, _ = _run(_model(again, network), wild, True)
        _close(got, expected)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.lists(st.integers(0, 5), min_size=6, max_size=6), min_size=1, max_size=2))
def test_sums_of_rows_are_sums_over_the_set(sequences: list[list[int]]) -> None:
    kernel = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    places = jnp.asarray(sequences, "int32")  # 5 stands for nothing
    once = Tokens(_without_repeats(places, 5), 5, True)
    y, back = jax.vjp(once.times, kernel)
    (gradient,) = back(jnp.arange(1.0, 1 + y.size).reshape(y.shape))
    expected, slope = np.zeros_like(y), np.zeros_like(kernel)
    for row, sequence in enumerate(sequences):
        for place in set(sequence) - {5}:
            expected[row] += kernel[place]
            slope[place] += np.arange(1.0, 1 + y.size).reshape(y.shape)[row]
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)


@pytest.mark.parametrize("encode", [OneHot, MultiHot])
def test_stacked_lanes(encode: Any) -> None:
    rest = [L.LSTM(3, dropout=0.4)] if encode is OneHot else [L.Dense(3)]
    model = _model([L.Input((WORDS,), dtype="int32"), encode(COUNT)], lambda: rest)
    make_ready(model, (INTEGERS, np.zeros((BATCH, 3), "float32"), None))
    weights = [jnp.stack([v.value, 0.5 * v.value]) for v in model.trainable_variables]
    fixed = [jnp.stack([v.value] * 2) for v in model.non_trainable_variables]
    rows = jnp.stack([INTEGERS, INTEGERS[::-1]])

    def loss(w: Any, fixed: Any, x: Any) -> Any:
        return (model.stateless_call(w, fixed, x, training=True)[0] ** 2).sum()

    step = jax.value_and_grad(loss)
    with Lowered(model, fast_call).tracing(stacked=True):
        compiled = jax.jit(jax.vmap(step)).lower(weights, fixed, rows).compile()
        alone = jax.jit(step).lower(*jax.tree.map(lambda v: v[0], (weights, fixed, rows))).compile()
    together = compiled(weights, fixed, rows)
    for lane in range(2):
        mine = jax.tree.map(lambda v: v[lane], (weights, fixed, rows))  # noqa: B023
        _close(jax.tree.map(lambda v: v[lane], together), alone(*mine))  # noqa: B023
    dense = (BATCH, WORDS, COUNT) if encode is OneHot else (BATCH, COUNT)
    assert not _made(compiled.as_text(), 2, *dense)


@pytest.mark.parametrize("encode", [OneHot, MultiHot])
def test_training_is_keras_fit_on_dense_arrays(encode: Any) -> None:
    rows = 37
    words = np.random.default_rng(2).integers(0, COUNT, (rows, WORDS)).astype("int32")
    words[:, :2] = 0
    labels = (words[:, -1] % 2).astype("float32")
    arrays = np.asarray(encode(COUNT)(words))
    rest: Network = lambda: [  # noqa: E731
        L.SimpleRNN(4) if encode is OneHot else L.Dense(4, "relu"),
        L.Dense(1, "sigmoid"),
    ]

    def train(fit: Any, first: list[Any], x: Any, count: int, epochs: int) -> list[Any]:
        model = _model(first, rest)
        model.compile(keras.optimizers.RMSprop(1e-2), "binary_crossentropy", metrics=["accuracy"])
        options = {"batch_size": 16, "epochs": epochs, "verbose": 0}
        fit(model, x[:count], labels[:count], **options)
        return [np.asarray(v.value) for v in model.trainable_variables]

    for count, epochs, tolerance in ((16, 1, 1e-6), (rows, 3, 1e-4)):
        theirs = train(keras.Model.fit, [L.Input(arrays.shape[1:])], arrays, count, epochs)
        first = [L.Input((WORDS,), dtype="int32"), encode(COUNT)]
        ours = train(dure.fit, first, words, count, epochs)
        scale = max(float(np.abs(w).max()) for w in theirs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale)


TESTS = Path(__file__).parents[1]

PEAK = """
import sys
import dure
import keras, numpy as np
from dure.layers import MultiHot, OneHot, fast_call

sys.path.append(sys.argv[2])
from helpers.memory_peak import peak_mb

def build(encode):
    tokens, words = (6000, 100) if encode == "one" else (20_000, 100)
    stack = [OneHot(tokens), keras.layers.SimpleRNN(8)]
    if encode == "several":
        stack = [MultiHot(tokens), keras.layers.Dense(8)]
    model = keras.Sequential(
        [keras.Input((words,)), *stack, keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model

x = np.random.default_rng(0).integers(0, 6000, (4000, 100)).astype("int32")
y = (x[:, -1] % 2).astype("float32")
before = peak_mb()
for encode in ("one", "several"):
    study = dure.Study(
        build, dure.Data(x, y), {"encode": [encode]}, seeds=2, epochs=2, batch_size=64,
        validation_split=0.2,
    )
    study.run(sys.argv[1] + "/" + encode, progress=False)
print(before, peak_mb())
"""


def test_memory_of_a_study(tmp_path: Any) -> None:
    """The dense arrays would be 9.6 and 0.3 GB, those of one batch 154 and 5 MB."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path), str(TESTS)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    before, peak = map(float, done.stdout.split())
    assert peak < before + 450, (before, peak)
