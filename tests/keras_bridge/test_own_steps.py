"""Which models a program can train, and what of the others only Keras' own `fit` does."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

from dure.errors import StudyError
from dure.keras_bridge.building import make_ready
from dure.keras_bridge.own_steps import describe_logs, find_fitted_reasons
from oracles.own_steps import CASES, X, Y, compiled

BATCH = (X[:16], Y[:16], None)


def reasons(kind: Any, **options: Any) -> list[str]:
    """Why a small network of this kind can only be trained by Keras' own fit."""
    model = compiled(kind, **options)()
    make_ready(model, BATCH)
    return find_fitted_reasons(model, BATCH)


def test_looking_at_a_step_changes_nothing() -> None:
    model = CASES["wasserstein with gradient penalty"].make()
    batch = (X[:16], None, None)
    make_ready(model, batch)
    before = [np.asarray(v.value) for v in [*model.variables, *model.optimizer.variables]]
    assert find_fitted_reasons(model, batch) == []
    logs = describe_logs(model, batch)
    assert logs is not None and (logs.train_reported, logs.test_reported) == (True, True)
    assert (list(logs.train), list(logs.test)) == (["d_loss", "g_loss"], ["realness"])
    after = [np.asarray(v.value) for v in [*model.variables, *model.optimizer.variables]]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_keras_own_models_are_not_looked_at() -> None:
    model = compiled(keras.Model)()
    make_ready(model, BATCH)
    assert find_fitted_reasons(model, BATCH) == []
    assert describe_logs(model, BATCH) is None


def test_a_loop_of_its_own_is_keras_fits() -> None:
    class OwnLoop(keras.Model):
        def fit(self, *args: Any, **options: Any) -> Any:
            return super().fit(*args, **options)

        def make_train_function(self, force: bool = False) -> Any:
            return super().make_train_function(force)

    (reason,) = reasons(OwnLoop)
    assert reason.endswith("(OwnLoop) has its own fit, make_train_function.")
    (reason,) = reasons(keras.Model, run_eagerly=True)
    assert "run_eagerly=True" in reason


def test_a_metric_that_is_never_reset_is_keras_fits() -> None:
    class Forever(keras.metrics.Mean):
        def reset_state(self) -> None:
            pass

    class Watched(keras.metrics.MeanAbsoluteError):
        pass

    class Kept(keras.Model):
        @property
        def metrics(self) -> list[Any]:
            return [*super().metrics, self.seen] if hasattr(self, "seen") else super().metrics

    model = compiled(Kept, metrics=[Watched()])()
    model.seen = Forever(name="seen")
    make_ready(model, BATCH)
    model.seen.update_state(3.0)
    (reason,) = find_fitted_reasons(model, BATCH)
    assert "keeps metric 'seen' from epoch to epoch" in reason
    assert float(model.seen.result()) == 3.0  # looking changes nothing


class Reads(keras.Model):
    """Looks at the optimizer's count past the state."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, state = super().train_step(state, data)
        return {**logs, "count": ops.cast(self.optimizer.iterations.value, "float32")}, state


class Assigns(keras.Model):
    """Counts in a variable that its state does not carry on."""

    def train_step(self, state: Any, data: Any) -> Any:
        counter = self.__dict__.setdefault("counter", [])
        if not counter:
            counter.append(keras.Variable(0.0, name="counter"))
        counter[0].assign(ops.ones(()))
        return super().train_step(state, data)


class Draws(keras.Model):
    """Draws from a generator outside any scope."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.draw = keras.random.SeedGenerator(1)

    def train_step(self, state: Any, data: Any) -> Any:
        logs, state = super().train_step(state, data)
        return {**logs, "noise": keras.random.normal((), seed=self.draw)}, state


class RowByRow(keras.Model):
    """Logs a number for every row."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, state = super().train_step(state, data)
        return {**logs, "first": data[0][:, 0]}, state


class Widens(keras.Model):
    """Gives its metrics back in another type."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, (*state, metrics) = super().train_step(state, data)
        return logs, (*state, [m.astype("float16") for m in metrics])


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Reads, "/iteration outside the state"),
        (Assigns, "its train_step changes counter outside the state"),
        (Draws, "outside the state"),
        (RowByRow, "its train_step logs first row by row"),
        (Widens, "a state of other types or shapes"),
    ],
)
def test_work_outside_the_state_is_keras_fits(kind: Any, says: str) -> None:
    found = reasons(kind)
    assert says in found[0], found


class Prints(keras.Model):
    """Needs the loss as a Python number."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, state = super().train_step(state, data)
        return {"loss": float(logs["loss"])}, state


def test_a_step_that_cannot_be_traced_runs_as_python_or_not_at_all() -> None:
    with pytest.raises(
        StudyError, match=r"train_step .* cannot be traced by JAX.*run_eagerly=True"
    ):
        reasons(Prints)
    (reason,) = reasons(Prints, jit_compile=False)
    assert "its train_step runs as Python only (ConcretizationTypeError" in reason


class Counts(L.Layer):
    """Python that does something else at every call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def call(self, x: Any) -> Any:
        self.calls += 1
        return x * float(self.calls)


@pytest.mark.parametrize(
    ("jit", "reason"),
    [
        (False, "its train_step does something else every time its Python runs"),
        (True, "its train_step does something else every time it is traced"),
    ],
)
def test_python_side_effects_count_where_keras_runs_python(jit: bool, reason: str) -> None:
    def make() -> Any:
        x = L.Input((6,))
        model = keras.Model(x, L.Dense(1)(Counts()(x)))
        model.compile("sgd", "mse", jit_compile=jit)
        return model

    assert reason in _look(make)[0]


def _look(make: Callable[[], Any]) -> list[str]:
    model = make()
    make_ready(model, BATCH)
    return find_fitted_reasons(model, BATCH)
