"""How a study's data in batches are divided, and opened for each lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import (
    Arrays,
    Rows,
    Samples,
    fingerprint,
    is_nested,
    is_number,
    whole,
)
from dure.core.conversion.samples import make_samples
from dure.data.batches import Batches, Part, Peek, copy_source, peek
from dure.data.splits import Split, hold_out_last, k_folds, split_in_two, train_on_share
from dure.errors import Faults


class DivisionTerms(NamedTuple):
    """Arguments of a study that decide how batches are used; each as in `dure.Study`."""

    seed: int
    folds: int | None
    validation_split: float
    validation_data: Any
    train_share: float
    steps_per_epoch: int | None
    validation_steps: int | None
    class_weight: Mapping[int, float] | None


@dataclass(frozen=True)
class BatchParts:
    """What is known of a study's sources before training, and the door to each lane's own.

    Attributes
    ----------
    peeks
        By part, those that there are, of the first seed and fold.
    repeats
        Whether the first batch was the same when it was asked for again.
    """

    data: Batches
    terms: DivisionTerms
    peeks: Mapping[Part, Peek]
    repeats: bool

    @property
    def first(self) -> Arrays:
        """The first training batch."""
        return Arrays(*self.peeks["train"].first, None)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the source's code and, where it repeats, its first batch."""
        first = self.peeks["train"].first._asdict()
        told = np.frombuffer(str(self.data.describe()).encode(), np.uint8)
        return fingerprint({"make": told, **(first if self.repeats else {})})

    @property
    def divided(self) -> bool:
        """Whether it is batches of one source that train and validate."""
        own_folds = self.terms.folds is not None and self.data.has_folds
        return (self.terms.folds is not None and not own_folds) or bool(self.terms.validation_split)

    def splits(self) -> tuple[Split, ...]:
        """Splits of the numbers of batches; as many as are known where a source has no length."""
        terms, train = self.terms, self.peeks["train"]
        batches = train.length or terms.steps_per_epoch or 0
        if self.divided and terms.folds is not None:
            whole_splits = k_folds(batches, terms.folds, None)
        elif self.divided:
            whole_splits = split_in_two(batches, hold_out_last(batches, terms.validation_split))
        else:
            validation = self.peeks.get("validation")
            count = 0 if validation is None else validation.length or terms.validation_steps or 0
            held = None if validation is None else np.arange(count, dtype=np.int32)
            whole_splits = tuple(
                Split(fold, np.arange(batches, dtype=np.int32), held)
                for fold in range(1, (terms.folds or 1) + 1)
            )
        share = float(terms.train_share)
        return tuple(train_on_share(split, share, None, None) for split in whole_splits)

    def open(self, seed: int, split: Split, part: Part) -> tuple[Any, Rows | None] | None:
        """A lane's own source of one part, and the numbers of its batches if not all are meant.

        The source is what ``fit`` takes, or `Samples` in memory. None where there is no such part.
        """
        if part == "validation" and self.divided:
            return self.data.open(seed, split.fold, "train"), split.validation
        if part == "validation" and self.terms.validation_data is not None:
            source = copy_source(self.terms.validation_data)
        else:
            source = self.data.open(seed, split.fold, part)
        if isinstance(source, tuple):
            return _samples(source, f"the {part} part", Faults()), None
        if source is None:
            return None
        partly = part == "train" and (self.divided or self.terms.train_share != 1)
        return source, split.train if partly else None


def look_at_batches(data: Batches, terms: DivisionTerms, faults: Faults) -> BatchParts | None:
    """Look at a fresh source of each part; None after appending what is wrong."""
    before = len(faults)
    peeks: dict[Part, Peek] = {}
    for part in ("train", "validation", "test"):
        found = _look(data, terms, part, faults)
        if found is not None:
            peeks[part] = found
    if len(faults) > before:
        return None
    if "train" not in peeks:
        faults.append("make gave None for what trains; it needs a source for part 'train'.")
        return None
    again = _look(data, terms, "train", faults)
    repeats = again is not None and _equal(peeks["train"].first, again.first)
    parts = BatchParts(data, terms, peeks, repeats)
    _check_ends(parts, faults)
    _check_division(parts, faults)
    _check_class_weight(parts, faults)
    return parts if len(faults) == before else None


def _look(data: Batches, terms: DivisionTerms, part: Part, faults: Faults) -> Peek | None:
    what = f"make for seed {terms.seed}, fold 1, part {part!r}"

    def open_source() -> Any:
        source = data.open(terms.seed, 1, part)
        if part == "validation" and terms.validation_data is not None:
            if source is None:
                return copy_source(terms.validation_data)
            faults.append(
                "validation_data came, and make has a part 'validation' of its own; give one."
            )
        if isinstance(source, tuple):
            if part == "train":
                faults.append("make gave arrays for what trains; pass dure.Data(x, y) then.")
            _samples(source, what, faults)
        return source

    return peek(open_source, terms.seed, what, faults)


def _samples(arrays: Sequence[Any], what: str, faults: Faults) -> Samples | None:
    parts = (*arrays, None, None)[:3]
    return make_samples({f"{what}[{i}]": part for i, part in enumerate(parts)}, faults)


def _equal(one: Samples, other: Samples) -> bool:
    return fingerprint(one._asdict()) == fingerprint(other._asdict())


def _check_ends(parts: BatchParts, faults: Faults) -> None:
    """Append which source never ends, and what says where an epoch does."""
    steps = {
        "train": ("steps_per_epoch", parts.terms.steps_per_epoch),
        "validation": ("validation_steps", parts.terms.validation_steps),
        "test": ("", None),
    }
    for part, found in parts.peeks.items():
        name, given = steps[part]
        if found.endless and given is None:
            remedy = f"pass {name}" if name else "it is evaluated whole: give it an end"
            faults.append(f"the source of part {part!r} has no end; {remedy}.")


def _check_division(parts: BatchParts, faults: Faults) -> None:
    """Append why batches cannot be divided as asked."""
    terms, train = parts.terms, parts.peeks["train"]
    asked = {
        f"folds={terms.folds}": terms.folds is not None and parts.divided,
        f"validation_split={terms.validation_split}": bool(terms.validation_split),
        f"train_share={terms.train_share}": terms.train_share != 1,
    }
    wanted = [name for name, given in asked.items() if given]
    if parts.divided and "validation" in parts.peeks:
        faults.append(
            f"{wanted[0]} came, and make has a part 'validation' of its own; give one, or name "
            "fold among make's arguments."
        )
    if terms.folds is not None and not parts.divided and "validation" not in parts.peeks:
        faults.append("folds came, and make gives None for part 'validation' of fold 1.")
    if wanted and not train.divisible:
        faults.append(
            f"{' and '.join(wanted)} divides batches by their numbers, which needs a source with a "
            "length and batches that can be asked for by number (source[0]), and that does nothing "
            "between epochs: rows could move from training into validation. Let make name fold, or "
            "give a source for part 'validation'."
        )
    elif parts.divided:
        few = train.length or 0
        least = terms.folds or 2
        first = hold_out_last(few, terms.validation_split) if terms.validation_split else 1
        if few < least or first in (0, few):
            faults.append(f"{wanted[0]} came, and the source has {few} batches, too few for it.")


def _check_class_weight(parts: BatchParts, faults: Faults) -> None:
    given, first = parts.terms.class_weight, parts.peeks["train"].first
    if given is None:
        return
    if not isinstance(given, Mapping) or not all(
        whole(label) is not None and is_number(weight) for label, weight in given.items()
    ):
        faults.append(
            f"class_weight is {given!r}; pass a dict from class (a whole number) to weight."
        )
    elif not parts.peeks["train"].weighable:
        faults.append(
            "class_weight came, which Keras takes with a keras.utils.PyDataset or tf.data only; "
            "give a weight for each row in the batches: (x, y, sample_weight)."
        )
    elif first.weight is not None:
        faults.append("class_weight came, and batches hold weights; Keras takes one of them.")
    elif first.y is None or is_nested(first.y):
        faults.append("class_weight is for a single output; give weights in the batches.")
