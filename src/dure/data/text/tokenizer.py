"""Words and integers: the tokenizer that Keras 2 had, and what counts as a list of texts.

Keras 3 has only TextVectorization in its place, which needs TensorFlow whatever the backend.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import log
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from dure.core.arrays import whole
from dure.errors import DureError, Faults, StudyError, did_you_mean

Mode = Literal["binary", "count", "freq", "tfidf"]

PADDING, UNKNOWN = "<pad>", "<unknown>"
"""Marks a word index may hold: what fills a short text, and what stands for a word not kept."""

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Characters that part words by default: ASCII punctuation without ', tab and line feed."""

_SUBJECT = "these texts"


class Tokenizer:
    """Texts to integers by how common their words are, as ``keras.preprocessing.text.Tokenizer``.

    A text is lowered, its filtered characters become `split`, and what stands between splits
    is a word. The commonest word is 1, the next 2; of equally common ones that which came first.
    0 is no word: it is for padding.

    A text may also be a list or tuple of words, which are lowered and taken as they are.

    Unicode is not normalised, as in Keras: "é" as one character and as "e" with an accent are
    two words, and so are Hangul syllables and their jamo (``unicodedata.normalize("NFC", text)``
    makes them one). `filters` holds ASCII only: "。", "，", a carriage return or a wide blank
    stay parts of words unless they are added to it. Lowering is Python's ``str.lower``.

    Parameters
    ----------
    num_words
        Integers in sequences and columns in matrices are below this, so the ``num_words - 1``
        commonest words are kept (`oov_token` counts as one). None keeps all.
    filters
        Each of its characters parts words.
    lower
        Whether texts are lowered first.
    split
        What words are split at.
    char_level
        Whether each character is a word; then nothing is filtered.
    oov_token
        Takes integer 1 and stands for every word that is unknown or not kept. None: such words
        are left out. Keras gives it a higher integer where it occurs in a text as a word; here
        it stays 1.

    Attributes
    ----------
    word_counts
        How often each word occurred, in order of first appearance.
    word_docs
        In how many texts each word occurred.
    word_index
        The integer of every word, also of those not below `num_words`.
    index_word
        The word of every integer.
    index_docs
        In how many texts, or sequences, each integer occurred.
    document_count
        Texts and sequences fitted on.

    Raises
    ------
    StudyError
        Everything wrong with the arguments, at once.

    Examples
    --------
    >>> tokenizer = dure.data.Tokenizer(oov_token="<unknown>")
    >>> tokenizer.fit_on_texts(["a good film", "a bad film"])
    >>> tokenizer.word_index
    {'<unknown>': 1, 'a': 2, 'film': 3, 'good': 4, 'bad': 5}
    >>> tokenizer.texts_to_sequences(["a bad day"]), tokenizer.sequences_to_texts([[2, 4, 3]])
    ([[2, 5, 1]], ['a good film'])
    >>> tokenizer.texts_to_matrix(["a bad bad film"], mode="count").tolist()
    [[0.0, 0.0, 1.0, 1.0, 0.0, 2.0]]
    >>> tokenizer.fit_on_sequences([[2, 3], [2]])
    >>> tokenizer.sequences_to_matrix([[2, 3]]).tolist()
    [[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]]
    >>> again = dure.data.Tokenizer.from_json(tokenizer.to_json())
    >>> again.get_config() == tokenizer.get_config()
    True
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
    ) -> None:
        faults = Faults()
        least = 1 if oov_token is None else 2
        if num_words is not None and (whole(num_words) is None or num_words < least):
            room = "" if oov_token is None else " (0 is padding, 1 the oov_token)"
            faults.append(f"num_words is {num_words!r}; pass a number from {least} on{room}.")
        if not isinstance(filters, str):
            faults.append(f"filters is {filters!r}; pass a str, '' to filter nothing.")
        if not isinstance(split, str) or not split:
            faults.append(f"split is {split!r}; pass a str of at least one character.")
        if oov_token is not None and not isinstance(oov_token, str):
            faults.append(f"oov_token is {oov_token!r}; pass a str such as '<OOV>', or None.")
        faults.raise_if_any("this tokenizer")
        self.num_words = None if num_words is None else int(num_words)
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token = char_level, oov_token
        self.word_counts: Counter[str] = Counter()
        self.word_docs: Counter[str] = Counter()
        self.index_docs: Counter[int] = Counter()
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.document_count = 0

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of these texts, on top of those counted before, and number them anew.

        Parameters
        ----------
        texts
            One text a row, see `rows_of`.

        Raises
        ------
        StudyError
            `texts` is none, rows are no texts (all are counted), or no word was ever found.
            Nothing is counted then.
        """
        counts: Counter[str] = Counter()
        docs: Counter[str] = Counter()
        documents = 0
        for words in self._tokenized(texts):
            documents += 1
            counts.update(words)
            docs.update(dict.fromkeys(words).keys())
        if not counts and not self.word_counts:
            raise StudyError(
                f"there is no word in these {documents} texts; pass texts with words, or check "
                "filters and split.",
                subject=_SUBJECT,
            )
        self.word_counts.update(counts)
        self.word_docs.update(docs)
        self.document_count += documents
        # Sorting keeps the order of first appearance among equals.
        ranked = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        self._number(ranked)

    def _number(self, ranked: Iterable[str]) -> None:
        first = [] if self.oov_token is None else [self.oov_token]
        words = dict.fromkeys([*first, *ranked])
        self.word_index = {word: index for index, word in enumerate(words, 1)}
        self.index_word = dict(enumerate(words, 1))
        for word, documents in self.word_docs.items():
            self.index_docs[self.word_index[word]] = documents

    def fit_on_sequences(self, sequences: Iterable[Iterable[int]]) -> None:
        """Count in how many sequences each integer occurs, for "tfidf" without texts."""
        for sequence in sequences:
            self.document_count += 1
            self.index_docs.update({int(index) for index in sequence})

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The integers of each text's words; an empty list for a text without a known word.

        Raises
        ------
        StudyError
            `texts` is none, or rows are no texts (all are counted).
        """
        limit = self.num_words
        known = {w: i for w, i in self.word_index.items() if limit is None or i < limit}
        if self.oov_token is None:
            return [[known[w] for w in words if w in known] for words in self._tokenized(texts)]
        unknown = self.word_index.get(self.oov_token, 1)
        return [[known.get(word, unknown) for word in words] for words in self._tokenized(texts)]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of each sequence of integers, joined by blanks.

        Integers without a word, 0 among them, and those not below `num_words` become the
        `oov_token`, or are left out without one.
        """
        limit = self.num_words
        known = {i: w for i, w in self.index_word.items() if limit is None or i < limit}
        words = ((known.get(index, self.oov_token) for index in row) for row in sequences)
        return [" ".join(word for word in row if word is not None) for row in words]

    def texts_to_matrix(
        self, texts: Iterable[Any], mode: Mode = "binary"
    ) -> npt.NDArray[np.float64]:
        """`sequences_to_matrix` of `texts_to_sequences`, in the same `mode`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(
        self, sequences: Iterable[Sequence[int]], mode: Mode = "binary"
    ) -> npt.NDArray[np.float64]:
        """One row a sequence, one column an integer, column 0 included.

        Parameters
        ----------
        sequences
            Integers from 0; those from `num_words` on have no column.
        mode
            "binary": 1 where it occurs. "count": how often, c. "freq": c divided by the length of
            the sequence. "tfidf": ``(1 + ln c) * ln(1 + N / (1 + d))`` of N documents fitted on,
            d of them with this integer (Keras' formula).

        Returns
        -------
        float64, shape [sequences, num_words]; without `num_words` as many columns as there are
        words, and one.

        Raises
        ------
        StudyError
            An unknown mode, a negative integer; neither num_words nor texts fitted on, so that
            the number of columns is unknown; "tfidf" before anything was fitted on.
        """
        columns = self._columns(mode)
        rows = [np.asarray(sequence, np.int64) for sequence in sequences]
        out = np.zeros((len(rows), columns))
        for number, row in enumerate(rows):
            if row.size and row.min() < 0:
                raise StudyError(
                    f"sequence {number} (counted from 0) holds {row.min()}; pass integers from 0."
                )
            index, count = np.unique(row[row < columns], return_counts=True)
            out[number, index] = self._weights(index, count, row.size, mode)
        return out

    def _columns(self, mode: str) -> int:
        if mode not in get_args(Mode):
            raise StudyError(
                f"mode is {mode!r}; pass one of {list(get_args(Mode))}."
                f"{did_you_mean(str(mode), get_args(Mode))}"
            )
        if mode == "tfidf" and not self.document_count:
            raise StudyError(
                "'tfidf' needs to know how common words are; call fit_on_texts or "
                "fit_on_sequences first."
            )
        if self.num_words is None and not self.word_index:
            raise StudyError(
                "how many columns the matrix has is not known; call fit_on_texts first, or pass "
                "num_words to the Tokenizer."
            )
        return self.num_words or len(self.word_index) + 1

    def _weights(
        self, index: npt.NDArray[Any], count: npt.NDArray[Any], length: int, mode: Mode
    ) -> npt.NDArray[np.float64]:
        if mode == "binary":
            return np.ones(len(index))
        if mode == "count":
            return count.astype(np.float64)
        if mode == "freq":
            return np.asarray(count / length, np.float64)
        rarity = [log(1 + self.document_count / (1 + self.index_docs[i])) for i in index.tolist()]
        return np.asarray((1 + np.log(count)) * rarity, np.float64)

    def get_config(self) -> dict[str, Any]:
        """Arguments and counts as Keras 2 gives them: the counts as JSON texts of their own."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            **{name: json.dumps(getattr(self, name)) for name in _TABLES},
        }

    def to_json(self) -> str:
        """All of it in the JSON of Keras 2, which ``tokenizer_from_json`` there reads too."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()})

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """The tokenizer that `to_json`, of Keras 2 or of this class, wrote.

        Raises
        ------
        DureError
            It is no such JSON.
        """
        try:
            config = dict(json.loads(text)["config"])
            tables = {name: json.loads(config.pop(name)) for name in _TABLES}
            documents = int(config.pop("document_count"))
            made = cls(**config)
            for name, key in _TABLES.items():
                held = getattr(made, name)
                held.update({key(k): v for k, v in tables[name].items()})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DureError(
                f"this is no JSON of a tokenizer ({type(error).__name__}: {error}); pass what "
                "Tokenizer.to_json() gave."
            ) from error
        made.document_count = documents
        return made

    def _tokenized(self, texts: Iterable[Any]) -> Iterator[list[str]]:
        """The words of each text; raises after the last one where rows were no texts."""
        wrong: list[tuple[int, Any]] = []
        row = -1
        table = str.maketrans(dict.fromkeys(self.filters, self.split))
        for row, text in enumerate(rows_of(texts)):
            if isinstance(text, str):
                lowered = text.lower() if self.lower else str(text)
                if self.char_level:
                    yield list(lowered)
                else:
                    yield [w for w in lowered.translate(table).split(self.split) if w]
            elif isinstance(text, (list, tuple)) and all(isinstance(w, str) for w in text):
                yield [word.lower() if self.lower else str(word) for word in text]
            else:
                wrong.append((row, text))
        if wrong:
            told = ", ".join(f"row {at} is {text!r:.60}" for at, text in wrong[:3])
            raise StudyError(
                f"{len(wrong)} of {row + 1} texts are none: {told}{', ...' * (len(wrong) > 3)} "
                "(rows counted from 0). Drop such rows, or make each a str.",
                subject=_SUBJECT,
            )


# What is counted, and what makes a key of JSON a key again.
_TABLES: dict[str, Callable[[str], Any]] = {
    "word_counts": str,
    "word_docs": str,
    "index_docs": int,
    "index_word": int,
    "word_index": str,
}


def rows_of(texts: Any) -> Iterable[Any]:
    """The rows of what was passed as texts.

    Parameters
    ----------
    texts
        A list, tuple, generator, array [rows] or [rows, 1], pandas series, or table of one column.

    Raises
    ------
    StudyError
        It is one text, has several columns, or is nothing that has rows.
    """
    if isinstance(texts, (str, bytes)):
        raise StudyError(
            f"texts is one {type(texts).__name__}, {texts!r:.60}, not a list of texts; pass a "
            "list, [text] for a single one.",
            subject=_SUBJECT,
        )
    if hasattr(texts, "ndim") and hasattr(texts, "__array__"):
        array = np.asarray(texts, dtype=object)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim == 1:
            return list(array.tolist())
        raise StudyError(
            f"texts came in shape {array.shape}; pass one text a row, shape [rows].",
            subject=_SUBJECT,
        )
    if isinstance(texts, Mapping) or not isinstance(texts, Iterable):
        raise StudyError(
            f"texts is of type {type(texts).__name__}; pass a list of texts.", subject=_SUBJECT
        )
    return texts
