"""The first build of each variant: its functions, what its lanes are judged by, and its route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dure.core.backend import keras
from dure.core.metrics import choose_monitor
from dure.core.types import Monitor
from dure.engine.planning.prototype import Prototype
from dure.engine.planning.routes import SHARED, UNLIKE, choose_route, find_step_reasons
from dure.engine.planning.row_checks import RowChecks
from dure.engine.program.callback_logs import AXES
from dure.engine.program.callbacks import (
    check_monitor,
    infer_direction,
    make_controller,
)
from dure.engine.program.host_callbacks import IN_PROGRAM, Callbacks, watches_by_itself
from dure.engine.program.round_data import column_names
from dure.errors import Faults, StudyError
from dure.keras_bridge.building import build_model, check_and_lower
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.model_state import Batch
from dure.keras_bridge.own_steps import describe_logs, share_variables
from dure.layers import fast_call

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec, Variant

MOST_COLUMNS = 1_500
"""Numbers an epoch may have: SQLite keeps 2,000 columns, and callbacks may log more."""


def make_prototype(
    study: StudySpec, variant: Variant, callbacks: Callbacks, checks: RowChecks
) -> Prototype:
    """Build a variant for the first time, check it, and decide how its lanes are trained."""
    validated = any(split.validation is not None for split in study.splits)
    lowered, architecture, draws, fitted, alike = check_and_lower(
        study.build,
        variant.arguments,
        study.seed_list,
        checks.batch,
        checks.targets,
        fast_call,
        validated or study.batches is not None or study.data.test is not None,
    )
    if not fitted:
        Faults(checks.find_faults(lowered)).raise_if_any()
    metrics = column_names(lowered.metric_shapes())
    if validated:
        held_out = column_names(lowered.metric_shapes(testing=True))
        metrics += tuple(f"val_{name}" for name in held_out)
    _metric_faults(metrics).raise_if_any()
    for callback in callbacks.everywhere:
        if type(callback) in IN_PROGRAM:
            check_monitor(callback, lowered, metrics, callbacks.may_log)
        elif type(callback) is keras.callbacks.LearningRateScheduler:
            _check_rate(lowered)
    stepped = _find_step_reasons(study, callbacks)
    if (stepped or not alike) and not fitted and len(study.lanes) > 1:
        other, _ = build_model(study.build, variant.arguments, study.seed_list[0])
        if share_variables(lowered.model, other):
            fitted = [SHARED]
    return Prototype(
        variant,
        lowered,
        architecture,
        draws,
        metrics,
        _monitor(callbacks, lowered, metrics),
        [make_controller(callback, lowered) for callback in callbacks.in_program],
        choose_route(fitted, stepped if alike else [*stepped, UNLIKE]),
        alike,
    )


def _find_step_reasons(study: StudySpec, callbacks: Callbacks) -> list[str]:
    stored = {name: array.nbytes for name, array in study.stored.items()}
    return find_step_reasons(callbacks, study.given_steps, study.batches is not None, stored)


def _metric_faults(metrics: Sequence[str]) -> Faults:
    """What a run folder cannot keep of these metrics."""
    faults = Faults(
        f"a metric is called {name!r}, which is the name of an axis of curves; give it another "
        "name=."
        for name in metrics
        if name in AXES
    )
    if len(metrics) > MOST_COLUMNS:
        many = metrics[len(metrics) // 4]
        faults.append(
            f"the metrics have {len(metrics):,} values an epoch (such as {many!r}); at most "
            f"{MOST_COLUMNS:,} become curves. Measure what has so many after training "
            "(dure.look has confusion matrices)."
        )
    return faults


def _check_rate(lowered: Lowered) -> None:
    if not lowered.rate_is_variable:
        raise StudyError(
            "LearningRateScheduler needs an optimizer whose learning_rate is a number; "
            "this one has a schedule."
        )


def lower_model(model: keras.Model, batch: Batch | None = None, evaluates: bool = True) -> Lowered:
    """The functions of a model, with fast twins of its layers.

    Parameters
    ----------
    batch
        Shapes for which the model is ready, to know what steps of its own log; None: its steps are
        called as Keras calls them.
    evaluates
        Whether the model is ever evaluated.
    """
    logs = None if batch is None else describe_logs(model, batch, evaluates)
    return Lowered(model, fast_call, logs)


def _monitor(callbacks: Callbacks, lowered: Lowered, metrics: Sequence[str]) -> Monitor:
    """What decides a lane's best epoch: what early stopping watches, else the (validation) loss."""
    known = lowered.directions()
    for callback in callbacks.everywhere:
        name = str(getattr(callback, "monitor", None))
        if name in metrics or (callbacks.may_log and watches_by_itself(callback)):
            mode = getattr(callback, "mode", "auto")
            return Monitor(name, infer_direction(name, mode, known, type(callback).__name__))
    return choose_monitor(metrics, known)
