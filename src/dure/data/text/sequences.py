"""Raw text to rows of integers of one length: what a study fits in each fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from dure.core.arrays import whole
from dure.data.text.tokenizer import FILTERS, PADDING, Tokenizer
from dure.errors import Faults, StudyError, did_you_mean

Side = Literal["pre", "post"]


class TextToSequences:
    """A transformer in scikit-learn's manner: texts to integers, padded and cut to one length.

    For `dure.Data`: ``Data(texts, labels, prepare=TextToSequences())`` fits it in each fold on
    that fold's training rows only, and the models of a run take raw text.

    Parameters
    ----------
    num_words
        Integers are below this, the `input_dim` of an Embedding; None for every word there is,
        which then differs from fold to fold.
    maxlen
        Integers a text becomes.
    padding, truncating
        Whether short texts are filled with 0, and long ones cut, in front ("pre") or behind
        ("post"), as in ``keras.utils.pad_sequences``.
    oov_token, filters, lower, split, char_level
        As in `Tokenizer`.

    Attributes
    ----------
    tokenizer
        The fitted `Tokenizer`; None before `fit`.

    Raises
    ------
    StudyError
        Everything wrong with the arguments, at once.

    Examples
    --------
    >>> text = dure.data.TextToSequences(num_words=10, maxlen=4).fit(["a good film", "a bad film"])
    >>> text.transform(["good good film"]).tolist()
    [[0, 3, 3, 2]]
    """

    def __init__(
        self,
        num_words: int | None = 10_000,
        maxlen: int = 100,
        padding: Side = "pre",
        truncating: Side = "pre",
        oov_token: str | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
    ) -> None:
        self.num_words, self.maxlen = num_words, maxlen
        self.padding, self.truncating = padding, truncating
        self.oov_token, self.filters = oov_token, filters
        self.lower, self.split, self.char_level = lower, split, char_level
        self.tokenizer: Tokenizer | None = None
        faults = Faults()
        with faults.collect():
            self._new_tokenizer()
        if whole(maxlen) is None or maxlen < 1:
            faults.append(f"maxlen is {maxlen!r}; pass a number of words from 1 on.")
        for name, side in (("padding", padding), ("truncating", truncating)):
            if side not in get_args(Side):
                hint = did_you_mean(str(side), get_args(Side))
                faults.append(f"{name} is {side!r}; pass 'pre' or 'post'.{hint}")
        faults.raise_if_any("this TextToSequences")

    def fit(self, texts: Iterable[Any], y: Any = None) -> TextToSequences:
        """Learn the words of these texts, one a row; what was learnt before is forgotten.

        `y` is not looked at; scikit-learn's pipelines pass it.

        Raises
        ------
        StudyError
            As `Tokenizer.fit_on_texts`.

        Examples
        --------
        >>> dure.data.TextToSequences(maxlen=4).fit(["a good film"]).tokenizer.word_index
        {'a': 1, 'good': 2, 'film': 3}
        """
        tokenizer = self._new_tokenizer()
        tokenizer.fit_on_texts(texts)
        self.tokenizer = tokenizer
        return self

    def transform(self, texts: Iterable[Any]) -> npt.NDArray[np.int32]:
        """Integers of these texts, int32 [rows, maxlen]; 0 is padding.

        Texts may be empty or hold unknown words only: a row of zeros (of 1 with an `oov_token`
        for each unknown word).

        Raises
        ------
        StudyError
            Before `fit`, or as `Tokenizer.texts_to_sequences`.

        Examples
        --------
        >>> text.transform(["a film never seen"]).tolist()
        [[0, 0, 1, 2]]
        """
        from dure.core.backend import keras

        rows = self._fitted().texts_to_sequences(texts)
        padded: npt.NDArray[np.int32] = keras.utils.pad_sequences(
            rows, self.maxlen, "int32", self.padding, self.truncating
        )
        return padded

    @property
    def word_index(self) -> dict[str, int]:
        """The integer of each word as `transform` gives it, and "<pad>" 0.

        Raises
        ------
        StudyError
            Before `fit`.

        Examples
        --------
        >>> text.word_index
        {'<pad>': 0, 'a': 1, 'film': 2, 'good': 3, 'bad': 4}
        """
        index = {PADDING: 0}
        for number, word in _kept(self._fitted()).items():
            index.setdefault(word, number)
        return index

    def get_config(self) -> dict[str, Any]:
        """Arguments and, once fitted, what `transform` needs: JSON-able.

        Only words that can come out of `transform` are in it, so a tokenizer brought back by
        `from_config` knows no others.

        Examples
        --------
        >>> text.get_config()["fitted"]["words"]
        ['a', 'film', 'good', 'bad']
        """
        held = self.tokenizer
        return {**self._settings(), "fitted": None if held is None else _state(held)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TextToSequences:
        """The transformer of a `config` from `get_config`, fitted if it was.

        Examples
        --------
        >>> again = dure.data.TextToSequences.from_config(text.get_config())
        >>> again.word_index == text.word_index
        True
        """
        settings = dict(config)
        state = settings.pop("fitted", None)
        made = cls(**settings)
        if state is not None:
            made.tokenizer = _with_state(made._new_tokenizer(), state)
        return made

    def _settings(self) -> dict[str, Any]:
        names = ("num_words", "maxlen", "padding", "truncating", *_OF_TOKENIZER)
        return {name: getattr(self, name) for name in names}

    def _new_tokenizer(self) -> Tokenizer:
        return Tokenizer(self.num_words, **{name: getattr(self, name) for name in _OF_TOKENIZER})

    def _fitted(self) -> Tokenizer:
        if self.tokenizer is None:
            raise StudyError("this TextToSequences has not seen any texts; call fit(texts) first.")
        return self.tokenizer


_OF_TOKENIZER = ("oov_token", "filters", "lower", "split", "char_level")


def _kept(tokenizer: Tokenizer) -> dict[int, str]:
    """Words below `num_words` by their integers, from 1 on without a gap."""
    limit = tokenizer.num_words
    return {i: w for i, w in tokenizer.index_word.items() if limit is None or i < limit}


def _state(tokenizer: Tokenizer) -> dict[str, Any]:
    words = list(_kept(tokenizer).values())
    return {
        "words": words,
        "counts": [tokenizer.word_counts[word] for word in words],
        "documents": [tokenizer.word_docs[word] for word in words],
        "document_count": tokenizer.document_count,
    }


def _with_state(tokenizer: Tokenizer, state: Mapping[str, Any]) -> Tokenizer:
    words = state["words"]
    tokenizer.word_index = {word: index for index, word in enumerate(words, 1)}
    tokenizer.index_word = dict(enumerate(words, 1))
    for word, count, documents in zip(words, state["counts"], state["documents"], strict=True):
        if count:  # the oov_token need not occur
            tokenizer.word_counts[word] = count
            tokenizer.word_docs[word] = documents
            tokenizer.index_docs[tokenizer.word_index[word]] = documents
    tokenizer.document_count = state["document_count"]
    return tokenizer
