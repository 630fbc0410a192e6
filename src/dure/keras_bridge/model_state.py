"""What passes between a Keras model and the functions made of it: its numbers, and batches."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Batch: TypeAlias = tuple[Any, Any, Any]
"""Inputs, targets (or None) and sample weights (or None) of one step, as Keras takes them."""


class ModelState(NamedTuple):
    """All numbers of a model in training, in Keras' own order; metrics are kept apart."""

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]
