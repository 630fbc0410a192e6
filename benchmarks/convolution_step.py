"""Milliseconds per training step of convolutional models, Keras' own calls against the twins.

Both run the same compiled loop: ``lax.scan`` over steps that gather a batch, take the gradient
through ``stateless_call`` and apply Adam through ``stateless_apply``, one network on one thread.
The two alternate, and the medians are printed. The last column trains one network on each of two
CPU devices at once and divides by two: a lane a core, as Dure does.

    python benchmarks/convolution_step.py [rounds]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import keras
import numpy as np

from dure.layers import TWINS

L = keras.layers
BATCH, ROWS = 32, 2000


def wide() -> Any:
    """Two convolutions of 64 and 128 filters on 28x28 pictures."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.Conv2D(64, 3, padding="same", activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(128, 3, padding="same", activation="relu"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dense(100, activation="relu"),
            L.Dropout(0.3),
            L.Dense(10, activation="softmax"),
        ]
    )


def small() -> Any:
    """One convolution of 10 filters on 28x28 pictures."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.Conv2D(10, 3, padding="same", activation="relu"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dense(100, activation="relu"),
            L.Dense(10, activation="softmax"),
        ]
    )


def digits() -> Any:
    """Two convolutions of 16 and 32 filters on 8x8 pictures."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(16, 3, padding="same", activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(32, 3, padding="same", activation="relu"),
            L.Flatten(),
            L.Dense(64, activation="relu"),
            L.Dense(10, activation="softmax"),
        ]
    )


def loop(build: Callable[[], Any], twin: bool) -> tuple[Callable[..., Any], Any]:
    """A compiled loop ``(state, x, y, batches) -> (state, losses)`` and its first state."""
    keras.utils.set_random_seed(0)
    model = build()
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    for layer in model.layers if twin else ():
        make = TWINS.get(type(layer))
        if make is not None:
            layer.call = make(layer)

    def loss(weights: Any, others: Any, x: jax.Array, y: jax.Array) -> Any:
        chances, others = model.stateless_call(weights, others, x, training=True)
        return jnp.mean(keras.losses.sparse_categorical_crossentropy(y, chances)), others

    def run(state: Any, x: jax.Array, y: jax.Array, batches: jax.Array) -> Any:
        def step(state: Any, rows: jax.Array) -> Any:
            weights, others, memory = state
            (value, others), slopes = jax.value_and_grad(loss, has_aux=True)(
                weights, others, x[rows], y[rows]
            )
            weights, memory = optimizer.stateless_apply(memory, slopes, weights)
            return (weights, others, memory), value

        return jax.lax.scan(step, state, batches)

    state = [
        [variable.value for variable in group]
        for group in (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    ]
    return jax.jit(run), tuple(state)


def timed(runs: list[Callable[[], Any]]) -> float:
    """Seconds until all of ``runs``, started together, have ended."""
    start = time.perf_counter()
    jax.block_until_ready([run() for run in runs])
    return time.perf_counter() - start


def measure(build: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """Milliseconds a step: Keras' own call, the twins, the twins on two devices at once."""
    random = np.random.default_rng(0)
    shape = build().input_shape[1:]
    x = random.random((ROWS, *shape)).astype(np.float32)
    y = random.integers(0, 10, ROWS).astype(np.int32)

    def runs(twin: bool, steps: int, devices: list[Any]) -> list[Callable[[], Any]]:
        function, state = loop(build, twin)
        rows = random.integers(0, ROWS, (steps, BATCH)).astype(np.int32)
        placed = [jax.device_put((state, x, y, rows), device) for device in devices]
        return [lambda given=given: function(*given) for given in placed]

    devices = jax.devices("cpu")
    # Keras' convolution takes up to half a second a step in there: few steps show it.
    own, fast = runs(False, 4, devices[:1]), runs(True, 20, devices[:1])
    pair = runs(True, 20, devices[:2])
    timed(own), timed(fast), timed(pair)
    seconds = [(timed(own) / 4, timed(fast) / 20, timed(pair) / 40) for _ in range(rounds)]
    own_ms, fast_ms, pair_ms = (1e3 * median(column) for column in zip(*seconds, strict=True))
    return own_ms, fast_ms, pair_ms


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    jax.config.update("jax_num_cpu_devices", 2)
    print(f"{'workload':<10}{'Keras call':>12}{'twins':>10}{'ratio':>8}{'two lanes, each':>18}")
    for build in (wide, small, digits):
        own, fast, pair = measure(build, rounds)
        print(
            f"{build.__name__:<10}{own:>9.2f} ms{fast:>7.2f} ms{own / fast:>7.1f}x{pair:>15.2f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
