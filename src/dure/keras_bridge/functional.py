"""A compiled Keras model as pure functions, and back.

Keras' JAX trainer already has a functional training step (see the Keras guide *Customizing what
happens in fit() with JAX*); this module takes a model's state apart for it, and puts it together
again. No room but this one touches names Keras does not document.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from dure.core.arrays import Tree
from dure.core.backend import jax, jnp, keras
from dure.core.types import Mode
from dure.errors import StudyError
from dure.keras_bridge.model_state import (
    Batch,
    ModelState,
    StepLogs,
    flat_results,
    is_keras_own,
    pack_batch,
)
from dure.keras_bridge.trainable import check_trainable

FindCall: TypeAlias = Callable[[Any], Callable[..., Any] | None]
"""From a layer to what may stand for its ``call``; None where Keras' own stays."""

_TRACING = threading.Lock()


def state_of(model: keras.Model) -> ModelState:
    """The state of a model with weights and optimizer; arrays are the model's own, not copies.

    Raises
    ------
    StudyError
        If other layers train than when it was compiled, as after a callback that freezes one.
    """
    check_trainable(model)
    return ModelState(
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
        [v.value for v in model.optimizer.variables],
    )


_OF_A_THREAD = ("global_seed_generator", "dtype_policy")
"""What Keras keeps for each thread, and a user sets for all of a program."""


def read_thread_state() -> dict[str, Any]:
    """Keras' generator for whoever names no seed, and its dtype policy, in this thread."""
    state = keras.src.backend.common.global_state
    return {name: state.get_global_attribute(name) for name in _OF_A_THREAD}


def write_thread_state(held: Mapping[str, Any]) -> None:
    """Set in this thread what :func:`read_thread_state` read in another."""
    for name, value in held.items():
        keras.src.backend.common.global_state.set_global_attribute(name, value)


def full_state(model: keras.Model) -> tuple[list[Any], ...]:
    """What a training step of this model takes and gives back, metrics included."""
    return (*state_of(model), [v.value for v in model.metrics_variables])


def write_state(model: keras.Model, state: ModelState) -> None:
    """Put a state into a model: weights, seeds and optimizer."""
    groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    for variables, values in zip(groups, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


class Lowered:
    """A compiled Keras model as pure functions of its state.

    The functions are for tracing by JAX, inside :meth:`tracing`, which also exchanges layers'
    ``call`` for fast twins that compute the same numbers from the same variables.

    Parameters
    ----------
    model
        Compiled, and made ready by :func:`dure.keras_bridge.building.make_ready`.
    find_call
        Finds a layer's fast twin, as :func:`dure.layers.fast_call` does; None: every layer
        computes Keras' way.
    logs
        What a model logs that has steps of its own, as
        :func:`dure.keras_bridge.own_steps.describe_logs` says.

    Attributes
    ----------
    initial_metrics
        Metrics before the first batch: the values of the model's own and, of a model with steps
        of its own, what its last steps of training and of evaluation logged.
    """

    def __init__(
        self, model: keras.Model, find_call: FindCall | None, logs: StepLogs | None = None
    ) -> None:
        self.model = model
        self._find_call = find_call
        model.reset_metrics()
        self.initial_metrics = [np.asarray(v.value) for v in model.metrics_variables]
        self._logs = logs
        if logs is not None:
            held = (*logs.train.values(), *logs.test.values())
            self.initial_metrics += [np.zeros(spec.shape, spec.dtype) for spec in held]
        self._weight_places = _weight_places(model)
        self._rate_place = _variable_place(
            model.optimizer.variables, getattr(model.optimizer, "learning_rate", None)
        )

    @property
    def steps_itself(self) -> bool:
        """Whether the model has a way of its own from a batch to gradients and new weights."""
        methods = (self.model.train_step, self.model.compute_loss_and_updates)
        return not all(map(is_keras_own, methods))

    @contextlib.contextmanager
    def tracing(self, stacked: bool = False) -> Iterator[None]:
        """While open, layers compute through their fast twins; one thread at a time.

        Parameters
        ----------
        stacked
            Whether lanes are stacked by ``vmap``: then layers keep from cuDNN's recurrent
            kernels, which have no batching rule.
        """
        with _TRACING, contextlib.ExitStack() as undo:
            for layer in self.model._flatten_layers():
                if self._find_call and (call := self._find_call(layer)) is not None:
                    object.__setattr__(layer, "call", call)
                    undo.callback(object.__delattr__, layer, "call")
                if stacked and hasattr(layer, "use_cudnn"):
                    undo.callback(setattr, layer, "use_cudnn", layer.use_cudnn)
                    layer.use_cudnn = False
            yield

    def give_up_twins(self) -> bool:
        """Compute every layer Keras' way from now on; whether that changes anything.

        A twin has its gradient written by hand, and a model that differentiates forwards cannot
        pass through it.
        """
        had, self._find_call = self._find_call is not None, None
        return had

    def train_step(
        self, state: ModelState, metrics: list[Any], batch: Batch
    ) -> tuple[ModelState, list[Any]]:
        """One step of the model's training: forward, loss, gradient, optimizer, metrics."""
        own, trained, tested = self._split(metrics)
        logs, new, own = self.logged_step(state, own, batch)
        if self._logs is not None:
            trained = _read_logs(logs, self._logs.train)
        return new, [*own, *trained, *tested]

    def logged_step(
        self, state: ModelState, metrics: list[Any], batch: Batch
    ) -> tuple[dict[str, Any], ModelState, list[Any]]:
        """As :meth:`train_step`, of the model's own metrics alone, with what the step logged."""
        logs, (trainable, non_trainable, optimizer, metrics) = self.model.train_step(
            (*state, metrics), pack_batch(batch)
        )
        new = ModelState(list(trainable), list(non_trainable), list(optimizer))
        return dict(logs), new, list(metrics)

    @property
    def no_metrics(self) -> list[Any]:
        """The model's own metrics before the first batch."""
        return self._split(self.initial_metrics)[0]

    def test_step(
        self, state: ModelState, metrics: list[Any], batch: Batch
    ) -> tuple[ModelState, list[Any]]:
        """One step of its evaluation; layers that keep state may change it, as in Keras."""
        own, trained, tested = self._split(metrics)
        logs, (trainable, non_trainable, own) = self.model.test_step(
            (state.trainable, state.non_trainable, own), pack_batch(batch)
        )
        if self._logs is not None:
            tested = _read_logs(logs, self._logs.test)
        new = ModelState(list(trainable), list(non_trainable), state.optimizer)
        return new, [*own, *trained, *tested]

    def _split(self, metrics: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """The model's own metrics, and what the last steps of training and evaluation logged."""
        first = len(self.model.metrics_variables)
        second = first + (0 if self._logs is None else len(self._logs.train))
        return metrics[:first], metrics[first:second], metrics[second:]

    def results(self, metrics: list[Any], testing: bool = False) -> dict[str, Any]:
        """What Keras reports of an epoch by its log names ("loss", ...), float32 arrays.

        The metrics' results, or what the last step logged, where that has other names.

        Parameters
        ----------
        testing
            Of an evaluation; else of training.

        Raises
        ------
        StudyError
            If a metric's result is no number, array of numbers or dict of them.
        """
        own, trained, tested = self._split(metrics)
        logs = self._logs
        if logs is not None and (logs.test_reported if testing else logs.train_reported):
            names = logs.test if testing else logs.train
            found = dict(zip(names, tested if testing else trained, strict=True))
        else:
            mapping = list(zip(self.model.metrics_variables, own, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                found = flat_results(self.model.get_metrics_result())
        return {name: _as_floats(name, value) for name, value in found.items()}

    def step_loss(self, metrics: list[Any]) -> Any:
        """What the last training step logged as "loss"; None if it has none.

        That is what Keras' TerminateOnNaN looks at.
        """
        if self._logs is None:
            return self.results(metrics).get("loss")
        return dict(zip(self._logs.train, self._split(metrics)[1], strict=True)).get("loss")

    def metric_shapes(self, testing: bool = False) -> dict[str, tuple[int, ...]]:
        """Shapes of what :meth:`results` gives, by name; nothing is computed."""
        results = jax.eval_shape(lambda: self.results(self.initial_metrics, testing))
        return {name: tuple(spec.shape) for name, spec in results.items()}

    def directions(self) -> dict[str, Mode]:
        """By metric name "min" or "max", where Keras knows it (losses are always "min").

        Names are those of logs: of a model with several outputs "output_metric", and "metric_1"
        for a second of the same name.
        """
        known: dict[str, Mode] = {}
        ways = {
            metric.name: getattr(metric, "_direction", None) for metric in _flat_metrics(self.model)
        }
        outputs = [f"{name}_" for name in getattr(self.model, "output_names", None) or ()]
        for name in {**self.metric_shapes(), **self.metric_shapes(testing=True)}:
            stems = [name, *(name.removeprefix(o) for o in outputs if name.startswith(o))]
            stems += [re.sub(r"_\d+$", "", stem).removeprefix("weighted_") for stem in stems]
            way = next((ways[stem] for stem in stems if ways.get(stem) in ("up", "down")), None)
            if way is not None:
                known[name] = "max" if way == "up" else "min"
            elif name.endswith("loss"):
                known[name] = "min"
        return known

    @property
    def rate_is_variable(self) -> bool:
        """Whether the learning rate is a number in the optimizer's state (not a schedule)."""
        return self._rate_place is not None

    def learning_rate(self, state: ModelState) -> Any:
        """The rate the optimizer would use for its next step, a scalar."""
        if self._rate_place is not None:
            return state.optimizer[self._rate_place]
        mapping = list(zip(self.model.optimizer.variables, state.optimizer, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return keras.ops.convert_to_tensor(self.model.optimizer.learning_rate)

    def with_learning_rate(self, state: ModelState, rate: Any) -> ModelState:
        """The state with another learning rate; only where :attr:`rate_is_variable`."""
        assert self._rate_place is not None
        optimizer = list(state.optimizer)
        optimizer[self._rate_place] = rate
        return state._replace(optimizer=optimizer)

    def weights(self, state: ModelState) -> list[Any]:
        """The arrays of ``model.get_weights()``, in its order (no seeds, no metrics)."""
        return [getattr(state, group)[index] for group, index in self._weight_places]

    def with_weights(self, state: ModelState, weights: Sequence[Any]) -> ModelState:
        """The state with ``model.set_weights(weights)`` done."""
        groups: dict[str, list[Any]] = {
            "trainable": list(state.trainable),
            "non_trainable": list(state.non_trainable),
        }
        for (group, index), weight in zip(self._weight_places, weights, strict=True):
            groups[group][index] = weight
        return state._replace(**groups)

    @property
    def needs_finalizing(self) -> bool:
        """Whether the optimizer changes the weights after the last epoch (moving averages)."""
        return bool(getattr(self.model.optimizer, "use_ema", False))

    def finalize(self, state: ModelState) -> ModelState:
        """What Keras' ``fit`` does to the weights after the last epoch: take their averages."""
        model = self.model
        mapping = [
            *zip(model.trainable_variables, state.trainable, strict=True),
            *zip(model.optimizer.variables, state.optimizer, strict=True),
        ]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            model.optimizer.finalize_variable_values(model.trainable_weights)
            values = [scope.get_current_value(v) for v in model.trainable_variables]
        return state._replace(
            trainable=[
                old if new is None else new
                for old, new in zip(state.trainable, values, strict=True)
            ]
        )


def _read_logs(logs: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    found = flat_results(logs)
    return [jnp.asarray(found[name]) for name in names]


def _as_floats(name: str, value: Any) -> Any:
    try:
        array = keras.ops.convert_to_tensor(value)
        if not jnp.issubdtype(array.dtype, jnp.complexfloating):
            return array.astype(jnp.float32)
    except (TypeError, ValueError):
        pass
    raise StudyError(
        f"metric {name!r}: its result() gave {type(value).__name__} ({value!r:.80}); it must give "
        "a number, an array of numbers, or a dict of them by name."
    )


def _weight_places(model: keras.Model) -> list[tuple[str, int]]:
    places = {id(v): ("trainable", i) for i, v in enumerate(model.trainable_variables)}
    places |= {id(v): ("non_trainable", i) for i, v in enumerate(model.non_trainable_variables)}
    return [places[id(weight)] for weight in model.weights]


def _variable_place(variables: Sequence[Any], wanted: Any) -> int | None:
    return next((i for i, v in enumerate(variables) if v is wanted), None)


def _flat_metrics(model: keras.Model) -> Iterator[Any]:
    for metric in model.metrics:
        yield from getattr(metric, "metrics", None) or [metric]


def put_on_device(arrays: Tree, device: Any = None) -> Tree:
    """Arrays on a device; on a CPU they stay where they are if their memory is aligned for it.

    ``jax.numpy.asarray`` always copies, and holds two copies while it does.
    """
    return jax.device_put(arrays, device)
