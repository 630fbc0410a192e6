"""Study: what is to be trained, validated in one place; knows nothing of how it is trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dure import _fit_arguments as fit_arguments
from dure._arrays import (
    Arrays,
    Part,
    Tree,
    fingerprint,
    make_evaluation_part,
    map_leaves,
    row_count,
)
from dure._data import Data
from dure._describe import describe, describe_function
from dure._errors import StudyError
from dure._preparation import transformed
from dure._types import LaneKey
from dure._variants import Variant, check_build, make_variants
from dure.data.splits import Split, split_in_two, splits_of, train_on_share

if TYPE_CHECKING:
    from pathlib import Path

    from dure.cure.cured import Cured
    from dure.engine.planned import Plan
    from dure.evidence.capacity import Capacity
    from dure.evidence.growth import LearningCurve
    from dure.result import Result

__all__ = ["Split", "Study", "Variant"]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Every variant x seed x fold of a build, trained on the same data under the same terms.

    Parameters
    ----------
    build
        Called with a variant's arguments by name; returns a new, compiled ``keras.Model``.
    data
        A `Data`.
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
        ``(x, y)`` or ``(x, y, sample_weight)`` to validate on. At most one of `folds`,
        `validation_split` and `validation_data` can be given.
    train_share
        The share of each split's training rows that trains, above 0 and up to 1; what validates
        stays the same. A smaller share's rows are among those of a larger one, the same for every
        variant and seed, with classes in their proportions; of rows in order of time
        (`Data.time_gap`) the most recent.
    epochs, batch_size, shuffle, class_weight, validation_freq, validation_batch_size
        As in Keras' ``fit``: `shuffle` True, False, or "batch" to change places only inside a
        batch. Class weights weigh training rows only.
    callbacks
        Instances of ``keras.callbacks.Callback``; each lane has its own copy.
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
    """

    build: Callable[..., Any]
    data: Data
    variants: Any = None
    seeds: int | Sequence[int] = 1
    folds: int | None = None
    validation_split: float = 0.0
    validation_data: Any = None
    epochs: int = 1
    batch_size: int = 32
    callbacks: Sequence[Any] = ()
    shuffle: bool | Literal["batch"] = True
    class_weight: Mapping[int, float] | None = None
    validation_freq: int | list[int] = 1
    validation_batch_size: int | None = None
    name: str = "study"
    health: bool = True
    train_share: float = 1.0
    variant_list: tuple[Variant, ...] = field(init=False)
    """The variants, normalised."""
    seed_list: tuple[int, ...] = field(init=False)
    """The seeds, normalised."""
    _validation: Part | None = field(init=False)

    def __post_init__(self) -> None:
        faults: list[str] = []
        variants = make_variants(self.variants, faults)
        check_build(self.build, variants, faults)
        seeds = fit_arguments.make_seeds(self.seeds, faults)
        callbacks = fit_arguments.check_callbacks(self.callbacks, faults)
        fit_arguments.check_count(self.epochs, "epochs", faults)
        fit_arguments.check_count(self.batch_size, "batch_size", faults)
        size = self.validation_batch_size
        fit_arguments.check_count(size, "validation_batch_size", faults, optional=True)
        freq = fit_arguments.check_validation_freq(self.validation_freq, faults)
        fit_arguments.check_name(self.name, faults)
        if not isinstance(self.health, (bool, np.bool_)):
            faults.append(f"health is {self.health!r}; pass True or False.")
        if not isinstance(self.shuffle, (bool, np.bool_)) and self.shuffle != "batch":
            faults.append(f"shuffle is {self.shuffle!r}; pass True, False or 'batch'.")
        validation = self._check_data(faults)
        if faults:
            raise StudyError(faults)
        object.__setattr__(self, "variant_list", variants)
        object.__setattr__(self, "seed_list", seeds)
        object.__setattr__(self, "callbacks", callbacks)
        object.__setattr__(self, "validation_freq", freq)
        object.__setattr__(self, "_validation", validation)

    def _check_data(self, faults: list[str]) -> Part | None:
        """Append what is wrong with the data and how they are split."""
        data = self.data if isinstance(self.data, Data) else None
        if data is None:
            faults.append(f"data is of type {type(self.data).__name__}; pass dure.Data(x, y).")
        fit_arguments.check_validation_split(self.validation_split, data, faults)
        fit_arguments.check_folds(self.folds, data, faults)
        fit_arguments.check_train_share(self.train_share, faults)
        fit_arguments.check_class_weight(self.class_weight, data, faults)
        given = {
            "folds": self.folds is not None,
            "validation_split": bool(self.validation_split),
            "validation_data": self.validation_data is not None,
        }
        if sum(given.values()) > 1:
            told = " and ".join(name for name, is_given in given.items() if is_given)
            faults.append(f"{told} came together; each says what validates: pass one of them.")
        if self.validation_data is None:
            return None
        train = None if data is None else Part(data.x, data.y, data.sample_weight)
        raw_x = data is not None and data.prepare is not None
        return make_evaluation_part(
            self.validation_data, "validation_data", train, faults, raw_x=raw_x
        )

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """One split for each fold (one in all without folds); rows index into `arrays`."""
        data = self.data
        if self._validation is not None:
            whole = split_in_two(data.rows + row_count(self._validation.x), data.rows)
        else:
            whole = splits_of(
                data.rows,
                data.labels,
                data.time_gap,
                folds=self.folds,
                validation_split=float(self.validation_split),
            )
        share = float(self.train_share)
        return tuple(train_on_share(split, share, data.labels, data.time_gap) for split in whole)

    @cached_property
    def lanes(self) -> tuple[LaneKey, ...]:
        """Every lane in the order variants x seeds x folds, the fold varying fastest."""
        return tuple(
            LaneKey(variant.name, seed, split.fold)
            for variant in self.variant_list
            for seed in self.seed_list
            for split in self.splits
        )

    @cached_property
    def _arrays(self) -> Arrays:
        data, extra = self.data, self._validation
        if self.class_weight is not None and data.y is not None:
            weight: Tree | None = fit_arguments.class_sample_weights(data.y, self.class_weight)
            validation_weight = None
        else:
            weight = fit_arguments.spread_weight(data.sample_weight, data.y)
            validation_weight = weight if self.splits[0].validation is not None else None
        if extra is None:
            return Arrays(data.x, data.y, weight, validation_weight)
        x = map_leaves(_appended, data.x, extra.x)
        y = None if data.y is None else map_leaves(_appended, data.y, extra.y)
        own = fit_arguments.spread_weight(extra.weight, extra.y)
        return Arrays(
            x,
            y,
            None
            if weight is None
            else map_leaves(partial(_ones_after, row_count(extra.x)), weight),
            None if own is None else map_leaves(partial(_ones_before, data.rows), own),
        )

    def arrays(self) -> Arrays:
        """All rows, as given: the data's, then those of `validation_data` if there are any.

        Made once. `Split.train` and `Split.validation` index into these. Weights are None where
        every row weighs 1; class weights are in `train_weight` only.
        """
        return self._arrays

    def fold_arrays(self, split: Split) -> Arrays:
        """`arrays()` with the inputs transformed by `Data.prepare` fitted on `split.train` only.

        Without a `prepare` the very same object as `arrays()`; with one made anew on every call,
        always with the same values.
        """
        arrays = self.arrays()
        if self.data.prepare is None:
            return arrays
        x, _ = transformed(self.data.prepare, arrays.x, arrays.y, split.train, None)
        return Arrays(x, arrays.y, arrays.train_weight, arrays.validation_weight)

    def test_arrays(self, split: Split) -> Arrays | None:
        """The test rows, transformed as in `fold_arrays`; None without a test part.

        Their weights are in `validation_weight`, for they are only evaluated.
        """
        test: Part | None = self.data.test
        if test is None:
            return None
        weight = fit_arguments.spread_weight(test.weight, test.y)
        x = test.x
        if self.data.prepare is not None:
            arrays = self.arrays()
            x = transformed(self.data.prepare, arrays.x, arrays.y, split.train, test.x)[1]
        return Arrays(x, test.y, None, weight)

    def to_manifest(self) -> dict[str, Any]:
        """The parts "study" and "data" of a run folder's manifest, JSON-able.

        Two studies with the same account train the same lanes, as far as can be seen: of `build`
        and other functions only their own source is read, not what they call.
        """
        data, extra = self.data, self._validation
        validation = None if extra is None else fingerprint(extra._asdict())
        return {
            "study": {
                "build": describe_function(self.build),
                "variants": {v.name: describe(v.arguments) for v in self.variant_list},
                "seeds": list(self.seed_list),
                "folds": len(self.splits),
                "validation_split": float(self.validation_split),
                "validation_data": validation,
                "splits": self._splits_fingerprint(),
                # Not where all rows train: manifests from before this argument stay the same.
                **({} if self.train_share == 1 else {"train_share": float(self.train_share)}),
                "epochs": int(self.epochs),
                "batch_size": int(self.batch_size),
                "callbacks": [describe(callback) for callback in self.callbacks],
                "shuffle": describe(self.shuffle),
                "class_weight": describe(self.class_weight),
                "validation_freq": describe(self.validation_freq),
                "validation_batch_size": describe(self.validation_batch_size),
            },
            "data": {
                "fingerprint": data.fingerprint,
                "rows": data.rows,
                "kind": data.kind,
                "task": data.task,
                "source": data.source,
                "excerpt": data.excerpt,
                "class_names": None if data.class_names is None else list(data.class_names),
                "prepare": None if data.prepare is None else describe(data.prepare),
            },
        }

    def _splits_fingerprint(self) -> str:
        """Tells whether folds came out the same, whatever version of scikit-learn made them."""
        digest = hashlib.sha256()
        for split in self.splits:
            for rows in (split.train, split.validation):
                digest.update(b"|" if rows is None else b"|" + rows.tobytes())
        return digest.hexdigest()

    def plan(self) -> Plan:
        """How the study would be trained: lanes, programs, widths, memory; trains nothing."""
        from dure.engine.plan import prepare

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
            With `until`: compare every other variant with this one only; done when each is
            settled.

        Raises
        ------
        StudyError
            Before anything is trained; everything that is wrong, at once.
        StudyChangedError
            `out` holds another study, or more seeds than this one has.
        """
        from dure.run import run_study

        return run_study(
            self, out=out, progress=progress, resume=resume,
            until=until, max_seeds=max_seeds, rope=rope, baseline=baseline,
        )  # fmt: skip

    def learning_curve(
        self,
        shares: Sequence[float] = (0.1, 0.2, 0.5, 1.0),
        out: str | Path | None = None,
        progress: bool = True,
    ) -> LearningCurve:
        """Train on growing shares of the training rows: would more data help?

        Every share validates on the same rows and as often, and takes at least as many steps of
        the optimizer as the whole: shares train for more epochs by as much as theirs are shorter.
        `dure.growing.learning_curve` says more.
        """
        from dure.growing import learning_curve

        return learning_curve(self, shares, out, progress)

    def capacity(
        self,
        over: Mapping[str, Sequence[Any]],
        out: str | Path | None = None,
        progress: bool = True,
    ) -> Capacity:
        """Train each variant in several sizes: how large need the network be?

        `over` names one argument of `build` and its values, as ``{"units": [4, 8, 16, 32]}``.
        `dure.growing.capacity` says more.
        """
        from dure.growing import capacity

        return capacity(self, over, out, progress)

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
    ) -> Cured:
        """Find what ails the network, try changes that may mend it, and hand back the best.

        The study is trained as it is; what its result's `health()` finds says which changes are
        tried. Round 1 trains each of them on the same seeds and folds as the network as it is,
        round 2 the best and their combinations on new seeds, the check the winner on twice as
        many that are newer still. Test data are looked at once, after that.

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
        """
        from dure.cure.curing import cure_study

        return cure_study(
            self, out, progress, resume,
            seeds=seeds, variant=variant, max_trials=max_trials, anyway=anyway,
        )  # fmt: skip

    def __repr__(self) -> str:
        counts = (len(self.variant_list), len(self.seed_list), len(self.splits))
        words = ("variant", "seed", "fold")
        told = " x ".join(
            f"{n} {word}{'s' if n > 1 else ''}" for n, word in zip(counts, words, strict=True)
        )
        return f"Study({self.name!r}: {told} = {len(self.lanes)} lanes, {self.data!r})"


def _appended(first: Any, second: Any) -> Any:
    return np.concatenate([first, second])


def _ones_after(rows: int, weight: Any) -> Any:
    return np.concatenate([weight, np.ones((rows, *weight.shape[1:]), weight.dtype)])


def _ones_before(rows: int, weight: Any) -> Any:
    return np.concatenate([np.ones((rows, *weight.shape[1:]), weight.dtype), weight])
