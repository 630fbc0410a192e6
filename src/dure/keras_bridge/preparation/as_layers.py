"""Fitted transformers of scikit-learn as Keras layers in front of a network, where equal ones are.

A model made so is Keras' alone: whoever opens its file needs neither scikit-learn nor Dure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from dure.core.arrays import Array, Tree, leaves
from dure.core.backend import keras
from dure.data.preprocessing import apply_preparation
from dure.data.tables import TableTransformer
from dure.keras_bridge.preparation.fitted import TABLE, TEXT, FittedPreparation, PreparedInput

_TOLERANCE = 1e-5
"""Largest difference, in units of a feature's spread or of its size, whichever is larger."""


class _NoEqual(Exception):
    """A transformer that no layer equals."""


def has_equal_layers(preparation: FittedPreparation, x: Tree) -> bool:
    """Whether layers can stand for these transformers, tried on rows such as they were fitted on.

    They compute in float32 as the network does, scikit-learn in part in float64 or in another
    order: where a feature is large beside its spread the two may differ, and the transformers
    stay what they are.
    """
    parts = [one for _, one in preparation.each()]
    if not any(one.transformer is not None for one in parts):
        return False
    for one, (_, array) in zip(parts, leaves(x, "x"), strict=True):
        if one.transformer is None:
            continue
        if one.dtype in (TEXT, TABLE):
            return False
        if not _computes_same(one, array):
            return False
    return True


def put_layers_before(network: keras.Model, preparation: FittedPreparation) -> keras.Model | None:
    """The network with the preparation's layers in front; None where it is not made for that.

    A functional or sequential model's own layers are used, in one flat graph with those of the
    preparation, so that names, weights and outputs stay; `network` itself is of no use after. It
    is compiled as the network was, with the same optimizer.
    """
    kinds = (keras.Sequential, type(keras.Model(*[keras.Input((1,))] * 2)))
    if type(network) not in kinds or not network.built:
        return None
    graph = network._functional if isinstance(network, keras.Sequential) else network
    parts = _by_input(_input_names(graph), preparation)
    if parts is None:
        return None
    try:
        pairs = [
            _raw_and_made(tensor, one) for tensor, one in zip(graph.inputs, parts, strict=True)
        ]
    except _NoEqual:
        return None
    struct = keras.tree.pack_sequence_as
    raw, made = (struct(graph._inputs_struct, list(side)) for side in zip(*pairs, strict=True))
    for operation in graph._operations:
        # What a layer calls its output must be that of the new graph.
        operation._inbound_nodes = []
    outputs = graph._run_through_graph(made, operation_fn=lambda operation: operation)
    model = keras.Model(raw, outputs, name=network.name)
    if network.compiled:
        given = dict(network._compile_config.config)
        model.compile(**{**given, "optimizer": network.optimizer})
    return model


def _input_names(graph: Any) -> list[str]:
    """By which names a dict of arrays is fed to each input."""
    struct = graph._inputs_struct
    keys = {id(tensor): key for key, tensor in struct.items()} if isinstance(struct, dict) else {}
    return [keys.get(id(one), one._keras_history.operation.name) for one in graph.inputs]


def _by_input(names: list[str], preparation: FittedPreparation) -> list[PreparedInput] | None:
    """What comes before each of the network's inputs; None where it cannot be told."""
    inputs = preparation.inputs
    if isinstance(inputs, PreparedInput):
        parts = [inputs]
    elif isinstance(inputs, dict):
        if not set(names) <= set(inputs):
            return None
        parts = [inputs[name] for name in names]
    else:
        parts = list(inputs)
    flat = all(isinstance(one, PreparedInput) for one in parts)
    return parts if flat and len(parts) == len(names) else None


def _raw_and_made(tensor: Any, one: PreparedInput) -> tuple[Any, Any]:
    """A new input, and what the network takes where `tensor` was its own."""
    name = tensor._keras_history.operation.name
    if one.transformer is None:
        raw = keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)
        return raw, raw
    # A model of its own: its layers' names cannot meet those of the network.
    inside = keras.Input(_row_shape(one), dtype="float32", name=name)
    made = keras.Model(inside, _prepared(one, inside), name=f"prepare_{name}")
    batch_shape = (tensor.shape[0], *_row_shape(one))
    raw = keras.Input(batch_shape=batch_shape, dtype="float32", name=name)
    out = made(raw)
    if out.shape[1:] != tensor.shape[1:]:
        out = keras.layers.Reshape(tensor.shape[1:], name=f"shape_{name}")(out)
    if out.dtype == tensor.dtype:
        return raw, out
    if not keras.backend.is_float_dtype(tensor.dtype):  # cut to whole numbers, no rounding is small
        raise _NoEqual
    return raw, keras.ops.cast(out, tensor.dtype)


def _prepared(one: PreparedInput, x: Any) -> Any:
    """What the transformer makes of a raw input; in its shape where the width stays."""
    width = int(np.prod(one.shape)) if one.shape else 1
    flat = x if len(x.shape) == 2 else keras.layers.Reshape((width,), dtype="float32")(x)
    made = _translate(one.transformer, flat)
    keeps = made.shape[-1] == width and len(one.shape) > 1
    return keras.layers.Reshape(one.shape, dtype="float32")(made) if keeps else made


def _computes_same(one: PreparedInput, rows: Array) -> bool:
    raw = keras.Input(_row_shape(one), dtype="float32")
    given = rows.reshape(len(rows), *_row_shape(one)).astype(np.float32)
    try:
        made = keras.Model(raw, _prepared(one, raw))(given)
    except _NoEqual:
        return False
    got = np.asarray(made, np.float64).reshape(len(rows), *made.shape[1:])
    expected = np.asarray(apply_preparation(one.transformer, rows, "x"))
    if got.size != expected.size or expected.dtype.kind in "iu":
        return False
    flat = expected.reshape(len(expected), -1).astype(np.float64)
    scale = np.maximum(flat.std(axis=0), np.abs(flat).max(axis=0))
    away = np.abs(got.reshape(flat.shape) - flat)
    return bool((away <= _TOLERANCE * np.where(scale > 0, scale, 1)).all())


def _row_shape(one: PreparedInput) -> tuple[int, ...]:
    """Of a row as Keras' inputs have it: a single number is one of one place."""
    return one.shape or (1,)


def _translate(transformer: Any, x: Any) -> Any:
    if isinstance(transformer, TableTransformer):  # finds columns by name, which no layer does
        raise _NoEqual
    kind = type(transformer)
    maker = _MAKERS.get(kind.__name__) if kind.__module__.startswith("sklearn.") else None
    if maker is None and kind.__module__.startswith("sklearn.feature_selection."):
        maker = _select
    if maker is None:
        raise _NoEqual(kind.__name__)
    return maker(transformer, x)


def _affine(x: Any, centre: Any, scale: Any) -> Any:
    """(x - centre) / scale, each a number a feature or None."""
    width = x.shape[-1]
    mean = np.zeros(width) if centre is None else np.broadcast_to(centre, width)
    spread = np.ones(width) if scale is None else np.broadcast_to(scale, width)
    layer = keras.layers.Normalization(
        mean=mean.tolist(), variance=(spread**2).tolist(), dtype="float32"
    )
    return layer(x)


def _standard(scaler: Any, x: Any) -> Any:
    return _affine(
        x, scaler.mean_ if scaler.with_mean else None, scaler.scale_ if scaler.with_std else None
    )


def _robust(scaler: Any, x: Any) -> Any:
    return _affine(x, scaler.center_, scaler.scale_)


def _largest(scaler: Any, x: Any) -> Any:
    made = _affine(x, None, scaler.scale_)
    return keras.ops.clip(made, -1.0, 1.0) if getattr(scaler, "clip", False) else made


def _range(scaler: Any, x: Any) -> Any:
    made = _affine(x, -scaler.min_ / scaler.scale_, 1 / scaler.scale_)
    return keras.ops.clip(made, *map(float, scaler.feature_range)) if scaler.clip else made


def _impute(imputer: Any, x: Any) -> Any:
    try:  # a constant is kept as an object
        fill = np.asarray(imputer.statistics_, np.float64)
    except (TypeError, ValueError):
        raise _NoEqual from None
    if imputer.add_indicator or np.isnan(fill).any():
        raise _NoEqual
    missing = imputer.missing_values
    # On NaN an imputer of other marks raises, and no layer does.
    if not (isinstance(missing, float) and np.isnan(missing)):
        raise _NoEqual
    return keras.ops.where(keras.ops.isnan(x), fill.astype(np.float32)[np.newaxis], x)


def _one_hot(encoder: Any, x: Any) -> Any:
    # An unknown category is an error of the encoder, and no layer raises one.
    if encoder.handle_unknown != "ignore" or encoder.min_frequency or encoder.max_categories:
        raise _NoEqual
    dropped = encoder.drop_idx_
    made = []
    for place, categories in enumerate(encoder.categories_):
        left = None if dropped is None else dropped[place]
        kept = categories if left is None else np.delete(categories, left)
        if kept.dtype.kind not in "fiu" or not np.array_equal(kept.astype(np.float32), kept):
            raise _NoEqual
        if len(kept):
            own = keras.ops.equal(x[:, place : place + 1], kept.astype(np.float32)[np.newaxis])
            made.append(keras.ops.cast(own, "float32"))
    return _joined(made)


def _project(reducer: Any, x: Any) -> Any:
    mean = getattr(reducer, "mean_", None)
    matrix = np.asarray(reducer.components_, np.float64).T
    if getattr(reducer, "whiten", False):
        matrix = matrix / np.sqrt(reducer.explained_variance_)
    centred = x if mean is None else _affine(x, mean, None)
    return keras.ops.matmul(centred, matrix.astype(np.float32))


def _select(selector: Any, x: Any) -> Any:
    if not hasattr(selector, "get_support"):
        raise _NoEqual
    return _take(x, np.flatnonzero(selector.get_support()))


def _identity(transformer: Any, x: Any) -> Any:
    if transformer.func is not None:
        raise _NoEqual
    return x


def _chain(pipeline: Any, x: Any) -> Any:
    for _, step in pipeline.steps:
        if step is not None and not isinstance(step, str):
            x = _translate(step, x)
    return x


def _columns(transformer: Any, x: Any) -> Any:
    made = []
    for _, part, columns in transformer.transformers_:
        places = _places(columns, x.shape[-1])
        if len(places) == 0 or (isinstance(part, str) and part == "drop"):
            continue
        own = _take(x, places)
        made.append(own if isinstance(part, str) else _translate(part, own))
    if transformer.transformer_weights:
        raise _NoEqual
    return _joined(made)


def _places(columns: Any, width: int) -> npt.NDArray[np.int64]:
    every = np.arange(width)
    given = np.asarray(columns) if isinstance(columns, (list, tuple, np.ndarray)) else columns
    if isinstance(given, np.ndarray) and given.size == 0:
        return every[:0]
    if isinstance(given, slice) or (isinstance(given, np.ndarray) and given.dtype.kind in "iub"):
        try:
            return every[given]
        except TypeError:  # a slice by names
            raise _NoEqual from None
    raise _NoEqual


def _union(union: Any, x: Any) -> Any:
    if union.transformer_weights:
        raise _NoEqual
    parts = [part for _, part in union.transformer_list if part != "drop"]
    return _joined([x if isinstance(part, str) else _translate(part, x) for part in parts])


def _take(x: Any, places: npt.NDArray[np.int64]) -> Any:
    if len(places) == 0:
        raise _NoEqual
    return keras.ops.take(x, places.astype(np.int32), axis=-1)


def _joined(made: list[Any]) -> Any:
    if not made:
        raise _NoEqual
    return made[0] if len(made) == 1 else keras.layers.Concatenate(dtype="float32")(made)


_MAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "StandardScaler": _standard,
    "RobustScaler": _robust,
    "MaxAbsScaler": _largest,
    "MinMaxScaler": _range,
    "SimpleImputer": _impute,
    "OneHotEncoder": _one_hot,
    "PCA": _project,
    "TruncatedSVD": _project,
    "FunctionTransformer": _identity,
    "Pipeline": _chain,
    "ColumnTransformer": _columns,
    "FeatureUnion": _union,
}
