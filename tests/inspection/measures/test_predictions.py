"""Predictions and confusion against Keras and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from dure.errors import DureError
from dure.inspection.measures.predictions import confusion, predictions
from dure.inspection.network.network import Network
from helpers import plain_numpy as plain

NAMES = ["a", "b", "c", "d"]


def test_classes_come_worst_mistake_first(pictures) -> None:
    y = np.array([0, 1, 2, 3, 0, 1, 2])
    found = predictions(pictures.network, pictures.x, y, class_names=NAMES)
    given = pictures.model.predict(pictures.x, verbose=0)
    rows = found["row"].values
    assert sorted(rows) == list(range(7)) and (np.diff(found["loss"]) <= 0).all()
    np.testing.assert_allclose(found["probability"], given[rows], atol=1e-6)
    np.testing.assert_array_equal(found["true"], y[rows])
    np.testing.assert_array_equal(found["predicted"], given.argmax(axis=1)[rows])
    np.testing.assert_allclose(found["loss"], -np.log(given[rows, y[rows]]), rtol=1e-4)
    np.testing.assert_allclose(
        found["loss"].mean(), metrics.log_loss(y, given, labels=range(4)), rtol=1e-4
    )
    assert found["correct"].values.tolist() == (given.argmax(axis=1) == y)[rows].tolist()
    assert found["class"].values.tolist() == NAMES and found.attrs["task"] == "classification"
    one_hot = predictions(pictures.network, pictures.x, np.eye(4)[y], class_names=NAMES)
    assert one_hot.identical(found)
    plainly = predictions(pictures.network, pictures.x)
    assert plainly["row"].values.tolist() == list(range(7)) and "loss" not in plainly


def test_confusion_equals_scikit_learn(pictures, text) -> None:
    y = np.array([3, 1, 2, 3, 0, 1, 2])
    found = confusion(pictures.network, pictures.x, y, class_names=NAMES)
    given = pictures.model.predict(pictures.x, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(found, metrics.confusion_matrix(y, given, labels=range(4)))
    assert found.dims == ("true", "predicted") and found.dtype == np.int64
    assert found["true"].values.tolist() == found["predicted"].values.tolist() == NAMES
    np.testing.assert_allclose(found.attrs["accuracy"], metrics.accuracy_score(y, given))


def test_one_sigmoid_is_two_classes(text) -> None:
    y = np.array([0, 1, 0, 1, 0, 1])
    given = text.model.predict(text.x, verbose=0)[:, 0]
    found = predictions(text.network, text.x, y.astype(np.float32)).sortby("row")
    np.testing.assert_allclose(found["probability"], np.stack([1 - given, given], 1), atol=1e-6)
    np.testing.assert_allclose(found["loss"], -np.log(np.where(y, given, 1 - given)), rtol=1e-4)
    expected = metrics.confusion_matrix(y, given > 0.5)
    np.testing.assert_array_equal(confusion(text.network, text.x, y[:, None]), expected)


def _model(units, loss=None, activation=None):
    import keras

    model = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(units, activation=activation)], name="m"
    )
    if loss is not None:
        model.compile("sgd", loss)
    return Network(model)


X = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)


def test_logits_are_made_probabilities(branches) -> None:
    import keras

    logits = branches.model.predict(branches.x, verbose=0)[0].astype(np.float64)
    found = predictions(branches.network, branches.x)
    np.testing.assert_allclose(found["probability"], plain.softmax(logits), atol=1e-6)
    binary = _model(1, keras.losses.BinaryCrossentropy(from_logits=True))
    z = binary.model.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(
        predictions(binary, X)["probability"][:, 1], plain.sigmoid(z), atol=1e-6
    )
    untold = _model(3)  # not compiled; as many names as outputs say what they are
    given = untold.model.predict(X, verbose=0)
    found = predictions(untold, X, class_names=NAMES[:3])
    np.testing.assert_allclose(found["probability"], plain.softmax(given), atol=1e-6)
    assert predictions(untold, X).attrs["task"] == "regression"


@pytest.mark.parametrize("units", [1, 2])
def test_values_have_errors(units) -> None:
    network = _model(units, "mse")
    y = X[:, :units] * 2
    given = network.model.predict(X, verbose=0)
    found = predictions(network, X, y)
    rows, miss = found["row"].values, given - y
    assert found.attrs["task"] == "regression" and (np.diff(found["loss"]) <= 0).all()
    np.testing.assert_allclose(found["loss"], (miss[rows] ** 2).mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(
        metrics.mean_squared_error(y, given), float(found["loss"].mean()), rtol=1e-4
    )
    signed = miss[:, 0] if units == 1 else np.sqrt((miss**2).mean(axis=1))
    np.testing.assert_allclose(found["error"], signed[rows], rtol=1e-4, atol=1e-6)
    assert found["value"].dims == (("row",) if units == 1 else ("row", "output"))


def test_what_does_not_fit_is_told(pictures, text) -> None:
    network, x = pictures
    steps = _steps()
    cases = [
        (lambda: predictions(network, x, np.arange(3)), "y has 3 rows, x has 7"),
        (lambda: predictions(network, x, np.arange(7)), "classes from 0 to 6.*4 apart"),
        (lambda: predictions(network, x, np.full(7, 0.5)), "not one class a row"),
        (lambda: predictions(network, x, class_names=["a"]), "1 class_names came.*4 classes"),
        (lambda: confusion(_model(1, "mse"), X, X[:, 0]), "predicts values, not classes"),
        (lambda: predictions(_model(1, "mse"), X, X), r"y has shape \(6, 2\).*gives \(6,\)"),
        (lambda: predictions(steps, np.ones((2, 3, 2))), r"one output a row.*shape \(3, 4\)"),
    ]
    for view, words in cases:
        with pytest.raises(DureError, match=words):
            view()


def _steps():
    import keras

    return Network(keras.Sequential([keras.layers.Input((3, 2)), keras.layers.Dense(4)]))
