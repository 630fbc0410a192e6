"""Study: what is to be trained, validated in one place; knows nothing of how it is trained."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from dure.core.arrays import Arrays, Samples, Tree, fingerprint, is_nested, row_count
from dure.core.conversion.samples import make_evaluation_samples
from dure.core.conversion.stored import find_stored
from dure.core.fingerprint import describe, describe_function
from dure.core.formatting import format_count
from dure.core.types import LaneKey
from dure.data.batches import Batches
from dure.data.class_names import encode_part
from dure.data.dataset import Data
from dure.data.preprocessing import apply_preparation, fit_preparation
from dure.data.splits import Split, splits_of, train_on_share
from dure.errors import Faults
from dure.experiment import validation as fit_arguments
from dure.experiment.batch_parts import BatchParts, DivisionTerms, look_at_batches
from dure.experiment.variants import Variant, check_build, make_variants

__all__ = ["Split", "StudySpec", "Variant"]


@dataclass(frozen=True, eq=False, repr=False)
class StudySpec:
    """Fields, splits and lanes of a study; `dure.Study` says what each means and adds the verbs."""

    build: Callable[..., Any]
    data: Any
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
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    variant_list: tuple[Variant, ...] = field(init=False)
    """The variants, normalised."""
    seed_list: tuple[int, ...] = field(init=False)
    """The seeds, normalised."""
    _validation: Samples | None = field(init=False)
    batches: BatchParts | None = field(init=False)
    """What is known of data that come in batches; None for arrays."""

    def __post_init__(self) -> None:
        faults = Faults()
        variants = make_variants(self.variants, faults)
        check_build(self.build, variants, faults)
        seeds = fit_arguments.make_seeds(self.seeds, faults)
        callbacks = fit_arguments.check_callbacks(self.callbacks, faults)
        fit_arguments.check_count(self.epochs, "epochs", faults)
        fit_arguments.check_count(self.batch_size, "batch_size", faults)
        size = self.validation_batch_size
        fit_arguments.check_count(size, "validation_batch_size", faults, optional=True)
        for steps in ("steps_per_epoch", "validation_steps"):
            fit_arguments.check_count(getattr(self, steps), steps, faults, optional=True)
        freq = fit_arguments.check_validation_freq(self.validation_freq, faults)
        fit_arguments.check_name(self.name, faults)
        if not isinstance(self.health, (bool, np.bool_)):
            faults.append(f"health is {self.health!r}; pass True or False.")
        if not isinstance(self.shuffle, (bool, np.bool_)) and self.shuffle != "batch":
            faults.append(f"shuffle is {self.shuffle!r}; pass True, False or 'batch'.")
        batches, validation = None, None
        if not isinstance(self.data, Batches):
            validation = self._check_data(faults)
        elif not faults:
            batches = self._check_batches(self.data, seeds[0], faults)
        faults.raise_if_any()
        object.__setattr__(self, "variant_list", variants)
        object.__setattr__(self, "seed_list", seeds)
        object.__setattr__(self, "callbacks", callbacks)
        object.__setattr__(self, "validation_freq", freq)
        object.__setattr__(self, "_validation", validation)
        object.__setattr__(self, "batches", batches)

    def _check_data(self, faults: Faults) -> Samples | None:
        """Append what is wrong with the data and how they are split."""
        data = self.data if isinstance(self.data, Data) else None
        if data is None:
            faults.append(
                f"data is of type {type(self.data).__name__}; pass dure.Data(x, y), or "
                "dure.Batches(make) for data that come in batches."
            )
        fit_arguments.check_validation_split(self.validation_split, data, faults)
        fit_arguments.check_folds(self.folds, data, faults)
        fit_arguments.check_train_share(self.train_share, faults)
        fit_arguments.check_class_weight(self.class_weight, data, faults)
        self._check_one_validates(faults)
        if self.validation_data is None:
            return None
        train = None if data is None else Samples(data.x, data.y, data.sample_weight)
        prepare = None if data is None else data.prepare
        names = None if data is None else data.class_names
        given = encode_part(self.validation_data, names, "validation_data", faults)
        columns = (None, None) if data is None else _column_names(data)
        return make_evaluation_samples(
            given, "validation_data", train, faults, prepare=prepare, columns=columns
        )

    def _check_one_validates(self, faults: Faults) -> None:
        given = {
            "folds": self.folds is not None,
            "validation_split": bool(self.validation_split),
            "validation_data": self.validation_data is not None,
        }
        if sum(given.values()) > 1:
            told = " and ".join(name for name, is_given in given.items() if is_given)
            faults.append(f"{told} came together; each says what validates: pass one of them.")

    def _check_batches(self, data: Batches, seed: int, faults: Faults) -> BatchParts | None:
        """What is known of data in batches; appends what is wrong with them."""
        fit_arguments.check_validation_split(self.validation_split, None, faults)
        fit_arguments.check_folds(self.folds, None, faults)
        fit_arguments.check_train_share(self.train_share, faults)
        self._check_one_validates(faults)
        if faults:
            return None
        terms = DivisionTerms(
            seed,
            self.folds,
            float(self.validation_split),
            self.validation_data,
            float(self.train_share),
            self.steps_per_epoch,
            self.validation_steps,
            self.class_weight,
        )
        parts = look_at_batches(data, terms, faults)
        if parts is not None and not parts.repeats:
            warnings.warn(
                f"{data!r} gave another first batch when it was asked again for the same seed, so "
                "lanes can be neither repeated nor paired; draw from "
                "numpy.random.default_rng(seed), and share nothing between calls.",
                stacklevel=4,
            )
        return parts

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """One split for each fold (one in all without folds); rows index into `arrays`.

        Those of `validation_data` index into these.
        Of data in batches they are numbers of batches, as far as their numbers are known.

        Examples
        --------
        >>> split = study.splits[0]
        >>> len(split.train), len(split.validation)
        (364, 91)
        """
        if self.batches is not None:
            return self.batches.splits()
        data = self.data
        if self._validation is not None:
            rows = np.arange(data.rows, dtype=np.int32)
            others = np.arange(row_count(self._validation.x), dtype=np.int32)
            whole: tuple[Split, ...] = (Split(1, rows, others),)
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
        """Every lane in the order variants x seeds x folds, the fold varying fastest.

        Examples
        --------
        >>> study.lanes[1]
        LaneKey(variant='rate=0.001', seed=1, fold=1)
        """
        return tuple(
            LaneKey(variant.name, seed, split.fold)
            for variant in self.variant_list
            for seed in self.seed_list
            for split in self.splits
        )

    @cached_property
    def stored(self) -> dict[str, Any]:
        """Arrays that stay on disk, by their names.

        Examples
        --------
        >>> study.stored
        {}
        """
        if self.batches is not None:
            return {}
        named = {"x": self.data.x, "y": self.data.y, "test": self.data.test}
        return find_stored({**named, "validation_data": self._validation})

    @property
    def given_steps(self) -> dict[str, int]:
        """`steps_per_epoch` and `validation_steps`, where they are given.

        Examples
        --------
        >>> study.given_steps
        {}
        """
        given = {
            "steps_per_epoch": self.steps_per_epoch,
            "validation_steps": self.validation_steps,
        }
        return {name: int(steps) for name, steps in given.items() if steps is not None}

    @cached_property
    def _fitted(self) -> dict[int, Any]:
        return {}

    @cached_property
    def _arrays(self) -> Arrays:
        if self.batches is not None:
            first = self.batches.first
            if self.class_weight is None or first.y is None:
                return first
            weights = fit_arguments.class_sample_weights(first.y, self.class_weight)
            return first._replace(train_weight=weights)
        data, extra = self.data, self._validation
        if self.class_weight is not None and data.y is not None:
            weight: Tree | None = fit_arguments.class_sample_weights(data.y, self.class_weight)
            own = None
        else:
            weight = own = fit_arguments.spread_weight(data.sample_weight, data.y)
        if extra is not None:
            apart = fit_arguments.spread_weight(extra.weight, extra.y)
            return Arrays(data.x, data.y, weight, None, Samples(extra.x, extra.y, apart))
        return Arrays(
            data.x, data.y, weight, own if self.splits[0].validation is not None else None
        )

    def arrays(self) -> Arrays:
        """All rows, as given: the data's, and apart from them those of `validation_data`.

        Made once. `Split.train` indexes into these, `Split.validation` into those that validate
        (``arrays().evaluated``). Weights are None where every row weighs 1; class weights are in
        `train_weight` only. Of data in batches: the rows of the first batch, from which shapes and
        types are read.

        Examples
        --------
        >>> study.arrays().x.shape
        (455, 30)
        """
        return self._arrays

    def preparation(self, split: Split) -> Any:
        """`Data.prepare` fitted on `split.train`, nested as it is; once for each fold.

        Examples
        --------
        >>> study.preparation(study.splits[0]) is None
        True
        """
        if split.fold not in self._fitted:
            arrays = self.arrays()
            fitted = fit_preparation(self.data.prepare, arrays.x, arrays.y, split.train)
            self._fitted[split.fold] = fitted
        return self._fitted[split.fold]

    def fold_arrays(self, split: Split) -> Arrays:
        """`arrays()` with the inputs transformed by `Data.prepare` fitted on `split.train` only.

        Without a `prepare` the very same object as `arrays()`; with one made anew on every call,
        always with the same values.

        Examples
        --------
        >>> study.fold_arrays(study.splits[0]).x.shape
        (455, 30)
        """
        arrays = self.arrays()
        if self.data.prepare is None:
            return arrays
        fitted, apart = self.preparation(split), arrays.apart
        if apart is not None:
            apart = apart._replace(x=apply_preparation(fitted, apart.x, "validation_data[0]"))
        return arrays._replace(x=apply_preparation(fitted, arrays.x, "x"), apart=apart)

    def test_arrays(self, split: Split) -> Arrays | None:
        """The test rows, transformed as in `fold_arrays`; None without a test part.

        Their weights are in `validation_weight`, for they are only evaluated.

        Examples
        --------
        >>> study.test_arrays(study.splits[0]).x.shape
        (114, 30)
        """
        test: Samples | None = self.data.test
        if test is None:
            return None
        weight = fit_arguments.spread_weight(test.weight, test.y)
        x = test.x
        if self.data.prepare is not None:
            x = apply_preparation(self.preparation(split), test.x, "test[0]")
        return Arrays(x, test.y, None, weight)

    def to_manifest(self) -> dict[str, Any]:
        """The parts "study" and "data" of a run folder's manifest, JSON-able.

        Two studies with the same account train the same lanes, as far as can be seen: of `build`
        and other functions only their own source is read, not what they call.

        Examples
        --------
        >>> study.to_manifest()["study"]["seeds"]
        [0, 1, 2]
        """
        data, extra = self.data, self._validation
        validation = None if extra is None else fingerprint(extra._asdict())
        if self.batches is not None and self.validation_data is not None:
            validation = describe(self.validation_data)
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
                **self.given_steps,  # manifests from before these arguments stay the same
            },
            "data": {
                "fingerprint": self._data_fingerprint,
                "rows": data.rows if isinstance(data, Data) else None,
                "kind": data.kind,
                "task": data.task,
                "source": data.source,
                "excerpt": data.excerpt,
                "class_names": None if data.class_names is None else list(data.class_names),
                "prepare": None if data.prepare is None else describe(data.prepare),
            },
        }

    @property
    def _data_fingerprint(self) -> str:
        return str((self.batches or self.data).fingerprint)

    def _splits_fingerprint(self) -> str:
        """Tells whether folds came out the same, whatever version of scikit-learn made them."""
        digest = hashlib.sha256()
        # Rows of validation_data are counted on from the data's, as run folders always did.
        first = np.int32(0 if self._validation is None else self.data.rows)
        for split in self.splits:
            held_out = None if split.validation is None else split.validation + first
            for rows in (split.train, held_out):
                digest.update(b"|" if rows is None else b"|" + rows.tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        counts = (len(self.variant_list), len(self.seed_list), len(self.splits))
        words = ("variant", "seed", "fold")
        told = " x ".join(map(format_count, counts, words))
        return (
            f"{type(self).__name__}({self.name!r}: {told} = {len(self.lanes)} lanes, {self.data!r})"
        )


def _column_names(data: Data) -> tuple[Any, Any]:
    """Names of the columns of x and of y, as far as the data know them."""
    y = data.y
    one_hot = y is not None and not is_nested(y) and y.ndim == 2 and y.shape[1] > 1
    return data.feature_names, data.class_names if one_hot else None
