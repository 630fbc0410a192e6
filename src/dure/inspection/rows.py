"""What goes into the networks of a look: which rows, prepared as each network was trained."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Tree, is_nested, row_count, take_rows
from dure.core.conversion.cells import is_text
from dure.core.conversion.samples import convert
from dure.data.dataset import Data
from dure.data.preprocessing import apply_preparation, fit_preparation
from dure.data.splits import Split, splits_of, train_on_share
from dure.data.text.sequences import TextToSequences
from dure.data.text.tokenizer import PADDING, UNKNOWN
from dure.errors import DureError, Faults
from dure.inspection.networks import Networks


class Inputs:
    """The rows that a look is at.

    Parameters
    ----------
    x, y
        As given to `dure.look`: raw rows, as the study's data hold them.
    data
        Its test part counts; without one the rows that validated where the networks are lanes
        of a study on these very data with one split; else all rows.

    Attributes
    ----------
    x, y
        The rows chosen, not prepared; None where there are none.
    told
        Where they come from, for titles.
    """

    def __init__(self, networks: Networks, x: Any, y: Any, data: Data | None) -> None:
        self.networks, self.data = networks, data
        if data is not None and not isinstance(data, Data):
            raise DureError(f"data is of type {type(data).__name__}; pass a dure.Data.")
        if data is not None and x is not None:
            raise DureError("x and data came together; pass one of them (y goes with x).")
        self.x: Any = as_rows(x)
        self.y: Any = as_rows(y, "y")
        self.about: dict[str, Any] = {"source": ""}
        self._split: dict[int, Split] = {}
        self._kept: dict[int, Tree] = {}
        self._fitted: dict[int, TextToSequences] = {}
        if data is not None:
            self._choose(data)

    def _choose(self, data: Data) -> None:
        """Take the rows of `data` that the networks were not trained on, where that is known."""
        splits = self._splits(data)
        self._split = {split.fold: split for split in splits}
        self.x, self.y, part = data.x, data.y, ""
        if data.test is not None:
            self.x, self.y, part = data.test.x, data.test.y, "test rows"
        elif len(splits) == 1 and splits[0].validation is not None:
            rows = splits[0].validation
            self.x, self.y = take_rows(data.x, rows), take_rows(data.y, rows)
            part = "validation rows"
        elif splits:
            part = "training rows too"
        name = data.source or (data.kind or "")
        name = name.removesuffix(", excerpt") if data.excerpt else name
        marked = data.excerpt and "excerpt" not in name
        source = ", ".join(filter(None, (name, "excerpt" if marked else "", part)))
        self.about = {"source": source, "data_name": name, "excerpt": int(marked), "part": part}

    def _splits(self, data: Data) -> tuple[Split, ...]:
        """How the study of these networks divided these data; () if it was on others."""
        source = self.networks.source
        manifest = {} if source is None else source.manifest
        if manifest.get("data", {}).get("fingerprint") != data.fingerprint:
            return ()
        study = manifest.get("study", {})
        folds = int(study.get("folds", 1))
        whole = splits_of(
            data.rows,
            data.labels,
            data.time_gap,
            folds=folds if folds > 1 else None,
            validation_split=float(study.get("validation_split", 0)),
        )
        share = float(study.get("train_share", 1))
        return tuple(train_on_share(split, share, data.labels, data.time_gap) for split in whole)

    @property
    def rows(self) -> int:
        """How many there are; 0 without any."""
        return 0 if self.x is None else row_count(self.x)

    def of(self, place: int, count: int | None = None) -> Tree:
        """The first rows as the network at this place takes them; None: all.

        Raises
        ------
        DureError
            If there are no rows.
        """
        if self.x is None:
            raise DureError(
                "there is nothing to put in: pass x, or data, to dure.look (--data on the command "
                "line)."
            )
        key = self.networks.members[place].key
        fold = 1 if key is None else key.fold
        if fold not in self._kept:
            self._kept[fold] = self._prepared(place, fold)
        return take_rows(self._kept[fold], slice(count))

    def own(self, place: int, x: Any) -> Tree:
        """A caller's own raw rows as the network at this place takes them."""
        x = as_rows(x)
        preparation = self.networks.preparation(place)
        if preparation is not None:
            return preparation.apply(x)
        return self._integers(place, x) if is_text(x) else x

    def _prepared(self, place: int, fold: int) -> Tree:
        data = self.data
        if data is None or data.prepare is None or self._is_kept(place):
            return self.own(place, self.x)
        fitted = fit_preparation(data.prepare, data.x, data.y, self._training(fold))
        return apply_preparation(fitted, self.x, "x")

    def _is_kept(self, place: int) -> bool:
        """Whether the network has its preparation with it; what cannot be read, the data know."""
        try:
            return self.networks.preparation(place) is not None
        except DureError:
            return False

    def _training(self, fold: int) -> Array:
        """Rows that a preparation is fitted on: those of the fold, or all where it is not known."""
        assert self.data is not None
        known = self._split.get(fold)
        return np.arange(self.data.rows) if known is None else known.train

    def _integers(self, place: int, texts: Array) -> npt.NDArray[np.int32]:
        text = self.text(place)
        if text is None:
            raise DureError(
                "x is raw text, and this network does not hold the words to make integers of it; "
                "pass integers, or data whose prepare is a dure.data.TextToSequences."
            )
        return text.transform(texts)

    def text(self, place: int) -> TextToSequences | None:
        """What makes integers of raw text: the network's own, or that of the data, fitted."""
        known, data = self.networks.text(place), self.data
        if known is not None or data is None or not isinstance(data.prepare, TextToSequences):
            return known
        key = self.networks.members[place].key
        fold = 1 if key is None else key.fold
        if fold not in self._fitted:
            training = data.x[self._training(fold)]
            self._fitted[fold] = copy.deepcopy(data.prepare).fit(training)
        return self._fitted[fold]

    def word_index(self, place: int = 0) -> Mapping[str, int] | None:
        """The integer of each word as the network at this place takes it; None if not known."""
        text = self.text(place)
        if text is not None:
            return text.word_index
        return None if self.data is None else self.data.word_index

    def words(self, tokens: Array, place: int = 0) -> list[list[str]]:
        """The word at each step of rows in integers; "" for padding (0)."""
        index = self.word_index(place)
        if index is None:
            return [[str(token) if token else "" for token in row] for row in tokens.tolist()]
        known = {number: word for word, number in index.items()}
        known |= {index.get(PADDING, 0): "", 0: ""}
        return [[known.get(token, UNKNOWN) for token in row] for row in tokens.tolist()]


def as_rows(values: Any, name: str = "x") -> Any:
    """The values as arrays; one text a row as an array of str.

    Raises
    ------
    StudyError
        For lists of anything but arrays, and what cannot be an array.
    """
    if is_text(values):
        return np.asarray(values, dtype=object).reshape(-1)
    if values is None or (hasattr(values, "shape") and name == "x"):
        return values
    if not is_nested(values):
        return np.asarray(values)
    faults = Faults()
    arrays = convert(values, name, faults)
    faults.raise_if_any("what is looked at")
    return arrays
