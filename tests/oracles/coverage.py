"""One network trained three times from one seed: by Keras' `fit`, by `dure.fit`, by a study."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

import dure
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
    try:
        return _fitted(case, given(case, rows, folder), keras.Model.fit)
    except Exception as error:
        raise KerasRaised(f"{type(error).__name__}: {error}") from error


def train_by_fit(case: Case, rows: int, folder: Path) -> Trained:
    """The same by `dure.fit`."""
    return _fitted(case, given(case, rows, folder), dure.fit)


def _fitted(case: Case, options: Mapping[str, Any], fit: Callable[..., Any]) -> Trained:
    keras.utils.clear_session(free_memory=False)  # names of metrics count up otherwise
    keras.utils.set_random_seed(SEED)
    model = case.model()
    curves = fit(model, **options).history
    return Trained(model.get_weights(), [v.value for v in model.optimizer.variables], curves)


def make_study(case: Case, rows: int, folder: Path) -> dure.Study | None:
    """The same as a study of one lane; None where an argument has no meaning there."""
    options = given(case, rows, folder)
    data = dure.Data(options.pop("x"), options.pop("y"), options.pop("sample_weight", None))
    options = {name: value for name, value in options.items() if name not in OF_A_FIT}
    if case.fit.get("initial_epoch") or set(options) - set(inspect.signature(dure.Study).parameters):
        return None
    return dure.Study(case.model, data, seeds=[SEED], health=False, **options)


def train_by_study(study: dure.Study, folder: Path) -> Trained:
    """Curves and final weights of the study's one lane."""
    result = study.run(folder / "run", progress=False)
    lane = result.lane_list()[0]
    arrays = lane.weights("final")
    curves = {name: np.asarray(lane.curves[name]) for name in lane.curves}
    return Trained([arrays[key] for key in sorted(arrays)], [], curves)


def deviation(ours: Trained, theirs: Trained) -> float:
    """The worst of weights, optimizer's state (where it is at hand) and curves, as in parity.

    Infinity where curves have other names or lengths.
    """
    if set(ours.curves) != set(theirs.curves):
        return float("inf")
    pairs = [(ours.weights, theirs.weights)]
    pairs += [(ours.state, theirs.state)] if ours.state else []
    pairs += [([_dense(ours.curves[n])], [_dense(theirs.curves[n])]) for n in theirs.curves]
    return max(relative(a, b) for a, b in pairs)


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
