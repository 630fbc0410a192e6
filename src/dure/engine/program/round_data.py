"""What goes into a round of training and comes out of it: plain data, for whoever runs rounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Arrays
from dure.core.backend import jax, jnp
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


def split_metrics(values: Any, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, Any]]:
    """Metrics by name out of the last axis of curves, [..., *shape of the metric]."""
    column = 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        yield name, values[..., column : column + size].reshape((*values.shape[:-1], *shape))
        column += size


def name_parts(name: str, value: Any, lead: int = 0) -> Iterator[tuple[str, Any]]:
    """A metric under its own name, or the parts of a vector metric, each under a name of its own.

    Parameters
    ----------
    value
        [..., *shape of the metric], with `lead` axes before the metric's own.
    """
    if value.ndim == lead:
        yield name, value
        return
    flat = value.reshape(*value.shape[:lead], math.prod(value.shape[lead:]))
    yield from ((f"{name}_{part}", flat[..., part]) for part in range(flat.shape[-1]))


def split_batches(order: Any, size: int) -> Iterator[Any]:
    """Row numbers cut into batches, the last one smaller where they do not come out even."""
    for start in range(0, len(order), size):
        yield np.asarray(order[start : start + size])


def take_rows(rows: Arrays, indices: Any, evaluating: bool = False) -> Batch:
    """The batch of these rows, weighed as in training or as in evaluation."""
    weight = rows.validation_weight if evaluating else rows.train_weight
    batch: Batch = jax.tree.map(
        lambda a: a.at[indices].get(mode="promise_in_bounds"), (rows.x, rows.y, weight)
    )
    return batch


def same_types(new: Any, old: Any) -> Any:
    """A loop's values must keep their types; Keras may give a weakly typed or wider scalar."""
    return jax.tree.map(lambda a, b: jnp.asarray(a, jnp.result_type(b)), new, old)
