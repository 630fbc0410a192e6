"""Worker: seconds an epoch of Keras' own fit takes for one lane of a gallery row.

    KERAS_BACKEND=tensorflow python keras_row.py MODEL.keras ARRAYS.npz BATCH_SIZE

Prints one JSON object: the median of three epochs after a first one that compiles, and whether the
model was compiled as the row compiles it (a loss of Dure's gallery is not known here; then the
mean squared error stands in for it).
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable("dure")
class OneHot(keras.layers.Layer):
    """What `dure.layers.OneHot` computes, by Keras' own operation."""

    def __init__(self, num_tokens: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_tokens = num_tokens

    def call(self, inputs: Any) -> Any:
        return keras.ops.one_hot(inputs, self.num_tokens)


@keras.saving.register_keras_serializable("dure")
class MultiHot(keras.layers.Layer):
    """Stands for `dure.layers.MultiHot` until `vectorized` takes it away."""

    def __init__(self, num_tokens: int, mask_zero: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_tokens, self.mask_zero = num_tokens, mask_zero

    def call(self, inputs: Any) -> Any:
        return keras.ops.multi_hot(inputs, self.num_tokens)


def vectorized(model: Any, x: Any) -> tuple[Any, Any]:
    """Reviews as the multi-hot array the notes make before training, and the model from there on.

    Keras' own `ops.multi_hot` would make a one-hot array of every word first: 35 GiB a batch.
    """
    first = model.layers[0]
    if not isinstance(first, MultiHot):
        return model, x
    hot = np.zeros((len(x), first.num_tokens), np.float32)
    for row, words in enumerate(x):
        hot[row, words] = 1
    if first.mask_zero:
        hot[:, 0] = 0
    rest = keras.Sequential([keras.Input((first.num_tokens,)), *model.layers[1:]])
    rest.compile_from_config(model.get_compile_config())
    return rest, hot


@keras.saving.register_keras_serializable("dure")
def step(z: Any) -> Any:
    """The activation of A2."""
    stop = keras.ops.stop_gradient
    return stop(keras.ops.where(z > 0, 1.0, -1.0)) + (z - stop(z))


@keras.saving.register_keras_serializable("dure")
def decided(t: Any, a: Any) -> Any:
    """The metric of A3."""
    return keras.ops.cast(keras.ops.equal(step(a), t), "float32")


class Clock(keras.callbacks.Callback):
    """Seconds of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.began)


def main() -> None:
    """Run the worker."""
    path, arrays, batch_size = sys.argv[1:]
    compiled = True
    try:
        model = keras.models.load_model(path)
    except (TypeError, ValueError):
        compiled = False
        model = keras.models.load_model(path, compile=False)
        model.compile("sgd", "mse")
    with np.load(arrays) as held:
        inputs = [held[f"x{place}"] for place in range(int(held["inputs"]))]
        y = held["y"]
    clock = Clock()
    model, x = vectorized(model, inputs if len(inputs) > 1 else inputs[0])
    model.fit(x, y, batch_size=int(batch_size), epochs=4, verbose=0, callbacks=[clock])
    print(json.dumps({"seconds": statistics.median(clock.seconds[1:]), "compiled": compiled}))


if __name__ == "__main__":
    main()
