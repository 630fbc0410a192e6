"""One measurement as `dure look` left it in a file: its array, what went in, and of which networks.

`read` brings back what `dure.inspection.network` measured, without Keras or JAX.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from dure.measurements.labels import LANE
from dure.messages.message import Message, as_is, joined, say

Measured: TypeAlias = "xr.DataArray | xr.Dataset"
Lane: TypeAlias = tuple[str, int, int]
"""Variant, seed and fold."""

ARRAYS = ("kernels", "feature_maps", "saliency", "grad_cam", "embedding_map", "confusion")
"""Kinds that were measured as one array; the others hold several variables."""

MARKS = {
    "test rows": say("test rows"),
    "validation rows": say("validation rows"),
    "training rows too": say("training rows too"),
    "excerpt": say("excerpt"),
}
"""Which rows went in."""


@dataclass(frozen=True)
class Origin:
    """What was measured, of what.

    Attributes
    ----------
    kind, layer, model
        As `dure.inspection.network` names them; `layer` is "" where it is not of one layer.
    source, marks
        Where the rows that went in are from ("" where none did), and which they are: "excerpt",
        "test rows" and the like.
    lanes
        Of which lanes of a run it is; () for a network by itself.
    """

    path: Path
    kind: str
    layer: str
    model: str
    source: str
    marks: tuple[str, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, eq=False)
class Measurement:
    """One measurement.

    Attributes
    ----------
    measured
        The array, or the arrays, with their attributes.
    inputs
        What went in for the rows that are shown: pictures [row, height, width, channel], words
        [row, step] or texts [row]; None where there is nothing to show.
    untrained
        Beside kernels: those of the untrained twins.
    """

    origin: Origin
    measured: Any
    inputs: npt.NDArray[Any] | None
    untrained: xr.DataArray | None


def read(path: Path) -> Measurement:
    """A file that `dure look` wrote.

    Raises
    ------
    Exception
        Of nearly any kind, for a file that is damaged or something else.
    """
    whole = xr.load_dataset(path, engine="scipy")
    kind = str(whole.attrs["kind"])
    inputs = whole["input"].values if "input" in whole else None
    untrained = whole["untrained"] if "untrained" in whole and kind == "kernels" else None
    if kind in ARRAYS:
        measured: Any = whole[kind].assign_attrs(whole.attrs)
    else:
        measured = whole.drop_vars("input", errors="ignore")
        measured = measured[_in_order(measured)].assign_attrs(whole.attrs)
    return measurement_of(measured, inputs, untrained, path)


def measurement_of(
    measured: Measured,
    inputs: npt.NDArray[Any] | None = None,
    untrained: xr.DataArray | None = None,
    path: Path = Path(),
) -> Measurement:
    """Arrays with what went in, in the form in which a file gives them."""
    kind, layer, model = (str(measured.attrs.get(key, "")) for key in ("kind", "layer", "model"))
    origin = Origin(path, kind, layer, model, *_source(measured.attrs), _lanes(measured))
    return Measurement(origin, measured, inputs, untrained)


def _source(attributes: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Where the rows are from, and their marks."""
    if "data_name" in attributes:
        marks = ("excerpt" if attributes["excerpt"] else "", str(attributes["part"]))
        return str(attributes["data_name"]), tuple(filter(None, marks))
    # Older files have all of it in one line.
    bits = str(attributes.get("source", "")).split(", ")
    behind: list[str] = []
    while len(bits) > 1 and bits[-1] in MARKS:
        behind.insert(0, bits.pop())
    return ", ".join(bits), tuple(behind)


def describe_source(origin: Origin) -> Message:
    """'MNIST, excerpt, test rows'."""
    return joined((as_is(origin.source), *(MARKS[mark] for mark in origin.marks)), ", ")


def _in_order(measured: xr.Dataset) -> list[Hashable]:
    """Names of the variables: a file may hold them in another order than they were measured in.

    The first is the one that the headline speaks of; weights with more axes come before biases.
    """
    begins = measured.attrs.get("leads") or str(measured.attrs.get("says", "")).split(":")[0]
    return sorted(measured.data_vars, key=lambda n: (n != begins, -measured[n].ndim, str(n)))


def _lanes(measured: Measured) -> tuple[Lane, ...]:
    if LANE not in measured.dims or not {"variant", "seed", "fold"} <= set(measured.coords):
        return ()
    columns = (np.atleast_1d(measured[name].values) for name in ("variant", "seed", "fold"))
    return tuple((str(v), int(s), int(f)) for v, s, f in zip(*columns, strict=True))


def first(array: xr.DataArray) -> xr.DataArray:
    """That of the first network, which is the one that pictures show."""
    return array.isel({LANE: 0}) if LANE in array.dims else array


def describe_lane(lane: Lane, *, folds: bool) -> Message:
    """'seed 3', or 'seed 3, fold 2' where there are several folds."""
    if folds:
        return say("seed {seed}, fold {fold}", seed=str(lane[1]), fold=str(lane[2]))
    return say("seed {seed}", seed=str(lane[1]))


def describe_rows(measured: Measured) -> list[Message]:
    """'row 341' each, with what is known: 'row 341, true class 7, predicted 1'."""
    names = []
    for place in range(measured.sizes["row"]):
        one = measured.isel(row=place)
        row = f"{int(one['row']) if 'row' in one.coords else place:,}"
        known = {
            name: str(one[name].item())
            for name in ("true", "predicted")
            if name in one.coords and one[name].ndim == 0
        }
        match sorted(known):
            case ["predicted", "true"]:
                name = say("row {row}, true class {true}, predicted {predicted}", row=row, **known)
            case ["true"]:
                name = say("row {row}, true class {true}", row=row, **known)
            case ["predicted"]:
                name = say("row {row}, predicted {predicted}", row=row, **known)
            case _:
                name = say("row {row}", row=row)
        names.append(name)
    return names
