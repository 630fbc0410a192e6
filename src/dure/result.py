"""`dure.Result`: what a study found, and the questions that can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure.core.types import GivenMode
from dure.errors import DureError
from dure.results.run_result import LaneResult, RunResult, Which
from dure.results.summary import lines_of
from dure.storage.store import Store

if TYPE_CHECKING:
    from dure.analysis.comparison.sequential import Sequential
    from dure.analysis.comparison.table import Comparison
    from dure.analysis.diagnostics.health import Health
    from dure.analysis.overfitting.model import Overfitting
    from dure.core.backend import keras

__all__ = ["Lane", "Result", "load"]


@dataclass(frozen=True, eq=False)
class Lane(LaneResult):
    """One trained network of a result: ``result.best()`` or ``result.lane(...)``.

    Examples
    --------
    >>> lane = result.lane("rate=0.1", seed=0)
    >>> str(lane), lane.status.kind, dict(lane.curves.sizes)
    ('lane 3 (rate=0.1, seed 0, fold 1)', 'finished', {'epoch': 2})
    """

    def model(self, which: Which = "best") -> keras.Model:
        """The trained Keras model, compiled as the study's was; loads Keras.

        It takes raw rows, as `dure.Data` does: where the study's data had a `prepare`, what that
        became on the training rows of this lane's fold comes first. As Keras layers where equal
        ones exist (scaling, imputing by a number, one-hot of numbers with
        ``handle_unknown="ignore"``, PCA, choosing columns, pipelines and column transformers of
        these), which then are part of an ordinary Keras model; otherwise, as for text, it is a
        `dure.keras_bridge.preparation.prepared_model.PreparedModel`.

        Parameters
        ----------
        which
            "best": weights of the best epoch by the monitor. "final": those at the end of training.

        Raises
        ------
        DureError
            As :meth:`weights`; if the model can be rebuilt from the run folder only with the
            study's build function, and that is not known here; or if the preparation could not
            be kept, or holds classes that are neither scikit-learn's nor named in
            ``keras.saving.custom_object_scope``.

        Examples
        --------
        >>> lane.model("final").predict(data.x[:2], verbose=0).shape
        (2, 1)
        """
        from dure.keras_bridge.model_files import load_model

        weights = self.weights(which)
        return load_model(self.folder, self.variant, weights, self.build, self.fold)

    def network(self, which: Which = "best") -> keras.Model:
        """The trained network alone, without what `Data.prepare` does before it; loads Keras.

        It takes prepared rows, such as `Data.prepared` makes; without a `prepare` it is what
        :meth:`model` gives. `which` and errors as there, but for the preparation.

        Examples
        --------
        >>> [layer.name for layer in lane.network().layers]
        ['hidden', 'out']
        """
        from dure.keras_bridge.model_files import load_model

        return load_model(self.folder, self.variant, self.weights(which), self.build)

    def save(self, path: str | PathLike[str], which: Which = "best") -> Path:
        """Write the model of :meth:`model` (`which` as there) as a ``.keras`` file; where it is.

        ``keras.models.load_model`` reads it, and it takes raw rows; ``import dure`` first where
        :meth:`model` is a `PreparedModel`.

        Raises
        ------
        DureError
            As :meth:`model`, or if the path does not end in ``.keras``.

        Examples
        --------
        >>> lane.save(folder / "best.keras").name
        'best.keras'
        """
        path = Path(path)
        if path.suffix != ".keras":
            raise DureError(f"{str(path)!r} does not end in '.keras', the only kind written here.")
        self.model(which).save(path)
        return path


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

    Examples
    --------
    >>> result = dure.load(folder / "run")
    >>> result.name
    'study'
    """
    with Store.open(Path(folder), read_only=True) as store:
        return Result(store, build)


class Result(RunResult):
    """The lanes of one study.

    What was in the folder when the object was made stays as it is: call :func:`load` again to see
    how far a study in training has come.

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

    Examples
    --------
    >>> result.name, result.monitor.name, result.variants
    ('study', 'val_loss', ['rate=0.001', 'rate=0.1'])
    >>> dict(result.curves.sizes)
    {'variant': 2, 'seed': 3, 'fold': 1, 'epoch': 2}
    >>> [status.kind for status in result.statuses][:2], len(result.first_nan)
    (['finished', 'finished'], 0)
    >>> [lane.seed for lane in result.lane_list()], int(result.lanes["epochs"].sum())
    ([0, 1, 2, 0, 1, 2], 12)
    """

    def lane(self, variant: str, seed: int, fold: int = 1) -> Lane:
        """One lane by its names; folds count from 1.

        Raises
        ------
        DureError
            If the study has no such lane.

        Examples
        --------
        >>> result.lane("rate=0.1", seed=2).name
        'study: rate=0.1, seed 2'
        """
        return Lane(**vars(super().lane(variant, seed, fold)))

    def best(
        self,
        metric: str | None = None,
        variant: str | None = None,
        mode: GivenMode = "auto",
    ) -> Lane:
        """The lane with the best value of a metric at its best epoch; the first of equals.

        Parameters
        ----------
        metric
            Default: the monitor. The best of many lanes is partly luck: report ``summary()``, use
            the best lane's model.
        variant
            Look among the lanes of this variant only.
        mode
            "min" if low is best, "max" if high is; "auto": as Keras knows it, the study's
            callbacks were told, or the name says.

        Raises
        ------
        DureError
            For an unknown metric or variant, if no lane that trained to its end has a value, or
            if nothing says which way the metric is better.

        Examples
        --------
        >>> result.best("val_accuracy", variant="rate=0.1").variant
        'rate=0.1'
        """
        return Lane(**vars(super().best(metric, variant, mode)))

    @property
    def sequential(self) -> Sequential | None:
        """Looks and decisions of a study run until decided; None for any other.

        `print` it, or take ``.looks`` and ``.frame()``.

        Examples
        --------
        >>> result.sequential is None
        True
        """
        from dure.analysis.comparison.sequential import Sequential

        return Sequential.of_manifest(self.manifest)

    def health(self) -> Health:
        """What ails the networks, in sentences with the numbers they rest on; the worst first.

        Told from curves, from what was recorded of each layer (``Study(health=True)``), and from
        what the manifest says of models and data. A finding is told where at least half of the
        lanes show it (NaN: any lane). What is the effect of another finding is left out and named,
        as is what could not be looked for. `print` it, or take ``.findings`` and ``.frame()``.

        Examples
        --------
        >>> kinds = [finding.kind for finding in result.health().findings]
        >>> "inputs_not_scaled" in kinds
        True
        """
        from dure.analysis.diagnostics.health import measure

        return measure(self)

    def overfitting(
        self, metric: str | None = None, confidence: float = 0.95, tolerance: float = 0.01
    ) -> Overfitting:
        """Where validation loss turns, by variant, and what training on after that gives away.

        The turn is the epoch at which the validation loss, averaged over lanes and smoothed, is
        lowest; its interval holds the epochs at which that mean may be level. A variant is said to
        overfit if its loss at the end is surely above that at the turn, judged for each lane at the
        turn of the others, so that neither one noisy epoch nor the search for the lowest makes a
        turn: of curves that only flatten fewer than 5 in 100 are said to overfit. Lanes that
        diverged, failed or still train are left out and counted. `print` it, or see ``.rows``,
        ``.row(variant)`` and ``.frame()``; `OverfittingRow` says what is in a row.

        Parameters
        ----------
        metric
            A loss, with or without ``val_``; None is "loss", or where a model's own training step
            logs none of this name, the one that is monitored. Gaps compare it on training and
            validation rows: Keras' training loss is a mean over an epoch in which the weights
            moved, so it is moved by half an epoch here; with dropout it is higher than the network
            would have without it, and the gap too small by that.
        confidence
            Of all intervals, between 0 and 1.
        tolerance
            The share of the loss that is too small a change to count.

        Raises
        ------
        StudyError
            No rows were held for validation, no lane has come to its end, or an argument is
            wrong; all of it at once.

        Examples
        --------
        >>> found = result.overfitting(tolerance=0.02)
        >>> [row.kind for row in found.rows]
        ['cannot tell', 'cannot tell']
        """
        from dure.analysis.overfitting.overfitting import measure

        return measure(self, metric, confidence, tolerance)

    def compare(
        self,
        metric: str | None = None,
        baseline: str | None = None,
        other: RunResult | None = None,
        confidence: float = 0.95,
        rope: float | None = None,
        mode: GivenMode = "auto",
    ) -> Comparison:
        """Is one variant better than another? Paired by seed, with tests and a verdict in words.

        Parameters
        ----------
        metric
            As in :meth:`at_best`: of every lane at its own best epoch; ``test_`` metrics as they
            were measured. Default: the monitor.
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
        mode
            Whether a low ("min") or high ("max") metric is better. "auto": as Keras' metric knows
            it, a callback that watches it was told, or its name says.

        Returns
        -------
        Comparison
            `print` it; or take ``.pairs`` and ``.frame()``. What the numbers mean, and what
            decides, is said in `dure.analysis.comparison.compare`; how far they can be trusted,
            with coverage and false alarms measured, in ``docs/compare.md``.

        Raises
        ------
        DureError
            For an unknown metric or baseline, fewer than two variants, a confidence or rope out of
            bounds, results that cannot be paired, or a metric of which nothing says which way it
            is better.

        Examples
        --------
        >>> comparison = result.compare("val_accuracy", rope=0.01)
        >>> comparison.pairs[0].verdict, comparison.pairs[0].more_seeds
        ('too few', 3)
        """
        from dure.analysis.comparison.compare import compare

        return compare(self, metric, baseline, other, confidence, rope, mode)

    def __str__(self) -> str:
        return "\n".join(lines_of(self))

    def _repr_html_(self) -> str:
        """The report for a notebook; the text where it cannot be made, with the reason."""
        try:
            from dure.report.document import document_for_notebook
            from dure.report.html import fragment

            return fragment(document_for_notebook(self))
        except Exception as error:  # whoever only names a result in a notebook wants no traceback
            reason = escape(f"{type(error).__name__}: {error}")
            return f"<p>The report cannot be shown ({reason}).</p><pre>{escape(_text(self))}</pre>"


def _text(result: Result) -> str:
    try:
        return str(result)
    except Exception:
        return object.__repr__(result)
