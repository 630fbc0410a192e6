"""Models from files, and what is said about files that hold none."""

import shutil
import warnings

import numpy as np
import pytest
import xarray as xr

from dure.errors import DureError
from dure.inspection.measures.feature_maps import feature_maps
from dure.inspection.measures.predictions import predictions
from dure.inspection.network.files import read_model
from dure.inspection.network.network import Network


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_whole_models_look_as_before(pictures, tmp_path, suffix) -> None:
    path = tmp_path / f"m{suffix}"
    pictures.model.save(path)
    network = Network(read_model(path))
    maps = feature_maps(network, "conv", pictures.x)
    xr.testing.assert_allclose(maps, feature_maps(pictures.network, "conv", pictures.x))
    found = predictions(network, pictures.x, np.zeros(7, int))
    xr.testing.assert_allclose(found, predictions(pictures.network, pictures.x, np.zeros(7, int)))
    assert network.model.compiled


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notes.keras").write_text("not a model", encoding="utf-8")
    (tmp_path / "notes.h5").write_text("not a model", encoding="utf-8")
    (tmp_path / "notes.pt").write_text("another", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("note.keras", r"no file .*note\.keras\. Did you mean 'notes\.keras'"),
        ("xyz", r"no file .*xyz\. .* has notes\.h5, notes\.keras\."),
        ("notes.keras", "not a Keras model .a zip archive"),
        ("notes.h5", "not an HDF5 file"),
        ("notes.pt", r"ends in \.pt; model files end in \.keras or \.h5"),
        ("", r"is a folder, not a model file; it holds notes\.h5, notes\.keras"),
    ],
)
def test_files_that_are_no_models_are_told(folder, name, words) -> None:
    with pytest.raises(DureError, match=words):
        read_model(folder / name)


def test_other_archives_and_weights_alone_are_told(pictures, tmp_path) -> None:
    shutil.make_archive(str(tmp_path / "some"), "zip", tmp_path)
    (tmp_path / "some.zip").rename(tmp_path / "some.keras")
    with pytest.raises(DureError, match="zip archive with config.json"):
        read_model(tmp_path / "some.keras")
    pictures.model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(DureError, match=r"holds only weights.*load_weights"):
        read_model(tmp_path / "m.weights.h5")


def _own_model(own_loss):
    import keras

    class Doubling(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    if not own_loss:
        model.add(Doubling())
    model.compile("sgd", (lambda y, p: (y - p) ** 2) if own_loss else "mse")
    return model


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_classes_that_are_not_registered_are_told(tmp_path, suffix) -> None:
    _own_model(False).save(tmp_path / f"m{suffix}")
    with pytest.raises(DureError, match=r"register_keras_serializable.*import.*custom_objects"):
        read_model(tmp_path / f"m{suffix}")


def test_a_missing_loss_leaves_the_model_uncompiled(tmp_path) -> None:
    import keras

    def own(y, p):
        return (y - p) ** 2

    model = _own_model(True)
    model.compile("sgd", own)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="read without its loss and metrics"):
        found = read_model(tmp_path / "m.keras")
    assert not found.compiled
    with keras.saving.custom_object_scope({"own": own}):
        assert read_model(tmp_path / "m.keras").compiled


def test_code_in_a_file_is_not_run(tmp_path) -> None:
    import keras

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(DureError, match="Lambda.*not run.*enable_unsafe_deserialization"):
        read_model(tmp_path / "m.keras")


def test_dures_own_layers_are_known(tmp_path) -> None:
    import keras

    from dure.layers import OneHot

    keras.Sequential([keras.layers.Input((3,)), OneHot(4)]).save(tmp_path / "m.keras")
    assert isinstance(read_model(tmp_path / "m.keras").layers[0], OneHot)
