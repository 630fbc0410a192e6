"""What a study found: named-axis arrays, a summary with intervals, and the trained models.

Reads the run folder only; neither JAX nor Keras is loaded until a model is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dure._errors import DureError, did_you_mean
from dure._intervals import mean_interval
from dure._lane import Lane
from dure._modes import mode_of
from dure._tables import count, lines_of, tally, trained
from dure._types import DIMS, LaneKey, Monitor, Status
from dure.store import Store

__all__ = ["Lane", "Result", "load"]

_LANE_DIMS = DIMS[:3]
_TEST = "test_"


def load(folder: str | PathLike[str], build: Callable[..., Any] | None = None) -> Result:
    """The result in a run folder, finished or half-way through training.

    Parameters
    ----------
    folder
        A run folder, as :meth:`Study.run` leaves it. It is opened for reading only.
    build
        The function that built the models; needed by :meth:`Lane.model` only where a model cannot
        be rebuilt from its configuration (a subclassed model).

    Raises
    ------
    RunFolderError
        If the folder holds no run.
    """
    with Store.open(Path(folder), read_only=True) as store:
        return Result(store, build)


class Result:
    """The lanes of one study.

    Attributes
    ----------
    folder
        The run folder.
    manifest
        What the run folder says of the study: arguments, versions, data.
    monitor
        The metric that decides a lane's best epoch.
    build
        The study's build function where it is known, else None.
    curves
        Dimensions (variant, seed, fold, epoch), one variable per metric and ``val_`` metric,
        float64; epochs count from 1, and those a lane did not run are NaN.
    test
        Dimensions (variant, seed, fold), one variable per metric of the test set; empty without
        a test set.
    lanes
        One row a lane: variant, seed, fold, status, epochs (run), best_epoch (missing where no
        epoch had a finite monitor), seconds (of training).

    What was in the folder when the object was made stays as it is: call :func:`load` again to see
    how far a study in training has come.
    """

    def __init__(self, store: Store, build: Callable[..., Any] | None = None) -> None:
        self.build = build
        self.folder: Path = store.folder
        self.manifest: dict[str, Any] = store.manifest
        self.monitor = Monitor(**self.manifest["monitor"])
        self._keys = tuple(LaneKey(*key) for key in store.lanes)
        self._read(store)

    # -- reading ---------------------------------------------------------------------------------

    def _read(self, store: Store) -> None:
        """Fill curves, test and lanes, in one pass over each of the store's tables."""
        # Lanes first: if another process trains on meanwhile, curves may be ahead of a status,
        # but no lane is called done without its last epochs.
        rows = store.lane_rows()
        columns = list(zip(*self._keys, strict=True)) or [(), (), ()]
        axes = [list(dict.fromkeys(column)) for column in columns]
        self._where = tuple(
            np.array([{v: i for i, v in enumerate(axis)}[v] for v in column], dtype=np.intp)
            for axis, column in zip(axes, columns, strict=True)
        )
        coords = dict(zip(_LANE_DIMS, axes, strict=True))
        self.curves, epochs = self._read_curves(store, coords)
        tests: dict[str, NDArray[np.float64]] = {}
        for lane, metrics in store.tests().items():
            for name, value in metrics.items():
                tests.setdefault(name, np.full(len(rows), np.nan))[lane] = value
        grids = {name.removeprefix(_TEST): (_LANE_DIMS, self._grid(v)) for name, v in tests.items()}
        self.test = xr.Dataset(grids, coords, self.curves.attrs)
        self._statuses = [row.status for row in rows]
        found = self._best_epochs()
        best = [row.best_epoch or found[row.lane] or None for row in rows]
        self.lanes = pd.DataFrame(
            {
                **dict(zip(_LANE_DIMS, columns, strict=True)),
                "status": [str(status) for status in self._statuses],
                "epochs": epochs,
                "best_epoch": pd.array(best, dtype="Int64"),
                "seconds": [row.seconds for row in rows],
            },
            index=pd.RangeIndex(len(rows), name="lane"),
        )

    def _read_curves(
        self, store: Store, coords: Mapping[str, Sequence[Any]]
    ) -> tuple[xr.Dataset, NDArray[np.int64]]:
        """The curves, and how many epochs each lane ran."""
        lane, epoch, metrics = store.curves_table()
        length = max(int(self.manifest["study"]["epochs"]), int(epoch.max(initial=0)))
        shape = (*(len(axis) for axis in coords.values()), length)
        at = (*(where[lane] for where in self._where), epoch - 1)
        known = [name for name in self.manifest.get("metrics", ()) if name in metrics]
        data = {}
        for name in dict.fromkeys((*known, *metrics)):
            cube = np.full(shape, np.nan)
            cube[at] = metrics[name]
            data[name] = (DIMS, cube)
        epochs = np.zeros(len(self._keys), dtype=np.int64)
        np.maximum.at(epochs, lane, epoch)
        curves = xr.Dataset(data, {**coords, "epoch": np.arange(1, length + 1)}, self._attributes())
        return curves, epochs

    def _grid(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Values in lane order, as (variant, seed, fold)."""
        grid = np.full([int(where.max(initial=-1)) + 1 for where in self._where], np.nan)
        grid[self._where] = values
        return grid

    def _attributes(self) -> dict[str, Any]:
        data = self.manifest.get("data") or {}
        return {
            "name": self.name,
            "run": str(self.folder),
            "source": data.get("source") or "",
            "excerpt": bool(data.get("excerpt")),
            "monitor": self.monitor.name,
            "mode": self.monitor.mode,
        }

    def _best_epochs(self) -> list[int]:
        """Each lane's best epoch by the monitor, the first of equals; 0 where it has none."""
        name = self.monitor.name
        if name not in self.curves:
            return [0] * len(self._keys)
        values = self.curves[name].values[self._where]
        worst = np.inf if self.monitor.mode == "min" else -np.inf
        filled = np.where(np.isfinite(values), values, worst)
        best = filled.argmin(1) if self.monitor.mode == "min" else filled.argmax(1)
        return [int(b) for b in np.where(np.isfinite(values).any(axis=1), best + 1, 0)]

    # -- looking ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.manifest.get("name", self.folder.name))

    @property
    def variants(self) -> list[str]:
        """Names of the variants, in the study's order."""
        return [str(v) for v in self.curves["variant"].values]

    @property
    def statuses(self) -> list[Status]:
        """How each lane stands, in lane order; ``lanes["status"]`` is the same as text."""
        return list(self._statuses)

    def frame(self) -> pd.DataFrame:
        """Tidy curves: variant, seed, fold, epoch, a column per metric; only epochs that ran.

        An epoch in which a lane diverged did run: its row is there, its values NaN.
        """
        shape = tuple(self.curves.sizes[d] for d in DIMS)
        ran = np.zeros(shape[:3], dtype=np.int64)
        ran[self._where] = self.lanes["epochs"]
        at = np.nonzero(np.arange(shape[3]) < ran[..., None])
        axes = {d: self.curves[d].values[i] for d, i in zip(DIMS, at, strict=True)}
        return pd.DataFrame({**axes, **{str(m): v.values[at] for m, v in self.curves.items()}})

    def at_best(self, metric: str | None = None) -> xr.DataArray:
        """A metric of every lane at the lane's own best epoch, dimensions (variant, seed, fold).

        NaN for lanes that diverged, failed, or are not done. ``test_`` metrics are those of the
        test set; ``metric`` defaults to the monitor.

        Raises
        ------
        DureError
            For a metric the study does not have.
        """
        metric = self._known(metric or self.monitor.name)
        if metric in self.curves:
            best = self.lanes["best_epoch"].fillna(0).to_numpy(dtype=np.int64)
            values = self.curves[metric].values[(*self._where, best - 1)]
            values = np.where(best > 0, values, np.nan)
        else:
            values = self.test[metric.removeprefix(_TEST)].values[self._where]
        sound = [trained(status) for status in self._statuses]
        grid = self._grid(np.where(sound, values, np.nan))
        return xr.DataArray(grid, {d: self.curves[d] for d in _LANE_DIMS}, name=metric)

    def summary(self, metric: str | None = None) -> pd.DataFrame:
        """One row per variant and metric: the mean over lanes with its 95 % interval.

        The monitor comes first. Validation metrics (training metrics where nothing is held for
        validation) are taken at each lane's own best epoch by the monitor, test metrics as they
        were measured. The interval is that of ``dure._intervals``: over seeds; over folds with
        one seed; NaN with one lane.

        A best epoch is chosen on the very validation rows it is then judged by, so these values
        are a little better than new rows would give; test metrics are not.

        Parameters
        ----------
        metric
            Only this metric, which may also be one of training ("loss") or test ("test_loss").

        Returns
        -------
        DataFrame
            Columns variant, metric, mean, low, high, lanes (the mean rests on), of (lanes in all).
            Lanes that diverged, failed or are not done are left out of ``lanes`` only.

        Raises
        ------
        DureError
            For a metric the study does not have.
        """
        names = self._summary_metrics() if metric is None else [self._known(metric)]
        grids = {name: self.at_best(name) for name in names}
        rows = [
            (variant, name, *mean_interval(grid.sel(variant=variant).values))
            for variant in self.variants
            for name, grid in grids.items()
        ]
        columns = ["variant", "metric", "mean", "low", "high", "lanes", "of"]
        return pd.DataFrame(rows, columns=columns)

    def _summary_metrics(self) -> list[str]:
        first = (self.monitor.name, self.monitor.name.removeprefix("val_"))
        curves = sorted(map(str, self.curves), key=lambda name: name not in first)
        held_out = [name for name in curves if name.startswith("val_")]
        tests = [f"{_TEST}{n}" for n in curves if n in self.test]
        tests += [f"{_TEST}{n}" for n in self.test if n not in self.curves]
        return (held_out or curves) + tests

    def _known(self, metric: str) -> str:
        known = [str(name) for name in self.curves] + [f"{_TEST}{name}" for name in self.test]
        if metric not in known:
            raise DureError(
                f"There is no metric {metric!r} here, but: {', '.join(known) or 'none'}."
                + did_you_mean(metric, known)
            )
        return metric

    # -- lanes -----------------------------------------------------------------------------------

    def lane(self, variant: str, seed: int, fold: int = 1) -> Lane:
        """One lane by its names; folds count from 1.

        Raises
        ------
        DureError
            If the study has no such lane.
        """
        key = LaneKey(variant, seed, fold)
        if key not in self._keys:
            known = {d: self.curves[d].values.tolist() for d in _LANE_DIMS}
            raise DureError(
                f"There is no lane with variant {variant!r}, seed {seed}, fold {fold}. "
                f"Variants: {known['variant']}; seeds: {known['seed']}; folds: {known['fold']}."
                + did_you_mean(str(variant), known["variant"])
            )
        return Lane(self, self._keys.index(key))

    def best(self, metric: str | None = None, variant: str | None = None) -> Lane:
        """The lane with the best value of a metric at its best epoch; the first of equals.

        Parameters
        ----------
        metric
            Default: the monitor. Whether low or high is best follows :func:`mode_of`. The best of
            many lanes is partly luck: report ``summary()``, use the best lane's model.
        variant
            Look among the lanes of this variant only.

        Raises
        ------
        DureError
            For an unknown metric or variant, or if no lane that trained to its end has a value.
        """
        values = self.at_best(metric)
        name = str(values.name)
        if variant is not None and variant not in self.variants:
            raise DureError(
                f"There is no variant {variant!r}; this study has {', '.join(self.variants)}."
                + did_you_mean(str(variant), self.variants)
            )
        flat = values.values[self._where]
        if variant is not None:
            flat = np.where([key.variant == variant for key in self._keys], flat, np.nan)
        if not np.isfinite(flat).any():
            raise DureError(
                f"No lane has come to its end with a finite {name}: {tally(self._statuses)}."
            )
        sign = 1 if mode_of(name, self.monitor) == "min" else -1
        return Lane(self, int(np.nanargmin(np.where(np.isfinite(flat), sign * flat, np.nan))))

    # -- text ------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        sizes = " x ".join(count(self.curves.sizes[dim], dim) for dim in DIMS)
        return f"<Result of {self.name!r}: {sizes}; {tally(self._statuses)}>"

    def __str__(self) -> str:
        return "\n".join(lines_of(self))
