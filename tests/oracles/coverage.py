"""One network trained three times from one seed: by Keras' `fit`, by `dure.fit`, by a study."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import keras
import numpy as np

import dure
from dure.engine.program.round_data import name_parts
from oracles.keras_names import Name, names_used
from oracles.networks.case import BATCH, Case
from oracles.parity import relative

SEED = 7
OF_A_FIT = ("verbose", "initial_epoch")
"""What a study has no use for: it shows its own progress, and begins at the beginning."""


class Trained(NamedTuple):
    """What a training left: weights as in `get_weights`, state of the optimizer, curves."""

    weights: list[Any]
    state: list[Any]
    curves: Mapping[str, Any]
    route: str = ""
    """How Dure trained."""
    names: frozenset[Name] = frozenset()
    """What of Keras the network, and the arguments of its `fit`, are made of."""


class KerasRaised(Exception):
    """Keras' own `fit` does not train the network."""


def given(case: Case, rows: int, folder: Path) -> dict[str, Any]:
    """The arguments of one training of a case on its first rows."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = _cut(case.x, rows), _cut(case.y, rows)
    fit = {"x": x, "y": y, "batch_size": BATCH, "epochs": 3, "verbose": 0}
    fit |= {"validation_data": (x, y)} | dict(case.fit)
    if "sample_weight" in fit:
        fit["sample_weight"] = _cut(fit["sample_weight"], rows)
    return fit | dict(case.fresh(folder) if case.fresh else {})


def train_by_keras(case: Case, rows: int, folder: Path) -> Trained:
    """What all others are compared with.

    Raises
    ------
    KerasRaised
        With what Keras said.
    """
    options, compiled = given(case, rows, folder), set[str]()
    with mock.patch.object(keras.Model, "compile", _note_arguments(compiled)):
        try:
            model, done = _fitted(case, options, keras.Model.fit)
        except Exception as error:
            raise KerasRaised(f"{type(error).__name__}: {error}") from error
    names = names_used(model, options, compiled)
    shown = {(kind, name) for kind, name in (one.split(".") for one in case.shows)}
    return done._replace(names=frozenset(names | shown))


def train_by_fit(case: Case, rows: int, folder: Path) -> Trained:
    """The same by `dure.fit`."""
    routes, by_keras = ["compiled"], keras.Model.fit

    @wraps(by_keras)  # a fit that is not Keras' own would be left to it
    def fit(model: keras.Model, **options: Any) -> Any:
        routes.append("fitted" if model.train_function is None else "stepped")
        return by_keras(model, **options)

    with mock.patch.object(keras.Model, "fit", fit):
        _, done = _fitted(case, given(case, rows, folder), dure.fit)
    return done._replace(route=routes[-1])


def _fitted(
    case: Case, options: Mapping[str, Any], fit: Callable[..., Any]
) -> tuple[keras.Model, Trained]:
    keras.utils.clear_session(free_memory=False)  # names of metrics count up otherwise
    keras.utils.set_random_seed(SEED)
    model = case.model()
    curves = fit(model, **options).history
    state = [v.value for v in model.optimizer.variables]
    return model, Trained(model.get_weights(), state, curves)


def _note_arguments(names: set[str]) -> Callable[..., Any]:
    """Keras' `compile`, which also notes the arguments that are given another value than usual."""
    by_keras = keras.Model.compile
    signature = inspect.signature(by_keras)

    def compile(model: keras.Model, *arguments: Any, **options: Any) -> Any:
        bound = signature.bind(model, *arguments, **options).arguments
        for name, value in bound.items():
            usual = signature.parameters[name].default
            if name != "self" and not (isinstance(value, (str, int)) and value == usual):
                names.add(name)
        names.update({"optimizer"} & set(bound))
        return by_keras(model, *arguments, **options)

    return compile


def make_study(case: Case, rows: int, folder: Path) -> dure.Study | None:
    """The same as a study of one lane; None where an argument has no meaning there."""
    options = given(case, rows, folder)
    options = {name: value for name, value in options.items() if name not in OF_A_FIT}
    apart = _comes_in_batches(options["validation_data"]) > _comes_in_batches(options["x"])
    if case.fit.get("initial_epoch") or apart:
        return None
    if _comes_in_batches(options["x"]):

        def make(part: str) -> Any:
            again = given(case, rows, folder / part)
            return again["x" if part == "train" else "validation_data"]

        data: Any = dure.Batches(make)
        of_arrays = ("x", "y", "batch_size", "validation_data")
        options = {name: value for name, value in options.items() if name not in of_arrays}
    else:
        weight = options.pop("sample_weight", None)
        data = dure.Data(options.pop("x"), options.pop("y"), sample_weight=weight)
    return dure.Study(case.model, data, seeds=[SEED], health=False, **options)


def _comes_in_batches(data: Any) -> bool:
    return isinstance(data, (keras.utils.PyDataset, Iterator))


def train_by_study(study: dure.Study, folder: Path) -> Trained:
    """Curves and final weights of the study's one lane."""
    result = study.run(folder / "run", progress=False)
    lane = result.lane_list()[0]
    arrays = lane.weights("final")
    curves = {name: np.asarray(lane.curves[name]) for name in lane.curves}
    route = study.plan().programs[0].route
    return Trained([arrays[key] for key in sorted(arrays)], [], curves, route)


def deviation(ours: Trained, theirs: Trained) -> float:
    """The worst of weights, optimizer's state (where it is at hand) and curves, as in parity.

    Infinity where curves have other names or lengths.
    """
    if set(ours.curves) != set(theirs.curves):
        theirs = theirs._replace(curves=_as_numbers(theirs.curves))
    if set(ours.curves) != set(theirs.curves):
        return float("inf")
    pairs = [(ours.weights, theirs.weights)]
    pairs += [(ours.state, theirs.state)] if ours.state else []
    pairs += [([_dense(ours.curves[n])], [_dense(theirs.curves[n])]) for n in theirs.curves]
    return max(relative(a, b) for a, b in pairs)


def _as_numbers(curves: Mapping[str, Any]) -> dict[str, Any]:
    """Curves of several values as a study names them: their mean, and each by its place."""
    flat: dict[str, Any] = {}
    for name, curve in curves.items():
        array = np.asarray(curve)
        if array.ndim == 1:
            flat[name] = array
            continue
        if array.ndim == 2:
            flat[name] = array.mean(axis=1)
        values = array.reshape(len(array), -1).T
        flat |= dict(zip(name_parts(name, array.shape[1:]), values, strict=True))
    return flat


def _dense(curve: Any) -> Any:
    """A curve without the epochs that were not validated, which only a study writes down."""
    array = np.asarray(curve, "float64")
    return array[~np.isnan(array)] if array.ndim == 1 else array


def _cut(part: Any, rows: int) -> Any:
    if isinstance(part, dict):
        return {name: _cut(value, rows) for name, value in part.items()}
    if isinstance(part, (list, tuple)):
        return type(part)(_cut(value, rows) for value in part)
    return part if part is None else part[:rows]
