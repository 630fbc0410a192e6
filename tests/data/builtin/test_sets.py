"""Real sets: shapes, ranges, names and marks; excerpts there, broken and not there."""

import gzip
import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dure
from dure.data.builtin.word_ids import Coded, as_coded

EXCERPTS = {
    "mnist": "mnist-15k.npz",
    "fashion_mnist": "fashion-900.npz",
    "imdb": "imdb-6k.npz",
    "reuters": "reuters-46.jsonl.gz",
}


# Inside scikit-learn


def test_digits() -> None:
    from sklearn.datasets import load_digits

    data, loaded = dure.data.digits(), load_digits()
    assert data.x.shape == (1437, 8, 8, 1)
    assert data.test.x.shape == (360, 8, 8, 1)
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)
    assert (data.kind, data.task, data.y.dtype) == ("image", "classification", np.int64)
    assert data.class_names == tuple("0123456789")
    shares = np.bincount(data.test.y) / np.bincount(loaded.target)
    assert shares.min() > 0.19
    assert shares.max() < 0.21
    # Training and test rows together are scikit-learn's rows, each as often as there.
    both = np.concatenate([data.x, data.test.x]).reshape(-1, 64) * 16
    assert Counter(map(bytes, both.astype(np.uint8))) == Counter(
        map(bytes, loaded.data.astype(np.uint8))
    )


def test_breast_cancer() -> None:
    from sklearn.datasets import load_breast_cancer

    data, loaded = dure.data.breast_cancer(), load_breast_cancer()
    assert data.x.shape == (455, 30)
    assert data.test.x.shape == (114, 30)
    assert data.class_names == ("malignant", "benign")
    assert data.feature_names[:2] == ("mean radius", "mean texture")
    assert (data.kind, data.task, data.y.dtype) == ("tabular", "classification", np.int64)
    assert_divided(data, loaded)


def test_diabetes() -> None:
    from sklearn.datasets import load_diabetes

    data, loaded = dure.data.diabetes(), load_diabetes()
    assert data.x.shape == (353, 10)
    assert data.test.x.shape == (89, 10)
    assert data.feature_names == ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    assert (data.kind, data.task) == ("tabular", "regression")
    assert (data.y.dtype, data.class_names) == (np.float32, None)
    both = np.concatenate([data.y, data.test.y])
    assert (both.min(), both.max()) == (25, 346)
    assert_divided(data, loaded)


def assert_divided(data: Any, loaded: Any) -> None:
    """Every row of scikit-learn's is in one part only, with its own target."""
    rows = [tuple(row) for row in np.column_stack([data.x, data.y])]
    test = [tuple(row) for row in np.column_stack([data.test.x, data.test.y])]
    everything = np.column_stack([loaded.data.astype(np.float32), loaded.target.astype(np.float32)])
    assert not set(rows) & set(test)
    assert Counter(rows + test) == Counter(tuple(row) for row in everything)


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "diabetes"])
def test_sets_are_the_same_every_time_and_say_where_they_are_from(name: str) -> None:
    one, other = getattr(dure.data, name)(), getattr(dure.data, name)()
    assert one.fingerprint == other.fingerprint
    assert "scikit-learn" in one.source
    assert not one.excerpt


# Integers for words


texts = st.lists(st.lists(st.integers(1, 30), max_size=8), min_size=1, max_size=5)


@given(texts, st.integers(1, 10), st.integers(5, 40))
def test_texts_are_padded_and_limited_as_by_keras(
    lists: list[list[int]], maxlen: int, num_words: int
) -> None:
    import keras

    limited = [[token if token < num_words else 2 for token in text] for text in lists]
    coded = Coded.of(lists).limited(num_words)
    made = coded.padded(maxlen)
    np.testing.assert_array_equal(made, keras.utils.pad_sequences(limited, maxlen))
    assert made.dtype == np.int32
    assert coded.longest == max(map(len, lists))


def test_a_word_index_holds_the_words_that_can_occur() -> None:
    index = as_coded({"two": 2, "three": 3, "one": 1}, num_words=6)
    assert list(index.items()) == [
        ("<pad>", 0),
        ("<start>", 1),
        ("<unknown>", 2),
        ("one", 4),
        ("two", 5),
    ]


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_arguments_that_are_no_numbers_are_told_at_once(name: str) -> None:
    with pytest.raises(dure.StudyError) as caught:
        getattr(dure.data, name)(num_words=4, maxlen=0)
    assert len(caught.value.faults) == 2
    for wrong in (True, 5.0, "500"):
        with pytest.raises(dure.StudyError, match="num_words"):
            getattr(dure.data, name)(num_words=wrong)


# Excerpts: small ones in the format of the real ones


def save_excerpts(folder: Path) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    arrays = {
        "x_train": random.integers(0, 256, (40, 28, 28), np.uint8),
        "y_train": (np.arange(40) % 10).astype(np.uint8),
        "x_test": random.integers(0, 256, (20, 28, 28), np.uint8),
        "y_test": (np.arange(20) % 10).astype(np.uint8),
    }
    np.savez(folder / "mnist-15k.npz", **arrays)
    clothes = random.integers(0, 256, (100, 28, 28), np.uint8)
    np.savez(folder / "fashion-900.npz", x=clothes, y=np.repeat(np.arange(10, dtype=np.uint8), 10))
    np.savez(folder / "imdb-6k.npz", **REVIEWS)
    lines = "\n".join(json.dumps({"id": n, **wire}) for n, wire in enumerate(WIRES))
    (folder / "reuters-46.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return arrays


REVIEWS = {
    "train_tokens": np.array([1, 14, 499, 2, 1, 7, 1, 9, 9, 9, 300], np.int16),
    "train_offsets": np.array([0, 4, 6, 11], np.int32),
    "y_train": np.array([1, 0, 1], np.uint8),
    "test_tokens": np.array([1, 5, 1, 6, 6, 6, 6, 6], np.int16),
    "test_offsets": np.array([0, 2, 8], np.int32),
    "y_test": np.array([0, 1], np.uint8),
}
WIRES = [
    {"split": "train", "topic": "tin", "title": "TIN UP", "body": "The tin price,\nthe tin pact"},
    {"split": "test", "topic": "cocoa", "title": "Cocoa", "body": "the unheard PRICE"},
    {"split": "train", "topic": "acq", "title": "", "body": "Tin up?"},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small excerpts that DURE_DATA names."""
    save_excerpts(tmp_path)
    monkeypatch.setenv("DURE_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras' own folder, empty."""
    from keras.src.backend import config

    home = tmp_path / "keras"
    home.mkdir()
    monkeypatch.setattr(config, "_KERAS_DIR", str(home))
    return home


def test_mnist_reads_the_excerpt_and_says_so(folder: Path) -> None:
    arrays = save_excerpts(folder)
    data = dure.data.mnist()
    assert data.excerpt
    assert data.source.endswith("excerpt: 40 training and 20 test digits")
    assert "excerpt" in repr(data)
    expected = arrays["x_train"].astype(np.float64)[..., None] / 255
    np.testing.assert_allclose(data.x, expected, atol=1e-7)
    np.testing.assert_array_equal(data.test.y, arrays["y_test"])
    assert (data.x.dtype, data.kind) == (np.float32, "image")


def test_fashion_mnist_parts_its_excerpt_fairly(folder: Path) -> None:
    data = dure.data.fashion_mnist()
    assert (data.x.shape, data.test.x.shape) == ((80, 28, 28, 1), (20, 28, 28, 1))
    assert set(np.bincount(data.test.y)) == {2}
    assert data.source.endswith("excerpt: 100 pictures")
    assert data.excerpt
    with np.load(folder / "fashion-900.npz") as saved:
        known = dict(zip(map(bytes, saved["x"]), saved["y"], strict=True))
    shown = np.concatenate([data.x, data.test.x])[..., 0] * 255
    keys = [bytes(picture) for picture in np.round(shown).astype(np.uint8)]
    assert [known.pop(key) for key in keys] == [*data.y, *data.test.y]
    assert not known  # each picture once
    assert dure.data.fashion_mnist().fingerprint == data.fingerprint


def test_imdb_reads_the_excerpt(folder: Path) -> None:
    data = dure.data.imdb()
    assert data.x.tolist() == [[0, 0, 1, 14, 499, 2], [0, 0, 0, 0, 1, 7], [0, 1, 9, 9, 9, 300]]
    assert data.test.x.tolist() == [[0, 0, 0, 0, 1, 5], [1, 6, 6, 6, 6, 6]]
    assert (data.y.tolist(), data.test.y.tolist()) == ([1, 0, 1], [0, 1])
    assert (data.x.dtype, data.y.dtype, data.kind) == (np.int32, np.int64, "text")
    assert data.excerpt
    assert data.word_index is None
    assert data.source.endswith("excerpt: 3 training and 2 test reviews, coded with num_words=500")
    few = dure.data.imdb(num_words=9, maxlen=3)
    assert few.x.tolist() == [[2, 2, 2], [0, 1, 7], [2, 2, 2]]
    assert few.source.endswith("test reviews")


def test_imdb_takes_the_words_from_the_cache_of_keras(folder: Path, keras_home: Path) -> None:
    file = keras_home / "datasets" / "imdb_word_index.json"
    file.parent.mkdir()
    text = json.dumps({"the": 1, "br": 11, "last": 496, "rare": 497})
    file.write_text(text, encoding="utf-8")
    data = dure.data.imdb()
    assert set(data.word_index) == {"<pad>", "<start>", "<unknown>", "the", "br", "last"}
    assert data.decode(data.x[0]) == "<start> br last <unknown>"
    assert "last" not in dure.data.imdb(num_words=400).word_index
    file.write_text(
        text[:9], encoding="utf-8"
    )  # half-written: Keras downloads it again when it is asked to
    assert dure.data.imdb().word_index is None


def test_reuters_codes_the_excerpt_by_its_training_part(folder: Path) -> None:
    data = dure.data.reuters()
    assert data.class_names == ("acq", "cocoa", "tin")
    assert (data.y.tolist(), data.test.y.tolist()) == ([2, 0], [1])
    # tin 4 times, up and the 2, price and pact 1; equal ones as they came.
    words = {"tin": 4, "up": 5, "the": 6, "price": 7, "pact": 8}
    assert data.word_index == {"<pad>": 0, "<start>": 1, "<unknown>": 2, **words}
    assert data.x.tolist() == [[1, 4, 5, 6, 4, 7, 6, 4, 8], [0, 0, 0, 0, 0, 0, 1, 4, 5]]
    assert data.test.x.tolist() == [[0, 0, 0, 0, 1, 2, 6, 2, 7]]
    assert data.decode(data.test.x[0]) == "<start> <unknown> the <unknown> price"
    assert (data.x.dtype, data.y.dtype, data.kind) == (np.int32, np.int64, "text")
    assert data.excerpt
    assert data.source.endswith("excerpt: 2 training and 1 test wires")
    few = dure.data.reuters(num_words=6, maxlen=3)
    assert few.x.tolist() == [[2, 4, 2], [1, 4, 5]]
    assert set(few.word_index) == {"<pad>", "<start>", "<unknown>", "tin", "up"}


@pytest.mark.parametrize("name", EXCERPTS)
def test_a_missing_excerpt_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DURE_DATA", str(tmp_path))
    with pytest.raises(dure.DureError) as caught:
        getattr(dure.data, name)()
    assert f"DURE_DATA names the folder {str(tmp_path)!r}, which holds no {EXCERPTS[name]}" in str(
        caught.value
    )


def spoilt(file: bytes) -> dict[str, bytes]:
    array = io.BytesIO()
    np.save(array, np.arange(3))
    other = io.BytesIO()
    np.savez(other, x=np.arange(3), y=np.arange(2))
    return {
        "empty": b"",
        "half": file[: len(file) // 2],
        "text": b"not what it says it is",
        "one array": array.getvalue(),
        "other arrays": other.getvalue(),
        "no object a line": gzip.compress(b"[1, 2]\n"),
        "no such column": gzip.compress(b'{"split": "train"}\n'),
        "one part": gzip.compress((json.dumps(WIRES[0]) + "\n").encode()),
        "not UTF-8": gzip.compress(b"\xff\xfe\n"),
    }


@pytest.mark.parametrize("name", EXCERPTS)
@pytest.mark.parametrize("how", spoilt(b""))
def test_a_broken_excerpt_is_one_error_that_names_it(name: str, how: str, folder: Path) -> None:
    file = folder / EXCERPTS[name]
    file.write_bytes(spoilt(file.read_bytes())[how])
    with pytest.raises(dure.DureError, match="cannot be read") as caught:
        getattr(dure.data, name)()
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"train_offsets": np.array([0, 4, 11], np.int32)},
        {"train_offsets": np.array([0, 4, 6, 12], np.int32)},
        {"train_offsets": np.array([0, 6, 4, 11], np.int32)},
        {"test_tokens": np.array([1, 5, 0, 6, 6, 6, 6, 6], np.int16)},
        {"y_test": np.array([0], np.uint8)},
    ],
)
def test_reviews_that_do_not_fit_together_are_refused(
    change: dict[str, np.ndarray], folder: Path
) -> None:
    np.savez(folder / "imdb-6k.npz", **{**REVIEWS, **change})
    with pytest.raises(dure.DureError, match=r"imdb-6k\.npz cannot be read .*(fit|empty)"):
        dure.data.imdb()


# The real excerpts, where they are


@pytest.fixture
def real() -> None:
    folder = os.environ.get("DURE_DATA")
    missing = [name for name in EXCERPTS.values() if not (Path(folder or "") / name).is_file()]
    if not folder or missing:
        pytest.skip("DURE_DATA names no folder that holds the excerpts")


def test_the_real_pictures(real: None) -> None:
    digits, clothes = dure.data.mnist(), dure.data.fashion_mnist()
    assert (digits.x.shape, digits.test.x.shape) == ((10_000, 28, 28, 1), (5_000, 28, 28, 1))
    assert (clothes.x.shape, clothes.test.x.shape) == ((720, 28, 28, 1), (180, 28, 28, 1))
    assert set(np.bincount(clothes.y)) == {72}
    for data in (digits, clothes):
        assert (data.x.min(), data.x.max()) == (0.0, 1.0)
        assert set(data.y) == set(data.test.y) == set(range(10))
        assert data.excerpt
    # Row C3 of the notes.
    assert digits.test.y[:5].tolist() == [7, 2, 1, 0, 4]


def test_the_real_texts(real: None) -> None:
    reviews, wires = dure.data.imdb(), dure.data.reuters()
    assert (reviews.x.shape, reviews.test.x.shape) == ((5_000, 1_851), (1_000, 1_851))
    assert (wires.x.shape, wires.test.x.shape) == ((5_923, 1_060), (2_330, 1_060))
    assert (reviews.x.max(), wires.x.max()) == (499, 9_999)
    assert set(reviews.y) == {0, 1}
    assert {*wires.y, *wires.test.y} == set(range(46)) == set(range(len(wires.class_names)))
    assert wires.class_names[45] == "zinc"
    # Row D1 of the notes: mean 239, median 178 on all 25,000.
    lengths = (reviews.x != 0).sum(axis=1)
    assert 230 < lengths.mean() < 250
    assert 170 < np.median(lengths) < 190
    for data in (reviews, wires):
        first = (data.x != 0).argmax(axis=1)
        assert (np.take_along_axis(data.x, first[:, None], 1) == 1).all()
        assert not (data.x == 3).any()
        assert data.excerpt
    assert wires.decode(wires.x[0]).startswith("<start> bahia cocoa review <unknown> continued")
