"""A network that takes raw text: trained on integers, saved together with what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dure.core.backend import keras
from dure.data.text.sequences import TextToSequences


@keras.saving.register_keras_serializable(package="dure")
class TextModel(keras.Model):  # type: ignore[misc]
    """A Keras model around a network and the fitted transformer that makes its integers.

    Calling it, `predict`, `evaluate` and `fit` take raw text: a list, array or pandas series of
    str, one a row, or an array or table of one column. Anything else, integers above all, goes to
    the network as it is. Compiled as the network is; both share weights and optimizer.

    ``model.save("film.keras")`` keeps network, weights, compilation and words;
    ``keras.models.load_model`` brings all of it back after ``import dure``.

    Parameters
    ----------
    network
        A built model over integers, shape [rows, text.maxlen].
    text
        A fitted `TextToSequences`.

    Attributes
    ----------
    network, text
        As given.

    Examples
    --------
    >>> from dure.keras_bridge.text_model import TextModel
    >>> text = dure.data.TextToSequences(num_words=10, maxlen=4).fit(["a good film", "a bad film"])
    >>> words = keras.Input((4,))
    >>> vectors = keras.layers.Flatten()(keras.layers.Embedding(10, 2)(words))
    >>> network = keras.Model(words, keras.layers.Dense(1, "sigmoid", name="good")(vectors))
    >>> model = TextModel(network, text)
    >>> model.compile("adam", "binary_crossentropy")
    >>> model.predict(["so good", "so bad"], verbose=0).shape, model.output_names
    ((2, 1), ['good'])
    >>> model.fit(["so good", "so bad"], np.array([1, 0]), verbose=0).epoch
    [0]
    >>> model.evaluate(["a bad film"], np.array([0]), verbose=0) > 0
    True
    >>> model.summary(print_fn=lambda text: print("Embedding" in text))
    True

    As Keras saves it, words and all:

    >>> again = TextModel.from_config(model.get_config())
    >>> again.compile_from_config(model.get_compile_config())
    >>> again.loss, again.call(again.text.transform(["a film"])).shape
    ('binary_crossentropy', (1, 1))
    """

    def __init__(self, network: keras.Model, text: TextToSequences, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.text = text
        self.built = network.built
        if network.compiled:
            self._compile_as_network()

    def _compile_as_network(self) -> None:
        # The arguments as they were given: going through get_compile_config, the public way,
        # would lose losses and metrics that are functions of the user's own.
        given = dict(self.network._compile_config.config)
        super().compile(**{**given, "optimizer": self.network.optimizer})

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As ``keras.Model.compile``, for the network too."""
        self.network.compile(*args, **kwargs)
        self._compile_as_network()

    def get_compile_config(self) -> dict[str, Any]:
        """How the network is compiled."""
        return dict(self.network.get_compile_config())

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile the network, and with it this model, by the `config` it had."""
        self.network.compile_from_config(config)
        self._compile_as_network()

    @property
    def output_names(self) -> list[str]:
        """Those of the network, by which losses and metrics may be given."""
        return list(self.network.output_names)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The network's outputs for `inputs`, integers; `training` as in Keras."""
        return self.network(inputs, training=training)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The network's outputs for raw text or integers."""
        return super().__call__(self._integers(inputs), *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.predict``, `x` being raw text or integers."""
        return super().predict(self._integers(x), *args, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.evaluate``, `x` being raw text or integers."""
        return super().evaluate(self._integers(x), *args, **kwargs)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, `x` being raw text or integers; the words learnt stay."""
        validation = kwargs.get("validation_data")
        if isinstance(validation, (tuple, list)):
            kwargs["validation_data"] = (self._integers(validation[0]), *validation[1:])
        return super().fit(self._integers(x), *args, **kwargs)

    def _integers(self, x: Any) -> Any:
        return self.text.transform(x) if is_raw_text(x) else x

    def summary(self, *args: Any, **kwargs: Any) -> None:
        """The network's summary."""
        self.network.summary(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The network, not compiled, and the transformer with its words; JSON-able."""
        network = keras.saving.serialize_keras_object(self.network)
        # It is compiled with this model; twice would make two optimizers.
        network.pop("compile_config", None)
        return {**super().get_config(), "network": network, "text": self.text.get_config()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> TextModel:
        """The model of a `config` from `get_config`, not compiled; `custom_objects` as in Keras."""
        held = dict(config)
        network = keras.saving.deserialize_keras_object(held.pop("network"), custom_objects)
        return cls(network, TextToSequences.from_config(held.pop("text")), **held)


def is_raw_text(x: Any) -> bool:
    """Whether inputs are texts (right or with faults), not numbers or Keras' own tensors."""
    if isinstance(x, (str, bytes)):
        return True
    if isinstance(x, (list, tuple)):
        return any(isinstance(part, str) or _is_words(part) for part in x)
    kinds = x.dtypes if hasattr(x, "dtypes") and hasattr(x, "columns") else [_dtype(x)]
    return any(getattr(kind, "kind", "") in ("O", "U", "S", "T") for kind in kinds)


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", None)


def _is_words(part: Any) -> bool:
    return isinstance(part, (list, tuple)) and any(isinstance(word, str) for word in part)
