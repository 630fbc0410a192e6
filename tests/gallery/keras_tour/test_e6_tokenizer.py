"""Rows E6 and E7: tokenizer and padding, one-hot against Embedding; each run once in quick mode."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

import dure
from dure.gallery.keras_tour.e6_tokenizer import NEW, TEXTS, film_lines
from helpers.gallery_rows import needs_excerpts, run_quick


@pytest.fixture(scope="module")
def e6(tmp_path_factory):
    return run_quick("E6", tmp_path_factory.mktemp("E6"))


@pytest.fixture(scope="module")
def e7_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("E7")


@pytest.fixture(scope="module")
def e7(e7_folder):
    return run_quick("E7", e7_folder)


def _ranked() -> list[str]:
    words = [re.findall(r"[a-z]+", text.lower()) for text in TEXTS]
    return [word for word, _ in Counter(word for text in words for word in text).most_common()]


def test_e6_words_by_frequency_and_back(e6) -> None:
    facts, ranked = e6["facts"], _ranked()
    assert facts["word_index"] == {word: rank for rank, word in enumerate(ranked, 1)}
    new = NEW.lower().split()
    # num_words=6: five words are kept, or four and the mark.
    kept = [word for word in new if word in ranked[:5]]
    assert facts["dropped"] == [ranked.index(word) + 1 for word in kept]
    assert facts["dropped_back"] == " ".join(kept)
    assert facts["marked"] == [ranked.index(w) + 2 if w in ranked[:4] else 1 for w in new]
    assert facts["marked_back"] == " ".join(w if w in ranked[:4] else "<OOV>" for w in new)


def test_e6_pads_and_cuts_at_either_side(e6) -> None:
    ranked = _ranked()
    for (padding, cutting), rows in zip(
        [("pre", "pre"), ("pre", "post"), ("post", "pre"), ("post", "post")],
        e6["facts"]["padded"],
        strict=True,
    ):
        for text, row in zip(TEXTS, rows, strict=True):
            tokens = [ranked.index(word) + 1 for word in re.findall(r"[a-z]+", text.lower())]
            tokens = tokens[-6:] if cutting == "pre" else tokens[:6]
            zeros = [0] * (6 - len(tokens))
            assert row == (zeros + tokens if padding == "pre" else tokens + zeros)


def test_e6_words_are_saved_with_the_model(e6) -> None:
    assert e6["facts"]["reloaded_difference"] == 0
    good, bad = e6["facts"]["reloaded"]
    assert good > 0.5 > bad


def test_e6_does_without_film_lines(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("DURE_DATA", raising=False)
    assert film_lines() is None
    monkeypatch.setenv("DURE_DATA", str(tmp_path))
    assert film_lines() is None
    (tmp_path / "rt-polarity.jsonl.gz").touch()
    assert film_lines() == tmp_path / "rt-polarity.jsonl.gz"


@needs_excerpts
def test_e6_tells_which_side_is_better(e6) -> None:
    for what in ("padding", "cutting"):
        mean, low, high = e6["facts"][f"{what}_pre_minus_post"]
        assert low <= mean <= high
    assert set(e6["pictures"]) == {"padding.png", "sides.png"}


@needs_excerpts
def test_e7_sizes(e7) -> None:
    facts = e7["facts"]
    assert facts["parameters_one-hot"] == 2_481 == 300 * 8 + 8 * 8 + 8 + 8 + 1
    assert facts["parameters_embedding"] == 5_009 == 300 * 16 + 16 * 8 + 8 * 8 + 8 + 8 + 1
    assert facts["bytes"] == [2_400_000_000, 8_000_000]
    assert [one["note"] for one in e7["comparisons"]] == [0.747, 0.750]


@needs_excerpts
def test_e7_codings_share_seeds_and_rows(e7, e7_folder) -> None:
    found = {name: dure.load(e7_folder / name) for name in ("one-hot", "embedding")}
    splits = {one.manifest["study"]["splits"] for one in found.values()}
    assert len(splits) == 1
    best = {
        name: [
            float(one.lane(name, s).curves["val_accuracy"][one.lane(name, s).best_epoch - 1])
            for s in (0, 1)
        ]
        for name, one in found.items()
    }
    pairs = [e - o for e, o in zip(best["embedding"], best["one-hot"], strict=True)]
    assert e7["facts"]["embedding minus one-hot, validation accuracy"][0] == pytest.approx(
        sum(pairs) / 2, abs=1e-7
    )


@needs_excerpts
def test_e7_neighbours_are_the_nearest_vectors(e7, e7_folder) -> None:
    result = dure.load(e7_folder / "newswires")
    index = dure.data.reuters(num_words=2_000, maxlen=40).word_index
    nearest = []
    for seed in (0, 1):
        vectors = next(
            v for v in result.lane("averaging", seed).weights().values() if len(v) == 2_000
        )
        vectors = vectors.astype(float)
        oil = vectors[index["oil"]]
        words = [w for w in index if w != "oil" and not w.startswith("<")]
        cosine = {
            w: vectors[index[w]] @ oil / np.linalg.norm(vectors[index[w]]) / np.linalg.norm(oil)
            for w in words
        }
        nearest.append(sorted(words, key=cosine.__getitem__, reverse=True)[:10])
    told = next(line for line in e7["lines"] if line.startswith("newswires, nearest"))
    assert f"oil: {', '.join(nearest[0][:4])};" in told
    shared = e7["facts"]["shared_newswires"]
    assert 0 <= shared <= 10 and round(6 * shared) == pytest.approx(6 * shared)
    assert 6 * shared >= len(set(nearest[0]) & set(nearest[1]))
    assert {"beside.png", "neighbours-newswires.png", "map-newswires.png"} <= set(e7["pictures"])
