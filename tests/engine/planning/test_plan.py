"""What a plan says before anything is compiled: programs, their lanes, their memory."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax import lax
from keras import layers as L

import dure
from dure.engine.planning.plan import PreparedStudy, prepare
from dure.engine.planning.summary import Plan, PlannedProgram
from dure.engine.program.memory import peak_bytes
from dure.engine.program.program import Program

X = np.random.default_rng(8).normal(size=(40, 6)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
LABELS = (np.arange(40) % 4 == 0).astype("int32")


def model_of(*stack: Any, optimizer: Any = "adam", loss: Any = "mse") -> keras.Model:
    model = keras.Sequential(list(stack))
    model.compile(optimizer, loss)
    return model


def prepared(build: Callable[..., Any], x: Any = X, y: Any = Y, **options: Any) -> PreparedStudy:
    return prepare(dure.Study(build, dure.Data(x, y), **{"batch_size": 16, **options}))


def groups(build: Callable[..., Any], **variants: Any) -> list[list[str]]:
    """Which variants share a program."""
    return [program.variants for program in prepared(build, variants=variants).plan.programs]


def _scaled(value: float) -> keras.Model:
    return model_of(L.Lambda(lambda x: x * value), L.Dense(1))


def _table(seed: int) -> keras.Model:
    table = np.random.default_rng(seed).normal(size=(6,)).astype("float32")
    return model_of(L.Lambda(lambda x: x * table), L.Dense(1))


def _closure(power: float) -> keras.Model:
    def loss(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** power)

    return model_of(L.Dense(1), loss=loss)


NOT_SHARED: dict[str, tuple[Callable[..., Any], dict[str, list[Any]]]] = {
    "weight decay": (
        lambda v: model_of(L.Dense(1), optimizer=keras.optimizers.AdamW(weight_decay=v)),
        {"v": [0.01, 0.02]},
    ),
    "clipnorm": (
        lambda v: model_of(L.Dense(1), optimizer=keras.optimizers.Adam(clipnorm=v)),
        {"v": [0.1, 1.0]},
    ),
    "momentum": (
        lambda v: model_of(L.Dense(1), optimizer=keras.optimizers.SGD(momentum=v)),
        {"v": [0.5, 0.9]},
    ),
    "losses of one name": (lambda v: _closure(v), {"v": [1.5, 3.0]}),
    "constants of Lambda layers": (lambda v: _scaled(v), {"v": [1.0, 2.0]}),
    "arrays of Lambda layers": (lambda v: _table(v), {"v": [1, 2]}),
    "dropout": (lambda v: model_of(L.Dropout(v), L.Dense(1)), {"v": [0.1, 0.2]}),
    "regularizers": (
        lambda v: model_of(L.Dense(1, kernel_regularizer=keras.regularizers.L2(v))),
        {"v": [0.1, 0.2]},
    ),
    "schedules": (
        lambda v: model_of(
            L.Dense(1),
            optimizer=keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(v, 9)),
        ),
        {"v": [0.1, 0.2]},
    ),
    "loss weights": (
        lambda v: _weighted(v),
        {"v": [0.1, 0.2]},
    ),
}


def _weighted(weight: float) -> keras.Model:
    model = keras.Sequential([L.Dense(1)])
    model.compile("adam", "mse", loss_weights=weight)
    return model


@pytest.mark.parametrize("name", NOT_SHARED)
def test_variants_that_compute_otherwise_do_not_share(name: str) -> None:
    build, variants = NOT_SHARED[name]
    first, second = next(iter(variants.values()))
    assert groups(build, **variants) == [[f"v={first}"], [f"v={second}"]]


SHARED: dict[str, tuple[Callable[..., Any], dict[str, list[Any]]]] = {
    "learning rates": (
        lambda v: model_of(L.Dense(1), optimizer=keras.optimizers.Adam(v)),
        {"v": [0.1, 0.2]},
    ),
    "first weights": (
        lambda v: model_of(L.Dense(3, kernel_initializer=v), L.Dense(1)),
        {"v": ["he_normal", "zeros"]},
    ),
    "nothing at all": (lambda v: _closure(2.0), {"v": [1, 2]}),
}


@pytest.mark.parametrize("name", SHARED)
def test_variants_that_differ_in_numbers_of_the_state_share(name: str) -> None:
    build, variants = SHARED[name]
    first, second = next(iter(variants.values()))
    assert groups(build, **variants) == [[f"v={first}", f"v={second}"]]


def _net(units: int = 3, rate: float = 0.1) -> keras.Model:
    stack = [L.Dense(units), L.BatchNormalization(), L.Dense(1)]
    return model_of(*stack, optimizer=keras.optimizers.SGD(rate))


def test_numbers_of_a_plan() -> None:
    variants = {"units": [3, 5], "rate": [0.1, 0.2]}
    plan = prepared(_net, variants=variants, seeds=3, validation_split=0.25, epochs=7).plan
    assert (plan.lanes, plan.epochs, len(plan.programs)) == (12, 7, 2)
    assert [p.lanes for p in plan.programs] == [6, 6]
    assert [p.parameters for p in plan.programs] == [7 * 3 + 12 + 4, 7 * 5 + 20 + 6]
    assert [p.steps_per_epoch for p in plan.programs] == [2, 2]  # 30 rows in batches of 16
    assert plan.data_bytes == X.nbytes + Y.nbytes
    assert plan.memory_bytes >= plan.data_bytes + plan.workers * plan.programs[1].memory_bytes


def test_folds_of_unequal_sizes_make_two_programs() -> None:
    plan = prepared(_net, folds=3, seeds=2).plan
    assert sorted(p.lanes for p in plan.programs) == [2, 4]  # 26 + 14, 27 + 13 twice
    assert [p.steps_per_epoch for p in plan.programs] == [2, 2]
    assert len(prepared(_net, folds=4).plan.programs) == 1
    stratified = prepared(_net, y=LABELS, folds=7)
    assert len(stratified.plan.programs) <= 2
    assert sum(p.lanes for p in stratified.plan.programs) == 7


def test_the_table_is_aligned_and_tells_all() -> None:
    planned = [
        PlannedProgram(["a"], 5, 1234567, 10, 1, 3_200_000),
        PlannedProgram([f"variant {n}" for n in range(20)], 1000, 5, 1, 64, 5_500_000_000),
    ]
    text = str(Plan(1005, 30, planned, 2, "CPU core", 1_000_000, 11_000_000_000, 64 * 10**9))
    head, memory, blank, *table = text.splitlines()
    assert head == "1,005 lanes of up to 30 epochs in 2 programs on 2 CPU cores"
    assert memory == "about 11.0 GB of 64.0 GB free (data 1.0 MB)"
    assert blank == ""
    assert len({len(line) for line in table}) == 1 and len(table) == 3
    facts = ["1", "a", "5", "1,234,567", "10", "1", "3.2", "MB", "compiled"]
    assert table[1].split() == facts
    assert "variant 0, variant 1" in table[2] and "..." in table[2]
    assert max(map(len, table)) <= 120
    why = PlannedProgram(["a"], 1, 1, 1, 1, 1, "stepped", "batches come from the host")
    told = str(Plan(1, 1, [why, why], 1, "CPU core", 1, 1, 1)).splitlines()
    assert told[-2].endswith("stepped")
    assert told[-1] == "stepped: batches come from the host"
    one = str(Plan(1, 1, planned[:1], 1, "CPU core", 1, 1, 1))
    assert one.startswith("1 lane of up to 1 epoch in 1 program on")


def _dense() -> tuple[keras.Model, Any]:
    x = np.zeros((512, 64), "float32")
    return model_of(L.Dense(256, "relu"), L.Dense(256, "relu"), L.Dense(1)), x


def _cnn() -> tuple[keras.Model, Any]:
    x = np.zeros((128, 16, 16, 3), "float32")
    pair = [L.Conv2D(16, 3, activation="relu"), L.MaxPooling2D()]
    return model_of(*pair, L.Flatten(), L.Dense(1)), x


def _lstm() -> tuple[keras.Model, Any]:
    x = np.zeros((128, 40, 8), "float32")
    return model_of(L.LSTM(32, return_sequences=True), L.LSTM(32), L.Dense(1)), x


@pytest.mark.parametrize("make", [_dense, _cnn, _lstm])
def test_predicted_memory_is_what_xla_needs(make: Callable[..., Any]) -> None:
    x = make()[1]
    y = np.zeros(len(x), "float32")
    ready = prepared(lambda: make()[0], x, y, batch_size=64, validation_split=0.5)
    (program,) = ready.prototypes["default"].programs.values()
    compiled = program.traced.lower().compile().memory_analysis()
    # A call's inputs and outputs are separate buffers; the data are shared and counted apart.
    needed = (
        compiled.temp_size_in_bytes
        + compiled.output_size_in_bytes
        + compiled.argument_size_in_bytes
        - x.nbytes
        - y.nbytes
    )
    predicted = ready.plan.programs[0].memory_bytes
    assert needed / 4 < predicted < 4 * needed, (predicted, needed)


def _peak(function: Callable[..., Any], *arguments: Any) -> int:
    return peak_bytes(jax.make_jaxpr(function)(*arguments))


BIG = jnp.zeros((1000,), jnp.float32)
SIZE = 4000


def test_peak_counts_what_lives_at_once() -> None:
    def chain(x: Any) -> Any:
        for _ in range(5):
            x = lax.cumsum(x)
        return x

    def kept(x: Any) -> Any:
        return tuple(lax.cumsum(x + i) for i in range(5))

    assert _peak(chain, BIG) == 2 * SIZE  # what is read and what is made
    assert _peak(kept, BIG) == 6 * SIZE  # all results, and one sum to be read


def test_peak_leaves_out_what_is_fused_and_the_inputs() -> None:
    assert _peak(lambda x: jnp.sum(jnp.tanh(x * 2) + 1), BIG) == 4
    assert _peak(lambda x: x, BIG) == 0
    assert _peak(lambda x: jnp.zeros(()), BIG) <= 4


def test_peak_of_a_loop_is_its_bodys_once() -> None:
    def loop(x: Any) -> Any:
        return lax.scan(lambda c, _: (lax.cumsum(lax.cumsum(c)), None), x, None, length=100)[0]

    assert 2 * SIZE <= _peak(loop, BIG) <= 3 * SIZE


def test_peak_of_a_branch_is_its_largest() -> None:
    def small(x: Any) -> Any:
        return jnp.sum(lax.cumsum(x[:10]))

    def large(x: Any) -> Any:
        return jnp.sum(lax.cumsum(x))

    def branch(x: Any) -> Any:
        return lax.cond(x[0] > 0, small, large, x)

    assert SIZE <= _peak(branch, BIG) <= SIZE + 100
    assert _peak(lambda x: lax.cond(x[0] > 0, small, small, x), BIG) < 300


def test_peak_leaves_out_what_nothing_reads() -> None:
    def unread(x: Any) -> Any:
        jnp.outer(lax.cumsum(x), x)
        return jnp.sum(x)

    def unread_in_a_loop(x: Any) -> Any:
        return lax.fori_loop(0, 9, lambda _, total: (jnp.outer(x, x), total + 1)[1], 0.0)

    assert _peak(unread, BIG) == 4
    assert _peak(unread_in_a_loop, BIG) < 100


def test_a_plan_compiles_nothing(monkeypatch: Any) -> None:
    def refuse(self: Program) -> Any:
        raise AssertionError("compiled")

    monkeypatch.setattr(Program, "compile", refuse)
    assert dure.Study(_net, dure.Data(X, Y)).plan().lanes == 1
