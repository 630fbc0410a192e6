"""What passes between a Keras model and the functions made of it: its numbers, and batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

Batch: TypeAlias = tuple[Any, Any, Any]
"""Inputs, targets (or None) and sample weights (or None) of one step, as Keras takes them."""


class ModelState(NamedTuple):
    """All numbers of a model in training, in Keras' own order; metrics are kept apart."""

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]


class StepLogs(NamedTuple):
    """What Keras reports of an epoch where it is not the metrics' results: the last step's logs.

    Attributes
    ----------
    train, test
        Shapes by name of what ``train_step`` and ``test_step`` log.
    train_reported, test_reported
        Whether an epoch's logs are those of its last step; else they are the metrics' results.
    """

    train: dict[str, Any]
    test: dict[str, Any]
    train_reported: bool
    test_reported: bool


def pack_batch(batch: Batch) -> Any:
    """A batch as Keras hands it to a step: inputs alone, or with targets and weights."""
    x, y, weight = batch
    if y is None and weight is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if weight is None else (x, y, weight)


def flat_results(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results with those of a metric that has several by their own names, as in Keras' logs."""
    flat: dict[str, Any] = {}
    for name, value in results.items():
        flat.update(flat_results(value) if isinstance(value, Mapping) else {name: value})
    return flat


def is_keras_own(thing: Any) -> bool:
    """Whether a function, method or class is Keras' own, not a user's."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] == "keras"
