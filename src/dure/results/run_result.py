"""What a study found: named-axis arrays, a summary with intervals, and the trained models.

Reads the run folder only; neither JAX nor Keras is loaded until a model is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dure.core.lane_grid import spread_lanes
from dure.core.metrics import choose_mode, find_mode
from dure.core.types import (
    DIMS,
    Bools,
    FirstNan,
    GivenMode,
    LaneKey,
    Mode,
    Monitor,
    Status,
    trained,
)
from dure.errors import DureError, did_you_mean
from dure.messages.phrases import count
from dure.messages.status_text import tally
from dure.results.probes import first_nan_frame, layer_curves
from dure.results.reading import LANE_DIMS, TEST, LanePlaces, lanes_frame, read_curves, read_test
from dure.stats.intervals import mean_interval
from dure.storage.probes_db import Recorded
from dure.storage.store import Store

__all__ = ["LaneResult", "RunResult", "Which", "load"]

Which = Literal["best", "final"]


def load(folder: str | PathLike[str], build: Callable[..., Any] | None = None) -> RunResult:
    """As `dure.load`."""
    with Store.open(Path(folder), read_only=True) as store:
        return RunResult(store, build)


@dataclass(frozen=True, eq=False)
class LaneResult:
    """What a run folder holds of one trained network."""

    folder: Path
    """The run folder."""
    name: str
    """Such as 'digits: units=8, seed 3', with the fold where there are several."""
    index: int
    """Its place among the lanes of the study."""
    variant: str
    seed: int
    fold: int
    """From 1."""
    status: Status
    """How training ended, or stands."""
    best_epoch: int | None
    """The epoch, from 1, with the best monitored value; None if it never was finite."""
    curves: xr.Dataset
    """Metrics over the epochs that this lane ran, dimension (epoch,)."""
    manifest: dict[str, Any]
    """What the run folder says of the study."""
    build: Callable[..., Any] | None
    """The study's build function where it is known."""

    def weights(self, which: Which = "best") -> dict[str, NDArray[Any]]:
        """The stored arrays by name: those of the best epoch, or of the end of training.

        Of `which`, "final" is what Keras' own fit would have left in the model: the last
        epoch's weights, or those an EarlyStopping callback restored.

        Raises
        ------
        DureError
            For another word than these two, or a lane that is not done.

        Examples
        --------
        >>> {name: array.shape for name, array in lane.weights("final").items()}
        {'0000': (30, 4), '0001': (4,), '0002': (4, 1), '0003': (1,)}
        """
        if which not in ("best", "final"):
            raise DureError(f"which is {which!r}; expected 'best' or 'final'.")
        if not self.status.done:
            raise DureError(f"{self} is not done ({self.status}); its weights come with its end.")
        with Store.open(self.folder, read_only=True) as store:
            return store.weights(self.index, which)

    def __str__(self) -> str:
        return f"lane {self.index} ({self.variant}, seed {self.seed}, fold {self.fold})"


class RunResult:
    """The lanes of one study; `dure.Result` says what each attribute means and adds questions."""

    def __init__(self, store: Store, build: Callable[..., Any] | None = None) -> None:
        self.build = build
        self.folder: Path = store.folder
        self.manifest: dict[str, Any] = store.manifest
        self.monitor = Monitor(**self.manifest["monitor"])
        self._keys = tuple(LaneKey(*key) for key in store.lanes)
        self._places = LanePlaces(self._keys)
        # Lanes first: if another process trains on meanwhile, curves may be ahead of a status,
        # but no lane is called done without its last epochs.
        rows = store.lane_rows()
        self.curves, epochs = read_curves(
            store.curves_table(), self.manifest, self._places, self._attributes()
        )
        self.test = read_test(store.tests(), self._places, self.curves.attrs)
        self._statuses = [row.status for row in rows]
        self.lanes = lanes_frame(rows, self._places, epochs, self.curves, self.monitor)

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

    # -- looking ---------------------------------------------------------------------------------

    @cached_property
    def _recorded(self) -> tuple[Recorded, dict[int, FirstNan]]:
        with Store.open(self.folder, read_only=True) as store:
            recorded, lost = store.health()
        known = len(self._keys)  # the folder may have been given lanes since
        return recorded.of_lanes(known), {lane: n for lane, n in lost.items() if lane < known}

    @cached_property
    def layer_curves(self) -> xr.Dataset:
        """What was measured inside the lanes at chosen epochs; read when first asked for.

        Dimensions (variant, seed, fold, epoch, layer), float64, NaN where a lane was not measured
        or a variant has no such layer. `epoch` holds the measured ones only, 0 being before
        training; a lane that stops early has those up to its end. `layer` names those of all
        variants in the order in which they are called, "outer/inner" for one inside another; a
        layer called several times is measured over all its calls. Measured are the same training
        rows of a fold at every epoch, at most 256, in training mode with fixed dropout masks.

        - ``gradient_norm``: L2 norm of the loss's gradient over the layer's trainable weights.
        - ``weight_norm``: L2 norm of those weights.
        - ``update_ratio``: norm of what one step of the lane's own optimizer would change in them,
          over ``weight_norm``; NaN where the optimizer accumulates gradients over steps.
        - ``activation_gradient``: the loss's gradient by the layer's outputs, root mean square over
          all of them. The loss is a mean over rows, so it falls with their number.
        - ``dead``: share of units that give 0 on every measured row, or, where the activation is
          not a relu, one and the same value; of a convolution a unit is a channel. NaN for layers
          without activation, and for softmax.
        - ``saturated``: share of outputs, rows x units, on the flat part of the activation: |tanh|
          over 0.99, sigmoid below 0.01 or above 0.99, likewise for their relatives; else NaN.
        - ``activation_mean``, ``activation_std``: over all outputs.

        Of the whole network, without `layer`: ``probe_loss``, the loss on these rows;
        ``step_gain``, what that one step changes in it; ``curvature``, the loss's second
        derivative along the step (unit vector), its mean over the step (over a longer one in the
        same direction where the step is lost in float32's rounding).

        The attribute ``not_measured`` says why variants are missing. Without any measurement
        (``Study(health=False)``, or a run folder of an older version) there are no variables.

        Examples
        --------
        >>> result.layer_curves["layer"].values.tolist()
        ['hidden', 'out']
        >>> result.layer_curves["gradient_norm"].dims
        ('variant', 'seed', 'fold', 'epoch', 'layer')
        """
        coords = {d: self.curves[d].values.tolist() for d in LANE_DIMS}
        return layer_curves(self._recorded[0], self._keys, coords, self.curves.attrs)

    @cached_property
    def first_nan(self) -> pd.DataFrame:
        """Where the numbers of diverged lanes were first not finite; one row a lane.

        Columns variant, seed, fold, epoch and step (both from 1), layer, and what: "activation"
        (of the first layer called that gave a value that is not finite); where all of them were
        finite, "loss", else "gradient", else "weights" (after the step), each with the layer
        nearest the output whose gradient, or weights, were not.
        """
        return first_nan_frame(self._recorded[1], self._keys)

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

        Examples
        --------
        >>> result.frame().columns.tolist()
        ['variant', 'seed', 'fold', 'epoch', 'accuracy', 'loss', 'val_accuracy', 'val_loss']
        """
        shape = tuple(self.curves.sizes[d] for d in DIMS)
        ran = np.zeros(shape[:3], dtype=np.int64)
        ran[self._places.where] = self.lanes["epochs"]
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

        Examples
        --------
        >>> result.at_best("val_accuracy").sizes["seed"]
        3
        """
        metric = self._require_metric(metric or self.monitor.name)
        if metric in self.curves:
            best = self.lanes["best_epoch"].fillna(0).to_numpy(dtype=np.int64)
            values = self.curves[metric].values[(*self._places.where, best - 1)]
            values = np.where(best > 0, values, np.nan)
        else:
            values = self.test[metric.removeprefix(TEST)].values[self._places.where]
        sound = [trained(status) for status in self._statuses]
        grid = self._places.grid(np.where(sound, values, np.nan))
        return xr.DataArray(grid, {d: self.curves[d] for d in LANE_DIMS}, name=metric)

    def summary(self, metric: str | None = None) -> pd.DataFrame:
        """One row per variant and metric: the mean over lanes with its 95 % interval.

        The monitor comes first. Validation metrics (training metrics where nothing is held for
        validation) are taken at each lane's own best epoch by the monitor, test metrics as they
        were measured. The interval is that of ``dure.stats.intervals``: over seeds; over folds with
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

        Examples
        --------
        >>> result.summary("val_loss")[["variant", "metric", "of"]].values.tolist()
        [['rate=0.001', 'val_loss', 3], ['rate=0.1', 'val_loss', 3]]
        """
        names = self._summary_metrics() if metric is None else [self._require_metric(metric)]
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
        held_out = [n for n in curves if n.startswith("val_") or n == self.monitor.name]
        tests = [f"{TEST}{n}" for n in curves if n in self.test]
        tests += [f"{TEST}{n}" for n in self.test if n not in self.curves]
        return (held_out if any(n.startswith("val_") for n in held_out) else curves) + tests

    def _require_metric(self, metric: str) -> str:
        known = [str(name) for name in self.curves] + [f"{TEST}{name}" for name in self.test]
        if metric not in known:
            raise DureError(
                f"There is no metric {metric!r} here, but: {', '.join(known) or 'none'}."
                + did_you_mean(metric, known)
            )
        return metric

    # -- lanes -----------------------------------------------------------------------------------

    def lane(self, variant: str, seed: int, fold: int = 1) -> LaneResult:
        """As `dure.Result.lane`."""
        key = LaneKey(variant, seed, fold)
        if key not in self._keys:
            known = {d: self.curves[d].values.tolist() for d in LANE_DIMS}
            raise DureError(
                f"There is no lane with variant {variant!r}, seed {seed}, fold {fold}. "
                f"Variants: {known['variant']}; seeds: {known['seed']}; folds: {known['fold']}."
                + did_you_mean(str(variant), known["variant"])
            )
        return self._lane_at(self._keys.index(key))

    def best(
        self,
        metric: str | None = None,
        variant: str | None = None,
        mode: GivenMode = "auto",
    ) -> LaneResult:
        """As `dure.Result.best`."""
        values = self.at_best(metric)
        name = str(values.name)
        if variant is not None and variant not in self.variants:
            raise DureError(
                f"There is no variant {variant!r}; this study has {', '.join(self.variants)}."
                + did_you_mean(str(variant), self.variants)
            )
        flat = values.values[self._places.where]
        if variant is not None:
            flat = np.where([key.variant == variant for key in self._keys], flat, np.nan)
        if not np.isfinite(flat).any():
            raise DureError(
                f"No lane has come to its end with a finite {name}: {tally(self._statuses)}."
            )
        sign = 1 if judge_mode(self, name, mode) == "min" else -1
        return self._lane_at(int(np.nanargmin(np.where(np.isfinite(flat), sign * flat, np.nan))))

    def lane_list(self) -> list[LaneResult]:
        """Every lane, in lane order."""
        return [self._lane_at(index) for index in range(len(self._keys))]

    def _lane_at(self, index: int) -> LaneResult:
        key, row = self._keys[index], self.lanes.loc[index]
        fold = f", fold {key.fold}" if self.curves.sizes["fold"] > 1 else ""
        one = self.curves.sel(variant=key.variant, seed=key.seed, fold=key.fold)
        return LaneResult(
            folder=self.folder,
            name=f"{self.name}: {key.variant}, seed {key.seed}{fold}",
            index=index,
            variant=key.variant,
            seed=key.seed,
            fold=key.fold,
            status=self._statuses[index],
            best_epoch=None if pd.isna(row["best_epoch"]) else int(row["best_epoch"]),
            curves=one.isel(epoch=slice(int(row["epochs"]))),
            manifest=self.manifest,
            build=self.build,
        )

    def __repr__(self) -> str:
        sizes = " x ".join(count(self.curves.sizes[dim], dim) for dim in DIMS)
        return f"<{type(self).__name__} of {self.name!r}: {sizes}; {tally(self._statuses)}>"


def lane_grid(result: RunResult, is_so: Sequence[bool]) -> Bools:
    """What is so of each lane, in lane order, as (variant, seed, fold)."""
    columns = [result.lanes[dim].tolist() for dim in DIMS[:3]]
    axes = [result.curves[dim].values.tolist() for dim in DIMS[:3]]
    return spread_lanes(is_so, columns, axes, fill=False)


def known_modes(result: RunResult) -> dict[str, Mode]:
    """By name without "val_", which metrics are better low or high, where the run folder knows."""
    return dict(result.manifest.get("modes") or {})


def judge_mode(result: RunResult, metric: str, given: GivenMode = "auto") -> Mode:
    """Whether a metric of a result is better low or high, as `choose_mode`."""
    found = find_mode(metric, result.monitor, known_modes(result))
    return choose_mode(metric, given, found)
