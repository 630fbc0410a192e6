"""A table with its second part, if it has one, and what its columns hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dure.core.arrays import Array
from dure.data.readers.tables.cells import Column


@dataclass
class CsvTable:
    """One or two files read as one table; its index numbers their rows through."""

    frame: Any
    """The cells as they came."""
    name: str
    test_name: str | None
    first_test: int
    """The row at which the second file begins; one past the last row without it."""
    from_file: bool = True
    notes: list[str] = field(default_factory=list)
    """What of the file was left out."""
    columns: dict[str, Column] = field(default_factory=dict)
    """What the columns in use hold."""

    @property
    def is_test(self) -> Array:
        """Which rows are of the second file, shape [rows]."""
        marked: Array = self.frame.index.to_numpy() >= self.first_test
        return marked

    def new_in_test(self, cells: Any) -> Array:
        """Which cells of the second file the first one never holds, shape [rows]; no holes."""
        import pandas as pd

        values = cells.astype(object)
        known = pd.unique(values[~self.is_test])
        new: Array = self.is_test & values.notna().to_numpy() & ~values.isin(known).to_numpy()
        return new

    def keep(self, rows: Array) -> None:
        """Leave out all rows but the marked ones, shape [rows]."""
        self.frame = self.frame[rows]
        self.columns = {
            name: column._replace(cells=column.cells[rows]) for name, column in self.columns.items()
        }

    def first(self, marked: Array) -> str:
        """The first marked row as the reader knows it."""
        row = int(self.frame.index[int(np.argmax(marked))])
        if row >= self.first_test:
            return f"row {row - self.first_test} of {self.test_name}"
        return f"row {row}" + (f" of {self.name}" if self.test_name else "")


def join_parts(frame: Any, test: Any) -> Any:
    """The rows of two DataFrames, that of `frame`'s columns; its categories keep their order."""
    import pandas as pd

    test = test.reindex(columns=list(frame))
    for name in frame:
        kept, other = frame[name], test[name]
        if isinstance(kept.dtype, pd.CategoricalDtype):
            values = pd.unique(other.astype(object).dropna())
            new = [value for value in values if value not in kept.cat.categories]
            every = pd.CategoricalDtype([*kept.cat.categories, *new], ordered=kept.cat.ordered)
            frame, test = frame.astype({name: every}), test.astype({name: every})
        elif isinstance(other.dtype, pd.CategoricalDtype):
            test = test.astype({name: object})
    return pd.concat([frame, test], ignore_index=True)
