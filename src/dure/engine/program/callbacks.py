"""Keras callbacks that act inside the compiled program, each lane on its own.

Each controller is a frozen description made from a Keras callback, and two pure functions on a
small state: ``start`` before the first epoch and ``epoch_end`` after each. Meaning follows
``keras.callbacks`` line by line (Keras 3.15), in float32 where Keras compares in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from dure.core.backend import jax, jnp, keras
from dure.core.metrics import whole_of
from dure.core.types import Mode
from dure.errors import StudyError, did_you_mean
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.model_state import ModelState

Logs = Mapping[str, Any]


class Epoch(NamedTuple):
    """What a controller sees at the end of an epoch."""

    number: Any  # int32, from 0 as in Keras
    logs: Logs
    validated: Any  # bool: whether the val_ metrics of this epoch are there


def _better(mode: Mode, value: Any, reference: Any, min_delta: float = 0.0) -> Any:
    """Keras' MonitorCallback._is_improvement against an existing reference; NaN never is."""
    return value + min_delta < reference if mode == "min" else value - min_delta > reference


def _choose(condition: Any, new: Any, old: Any) -> Any:
    """One of two equal structures: a branch for a lane alone, a selection for stacked lanes."""
    return jax.lax.cond(condition, lambda: new, lambda: old)


@dataclass(frozen=True)
class BestEpoch:
    """Remembers the weights of the best epoch by the study's monitor; never stops anything."""

    monitor: str
    mode: Mode

    def start(self, lowered: Lowered, state: ModelState) -> dict[str, Any]:
        return {
            "value": jnp.float32(jnp.nan),
            "found": jnp.bool_(False),
            "epoch": jnp.int32(0),
            "weights": lowered.weights(state),
        }

    def epoch_end(
        self, memory: dict[str, Any], epoch: Epoch, lowered: Lowered, state: ModelState
    ) -> dict[str, Any]:
        value = epoch.logs[self.monitor].astype(jnp.float32)
        seen = epoch.validated if self.monitor.startswith("val_") else jnp.bool_(True)
        first = ~memory["found"] & ~jnp.isnan(value)
        improved = seen & (first | _better(self.mode, value, memory["value"]))
        new = {
            "value": value,
            "found": jnp.bool_(True),
            "epoch": epoch.number,
            "weights": lowered.weights(state),
        }
        return _choose(improved, new, memory)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class EarlyStopping:
    """``keras.callbacks.EarlyStopping`` inside the program."""

    monitor: str
    mode: Mode
    patience: int
    min_delta: float
    baseline: float | None
    restore_best_weights: bool
    start_from_epoch: int

    def start(self, lowered: Lowered, state: ModelState) -> dict[str, Any]:
        memory = {
            "best": jnp.float32(jnp.nan),
            "found": jnp.bool_(False),
            "wait": jnp.int32(0),
        }
        if self.restore_best_weights:
            memory["weights"] = lowered.weights(state)
        return memory

    def epoch_end(
        self, memory: dict[str, Any], epoch: Epoch, lowered: Lowered, state: ModelState
    ) -> tuple[dict[str, Any], ModelState, Any]:
        value = epoch.logs[self.monitor].astype(jnp.float32)
        seen = epoch.number >= self.start_from_epoch
        if self.monitor.startswith("val_"):
            seen &= epoch.validated
        improved = ~memory["found"] | _better(self.mode, value, memory["best"], self.min_delta)
        past_baseline = (
            improved
            if self.baseline is None
            else improved & _better(self.mode, value, self.baseline, self.min_delta)
        )
        wait = jnp.where(past_baseline, 0, memory["wait"] + 1).astype(jnp.int32)
        stop = seen & ~improved & (wait >= self.patience) & (epoch.number > 0)
        new = {
            "best": jnp.where(improved, value, memory["best"]),
            "found": jnp.bool_(True),
            "wait": wait,
        }
        kept = _choose(seen, new, {name: memory[name] for name in new})
        if self.restore_best_weights:
            kept["weights"] = _choose(seen & improved, lowered.weights(state), memory["weights"])
        return kept, state, stop


@dataclass(frozen=True)
class ReduceLROnPlateau:
    """``keras.callbacks.ReduceLROnPlateau`` inside the program."""

    monitor: str
    mode: Mode
    patience: int
    min_delta: float
    factor: float
    cooldown: int
    min_lr: float

    def start(self, lowered: Lowered, state: ModelState) -> dict[str, Any]:
        return {
            "best": jnp.float32(jnp.nan),
            "found": jnp.bool_(False),
            "wait": jnp.int32(0),
            "cooldown": jnp.int32(0),
        }

    def epoch_end(
        self, memory: dict[str, Any], epoch: Epoch, lowered: Lowered, state: ModelState
    ) -> tuple[dict[str, Any], ModelState, Any]:
        value = epoch.logs[self.monitor].astype(jnp.float32)
        seen = epoch.validated if self.monitor.startswith("val_") else jnp.bool_(True)
        was_cooling = memory["cooldown"] > 0
        cooldown = jnp.where(was_cooling, memory["cooldown"] - 1, memory["cooldown"])
        wait = jnp.where(was_cooling, 0, memory["wait"])
        improved = ~memory["found"] | _better(self.mode, value, memory["best"], self.min_delta)
        waiting = ~improved & ~(cooldown > 0)
        wait = jnp.where(improved, 0, jnp.where(waiting, wait + 1, wait))
        rate = lowered.learning_rate(state)
        reduce = seen & waiting & (wait >= self.patience) & (rate > self.min_lr)
        rate = jnp.where(reduce, jnp.maximum(rate * self.factor, self.min_lr), rate)
        new = {
            "best": jnp.where(improved, value, memory["best"]),
            "found": jnp.bool_(True),
            "wait": jnp.where(reduce, 0, wait).astype(jnp.int32),
            "cooldown": jnp.where(reduce, self.cooldown, cooldown).astype(jnp.int32),
        }
        state = lowered.with_learning_rate(state, rate.astype(jnp.float32))
        return _choose(seen, new, memory), state, jnp.bool_(False)


Controller = EarlyStopping | ReduceLROnPlateau


def infer_direction(monitor: str, mode: str, known: Mapping[str, str], callback: str) -> Mode:
    """The direction in which a monitored metric is better, as Keras' MonitorCallback infers it.

    One value of a metric with several is better where the metric is.
    """
    if mode in ("min", "max"):
        return mode  # type: ignore[return-value]
    base = monitor.removeprefix("val_")
    inferred = known.get(base) or known.get(whole_of(base))
    if inferred is None:
        raise StudyError(
            f"{callback}(monitor={monitor!r}): Keras does not know whether this metric is better "
            "high or low; pass mode='max' or mode='min'."
        )
    return inferred  # type: ignore[return-value]


def settle_directions(callbacks: Sequence[Any], known: Mapping[str, str]) -> None:
    """Say to Keras' callbacks on the host which way is better, where Keras' "auto" does not know.

    It knows neither one value of several, nor a metric of one of several outputs.
    """
    for callback in callbacks:
        if getattr(callback, "mode", None) == "auto" and hasattr(callback, "monitor_op"):
            with suppress(StudyError):
                callback.mode = infer_direction(callback.monitor, "auto", known, "")


def check_monitor(callback: Any, lowered: Lowered, metrics: Sequence[str], may_log: bool) -> None:
    """Raise a `StudyError` if an EarlyStopping or ReduceLROnPlateau cannot do what it is asked.

    Parameters
    ----------
    metrics
        Names of all metrics of an epoch, validation included.
    may_log
        Whether other callbacks may put more into the logs, so that an unknown name may be right.
    """
    name, monitor = type(callback).__name__, callback.monitor
    base = monitor.removeprefix("val_")
    shape = lowered.metric_shapes(testing=base != monitor).get(base, ())
    if monitor not in metrics and len(shape) > 1:
        raise StudyError(
            f"{name}(monitor={monitor!r}): this metric has {' x '.join(map(str, shape))} values; "
            f"watch one of them, as {monitor}_{'_'.join('0' * len(shape))}."
        )
    if monitor not in metrics and not may_log:
        raise StudyError(
            f"{name}(monitor={monitor!r}) watches a metric this study does not have "
            f"(it has {', '.join(metrics)})." + did_you_mean(monitor, metrics)
        )
    infer_direction(monitor, callback.mode, lowered.directions(), name)
    if type(callback) is keras.callbacks.ReduceLROnPlateau and not lowered.rate_is_variable:
        raise StudyError(
            "ReduceLROnPlateau needs an optimizer whose learning_rate is a number; "
            "this one has a schedule."
        )


def make_controller(callback: Any, lowered: Lowered) -> Controller:
    """The in-program form of an EarlyStopping or ReduceLROnPlateau that was checked."""
    kind = type(callback)
    known = lowered.directions()
    common = {
        "monitor": callback.monitor,
        "mode": infer_direction(callback.monitor, callback.mode, known, kind.__name__),
        "patience": int(callback.patience),
        "min_delta": abs(float(callback.min_delta)),
    }
    if kind is keras.callbacks.EarlyStopping:
        return EarlyStopping(
            **common,
            baseline=callback.baseline,
            restore_best_weights=bool(callback.restore_best_weights),
            start_from_epoch=int(callback.start_from_epoch),
        )
    return ReduceLROnPlateau(
        **common,
        factor=float(callback.factor),
        cooldown=int(callback.cooldown),
        min_lr=float(callback.min_lr),
    )
