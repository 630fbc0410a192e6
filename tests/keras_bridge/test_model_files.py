"""Models out of a run folder: the same network, or an error that says what to pass."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from dure.core.types import LaneKey
from dure.errors import RunFolderError
from dure.keras_bridge.model_files import load_model, save_architecture, weights_of
from dure.storage.store import Store

# NumPy 2 about Keras' own variables, while Keras saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
VARIANTS = {"a": {"units": 3}, "A": {"units": 4}, "b/ 'x'": {"units": 5}}
X = np.random.default_rng(0).random((6, 4, 3)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with Store.create(tmp_path, {"study": {"variants": VARIANTS}}, [LaneKey("a", 0, 1)]) as store:
        yield store.folder


def compiled(model: keras.Model) -> keras.Model:
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def sequential(units: int) -> keras.Model:
    layers = [keras.Input((4, 3)), keras.layers.LSTM(units), keras.layers.Dense(1)]
    return compiled(keras.Sequential(layers))


def unbuilt(units: int) -> keras.Model:
    return compiled(keras.Sequential([keras.layers.GRU(units), keras.layers.Dense(1)]))


def branches(units: int) -> keras.Model:
    """Twin branches of equal shapes, where a wrong order of weights would go unnoticed."""
    entry = keras.Input((4, 3))
    shared = keras.layers.Dense(units)
    left = keras.layers.Bidirectional(keras.layers.SimpleRNN(units))(shared(entry))
    normed = keras.layers.BatchNormalization()(entry)
    right = keras.layers.Bidirectional(keras.layers.SimpleRNN(units))(shared(normed))
    frozen = keras.layers.Dense(units, trainable=False)
    joined = keras.layers.concatenate([frozen(right), keras.layers.Dense(units)(left)])
    return compiled(keras.Model(entry, keras.layers.Dense(1)(joined)))


class Written(keras.Model):
    """A subclass whose arguments Keras cannot write down."""

    def __init__(self, layer: keras.layers.Layer) -> None:
        super().__init__()
        self.hidden, self.out = layer, keras.layers.Dense(1)

    def call(self, x: object) -> object:
        return self.out(self.hidden(x))


def subclassed(units: int) -> keras.Model:
    return compiled(Written(keras.layers.SimpleRNN(units)))


class Unregistered(keras.layers.Layer):
    def call(self, x: object) -> object:
        return 2 * x


def custom(units: int) -> keras.Model:
    layers = [keras.Input((4, 3)), Unregistered(), keras.layers.Flatten(), keras.layers.Dense(1)]
    return compiled(keras.Sequential(layers))


def mixed_up(model: keras.Model) -> dict[str, np.ndarray]:
    """Other weights for a model, set in it, and as they would be stored."""
    random = np.random.default_rng(1)
    model.set_weights([random.random(w.shape).astype(w.dtype) for w in model.weights])
    return weights_of(model)


@pytest.mark.parametrize("make", [sequential, unbuilt, branches])
@pytest.mark.parametrize("with_build", [False, True])
def test_a_model_comes_back_with_its_weights(
    folder: Path, make: Callable[[int], keras.Model], with_build: bool
) -> None:
    model = make(3)
    model(X)
    save_architecture(folder, "a", model)
    weights = mixed_up(model)
    loaded = load_model(folder, "a", weights, make if with_build else None)
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
    y = np.zeros((6, 1))
    assert loaded.evaluate(X, y, verbose=0) == pytest.approx(model.evaluate(X, y, verbose=0))
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.01)
    loaded.fit(X, y, verbose=0)


def test_each_variant_is_written_once_under_its_own_name(folder: Path) -> None:
    for variant, arguments in VARIANTS.items():
        save_architecture(folder, variant, sequential(**arguments))
    save_architecture(folder, "a", sequential(9))
    assert len(list((folder / "models").glob("*.keras"))) == 3
    assert not list((folder / "models").glob("tmp*"))
    for variant, arguments in VARIANTS.items():
        weights = weights_of(sequential(**arguments))
        assert load_model(folder, variant, weights).layers[0].units == arguments["units"]


def test_a_model_keras_cannot_write_needs_build(folder: Path) -> None:
    model = subclassed(3)
    model(X)
    save_architecture(folder, "a", model)
    assert [p.suffix for p in sorted((folder / "models").iterdir())] == [".json", ".txt"]
    weights = mixed_up(model)
    with pytest.raises(RunFolderError, match=r"not stored.*build=.*get_config.*NotImplemented"):
        load_model(folder, "a", weights)
    loaded = load_model(folder, "a", weights, subclassed)
    np.testing.assert_allclose(loaded(X), model(X), rtol=1e-6)


def test_classes_that_are_not_registered_are_named_with_the_remedy(folder: Path) -> None:
    save_architecture(folder, "a", custom(3))
    weights = weights_of(custom(3))
    with pytest.raises(RunFolderError, match=r"(?s)register_keras_serializable.*build=.*Unreg"):
        load_model(folder, "a", weights)
    assert len(load_model(folder, "a", weights, custom).weights) == 2
    with keras.saving.custom_object_scope({"Unregistered": Unregistered}):
        load_model(folder, "a", weights)


def test_weights_that_do_not_fit(folder: Path) -> None:
    save_architecture(folder, "a", sequential(3))
    with pytest.raises(RunFolderError, match=r"shape \(3, 12\), stored is \(3, 16\)"):
        load_model(folder, "a", weights_of(sequential(4)))
    with pytest.raises(RunFolderError, match="has 5 arrays of weights, and 0 are stored"):
        load_model(folder, "a", {})
    with pytest.raises(RunFolderError, match="be built"):
        load_model(folder, "A", weights_of(sequential(4)), unbuilt)


def test_variants_that_are_not_there(folder: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no model of a variant 'b'"):
        load_model(folder, "b", {})
    with pytest.raises(RunFolderError, match="no variant 'b'; it has 'a', 'A'"):
        load_model(folder, "b", {}, sequential)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way", encoding="utf-8")
    with pytest.raises(RunFolderError, match="is a file, not a folder"):
        save_architecture(tmp_path, "a", sequential(3))


def test_importing_does_not_load_keras() -> None:
    code = "import sys, dure.keras_bridge.model_files; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_of_a_loaded_model_is_loaded_without_a_warning(folder: Path, tmp_path: Path) -> None:
    # Warnings are errors here, and Keras warns of an optimizer saved before it was built.
    trained = sequential(3)
    save_architecture(folder, "a", trained)
    load_model(folder, "a", weights_of(trained), sequential).save(tmp_path / "saved.keras")
    loaded = keras.models.load_model(tmp_path / "saved.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), trained.predict(X, verbose=0))
