"""One small model of every kind, each built once, with rows it takes."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from dure.inspection.network.network import Network


class Subject(NamedTuple):
    network: Network
    x: Any

    @property
    def model(self):
        return self.network.model


def _rows(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _tokens(rows, steps, below, padding):
    rng = np.random.default_rng(1)
    tokens = rng.integers(1, below, (rows, steps)).astype(np.int32)
    for row, count in enumerate(padding):
        tokens[row, :count] = 0
    return tokens


@pytest.fixture(scope="session")
def pictures() -> Subject:
    """Convolution, pooling, batch normalisation, dropout, softmax; pictures of 8 x 8."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(name="pool"),
            layers.Dropout(0.5, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(4, activation="softmax", name="classes"),
        ],
        name="pictures",
    )
    model.get_layer("norm").set_weights([_rows(3, seed=i) ** 2 + 0.1 for i in range(4)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Subject(Network(model), _rows(7, 8, 8, 1))


@pytest.fixture(scope="session")
def nested() -> Subject:
    """An inner model with an inner model, called on a picture; softmax as a layer."""
    import keras

    keras.utils.set_random_seed(4)
    layers = keras.layers
    core = keras.Sequential(
        [layers.Input((6, 6, 2)), layers.Conv2D(3, 3, name="deep")], name="core"
    )
    start = layers.Input((6, 6, 2))
    eyes = keras.Model(start, layers.ReLU(name="cut")(core(start)), name="eyes")
    first = layers.Input((8, 8, 1))
    out = layers.Conv2D(2, 3, activation="relu", name="conv")(first)
    out = layers.GlobalAveragePooling2D(name="mean")(eyes(out))
    out = layers.Softmax(name="soft")(layers.Dense(3, name="score")(out))
    return Subject(Network(keras.Model(first, out, name="nested")), _rows(5, 8, 8, 1))


@pytest.fixture(scope="session")
def branches() -> Subject:
    """Two inputs merged, two outputs: three classes as logits, and a number."""
    import keras

    keras.utils.set_random_seed(5)
    layers = keras.layers
    left, right = layers.Input((6,), name="left"), layers.Input((4,), name="right")
    shared = layers.Dense(5, activation="tanh", name="shared")
    both = layers.Concatenate(name="both")(
        [shared(left), shared(layers.Dense(6, name="widen")(right))]
    )
    outs = [layers.Dense(3, name="logits")(both), layers.Dense(1, name="number")(both)]
    model = keras.Model([left, right], outs, name="branches")
    model.compile("sgd", [keras.losses.SparseCategoricalCrossentropy(from_logits=True), "mse"])
    return Subject(Network(model), [_rows(9, 6), _rows(9, 4, seed=1)])


@pytest.fixture(scope="session")
def text() -> Subject:
    """Embedding, two recurrent layers (the second both ways), one sigmoid; padded in front."""
    import keras

    keras.utils.set_random_seed(6)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((7,), dtype="int32"),
            layers.Embedding(20, 4, name="words"),
            layers.LSTM(3, return_sequences=True, name="lstm"),
            layers.Bidirectional(layers.GRU(2, name="gru"), name="both"),
            layers.Dense(1, activation="sigmoid", name="good"),
        ],
        name="text",
    )
    words = model.get_layer("words")
    words.set_weights([5 * words.get_weights()[0]])
    model.compile("sgd", "binary_crossentropy")
    return Subject(Network(model), _tokens(6, 7, 20, [0, 3, 6, 7, 0, 1]))


@pytest.fixture(scope="session")
def subclassed() -> Subject:
    """A class with a block of its own, a layer called twice, and one never called."""
    import keras

    class Block(keras.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = keras.layers.Dense(5, activation="relu", name="inner")

        def call(self, x):
            return self.inner(x) + 1.0

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.block = Block(name="block")
            self.twice = keras.layers.Dense(5, activation="sigmoid", name="twice")
            self.idle = keras.layers.Dense(2, name="idle")
            self.score = keras.layers.Dense(2, name="score")

        def call(self, x):
            return self.score(self.twice(self.twice(self.block(x))))

    keras.utils.set_random_seed(7)
    return Subject(Network(Own()), _rows(5, 4))
