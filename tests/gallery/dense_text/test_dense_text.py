"""Rows B1 to B4: dense networks on text, each run once in quick mode."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import dure
from dure.gallery.dense_text.b2_decode_review import load_coded
from helpers.gallery_rows import needs_excerpts, run_quick

pytestmark = needs_excerpts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


@pytest.fixture(scope="module")
def b1(folder):
    return run_quick("B1", folder / "B1")


@pytest.fixture(scope="module")
def b2(folder):
    return run_quick("B2", folder / "B2")


@pytest.fixture(scope="module")
def b3(folder):
    return run_quick("B3", folder / "B3")


@pytest.fixture(scope="module")
def b4(folder):
    return run_quick("B4", folder / "B4")


def test_b1_counts_and_epochs(b1) -> None:
    facts = b1["facts"]
    assert facts["parameters"] == 160_305 == (10_000 + 1) * 16 + (16 + 1) * 16 + 16 + 1
    turned = facts["turning_epochs"]
    assert len(turned) == 2 and facts["epochs_on_all"] == round(sum(turned) / 2)
    by_what = {one["what"]: one for one in b1["comparisons"]}
    epoch, updates = (
        by_what[f"{what} the least validation loss"] for what in ("epoch with", "updates until")
    )
    assert (epoch["note"], updates["note"]) == (4, 4 * 30)
    assert epoch["mean"] == sum(turned) / 2
    assert updates["mean"] == pytest.approx(epoch["mean"] * -(-3_000 // 512))
    assert {"loss.png", "accuracy.png"} <= set(b1["pictures"])
    assert 0.7 < facts["test_accuracy"] < 1


def test_b1_first_rows_validate(b1, folder) -> None:
    """The last validation loss of a lane, from its final weights with plain NumPy."""
    lane = dure.load(folder / "B1" / "dense-reviews").lane("dense", 1)
    weights = [weight for _, weight in sorted(lane.weights("final").items())]
    data = dure.data.imdb(num_words=10_000, maxlen=200)
    hidden = np.zeros((2_000, 10_000), np.float32)
    for review, words in zip(hidden, data.x, strict=False):
        for word in set(words.tolist()) - {0}:
            review[word] = 1
    for kernel, bias in zip(weights[:4:2], weights[1:4:2], strict=True):
        hidden = np.maximum(hidden @ kernel + bias, 0)
    said = 1 / (1 + np.exp(-(hidden @ weights[4] + weights[5])[:, 0]))
    truth = data.y[:2_000]
    loss = -np.mean(truth * np.log(said) + (1 - truth) * np.log(1 - said))
    assert float(lane.curves["val_loss"][-1]) == pytest.approx(loss, rel=1e-4)


def test_b2_words_are_ranks_and_three(b2) -> None:
    facts, data = b2["facts"], load_coded()
    turned = {number: word for word, number in data.word_index.items()}
    assert facts["tokens"][0] == 1 and 0 not in facts["tokens"]
    for token, word, hand in zip(facts["tokens"], facts["words"], facts["by_hand"], strict=True):
        marks = {1: "<start>", 2: "<unknown>"}
        assert word == marks.get(token, turned.get(token))
        assert hand == ("?" if token < 4 else word)
    assert facts["same_by_hand"]
    assert turned[4] == "the"  # the commonest English word has rank 1


def test_b2_counts_unknown_words(b2) -> None:
    counts = Counter(load_coded().x.ravel().tolist())
    counts = {token: n for token, n in counts.items() if token > 1}
    for vocabulary, share in b2["facts"]["unknown"].items():
        lost = sum(n for token, n in counts.items() if token == 2 or token >= int(vocabulary))
        assert share == pytest.approx(lost / sum(counts.values()))
    assert {"side-by-side.png", "unknown.png"} == set(b2["pictures"])


def test_b3_targets_agree_and_a_guess_is_beaten(b3) -> None:
    facts, data = b3["facts"], dure.data.reuters()
    assert facts["parameters"] == 10_001 * 64 + 65 * 64 + 65 * 46
    assert facts["largest_difference"] < 1e-5
    common = Counter(data.y.tolist()).most_common(1)[0][0]
    assert facts["guess"] == Counter(data.test.y.tolist())[common] / len(data.test.y)
    assert facts["test_accuracy"] > facts["guess"] + 0.2
    assert [one["note"] for one in b3["comparisons"]] == [9, 9 * 16]
    assert {"loss.png", "accuracy.png", "confusion.png"} == set(b3["pictures"])


def test_b3_largest_difference_is_that_of_the_curves(b3, folder) -> None:
    curves = [
        dure.load(folder / "B3" / name).curves["val_loss"].values.ravel()
        for name in ("newswires", "newswires-integers")
    ]
    assert len(curves[0]) and np.isfinite(curves).all()
    gap = max(abs(a - b) for a, b in zip(*curves, strict=True))
    assert b3["facts"]["largest_difference"] == gap


def test_b4_says_what_one_run_shows(b4, folder) -> None:
    result = dure.load(folder / "B4" / "curves")
    for metric in ("loss", "accuracy"):
        last = [float(result.lane("dense", s).curves[f"val_{metric}"][-1]) for s in range(3)]
        assert b4["facts"][f"last_val_{metric}"] == last
        said = next(line for line in b4["lines"] if line.startswith(f"Validation {metric} at"))
        assert f"from {min(last):.3f} to {max(last):.3f}" in said
    assert len(b4["pictures"]) == 4
