"""Models that train by steps of their own, and what only Keras' own ``fit`` can train.

Keras' JAX trainer compiles ``train_step(state, data) -> (logs, state)``. Where a model's own does
all its work on that state, it is a pure function, and Dure's programs can hold it; where it reads
or changes anything else, only Keras' ``fit`` does what it does.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from dure.core.backend import jax, keras
from dure.core.formatting import join_first
from dure.data.random_state import keep_generators
from dure.errors import StudyError
from dure.keras_bridge.model_state import (
    Batch,
    StepLogs,
    flat_results,
    is_keras_own,
    pack_batch,
)
from dure.keras_bridge.target_faults import losses_of

_STEP_METHODS = (
    "train_step",
    "test_step",
    "compute_loss",
    "compute_metrics",
    "compute_loss_and_updates",
    "stateless_call",
    "stateless_compute_loss",
    "get_metrics_result",
)
"""Methods a step is made of; one's own may log anything, and do anything."""

_LOOP_METHODS = (
    "fit",
    "evaluate",
    "make_train_function",
    "make_test_function",
    "jax_state_sync",
    "_get_jax_state",
    "_symbolic_build",
)
"""Methods that run the steps; one's own is a loop that nobody else runs."""


_KNOWN = ("keras", "dure", "builtins")
"""Packages whose code does the same whenever it is called."""


_DRAWING = ("AugMix",)
"""Keras' layers that draw from Python's generator when they are traced."""

_PLAIN = (bool, int, float, str)

_OF_THE_LOOP = ("stop_training", "stop_evaluating", "_jax_state_synced", "_initial_epoch", "built")
"""What changes in a model while it is trained, and in no step."""


class _Trace(NamedTuple):
    """One step as JAX traced it."""

    logs: Any
    """Shapes of what it logs."""
    text: str
    """The traced program, equal for two traces of the same work."""
    faults: list[str]
    """What it does outside its state."""


def _has_own_steps(model: keras.Model) -> bool:
    """Whether a step of training or evaluation is not wholly Keras' own."""
    own_metrics = not is_keras_own(type(model).metrics.fget)
    return own_metrics or any(not is_keras_own(getattr(model, name)) for name in _STEP_METHODS)


def find_fitted_reasons(
    model: keras.Model, batch: Batch | None = None, evaluates: bool = True
) -> list[str]:
    """Why only Keras' own ``fit`` can train a compiled model, one sentence each; mostly empty.

    Parameters
    ----------
    batch
        Arrays of a training batch, or their shapes, for a model that is ready for them; None: only
        what needs no data is looked at.
    evaluates
        Whether it is ever evaluated: else nobody, and no Keras, asks for its test step.

    Raises
    ------
    StudyError
        If its step cannot be traced by JAX, and Keras' ``fit`` would not run it otherwise.
    """
    name = f"model {model.name!r} ({type(model).__name__})"
    reasons = []
    if model.run_eagerly:
        reasons.append(f"{name} was compiled with run_eagerly=True.")
    own = [method for method in _LOOP_METHODS if not is_keras_own(getattr(model, method))]
    if own:
        reasons.append(f"{name} has its own {join_first(own, 3)}.")
    if kept := _unreset_metrics(model):
        reasons.append(f"{name} keeps {join_first(kept, 3)} from epoch to epoch.")
    if batch is None or reasons:
        return reasons
    by_python = not model.jit_compile and _has_own_layers(model)
    if by_python or _has_own_steps(model):
        faults = _step_faults(model, batch, by_python, evaluates)
    else:
        faults = _drawing_faults(model, batch)
    return [f"{name}: {fault}" for fault in faults]


def share_variables(model: keras.Model, other: keras.Model) -> bool:
    """Whether two builds hold a variable in common, of what was made outside of `build`."""
    ours = {id(v) for v in (*model.variables, *model.metrics_variables)}
    return any(id(v) in ours for v in (*other.variables, *other.metrics_variables))


def read_settings(model: keras.Model, drawn: bool = False) -> dict[str, Any]:
    """Plain values that a model's layers, losses and optimizer keep in Python, by owner and name.

    A step that is compiled holds them as they were when it was traced.

    Parameters
    ----------
    drawn
        Only those that people's own classes keep, arrays included: what a build may have drawn.
    """
    own = [layer for layer in model._flatten_layers() if not drawn or not _is_known(type(layer))]
    optimizer = model.optimizer
    inner = [getattr(optimizer, "inner_optimizer", optimizer)]
    parts = own if drawn else [*own, *inner, *(loss for _, loss in losses_of(model))]
    kinds = _PLAIN + ((np.ndarray, list, tuple) if drawn else ())
    return {
        f"{place} {type(part).__name__}.{name}": repr(_digest(value))
        for place, part in enumerate(parts)
        for name, value in vars(part).items()
        if isinstance(value, kinds) and name not in _OF_THE_LOOP
    }


def _digest(value: Any) -> Any:
    """A value, or for an array what differs where its numbers do."""
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if isinstance(value, (list, tuple)):
        return [_digest(v) for v in value if isinstance(v, (*_PLAIN, np.ndarray, list, tuple))]
    return value


def _is_known(kind: Any) -> bool:
    """Whether a class or function is of these packages."""
    return kind.__module__.partition(".")[0] in _KNOWN


def _drawing_faults(model: keras.Model, batch: Batch) -> list[str]:
    """That a step draws when it is traced: Keras traces it after the first batch was drawn."""
    drawing = any(type(layer).__name__ in _DRAWING for layer in model._flatten_layers())
    if not drawing and not _has_own_code(model):
        return []
    try:
        with keep_generators():
            first, again = (_trace(model, batch, False).text for _ in range(2))
    except Exception:  # whoever traces it next says it better
        return []
    return [] if first == again else ["its train_step does something else every time it is traced."]


def describe_logs(model: keras.Model, batch: Batch, evaluates: bool = True) -> StepLogs | None:
    """What the steps of a model log, if it has its own; :func:`find_fitted_reasons` comes first."""
    if not _has_own_steps(model):
        return None
    results = set(jax.eval_shape(model.get_metrics_result))
    train = _trace(model, batch, False).logs
    reported = set(train) != results
    if not evaluates:
        return StepLogs(flat_results(train), {}, reported, False)
    test = _trace(model, batch, True).logs
    return StepLogs(flat_results(train), flat_results(test), reported, set(test) != results)


def differs_by_seed(
    model: keras.Model, other: keras.Model, batch: Batch, evaluates: bool = True
) -> bool:
    """Whether two builds of one network compute with other constants.

    What a build draws at random and keeps as an array, not as a weight, stands in the traced step.

    Parameters
    ----------
    model, other
        Built under two seeds, and ready for batches of these shapes.
    """
    if not _has_own_code(model):
        return False
    return any(
        _trace(model, batch, testing).text != _trace(other, batch, testing).text
        for testing in ((False, True) if evaluates else (False,))
    )


def _has_own_code(model: keras.Model) -> bool:
    """Whether anything a step calls is neither Keras' nor Dure's."""
    losses = [loss for _, loss in losses_of(model)]
    parts = [model.optimizer, *losses, *model.metrics]
    parts += [getattr(part, name, None) for part in parts for name in ("fn", "_fn")]
    parts += [v.regularizer for v in model.trainable_variables]
    kinds = [part if inspect.isroutine(part) else type(part) for part in parts if part is not None]
    own = not all(map(_is_known, kinds))
    return own or _has_own_steps(model) or _has_own_layers(model)


def _has_own_layers(model: keras.Model) -> bool:
    """Whether anything in a model runs code that is neither Keras' nor Dure's."""
    return any(
        isinstance(layer, keras.layers.Lambda)
        or (layer is not model and not _is_known(type(layer)))
        or (layer is model and not is_keras_own(layer.call))
        for layer in model._flatten_layers()
    )


def _unreset_metrics(model: keras.Model) -> list[str]:
    """Names of metrics that ``reset_metrics`` leaves as they are: they run on over all epochs."""
    variables = model.metrics_variables
    before = [variable.value for variable in variables]
    model.reset_metrics()
    fresh = [np.asarray(variable.value) for variable in variables]
    for variable, value in zip(variables, fresh, strict=True):
        variable.assign(~value if value.dtype == bool else value + 1)
    model.reset_metrics()
    kept = [
        metric.name
        for metric in model.metrics
        for variable in metric.variables
        if not np.array_equal(
            np.asarray(variable.value),
            next(f for v, f in zip(variables, fresh, strict=True) if v is variable),
            equal_nan=True,
        )
    ]
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    return [f"metric {name!r}" for name in dict.fromkeys(kept)]


def _step_faults(model: keras.Model, batch: Batch, by_python: bool, evaluates: bool) -> list[str]:
    """What the steps of a model do that a program cannot."""
    found = []
    for testing in (False, True) if evaluates else (False,):
        step = "test_step" if testing else "train_step"
        try:
            trace = _trace(model, batch, testing)
            again = _trace(model, batch, testing) if by_python else trace
        except Exception as error:  # whatever the model's own code raises
            words = f"{type(error).__name__}: {error}".split("\n")[0]
            if not model.jit_compile:
                return [f"its {step} runs as Python only ({words})."]
            raise StudyError(
                f"the {step} of model {model.name!r} cannot be traced by JAX, which Keras' fit "
                f"does with it, too: {words}. If it is to run as Python, compile the model with "
                "run_eagerly=True."
            ) from error
        found += [f"its {step} {fault}." for fault in trace.faults]
        if trace.text != again.text:
            found.append(f"its {step} does something else every time its Python runs.")
    return found


def _trace(model: keras.Model, batch: Batch, testing: bool) -> _Trace:
    """Trace a step with the values of all variables hidden, so that only its state can be used."""
    groups = [model.trainable_variables, model.non_trainable_variables, model.metrics_variables]
    if not testing:
        groups.insert(2, model.optimizer.variables)
    known = (model.variables, model.optimizer.variables, *groups)
    every = list({id(v): v for group in known for v in group}.values())
    step = model.test_step if testing else model.train_step
    assigned: list[str] = []

    def run(hidden: list[Any], state: Any, data: Any) -> Any:
        with _hidden_values(every, hidden), _watched_assignments(assigned):
            return step(state, data)

    values = [[_spec(v) for v in group] for group in groups]
    data = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), pack_batch(batch))
    specs = [_spec(v) for v in every]
    jaxpr, shapes = jax.make_jaxpr(run, return_shape=True)(specs, tuple(values), data)
    if not isinstance(shapes, tuple) or len(shapes) != 2 or not isinstance(shapes[0], Mapping):
        raise TypeError(f"it returned {_short(shapes)}; Keras expects (logs by name, state)")
    logs, after = shapes
    used = {id(v) for equation in jaxpr.jaxpr.eqns for v in equation.invars}
    used |= {id(v) for v in jaxpr.jaxpr.outvars}
    read = [v.path for v, i in zip(every, jaxpr.jaxpr.invars, strict=False) if id(i) in used]
    faults = [
        f"{does} {join_first(list(dict.fromkeys(names)), 3)} outside the state it is given"
        for does, names in (("reads", read), ("changes", assigned))
        if names
    ]
    if _types(after) != _types(tuple(values)):
        faults.append("gives back a state of other types or shapes than it was given")
    rows = {leaf.shape[0] for leaf in jax.tree.leaves(data)}
    if long := [name for name, v in flat_results(logs).items() if v.shape and v.shape[0] in rows]:
        faults.append(f"logs {join_first(long, 3)} row by row")
    text = re.sub(r"0x[0-9a-f]+", "", str(jaxpr))
    return _Trace(logs, text + "".join(str(np.asarray(c).tobytes()) for c in jaxpr.consts), faults)


@contextlib.contextmanager
def _hidden_values(variables: list[Any], hidden: list[Any]) -> Iterator[None]:
    """While open, these stand for the variables' values, which Keras' ``fit`` takes away."""
    before = [variable._value for variable in variables]
    for variable, value in zip(variables, hidden, strict=True):
        variable._value = value
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable._value = value


@contextlib.contextmanager
def _watched_assignments(assigned: list[str]) -> Iterator[None]:
    """Notes and afterwards undoes what this thread assigns to variables outside any scope."""
    own, here = keras.Variable._direct_assign, threading.get_ident()
    before: dict[int, tuple[Any, Any]] = {}

    def assign(variable: Any, value: Any) -> None:
        if threading.get_ident() == here:
            before.setdefault(id(variable), (variable, getattr(variable, "_value", None)))
            assigned.append(variable.path)
        own(variable, value)

    keras.Variable._direct_assign = assign
    try:
        yield
    finally:
        keras.Variable._direct_assign = own
        for variable, value in before.values():
            variable._value = value


def _spec(variable: Any) -> Any:
    return jax.ShapeDtypeStruct(variable.shape, variable.dtype)


def _types(tree: Any) -> list[list[tuple[Any, ...]]]:
    """Shapes and types of a state's groups, lists or tuples alike."""
    return [[(tuple(a.shape), str(a.dtype)) for a in jax.tree.leaves(group)] for group in tree]


def _short(shapes: Any) -> str:
    return re.sub(r"\s+", " ", str(jax.tree.map(lambda a: a.dtype, shapes)))[:80]
