"""Why Keras does not take a model and its data together, in words a learner can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dure.core.arrays import Tree, is_nested, leaves, map_leaves
from dure.core.backend import keras
from dure.core.formatting import join_first
from dure.errors import did_you_mean
from dure.keras_bridge.target_faults import at_path, losses_of, outputs_of

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_UNKNOWN = re.compile(r"Could not interpret (loss|metric|optimizer) identifier: '?([^'\n]+)'?")
_NO_OUTPUT = re.compile(r"The path: \('([^']+)',?.*\) in the `(\w+)` argument")
_TOO_FEW_AXES = re.compile(r"expected min_ndim=(\d+), found ndim=(\d+)")
_WRAPPED = re.compile(r"(?:Unable to automatically build|Exception encountered)[^\n]*\n+'?")


def explain_misfit(model: Any, x: Tree, y: Tree, error: Exception) -> str:
    """What does not fit, and what to do; Keras' own words where nothing better is known.

    Parameters
    ----------
    x, y
        Arrays, or their shapes and types, of a batch.
    """
    found = [*_of_names(model, error), *_of_inputs(model, x, error), *_of_targets(model, y)]
    shapes = [map_leaves(lambda a: tuple(a.shape), part) for part in (x, y) if part is not None]
    told = f"x {shapes[0]}, y {shapes[1] if len(shapes) > 1 else None}"
    return f"the model does not take these data ({told}): {' '.join(found) or _in_short(error)}"


def _in_short(error: Exception) -> str:
    """Keras' words without colours, nested introductions and the list of arguments."""
    text = _COLOURS.sub("", str(error))
    text = _WRAPPED.sub("", text.split("\n\nArguments received by")[0])
    return (
        text.replace("Exception encountered:\n", "").replace(" with name 'None'", "").strip(" '\n")
    )


def _of_names(model: Any, error: Exception) -> Iterator[str]:
    unknown = _UNKNOWN.search(str(error))
    if unknown:
        kind, name = unknown.groups()
        folder = {"loss": keras.losses, "metric": keras.metrics, "optimizer": keras.optimizers}
        known = [item for item in dir(folder[kind]) if not item.startswith("_")]
        yield f"Keras knows no {kind} {name!r}.{did_you_mean(name, known)}"
    path, outputs = _NO_OUTPUT.search(str(error)), outputs_of(model)
    if path and isinstance(outputs, Mapping):
        name, argument = path.groups()
        hint = did_you_mean(name, outputs)
        yield (
            f"compile was given a {argument} for the output {name!r}, and the outputs are "
            f"{join_first(sorted(outputs))}.{hint}"
        )


def _of_inputs(model: Any, x: Tree, error: Exception) -> Iterator[str]:
    wanted = getattr(model, "inputs", None) or []
    given = list(leaves(x, "x"))
    if isinstance(x, Mapping) and wanted:
        names = [tensor._keras_history.operation.name for tensor in wanted]
        lacking = [name for name in names if name not in x]
        if lacking:
            yield (
                f"it has the inputs {join_first(names)}, and x the keys {join_first(sorted(x))}; "
                f"name the keys of x as the Input layers are (Input(..., name={next(iter(x))!r}))."
            )
            return
    if wanted and len(wanted) != len(given):
        yield f"it has {len(wanted)} inputs, and x holds {len(given)} arrays; pass one for each."
        return
    pairs = zip(given, wanted, strict=False) if not isinstance(x, Mapping) else []
    told = False
    for (path, array), tensor in pairs:
        sentence = _of_shape(path, tuple(array.shape[1:]), tuple(tensor.shape[1:]))
        told = told or sentence is not None
        yield from () if sentence is None else (sentence,)
    axes = _TOO_FEW_AXES.search(_COLOURS.sub("", str(error)))
    if axes and not told:
        least, has = map(int, axes.groups())
        what = {4: "pictures need an axis of channels", 3: "sequences need an axis of features"}
        if least == has + 1 and not is_nested(x):
            kind = what.get(least, "a layer needs one axis more")
            yield f"{_in_short(error)}; {kind}: pass x[..., np.newaxis]."


def _of_shape(path: str, has: tuple[int, ...], takes: tuple[Any, ...]) -> str | None:
    """What is wrong with rows of this shape; None where they fit."""
    if len(has) == len(takes) and all(t in (None, h) for h, t in zip(has, takes, strict=True)):
        return None
    told = f"its input takes rows of shape {takes}, and {path} has rows of shape {has}"
    if len(takes) == len(has) + 1 and takes[-1] in (None, 1) and _fits(has, takes[:-1]):
        kind = {3: "channels", 2: "features"}.get(len(takes), "values")
        return f"{told}: the axis of {kind} is missing. Pass {path}[..., np.newaxis]."
    if len(takes) == len(has) == 3 and _fits((*has[1:], has[0]), takes):
        return f"{told}: channels come first there. Pass np.moveaxis({path}, 1, -1)."
    if len(takes) == len(has) == 3 and _fits(has[:-1], takes[:-1]):
        return (
            f"{told}: {has[-1]} channels for {takes[-1]}. Build it with keras.layers.Input({has})."
        )
    if len(takes) == 1 and len(has) > 1 and int(np.prod(has)) == takes[0]:
        return f"{told}. Pass {path}.reshape(len({path}), -1), or begin with a Flatten layer."
    if len(takes) != len(has):
        return f"{told}: {len(has)} axes a row for {len(takes)}. Give {path} the axes it takes."
    return f"{told}. Build it for these rows, keras.layers.Input({has}), or pass others."


def _fits(has: tuple[int, ...], takes: tuple[Any, ...]) -> bool:
    return len(has) == len(takes) and all(t in (None, h) for h, t in zip(has, takes, strict=True))


def _of_targets(model: Any, y: Tree) -> Iterator[str]:
    if model._compile_loss is None:
        return
    if y is None:
        yield (
            "y was left out, and its loss compares outputs with targets. Pass y; a network that is "
            "to give back its inputs takes y=x."
        )
        return
    outputs = outputs_of(model)
    if outputs is None:
        return
    names = _nesting(outputs)
    if _nesting(y) != names and len(list(leaves(y, "y"))) != len(list(leaves(outputs, ""))):
        yield (
            f"it has as outputs {names}, and y is {_nesting(y)}; pass targets for each output, in "
            "the same nesting."
        )
        return
    if isinstance(y, Mapping) and isinstance(outputs, Mapping) and set(y) != set(outputs):
        yield (
            f"it has the outputs {join_first(sorted(outputs))}, and y the keys "
            f"{join_first(sorted(y))}; name them alike."
        )
        return
    for path, loss in _losses(model):
        targets, output = at_path(y, path), at_path(outputs, path)
        if targets is not None and output is not None:
            place = f"y{''.join(f'[{key!r}]' for key in path)}"
            yield from _of_loss(place, tuple(targets.shape), tuple(output.shape), _name(loss))


def _losses(model: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """As :func:`losses_of`; before losses are built, the one of a model with one output."""
    built = losses_of(model)
    given = model._compile_loss._user_loss
    return built or ([] if isinstance(given, (list, tuple, Mapping)) else [((), given)])


def _nesting(tree: Tree) -> str:
    if isinstance(tree, Mapping):
        return f"a dict of {join_first(sorted(map(repr, tree)))}"
    if isinstance(tree, (list, tuple)):
        return f"a list of {len(tree)}"
    return "one array"


def _name(loss: Any) -> str:
    """Keras' name of a loss, whether it came as a name, a function or an object."""
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return str(loss)
    return str(getattr(getattr(loss, "fn", loss), "__name__", ""))


def _of_loss(place: str, y: tuple[int, ...], output: tuple[Any, ...], loss: str) -> Iterator[str]:
    units = output[-1]
    as_labels = y == output[: len(y)] or y[1:] in ((), (1,)) or y[1:] == output[1:-1]
    told = f"{place} has shape {y}, and the output it belongs to has {units} units a row"
    if loss == "categorical_crossentropy" and as_labels and y[1:] != output[1:]:
        yield (
            f"{told}: {loss} takes one-hot rows. For labels compile with "
            f"loss='sparse_categorical_crossentropy', or pass keras.utils.to_categorical({place}, "
            f"{units})."
        )
    elif loss == "sparse_categorical_crossentropy" and y[1:] == output[1:]:
        yield (
            f"{told}: {loss} takes one label a row. For one-hot rows compile with "
            f"loss='categorical_crossentropy', or pass {place}.argmax(axis=-1)."
        )
    elif loss == "binary_crossentropy" and y[1:] in ((), (1,)) and units != 1:
        yield (
            f"{told}: {loss} takes a 0 or 1 for each unit. For two classes end with Dense(1, "
            f"'sigmoid'); for {units} classes with Dense({units}, 'softmax') and the loss "
            "'sparse_categorical_crossentropy'."
        )
    elif (
        y[1:] != output[1:]
        and not (y[1:] == () and output[1:] == (1,))
        and (loss != "sparse_categorical_crossentropy" or y[1:] not in (output[1:-1], (1,)))
    ):
        yield f"{told} (shape {output[1:]}); give that output as many units as {place} has values."
