"""The public names of Keras that a training can use, and which of them a training used."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

import keras
import numpy as np

Name: TypeAlias = tuple[str, str]
"""A kind ("layers", "fit", ...) and a name of that kind."""

MODULES: dict[str, Any] = {
    "callbacks": keras.callbacks,
    "layers": keras.layers,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "schedules": keras.optimizers.schedules,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "initializers": keras.initializers,
    "activations": keras.activations,
}
_HELPERS = ("deserialize", "serialize", "get")

NEEDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "layers.TextVectorization",
            "layers.StringLookup",
            "layers.IntegerLookup",
            "layers.Hashing",
            "layers.HashedCrossing",
            "layers.TFSMLayer",
            "layers.JaxLayer",
        ),
        "tensorflow",
    ),
    "layers.FlaxLayer": "flax",
    "layers.TorchModuleWrapper": "torch",
    "callbacks.TensorBoard": "tensorboard",
    "callbacks.OrbaxCheckpoint": "orbax",
    "callbacks.RemoteMonitor": "requests",
}
"""The package without which Keras itself does not run what has this name."""

NO_PART: dict[str, str] = {
    "layers.InputSpec": "says what a layer accepts; no layer",
    "callbacks.CallbackList": "made by every fit, of the callbacks it is given",
    "losses.categorical_generalized_cross_entropy": "asks for a third argument, which `compile` "
    "has not: the class has",
    "initializers.STFT": "made by STFTSpectrogram, and by nothing else",
}
"""Names that take no part in a training of their own, and why."""


KERAS_RAISES: dict[str, str] = {
    "layers.RandomCrop": "Keras' own fit raises on JAX: it slices by traced numbers",
    "layers.RandomElasticTransform": "Keras' own fit raises",
    "layers.Equalization": "Keras' own fit raises",
}
"""Names that Keras 3.15 itself cannot train on JAX, and why."""


def public_names() -> dict[Name, Any]:
    """Everything of Keras that a training can use, by kind and name; aliases under each name."""
    found: dict[Name, Any] = {}
    for kind, module in MODULES.items():
        for name in dir(module):
            value = getattr(module, name)
            if name[0] != "_" and name not in _HELPERS and not isinstance(value, ModuleType):
                found[kind, name] = value
    for kind, function in (("fit", keras.Model.fit), ("compile", keras.Model.compile)):
        for name in list(inspect.signature(function).parameters)[1:]:
            found[kind, name] = None
    return found


def aliases(names: Mapping[Name, Any]) -> dict[Name, list[str]]:
    """The names that have other names, each group under its first in the order of CamelCase."""
    groups: dict[tuple[str, int], list[str]] = {}
    for (kind, name), value in names.items():
        key = (kind, id(value) if value is not None else id(name))
        groups.setdefault(key, []).append(name)
    found = {}
    for (kind, _), group in groups.items():
        ordered = sorted(group, key=lambda name: (name[0].islower(), -len(name)))
        found[kind, ordered[0]] = ordered[1:]
    return found


def names_used(
    model: keras.Model, arguments: Mapping[str, Any], compiled: Iterable[str]
) -> set[Name]:
    """The public names that a model, and the arguments of its `fit`, are made of.

    Parameters
    ----------
    compiled
        The arguments that `compile` was given.
    """
    defaults = inspect.signature(keras.Model.fit).parameters
    found: set[Name] = {("compile", name) for name in compiled}
    for name, value in arguments.items():
        default = defaults[name].default
        if value is not None and (value is not default) and not _same(value, default):
            found.add(("fit", name))
    loss, metrics = model._compile_loss, model._compile_metrics
    found |= _walk(loss, {"losses"}, ()) | _walk(metrics, {"metrics"}, ())
    return found | _walk([model, arguments.get("callbacks")], set(), (loss, metrics))


def _same(value: Any, default: Any) -> bool:
    return isinstance(value, (int, float, str)) and value == default


def _walk(root: Any, functions_of: set[str], but: tuple[Any, ...]) -> set[Name]:
    """Names of classes among what an object holds; of functions, in losses and metrics, those of
    one kind, for there the same function has a name in both."""
    by_id: dict[int, list[Name]] = {}
    for name, value in public_names().items():
        if value is not None:  # an argument
            by_id.setdefault(id(value), []).append(name)
    apart = {"losses", "metrics"} - functions_of
    found: set[Name] = set()
    seen = {id(one) for one in but}
    rest = [root]
    while rest:
        value = rest.pop()
        if id(value) in seen or isinstance(value, (np.ndarray, keras.Variable, str, type(None))):
            continue
        seen.add(id(value))
        if isinstance(value, FunctionType):
            found |= {name for name in by_id.get(id(value), ()) if name[0] not in apart}
        else:
            found |= set(by_id.get(id(_public_class(type(value), by_id)), ()))
        rest.extend(_parts(value))
    return found


def _public_class(kind: type, by_id: Mapping[int, Any]) -> type | None:
    """The class if it is public, and of somebody's own the public one that it is made from."""
    if id(kind) in by_id:
        return kind
    if kind.__module__.split(".")[0] == "keras":
        return None  # Keras' own, behind its public ones
    return next((base for base in kind.__mro__ if id(base) in by_id), None)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    if isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif type(value).__module__.split(".")[0] in ("keras", "oracles", "dure"):
        yield from getattr(value, "__dict__", {}).values()
