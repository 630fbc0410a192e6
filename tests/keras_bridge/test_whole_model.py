"""Models from files, and what is said about files that hold none."""

import shutil
import warnings
import zipfile

import numpy as np
import pytest

from dure.errors import DureError
from dure.keras_bridge.whole_model import load_model


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
        ("notes.keras", "not a Keras model: neither a zip archive nor HDF5"),
        ("notes.h5", "not a Keras model: neither a zip archive nor HDF5"),
        ("notes.pt", "not a Keras model: neither a zip archive nor HDF5"),
        ("", r"is a folder, not a model file\. It holds models \(notes\.h5, notes\.keras\)"),
    ],
)
def test_files_that_are_no_models_are_told(folder, name, words) -> None:
    with pytest.raises(DureError, match=words):
        load_model(folder / name)


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("m.tflite", b"\x1c\0\0\0TFL3", "TensorFlow Lite"),
        ("m.pkl", b"\x80\x04\x95", "a pickle, which runs code"),
        ("m.keras", b"PK\x03\x04", "a zip archive that is cut off"),
        ("m.keras", b"", "it is empty"),
        ("m.h5", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ("m.json", b'{"class_name": "Sequential"}', "JSON, without numbers"),
        ("m.h5", b"<!DOCTYPE html>", "a web page"),
        ("m.pb", b"\x08\x01", "a graph of TensorFlow"),
        ("m.onnx", b"\x08\x01", "ONNX"),
    ],
)
def test_files_of_other_kinds_are_told_apart(name, start, words, tmp_path) -> None:
    (tmp_path / name).write_bytes(start)
    with pytest.raises(DureError, match=f"is not a Keras model.*{words}.*model.save"):
        load_model(tmp_path / name)


def test_a_file_that_is_cut_off(tmp_path) -> None:
    import keras

    path = tmp_path / "m.h5"
    keras.Sequential([keras.Input((30,)), keras.layers.Dense(300)]).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DureError, match="is cut off or damaged.*anew"):
        load_model(path)


def test_folders_with_a_model_in_them(tmp_path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"\x08")
    with pytest.raises(DureError, match=r"SavedModel.*model\.save\('name\.h5'\)"):
        load_model(tmp_path / "saved")
    with pytest.raises(DureError, match="is a folder, not a model file"):
        load_model(tmp_path)


def test_other_archives_and_weights_alone_are_told(tmp_path) -> None:
    import keras

    shutil.make_archive(str(tmp_path / "some"), "zip", tmp_path)
    (tmp_path / "some.zip").rename(tmp_path / "some.keras")
    with pytest.raises(DureError, match="zip archive without config.json"):
        load_model(tmp_path / "some.keras")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(
        tmp_path / "m.weights.h5"
    )
    with pytest.raises(DureError, match=r"holds only weights.*load_weights"):
        load_model(tmp_path / "m.weights.h5")


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
    with pytest.raises(
        DureError, match=r"register_keras_serializable.*import.*custom_objects.*'Doubling'"
    ):
        load_model(tmp_path / f"m{suffix}")


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
        found = load_model(tmp_path / "m.keras")
    assert not found.compiled
    with keras.saving.custom_object_scope({"own": own}):
        assert load_model(tmp_path / "m.keras").compiled


def test_code_in_a_file_is_not_run(tmp_path) -> None:
    import keras

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(DureError, match="Lambda.*not run.*enable_unsafe_deserialization"):
        load_model(tmp_path / "m.keras")


def test_dures_own_layers_are_known(tmp_path) -> None:
    import keras

    from dure.layers import OneHot

    keras.Sequential([keras.layers.Input((3,)), OneHot(4)]).save(tmp_path / "m.keras")
    assert isinstance(load_model(tmp_path / "m.keras").layers[0], OneHot)


def test_files_named_otherwise_than_they_are(tmp_path) -> None:
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras on HDF5
        model.save(tmp_path / "a.h5")
    model.save(tmp_path / "b.keras")
    rows = np.ones((2, 3))
    for made, name in (("a.h5", "a.keras"), ("b.keras", "b.h5"), ("b.keras", "c.hdf5")):
        path = shutil.copy(tmp_path / made, tmp_path / name)
        got = load_model(path).predict(rows, verbose=0)
        np.testing.assert_allclose(got, model.predict(rows, verbose=0), rtol=1e-6)


def test_damage_is_told_from_classes_that_are_not_known(tmp_path) -> None:
    import keras

    path = tmp_path / "whole.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    broken = {
        "describes no model": {**parts, "config.json": b"[]"},
        "holds no model.weights.h5": {k: v for k, v in parts.items() if "weights" not in k},
        "OSError": {**parts, "model.weights.h5": parts["model.weights.h5"][:500]},
    }
    for words, content in broken.items():
        with zipfile.ZipFile(path, "w") as archive:
            for name, value in content.items():
                archive.writestr(name, value)
        with pytest.raises(DureError, match=rf"whole\.keras is damaged \(.*{words}"):
            load_model(path)
