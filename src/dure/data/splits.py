"""Splits of rows into training and validation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Rows

FOLD_SEED = 0
"""Seeds the shuffle of every k-fold split; the folds are the same for every variant and seed."""


@dataclass(frozen=True, eq=False)
class Split:
    """One division of rows.

    Attributes
    ----------
    fold
        Number of the split, from 1.
    train, validation
        Indices of rows, int32, no row in both; `validation` is None where nothing validates.

    Examples
    --------
    >>> split = study.splits[0]
    >>> split.fold, split.validation[:3]
    (1, array([364, 365, 366], dtype=int32))
    """

    fold: int
    train: Rows
    validation: Rows | None

    @property
    def size(self) -> tuple[int, int]:
        """Training and validation rows.

        Examples
        --------
        >>> study.splits[0].size
        (364, 91)
        """
        return len(self.train), 0 if self.validation is None else len(self.validation)


def splits_of(
    rows: int,
    labels: npt.NDArray[np.int64] | None,
    time_gap: int | None,
    *,
    folds: int | None = None,
    validation_split: float = 0.0,
) -> tuple[Split, ...]:
    """How a study divides its rows: in folds, or with the last rows held out, or not at all.

    Parameters
    ----------
    rows, labels, time_gap
        Those of the data.
    folds, validation_split
        Those of the study; at most one of them.
    """
    if folds is not None:
        return (
            k_folds(rows, folds, labels)
            if time_gap is None
            else folds_in_time(rows, folds, time_gap)
        )
    first = hold_out_last(rows, validation_split) if validation_split else None
    return split_in_two(rows, first, time_gap or 0)


def hold_out_last(rows: int, fraction: float) -> int:
    """The first validation row when the last `fraction` of the rows validates, as in Keras.

    Keras' formula (``train_validation_split``): ``floor(rows * (1 - fraction))``.
    """
    return math.floor(rows * (1.0 - fraction))


def split_in_two(rows: int, first_validation: int | None, gap: int = 0) -> tuple[Split, ...]:
    """One split: rows before `first_validation` train, the rest validates (None: all train).

    The last `gap` rows before `first_validation` do neither.
    """
    every = np.arange(rows, dtype=np.int32)
    if first_validation is None:
        return (Split(1, every, None),)
    return (Split(1, every[: first_validation - gap], every[first_validation:]),)


def folds_in_time(rows: int, folds: int, gap: int) -> tuple[Split, ...]:
    """Folds that go forward in time: each validates on the rows after those it trains on.

    Parameters
    ----------
    rows, folds
        Every fold validates on ``rows // (folds + 1)`` rows, one after another up to the last row;
        the first fold trains on what is before them, later ones on more.
    gap
        Rows left out between training and validation.

    Returns
    -------
    scikit-learn's ``TimeSeriesSplit``, numbered from 1.
    """
    from sklearn.model_selection import TimeSeriesSplit

    made = TimeSeriesSplit(folds, gap=gap).split(np.zeros(rows))
    return tuple(
        Split(fold, train.astype(np.int32), validation.astype(np.int32))
        for fold, (train, validation) in enumerate(made, 1)
    )


def k_folds(rows: int, folds: int, labels: npt.NDArray[np.int64] | None) -> tuple[Split, ...]:
    """Shuffled folds, each row validating once; sizes differ by at most one row.

    Parameters
    ----------
    rows, folds
        2 <= folds <= rows.
    labels
        The class of each row, shape [rows]: then every class is spread over the folds evenly, to
        one row, and needs at least `folds` rows. None: plain k-fold.

    Returns
    -------
    Splits numbered from 1, their rows in ascending order. The same on every call (`FOLD_SEED`).
    """
    # scikit-learn takes half a second to import and only folds need it.
    from sklearn.model_selection import KFold, StratifiedKFold

    maker = KFold if labels is None else StratifiedKFold
    made = maker(folds, shuffle=True, random_state=FOLD_SEED).split(np.zeros(rows), labels)
    return tuple(
        Split(fold, train.astype(np.int32), validation.astype(np.int32))
        for fold, (train, validation) in enumerate(made, 1)
    )


def train_on_share(
    split: Split, share: float, labels: npt.NDArray[np.int64] | None, time_gap: int | None
) -> Split:
    """The split with only a share of its training rows, rounded to whole rows, at least one.

    Parameters
    ----------
    share
        Above 0, up to 1. The rows of a smaller share are among those of a larger one.
    labels
        The class of each row: then every class keeps its proportion, to about one row.
    time_gap
        For rows in order of time the last ones are kept, those nearest to what validates.
    """
    rows = split.train
    kept = max(1, round(share * len(rows)))
    if kept >= len(rows):
        return split
    if time_gap is not None:
        return replace(split, train=rows[-kept:])
    order = np.random.default_rng([FOLD_SEED, split.fold]).permutation(len(rows))
    if labels is not None:
        # A row's place among the shuffled rows of its class, as a share of the class: in the order
        # of these every beginning has all classes in their proportions.
        classes = labels[rows[order]]
        place = np.empty(len(rows))
        for one in np.unique(classes):
            mine = np.flatnonzero(classes == one)
            place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
        order = order[np.argsort(place, kind="stable")]
    return replace(split, train=np.sort(rows[order[:kept]]))
