"""One object of an old configuration (a layer, an initializer, a loss ...) in Keras 3's words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dure.core.backend import keras
from dure.errors import Faults
from dure.keras_bridge.old_files.names import (
    ANY,
    ARGUMENTS,
    CLASSES,
    DATA_FORMATS,
    GONE,
    IDLE,
    REGULARIZERS,
)


class Writer(NamedTuple):
    """What wrote a file."""

    version: str
    """As the file has it, such as "2.2.4-tf"; "" where it has none."""
    backend: str
    """ "tensorflow", "theano" or "cntk"; "" where nothing tells."""

    def __str__(self) -> str:
        return f"Keras {self.version}" if self.version else "a Keras before 1.1"

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor version."""
        parts = self.version.replace("-", ".").split(".")
        major, minor = (int(part) if part.isdigit() else 0 for part in (*parts, "0")[:2])
        return max(major, 1), minor

    @property
    def resizes_by_corners(self) -> bool:
        """Whether bilinear resizing was TensorFlow 1's, between the upper left corners."""
        return self.numbers < (2, 4) and not self.version.endswith("-tf")


@dataclass
class Translation:
    """One file's translation: who wrote it, and everything that has no equal."""

    writer: Writer
    faults: Faults = field(default_factory=Faults)
    foreign: list[str] = field(default_factory=list)
    """Classes and functions that are neither Keras' nor registered, and where they stand."""
    unsafe: list[str] = field(default_factory=list)
    """Lambda layers: code in the file."""
    data_formats: frozenset[str] = frozenset()
    """Places of the channels that layers over pictures in this file name, in Keras 3's words."""

    def refuse(self, what: str, argument: str, value: Any, why: str = "") -> None:
        """Note an argument that has no equal."""
        told = f"; {why}" if why else " has no equal in Keras 3"
        self.faults.append(f"{what}: {argument}={value!r}{told}.")


def translate_object(
    config: Mapping[str, Any], family: Any, what: str, words: Translation
) -> dict[str, Any]:
    """An object's configuration in Keras 3's words.

    Parameters
    ----------
    config
        ``{"class_name": ..., "config": {...}}`` as the file has it.
    family
        Keras' module of its kind, such as `keras.layers`.
    what
        What the object is called in a fault.
    words
        Where faults go.

    Returns
    -------
    A configuration for `keras.saving.deserialize_keras_object`.
    """
    name = str(config["class_name"])
    found = _find_own(config)
    if found is not None:
        arguments = {key: plain(value) for key, value in config["config"].items()}
        arguments.pop("batch_input_shape", None)
        bare = name.rpartition(">")[2]
        return {"module": None, "class_name": bare, "config": arguments, "registered_name": found}
    today = CLASSES.get(name, name) if family is keras.layers else name
    cls = getattr(family, today, None)
    if family is keras.layers and name in GONE:
        words.faults.append(f"{what} has no equal in Keras 3.")
        return dict(config)
    if not inspect.isclass(cls):
        words.foreign.append(f"{name} ({what})")
        return dict(config)
    arguments = {}
    for key, value in (config["config"] or {}).items():
        arguments.update(_translate_argument(cls, key, plain(value), what, words))
    module = str(family.__name__).replace("._tf_keras.", ".").replace("keras.api.", "keras.")
    return {
        "module": module,
        "class_name": today,
        "config": arguments,
        "registered_name": None,
    }


def _find_own(config: Mapping[str, Any]) -> str | None:
    """The name under which the user has registered the class, if he has."""
    name = str(config["class_name"])
    names = (config.get("registered_name"), name, name.rpartition(">")[2])
    for each in names:
        if each and keras.saving.get_registered_object(each) is not None:
            return str(each)
    return None


def accepted(cls: Any) -> frozenset[str]:
    """Names of the arguments that a class takes, and its parents where it hands others on."""
    names: set[str] = set()
    for parent in cls.__mro__[:-1]:
        if "__init__" not in vars(parent):
            continue
        found = inspect.signature(vars(parent)["__init__"]).parameters
        names |= set(found)
        if all(each.kind is not inspect.Parameter.VAR_KEYWORD for each in found.values()):
            break
    return frozenset(names - {"self", "args", "kwargs"})


def _translate_argument(
    cls: type[Any], key: str, value: Any, what: str, words: Translation
) -> dict[str, Any]:
    takes = accepted(cls)
    if key in takes:
        return {key: _translate_value(key, value, what, words)}
    renamed = [name for name in ARGUMENTS.get(key, ()) if name in takes]
    if renamed:
        return {name: _translate_value(name, value, what, words) for name in renamed}
    idle = IDLE.get(key, ())
    if idle is not ANY and value not in idle:
        words.refuse(what, key, value)
    return {}


def _translate_value(key: str, value: Any, what: str, words: Translation) -> Any:
    kind = key.rpartition("_")[2]
    if kind == "initializer":
        return _translate_initializer(value, what, words)
    if kind == "regularizer":
        return _translate_named(value, keras.regularizers, REGULARIZERS, what, words)
    if kind == "constraint":
        return _translate_named(value, keras.constraints, {}, what, words)
    if kind == "activation":
        return translate_activation(value, what, words)
    if key == "data_format":
        return DATA_FORMATS.get(value, value)
    if key == "dtype":
        return _translate_dtype(value)
    if key == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _translate_initializer(value: Any, what: str, words: Translation) -> Any:
    if isinstance(value, str):
        if keras.saving.get_registered_object(value) is None and not _known(
            keras.initializers, value
        ):
            words.foreign.append(f"{value} (initializer, {what})")
        return value
    return _translate_named(value, keras.initializers, {}, what, words)


def _translate_named(
    value: Any, family: Any, renamed: Mapping[str, str], what: str, words: Translation
) -> Any:
    """An initializer, regularizer or constraint; Keras 1 wrote them as {"name": ..., ...}."""
    if isinstance(value, dict) and "class_name" not in value and "name" in value:
        arguments = {key: each for key, each in value.items() if key != "name"}
        value = {"class_name": value["name"], "config": arguments}
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if value["class_name"] == "function":
        return translate_activation(value, what, words)
    value = {**value, "class_name": renamed.get(value["class_name"], value["class_name"])}
    return translate_object(value, family, what, words)


def translate_activation(value: Any, what: str, words: Translation) -> Any:
    """An activation: a name, or a configuration of a function or of a layer."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        value = value.get("config")  # a name; {"module": "builtins", ...} round it
    if isinstance(value, dict) and "class_name" in value:
        return translate_object(value, keras.layers, f"activation of {what}", words)
    if not isinstance(value, str):
        return value
    if value == "hard_sigmoid" and keras.saving.get_registered_object(value) is None:
        value = "dure>hard_sigmoid_of_keras_2"
    if keras.saving.get_registered_object(value) is not None:
        return {"class_name": "function", "config": value, "registered_name": value}
    if not _known(keras.activations, value):
        words.foreign.append(f"{value} (activation, {what})")
    return value


def _known(family: Any, name: str) -> bool:
    try:
        return family.get(name) is not None
    except (ValueError, TypeError):
        return False


def _translate_dtype(value: Any) -> Any:
    """A policy by its name: a file has a name, or {"class_name": "Policy", ...}."""
    if isinstance(value, dict):
        config = value.get("config") or {}
        return config.get("name")
    return value


def plain(value: Any) -> Any:
    """Arrays and numbers that were written as objects, as lists and numbers."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__numpy__", "__tensor__"):
            return value["config"]["value"]
        if value.get("type") in ("ndarray", "TensorShape", "Dimension") or (
            value.get("class_name") == "TensorShape"
        ):
            return value.get("value", value.get("items"))
        if value.get("class_name") in ("__tuple__", "tuple") and "items" in value:
            return [plain(each) for each in value["items"]]
        return {key: plain(each) for key, each in value.items() if key != "shared_object_id"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
