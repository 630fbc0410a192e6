"""Texts as integers, in the coding of `keras.datasets`: 0 padding, 1 start, 2 unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.arrays import whole
from dure.data.text.tokenizer import PADDING, UNKNOWN
from dure.errors import Faults

START = "<start>"
START_TOKEN, UNKNOWN_TOKEN, INDEX_FROM = 1, 2, 3
"""Keras' coding; the n-th commonest word (from 1) is n + INDEX_FROM."""


class Coded(NamedTuple):
    """Texts as integers, end to end: text i is ``tokens[offsets[i]:offsets[i + 1]]``."""

    tokens: npt.NDArray[Any]
    offsets: npt.NDArray[Any]

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]]) -> Coded:
        """From one list of integers a text."""
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=offsets[1:])
        tokens = np.fromiter(chain.from_iterable(texts), np.int32, count=int(offsets[-1]))
        return cls(tokens, offsets)

    @property
    def longest(self) -> int:
        """Integers in the longest text."""
        return int(np.diff(self.offsets).max())

    def limited(self, num_words: int) -> Coded:
        """The same texts with every integer from `num_words` on as unknown, as in Keras."""
        unknown = self.tokens.dtype.type(UNKNOWN_TOKEN)
        return self._replace(tokens=np.where(self.tokens < num_words, self.tokens, unknown))

    def padded(self, maxlen: int) -> npt.NDArray[np.int32]:
        """Shape [texts, maxlen]; padded in front with 0 and cut in front."""
        out = np.zeros((len(self.offsets) - 1, maxlen), np.int32)
        ends = self.offsets.tolist()
        for row, first, end in zip(out, ends, ends[1:], strict=False):
            kept = min(end - first, maxlen)
            row[maxlen - kept :] = self.tokens[end - kept : end]
        return out


def check_coding(subject: str, num_words: int, maxlen: int | None) -> None:
    """
    Raises
    ------
    StudyError
        If `num_words` leaves no word, or `maxlen` no place.
    """
    faults = Faults()
    if (whole(num_words) or 0) < INDEX_FROM + 2:
        faults.append(
            f"num_words is {num_words!r}; pass a whole number from {INDEX_FROM + 2} on: integers "
            f"up to {INDEX_FROM} stand for no word."
        )
    if maxlen is not None and (whole(maxlen) or 0) < 1:
        faults.append(f"maxlen is {maxlen!r}; pass a whole number from 1 on, or None.")
    faults.raise_if_any(subject)


def as_coded(ranks: Mapping[str, int], num_words: int) -> dict[str, int]:
    """The word index that fits coded texts.

    Parameters
    ----------
    ranks
        Each word's place by frequency, from 1.
    num_words
        Words are kept whose integers stay below.

    Returns
    -------
    The marks and the words with their integers as they stand in the texts, ascending.
    """
    shifted = sorted((rank + INDEX_FROM, word) for word, rank in ranks.items())
    marks = {PADDING: 0, START: START_TOKEN, UNKNOWN: UNKNOWN_TOKEN}
    return marks | {word: number for number, word in shifted if number < num_words}
