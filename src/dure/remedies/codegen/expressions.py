"""Keras objects written down as Python: a layer, an initialiser, an optimizer, a loss."""

from __future__ import annotations

import importlib
import inspect
import json
import keyword
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from dure.core.backend import keras
from dure.data.random_state import keep_generators
from dure.remedies.surgery.model_config import snake_case

_SHORT = {"keras.layers": "layers", "keras": "keras"}
_INSTEAD_OF = {"LSTM": ("SimpleRNN",), "GRU": ("SimpleRNN",), "Activation": ("ReLU",)}
"""Classes that a cure puts in the place of others, under their names."""
_NAMED = ("keras.initializers", "keras.constraints")
"""Where an object with nothing but defaults is called by its name in snake case."""


class Unwritable(Exception):
    """There is no plain Python for this; the message names it."""


class Imports:
    """The lines that must stand at the head of what is written."""

    def __init__(self) -> None:
        self._names: set[tuple[str, str]] = set()

    def own(self, module: str, name: str) -> str:
        """A class or function of somebody's own: imported by name."""
        if not module or module == "builtins" or module.startswith("keras."):
            raise Unwritable(f"{name} is not public in Keras")
        if module == "__main__" or not name.isidentifier():
            raise Unwritable(f"{name} of {module} cannot be imported")
        self._names.add((module, name))
        return name

    def lines(self) -> list[str]:
        return [f"from {module} import {name}" for module, name in sorted(self._names)]


def write_value(value: Any, imports: Imports) -> str:
    """Python for an argument as Keras' configurations hold it.

    Raises
    ------
    Unwritable
        It is an object that no public name makes.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(write_value(item, imports) for item in value)}]"
    if isinstance(value, tuple):
        inside = ", ".join(write_value(item, imports) for item in value)
        return f"({inside}{',' if len(value) == 1 else ''})"
    if isinstance(value, Mapping):
        return _mapping(value, imports)
    return _object(value, imports)


def call(entry: Mapping[str, Any], imports: Imports, name: bool = False) -> str:
    """Python that makes a Keras object from what Keras' ``serialize`` says of it.

    Only arguments that differ from the class's own defaults are written; what has no default
    comes first, by position.

    Parameters
    ----------
    name
        Whether to write the object's name, if somebody gave it one.
    """
    module, kind, config = entry["module"], entry["class_name"], dict(entry["config"])
    if kind == "DTypePolicy":
        return write_value(config["name"], imports)
    if kind == "InputLayer":
        return _input(config, imports, name)
    made = _class(module, kind)
    given = config.pop("name", None)
    config.pop("registered_name", None)
    required, defaults = _defaults(made, config)
    changed = {k: v for k, v in config.items() if k not in required and v != defaults.get(k)}
    changed = {k: v for k, v in changed.items() if k in defaults}
    arguments = [_argument(config[k], imports, k) for k in required]
    plain = all(type(value) in (int, float) for value in changed.values())
    if plain and list(changed) == _first(made) and module != "keras.layers":
        arguments = [_argument(v, imports) for v in changed.values()]
    else:
        arguments += [f"{k}={_argument(v, imports, k)}" for k, v in changed.items()]
    if name and given and not is_automatic(str(given), kind):
        arguments.append(f"name={write_value(given, imports)}")
    if not arguments and module in _NAMED:
        return json.dumps(snake_case(kind))
    if not arguments and module == "keras.optimizers":
        return json.dumps(kind.lower())
    return f"{_place(module, kind, imports)}({', '.join(arguments)})"


def is_automatic(name: str, kind: str) -> bool:
    """Whether a name is one that Keras gives by itself: 'dense', 'dense_1'."""
    kinds = [kind, *_INSTEAD_OF.get(kind, ())]
    return any(re.fullmatch(rf"{snake_case(k)}(_\d+)?", name) for k in kinds)


def identifier(name: str) -> str:
    """A layer's name as a name in Python."""
    plain = re.sub(r"\W", "_", name)
    if not plain or plain[0].isdigit() or keyword.iskeyword(plain):
        plain = f"_{plain}"
    return plain


def _first(made: Any) -> list[str]:
    """The name of a class's first argument: it needs no name where it is the only one."""
    return list(inspect.signature(made.__init__).parameters)[1:2]


def _argument(value: Any, imports: Imports, name: str = "") -> str:
    if name in ("kernel_size", "pool_size", "strides") and len(set(value or ())) == 1:
        return write_value(value[0], imports)
    # Keras' configurations hold tuples as lists: shapes, strides and ranges are tuples again.
    plain = isinstance(value, list) and all(isinstance(v, (int, float, str)) for v in value)
    return write_value(tuple(value) if plain else value, imports)


def _input(config: Mapping[str, Any], imports: Imports, name: bool) -> str:
    batch, *shape = config["batch_shape"]
    arguments = [write_value(tuple(shape), imports)]
    if batch is not None:
        arguments.append(f"batch_size={batch}")
    arguments += [f"{k}=True" for k in ("sparse", "ragged", "optional") if config.get(k)]
    if config.get("dtype") not in (None, keras.config.floatx()):
        arguments.append(f"dtype={write_value(config['dtype'], imports)}")
    if name and not re.fullmatch(r"input(_layer)?(_\d+)?", config["name"]):
        arguments.append(f"name={write_value(config['name'], imports)}")
    return f"layers.Input({', '.join(arguments)})"


def _plain(made: Any, given: Mapping[str, Any]) -> Any:
    """An object of a class with these arguments only."""
    try:
        return made.from_config(dict(given))
    except KeyError:  # some, as Rescaling, want their whole configuration
        return made(**given)


def _defaults(made: Any, config: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Arguments without a default, and the configuration of an object made with only those."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = list(inspect.signature(made.__init__).parameters.values())[1:]
    required = [
        p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in kinds
    ]
    missing = [name for name in required if name not in config]
    if missing:
        raise Unwritable(f"{made.__name__} does not say its {missing[0]}")
    try:
        with keep_generators():
            defaults = _plain(made, {name: config[name] for name in required}).get_config()
    except Exception as error:  # a class of somebody's own may raise anything
        raise Unwritable(f"{made.__name__} cannot be made by its arguments ({error})") from error
    return required, _listed(defaults)


def _listed(value: Any) -> Any:
    """Tuples as lists, as in a drawing."""
    if isinstance(value, dict):
        return {k: _listed(v) for k, v in value.items() if k != "build_config"}
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]
    return value


def _class(module: str, kind: str) -> Any:
    try:
        return getattr(importlib.import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise Unwritable(f"{kind} is not found in {module}") from error


def _place(module: str, kind: str, imports: Imports) -> str:
    if module in _SHORT:
        return f"{_SHORT[module]}.{kind}"
    if module.startswith("keras.") and not module.startswith("keras.src"):
        return f"{module}.{kind}"
    return imports.own(module, kind)


def _mapping(value: Mapping[str, Any], imports: Imports) -> str:
    if "class_name" in value and "config" in value:
        if value["class_name"] == "function":
            return imports.own(str(value.get("module")), str(value["config"]))
        return call(value, imports)
    inside = ", ".join(
        f"{write_value(k, imports)}: {write_value(v, imports)}" for k, v in value.items()
    )
    return f"{{{inside}}}"


def _object(value: Any, imports: Imports) -> str:
    """A live object: a loss, a metric, an optimizer, or a function."""
    if inspect.isroutine(value):
        module, name = value.__module__, value.__name__
        for public in ("losses", "metrics"):
            if module.startswith("keras.") and hasattr(getattr(keras, public), name):
                return f"keras.{public}.{name}"
        return imports.own(module, name)
    try:
        entry = _listed(keras.saving.serialize_keras_object(value))
    except Exception as error:
        raise Unwritable(f"{type(value).__name__} cannot be written") from error
    return (
        write_value(entry, imports) if not isinstance(entry, dict) else call(entry, imports, True)
    )


def _number(value: float) -> str:
    """The shortest decimals that give the same number in float32, in which Keras keeps it."""
    short = float(str(np.float32(value)))
    if np.float32(value) == np.float32(short) and float(np.float32(value)) == value:
        return repr(short)
    return repr(value)
