"""Rows E8 to E12, each run once in quick mode; their numbers beside Keras, NumPy and formulas."""

import io
from contextlib import redirect_stdout

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

import dure
from helpers.gallery_rows import run_quick


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory):
    """The verdict of a row by its id; each row runs once."""
    kept = {}

    def of(row: str):
        if row not in kept:
            kept[row] = run_quick(row, tmp_path_factory.mktemp(row))
        return kept[row]

    return of


@pytest.fixture(scope="module")
def digits():
    """scikit-learn's digits, cut as `dure.data.digits` says."""
    loaded = load_digits()
    cut = train_test_split(
        (loaded.images[..., None] / 16).astype("float32"),
        loaded.target,
        test_size=0.2,
        random_state=0,
        stratify=loaded.target,
    )
    return cut


# -- E8 ------------------------------------------------------------------------------------------


def test_losses_that_say_the_same_give_the_same(verdict) -> None:
    facts = verdict("E8")["facts"]
    integers = facts["integers: accuracy"]
    one_hot = facts["one-hot: accuracy"]
    assert np.allclose(integers["softmax + sparse"], one_hot["softmax + categorical"], atol=0.02)
    assert np.allclose(
        integers["softmax + sparse"], integers["linear + sparse, from_logits"], atol=0.02
    )


def test_pairs_that_cannot_learn_are_found(verdict) -> None:
    facts = verdict("E8")["facts"]
    always_one = facts["two-classes: accuracy"]["wrong: softmax on one unit"]
    held = dure.data.breast_cancer().y[-91:]  # the last fifth of 455 validates
    assert np.allclose(always_one, held.mean(), atol=1e-6)
    assert facts["two-classes, wrong: softmax on one unit: accuracy apart"][2] < 0
    assert facts["integers, wrong: one number + mse: accuracy apart"][2] < 0
    # A sigmoid ends at 1, and no target of the diabetes data is below 25.
    y = dure.data.diabetes().y[282:]
    errors = facts["number: mae"]["wrong: sigmoid + mse"]
    assert np.allclose(errors, np.mean(y) - 1, atol=0.1)
    assert facts["number, wrong: sigmoid + mse: mae apart"][1] > 0


def test_labels_without_an_output_are_refused(verdict) -> None:
    told = verdict("E8")
    assert "labels from 0 to 9" in told["facts"]["refused"]
    assert told["facts"]["refused"] in told["lines"][-1]
    assert len(told["pictures"]) == 4


# -- E9 ------------------------------------------------------------------------------------------


HELD = {"validation_split": 0.2}


@pytest.fixture(scope="module")
def keras_fit(digits):
    """Keras' own `fit` of the row's network, from the row's start; not the first fit of it."""
    x, _, y, _ = digits
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.Input((8, 8, 1)), layers.Flatten()])
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    weights = model.get_weights()
    model.fit(x[:32], y[:32], verbose=0)

    def fit(**arguments):
        model.set_weights(weights)
        for variable in model.optimizer.variables:
            if variable is not model.optimizer.learning_rate:
                variable.assign(np.zeros(variable.shape))  # Adam's own beginning
        keras.utils.set_random_seed(0)
        with redirect_stdout(io.StringIO()) as printed:
            history = model.fit(x[:600], y[:600], **arguments).history
        return history, [line for line in printed.getvalue().splitlines() if line]

    return fit


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("shuffle=False", {"epochs": 3, "verbose": 0, "shuffle": False, **HELD}),
        ("validation_freq=2", {"epochs": 4, "verbose": 0, "validation_freq": 2, **HELD}),
        ("batch_size=128", {"epochs": 3, "verbose": 0, "batch_size": 128, **HELD}),
        ("verbose=2", {"epochs": 3, "verbose": 2, **HELD}),
    ],
)
def test_history_is_that_of_keras(verdict, keras_fit, name, arguments) -> None:
    wanted, printed = keras_fit(**arguments)
    found = verdict("E9")["facts"][name]
    assert set(found["history"]) == set(wanted)
    for key, values in wanted.items():
        assert np.allclose(found["history"][key], values, rtol=0, atol=1e-6)
    assert len(found["printed"]) == len(printed)


def test_no_argument_means_anything_else_than_in_keras(verdict) -> None:
    facts = verdict("E9")["facts"]
    assert len(facts["apart from Keras"]) == 12
    assert max(facts["apart from Keras"].values()) < 1e-6


def test_effects_of_the_arguments(verdict) -> None:
    facts = verdict("E9")["facts"]

    def epochs(name: str) -> int:
        return len(facts[name]["history"]["loss"])

    assert epochs("initial_epoch=2") == 2
    assert epochs("EarlyStopping") < 30
    assert len(facts["validation_freq=2"]["history"]["val_loss"]) == 2
    assert "val_loss" not in facts["nothing but epochs"]["history"]
    rates = facts["LearningRateScheduler"]["history"]["learning_rate"]
    assert np.allclose(rates, [1e-3, 5e-4, 2.5e-4])
    assert facts["validation_split=0.2"]["printed"] == []
    assert len(facts["verbose=1"]["printed"]) >= 3


# -- E10 -----------------------------------------------------------------------------------------


def test_saved_models_give_the_same_numbers(verdict) -> None:
    facts = verdict("E10")["facts"]
    for name in ("model.keras", "model.h5"):
        assert facts[f"{name}: predictions apart"] == 0
        assert facts[f"{name}: evaluate"] == facts["evaluate"]
    assert np.allclose(facts["evaluate"], facts["test part as the run folder has it"], atol=1e-6)


def test_summary_and_predictions(verdict) -> None:
    facts = verdict("E10")["facts"]
    assert facts["parameters"] == 2_410
    assert facts["predict"] == [360, 10]
    assert len(facts["first five"]) == 5
    assert any("2,410" in line for line in facts["summary"])


# -- E11 -----------------------------------------------------------------------------------------


def test_parameters_of_the_functional_models(verdict) -> None:
    facts = verdict("E11")["facts"]
    wanted = {
        "dense": 65 * 64 + 65 * 64 + 65 * 10,
        "linear": 5,
        "logistic": 31,
        "two-inputs": 65 * 32 + 129 * 32 + 65,
        "lstm": 4 * 16 * (1 + 16 + 1) + 17,
    }
    assert {name: facts[f"{name}: parameters"] for name in wanted} == wanted


def test_linear_regression_finds_least_squares(verdict) -> None:
    facts = verdict("E11")["facts"]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_000, 4))
    y = x @ [2.0, -1.0, 0.5, 0.0] + 3.0 + rng.normal(0, 0.5, 1_000)
    exact = LinearRegression().fit(x[:800], y[:800])
    assert np.allclose(facts["linear: least squares"][:4], exact.coef_, atol=1e-4)
    assert np.allclose(facts["linear: learnt"], [*exact.coef_, exact.intercept_], atol=0.05)


def test_two_inputs_tell_more_than_one(verdict) -> None:
    facts = verdict("E11")["facts"]
    for side in ("left only", "right only"):
        assert facts[f"two-inputs, {side}: val_accuracy"][0] < 0.80  # at most 0.75, and chance
        assert facts[f"both against {side}"][1] > 0
    assert facts["two-inputs, both: val_accuracy"][0] > 0.85


def test_the_lstm_reads_nearly_all_steps(verdict) -> None:
    assert 40 < verdict("E11")["facts"]["lstm: steps read"] <= 50


# -- E12 -----------------------------------------------------------------------------------------


def test_the_law_of_the_series_is_as_said() -> None:
    from dure.gallery.shared.tasks import law

    series = law(40_000, 1)
    new = series.values - series.foreseen
    assert np.isclose(new.var(), 0.09, rtol=0.03)
    noise = series.values[:, 0] - np.sin(2 * np.pi * np.arange(40_000) / 24)
    assert np.isclose(np.corrcoef(noise[1:], noise[:-1])[0, 1], 0.8, atol=0.02)
    assert np.isclose(noise.var(), 0.09 / (1 - 0.8**2), rtol=0.06)
    # The naive error of a sine and AR(1) noise, each by its autocorrelation at one step.
    naive = np.mean(np.diff(series.values[:, 0]) ** 2)
    assert np.isclose(naive, 1 - np.cos(2 * np.pi / 24) + 2 * 0.25 * (1 - 0.8), rtol=0.03)


def test_forecasts_lie_between_the_best_and_the_naive(verdict) -> None:
    facts = verdict("E12")["facts"]
    for name in ("one-value", "three-values"):
        mean, low, _ = facts[f"{name}, LSTM: error"]
        assert facts[f"{name}: best possible"] * 0.95 < mean < facts[f"{name}: naive"]
        assert low < mean
        assert 0.4 < facts[f"{name}, LSTM: share of the way"] <= 1.05
    assert len(verdict("E12")["pictures"]) == 4
