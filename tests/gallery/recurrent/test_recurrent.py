"""Rows D1 to D7: reviews and recurrent networks."""

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import xarray as xr

import dure
from dure.gallery.recurrent import d2_one_hot_rnn, d7_memory
from dure.gallery.shared.memory import beyond
from helpers.gallery_rows import needs_excerpts, run_quick

pytestmark = needs_excerpts


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Each row's verdict, run when first asked for."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = run_quick(name, tmp_path_factory.mktemp(name))
        return known[name]

    return of


def _recurrent(gates, units, inputs, biases=1):
    """Weights of a recurrent layer: kernel, recurrent kernel and bias for each gate."""
    return gates * units * (inputs + units + biases)


EMBEDDING, OUTPUT = 500 * 16, 8 + 1
COUNTS = {
    "D2": (2_481, "vocabulary=500", _recurrent(1, 8, 500) + OUTPUT),
    "D3": (5_009, None, None),
    "D4": (EMBEDDING + _recurrent(4, 8, 16) + OUTPUT, None, None),
    "D5": (
        EMBEDDING + _recurrent(4, 8, 16) + _recurrent(4, 8, 8) + OUTPUT,
        "layer_count=1",
        EMBEDDING + _recurrent(4, 8, 16) + OUTPUT,
    ),
    # Keras' GRU has a bias before and one behind the reset gate.
    "D6": (
        EMBEDDING + _recurrent(3, 8, 16, 2) + _recurrent(3, 8, 8, 2) + OUTPUT,
        "layer_count=1",
        EMBEDDING + _recurrent(3, 8, 16, 2) + OUTPUT,
    ),
}


def test_lengths_are_those_of_the_excerpt(verdicts) -> None:
    with np.load(Path(os.environ["DURE_DATA"]) / "imdb-6k.npz", allow_pickle=False) as held:
        lengths = np.diff(held["train_offsets"])
    facts = verdicts("D1")["facts"]
    assert facts["reviews"] == lengths.size == 5_000
    assert facts["mean"] == pytest.approx(lengths.sum() / lengths.size)
    assert facts["median"] == sorted(lengths)[2_500]  # 5,000 of them: the middle two are equal
    assert facts["longer_than_cut"] == pytest.approx(sum(n > 100 for n in lengths) / 5_000)
    low, high = facts["mean_interval"]
    # Against the normal approximation of the interval of a mean.
    half = 1.96 * lengths.std() / np.sqrt(lengths.size)
    assert high - facts["mean"] == pytest.approx(half, rel=0.15)
    assert facts["mean"] - low == pytest.approx(half, rel=0.15)


@pytest.mark.parametrize("row", COUNTS)
def test_parameters(verdicts, row) -> None:
    first, other, count = COUNTS[row]
    facts = verdicts(row)["facts"]
    assert facts["parameters"] == first
    assert other is None or facts[f"parameters {other}"] == count


@pytest.mark.parametrize("row", COUNTS)
def test_what_is_told_of_training(verdicts, row) -> None:
    verdict = verdicts(row)
    assert verdict["lanes"] == 4 and "loss.png" in verdict["pictures"]
    assert verdict["facts"]["training_rows"] == 1_200
    assert verdict["facts"]["updates_per_epoch"] == 19  # 18 batches of 64, and 48 more
    assert any("too few to test. So far, val_loss less" in line for line in verdict["lines"])


@pytest.mark.parametrize(
    ("row", "notes"), [("D2", [0.747, 0.5195, 36 * 313]), ("D3", [0.750, 0.5124, 20 * 313])]
)
def test_the_notes_figures_stand_beside(verdicts, row, notes) -> None:
    compared = verdicts(row)["comparisons"]
    assert [one["note"] for one in compared] == notes
    assert all(one["low"] <= one["mean"] <= one["high"] and one["lanes"] == 2 for one in compared)


def test_one_hot_arrays_would_take_gigabytes(verdicts) -> None:
    facts = verdicts("D2")["facts"]
    assert facts["integer_bytes"] == 1_200 * 100 * 4
    assert facts["one_hot_bytes"] == 1_200 * 100 * 300 * 4
    assert facts["one_hot_bytes_note"] == 2.4e9
    assert facts["planned_bytes"] < facts["one_hot_bytes"] / 10


def test_the_excerpt_gets_as_many_updates_as_the_note() -> None:
    study = d2_one_hot_rnn.study()
    epochs = study.epochs * study.splits[0].train.size
    assert epochs == 100 * 20_000
    assert study.callbacks[0].patience * study.splits[0].train.size == 3 * 20_000


def test_one_hot_rnn_equals_to_categorical() -> None:
    """The row's network on integers, and the notes' own on dense arrays in Keras' own fit."""
    wide, narrow = (dure.data.imdb(num_words=n, maxlen=100) for n in (500, 300))
    rows, labels = slice(192), wide.y[:192]
    ours = d2_one_hot_rnn.build(300)
    theirs = keras.Sequential(
        [
            keras.layers.Input((100, 300)),
            keras.layers.SimpleRNN(8),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    theirs.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    theirs.set_weights(ours.get_weights())
    options = {"batch_size": 64, "epochs": 3, "shuffle": False, "validation_split": 0.25}
    dense = keras.utils.to_categorical(narrow.x[rows], 300)
    expected = theirs.fit(dense, labels, verbose=0, **options).history
    found = dure.fit(ours, wide.x[rows], labels, verbose=0, **options).history
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5, err_msg=name)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_memory_is_measured_on_both_tasks_both_ways(verdicts) -> None:
    verdict = verdicts("D7")
    facts = verdict["facts"]
    assert verdict["lanes"] == 12
    assert verdict["pictures"] == ["memory-reviews.png", "memory-recall.png"]
    for task, steps in (("reviews", 100), ("recall", 11)):
        for cell in ("SimpleRNN", "LSTM", "GRU"):
            for way in ("untrained, by a touch", *d7_memory.WAYS.values()):
                horizons = facts[f"horizons: {task}, {cell}, {way}"]
                assert len(horizons) == 2
                assert all(h is None or 0 < h < steps for h in horizons)
    json.dumps(facts, allow_nan=False)  # infinite horizons are null, counted in the words
    assert any("of 2 without one" in line for line in verdict["lines"])


def test_gates_of_fresh_networks_forget_and_an_orthogonal_matrix_does_not(verdicts) -> None:
    facts = verdicts("D7")["facts"]
    horizons = {
        cell: facts[f"horizons: reviews, {cell}, untrained, by a touch"]
        for cell in ("SimpleRNN", "LSTM", "GRU")
    }
    assert horizons["SimpleRNN"] == [None, None]
    # A fresh LSTM keeps sigmoid(1) of its state a step, a fresh GRU about a half and what comes
    # through its candidate: 0.01 is reached at these distances or somewhat later.
    assert all(np.log(0.01) / np.log(0.731) <= h < 50 for h in horizons["LSTM"])
    assert all(np.log(0.01) / np.log(0.5) <= h < 20 for h in horizons["GRU"])


def test_truncation_cuts_less_the_further_back(verdicts) -> None:
    facts = verdicts("D7")["facts"]
    for cell in ("SimpleRNN", "LSTM", "GRU"):
        cut = [facts[f"beyond {steps}: reviews, {cell}"] for steps in (10, 20, 50)]
        assert 1 > cut[0] > cut[1] > cut[2] >= 0


def test_who_recalls_the_symbol_remembers_it(verdicts) -> None:
    facts = verdicts("D7")["facts"]
    assert min(facts["val_accuracy: recall, SimpleRNN"]) > 0.9
    for cell in ("SimpleRNN", "LSTM", "GRU"):
        right = np.array(facts[f"val_accuracy: recall, {cell}"]) > 0.9
        horizons = facts[f"horizons: recall, {cell}, trained, by another input"]
        assert all(h is None for h, is_right in zip(horizons, right, strict=True) if is_right)
    assert facts["share of the symbol: SimpleRNN"] > 0.5


def test_share_beyond_by_hand() -> None:
    first = [[4.0, 2.0, 1.0, 1.0], [1.0, 1.0, np.nan, np.nan]]
    second = [[0.0, 0.0, 0.0, 3.0], [1.0, 1.0, 1.0, 1.0]]
    measured = xr.Dataset({"size": (("lane", "row", "distance"), [first, second])})
    assert beyond(measured, 2).mean == pytest.approx(((0.25 + 0) / 2 + (1 + 0.5) / 2) / 2)
