"""Facts of a study for its manifest: what each network is made of, and what its data are like.

Findings (`dure.analysis`) are told from the run folder alone, without Keras; what they need to know
of a model or its data is written down here, before training. What cannot be known (the output of a
subclassed model that ends in plain arithmetic, the logits of a loss of one's own) is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dure.core.arrays import Arrays, is_nested, leaves, row_count
from dure.core.backend import jax, keras
from dure.core.types import Mode
from dure.data.statistics import (
    RowsOf,
    chance,
    describe_inputs,
    describe_shapes,
    describe_targets,
)
from dure.engine.program.host_callbacks import watches_by_itself
from dure.keras_bridge.building import count_parameters
from dure.keras_bridge.layer_hooks import walk_layers, watch_layers
from dure.keras_bridge.target_faults import losses_of

if TYPE_CHECKING:
    from dure.engine.planning.prepared import PreparedStudy

Facts = dict[str, Any]

_LOGIT_LOSSES = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
)
# What lies between the last activation and the output without changing any value.
_TRANSPARENT = ("Flatten", "Reshape", "Dropout", "ActivityRegularization", "Identity", "Permute")
_ACTIVATION_LAYERS = {
    "Softmax": "softmax",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
}


def study_facts(prepared: PreparedStudy) -> Facts:
    """`models`, by variant as `model_facts`, `data`: those of fold 1's training rows, and `plan`.

    Data are told as the networks see them, after `Data.prepare`; raw text only by its shape. The
    plan is as `Plan` has it, in bytes, and stays that of the first start when seeds are added;
    run folders of older versions have none.
    """
    models = {
        name: model_facts(prototype.lowered.model, prepared.batch[0])
        for name, prototype in prepared.prototypes.items()
    }
    return {"models": models, "data": _data_facts(prepared), "plan": asdict(prepared.plan)}


def _data_facts(prepared: PreparedStudy) -> Facts:
    study = prepared.study
    if study.batches is not None:
        return _batch_facts(study.arrays(), study.data.task == "classification")
    split, arrays, data = study.splits[0], study.arrays(), study.data
    validation = np.empty(0, np.int32) if split.validation is None else split.validation
    if any(leaf.dtype.kind == "O" for _, leaf in leaves(arrays.x, "x")):
        inputs = describe_shapes(prepared.batch[0])  # making integers of all texts again is slow
    else:
        inputs = describe_inputs(study.fold_arrays(split).x, split.train)
    classes = data.labels is not None
    weighted = arrays.train_weight is not None or arrays.evaluated.weight is not None
    y, other = (None if study.stored else part.y for part in (arrays, arrays.evaluated))
    trained, judged = (y, split.train), (other, validation)
    known, held_out = chance(trained, trained, classes), chance(trained, judged, classes)
    if weighted:  # Keras weighs losses, and constants here are not weighed
        known["loss"], held_out["loss"] = {}, {}
    targets = describe_targets(y, split.train, classes)
    unseen = _unseen(trained, judged, classes)
    return {
        "inputs": inputs,
        "targets": {**targets, "unseen": unseen},
        "chance": {**known, "validation": held_out},
        "rows": {
            "train": len(split.train),
            "validation": len(validation),
            "test": 0 if data.test is None else len(next(leaves(data.test.x, ""))[1]),
        },
    }


def _batch_facts(first: Arrays, classes: bool) -> Facts:
    """What the first batch says of data in batches; rows and chance are unknown."""
    rows = np.arange(row_count(first.x))
    nothing = chance((None, rows), (None, rows), False)
    return {
        "inputs": describe_inputs(first.x, rows),
        "targets": {**describe_targets(first.y, rows, classes), "unseen": 0},
        "chance": {**nothing, "validation": nothing},
    }


def _unseen(train: RowsOf, validation: RowsOf, classes: bool) -> int:
    """Validation rows of classes that no training row has: rows were sorted, and not shuffled."""
    if not classes:
        return 0
    known, others = _class_numbers(*train), _class_numbers(*validation)
    return int(np.count_nonzero(~np.isin(others, np.unique(known))))


def _class_numbers(y: Any, rows: Any) -> Any:
    """The class of each of these rows; none where targets are no single array."""
    if y is None or is_nested(y):
        return np.empty(0)
    return y[rows].argmax(axis=1) if y.ndim > 1 and y.shape[1] > 1 else y[rows].reshape(-1)


def model_facts(model: keras.Model, x: Any) -> Facts:
    """What a compiled, built model is made of.

    Parameters
    ----------
    x
        Its inputs, or their shapes; nothing is computed.

    Returns
    -------
    `layers`, in the order in which a forward pass calls them, those of inner models as
    "inner/name" before their model: `name`, `class`, `activation` ("linear" for none where there
    could be one, None where there cannot), `units` (places on the last axis of its output),
    `parameters`, `trainable`, `output_shape` (without rows).

    `outputs`, one for each loss: `loss` (Keras' name), `own` (whether the loss is not Keras'),
    `from_logits`, `activation`, `units`; the single one again as `loss`, `from_logits`,
    `output_activation`, `output_units`.

    `optimizer`, `learning_rate` (at the start where `schedule` names one), `momentum`, `clipnorm`
    (of each weight or of all together), `clipvalue`, `parameters`, `penalised` (whether a weight
    has a regularizer, whose penalty Keras adds to the loss).
    """
    layers, seen, ends = _trace(model, x)
    shapes: dict[str, Any] = {} if seen else dict.fromkeys(layers)
    for call in seen:
        shapes.setdefault(call.name, None if call.output is None else call.output.shape[1:])
    outputs = [_output(model, path, loss, ends) for path, loss in losses_of(model)]
    single: Facts = outputs[0] if len(outputs) == 1 else {}
    return {
        "layers": [_layer(name, layers[name], shape) for name, shape in shapes.items()],
        "outputs": outputs,
        "loss": single.get("loss", ", ".join(str(each["loss"]) for each in outputs)),
        "from_logits": single.get("from_logits"),
        "output_activation": single.get("activation"),
        "output_units": single.get("units"),
        **_optimizer(model.optimizer),
        "parameters": count_parameters(model),
        "penalised": any(v.regularizer is not None for v in model.trainable_variables),
    }


def _layer(name: str, layer: Any, shape: tuple[int, ...] | None) -> Facts:
    return {
        "name": name,
        "class": type(layer).__name__,
        "activation": activation_of(layer),
        "units": shape[-1] if shape else None,
        "parameters": int(layer.count_params()) if layer.built else 0,
        "trainable": bool(layer.trainable_variables),
        "output_shape": None if shape is None else list(shape),
    }


def activation_of(layer: Any) -> str | None:
    """The name of the activation a layer ends with; None where it is of a kind without one."""
    if isinstance(layer, keras.layers.Bidirectional):
        layer = layer.forward_layer
    elif isinstance(layer, keras.layers.Wrapper):
        layer = layer.layer
    if type(layer) is keras.layers.ReLU and layer.negative_slope:
        return "leaky_relu"
    if type(layer).__name__ in _ACTIVATION_LAYERS:
        return _ACTIVATION_LAYERS[type(layer).__name__]
    if not hasattr(layer, "activation"):
        return None
    activation = layer.activation
    if isinstance(activation, keras.Layer):
        return activation_of(activation)
    if activation is None:
        return "linear"
    return str(getattr(activation, "__name__", type(activation).__name__))


def _optimizer(optimizer: Any) -> Facts:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    schedule = getattr(inner, "_learning_rate", None)
    scheduled = isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule)
    try:
        rate: float | None = float(np.asarray(inner.learning_rate))
    except (AttributeError, TypeError, ValueError):  # several optimizers have no one rate
        rate = None
    clips = (getattr(inner, name, None) for name in ("clipnorm", "global_clipnorm"))
    clip = next((float(value) for value in clips if value is not None), None)
    return {
        "optimizer": type(inner).__name__,
        "learning_rate": rate,
        "schedule": type(schedule).__name__ if scheduled else None,
        "momentum": float(getattr(inner, "momentum", 0.0) or 0.0),
        "clipnorm": clip,
        "clipvalue": getattr(inner, "clipvalue", None),
    }


def _output(model: Any, path: tuple[Any, ...], loss: Any, ends: Mapping[Any, Any]) -> Facts:
    """One loss with the output it judges."""
    function = getattr(loss, "fn", None)
    name = str(getattr(function, "__name__", None) or getattr(loss, "name", type(loss).__name__))
    module = getattr(function, "__module__", None) or type(loss).__module__
    own = not str(module).startswith("keras.")
    logits = None
    if name in _LOGIT_LOSSES and not own:
        logits = bool(getattr(loss, "_fn_kwargs", {}).get("from_logits", False))
    activation, shape = ends.get(path, (None, None))
    return {
        "name": "/".join(map(str, path)),
        "loss": name,
        "own": own,
        "from_logits": logits,
        "activation": activation,
        "units": shape[-1] if shape else None,
    }


class _Called(NamedTuple):
    """One call of a layer: its first input and its first output, as traced values."""

    name: str
    given: Any
    output: Any


def _trace(model: Any, x: Any) -> tuple[dict[str, Any], list[_Called], dict[Any, Any]]:
    """Layers by name, their calls in the order in which they end, and the model's outputs.

    Outputs are told by their places (as in `losses_of`): the last activation, and the shape.
    """
    layers = dict(walk_layers(model))
    seen: list[_Called] = []
    ends: dict[Any, Any] = {}

    def see(name: str, given: Any, output: Any) -> Any:
        seen.append(_Called(name, _first(given), _first(output)))
        return output

    def forward(rows: Any) -> Any:
        groups = (model.trainable_variables, model.non_trainable_variables)
        options = {"training": False} if model._call_has_training_arg else {}
        state = ([variable.value for variable in group] for group in groups)
        with watch_layers(layers, see):
            out = model.stateless_call(*state, rows, **options)[0]
        ends.update({path: _end(leaf, seen, layers) for path, leaf in _places(out)})
        return out

    try:
        jax.eval_shape(forward, x)
    except Exception:  # whatever a layer of one's own may raise outside Keras' own fit
        return layers, [], {}
    return layers, seen, ends


def _first(tree: Any) -> Any:
    """The first array of a tree; None where it has none."""
    return next((leaf for leaf in jax.tree.leaves(tree) if hasattr(leaf, "shape")), None)


def _places(out: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The outputs of a model with their places, as Keras' losses name them."""
    if isinstance(out, Mapping):
        yield from (((key,), _first(leaf)) for key, leaf in out.items())
    elif isinstance(out, (list, tuple)):
        yield from (((index,), _first(leaf)) for index, leaf in enumerate(out))
    else:
        yield (), out


def _end(
    leaf: Any, seen: Sequence[_Called], layers: Mapping[str, Any]
) -> tuple[str | None, tuple[int, ...]]:
    """The last activation on the way to this output, as far as it can be told, and its shape."""
    shape, wanted = tuple(leaf.shape[1:]), leaf
    for one in reversed(seen):
        layer = layers[one.name]
        if one.output is not wanted or isinstance(layer, keras.Model):
            continue
        if type(layer).__name__ not in _TRANSPARENT:
            return activation_of(layer), shape
        wanted = one.given
    return None, shape


def known_modes(prepared: PreparedStudy) -> dict[str, Mode]:
    """By metric (without "val_") whether it is better low or high: said by Keras or callbacks."""
    modes: dict[str, Mode] = {}
    for prototype in prepared.prototypes.values():
        modes |= prototype.lowered.directions()
    for callback in prepared.callbacks.everywhere:
        mode = getattr(callback, "mode", None)
        if watches_by_itself(callback) and mode in ("min", "max"):
            modes[str(callback.monitor).removeprefix("val_")] = mode
    return modes
