"""Neighbours of words against a plain loop, the map against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.errors import DureError
from dure.inspection.measures.embeddings import embedding_map, neighbours
from dure.inspection.network.network import Network

WORDS = ["<pad>", "<start>", "<unknown>"]
WORDS += ["good", "great", "bad", "awful", "film", "actor", "plot", "slow"]
INDEX = {word: number for number, word in enumerate(WORDS)}


@pytest.fixture(scope="module")
def network() -> Network:
    import keras

    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Embedding(len(WORDS), 3, name="words"),
            keras.layers.Flatten(name="flat"),
        ]
    )
    return Network(model)


def _plain_neighbours(vectors, word, count):
    own = vectors[INDEX[word]]
    found = []
    for other in WORDS[3:]:
        vector = vectors[INDEX[other]]
        if other != word:
            cosine = own @ vector / (np.sqrt(own @ own) * np.sqrt(vector @ vector))
            found.append((cosine, other))
    return sorted(found, reverse=True)[:count]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 9))
def test_neighbours_equal_a_plain_loop(network, seed, count) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(WORDS), 3))
    network.model.layers[0].set_weights([vectors])
    found = neighbours(network, ["good", "slow"], count, word_index=INDEX)
    assert found["rank"].values.tolist() == list(range(1, min(count, 7) + 1))
    for word in ("good", "slow"):
        expected = _plain_neighbours(vectors, word, count)
        own = found.sel(word=word)
        assert own["neighbour"].values.tolist() == [other for _, other in expected]
        np.testing.assert_allclose(own["similarity"], [c for c, _ in expected], atol=1e-5)


def test_vectors_of_length_zero_are_like_nothing(network) -> None:
    vectors = np.ones((len(WORDS), 3))
    vectors[INDEX["slow"]] = 0
    network.model.layers[0].set_weights([vectors])
    found = neighbours(network, "good", 7, word_index=INDEX)
    assert found["neighbour"].values[0, -1] == "slow" and found["similarity"].values[0, -1] == 0


def test_faults_in_words_come_all_at_once(network) -> None:
    index = {**INDEX, "rare": 99}
    with pytest.raises(DureError) as told:
        neighbours(network, ["god", "rare", "good"], word_index=index)
    assert "'god' is not in the word_index. Did you mean 'good'?" in str(told.value)
    assert "'rare' is number 99, beyond the vocabulary of 'words'" in str(told.value)
    with pytest.raises(DureError, match="no words came"):
        neighbours(network, [], word_index=INDEX)
    with pytest.raises(DureError, match="count is 0"):
        neighbours(network, ["good"], 0, word_index=INDEX)


def test_models_and_data_without_words_are_told(network, pictures) -> None:
    with pytest.raises(DureError, match="no word_index"):
        neighbours(network, ["good"], word_index=None)
    with pytest.raises(DureError, match="no Embedding in 'pictures'"):
        neighbours(pictures.network, ["good"], word_index=INDEX)
    with pytest.raises(DureError, match="'flat' is no Embedding.*Embeddings: words"):
        embedding_map(network, layer="flat", word_index=INDEX)


def test_the_map_keeps_what_lies_on_a_plane(network) -> None:
    """Vectors on a plane keep their distances; shares of variance are those of its axes."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0][:2]
    flat = rng.normal(size=(len(WORDS), 2)) * [3.0, 1.0]
    network.model.layers[0].set_weights([flat @ axes + 5.0])
    found = embedding_map(network, word_index=INDEX)
    assert found["word"].values.tolist() == WORDS[3:]  # the commonest first, no marks
    own = flat[3:]
    for pair in ((0, 1), (2, 7), (5, 6)):
        np.testing.assert_allclose(
            np.linalg.norm(found.values[pair[0]] - found.values[pair[1]]),
            np.linalg.norm(own[pair[0]] - own[pair[1]]),
            rtol=1e-4,
        )
    variances = np.linalg.eigvalsh(np.cov(own.T))[::-1]
    np.testing.assert_allclose(found.attrs["explained"], variances / variances.sum(), rtol=1e-4)
    some = embedding_map(network, ["bad", "film", "plot"], word_index=INDEX)
    assert some["word"].values.tolist() == ["bad", "film", "plot"]
    with pytest.raises(DureError, match="at least 3 words"):
        embedding_map(network, ["bad", "film"], word_index=INDEX)
