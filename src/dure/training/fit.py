"""``dure.fit``: Keras' own ``fit``, arguments and meaning, on one compiled training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from dure.core.arrays import Arrays, whole
from dure.core.backend import jax, keras
from dure.data.dataset import Data
from dure.engine.fitting.shared_steps import SharedSteps
from dure.engine.lanes.callback_runner import refuse_changes
from dure.engine.lanes.factory import validated_epochs, validation_rows
from dure.engine.lanes.lane import TrainingLane
from dure.engine.lanes.pool import ROUND_SECONDS
from dure.engine.planning.programs import check_rows, program_shape, row_shapes
from dure.engine.planning.prototypes import lower_model
from dure.engine.planning.row_checks import first_batch
from dure.engine.program.batch_order import BatchOrder
from dure.engine.program.callback_logs import end_epoch
from dure.engine.program.host_callbacks import (
    find_missing_packages,
    hand_over_validation,
    sort_callbacks,
)
from dure.engine.program.program import Program
from dure.engine.program.round_data import (
    RUNNING,
    Carry,
    cut_to_batch,
    gather_logs,
    lane_of,
    stack_lanes,
)
from dure.engine.program.rounds import compile_rounds
from dure.errors import Faults, StudyError
from dure.experiment.spec import StudySpec
from dure.keras_bridge.batches import is_source
from dure.keras_bridge.building import (
    compiled_parts,
    draws_to_build,
    explained_errors,
    find_faults,
    make_ready,
)
from dure.keras_bridge.functional import put_on_device, state_of, write_state
from dure.keras_bridge.own_steps import find_fitted_reasons, read_settings
from dure.keras_bridge.preparation.prepared_model import PreparedModel

ROOM_EPOCHS, ROOM_ROWS = 64, 400_000
"""Most epochs, and row numbers, of one call of the program."""


class _Programs:
    """A model's programs by their sizes, kept by the model itself and gone with it.

    An object of its own, for Keras saves what it finds in a model's lists, tuples and dicts.
    """

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts
        self.by_size: dict[Any, Program] = {}
        self._steps: SharedSteps | None = None

    def steps(self, model: keras.Model) -> SharedSteps:
        """Its compiled steps, for ``fit`` to call."""
        if self._steps is None:
            self._steps = SharedSteps(lower_model(model))
        return self._steps

    @classmethod
    def of(cls, model: keras.Model) -> _Programs:
        """Those of the model as it is compiled now; another compile begins anew."""
        parts = compiled_parts(model)
        held: _Programs | None = vars(model).get("_dure_programs")
        if held is None or any(a is not b for a, b in zip(held.parts, parts, strict=True)):
            held = cls(parts)
            object.__setattr__(model, "_dure_programs", held)  # past Keras' tracking
        return held


def fit(
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool | Literal["batch"] = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | list[int] = 1,
) -> keras.callbacks.History:
    """Train a compiled Keras model as ``model.fit`` would, to the same numbers, faster.

    Arguments mean what they mean in Keras (https://keras.io/api/models/model_training_apis/), also
    `epochs`, `initial_epoch`, `shuffle`, `class_weight`, `validation_split`, `validation_data`,
    `validation_freq`, `validation_batch_size`, `steps_per_epoch` and `validation_steps`. Whole
    epochs run compiled where they can. Where batches have to come one by one (sources of batches,
    callbacks with batch methods, counted steps) Keras' ``fit`` calls a compiled step for each;
    where only Keras' own steps do what the model does (``run_eagerly=True``, a loop of its own) it
    is Keras' ``fit`` alone. Afterwards the model holds trained weights,
    optimizer state and seeds, so ``evaluate``, ``predict``, ``save`` and a further ``fit`` of
    either kind go on from there.

    Parameters
    ----------
    model
        Compiled; built, or then built from the data.
    x, y, sample_weight
        NumPy arrays (or pandas frames and series, sparse matrices), or tuples, lists and dicts of
        them for several inputs and outputs, with None for the targets of an output without a loss.
        Or as `x` alone a source of batches: a ``keras.utils.PyDataset``, a
        generator, a data loader of PyTorch, a dataset of TensorFlow or Grain.
    batch_size
        Defaults to 32.
    verbose
        0 silent, 1 ("auto") a bar after every epoch, 2 a line an epoch.
    callbacks
        Keras callbacks.

    Raises
    ------
    StudyError
        Everything that is wrong with model, data and arguments, at once.

    Examples
    --------
    >>> model = build()
    >>> dure.fit(model, data.x, data.y, epochs=2, verbose=0).epoch
    [0, 1]
    """
    return _check(locals())()  # a signature as long as Keras' is written out once


_OF_STUDY = (
    "epochs",
    "shuffle",
    "class_weight",
    "validation_data",
    "validation_freq",
    "validation_batch_size",
    "steps_per_epoch",
    "validation_steps",
)
"""Arguments of :func:`fit` that mean the same to a study."""


def _check(given: Mapping[str, Any]) -> Callable[[], keras.callbacks.History]:
    """A fit ready to run, of the arguments of :func:`fit` by name; raises all faults at once."""
    model, callbacks = given["model"], _list_callbacks(given["callbacks"])
    held_out = given["validation_data"] is not None
    sorted_callbacks = sort_callbacks([c for c in callbacks if type(c) not in _OF_EVERY_FIT])
    problems = Faults((*find_faults(model), *find_missing_packages(callbacks)))
    if isinstance(model, PreparedModel):
        problems.append(
            "this model prepares raw rows before its network. Fit the network, which shares its "
            "weights: dure.fit(model.network, model.preparation.apply(x), y, ...)."
        )
    problems += _argument_faults(given)
    if any(map(is_source, (given["x"], given["validation_data"]))):
        problems.raise_if_any("this fit")
        return partial(_fit_by_keras, given, bool(find_fitted_reasons(model)))
    study = None
    with problems.collect():
        data = Data(given["x"], given["y"], sample_weight=given["sample_weight"])
        # Keras' evaluate and predict could not go on from names; one-hot columns may have some.
        if data.class_names is not None and getattr(data.y, "ndim", 0) == 1:
            problems.append(
                f"y holds names of classes, such as {data.class_names[0]!r}; a fit takes numbers. "
                "Pass the labels of labels, names = pd.factorize(y, sort=True), or give a Study "
                "dure.Data(x, y), which keeps the names."
            )
        study = StudySpec(
            lambda: model,
            data,
            batch_size=32 if given["batch_size"] is None else given["batch_size"],
            validation_split=0.0 if held_out else given["validation_split"],
            **{name: given[name] for name in _OF_STUDY},
        )
    if problems or study is None:
        raise StudyError(problems, "this fit")
    own = bool(find_fitted_reasons(model))
    if study.stored:
        return partial(_fit_by_keras, given, own)
    hand_over_validation(callbacks, study.arrays(), validation_rows(study.splits[0]))
    given = {**given, **_converted(study)}
    if own:
        return partial(_fit_by_keras, given, own)
    checks = check_rows(study, row_shapes(study))
    order = BatchOrder(study.splits[0].train, study.shuffle, study.batch_size, np.random)
    if draws_to_build(model):  # first the batch, then what the model's own code draws for it
        order.skip_building_draw()
    make_ready(model, checks.batch)
    evaluates = study.splits[0].validation is not None
    if find_fitted_reasons(model, checks.batch, evaluates):
        return partial(_fit_by_keras, given, True)
    Faults(checks.find_target_faults(model)).raise_if_any("this fit")
    Faults(checks.find_faults(lower_model(model, checks.batch, evaluates))).raise_if_any("this fit")
    if sorted_callbacks.between_batches or study.given_steps:
        return partial(_fit_by_keras, given, own)
    return _Fit(given, study, order, callbacks, sorted_callbacks.stop_on_nan).run


def _converted(study: StudySpec) -> dict[str, Any]:
    """The rows as a study holds them, which Keras takes in whatever dress they came."""
    data, apart = study.data, study.arrays().apart
    held_out = None if apart is None else tuple(apart)
    x_y_weight = {"x": data.x, "y": data.y, "sample_weight": data.sample_weight}
    return {**x_y_weight, "validation_data": held_out}


def _fit_by_keras(given: Mapping[str, Any], own: bool) -> keras.callbacks.History:
    """Keras' own ``fit`` of these arguments, with its own steps or with compiled ones."""
    model = given["model"]
    arguments = {name: value for name, value in given.items() if name != "model"}
    if own or not model.jit_compile:
        return model.fit(**arguments)
    before = model.train_function, model.test_function
    _Programs.of(model).steps(model).install(model)
    try:
        return model.fit(**arguments)
    finally:
        model.train_function, model.test_function = before


def _list_callbacks(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return list(callbacks.callbacks)
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


_OF_EVERY_FIT = (keras.callbacks.History, keras.callbacks.ProgbarLogger)
"""Callbacks every fit has by itself; passing one's own is fine."""


def _argument_faults(given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the arguments a study does not have."""
    found = []
    initial_epoch, verbose = given["initial_epoch"], given["verbose"]
    if (whole(initial_epoch) or 0) < 0 or whole(initial_epoch) is None:
        found.append(f"initial_epoch is {initial_epoch!r}; pass a whole number from 0.")
    if verbose not in ("auto", 0, 1, 2):
        found.append(f"verbose is {verbose!r}; pass 'auto', 0, 1 or 2.")
    return found + (_source_faults(given) if is_source(given["x"]) else [])


def _source_faults(given: Mapping[str, Any]) -> list[str]:
    """What cannot come beside a source of batches."""
    kind = type(given["x"]).__name__
    found = [
        f"x is a source of batches ({kind}), which hold their targets and weights: leave {name} "
        "out."
        for name in ("y", "sample_weight")
        if given[name] is not None
    ]
    if given["validation_split"] and given["validation_data"] is None:
        found.append(
            f"x is a source of batches ({kind}), of which validation_split cannot cut a part; pass "
            "validation_data."
        )
    return found


class _Fit:
    """One call of :func:`fit`, its arguments already checked."""

    def __init__(
        self,
        given: Mapping[str, Any],
        study: StudySpec,
        order: BatchOrder,
        callbacks: list[Any],
        stop_on_nan: bool,
    ) -> None:
        model = self.model = given["model"]
        split = study.splits[0]
        shapes = row_shapes(study)
        self.lane = TrainingLane(
            index=0,
            key=study.lanes[0],
            program=_program(model, study, shapes, stop_on_nan),
            rows=put_on_device(study.arrays()),
            order=order,
            validation=validation_rows(split),
            epochs=study.epochs,
            validate=validated_epochs(study.validation_freq, study.epochs),
            carry=None,
            epoch=given["initial_epoch"],
        )
        level = 1 if given["verbose"] == "auto" else int(given["verbose"])
        self.callbacks = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=level != 0,
            model=model,
            verbose=level,
            epochs=study.epochs,
            steps=self.lane.program.shape.steps,
        )
        self.by_epoch = level != 0 or bool(callbacks)
        self._settings: dict[str, Any] | None = None

    def run(self) -> keras.callbacks.History:
        """Train; whatever ends it, the model holds the state of the last complete epoch."""
        lane = self.lane
        self.model.stop_training = False
        logs: dict[str, Any] = {}
        self._settings = read_settings(self.model)
        self.callbacks.on_train_begin()
        try:
            while lane.epoch < lane.epochs:
                logs = self._round() or logs
                if self.model.stop_training:
                    break
        finally:
            if lane.epochs > 0:
                self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        self.callbacks.on_train_end(logs)
        return self.model.history

    def _round(self) -> dict[str, Any]:
        lane, program = self.lane, self.lane.program
        count = lane.round_epochs(ROUND_SECONDS, 1 if self.by_epoch else None)
        if self.by_epoch:
            self.callbacks.on_epoch_begin(lane.epoch)
        if self._settings is not None and not program.compilations:
            refuse_changes(self._settings, self.model)
        orders = lane.orders(count, None)
        if self.model.stop_training:  # before the first batch
            program = program.for_one_batch()
            orders = cut_to_batch(orders, program.shape.train_rows)
        carry = program.start(state_of(self.model))._replace(epoch=np.int32(lane.epoch))
        carry, orders = stack_lanes((carry, orders))
        start = time.perf_counter()
        after, curves, _ = jax.block_until_ready(program(carry, orders, lane.rows))
        program.seconds_per_epoch = (time.perf_counter() - start) / count
        write_state(self.model, lane_of(after.model))
        return self._end_epochs(after, np.asarray(curves)[0, :count])

    def _end_epochs(self, carry: Carry, curves: Any) -> dict[str, Any]:
        """Call the callbacks for every epoch of the round, in order; the last one's logs."""
        lane, logs = self.lane, {}
        for number, row in enumerate(curves):
            if number:
                self.callbacks.on_epoch_begin(lane.epoch)
            logs = _logs(lane.program, row, bool(lane.validate[lane.epoch]))
            if lane.program.shape.stop_on_nan and int(carry.status[0]) != RUNNING:
                self.model.stop_training = True
            end_epoch(self.callbacks, lane.epoch, logs)
            lane.epoch += 1
        return logs


def _logs(program: Program, row: Any, validated: bool) -> dict[str, Any]:
    """An epoch's logs as Keras gives them: floats; no val_ metrics where it was not validated."""
    logs = gather_logs(program.metrics(row), program.metric_shapes)
    return {
        name: values if values.ndim else float(values)
        for name, values in logs.items()
        if validated or not name.startswith("val_")
    }


def _program(model: keras.Model, study: StudySpec, shapes: Arrays, stop_on_nan: bool) -> Program:
    """The program for this model and these sizes, traced before if it was."""
    size = study.splits[0].size
    shape = program_shape(study, sort_callbacks([]), size, stop_on_nan, diverge_on_nan=False)
    # Not bounded by this call's epochs: a further fit with other epochs finds the same program.
    shape = replace(shape, round_epochs=max(1, min(ROOM_EPOCHS, ROOM_ROWS // shape.train_rows)))
    leaves, structure = jax.tree.flatten(shapes)
    key = (
        shape,
        structure,
        tuple((leaf.shape, str(leaf.dtype)) for leaf in leaves),
        tuple(v.path for v in model.trainable_variables),
    )
    programs = _Programs.of(model).by_size
    if key not in programs:
        evaluates = study.splits[0].validation is not None
        lowered = lower_model(model, first_batch(shapes, study.batch_size), evaluates)
        program = Program(lowered, shape, None, [], compile_rounds)
        with explained_errors(model, shapes.x, shapes.y):
            program.trace(program.start(state_of(model)), shapes)
        programs[key] = program
    return programs[key]
