"""`dure.Study`: what is to be trained, and the verbs that train it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dure.experiment.spec import StudySpec, Variant

if TYPE_CHECKING:
    from dure.analysis.overfitting.capacity import Capacity
    from dure.analysis.overfitting.learning_curve import LearningCurve
    from dure.engine.planning.summary import Plan
    from dure.remedies.outcome import CureOutcome
    from dure.result import Result

__all__ = ["Study", "Variant"]


@dataclass(frozen=True, eq=False, repr=False)
class Study(StudySpec):
    """Every variant x seed x fold of a build, trained on the same data under the same terms.

    Parameters
    ----------
    build
        Called with a variant's arguments by name; returns a new, compiled ``keras.Model``.
    data
        A `Data`, or `Batches` for data that come in batches or do not fit into memory.
    variants
        ``{argument: [values]}`` for the grid of all combinations (named such as
        ``"cell=LSTM, units=8"``, the last argument varying fastest), ``{name: {argument:
        value}}`` for named variants, or a sequence of `Variant`. None: one, called without
        arguments.
    seeds
        How many (then 0 to n-1), or the seeds themselves, each in [0, 2**32) and only once. A
        seed decides first weights, shuffling and dropout.
    folds
        k for k-fold cross-validation: shuffled folds that are the same for every variant and
        seed, stratified where `y` holds classes (`Data.task`). Rows in order of time
        (`Data.time_gap`) are not shuffled: each fold trains on the past and validates on what
        comes next. None for no folds.
    validation_split
        The fraction of the rows, taken from their end as in Keras, that validates. With
        `Data.time_gap` the rows just before it do not train.
    validation_data
        ``(x, y)`` or ``(x, y, sample_weight)`` to validate on; beside `Batches` also a dataset. At
        most one of `folds`, `validation_split` and `validation_data` can be given.
    train_share
        The share of each split's training rows that trains, above 0 and up to 1; what validates
        stays the same. A smaller share's rows are among those of a larger one, the same for every
        variant and seed, with classes in their proportions; of rows in order of time
        (`Data.time_gap`) the most recent.
    steps_per_epoch, validation_steps
        As in Keras' ``fit``: batches that make an epoch, or a validation; the next epoch goes on
        where this one ended. None: all rows, or batches.
    epochs, batch_size, shuffle, class_weight, validation_freq, validation_batch_size
        As in Keras' ``fit``: `shuffle` True, False, or "batch" to change places only inside a
        batch. Class weights weigh training rows only.
    callbacks
        Instances of ``keras.callbacks.Callback``; each lane has its own copy, with its validation
        rows in ``validation_data``. What they put into the logs becomes curves
        (``docs/metrics.md``). The first that watches a metric says what a lane's best epoch is
        judged by; else that is the (validation) loss.
    name
        Begins the name of the run folder.
    health
        Whether to measure gradients, updates and activations of every layer at chosen epochs
        (`Result.layer_curves`) and, where a loss becomes NaN, in which step and layer it began
        (`Result.first_nan`). Changes nothing of the training.

    Raises
    ------
    StudyError
        Everything that is wrong with the arguments, at once.

    Examples
    --------
    >>> def build(units=4, rate=0.01):
    ...     hidden = keras.layers.Dense(units, "tanh", name="hidden")
    ...     model = keras.Sequential([hidden, keras.layers.Dense(1, "sigmoid", name="out")])
    ...     model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    ...     return model
    >>> data = dure.data.breast_cancer()
    >>> rates = {"rate": [0.001, 0.1]}
    >>> study = dure.Study(build, data, rates, seeds=3, epochs=2, validation_split=0.2)
    >>> study.variant_list[0].name, study.seed_list, len(study.lanes)
    ('rate=0.001', (0, 1, 2), 6)
    """

    def plan(self) -> Plan:
        """How the study would be trained: lanes, programs, widths, memory; trains nothing.

        Examples
        --------
        >>> plan = study.plan()
        >>> plan.lanes, len(plan.programs)
        (6, 1)
        """
        from dure.engine.planning.plan import prepare

        return prepare(self).plan

    def run(
        self,
        out: str | Path | None = None,
        progress: bool = True,
        resume: bool = False,
        *,
        until: Literal["decided"] | None = None,
        max_seeds: int = 50,
        rope: float | None = None,
        baseline: str | None = None,
        source: Mapping[str, Any] | None = None,
    ) -> Result:
        """Train every lane and return the result.

        Parameters
        ----------
        out
            The run folder; None makes one under ``runs/``.
        progress
            Whether to show progress on the terminal.
        resume
            Go on with the run in `out`; a folder that is not there yet is simply started. A study
            with more seeds than the run, and nothing else changed, adds them to it.
        until
            "decided": train six seeds (or the study's own, if more), then add seeds until it is
            settled which variant is best, or `max_seeds` have run, or it can be seen that even
            these would not tell. The probability that any two variants without a difference are
            ever called different is at most 5 %; ``result.sequential`` says what was decided.
        max_seeds
            Seeds in all, at most, with `until`.
        rope
            With `until`: variants that differ by no more than this, in the unit of the metric
            that decides (the monitor on validation rows), may be settled as equivalent.
        baseline
            With `until`: compare every other variant with this one only.
        source
            Where the study comes from, kept in the manifest: what `dure resume` finds it by.

        Raises
        ------
        StudyError
            Before anything is trained; everything that is wrong, at once.
        StudyChangedError
            `out` holds another study, or more seeds than this one has.

        Examples
        --------
        >>> result = study.run(folder / "run", progress=False)
        """
        from dure.result import load
        from dure.training.run import run_study
        from dure.training.sequential import SequentialTerms, run_until

        terms = SequentialTerms(until, max_seeds, rope, baseline)
        if terms.asked:
            folder = run_until(self, terms, out, progress, resume, source)
        else:
            folder = run_study(self, out, progress, resume, source)
        return load(folder, self.build)

    def learning_curve(
        self,
        shares: Sequence[float] = (0.1, 0.2, 0.5, 1.0),
        out: str | Path | None = None,
        progress: bool = True,
    ) -> LearningCurve:
        """Train on growing shares of the training rows: would more data help?

        Every share validates on the same rows and as often, and takes at least as many steps of
        the optimizer as the whole: shares train for more epochs by as much as theirs are shorter.

        Parameters
        ----------
        shares
            Of the training rows of each split, above 0 and up to 1; at least two.
        out
            A folder: each share is a run folder in it (``share-0.1``), the picture is in
            ``pictures/``. Shares that are there already are gone on with, finished ones not
            trained again. None makes one under ``runs/``.
        progress
            Whether to show progress on the terminal.

        Examples
        --------
        >>> curve = study.learning_curve([0.5, 1.0], folder / "curve", progress=False)
        >>> [row.answer for row in curve.rows]
        ['cannot tell', 'cannot tell']
        """
        from dure.training.run import run_study
        from dure.training.sweeps import learning_curve

        return learning_curve(self, run_study, shares, out, progress)

    def capacity(
        self,
        over: Mapping[str, Sequence[Any]],
        out: str | Path | None = None,
        progress: bool = True,
    ) -> Capacity:
        """Train each variant in several sizes: how large need the network be?

        Parameters
        ----------
        over
            One argument of `build` and its values, as ``{"units": [4, 8, 16, 32]}``.
        out
            The run folder; one that is there already is gone on with. None makes one under
            ``runs/``.
        progress
            Whether to show progress on the terminal.

        Examples
        --------
        >>> capacity = study.capacity({"units": [2, 8]}, folder / "sizes", progress=False)
        >>> [size.parameters for size in capacity.rows[0].sizes]
        [65, 257]
        """
        from dure.training.run import run_study
        from dure.training.sweeps import capacity

        return capacity(self, run_study, over, out, progress)

    def cure(
        self,
        out: str | Path | None = None,
        progress: bool = True,
        resume: bool = False,
        *,
        seeds: int | Sequence[int] | None = None,
        variant: str | None = None,
        max_trials: int = 10,
        anyway: bool = False,
    ) -> CureOutcome:
        """Find what ails the network, try changes that may mend it, and hand back the best.

        The study is trained as it is; what its result's `health()` finds says which changes are
        tried. Round 1 trains each of them on the same seeds and folds as the network as it is,
        round 2 the best and their combinations on new seeds, the check the winner on twice as
        many that are newer still (six at least), then test data once. `Result.compare` judges.

        Parameters
        ----------
        out
            A folder for all of it; None makes one under ``runs/``.
        progress
            Whether to show progress on the terminal.
        resume
            Go on with the search in `out`, to the same end; a new folder is simply started.
        seeds
            Of the first round; default the study's own, but at least 5.
        variant
            The variant to cure; default the best by the monitor.
        max_trials
            Cures in the first round at most.
        anyway
            Where nothing is found, try a few general cures all the same.

        Raises
        ------
        StudyError
            No rows are held for validation, or an argument is wrong; all faults at once.
        RunFolderError
            `out` holds something else.

        Examples
        --------
        >>> cured = study.cure(folder / "cure", False, variant="rate=0.001", max_trials=1)
        """
        from dure.remedies.search import cure_study
        from dure.training.run import run_study

        return cure_study(
            self,
            out,
            progress,
            resume,
            run=run_study,
            seeds=seeds,
            variant=variant,
            max_trials=max_trials,
            anyway=anyway,
        )
