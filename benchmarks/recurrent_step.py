"""Milliseconds per training step of recurrent models: Keras' own layers and Dure's twins.

One lane on one core, a real epoch of gathered batches inside one compiled ``lax.scan``: 100 words a
text, Embedding(16), Dense(1, sigmoid), RMSprop, binary cross-entropy and accuracy. Both programs
run in turns; printed are medians and the time to compile. Time is the process's CPU time, which
other work on the machine disturbs least. Run from the repository:

    taskset -c 0 python benchmarks/recurrent_step.py [part of a workload's name ...]
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "")
    + " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import layers

from dure.layers.embedding import embedding_call
from dure.layers.recurrent import recurrent_call

WORDS = 100
ROUNDS = 7


class Workload(NamedTuple):
    """A stack of layers between Embedding and Dense, and the sizes around it."""

    stack: Callable[[], list[Any]]
    vocabulary: int = 300
    batch: int = 64
    batches: int = 30


def _two(kind: Any) -> list[Any]:
    return [kind(8, return_sequences=True), kind(8)]


WORKLOADS = {
    "SimpleRNN(8)": Workload(lambda: [layers.SimpleRNN(8)]),
    "LSTM(8, dropout 0.3)": Workload(lambda: [layers.LSTM(8, dropout=0.3)], 500),
    "two LSTM(8)": Workload(lambda: _two(layers.LSTM)),
    "two GRU(8)": Workload(lambda: _two(layers.GRU)),
    "Bidirectional LSTM(8)": Workload(lambda: [layers.Bidirectional(layers.LSTM(8))]),
    "LSTM(8), vocabulary 10,000": Workload(lambda: [layers.LSTM(8)], 10_000),
    "pooling, vocabulary 10,000": Workload(lambda: [layers.GlobalAveragePooling1D()], 10_000),
    "LSTM(32), batch 32": Workload(lambda: [layers.LSTM(32)], batch=32),
    "LSTM(64), batch 32": Workload(lambda: [layers.LSTM(64)], batch=32, batches=8),
    "LSTM(64), batch 256": Workload(lambda: [layers.LSTM(64)], batch=256, batches=3),
    "GRU(64), batch 256": Workload(lambda: [layers.GRU(64)], batch=256, batches=3),
    "SimpleRNN(64), batch 256": Workload(lambda: [layers.SimpleRNN(64)], batch=256, batches=3),
}


def _model(workload: Workload, twins: bool) -> Any:
    keras.utils.set_random_seed(0)
    embedding = layers.Embedding(workload.vocabulary, 16)
    body = [embedding, *workload.stack(), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((WORDS,), dtype="int32"), *body])
    for layer in model._flatten_layers(include_self=False) if twins else ():
        fast = recurrent_call(layer) or embedding_call(layer)
        if fast is not None:
            layer.call = fast
    return model


def _values(variables: Any) -> list[Any]:
    return [v.value for v in variables]


def _epoch(model: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The epoch as a function of (state, rows [batches, batch]), and the first state."""
    optimizer = keras.optimizers.RMSprop(1e-4)
    optimizer.build(model.trainable_variables)
    accuracy = keras.metrics.BinaryAccuracy()

    def loss(trainable: Any, fixed: Any, xb: Any, yb: Any) -> Any:
        out, fixed = model.stateless_call(trainable, fixed, xb, training=True)
        return keras.losses.binary_crossentropy(yb, out).mean(), (out, fixed)

    def step(state: Any, rows: Any) -> tuple[Any, Any]:
        trainable, fixed, slots, counts = state
        gradient = jax.value_and_grad(loss, has_aux=True)
        (value, (out, fixed)), grads = gradient(trainable, fixed, x[rows], y[rows])
        trainable, slots = optimizer.stateless_apply(slots, grads, trainable)
        counts = accuracy.stateless_update_state(counts, y[rows], out)
        return (trainable, fixed, slots, counts), value

    variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    state = (*map(_values, variables), _values(accuracy.variables))
    return lambda state, rows: jax.lax.scan(step, state, rows), state


def _program(workload: Workload, twins: bool) -> tuple[Callable[[], float], float]:
    """A function that runs one epoch and returns its ms per step, and the seconds to compile."""
    rng = np.random.default_rng(0)
    count = workload.batch * workload.batches
    x = jnp.asarray(rng.integers(0, workload.vocabulary, (count, WORDS)), "int32")
    y = jnp.asarray(rng.integers(0, 2, (count, 1)), "float32")
    rows = jnp.asarray(rng.permutation(count).reshape(workload.batches, workload.batch))
    epoch, state = _epoch(_model(workload, twins), x, y)
    start = time.perf_counter()
    compiled = jax.jit(epoch).lower(state, rows).compile()
    seconds = time.perf_counter() - start

    def run() -> float:
        begin = time.process_time()
        jax.block_until_ready(compiled(state, rows))
        return (time.process_time() - begin) * 1e3 / workload.batches

    run()
    return run, seconds


def main(wanted: list[str]) -> None:
    print(f"{'ms per training step':30}{'Keras':>9}{'twin':>9}{'ratio':>7}   compile, s")
    for name, workload in WORKLOADS.items():
        if wanted and not any(part in name for part in wanted):
            continue
        (slow, slow_compile), (fast, fast_compile) = (_program(workload, t) for t in (False, True))
        times = np.median([(slow(), fast()) for _ in range(ROUNDS)], axis=0)
        ratio = times[0] / times[1]
        print(
            f"{name:30}{times[0]:9.3f}{times[1]:9.3f}{ratio:7.2f}"
            f"   {slow_compile:.1f} and {fast_compile:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
