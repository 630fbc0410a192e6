"""Kinds of data that Keras' `fit` takes: types of numbers, tables, sources of batches, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pandas as pd
import scipy.sparse
from keras import layers as L

from dure.core.backend import jnp
from oracles.networks.case import (
    BATCH,
    BINARY,
    NUMBERS,
    PICTURES,
    SERIES,
    TABLE,
    WEIGHTS,
    WORDS,
    Case,
    compiled,
    tabular,
)

BYTES = (PICTURES * 255).astype("uint8")
FRAME = pd.DataFrame(TABLE, columns=[f"c{i}" for i in range(10)])


class Batches(keras.utils.PyDataset):
    """Rows in batches, as people subclass Keras' class."""

    def __init__(self, x: Any, y: Any, **options: Any) -> None:
        super().__init__(**options)
        self.x, self.y = x, y

    def __len__(self) -> int:
        return -(-len(self.x) // BATCH)

    def __getitem__(self, index: int) -> Any:
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return self.x[rows], self.y[rows]


class Noisy(Batches):
    """Batches that are other ones in every epoch."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__(x, y)
        self.random = np.random.default_rng(3)

    def on_epoch_end(self) -> None:
        order = self.random.permutation(len(self.x))
        self.x, self.y = self.x[order], self.y[order]


def _forever(x: Any, y: Any, *more: Any) -> Iterator[Any]:
    while True:
        for start in range(0, len(x), BATCH):
            yield tuple(part[start : start + BATCH] for part in (x, y, *more))


def _from(make: Callable[[Path], Mapping[str, Any]]) -> Callable[[Path], Mapping[str, Any]]:
    """A source of batches instead of arrays, which none of the arguments of arrays go with."""
    return lambda folder: {
        "y": None,
        "batch_size": None,
        "validation_data": None,
        "shuffle": False,
        **make(folder),
    }


def _mapped(folder: Path) -> Mapping[str, Any]:
    """Rows in a file that is mapped into memory."""
    np.save(folder / "x.npy", TABLE)
    return {"x": np.load(folder / "x.npy", mmap_mode="r")}


def _in_hdf5(folder: Path) -> Mapping[str, Any]:
    path = folder / "rows.h5"
    if not path.exists():
        with h5py.File(path, "w") as file:
            file["x"], file["y"] = TABLE, BINARY
    file = h5py.File(path, "r")
    # Keras asks HDF5 for rows in order: shuffled inside batches alone.
    return {"x": file["x"], "y": file["y"], "shuffle": "batch", "validation_data": None}


def _conv(kind: str) -> keras.Model:
    x = L.Input((9, 9, 3), dtype=kind)
    h = L.Conv2D(2, 3, activation="relu")(L.Rescaling(1 / 255)(x))
    return compiled(x, L.Dense(1, "sigmoid")(L.Flatten()(h)))


def _joined() -> keras.Model:
    """A table and a series."""
    a, b = L.Input((10,), name="table"), L.Input((12, 4), name="series")
    h = L.Concatenate()([L.Dense(4)(a), L.GRU(3)(b)])
    return compiled([a, b], L.Dense(1, "sigmoid")(h))


def _plain(x: Any, y: Any = BINARY, **more: Any) -> Case:
    return Case(tabular(), x, y, more)


KINDS: dict[str, Case] = {
    "float64": _plain(TABLE.astype("float64"), BINARY.astype("float64")),
    "float16": _plain(TABLE.astype("float16")),
    "bool": _plain(TABLE > 0, BINARY > 0),
    "int64": _plain(np.round(TABLE * 3).astype("int64"), BINARY.astype("int64")),
    "int8": _plain(np.round(TABLE * 3).astype("int8"), BINARY.astype("int8")),
    "uint8 pictures": Case(lambda: _conv("uint8"), BYTES, BINARY),
    "uint8 pictures into floats": Case(lambda: _conv("float32"), BYTES, BINARY),
    "targets in a column": _plain(TABLE, BINARY[:, None]),
    "Fortran order": _plain(np.asfortranarray(TABLE)),
    "strided view": _plain(np.repeat(TABLE, 2, axis=0)[::2], BINARY),
    "read-only": _plain(_frozen := TABLE.copy()),
    "JAX arrays": _plain(jnp.asarray(TABLE), jnp.asarray(BINARY)),
    "pandas": _plain(FRAME, pd.Series(BINARY)),
    "pandas of mixed columns": _plain(
        FRAME.assign(c0=FRAME["c0"] > 0, c1=(FRAME["c1"] * 3).astype("int64"))
    ),
    "pandas, nullable": _plain(FRAME.convert_dtypes(), pd.Series(BINARY).astype("Int64")),
    "pandas by input": Case(
        lambda: _named(),
        {"left": FRAME[["c0", "c1"]], "right": FRAME[["c2"]]},
        pd.DataFrame(BINARY),
    ),
    "scipy sparse": Case(tabular(), scipy.sparse.csr_matrix(TABLE * (TABLE > 0.5)), BINARY),
    "lists of arrays": Case(_joined, [TABLE, SERIES], [BINARY]),
    "tuple for training, list for validation": Case(
        _joined, (TABLE, SERIES), BINARY, {"validation_data": ([TABLE, SERIES], BINARY)}
    ),
    "validation in another type": _plain(
        TABLE, BINARY, validation_data=(np.round(TABLE).astype("uint8"), BINARY.astype("float64"))
    ),
    "validation with a column of targets": _plain(
        TABLE, BINARY, validation_data=(TABLE, BINARY[:, None])
    ),
    "validation of series of another length": Case(
        lambda: compiled(x := L.Input((None, 4)), L.Dense(1, "sigmoid")(L.GRU(3)(x))),
        SERIES,
        BINARY,
        {"validation_data": (SERIES[:, :7], BINARY)},
    ),
    "one feature": Case(tabular(), TABLE[:, 0], BINARY),
    "weights in a column": _plain(TABLE, BINARY, sample_weight=WEIGHTS.astype("float64")),
    "words as int64": Case(
        lambda: compiled(
            x := L.Input((12,), dtype="int64"),
            L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(L.Embedding(20, 3)(x))),
        ),
        WORDS.astype("int64"),
        BINARY,
    ),
    "infinities left out by the network": Case(
        lambda: compiled(
            x := L.Input((10,)),
            L.Dense(1, "sigmoid")(L.Lambda(lambda t: keras.ops.clip(t, -3.0, 3.0))(x)),
        ),
        np.where(TABLE > 2.0, np.inf, TABLE),
        BINARY,
    ),
    "targets with NaN, left out by the loss": Case(
        lambda: compiled(
            x := L.Input((10,)),
            L.Dense(1)(L.Dense(4, "tanh")(x)),
            lambda t, p: keras.ops.mean(
                keras.ops.where(keras.ops.isnan(t), 0.0, keras.ops.square(t - p)), axis=-1
            ),
        ),
        TABLE,
        np.where(np.arange(len(NUMBERS))[:, None] % 5 == 0, np.nan, NUMBERS),
    ),
    "np.memmap": Case(tabular(), TABLE, BINARY, fresh=_mapped),
    "HDF5": Case(tabular(), TABLE, BINARY, fresh=_in_hdf5),
    "PyDataset": Case(
        tabular(), TABLE, BINARY, fresh=_from(lambda _: {"x": Batches(TABLE, BINARY)})
    ),
    "PyDataset, shuffled": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=_from(lambda _: {"x": Batches(TABLE, BINARY), "shuffle": True}),
    ),
    "PyDataset for validation, too": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=_from(
            lambda _: {
                "x": Batches(TABLE, BINARY),
                "validation_data": Batches(TABLE[:20], BINARY[:20]),
            }
        ),
    ),
    "PyDataset, other batches each epoch": Case(
        tabular(), TABLE, BINARY, fresh=_from(lambda _: {"x": Noisy(TABLE, BINARY)})
    ),
    "PyDataset with workers": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=_from(lambda _: {"x": Batches(TABLE, BINARY, workers=2, max_queue_size=3)}),
    ),
    "generator": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=_from(lambda _: {"x": _forever(TABLE, BINARY), "steps_per_epoch": 3}),
    ),
    "generator with weights and validation": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=_from(
            lambda _: {
                "x": _forever(TABLE, BINARY, WEIGHTS),
                "steps_per_epoch": 2,
                "validation_data": _forever(TABLE, BINARY),
                "validation_steps": 2,
            }
        ),
    ),
    "arrays for training, PyDataset for validation": Case(
        tabular(),
        TABLE,
        BINARY,
        fresh=lambda _: {"validation_data": Batches(TABLE[:20], BINARY[:20])},
    ),
}
_frozen.flags.writeable = False


def _named() -> keras.Model:
    left, right = L.Input((2,), name="left"), L.Input((1,), name="right")
    h = L.Concatenate()([left, right])
    model = keras.Model({"left": left, "right": right}, L.Dense(1, "sigmoid")(h))
    model.compile("adam", "binary_crossentropy")
    return model
