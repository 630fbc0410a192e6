"""What saved rows hold and Keras has to know: a perceptron's step, a normalised recurrent cell."""

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


@keras.saving.register_keras_serializable("dure")
class NormalizedCell(keras.layers.Layer):  # type: ignore[misc]
    """A plain recurrent step, its sum normalised over the units before tanh.

    Parameters
    ----------
    units
        Of the state, which is also the output.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units
        self.from_input = keras.layers.Dense(units, use_bias=False)
        self.from_state = keras.layers.Dense(units, use_bias=False, kernel_initializer="orthogonal")
        self.normalize = keras.layers.LayerNormalization()

    def build(self, input_shape: Any) -> None:
        """Make the weights, for inputs [batch, features]."""
        self.from_input.build(input_shape)
        self.from_state.build((None, self.units))
        self.normalize.build((None, self.units))
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """One step: output and state."""
        total = self.from_input(inputs) + self.from_state(states[0])
        state = keras.ops.tanh(self.normalize(total))
        return state, [state]

    def get_config(self) -> dict[str, Any]:
        """What a copy is made from."""
        return {**super().get_config(), "units": self.units}
