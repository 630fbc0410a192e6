"""Tables of pandas for transformers of scikit-learn: columns keep their names and kinds."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dure.core.arrays import Array, Tree
from dure.core.formatting import join_first
from dure.errors import Faults, did_you_mean

_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")


class TableTransformer:
    """A transformer that is shown tables, for inputs that are one.

    `Data` makes it of a `prepare` where `x` is a DataFrame and the transformer needs more of it
    than an array: columns of text or categories, or a ``ColumnTransformer``, which names columns.

    Parameters
    ----------
    transformer
        Has ``fit`` and ``transform``, given a DataFrame.
    columns
        Their names, in order.
    numeric
        Whether each holds numbers, as float64; else texts, with NaN where there is none.
    """

    def __init__(self, transformer: Any, columns: Sequence[str], numeric: Sequence[bool]) -> None:
        self.transformer = transformer
        self.columns = tuple(columns)
        self.numeric = tuple(bool(one) for one in numeric)

    def fit(self, x: Array, y: Any = None) -> TableTransformer:
        """Fit the transformer on rows as `make_rows` makes them."""
        takes_y = y is not None and "y" in inspect.signature(self.transformer.fit).parameters
        self.transformer.fit(self._frame(x), *([y] if takes_y else []))
        return self

    def transform(self, x: Array) -> Any:
        """What the transformer makes of these rows."""
        return self.transformer.transform(self._frame(x))

    def _frame(self, x: Array) -> Any:
        import pandas as pd

        if x.dtype.kind != "O":
            return pd.DataFrame(x, columns=list(self.columns))
        kinds = zip(self.columns, self.numeric, strict=True)
        return pd.DataFrame(
            {
                name: pd.Series(x[:, place], dtype=np.float64 if numeric else object)
                for place, (name, numeric) in enumerate(kinds)
            }
        )

    def make_rows(self, value: Any, name: str, faults: Faults) -> Array | None:
        """A table as an array [rows, columns]: float64 if all are numbers, else of objects.

        Columns of a DataFrame are found by name, whatever their order; arrays and lists must have
        as many in the order of training. None after appending faults.
        """
        frame = self._named(value, name, faults)
        if frame is None:
            return None
        before = len(faults)
        made: list[Any] = [
            _numbers(frame[column], f"{name}[{column!r}]", faults)
            if numeric
            else _texts(frame[column], f"{name}[{column!r}]", faults)
            for column, numeric in zip(self.columns, self.numeric, strict=True)
        ]
        if not len(frame):
            faults.append(f"{name} has no rows; pass at least one.")
        if len(faults) > before:
            return None
        if all(self.numeric):
            return np.stack(made, axis=1)
        rows = np.empty((len(frame), len(made)), dtype=object)
        for place, cells in enumerate(made):
            rows[:, place] = cells
        return rows

    def _named(self, value: Any, name: str, faults: Faults) -> Any:
        """The value as a DataFrame that has the columns of training; None after a fault."""
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            frame = value.set_axis([str(column) for column in value.columns], axis=1)
        else:
            try:
                frame = pd.DataFrame(np.asarray(value, dtype=object))
            except ValueError as error:
                faults.append(f"{name} cannot be read as a table ({error}); pass a DataFrame.")
                return None
            if frame.shape[1] == len(self.columns):
                return frame.set_axis(list(self.columns), axis=1)
            faults.append(
                f"{name} has {frame.shape[1]} columns; pass {len(self.columns)}: "
                f"{join_first(self.columns)}."
            )
            return None
        known = frame.columns.tolist()
        doubled = [repr(one) for one in dict.fromkeys(self.columns) if known.count(one) > 1]
        lacking = [one for one in self.columns if one not in known]
        if doubled:
            faults.append(f"{name} has columns twice: {join_first(doubled)}; leave one of each.")
        if lacking:
            hint = did_you_mean(lacking[0], known)
            told = join_first([repr(one) for one in lacking])
            faults.append(f"{name} lacks columns of training: {told}.{hint}")
        return None if doubled or lacking else frame


def name_columns(prepare: Any, x: Tree) -> Any:
    """A preparation whose transformers are shown tables where they need to be."""
    if isinstance(prepare, Mapping) and isinstance(x, Mapping):
        return {key: name_columns(part, x.get(key)) for key, part in prepare.items()}
    if isinstance(prepare, (list, tuple)) and isinstance(x, (list, tuple)):
        items = [name_columns(part, item) for part, item in zip(prepare, x, strict=False)]
        items += prepare[len(items) :]
        return items if isinstance(prepare, list) else tuple(items)
    takes_texts = hasattr(type(prepare), "word_index")  # as TextToSequences does
    if isinstance(prepare, (type, TableTransformer)) or takes_texts:
        return prepare
    if not hasattr(prepare, "transform"):
        return prepare
    frame = _as_frame(x)
    if frame is None:
        return prepare
    numeric = [_holds_numbers(frame.iloc[:, place]) for place in range(frame.shape[1])]
    if all(numeric) and not _names_columns(prepare):
        return prepare
    return TableTransformer(prepare, [str(column) for column in frame.columns], numeric)


def _as_frame(x: Any) -> Any:
    """A table, or an array of several columns that holds other things than numbers; else None."""
    import pandas as pd

    if isinstance(x, pd.DataFrame):
        return x
    is_array = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] > 1
    return pd.DataFrame(x.astype(object)) if is_array and x.dtype.kind in "OUT" else None


def _names_columns(transformer: Any) -> bool:
    """Whether it is a ColumnTransformer, or one is inside."""
    held = [transformer]
    if hasattr(transformer, "get_params"):
        held += transformer.get_params(deep=True).values()
    return any(type(one).__name__ == "ColumnTransformer" for one in held)


def _holds_numbers(column: Any) -> bool:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return not isinstance(column.dtype, pd.CategoricalDtype)
    present = column.dropna()
    inferred = pd.api.types.infer_dtype(present)
    return inferred in _NUMBERS


def _numbers(column: Any, name: str, faults: Faults) -> Array | None:
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce")
    wrong = (values.isna() & column.notna()).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        faults.append(
            f"{name} holds {int(wrong.sum())} cells that are no numbers, the first in row {row} "
            f"(counted from 0): {column.iloc[row]!r}. Leave unknown ones empty."
        )
        return None
    made: Array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return made


def _texts(column: Any, name: str, faults: Faults) -> Array | None:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        faults.append(f"{name} holds dates; turn them into numbers first, or leave them out.")
        return None
    missing = column.isna().to_numpy()
    cells = np.empty(len(column), dtype=object)
    cells[:] = [np.nan if hole else str(cell) for cell, hole in zip(column, missing, strict=True)]
    return cells
