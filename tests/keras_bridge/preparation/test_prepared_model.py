"""A model that takes raw text: as its network on the integers, also saved and loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import QuantileTransformer

import dure
from dure.data import TextToSequences
from dure.errors import StudyError
from dure.keras_bridge.preparation.fitted import FittedPreparation, holds_text
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from helpers.fresh_process import run_fresh
from helpers.prepared_models import put_text_before

TEXTS = ["a fine film", "dull and long", "영화가 좋다", "", "unknown words only"]
LABELS = np.array([1, 0, 1, 0, 0])


def own_loss(y: Any, predicted: Any) -> Any:
    """A function Keras knows nothing of."""
    return keras.ops.mean(keras.ops.abs(y - predicted), axis=-1)


def make_network(loss: Any = "binary_crossentropy") -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((4,), dtype="int32"),
        keras.layers.Embedding(12, 3),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    network = keras.Sequential(layers)
    metrics = ["accuracy", keras.metrics.AUC(name="auc")]
    if loss is not None:
        network.compile(keras.optimizers.Adam(0.01), loss, metrics=metrics)
    return network


@pytest.fixture(scope="module")
def text() -> TextToSequences:
    return TextToSequences(num_words=12, maxlen=4).fit(TEXTS[:4])


@pytest.fixture(scope="module")
def model(text: TextToSequences) -> PreparedModel:
    return put_text_before(make_network(), text)


def integers(text: TextToSequences) -> Any:
    return text.transform(TEXTS)


KINDS = {
    "list": list,
    "array": np.array,
    "objects": lambda t: np.array(t, object),
    "a column": lambda t: np.array(t)[:, None],
    "series": pd.Series,
    "table": lambda t: pd.DataFrame({"text": t}),
    "words": lambda t: [s.split() for s in t],
}


@pytest.mark.parametrize("kind", KINDS)
def test_raw_text_is_taken_in_every_form(
    kind: str, model: PreparedModel, text: TextToSequences
) -> None:
    raw = KINDS[kind](TEXTS)
    expected = np.asarray(model.network(integers(text)))
    np.testing.assert_array_equal(model(raw), expected)
    np.testing.assert_allclose(model.predict(raw, verbose=0), expected, atol=1e-7)


def test_integers_are_taken_as_they_are(model: PreparedModel, text: TextToSequences) -> None:
    rows = integers(text)
    np.testing.assert_array_equal(model(rows), model.network(rows))
    np.testing.assert_array_equal(model.predict(rows, verbose=0), model.predict(TEXTS, verbose=0))
    outer = keras.Input((4,), dtype="int32")
    assert keras.Model(outer, model(outer)).predict(rows, verbose=0).shape == (5, 1)


def test_holds_text_tells_texts_with_faults_from_numbers() -> None:
    assert all(holds_text(x) for x in ("a", [None, "a"], np.array([None, "a"]), [["a"]]))
    assert not any(holds_text(x) for x in ([], [[1, 2]], np.ones(3), None, pd.Series([1]), 3))


@pytest.mark.parametrize("bad", ["one text", ["a", None]])
def test_bad_texts_are_refused(bad: Any, model: PreparedModel) -> None:
    with pytest.raises(StudyError, match="texts is one str|1 of 2 texts are none"):
        model.predict(bad, verbose=0)


@pytest.mark.parametrize("loss", ["binary_crossentropy", own_loss])
def test_evaluate_works_at_once_and_as_for_the_network(loss: Any, text: TextToSequences) -> None:
    model = put_text_before(make_network(loss), text)
    got = model.evaluate(TEXTS, LABELS, verbose=0, return_dict=True)
    expected = model.network.evaluate(integers(text), LABELS, verbose=0, return_dict=True)
    assert got == pytest.approx(expected) and set(got) == {"loss", "accuracy", "auc"}
    with pytest.raises(ValueError, match=r"call .?compile"):
        put_text_before(make_network(None), text).evaluate(TEXTS, LABELS, verbose=0)


def test_fit_trains_the_network_as_it_would_train_itself(text: TextToSequences) -> None:
    rows, twin = integers(text), make_network()
    model = put_text_before(make_network(), text)
    keras.utils.set_random_seed(5)
    got = model.fit(
        TEXTS, LABELS, epochs=2, batch_size=2, verbose=0, validation_data=(TEXTS, LABELS)
    )
    keras.utils.set_random_seed(5)
    expected = twin.fit(
        rows, LABELS, epochs=2, batch_size=2, verbose=0, validation_data=(rows, LABELS)
    )
    assert got.history.keys() == expected.history.keys()
    for name, values in got.history.items():
        assert values == pytest.approx(expected.history[name], abs=1e-6)
    for ours, theirs in zip(model.network.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert model.optimizer is model.network.optimizer


def test_compiling_it_compiles_the_network(text: TextToSequences) -> None:
    model = put_text_before(make_network(), text)
    model.compile("sgd", "mse")
    assert model.network.loss == "mse" and model.optimizer is model.network.optimizer


def test_losses_by_the_names_of_outputs(text: TextToSequences) -> None:
    entry = keras.Input((4,), dtype="int32")
    hidden = keras.layers.Flatten()(keras.layers.Embedding(12, 2)(entry))
    outs = [keras.layers.Dense(n, name=f"of_{n}")(hidden) for n in (1, 2)]
    network = keras.Model(entry, outs)
    network.compile("sgd", {"of_1": "mse", "of_2": "mae"}, metrics={"of_1": ["mae"]})
    y = [np.ones((5, 1)), np.ones((5, 2))]
    got = put_text_before(network, text).evaluate(TEXTS, y, verbose=0, return_dict=True)
    assert got == pytest.approx(network.evaluate(integers(text), y, verbose=0, return_dict=True))


def test_summary_is_the_networks(model: PreparedModel) -> None:
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    assert "embedding" in "\n".join(lines) and "(None, 4, 3)" in "\n".join(lines)


@pytest.fixture(scope="module")
def saved(
    text: TextToSequences, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, PreparedModel]:
    path = tmp_path_factory.mktemp("saved") / "film.keras"
    model = put_text_before(make_network(), text)
    model.fit(TEXTS, LABELS, epochs=2, verbose=0)
    model.save(path)
    return path, model


def test_save_and_load(saved: tuple[Path, PreparedModel]) -> None:
    path, model = saved
    loaded = keras.models.load_model(path)  # and no warning, of the optimizer's state above all
    assert (
        type(loaded) is PreparedModel
        and loaded.preparation.text.get_config() == model.preparation.text.get_config()
    )
    np.testing.assert_array_equal(loaded.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))
    assert loaded.evaluate(TEXTS, LABELS, verbose=0) == model.evaluate(TEXTS, LABELS, verbose=0)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 2
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not keras.models.load_model(path, compile=False).compiled
    config = json.loads(zipfile.ZipFile(path).read("config.json"))
    assert config["registered_name"] == "dure>PreparedModel"
    assert config["config"]["preparation"]["inputs"]["config"]["fitted"]["words"][:2] == [
        "a",
        "fine",
    ]


# Keras must be imported before Dure here, and without it: what a file alone gives.
_KERAS_FIRST = """
import sys, keras, numpy as np
path, texts = sys.argv[1], sys.argv[2].split("|")
try:
    keras.models.load_model(path)
except TypeError as error:
    assert "Could not locate class 'PreparedModel'" in str(error), error
else:
    raise AssertionError("Keras knew the class by itself")
import dure
from dure.core.keras_registration import register_with_keras
register_with_keras()
print(keras.models.load_model(path).predict(texts, verbose=0).ravel().tolist())
"""
_DURE_FIRST = """
import importlib.util, sys
import dure
from dure.core.keras_registration import register_with_keras
register_with_keras()
register_with_keras()
importlib.util.find_spec("keras")  # asking is not importing
assert "keras" not in sys.modules
import keras
path, texts = sys.argv[1], sys.argv[2].split("|")
print(keras.models.load_model(path).predict(texts, verbose=0).ravel().tolist())
"""


@pytest.mark.parametrize("code", [_KERAS_FIRST, _DURE_FIRST], ids=["keras first", "dure first"])
def test_a_fresh_process_loads_it_after_import_dure(
    code: str, saved: tuple[Path, PreparedModel]
) -> None:
    path, model = saved
    said = run_fresh(code, path, "|".join(TEXTS))
    got = json.loads(said.splitlines()[-1])
    np.testing.assert_allclose(got, model.predict(TEXTS, verbose=0).ravel(), rtol=1e-6)


def test_another_backend_is_left_alone() -> None:
    code = (
        "from dure.core.keras_registration import register_with_keras as r; import sys; r();"
        "import keras;"
        "sys.exit('dure.keras_bridge.preparation.prepared_model' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"KERAS_BACKEND": "numpy", "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


# -- a network over scaled numbers, whose answers for unprepared rows are far from right ----------

ROWS = np.random.default_rng(2).normal([50, 3000], [9, 900], (24, 2)).astype(np.float32)
TARGETS = np.random.default_rng(3).normal(size=(24, 1)).astype(np.float32)


def make_scaled(eagerly: bool = False) -> PreparedModel:
    keras.utils.set_random_seed(4)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    fitted = QuantileTransformer(n_quantiles=9).fit(ROWS)
    return PreparedModel(network, FittedPreparation.of(fitted, ROWS))


@pytest.mark.parametrize("eagerly", [False, True])
def test_callbacks_and_validation_of_a_fit_give_raw_rows(eagerly: bool) -> None:
    model = make_scaled(eagerly)
    right = model.network.predict(model.preparation.apply(ROWS), verbose=0)
    loss = float(np.mean((right - TARGETS) ** 2))
    seen: list[Any] = []

    class Asks(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(self.model.predict(ROWS, verbose=0))
            seen.append(np.asarray(self.model(ROWS)))
            assert self.model.evaluate(ROWS, TARGETS, verbose=0) == pytest.approx(loss)

    history = model.fit(ROWS, TARGETS, 24, 2, 0, [Asks()], 0.0, (ROWS, TARGETS)).history
    for answer in [*seen, model.predict(ROWS, verbose=0)]:
        np.testing.assert_allclose(answer, right, atol=1e-6)
    for name in ("loss", "val_loss"):
        assert history[name] == pytest.approx([loss, loss])


def test_its_functional_form_takes_raw_rows_too() -> None:
    model = make_scaled()
    right = model.network.predict(model.preparation.apply(ROWS), verbose=0)
    state = [[v.value for v in group] for group in (model.trainable_variables, [])]
    np.testing.assert_allclose(model.stateless_call(*state, ROWS)[0], right, atol=1e-6)


def test_dure_fit_asks_for_the_network() -> None:
    model = make_scaled()
    with pytest.raises(StudyError, match=r"Fit the network, .* dure\.fit\(model\.network"):
        dure.fit(model, ROWS, TARGETS)
    dure.fit(model.network, model.preparation.apply(ROWS), TARGETS, verbose=0)
