"""The step of a perceptron and what it decides: functions that saved rows hold, known to Keras."""

from __future__ import annotations

from typing import Any

from dure.core.backend import keras


@keras.saving.register_keras_serializable("dure")  # type: ignore[untyped-decorator]
def step(z: Any) -> Any:
    """1 where z > 0, else -1; going backwards its slope is 1, for its true slope is 0."""
    return keras.ops.stop_gradient(keras.ops.where(z > 0, 1.0, -1.0)) + (
        z - keras.ops.stop_gradient(z)
    )


@keras.saving.register_keras_serializable("dure")  # type: ignore[untyped-decorator]
def decided(t: Any, a: Any) -> Any:
    """Whether the threshold at 0 gives the target, -1 or 1, of each row."""
    return keras.ops.cast(keras.ops.equal(step(a), t), "float32")
