"""What code finds set in a process: paths, settings of Keras and JAX, filters of warnings."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import dataclass, field
from typing import Any

from dure.core.backend import jax, keras
from dure.engine.fitting.processes.by_value import find_pickle_faults

_PLAIN = (bool, int, float, str, type(None))

_KERAS = {
    "floatx": "set_floatx",
    "epsilon": "set_epsilon",
    "image_data_format": "set_image_data_format",
    "max_epochs": "set_max_epochs",
    "max_steps_per_epoch": "set_max_steps_per_epoch",
}
"""What `keras.config` tells, and what sets it."""


@dataclass(frozen=True)
class Surroundings:
    """The settings of the process and the thread in which this is made."""

    argv: list[str] = field(default_factory=lambda: list(sys.argv))
    folder: str = field(default_factory=os.getcwd)
    filters: list[Any] = field(default_factory=lambda: list(warnings.filters))
    keras: dict[str, Any] = field(default_factory=lambda: _read_keras())
    jax: dict[str, Any] = field(default_factory=lambda: _read_jax())

    def apply(self) -> None:
        """Set all of it in this process."""
        sys.argv[:] = self.argv
        warnings.filters[:] = self.filters  # type: ignore[index]
        known = _read_jax()
        for name, value in self.jax.items():
            if known.get(name, value) != value:
                jax.config.update(name, value)
        for name, value in self.keras.items():
            if name in _KERAS and getattr(keras.config, name)() != value:
                getattr(keras.config, _KERAS[name])(value)
        if not self.keras["traceback"]:
            keras.config.disable_traceback_filtering()
        policy = keras.dtype_policies.deserialize(self.keras["policy"])
        if policy != keras.config.dtype_policy():
            keras.config.set_dtype_policy(policy)


def _read_keras() -> dict[str, Any]:
    config = keras.config
    return {
        **{name: getattr(config, name)() for name in _KERAS},
        "traceback": config.is_traceback_filtering_enabled(),
        "policy": keras.dtype_policies.serialize(config.dtype_policy()),
    }


def _read_jax() -> dict[str, Any]:
    config = jax.config
    # Some are set for a thread, and only there.
    read = {name: getattr(config, name, value) for name, value in config.values.items()}
    read["jax_platforms"] = "cpu"  # as whoever starts a process makes sure of
    return {name: value for name, value in read.items() if isinstance(value, _PLAIN)}


def read_custom_objects() -> dict[str, Any]:
    """What is registered with Keras by name and can be handed on, apart from Dure's own."""
    registered = keras.saving.get_custom_objects()
    return {
        name: value
        for name, value in registered.items()
        if not name.startswith("dure>") and not find_pickle_faults({name: value})
    }


def register_custom_objects(objects: dict[str, Any]) -> None:
    """Register objects under these names, unless somebody else is."""
    registered = keras.saving.get_custom_objects()
    for name, value in objects.items():
        if name in registered:
            continue
        package, mark, short = name.partition(">")
        if mark:  # so that Keras knows the name of the object, too
            keras.saving.register_keras_serializable(package, short)(value)
        else:
            registered[name] = value
