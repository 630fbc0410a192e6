"""The metric by which cures are compared: the loss on the targets, without any penalty.

Keras' own `val_loss` contains L1 and L2 penalties, so a network with a penalty could never be
compared with one without by it. This metric is computed as Keras' loss is, but for the penalty.
"""

from __future__ import annotations

from typing import Any

from dure.core.backend import keras

NAME = "data_loss"


@keras.saving.register_keras_serializable(package="dure")
class DataLoss(keras.metrics.Mean):  # type: ignore[misc]
    """The mean over rows of a loss on the targets.

    Parameters
    ----------
    loss
        What ``compile`` is given as loss for a single output.
    """

    def __init__(self, loss: Any, name: str = NAME, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.loss = keras.losses.get(loss)
        self._direction = "down"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch: its mean loss, weighted by its rows as Keras' own loss tracker does."""
        loss = self.loss
        if not isinstance(loss, keras.losses.Loss):
            loss = _Plain(loss)
        value = loss(y_true, y_pred, sample_weight)
        rows = keras.ops.shape(keras.tree.flatten(y_pred)[0])[0]
        return super().update_state(value, sample_weight=rows)

    def get_config(self) -> dict[str, Any]:
        """The loss and the name."""
        loss = keras.losses.serialize(self.loss)
        return {"loss": loss, "name": self.name, "dtype": self.dtype}


class _Plain(keras.losses.Loss):  # type: ignore[misc]
    """A function as a loss, so that shapes and weights are treated as in ``compile``."""

    def __init__(self, function: Any) -> None:
        super().__init__(name="plain")
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(*_of_one_rank(y_true, y_pred))


def _of_one_rank(first: Any, second: Any) -> tuple[Any, Any]:
    """Targets [rows] against outputs [rows, 1], or the other way round, as Keras pairs them."""
    ranks = len(first.shape), len(second.shape)
    if ranks[0] - ranks[1] == 1 and first.shape[-1] == 1:
        other, first = _of_one_rank(second, first)
        return first, other
    if ranks[1] - ranks[0] == 1 and second.shape[-1] == 1:
        if ranks[0] == 1:
            return keras.ops.expand_dims(first, -1), second
        return first, keras.ops.squeeze(second, -1)
    return first, second


def add_score(arguments: dict[str, Any], accuracy: bool) -> str | None:
    """Add to compile arguments what cures are compared by; its name among the metrics.

    Parameters
    ----------
    accuracy
        Compare by accuracy, for cures that change the loss itself.

    Returns
    -------
    None where nothing can be added (several losses, or none): the loss itself must do then.
    """
    loss, weighted = arguments.get("loss"), arguments.get("weighted_metrics")
    if loss is None or isinstance(loss, (dict, list, tuple)):
        return None
    if not (weighted is None or isinstance(weighted, (list, tuple))):
        return None
    if accuracy:
        known = _flat(arguments.get("metrics")) + _flat(weighted)
        if not any(m in ("accuracy", "acc") for m in known):
            arguments["weighted_metrics"] = [*(weighted or ()), "accuracy"]
        return "acc" if "acc" in known else "accuracy"
    arguments["weighted_metrics"] = [*(weighted or ()), DataLoss(loss)]
    return NAME


def _flat(metrics: Any) -> list[Any]:
    found = [metrics] if isinstance(metrics, str) else list(metrics or ())
    return [m for m in found if isinstance(m, str)]
