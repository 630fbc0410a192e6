"""The one door to Keras' internals: a compiled model becomes pure functions, and back.

Keras' JAX trainer already has a functional training step (see the Keras guide *Customizing what
happens in fit() with JAX*); this module takes a model's state apart for it, puts it together
again, and is the only place that touches names Keras does not document.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import json
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.backend import jax, keras
from dure.errors import UnsupportedModelError
from dure.layers import fast_call

Arrays = Any
"""A pytree of arrays: one array, or tuples, lists and dicts of them, as Keras takes them."""

Batch = tuple[Arrays, Arrays, Arrays]
"""Inputs, targets (or None) and sample weights (or None) of one step."""

_TRACING = threading.Lock()


class ModelState(NamedTuple):
    """All numbers of a model in training, in Keras' own order; metrics are kept apart."""

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]


_NAMES: weakref.WeakKeyDictionary[Any, dict[str, int]] = weakref.WeakKeyDictionary()
"""How many names of each kind a model of a study has used; it may make more when it is built."""


@contextlib.contextmanager
def _names(counts: dict[str, int]) -> Iterator[None]:
    """Name layers made inside from these counts, as in a process that made nothing else.

    ``keras.backend.clear_session`` would do it too, but also forgets the user's dtype policy.
    """
    state, key = keras.src.backend.common.global_state, "object_name_uids"
    before = state.get_global_attribute(key)
    state.set_global_attribute(key, counts)
    try:
        yield
    finally:
        state.set_global_attribute(key, before)


def _own_names(model: keras.Model) -> contextlib.AbstractContextManager[None]:
    counts = _NAMES.get(model)
    return contextlib.nullcontext() if counts is None else _names(counts)


def build_model(
    build: Callable[..., keras.Model], arguments: Mapping[str, Any], seed: int
) -> tuple[keras.Model, np.random.RandomState]:
    """Build a model as ``keras.utils.set_random_seed(seed); build(**arguments)`` does.

    Returns the model and NumPy's generator as the build left it: Keras' ``fit`` draws the order
    of its batches from there.
    """
    counts: dict[str, int] = collections.defaultdict(int)
    with _names(counts):
        keras.utils.set_random_seed(seed)
        model = build(**arguments)
        order = np.random.RandomState()
        order.set_state(np.random.get_state())
    if not isinstance(model, keras.Model):
        raise UnsupportedModelError(
            f"build returned {type(model).__name__}, expected a compiled keras.Model; "
            "end build with model.compile(...) and `return model`."
        )
    _NAMES[model] = counts
    return model, order


def faults(model: keras.Model) -> list[str]:
    """Why a model cannot be trained by Dure, one sentence each; empty when it can."""
    if not isinstance(model, keras.Model):
        return [f"the model is of type {type(model).__name__}; pass a compiled keras.Model."]
    found = []
    if not getattr(model, "compiled", False) or model.optimizer is None:
        found.append(
            f"model {model.name!r} is not compiled; "
            "call model.compile(optimizer=..., loss=...) before it is trained."
        )
    for method in ("train_step", "test_step"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            found.append(
                f"model {model.name!r} ({type(model).__name__}) has its own {method}; Dure "
                "compiles Keras' own. Express it as a loss, a metric or add_loss in a layer, or "
                "train this model with model.fit."
            )
    if getattr(model, "run_eagerly", False):
        found.append(
            f"model {model.name!r} was compiled with run_eagerly=True, which cannot be compiled "
            "into a training program; leave run_eagerly out."
        )
    return found


def make_ready(model: keras.Model, batch: Batch) -> bool:
    """Build what is not built yet (model, metrics, loss, optimizer) for batches of these shapes.

    Returns whether Keras' ``fit`` would have drawn a batch to do the same: it then also draws one
    shuffled order that no epoch uses.
    """
    parts = (model._compile_metrics, model._compile_loss)
    draws = not all(layer.built for layer in model._flatten_layers()) or any(
        part is not None and not part.built for part in parts
    )
    x, y, weight = batch
    data = (x,) if y is None else (x, y) if weight is None else (x, y, weight)
    with _own_names(model):
        model._symbolic_build(data_batch=data)
    return draws


def compiled_parts(model: keras.Model) -> tuple[Any, ...]:
    """What ``compile`` gave a model; other objects mean other programs."""
    return model.optimizer, model._compile_loss, model._compile_metrics


def losses_of(model: keras.Model) -> list[tuple[tuple[Any, ...], Any]]:
    """Every loss of a model made ready, with the place of the output it judges; () for the one."""
    if model._compile_loss is None:
        return []
    return [(tuple(path), loss) for path, loss, *_ in model._compile_loss._flat_losses or ()]


def label_faults(model: keras.Model, y: Arrays) -> list[str]:
    """Labels no output stands for, one sentence each; JAX would take their loss as 0 silently.

    Parameters
    ----------
    model
        Made ready. Subclassed models, whose outputs are not known beforehand, are not looked at.
    y
        NumPy targets in the nesting the model was made ready with.
    """
    outputs = getattr(model, "_outputs_struct", None)
    if outputs is None:
        outputs = getattr(model, "outputs", None)
        outputs = outputs[0] if outputs else None
    if y is None or outputs is None:
        return []
    found = []
    for path, loss in losses_of(model):
        if getattr(loss, "fn", None) is not keras.losses.sparse_categorical_crossentropy:
            continue
        labels, output = _at(y, path), _at(outputs, path)
        if labels is None or output is None:
            continue
        options = loss._fn_kwargs
        classes = output.shape[options.get("axis", -1)]
        ignored = options.get("ignore_class")
        labels = labels if ignored is None else labels[labels != ignored]
        if classes is not None and labels.size and not 0 <= labels.min() <= labels.max() < classes:
            place = "".join(f"[{key!r}]" for key in path)
            found.append(
                f"y{place} holds labels from {labels.min()} to {labels.max()}, and the output it "
                f"belongs to has {classes} classes (0 to {classes - 1}); renumber the labels, or "
                f"give that output {int(labels.max()) + 1} units."
            )
    return found


def _at(tree: Any, path: Sequence[Any]) -> Any:
    """The array at a path of a tree; None where the tree is nested otherwise."""
    try:
        leaf = functools.reduce(lambda branch, key: branch[key], path, tree)
    except (KeyError, IndexError, TypeError):
        return None
    return leaf if hasattr(leaf, "shape") else None


def build_weights(model: keras.Model, x: Arrays) -> None:
    """Create weights and optimizer state where they are missing; only `x`'s shapes are used.

    A fraction of :func:`make_ready`'s work: metrics and loss are left as they are.
    """

    def symbolic(array: Any) -> keras.KerasTensor:
        return keras.KerasTensor(array.shape, str(array.dtype))

    with _own_names(model):
        if not all(layer.built for layer in model._flatten_layers()):
            keras.src.backend.compute_output_spec(model, jax.tree.map(symbolic, x), training=False)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)


def description(model: keras.Model) -> str:
    """Architecture of a model as text, equal for two builds of the same network."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    shapes = [(tuple(v.shape), str(v.dtype), v.trainable) for v in variables]
    try:
        config: Any = model.get_config()
    except NotImplementedError:
        config = [type(layer).__name__ for layer in model._flatten_layers()]
    return json.dumps([config, shapes], default=_without_address, sort_keys=True)


def _without_address(value: Any) -> str:
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def state_of(model: keras.Model) -> ModelState:
    """The state of a model with weights and optimizer; arrays are the model's own, not copies."""
    return ModelState(
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
        [v.value for v in model.optimizer.variables],
    )


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
        Compiled, and made ready by :func:`make_ready`.
    fast
        Whether to use the fast twins of :mod:`dure.layers`.
    """

    def __init__(self, model: keras.Model, fast: bool = True) -> None:
        self.model = model
        self.fast = fast
        model.reset_metrics()
        self.initial_metrics = [np.asarray(v.value) for v in model.metrics_variables]
        self._weight_places = _weight_places(model)
        self._rate_place = _variable_place(
            model.optimizer.variables, getattr(model.optimizer, "learning_rate", None)
        )

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
                if self.fast and (call := fast_call(layer)) is not None:
                    object.__setattr__(layer, "call", call)
                    undo.callback(object.__delattr__, layer, "call")
                if stacked and hasattr(layer, "use_cudnn"):
                    undo.callback(setattr, layer, "use_cudnn", layer.use_cudnn)
                    layer.use_cudnn = False
            yield

    def train_step(
        self, state: ModelState, metrics: list[Any], batch: Batch
    ) -> tuple[ModelState, list[Any]]:
        """One step of Keras' own training: forward, loss, gradient, optimizer, metrics."""
        _, (trainable, non_trainable, optimizer, metrics) = self.model.train_step(
            (*state, metrics), batch
        )
        return ModelState(list(trainable), list(non_trainable), list(optimizer)), list(metrics)

    def test_step(
        self, state: ModelState, metrics: list[Any], batch: Batch
    ) -> tuple[ModelState, list[Any]]:
        """One step of Keras' own evaluation; layers that keep state may change it, as in Keras."""
        _, (trainable, non_trainable, metrics) = self.model.test_step(
            (state.trainable, state.non_trainable, metrics), batch
        )
        return ModelState(list(trainable), list(non_trainable), state.optimizer), list(metrics)

    def results(self, metrics: list[Any]) -> dict[str, Any]:
        """Values of all metrics by Keras' log names ("loss", "accuracy", ...)."""
        mapping = list(zip(self.model.metrics_variables, metrics, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return _flat_results(self.model.get_metrics_result())

    def directions(self) -> dict[str, str]:
        """By metric name "min" or "max", where Keras knows it ("loss" is always "min")."""
        known = {"loss": "min"}
        for metric in _flat_metrics(self.model):
            direction = getattr(metric, "_direction", None)
            if direction in ("up", "down"):
                known[metric.name] = "max" if direction == "up" else "min"
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


def _flat_results(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results with those of a metric that has several by their own names, as in Keras' logs."""
    flat: dict[str, Any] = {}
    for name, value in results.items():
        flat.update(_flat_results(value) if isinstance(value, Mapping) else {name: value})
    return flat


def _weight_places(model: keras.Model) -> list[tuple[str, int]]:
    places = {id(v): ("trainable", i) for i, v in enumerate(model.trainable_variables)}
    places |= {id(v): ("non_trainable", i) for i, v in enumerate(model.non_trainable_variables)}
    return [places[id(weight)] for weight in model.weights]


def _variable_place(variables: Sequence[Any], wanted: Any) -> int | None:
    return next((i for i, v in enumerate(variables) if v is wanted), None)


def _flat_metrics(model: keras.Model) -> Iterator[Any]:
    for metric in model.metrics:
        yield from getattr(metric, "metrics", None) or [metric]


def parameters(model: keras.Model) -> int:
    """How many weights a model has, frozen ones included."""
    return int(sum(np.prod(w.shape, dtype=np.int64) for w in model.weights))


def to_device(arrays: Arrays, device: Any = None) -> Arrays:
    """Arrays on a device; on a CPU they stay where they are if their memory is aligned for it.

    ``jax.numpy.asarray`` always copies, and holds two copies while it does.
    """
    return jax.device_put(arrays, device)
