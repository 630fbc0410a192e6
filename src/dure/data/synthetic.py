"""Generated sequence tasks with a known answer, to measure how far back a network remembers.

After Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dure.core.arrays import Array, whole
from dure.data.dataset import Data
from dure.data.text.tokenizer import PADDING
from dure.errors import Faults

_PAPER = "after Hochreiter and Schmidhuber 1997"
_FIRST_MARK_WITHIN = 10  # steps, as in the paper


def adding_problem(rows: int = 2_000, length: int = 50, *, test: int = 500, seed: int = 0) -> Data:
    """Sum of two marked numbers in a long row of numbers; experiment 4 of the paper.

    Every step is a pair: a value uniform on [-1, 1), and a marker that is 1 at two steps and 0
    elsewhere. The answer at the end is ``0.5 + (X1 + X2) / 4``, X1 and X2 being the marked values.
    X1 stands among the first ten steps, X2 elsewhere in the first half; the second half has to be
    sat through.

    As in the paper, but: all rows have the same length (there: from `length` to ``1.1 * length``),
    the first half for X2 is ``length // 2`` steps (there: ``length / 2 - 1``), the first and last
    step carry no marker of -1, and hence X1 is never set to zero.

    Always answering the mean, 0.5, gives a mean squared error of ``(1/3 + 1/3) / 16 = 1/24``,
    about 0.0417: a uniform value on [-1, 1) has the variance 1/3, and X1 and X2 are independent.
    The paper counts a row as right where the error is below 0.04.

    Parameters
    ----------
    rows, test
        Rows to train on, and rows of the test part (0: none).
    length
        Steps, 4 or more.
    seed
        Decides every number. The training rows do not depend on `test`. NumPy's global random
        state is neither read nor changed.

    Returns
    -------
    Data of kind "series": `x` float32 [rows, length, 2] with features "value" and "marker", `y`
    float32 [rows] from 0 to 1.

    Raises
    ------
    StudyError
        If a number is out of range.

    Examples
    --------
    >>> data = dure.data.adding_problem(rows=100, length=10, test=20)
    >>> data.x.shape, data.feature_names
    ((100, 10, 2), ('value', 'marker'))
    """
    _check(("rows", rows, 1), ("length", length, 4), ("test", test, 0), ("seed", seed, 0))

    (x, y), held_out = _draw_parts(partial(_draw_sums, length), rows, test, seed)
    return Data(
        x,
        y,
        test=held_out,
        feature_names=("value", "marker"),
        kind="series",
        task="regression",
        source=f"adding problem of {length} steps, generated ({_PAPER})",
    )


def _draw_sums(length: int, generator: np.random.Generator, count: int) -> tuple[Array, Array]:
    values = generator.uniform(-1.0, 1.0, (count, length)).astype(np.float32)
    half = length // 2
    first = generator.integers(0, min(_FIRST_MARK_WITHIN, half), count)
    # Any of the others in the first half: those from X1 on move up by one.
    second = generator.integers(0, half - 1, count)
    second += second >= first
    every = np.arange(count)
    markers = np.zeros_like(values)
    markers[every, first] = markers[every, second] = 1.0
    answers = 0.5 + (values[every, first] + values[every, second]) / 4.0
    return np.stack([values, markers], axis=-1), answers.astype(np.float32)


def recall(
    rows: int = 2_000, gap: int = 20, *, symbols: int = 8, test: int = 500, seed: int = 0
) -> Data:
    """Name, at the end, the symbol that came first; between them lie `gap` distractors.

    After experiment 2 of the paper (long time lags). There a row ends with a copy of its first
    symbol and each next symbol is predicted; here only the first symbol is asked for, it is one of
    `symbols` (there: two), and the distractors are drawn anew for every row and step, from as many
    other symbols, so that nothing in them can be learnt.

    Every symbol is the answer equally often (to one row), so guessing is right in ``1 / symbols``
    of the rows, with a cross-entropy of ``ln(symbols)``.

    Parameters
    ----------
    rows, test
        Rows to train on, and rows of the test part (0: none).
    gap, symbols
        Distractors between symbol and answer, 0 or more; symbols, 2 or more.
    seed
        Decides every number. The training rows do not depend on `test`. NumPy's global random
        state is neither read nor changed.

    Returns
    -------
    Data of kind "text", coded as words are, for an Embedding of ``2 * symbols + 1``: `x` int32
    [rows, gap + 1], symbols "s1", "s2", ... as 1 to `symbols`, distractors "d1", "d2", ... after
    them, 0 (padding) never used; `y` int64 labels from 0. `Data.decode` gives a row in words.

    Raises
    ------
    StudyError
        If a number is out of range.

    Examples
    --------
    >>> dure.data.recall(rows=100, gap=2, symbols=3).decode([1, 5, 4])
    's1 d2 d1'
    """
    _check(
        ("rows", rows, symbols if whole(symbols) else 1),
        ("gap", gap, 0),
        ("symbols", symbols, 2),
        ("test", test, 0),
        ("seed", seed, 0),
    )

    (x, y), held_out = _draw_parts(partial(_draw_symbols, gap, symbols), rows, test, seed)
    names = [f"s{number}" for number in range(1, symbols + 1)]
    words = [PADDING, *names, *(f"d{number}" for number in range(1, symbols + 1))]
    return Data(
        x,
        y,
        test=held_out,
        class_names=names,
        word_index={word: number for number, word in enumerate(words)},
        kind="text",
        task="classification",
        source=f"recall of a symbol after {gap} distractors, generated ({_PAPER})",
    )


def _draw_symbols(
    gap: int, symbols: int, generator: np.random.Generator, count: int
) -> tuple[Array, Array]:
    labels = generator.permutation(np.arange(count, dtype=np.int64) % symbols)
    noise = generator.integers(symbols + 1, 2 * symbols + 1, (count, gap), dtype=np.int32)
    return np.concatenate([(labels + 1).astype(np.int32)[:, None], noise], axis=1), labels


def _draw_parts(draw: Any, rows: int, test: int, seed: int) -> tuple[Any, Any]:
    """Training rows and test rows (None without), each from a generator of its own."""
    for_train, for_test = np.random.default_rng(seed).spawn(2)
    return draw(for_train, rows), draw(for_test, test) if test else None


def _check(*numbers: tuple[str, Any, int]) -> None:
    faults = Faults(
        f"{name} is {value!r}; pass a whole number, {least} or more."
        for name, value, least in numbers
        if (given := whole(value)) is None or given < least
    )
    faults.raise_if_any("this task")
