"""What goes into a round of training and comes out of it: plain data, for whoever runs rounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp
from dure.errors import StudyError
from dure.keras_bridge.model_state import Batch, ModelState

RUNNING, STOPPED, DIVERGED = range(3)

Loop = tuple[ModelState, list[Any]]
"""What goes from batch to batch: the model's state and its metrics'."""

Logs = dict[str, Any]
"""An epoch's metrics by Keras' names."""


class Carry(NamedTuple):
    """Everything that changes while a lane trains; one checkpoint holds exactly this."""

    model: ModelState
    best: dict[str, Any]
    controllers: list[dict[str, Any]]
    epoch: Any  # int32: epochs done
    status: Any  # int32: RUNNING, STOPPED or DIVERGED


class Orders(NamedTuple):
    """What one lane needs for a round beside its carry; shapes for `E` epochs at most."""

    train: Any  # int32 [E, train rows]: rows in the order of their batches
    validation: Any  # int32 [validation rows], possibly none
    rates: Any  # float32 [E]: learning rate from that epoch on, NaN leaves it
    validate: Any  # bool [E]: whether the epoch is validated
    count: Any  # int32: epochs to run, at most E


def cut_to_batch(orders: Orders, size: int) -> Orders:
    """Of each lane's next epoch the first batch; :meth:`Program.for_one_batch` takes it."""
    return orders._replace(
        train=orders.train[..., :1, :size],
        rates=orders.rates[..., :1],
        validate=orders.validate[..., :1],
    )


@dataclass(frozen=True)
class Shape:
    """The static numbers of a program; lanes that differ in any need another compilation."""

    train_rows: int
    validation_rows: int
    batch_size: int
    validation_batch_size: int
    round_epochs: int
    logs_rate: bool
    sets_rate: bool
    stop_on_nan: bool
    diverge_on_nan: bool

    @property
    def steps(self) -> int:
        """Training steps an epoch, the last smaller batch included."""
        return math.ceil(self.train_rows / self.batch_size)


def stack_lanes(tree: Any, width: int = 1) -> Any:
    """One lane's arrays as those of `width` equal lanes: NumPy, with a leading lane axis."""

    def stack(leaf: Any) -> Any:
        array = np.asarray(leaf)[None]
        return array if width == 1 else np.repeat(array, width, 0)

    return jax.tree.map(stack, tree)


def lane_of(stacked: Any, slot: int = 0) -> Any:
    """One lane's arrays out of those with a leading lane axis."""
    return jax.tree.map(lambda a: a[slot], stacked)


def read_lane(stacked: Any, slot: int = 0) -> Any:
    """As `lane_of`, as NumPy arrays."""
    return jax.tree.map(lambda a: np.asarray(a)[slot], stacked)


def name_parts(name: str, shape: tuple[int, ...]) -> list[str]:
    """A name for every number of a metric, in the order of its flattened values.

    A metric of one number, of whatever shape, keeps its name; of several, each has its place
    behind it: "f1_score_2", "confusion_0_1".
    """
    if math.prod(shape) == 1:
        return [name]
    return ["_".join((name, *map(str, place))) for place in np.ndindex(*shape)]


def flatten_logs(logs: Mapping[str, Any]) -> dict[str, Any]:
    """An epoch's metrics as single numbers by name; those of a metric have the names of its parts.

    A metric of one axis, a value a class or an output, also has their mean under its own name:
    that is what whoever names it whole means (the macro average, without classes that have no
    value). Of more axes a mean says nothing, so there is none.
    """
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        values, shape = value.reshape(-1), tuple(value.shape)
        if len(shape) == 1 and shape[0] > 1:
            _put(flat, name, _mean(values))
        for place, part in enumerate(name_parts(name, shape)):
            _put(flat, part, values[place])
    return flat


def column_names(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Names that :func:`flatten_logs` gives metrics of these shapes.

    Raises
    ------
    StudyError
        If two would have the same.
    """
    return tuple(flatten_logs({n: np.zeros(shape, np.float32) for n, shape in shapes.items()}))


def _put(flat: dict[str, Any], name: str, value: Any) -> None:
    if name in flat:
        raise StudyError(
            f"two metrics would be called {name!r}: one is a part of a metric with several "
            "values. Give the other another name=."
        )
    flat[name] = value


def _mean(values: Any) -> Any:
    """Of the values that are numbers; NaN without any."""
    arrays: Any = np if isinstance(values, np.ndarray) else jnp
    known = ~arrays.isnan(values)
    total = arrays.where(known, values, 0).sum()
    return arrays.where(known.any(), total / arrays.maximum(known.sum(), 1), arrays.nan)


def gather_logs(
    flat: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, npt.NDArray[np.float32]]:
    """What :func:`flatten_logs` was made from: metrics by Keras' names, each in its shape."""
    return {
        name: np.asarray([flat[part] for part in name_parts(name, shape)], np.float32).reshape(
            shape
        )
        for name, shape in shapes.items()
    }


def split_batches(order: Any, size: int) -> Iterator[Any]:
    """Row numbers cut into batches, the last one smaller where they do not come out even."""
    for start in range(0, len(order), size):
        yield np.asarray(order[start : start + size])


def take_rows(rows: Arrays, indices: Any, evaluating: bool = False) -> Batch:
    """The batch of these rows, weighed as in training or as in evaluation."""
    taken = tuple(rows.evaluated) if evaluating else (rows.x, rows.y, rows.train_weight)
    batch: Batch = jax.tree.map(lambda a: a.at[indices].get(mode="promise_in_bounds"), taken)
    return batch


def same_types(new: Any, old: Any) -> Any:
    """A loop's values must keep their types; Keras may give a weakly typed or wider scalar."""
    return jax.tree.map(lambda a, b: jnp.asarray(a, jnp.result_type(b)), new, old)
