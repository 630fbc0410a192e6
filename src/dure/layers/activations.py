"""Activations as Keras 1 and 2 computed them where Keras 3 computes something else."""

from __future__ import annotations

from typing import Any

from dure.core.backend import keras


@keras.saving.register_keras_serializable(package="dure")  # type: ignore[untyped-decorator]
def hard_sigmoid_of_keras_2(x: Any) -> Any:
    """The hard sigmoid of Keras before 3: 0.2 x + 0.5 between 0 and 1.

    Keras 3 gives the name to x / 6 + 0.5. It was what recurrent layers had for their gates, so a
    network trained with the one is another network with the other.

    Parameters
    ----------
    x
        Numbers of any shape.
    """
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
