"""What a study found: named-axis arrays, a summary with intervals, and the trained models.

Reads the run folder only; neither JAX nor Keras is loaded until a model is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from dure._errors import DureError, did_you_mean
from dure._intervals import mean_interval
from dure._lane import Lane
from dure._modes import mode_of
from dure._reading import LANE_DIMS, TEST, LanePlaces, lanes_frame, read_curves, read_test
from dure._recorded import first_nan_frame, layer_curves
from dure._tables import lines_of, tally, trained
from dure._text import count
from dure._types import DIMS, FirstNan, LaneKey, Monitor, Status
from dure.store import Recorded, Store

if TYPE_CHECKING:
    from dure.evidence.comparison import Comparison
    from dure.evidence.health import Health
    from dure.evidence.overfitting import Overfitting
    from dure.evidence.sequential import Sequential

__all__ = ["Lane", "Result", "load"]


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
        self._places = LanePlaces(self._keys)
        # Lanes first: if another process trains on meanwhile, curves may be ahead of a status,
        # but no lane is called done without its last epochs.
        rows = store.lane_rows()
        self.curves, epochs = read_curves(store, self._places, self._attributes())
        self.test = read_test(store, self._places, self.curves.attrs)
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
        """
        metric = self._known(metric or self.monitor.name)
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

    @property
    def sequential(self) -> Sequential | None:
        """Looks and decisions of a study run until decided; None for any other.

        `print` it, or take ``.looks`` and ``.frame()``.
        """
        from dure.evidence.sequential import Sequential

        return Sequential.of_manifest(self.manifest)

    def health(self) -> Health:
        """What ails the networks, in sentences with the numbers they rest on; the worst first.

        Told from curves, from what was recorded of each layer (``Study(health=True)``), and from
        what the manifest says of models and data. A finding is told where at least half of the
        lanes show it (NaN: any lane). What is the effect of another finding is left out and named,
        as is what could not be looked for. `print` it, or take ``.findings`` and ``.frame()``.
        """
        from dure.evidence.health import measure

        return measure(self)

    def overfitting(
        self, metric: str = "loss", confidence: float = 0.95, tolerance: float = 0.01
    ) -> Overfitting:
        """Where validation loss turns, by variant, and what training on after that gives away.

        The turn is the epoch at which the validation loss, averaged over lanes and smoothed, is
        lowest; its interval holds the epochs at which that mean may be level. A variant is said to
        overfit if its loss at the end is surely above that at the turn, judged for each lane at the
        turn of the others, so that neither one noisy epoch nor the search for the lowest makes a
        turn: of curves that only flatten fewer than 5 in 100 are said to overfit. Lanes that
        diverged, failed or still train are left out and counted. `print` it, or see ``.rows``,
        ``.row(variant)`` and ``.frame()``; `dure.evidence.overfitting.Row` says what is in a row.

        Parameters
        ----------
        metric
            A loss, with or without ``val_``. Gaps compare it on training and validation rows:
            Keras' training loss is a mean over an epoch in which the weights moved, so it is
            moved by half an epoch here; with dropout it is higher than the network would have
            without it, and the gap too small by that.
        confidence
            Of all intervals, between 0 and 1.
        tolerance
            The share of the loss that is too small a change to count.

        Raises
        ------
        StudyError
            No rows were held for validation, no lane has come to its end, or an argument is
            wrong; all of it at once.
        """
        from dure.evidence.overfitting import measure

        return measure(self, metric, confidence, tolerance)

    def compare(
        self,
        metric: str | None = None,
        baseline: str | None = None,
        other: Result | None = None,
        confidence: float = 0.95,
        rope: float | None = None,
    ) -> Comparison:
        """Is one variant better than another? Paired by seed, with tests and a verdict in words.

        Parameters
        ----------
        metric
            As in :meth:`at_best`: of every lane at its own best epoch; ``test_`` metrics as they
            were measured. Default: the monitor. Which direction is better follows `mode_of`.
        baseline
            Compare every other variant with this one; default: all pairs. Holm's correction is
            over all pairs compared, so fewer comparisons see smaller differences.
        other
            A second result, whose variants join those of this one. Their names get the run's in
            front where both have the same. Seeds that both have are compared.
        confidence
            Of the intervals; tests reach a verdict at ``1 - confidence``. From 0.5 to below 1.
        rope
            Region of practical equivalence: differences up to this much, in the metric's unit,
            make no difference to you. Without it, nothing is ever called equivalent.

        Returns
        -------
        Comparison
            `print` it; or take ``.pairs`` and ``.frame()``. What the numbers mean, and what
            decides, is said in `dure.evidence.comparison`; how far they can be trusted, with
            coverage and false alarms measured, in ``docs/compare.md``.

        Raises
        ------
        DureError
            For an unknown metric or baseline, fewer than two variants, a confidence or rope out of
            bounds, or results that cannot be paired.
        """
        from dure.evidence.comparison import compare

        return compare(self, metric, baseline, other, confidence, rope)

    def _summary_metrics(self) -> list[str]:
        first = (self.monitor.name, self.monitor.name.removeprefix("val_"))
        curves = sorted(map(str, self.curves), key=lambda name: name not in first)
        held_out = [name for name in curves if name.startswith("val_")]
        tests = [f"{TEST}{n}" for n in curves if n in self.test]
        tests += [f"{TEST}{n}" for n in self.test if n not in self.curves]
        return (held_out or curves) + tests

    def _known(self, metric: str) -> str:
        known = [str(name) for name in self.curves] + [f"{TEST}{name}" for name in self.test]
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
            known = {d: self.curves[d].values.tolist() for d in LANE_DIMS}
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
        flat = values.values[self._places.where]
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

    def _repr_html_(self) -> str:
        """The report for a notebook; the text where it cannot be made, with the reason."""
        try:
            from dure.report.notebook import shown

            return shown(self)
        except Exception as error:  # whoever only names a result in a notebook wants no traceback
            reason = escape(f"{type(error).__name__}: {error}")
            return f"<p>The report cannot be shown ({reason}).</p><pre>{escape(_text(self))}</pre>"


def _text(result: Result) -> str:
    try:
        return str(result)
    except Exception:
        return object.__repr__(result)
