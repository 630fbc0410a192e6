"""Files of Keras 1 and 2, written by hand: what their models give, against plain NumPy."""

import json
import warnings

import h5py
import numpy as np
import pytest

import dure
from dure.errors import DureError
from helpers.old_file_cases import CASES, Case
from helpers.old_files import OldFile, before, dense, input_layer, layer, recurrent


def _open(file: OldFile, folder):
    path = folder / "old.h5"
    file.write(path)
    return dure.load_model(path)


@pytest.mark.parametrize("name", CASES)
def test_it_gives_what_it_gave(name, tmp_path) -> None:
    made: Case = CASES[name]()
    model = _open(made.file, tmp_path)
    assert model.compiled == (made.file.compiled is not None)
    found = np.asarray(model(made.x, training=False))
    np.testing.assert_allclose(found, made.expected, rtol=1e-4, atol=1e-5)


def test_there_are_files_of_every_version() -> None:
    versions = {make().file.version[:4].rstrip(".") for make in CASES.values()}
    assert len(CASES) >= 20
    assert versions >= {"1.2", "2.0", "2.2", "2.4", "2.8", "2.12"}


# --- what is refused ------------------------------------------------------------------------


def _sequence(version, *layers, arrays=(), compiled=None) -> OldFile:
    config = list(layers) if before(version, 2, 2) else {"name": "s", "layers": list(layers)}
    groups = {each["config"]["name"]: [] for each in layers} | dict(arrays)
    return OldFile(
        version, "tensorflow" if not before(version, 2, 0) else "", config, groups, compiled
    )


def test_everything_without_an_equal_is_told_at_once(tmp_path) -> None:
    own = {"batch_input_shape": [None, 6, 4], "time_major": True}
    file = _sequence(
        "2.4.0",
        input_layer("in", 6, 4),
        recurrent("2.4.0", "LSTM", "first", 3, **own),
        layer("LocallyConnected1D", "local", filters=2, kernel_size=[1]),
        layer("Own>Capsules", "caps", number=3),
        dense("2.4.0", "last", 2, "my_swish"),
    )
    with pytest.raises(DureError) as caught:
        _open(file, tmp_path)
    told = str(caught.value)
    assert "written by Keras 2.4.0" in told
    assert "layer 'first' (LSTM): time_major=True has no equal" in told
    for name in ("LocallyConnected1D", "Capsules", "my_swish"):
        assert name in told
    assert "register_keras_serializable" in told


def test_no_advice_to_register_where_no_class_is_missing(tmp_path) -> None:
    own = {"batch_input_shape": [None, 6, 4], "time_major": True}
    file = _sequence("2.4.0", recurrent("2.4.0", "LSTM", "first", 3, **own))
    with pytest.raises(DureError, match="time_major=True") as caught:
        _open(file, tmp_path)
    assert "@keras.saving.register" not in str(caught.value)


@pytest.mark.parametrize(
    ("class_name", "own", "words"),
    [
        ("BatchNormalization", {"mode": 2, "axis": -1}, r"mode=2; Keras 3 normalizes"),
        ("Convolution2D", {"nb_row": 2, "nb_col": 2, "border_mode": "full"}, "border_mode='full'"),
        ("MaxPooling2D", {"pool_size": [3, 3], "border_mode": "same"}, "Theano.*padded other"),
        ("Merge", {"mode": "cos"}, "mode='cos' has no equal"),
        ("MaxoutDense", {"output_dim": 3}, r"layer 'l' \(MaxoutDense\) has no equal"),
        ("Lambda", {"function": ["gA==", None, None]}, r"Lambda layers \(l\).*not run"),
    ],
)
def test_keras_1_had_what_keras_3_has_not(class_name, own, words, tmp_path) -> None:
    shape = {"batch_input_shape": [None, 6, 6, 2], "input_dtype": "float32"}
    with pytest.raises(DureError, match=f"Keras 1.2.2.*{words}|{words}"):
        _open(_sequence("1.2.2", layer(class_name, "l", **shape, **own)), tmp_path)


def _dense_file(version="2.8.0", arrays=None, compiled=None, **own) -> OldFile:
    found = [("d/kernel:0", np.ones((3, 2))), ("d/bias:0", np.zeros(2))]
    made = dense(version, "d", 2, batch_input_shape=[None, 3], **own)
    given = found if arrays is None else arrays
    return _sequence(version, made, arrays={"d": given}, compiled=compiled)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ([("d/kernel:0", np.ones((2, 3))), ("d/bias:0", np.zeros(2))], r"\(3, 2\).*\(2, 3\)"),
        ([], "no numbers of layer 'd'"),
    ],
)
def test_numbers_that_do_not_fit_are_told(arrays, words, tmp_path) -> None:
    with pytest.raises(DureError, match=words):
        _open(_dense_file(arrays=arrays), tmp_path)


def test_a_file_without_a_version_is_of_keras_1(tmp_path) -> None:
    made = CASES["first_dense"]()
    made.file.write(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "a") as file:
        del file.attrs["keras_version"]
    found = dure.load_model(tmp_path / "old.h5")(made.x)
    np.testing.assert_allclose(found, made.expected, rtol=1e-4, atol=1e-5)


def test_a_class_of_ones_own_is_found(tmp_path) -> None:
    import keras

    class Doubling(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    file = _sequence("2.4.0", input_layer("in", 3), layer("Own>Doubling", "twice", dtype="float32"))
    with keras.saving.custom_object_scope({"Own>Doubling": Doubling}):
        model = _open(file, tmp_path)
    np.testing.assert_array_equal(model(np.ones((2, 3))), np.full((2, 3), 2))


# --- what compile was given -----------------------------------------------------------------


def _compiled(optimizer="Adam", loss="mse", metrics=(), **arguments):
    return {
        "loss": loss,
        "metrics": list(metrics),
        "optimizer_config": {"class_name": optimizer, "config": arguments},
    }


def test_old_words_of_compile(tmp_path) -> None:
    wrapped = {"name": "acc", "dtype": "float32", "fn": "categorical_accuracy"}
    told = {"reduction": "auto", "name": "ce", "from_logits": True, "fn": "x"}
    given = _compiled(
        loss={"class_name": "CategoricalCrossentropy", "config": told},
        metrics=[[{"class_name": "MeanMetricWrapper", "config": wrapped}, "mae"]],
        lr=0.5,
        decay=0.25,
        epsilon=None,
    )
    model = _open(_dense_file(compiled=given), tmp_path)
    assert model.loss.from_logits
    rate = model.optimizer.learning_rate
    assert type(model.optimizer).__name__ == "Adam"
    np.testing.assert_allclose(float(rate), 0.5)
    x, y = np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]]
    found = model.evaluate(x, y, return_dict=True, verbose=0)
    assert set(found) == {"loss", "acc", "mae"}
    np.testing.assert_allclose(found["loss"], np.log(2), rtol=1e-5)
    schedule = model.optimizer._learning_rate
    np.testing.assert_allclose(float(schedule(4)), 0.5 / (1 + 0.25 * 4))
    model.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("given", "words", "compiled"),
    [
        (_compiled("TFOptimizer"), r"optimizer is not known here \(TFOptimizer.*rmsprop", True),
        (_compiled("SGD", lookahead=2), r"not known here \(optimizer: lookahead=2", True),
        (_compiled(loss="my_loss"), r"not compiled.*my_loss", False),
        (_compiled(metrics=["mae", "my_metric"]), r"without metrics.*my_metric", True),
    ],
)
def test_what_compile_had_and_keras_3_has_not_is_told_once(
    given, words, compiled, tmp_path
) -> None:
    with pytest.warns(UserWarning, match=words) as told:
        model = _open(_dense_file(compiled=given), tmp_path)
    assert len(told) == 1
    assert model.compiled == compiled
    if compiled:
        model.evaluate(np.ones((2, 3)), np.ones((2, 2)), verbose=0)


# --- files that are no whole, old model -----------------------------------------------------


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_models_of_today_open_as_ever(suffix, tmp_path, caplog) -> None:
    import keras

    layers = [keras.Input((4, 3)), keras.layers.LSTM(2, recurrent_activation="hard_sigmoid")]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((2, 4, 3)), np.ones(2), verbose=0)
    model.save(tmp_path / f"m{suffix}")
    caplog.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dure.load_model(tmp_path / f"m{suffix}")
    x = np.random.default_rng(0).normal(size=(3, 4, 3))
    np.testing.assert_array_equal(found(x), model(x))
    assert found.compiled and not caplog.records
    assert found.layers[0].recurrent_activation is keras.activations.hard_sigmoid


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_an_opened_model_is_saved_and_opened_again(suffix, tmp_path) -> None:
    made = CASES["first_lstm"]()
    _open(made.file, tmp_path).save(tmp_path / f"new{suffix}")
    found = dure.load_model(tmp_path / f"new{suffix}")(made.x)
    np.testing.assert_allclose(found, made.expected, rtol=1e-4, atol=1e-5)


def test_an_old_file_called_keras_is_hdf5(tmp_path) -> None:
    made = CASES["slashes_in_names"]()
    made.file.write(tmp_path / "m.keras")
    found = dure.load_model(tmp_path / "m.keras")(made.x)
    np.testing.assert_allclose(found, made.expected, rtol=1e-4, atol=1e-5)


def test_a_configuration_that_is_cut_off(tmp_path) -> None:
    _dense_file().write(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential"})[:-4]
    with pytest.raises(DureError, match="is damaged"):
        dure.load_model(tmp_path / "m.h5")
