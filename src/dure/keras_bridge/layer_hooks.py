"""Seeing what layers give, and putting something else in its place, while a program is traced.

Works by exchanging `call` on the instance, so that functional, nested and subclassed models are
seen alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from dure.core.backend import keras

See: TypeAlias = Callable[[str, Any, Any], Any]
"""(name, inputs, output) -> what stands for the output from there on."""


def walk_layers(model: Any, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Every layer with its name, those inside others as "outer/inner", outer ones first.

    Inner models are entered, and layers of classes that are not Keras' own (a block that holds
    Dense layers, say); not recurrent layers and wrappers, which call what they hold inside loops.
    """
    for layer in _inside(model):
        if isinstance(layer, keras.layers.InputLayer):
            continue
        yield prefix + layer.name, layer
        looping = isinstance(layer, (keras.layers.RNN, keras.layers.Wrapper))
        own = not type(layer).__module__.startswith("keras.") and not looping
        if isinstance(layer, keras.Model) or own:
            yield from walk_layers(layer, f"{prefix}{layer.name}/")


def _inside(layer: Any) -> list[Any]:
    if isinstance(layer, keras.Model):
        return list(layer.layers)
    return list(layer._flatten_layers(include_self=False, recursive=False))


def owners_of(model: keras.Model, layers: Mapping[str, keras.Layer]) -> list[str]:
    """For each trainable variable the innermost of these layers that has it, else the model.

    A layer used in several places counts where it comes first.
    """
    owner: dict[int, str] = {}
    for name, layer in layers.items():
        for variable in layer.trainable_variables:
            known = owner.get(id(variable))
            if known is None or name.startswith(f"{known}/"):
                owner[id(variable)] = name
    return [owner.get(id(variable), model.name) for variable in model.trainable_variables]


@contextlib.contextmanager
def watch_layers(layers: Mapping[str, keras.Layer], see: See) -> Iterator[None]:
    """While open, each layer's output is what ``see(name, inputs, output)`` makes of it."""
    with contextlib.ExitStack() as undo:
        for name, layer in layers.items():

            def call(*args: Any, _name: str = name, _own: Any = layer.call, **kwargs: Any) -> Any:
                output = _own(*args, **kwargs)
                return see(_name, args[0] if args else next(iter(kwargs.values()), None), output)

            exchange_call(layer, call, undo)
        yield


@contextlib.contextmanager
def forget_states(model: keras.Model) -> Iterator[None]:
    """While open, recurrent layers that keep states between batches begin each row at zero.

    A model with such layers takes batches of one size only, and gives for a row what depends on
    the rows before it.
    """
    with contextlib.ExitStack() as undo:
        for layer in model._flatten_layers():
            if getattr(layer, "stateful", False):
                undo.callback(setattr, layer, "stateful", True)
                layer.stateful = False
        yield


def exchange_call(layer: keras.Layer, call: Any, undo: contextlib.ExitStack) -> None:
    """Exchanges `call` on the instance, over whatever already stands there."""
    _exchange(layer, "call", call, undo)


def _exchange(holder: Any, name: str, method: Any, undo: contextlib.ExitStack) -> None:
    before = holder.__dict__.get(name)
    object.__setattr__(holder, name, method)
    if before is None:
        undo.callback(object.__delattr__, holder, name)
    else:
        undo.callback(object.__setattr__, holder, name, before)


@contextlib.contextmanager
def watch_optimizers(model: keras.Model, see: Callable[[int, Any], Any]) -> Iterator[None]:
    """While open, each gradient that an optimizer of the model is handed is what `see` makes of it.

    Parameters
    ----------
    see
        (place of the weight among the model's trainable ones, its gradient) -> gradient. Of
        optimizers inside others only what the outer one is handed is seen.
    """
    places = {id(variable): place for place, variable in enumerate(model.trainable_variables)}
    depth = 0

    def watched(optimizer: Any, name: str) -> Callable[..., Any]:
        own, first = getattr(optimizer, name), 1 if name == "stateless_apply" else 0
        inner = getattr(optimizer, "inner_optimizer", optimizer)

        def apply(*args: Any, **options: Any) -> Any:
            nonlocal depth
            if not depth:
                given = list(args)
                slopes = given[first] if len(given) > first else options["grads"]
                weights = given[1] if not first and len(given) > 1 else None
                weights = weights or inner._trainable_variables
                seen = [
                    see(places[id(w)], slope) if slope is not None and id(w) in places else slope
                    for w, slope in zip(weights, slopes, strict=False)
                ]
                args = (*given[:first], seen, *given[first + 1 :])
                options.pop("grads", None)
            depth += 1
            try:
                return own(*args, **options)
            finally:
                depth -= 1

        return apply

    with contextlib.ExitStack() as undo:
        for optimizer in _optimizers_of(model):
            for name in ("apply", "stateless_apply"):
                _exchange(optimizer, name, watched(optimizer, name), undo)
        yield


def _optimizers_of(model: keras.Model) -> list[Any]:
    """Every optimizer that a model holds as an attribute, or in a list or dict that is one."""
    found = {id(model.optimizer): model.optimizer}
    for value in vars(model).values():
        held = list(value.values()) if isinstance(value, Mapping) else value
        for one in held if isinstance(held, (list, tuple)) else [held]:
            if isinstance(one, keras.optimizers.Optimizer):
                found[id(one)] = one
    return list(found.values())


def first(tree: Any) -> Any:
    """The first leaf."""
    while isinstance(tree, (list, tuple, dict)):
        tree = next(iter(tree.values())) if isinstance(tree, dict) else tree[0]
    return tree


def with_first(tree: Any, value: Any) -> Any:
    """The same tree with another first leaf."""
    if isinstance(tree, dict):
        key = next(iter(tree))
        return {**tree, key: with_first(tree[key], value)}
    if isinstance(tree, (list, tuple)):
        return type(tree)([with_first(tree[0], value), *tree[1:]])
    return value


def with_fixed_seeds(model: keras.Model, values: list[Any]) -> list[Any]:
    """Values of the non-trainable variables, those of seed generators numbered through.

    What is measured at different moments of training then drops out the same units.
    """
    pairs = zip(model.non_trainable_variables, values, strict=True)
    return [
        np.array([place, 0], "uint32") if variable.name == "seed_generator_state" else value
        for place, (variable, value) in enumerate(pairs)
    ]
