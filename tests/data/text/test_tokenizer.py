"""The tokenizer against the old Keras one: a table by hand, and the code Keras still carries."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from math import log
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import text as old_keras

from dure.core.fingerprint import describe
from dure.data import TextToSequences, Tokenizer, pad_sequences
from dure.errors import DureError, StudyError

FILMS = ["The film, the FILM!", "A film about a dog.", "the dog's day"]
# the 3 (1st), film 3, a 2, dog 1, about 1, dog's 1, day 1
ORDER = ["the", "film", "a", "about", "dog", "dog's", "day"]


def fitted(texts: Any, **arguments: Any) -> Tokenizer:
    tokenizer = Tokenizer(**arguments)
    tokenizer.fit_on_texts(texts)
    return tokenizer


# Written by hand from the documentation of Keras 2.15 (keras.preprocessing.text.Tokenizer):
# arguments, texts fitted on, texts asked for, their integers.
TABLE: dict[str, tuple[dict[str, Any], list[Any], list[Any], list[list[int]]]] = {
    "by frequency, ties by first appearance": ({}, FILMS, [" ".join(ORDER)], [[*range(1, 8)]]),
    "num_words keeps one word less": ({"num_words": 3}, FILMS, ["the film a dog"], [[1, 2]]),
    "num_words of 1 keeps none": ({"num_words": 1}, FILMS, FILMS, [[], [], []]),
    "unknown words are dropped": ({}, FILMS, ["the cat"], [[1]]),
    "the oov_token is 1": ({"oov_token": "?"}, FILMS, ["the cat", "film"], [[2, 1], [3]]),
    "words not kept are the oov_token": (
        {"oov_token": "?", "num_words": 3},
        FILMS,
        ["the film cat"],
        [[2, 1, 1]],
    ),
    "an apostrophe is no filter": ({}, ["dog's dog"], ["dog's", "dogs"], [[1], []]),
    "filters become split": ({}, ["a-b"], ["a b a-b a_b"], [[1, 2, 1, 2, 1, 2]]),
    "own filters": ({"filters": "x"}, ["axb, c"], ["a b, b"], [[1, 2]]),
    "no filters": ({"filters": ""}, ["a, b"], ["a a, b"], [[1, 2]]),
    "another split": ({"split": "|", "filters": "!"}, ["a b|c!d"], ["c|d|a b"], [[2, 3, 1]]),
    "a split of two characters": ({"split": "--"}, ["ab--cd!ef"], ["ef", "cd--ab"], [[3], [2, 1]]),
    "upper case kept": ({"lower": False}, ["The the the"], ["the THE The"], [[1, 2]]),
    "characters are not filtered": ({"char_level": True}, ["aB b,"], [", Ba"], [[4, 3, 1, 2]]),
    "lists of words are only lowered": ({}, [["New York", "is,"]], [["new york"]], [[1]]),
    "lists of words at char_level": ({"char_level": True}, [["ab", "c"]], [["c", "AB"]], [[2, 1]]),
    "empty texts": ({}, FILMS, ["", " !? ", []], [[], [], []]),
    "repeated words": ({}, ["b a a"], ["a b b a"], [[1, 2, 2, 1]]),
    "Korean": ({}, ["영화가 좋다, 영화가 길다"], ["길다 영화가! 영화"], [[3, 1]]),
    "emoji": ({}, ["good 👍🏽 👍"], ["👍 👍🏽"], [[3, 2]]),
    "wide punctuation stays": ({}, ["映画。 good，bad"], ["映画 good", "映画。"], [[], [1]]),
    "other blanks stay": ({}, ["a\u3000b\xa0c d\r\n"], ["a\u3000b\xa0c d", "d\r"], [[1], [2]]),
    "not normalised": ({}, ["caf\u00e9 cafe\u0301"], ["cafe\u0301", "caf\u00e9"], [[2], [1]]),
    "lowering may lengthen": ({"char_level": True}, ["\u0130"], ["i", "\u0307"], [[1], [2]]),
    "lowering keeps \u00df": ({}, ["STRASSE Straße"], ["straße"], [[2]]),
}


@pytest.mark.parametrize("row", TABLE)
def test_table_of_the_old_behaviour(row: str) -> None:
    arguments, corpus, texts, expected = TABLE[row]
    assert fitted(corpus, **arguments).texts_to_sequences(texts) == expected


def test_counts_of_words_and_documents() -> None:
    tokenizer = fitted(FILMS, num_words=3)
    assert list(tokenizer.word_counts.items())[:3] == [("the", 3), ("film", 3), ("a", 2)]
    assert tokenizer.word_docs["film"] == 2 and tokenizer.word_docs["the"] == 2
    assert tokenizer.index_docs[1] == 2 and tokenizer.document_count == 3
    assert list(tokenizer.word_index) == ORDER  # also those not kept
    assert tokenizer.index_word == dict(enumerate(ORDER, 1))


def test_fitting_again_adds() -> None:
    tokenizer = fitted(["b a"])
    tokenizer.fit_on_texts(iter(["a", "c a"]))
    assert tokenizer.word_index == {"a": 1, "b": 2, "c": 3}
    assert (tokenizer.document_count, tokenizer.index_docs[1]) == (3, 3)
    tokenizer.fit_on_texts([""])
    assert tokenizer.document_count == 4


def test_sequences_to_texts() -> None:
    tokenizer = fitted(FILMS, num_words=3)
    assert tokenizer.sequences_to_texts([[1, 2, 3, 0, 99], []]) == ["the film", ""]
    marked = fitted(FILMS, num_words=3, oov_token="?")
    assert marked.sequences_to_texts(np.array([[0, 2, 1, 5]])) == ["? the ? ?"]


def test_matrices_by_hand() -> None:
    tokenizer = fitted(["a b a", "a c"], num_words=3)  # a 1, b 2; c is not kept
    texts = ["a a b c", "", "b"]

    def weight(count: int, docs: int) -> float:
        return (1 + log(count)) * log(1 + 2 / (1 + docs))

    expected = {
        "binary": [[0, 1, 1], [0, 0, 0], [0, 0, 1]],
        "count": [[0, 2, 1], [0, 0, 0], [0, 0, 1]],
        "freq": [[0, 2 / 3, 1 / 3], [0, 0, 0], [0, 0, 1]],
        "tfidf": [[0, weight(2, 2), weight(1, 1)], [0, 0, 0], [0, 0, weight(1, 1)]],
    }
    for mode, rows in expected.items():
        matrix = tokenizer.texts_to_matrix(texts, mode)  # type: ignore[arg-type]
        assert matrix.dtype == np.float64
        np.testing.assert_allclose(matrix, rows, err_msg=mode)
    # The length of a sequence counts integers without a column too.
    assert tokenizer.sequences_to_matrix([[1, 7]], "freq").tolist() == [[0, 0.5, 0]]
    assert fitted(["a b"]).texts_to_matrix(["b"]).shape == (1, 3)


def test_fitting_on_sequences_is_enough_for_tfidf() -> None:
    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_sequences(np.array([[1, 1], [1, 3]]))
    got = tokenizer.sequences_to_matrix([[1, 2]], "tfidf")
    np.testing.assert_allclose(got, [[0, log(1 + 2 / 3), log(1 + 2), 0]])
    assert Tokenizer.from_json(tokenizer.to_json()).index_docs == {1: 2, 3: 1}


def test_an_oov_token_that_occurs_as_a_word_stays_1() -> None:
    tokenizer = fitted(["unk a a"], oov_token="unk", num_words=3)
    assert tokenizer.texts_to_sequences(["unk a b"]) == [[1, 2, 1]]
    assert tokenizer.index_word == {1: "unk", 2: "a"}


# Properties, with the old code that Keras 3 still carries (unexported) as oracle.

TEXT = st.text(alphabet="aAbB c,.-'!é가나ﬀİß👍\t\u0301\u3000", max_size=20)
WORDS = st.lists(st.sampled_from(["a", "B", "b c", "다", ""]), max_size=4)
CORPUS = st.lists(st.one_of(TEXT, WORDS), max_size=6)
ARGUMENTS = st.fixed_dictionaries(
    {
        "num_words": st.none() | st.integers(2, 8),
        "filters": st.sampled_from([",.-!\t", "", "'a"]),
        "lower": st.booleans(),
        "split": st.sampled_from([" ", "b", ", "]),
        "char_level": st.booleans(),
        "oov_token": st.sampled_from([None, "<OOV>"]),
    }
)


def state(tokenizer: Any) -> dict[str, Any]:
    names = ("word_index", "index_word", "word_docs", "index_docs", "document_count")
    return {n: getattr(tokenizer, n) for n in names} | {"c": list(tokenizer.word_counts.items())}


@settings(max_examples=150, deadline=None)
@given(first=CORPUS, second=CORPUS, arguments=ARGUMENTS)
def test_all_as_the_old_code(first: list[Any], second: list[Any], arguments: Any) -> None:
    new, old = Tokenizer(**arguments), old_keras.Tokenizer(**arguments)
    old.fit_on_texts(first)
    if not old.word_counts:
        with pytest.raises(StudyError, match="no word"):
            new.fit_on_texts(first)
        return
    new.fit_on_texts(first)
    new.fit_on_texts(second)
    old.fit_on_texts(second)
    assert state(new) == state(old)
    sequences = new.texts_to_sequences([*second, "b가 zz"])
    assert sequences == old.texts_to_sequences([*second, "b가 zz"])
    anything = [[0, 1, 5, 99], *sequences]
    assert new.sequences_to_texts(anything) == old.sequences_to_texts(anything)
    new.fit_on_sequences(sequences)
    old.fit_on_sequences(sequences)
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(
            new.sequences_to_matrix(anything, mode), old.sequences_to_matrix(anything, mode)
        )
    theirs = old_keras.tokenizer_from_json(new.to_json())
    ours = Tokenizer.from_json(old.to_json())
    assert state(theirs) == state(ours) == state(new)
    assert json.loads(old.to_json())["config"].keys() == new.get_config().keys()


@settings(max_examples=100, deadline=None)
@given(corpus=CORPUS, arguments=ARGUMENTS)
def test_order_limits_and_round_trips(corpus: list[Any], arguments: Any) -> None:
    tokenizer = Tokenizer(**arguments)
    try:
        tokenizer.fit_on_texts(corpus)
    except StudyError:
        return
    ranked = [w for w in tokenizer.word_index if w != arguments["oov_token"]]
    counts = [tokenizer.word_counts[word] for word in ranked]
    assert counts == sorted(counts, reverse=True)
    sequences = tokenizer.texts_to_sequences(corpus)
    limit = arguments["num_words"] or 10**9
    assert all(0 < index < limit for row in sequences for index in row)
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again.get_config() == tokenizer.get_config()
    assert again.texts_to_sequences(corpus) == sequences
    # Words stand for integers and back, one by one (a word may itself hold a blank).
    words = [[tokenizer.sequences_to_texts([[i]])[0] for i in row] for row in sequences]
    plain = Tokenizer.from_json(tokenizer.to_json())
    plain.lower = False
    assert plain.texts_to_sequences(words) == sequences


# Bad input

NOT_TEXTS: dict[str, tuple[Any, str]] = {
    "one str": ("a film", r"texts is one str, 'a film', not a list of texts.*\[text\]"),
    "bytes": (b"a film", "texts is one bytes"),
    "None": (None, "texts is of type NoneType; pass a list of texts"),
    "a number": (3, "texts is of type int"),
    "a dict": ({"a": 1}, "texts is of type dict"),
    "two columns": (np.array([["a", "b"]]), r"shape \(1, 2\); pass one text a row"),
    "no axis": (np.array("a"), r"shape \(\)"),
    "gaps": (
        ["a", None, 3, float("nan"), b"b", "c", [1]],
        r"5 of 7 texts are none: row 1 is None, row 2 is 3, row 3 is nan, \.\.\. \(rows counted f",
    ),
    "a series with a hole": (pd.Series(["a", None]), "1 of 2 texts are none: row 1 is "),
    "a list of words with a number": ([["a", 3]], r"row 0 is \['a', 3\]"),
}


@pytest.mark.parametrize("kind", NOT_TEXTS)
def test_what_is_no_list_of_texts(kind: str) -> None:
    texts, message = NOT_TEXTS[kind]
    tokenizer = fitted(["x"])
    calls: list[Callable[[Any], Any]] = [
        tokenizer.fit_on_texts,
        tokenizer.texts_to_sequences,
        TextToSequences().fit,
    ]
    for call in calls:
        with pytest.raises(StudyError, match=message):
            call(texts)
    assert tokenizer.word_counts == {"x": 1} and tokenizer.document_count == 1


@pytest.mark.parametrize("corpus", [[], ["", " ,."], [[]]])
def test_a_corpus_without_words(corpus: list[Any]) -> None:
    with pytest.raises(StudyError, match=f"no word in these {len(corpus)} texts"):
        Tokenizer().fit_on_texts(corpus)


def test_all_that_is_wrong_with_arguments_comes_at_once() -> None:
    with pytest.raises(StudyError) as raised:
        TextToSequences(0, 0, "prä", "past", oov_token=3, filters=None, split="")  # type: ignore[arg-type]
    assert len(raised.value.faults) == 7
    assert "Did you mean 'post'?" in str(raised.value)
    with pytest.raises(StudyError, match="from 2 on .0 is padding, 1 the oov_token"):
        Tokenizer(num_words=1, oov_token="?")
    with pytest.raises(StudyError, match="num_words is True"):
        Tokenizer(num_words=True)


def test_matrices_before_fitting_and_wrong_modes() -> None:
    with pytest.raises(StudyError, match="call fit_on_texts first, or pass num_words"):
        Tokenizer().texts_to_matrix(["a"])
    assert Tokenizer(num_words=3).texts_to_matrix(["a"]).tolist() == [[0, 0, 0]]
    with pytest.raises(StudyError, match="'tfidf' needs to know"):
        Tokenizer(num_words=3).texts_to_matrix(["a"], "tfidf")
    with pytest.raises(StudyError, match=r"mode is 'tfdif'.*Did you mean 'tfidf'\?"):
        fitted(["a"]).texts_to_matrix(["a"], "tfdif")  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="sequence 1 .* holds -1"):
        fitted(["a"]).sequences_to_matrix([[1], [-1]])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"config": {"num_words": 3}}', "null"])
def test_json_that_is_none_of_a_tokenizer(text: str) -> None:
    with pytest.raises(DureError, match="no JSON of a tokenizer"):
        Tokenizer.from_json(text)


# TextToSequences

TRANSFORMERS = st.fixed_dictionaries(
    {
        "num_words": st.none() | st.integers(2, 8),
        "maxlen": st.integers(1, 6),
        "padding": st.sampled_from(["pre", "post"]),
        "truncating": st.sampled_from(["pre", "post"]),
        "oov_token": st.sampled_from([None, "<OOV>"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(corpus=st.lists(TEXT, max_size=5), arguments=TRANSFORMERS)
def test_transformer_is_tokenizer_and_keras_padding(corpus: list[str], arguments: Any) -> None:
    text, texts = TextToSequences(**arguments), ["a b 가", *corpus]
    got = text.fit(texts).transform(texts)
    plain = fitted(texts, num_words=arguments["num_words"], oov_token=arguments["oov_token"])
    rows = plain.texts_to_sequences(texts)
    expected = np.zeros((len(texts), arguments["maxlen"]), np.int32)
    for at, row in enumerate(rows):
        cut = row[: arguments["maxlen"]]
        if arguments["truncating"] == "pre":
            cut = row[max(0, len(row) - arguments["maxlen"]) :]
        start = arguments["maxlen"] - len(cut) if arguments["padding"] == "pre" else 0
        expected[at, start : start + len(cut)] = cut
    assert got.dtype == np.int32 and got.tolist() == expected.tolist()
    config = json.loads(json.dumps(text.get_config()))
    again = TextToSequences.from_config(config)
    assert again.get_config() == config == text.get_config()
    assert again.transform([*texts, "zz b"]).tolist() == text.transform([*texts, "zz b"]).tolist()
    # Each integer that came out has its word, and no word has a number that cannot come out.
    index = text.word_index
    assert set(got.ravel().tolist()) <= set(index.values()) and index["<pad>"] == 0
    assert all(number < (arguments["num_words"] or 10**9) for number in index.values())
    assert again.word_index == index


def test_what_a_transformer_keeps_is_what_it_needs() -> None:
    text = TextToSequences(num_words=4, maxlen=3, oov_token="?").fit(FILMS)
    fitted_state = text.get_config()["fitted"]
    assert fitted_state == {
        "words": ["?", "the", "film"],
        "counts": [0, 3, 3],
        "documents": [0, 2, 2],
        "document_count": 3,
    }
    again = TextToSequences.from_config(text.get_config()).tokenizer
    assert again is not None
    assert again.word_counts == Counter(the=3, film=3) and again.index_docs == {2: 2, 3: 2}


def test_fitting_a_transformer_again_forgets() -> None:
    text = TextToSequences(maxlen=2).fit(["a b"])
    other = copy.copy(text).fit(["c"])
    assert text.word_index == {"<pad>": 0, "a": 1, "b": 2}
    assert other.word_index == {"<pad>": 0, "c": 1}


def test_a_transformer_before_fitting() -> None:
    text = TextToSequences(num_words=50)
    assert text.get_config()["fitted"] is None and text.tokenizer is None
    assert TextToSequences.from_config(text.get_config()).get_config() == text.get_config()
    for ask in (lambda: text.transform(["a"]), lambda: text.word_index):
        with pytest.raises(StudyError, match=r"call fit\(texts\) first"):
            ask()
    assert describe(text) != describe(TextToSequences(num_words=51))


def test_a_word_spelt_like_the_padding_mark_does_not_take_its_place() -> None:
    text = TextToSequences(filters="", maxlen=2).fit(["<pad> a"])
    assert text.word_index == {"<pad>": 0, "a": 2}


@pytest.mark.parametrize("make", [np.array, pd.Series, tuple, iter, lambda t: np.array(t)[:, None]])
def test_what_texts_may_come_in(make: Callable[[Any], Any]) -> None:
    text = TextToSequences(maxlen=4).fit(make(FILMS))
    assert text.transform(make(FILMS)).tolist() == text.transform(FILMS).tolist()
    table = pd.DataFrame({"text": FILMS})
    assert text.transform(table).tolist() == text.transform(FILMS).tolist()


def test_pad_sequences_is_keras_own_and_loaded_late() -> None:
    assert pad_sequences is keras.utils.pad_sequences
    code = (
        "import sys, dure.data as d; d.Tokenizer().fit_on_texts(['a']);"
        "d.TextToSequences().fit(['a']); sys.exit('keras' in sys.modules or 'jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
