"""Real texts as integers, ready for a study: film reviews and newswires."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from dure.data.builtin.download import from_keras, keras_cache
from dure.data.builtin.excerpts import excerpt_file, read_arrays, read_records, reading
from dure.data.builtin.word_ids import INDEX_FROM, START_TOKEN, Coded, as_coded, check_coding
from dure.data.dataset import Data
from dure.data.text.tokenizer import UNKNOWN, Tokenizer

_REVIEWS, _WIRES = "imdb-6k.npz", "reuters-46.jsonl.gz"
_REVIEWS_INDEX = "imdb_word_index.json"
_EXCERPT_WORDS = 500
"""The `num_words` the excerpt of the reviews was coded with."""


class _Part(NamedTuple):
    texts: Coded
    labels: npt.NDArray[Any]


_CodedSet: TypeAlias = tuple[dict[str, int], _Part, _Part]
"""Words by rank, training and test part."""


def imdb(num_words: int = 10_000, maxlen: int | None = None) -> Data:
    """Film reviews, negative (0) or positive (1), as integers by how common a word is.

    Keras' coding: 0 padding, 1 start, 2 unknown word, 4 the commonest word, 5 the next; 3 stands
    for nothing. Downloaded once into Keras' own cache (`KERAS_HOME`); where ``DURE_DATA`` names a
    folder, the excerpt ``imdb-6k.npz`` in it is read instead, without a network.

    Parameters
    ----------
    num_words
        Integers from here on become 2. The excerpt tells apart only those below 500.
    maxlen
        Integers a review: longer ones lose their beginning, shorter ones are padded in front
        (the defaults of `keras.utils.pad_sequences`). None: the longest review, so that
        ``(data.x != 0).sum(axis=1)`` are the lengths of the reviews, start mark included.

    Returns
    -------
    25,000 rows and 25,000 test rows (excerpt: 5,000 and 1,000): `x` int32 [rows, maxlen], by
    default 2,494 wide (excerpt: 1,851), together 500 MB; `y` int64 labels. `word_index` holds the
    words below `num_words` and the marks "<pad>", "<start>", "<unknown>". With the excerpt it is
    None unless Keras' cache holds a sound ``imdb_word_index.json``.

    Raises
    ------
    DureError
        If there is neither a network nor an excerpt, or what came is broken; StudyError for
        arguments that are no such numbers.

    Examples
    --------
    >>> data = dure.data.imdb(num_words=500, maxlen=80)
    >>> data.x.shape[1:], data.kind
    ((80,), 'text')
    """
    check_coding("imdb", num_words, maxlen)
    path = excerpt_file(_REVIEWS)
    index, train, test, note = (
        _all_reviews(num_words) if path is None else _review_excerpt(path, num_words)
    )
    return _data(
        train,
        test,
        maxlen,
        class_names=["negative", "positive"],
        word_index=index,
        source=f"Large Movie Review set (Maas et al.) as Keras codes it{note}",
        excerpt=path is not None,
    )


def _all_reviews(num_words: int) -> tuple[dict[str, int], _Part, _Part, str]:
    ranks, train, test = from_keras(
        "The review set IMDB",
        lambda sets: _coded_set(sets.imdb, num_words),
        ["imdb.npz", _REVIEWS_INDEX],
        _REVIEWS,
    )
    return as_coded(ranks, num_words), train, test, ""


def _review_excerpt(path: Path, num_words: int) -> tuple[dict[str, int] | None, _Part, _Part, str]:
    with reading(path):
        train = _review_part(path, "train", num_words)
        test = _review_part(path, "test", num_words)
    ranks = _cached_ranks()
    index = None if ranks is None else as_coded(ranks, min(num_words, _EXCERPT_WORDS))
    note = f", excerpt: {_counts(train, test)} reviews"
    if num_words > _EXCERPT_WORDS:
        note += f", coded with num_words={_EXCERPT_WORDS}"
    return index, train, test, note


def reuters(num_words: int = 10_000, maxlen: int | None = None) -> Data:
    """Newswires of 1987 on one of 46 topics, as integers by how common a word is.

    Keras' coding: 0 padding, 1 start, 2 unknown word, 4 the commonest word, 5 the next; 3 stands
    for nothing. Downloaded once into Keras' own cache (`KERAS_HOME`); where ``DURE_DATA`` names a
    folder, the excerpt ``reuters-46.jsonl.gz`` in it is read instead, without a network: title
    and body of each wire, with word frequencies from its training part only.

    Parameters
    ----------
    num_words
        Integers from here on become 2.
    maxlen
        Integers a wire: longer ones lose their beginning, shorter ones are padded in front (the
        defaults of `keras.utils.pad_sequences`). None: the longest wire, so that
        ``(data.x != 0).sum(axis=1)`` are the lengths of the wires, start mark included.

    Returns
    -------
    8,982 rows and 2,246 test rows (excerpt: 5,923 and 2,330): `x` int32 [rows, maxlen], by
    default 2,376 wide (excerpt: 1,060); `y` int64 labels; `class_names` the topics. `word_index`
    holds the words below `num_words` and the marks "<pad>", "<start>", "<unknown>". The 46 topics
    of the excerpt are not quite Keras' 46, and in alphabetical order; words that only its test
    wires hold are unknown.

    Raises
    ------
    DureError
        If there is neither a network nor an excerpt, or what came is broken; StudyError for
        arguments that are no such numbers.

    Examples
    --------
    >>> data = dure.data.reuters(num_words=1_000, maxlen=80)
    >>> data.x.shape[1:], len(data.class_names)
    ((80,), 46)
    """
    check_coding("reuters", num_words, maxlen)
    path = excerpt_file(_WIRES)
    topics, (ranks, train, test), note = (
        _all_wires(num_words) if path is None else _wire_excerpt(path, num_words)
    )
    return _data(
        train,
        test,
        maxlen,
        class_names=topics,
        word_index=as_coded(ranks, num_words),
        source=f"Reuters-21578 (Lewis){note}",
        excerpt=path is not None,
    )


def _all_wires(num_words: int) -> tuple[list[str], _CodedSet, str]:
    topics, coded = from_keras(
        "The newswire set Reuters",
        lambda sets: (sets.reuters.get_label_names(), _coded_set(sets.reuters, num_words)),
        ["reuters.npz", "reuters_word_index.json"],
        _WIRES,
    )
    return topics, coded, " as Keras codes it"


def _wire_excerpt(path: Path, num_words: int) -> tuple[list[str], _CodedSet, str]:
    with reading(path):
        wires = _read_wires(path)
    topics, coded = _code_wires(*wires, num_words)
    return topics, coded, f", wires on one topic, excerpt: {_counts(*coded[1:])} wires"


def _coded_set(module: Any, num_words: int) -> _CodedSet:
    """Words by rank, training and test part of `keras.datasets.imdb` or `.reuters`."""
    ranks = module.get_word_index()
    (x, y), (test_x, test_y) = module.load_data(num_words=num_words)
    return ranks, _Part(Coded.of(x), y), _Part(Coded.of(test_x), test_y)


def _data(train: _Part, test: _Part, maxlen: int | None, **described: Any) -> Data:
    width = maxlen or max(train.texts.longest, test.texts.longest)
    return Data(
        train.texts.padded(width),
        train.labels.astype(np.int64),
        test=(test.texts.padded(width), test.labels.astype(np.int64)),
        kind="text",
        task="classification",
        **described,
    )


def _counts(train: _Part, test: _Part) -> str:
    return f"{len(train.labels):,} training and {len(test.labels):,} test"


def _review_part(path: Path, part: str, num_words: int) -> _Part:
    names = [f"{part}_tokens", f"{part}_offsets", f"y_{part}"]
    tokens, offsets, labels = read_arrays(path, names)
    lengths = np.diff(offsets)
    if len(lengths) != len(labels) or offsets[0] != 0 or offsets[-1] != len(tokens):
        raise ValueError(f"{part}_offsets do not fit {part}_tokens and y_{part}")
    if lengths.min() < 1 or tokens.min() < START_TOKEN:
        raise ValueError(f"{part}_tokens hold empty reviews or padding")
    return _Part(Coded(tokens, offsets).limited(num_words), labels)


def _cached_ranks() -> dict[str, int] | None:
    """Keras' words by rank if an earlier download left them in its cache."""
    try:
        ranks: dict[str, int] = json.loads((keras_cache() / _REVIEWS_INDEX).read_bytes())
    except (OSError, ValueError):  # not there, or half-written: Keras would download it again
        return None
    return ranks


class _Wires(NamedTuple):
    texts: list[str]
    topics: list[str]


def _read_wires(path: Path) -> tuple[_Wires, _Wires]:
    """Training and test wires. Call inside `reading`."""
    parts = {"train": _Wires([], []), "test": _Wires([], [])}
    for wire in read_records(path):
        texts, topics = parts[wire["split"]]
        texts.append(f"{wire['title']}\n{wire['body']}")
        topics.append(wire["topic"])
    if not all(part.texts for part in parts.values()):
        raise ValueError("it does not hold both training and test wires")
    return parts["train"], parts["test"]


def _code_wires(train: _Wires, test: _Wires, num_words: int) -> tuple[list[str], _CodedSet]:
    """Topics, words by rank among the training wires, both parts."""
    tokenizer = Tokenizer(oov_token=UNKNOWN)
    tokenizer.fit_on_texts(train.texts)
    names = sorted({*train.topics, *test.topics})
    coded = [
        _Part(_coded_by(tokenizer, texts).limited(num_words), np.searchsorted(names, topics))
        for texts, topics in (train, test)
    ]
    ranks = {word: number - 1 for word, number in tokenizer.word_index.items() if word != UNKNOWN}
    return names, (ranks, coded[0], coded[1])


def _coded_by(tokenizer: Tokenizer, texts: list[str]) -> Coded:
    # 0 for the start here; the tokenizer says 1 for an unknown word and 2 for the commonest.
    coded = Coded.of([[0, *sequence] for sequence in tokenizer.texts_to_sequences(texts)])
    shift = np.where(coded.tokens < 2, START_TOKEN, INDEX_FROM - 1)
    return coded._replace(tokens=coded.tokens + shift.astype(np.int32))
