"""Keras models as a study's `build` makes them: named, checked, built for their data."""

from __future__ import annotations

import collections
import contextlib
import json
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Tree
from dure.core.backend import jax, keras, require_one_keras
from dure.errors import DureError, Faults, StudyError, UnsupportedModelError, line_in
from dure.keras_bridge.functional import FindCall, Lowered
from dure.keras_bridge.misfits import explain_misfit
from dure.keras_bridge.model_state import Batch
from dure.keras_bridge.own_steps import describe_logs, differs_by_seed, find_fitted_reasons
from dure.keras_bridge.target_faults import find_target_faults
from dure.keras_bridge.trainable import find_trainable_faults

Build = Callable[..., Any]
"""Called with a variant's arguments by name; returns a compiled ``keras.Model``."""

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
        require_one_keras()
        raise UnsupportedModelError(
            f"build returned {type(model).__name__}, expected a compiled keras.Model; "
            "end build with model.compile(...) and `return model`."
        )
    _NAMES[model] = counts
    return model, order


class LoweredBuild(NamedTuple):
    """A variant's first build: its functions, and what every other build must look like.

    Attributes
    ----------
    lowered
        Of the model built under the first seed, made ready for its data.
    architecture
        As :func:`describe_architecture` gives it.
    draws_to_build
        Whether Keras' ``fit`` would draw a batch to build such a model.
    fitted_reasons
        Why only Keras' own ``fit`` can train it; mostly empty.
    alike
        Whether builds differ in nothing but weights; else each computes with constants of its own.
    """

    lowered: Lowered
    architecture: str
    draws_to_build: bool
    fitted_reasons: list[str]
    alike: bool


def check_and_lower(
    build: Build,
    arguments: Mapping[str, Any],
    seeds: Sequence[int],
    batch: Batch,
    targets: Mapping[str, Tree],
    find_call: FindCall | None,
    evaluates: bool = True,
) -> LoweredBuild:
    """Build a variant's model, check it against its data, and take it apart into functions.

    Parameters
    ----------
    seeds
        The model is built under the first; under the second, if there is one, only to see that
        it is the same network.
    batch
        Arrays of a training batch, or their shapes.
    targets
        By what their faults begin with ("" or "test: ") all targets the model will be judged by.
    find_call
        As in :class:`Lowered`.
    evaluates
        Whether the model is evaluated, on validation or test rows.

    Raises
    ------
    StudyError
        Everything that is wrong with the build, or with the model for these data.
    """
    model, draws = _build_checked(build, arguments, seeds[0], batch)
    Faults(
        lead + fault for lead, y in targets.items() for fault in find_target_faults(model, y)
    ).raise_if_any()
    architecture = describe_architecture(model)
    reasons = find_fitted_reasons(model, batch, evaluates)
    alike = True
    for seed in seeds[1:2]:
        other, _ = _build_checked(build, arguments, seed, batch)
        _check_architecture(other, seed, seeds[0], architecture)
        alike = bool(reasons) or not differs_by_seed(model, other, batch, evaluates)
    logs = None if reasons else describe_logs(model, batch, evaluates)
    return LoweredBuild(Lowered(model, find_call, logs), architecture, draws, reasons, alike)


def _build_checked(
    build: Build, arguments: Mapping[str, Any], seed: int, batch: Batch
) -> tuple[keras.Model, bool]:
    """A model checked and made ready, and what `make_ready` says."""
    try:
        model, _ = build_model(build, arguments, seed)
    except DureError:
        raise
    except Exception as error:
        file = getattr(getattr(build, "__code__", None), "co_filename", "")
        line = line_in(error, file)
        where = f" ({file}, line {line})" if line else ""
        raise StudyError(f"build raised {type(error).__name__}: {error}{where}") from error
    Faults(find_faults(model)).raise_if_any()
    return model, make_ready(model, batch)


def build_again(
    build: Build,
    arguments: Mapping[str, Any],
    seed: int,
    batch: Batch,
    first: tuple[int, str],
    whole: bool,
) -> tuple[keras.Model, np.random.RandomState]:
    """Build a variant's model under another seed, as `build_model` does, with its weights.

    Parameters
    ----------
    first
        The seed of the variant's first build, and its architecture.
    whole
        Whether metrics and loss are built, too, for whoever calls the model itself.

    Raises
    ------
    StudyError
        If build returns another architecture than under the first seed.
    """
    model, order = build_model(build, arguments, seed)
    if whole:
        make_ready(model, batch)
    else:
        build_weights(model, batch[0])
    _check_architecture(model, seed, *first)
    return model, order


def _check_architecture(model: keras.Model, seed: int, first: int, architecture: str) -> None:
    """Refuse a model that is another network than that of the variant's first seed.

    Raises
    ------
    StudyError
        The build does not keep to one network for the same arguments.
    """
    if describe_architecture(model) != architecture:
        raise StudyError(
            f"build returned another architecture for seed {seed} than for seed {first}; "
            "the same arguments must always give the same network (only weights may differ)."
        )


def find_faults(model: keras.Model) -> list[str]:
    """Why a model cannot be trained by Dure, one sentence each; empty when it can."""
    if not isinstance(model, keras.Model):
        require_one_keras()
        return [f"the model is of type {type(model).__name__}; pass a compiled keras.Model."]
    found = []
    if not getattr(model, "compiled", False) or model.optimizer is None:
        found.append(
            f"model {model.name!r} is not compiled; "
            "call model.compile(optimizer=..., loss=...) before it is trained."
        )
    return found or find_trainable_faults(model)


def make_ready(model: keras.Model, batch: Batch) -> bool:
    """Build what is not built yet (model, metrics, loss, optimizer) for batches of these shapes.

    Returns whether Keras' ``fit`` would have drawn a batch to do the same: it then also draws one
    shuffled order that no epoch uses.

    Raises
    ------
    StudyError
        If the model and the data do not fit, with Keras' own words.
    """
    draws = draws_to_build(model)
    x, y, weight = batch
    data = (x,) if y is None else (x, y) if weight is None else (x, y, weight)
    with explained_errors(model, x, y), _own_names(model):
        model._symbolic_build(data_batch=data)
    return draws


def draws_to_build(model: keras.Model) -> bool:
    """Whether Keras' ``fit`` would draw a batch to build what is not built yet."""
    parts = (model._compile_metrics, model._compile_loss)
    return not all(layer.built for layer in model._flatten_layers()) or any(
        part is not None and not part.built for part in parts
    )


@contextlib.contextmanager
def explained_errors(model: keras.Model, x: Tree, y: Tree) -> Iterator[None]:
    """Turn what Keras raises when a model and its data do not fit into a StudyError."""
    try:
        yield
    except Exception as error:
        raise StudyError(explain_misfit(model, x, y, error)) from error


def compiled_parts(model: keras.Model) -> tuple[Any, ...]:
    """What ``compile`` gave a model; other objects mean other programs."""
    return model.optimizer, model._compile_loss, model._compile_metrics


def build_weights(model: keras.Model, x: Tree) -> None:
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


def describe_architecture(model: keras.Model) -> str:
    """Architecture of a model as text, equal for two builds of the same network."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    shapes = [(tuple(v.shape), str(v.dtype), v.trainable) for v in variables]
    try:
        config: Any = model.get_config()
    except Exception:  # Keras' own fit never asks for it
        config = [type(layer).__name__ for layer in model._flatten_layers()]
    return json.dumps([config, shapes], default=_without_address, sort_keys=True)


def _without_address(value: Any) -> str:
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def count_parameters(model: keras.Model) -> int:
    """How many weights a model has, frozen ones included."""
    return int(sum(np.prod(w.shape, dtype=np.int64) for w in model.weights))
