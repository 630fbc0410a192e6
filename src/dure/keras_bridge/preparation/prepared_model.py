"""A network that takes raw rows: saved together with what makes its inputs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any

from dure.core.backend import jax, keras
from dure.errors import DureError
from dure.keras_bridge.preparation.fitted import FittedPreparation, holds_text


@keras.saving.register_keras_serializable(package="dure")
class PreparedModel(keras.Model):  # type: ignore[misc]
    """A Keras model around a network and the fitted transformers that make its inputs.

    What `Data.prepare` did in training comes first here too: calling it, `predict`, `evaluate`,
    `fit` and their ``..._on_batch`` take raw rows, as `dure.Data` does: arrays or tables of
    numbers, missing values where the transformers fill them, one str a row for text (where
    integers, too, are taken as they are). Compiled as the network is; both share weights and
    optimizer. The transformers are what they were in training: `fit` does not fit them.

    ``model.save("film.keras")`` keeps network, weights, compilation and transformers;
    ``keras.models.load_model`` brings all of it back after ``import dure``. scikit-learn's own
    transformers are read by skops, which runs nothing that a file brings along; classes of one's
    own must be imported and named, as Keras' ``custom_objects``.

    Where all transformers have an equal Keras layer, `Lane.model` puts those before the network
    instead, and the model is an ordinary Keras one.

    Parameters
    ----------
    network
        A built model over prepared rows.
    preparation
        Fitted transformers, one for each input.

    Attributes
    ----------
    network, preparation
        As given.

    Examples
    --------
    >>> texts = np.array(["a good film", "a bad film"], dtype=object)
    >>> reviews = dure.Data(texts, np.array([1, 0]), prepare=dure.data.TextToSequences(10, 4))
    >>> def build():
    ...     words = keras.Input((4,))
    ...     vectors = keras.layers.Flatten()(keras.layers.Embedding(10, 2)(words))
    ...     model = keras.Model(words, keras.layers.Dense(1, "sigmoid", name="good")(vectors))
    ...     model.compile("adam", "binary_crossentropy")
    ...     return model
    >>> read = dure.Study(build, reviews).run(out=folder / "reviews", progress=False)
    >>> model = read.best().model()
    >>> type(model).__name__, model.output_names[0]
    ('PreparedModel', 'good')
    >>> model.predict(["so good", "so bad"], verbose=0).shape
    (2, 1)
    >>> model.fit(["so good", "so bad"], np.array([1, 0]), verbose=0).epoch
    [0]
    >>> model.evaluate(["a bad film"], np.array([0]), verbose=0) > 0
    True
    >>> model.predict_on_batch(["so good"]).shape, model(["so good"]).shape
    ((1, 1), (1, 1))
    >>> good = np.array([[1]])
    >>> len([model.train_on_batch(["good"], good), model.test_on_batch(["good"], good)])
    2
    >>> state = [variable.value for variable in model.trainable_variables]
    >>> model.stateless_call(state, [], ["so good"])[0].shape
    (1, 1)
    >>> model.summary(print_fn=lambda text: print("Embedding" in text))
    True

    As Keras saves it, words and all:

    >>> from dure.keras_bridge.preparation.prepared_model import PreparedModel
    >>> again = PreparedModel.from_config(model.get_config())
    >>> again.compile_from_config(model.get_compile_config())
    >>> again.loss, again.call(again.preparation.apply(["a film"])).shape
    ('binary_crossentropy', (1, 1))
    >>> model.export(folder / "exported")
    Traceback (most recent call last):
    ...
    dure.errors.DureError: this model cannot be exported: ...
    """

    def __init__(self, network: keras.Model, preparation: FittedPreparation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.preparation = preparation
        self._rows_are_prepared = False
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
        """The network's outputs for prepared rows; `training` as in Keras."""
        return self.network(inputs, training=training)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The network's outputs for raw rows.

        Raises
        ------
        DureError
            Inside of a compiled function or another model, where transformers cannot compute.
        """
        return super().__call__(self._raw(inputs), *args, **kwargs)

    def _raw(self, inputs: Any, eager_step: bool = False) -> Any:
        """A caller's rows transformed; those of Keras' own steps are prepared already."""
        symbolic = _is_symbolic(inputs)
        if self._rows_are_prepared and (eager_step or symbolic):
            return inputs
        if symbolic and self.preparation.text is None:
            raise DureError(
                "the transformers before this network compute with arrays, not inside of a "
                "compiled function or another model. Call model.preparation.apply(x) outside and "
                "use model.network inside."
            )
        return self.preparation.apply(inputs)

    def stateless_call(self, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.stateless_call`` with variables and raw rows.

        Raises
        ------
        DureError
            Inside of a compiled function, as in calling it.
        """
        trainable, fixed, x, *others = args
        rows = self._raw(x, eager_step=self.run_eagerly)
        return super().stateless_call(trainable, fixed, rows, *others, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.predict``, `x` being raw rows."""
        with self._prepared(x) as made:
            return super().predict(made, *args, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.evaluate``, `x` being raw rows."""
        if "_use_cached_eval_dataset" in kwargs:  # Keras' fit, which has them prepared
            return super().evaluate(x, *args, **kwargs)
        with self._prepared(x) as made:
            return super().evaluate(made, *args, **kwargs)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.fit``, `x` being raw rows; the transformers stay as they are."""
        given = signature(super().fit).bind(x, *args, **kwargs).arguments
        held_out = given.get("validation_data")
        if isinstance(held_out, (tuple, list)):
            given["validation_data"] = (self._transform(held_out[0]), *held_out[1:])
        elif isinstance(held_out, Mapping) or hasattr(held_out, "__array__"):  # inputs alone
            given["validation_data"] = (self._transform(held_out),)
        with self._prepared(x) as made:
            return super().fit(**{**given, "x": made})

    def predict_on_batch(self, x: Any) -> Any:
        """As ``keras.Model.predict_on_batch``, `x` being raw rows."""
        with self._prepared(x) as made:
            return super().predict_on_batch(made)

    def train_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.train_on_batch``, `x` being raw rows."""
        with self._prepared(x) as made:
            return super().train_on_batch(made, *args, **kwargs)

    def test_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As ``keras.Model.test_on_batch``, `x` being raw rows."""
        with self._prepared(x) as made:
            return super().test_on_batch(made, *args, **kwargs)

    @contextmanager
    def _prepared(self, x: Any) -> Iterator[Any]:
        """Raw rows transformed; what Keras' steps call this model with meanwhile is prepared."""
        made, before = self._transform(x), self._rows_are_prepared
        self._rows_are_prepared = True
        try:
            yield made
        finally:
            self._rows_are_prepared = before

    def _transform(self, x: Any) -> Any:
        if hasattr(x, "__next__") or isinstance(x, keras.utils.PyDataset):
            raise DureError(
                f"x is of type {type(x).__name__}; a model with a preparation before it takes "
                "arrays, tables or texts. Or call model.preparation.apply on each batch and use "
                "model.network."
            )
        return self.preparation.apply(x)

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Refused: an exported program cannot hold the transformers.

        Raises
        ------
        DureError
            Always.
        """
        raise DureError(
            "this model cannot be exported: its transformers are Python, no Keras layers, and the "
            "exported program would take prepared rows. Export model.network, and make its inputs "
            "by model.preparation.apply(x)."
        )

    def summary(self, *args: Any, **kwargs: Any) -> None:
        """The network's summary."""
        self.network.summary(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The network, not compiled, and the fitted transformers; JSON-able."""
        network = keras.saving.serialize_keras_object(self.network)
        # It is compiled with this model; twice would make two optimizers.
        network.pop("compile_config", None)
        held = self.preparation.get_config()
        return {**super().get_config(), "network": network, "preparation": held}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> PreparedModel:
        """The model of a `config` from `get_config`, not compiled; `custom_objects` as in Keras."""
        held = dict(config)
        network = keras.saving.deserialize_keras_object(held.pop("network"), custom_objects)
        return cls(network, FittedPreparation.from_config(held.pop("preparation")), **held)


def _is_symbolic(inputs: Any) -> bool:
    """Whether these stand for values that are not there yet."""
    flat = [] if holds_text(inputs) else keras.tree.flatten(inputs)
    return any(isinstance(leaf, (jax.core.Tracer, keras.KerasTensor)) for leaf in flat)
