"""What can be looked into: a model, a file, a lane, or the lanes of a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure.core.backend import keras
from dure.core.types import LaneKey, trained
from dure.errors import DureError, did_you_mean
from dure.inspection.measures.weights import untrained_twin
from dure.inspection.networks import Member, Networks, Weights
from dure.keras_bridge.model_files import load_model
from dure.keras_bridge.whole_model import load_model as open_model
from dure.results.run_result import LaneResult, RunResult, load
from dure.storage.model_folders import ENDINGS
from dure.storage.run_folder import is_run_folder


def networks_of(
    target: Any,
    *,
    variant: str | None = None,
    lanes: int | None = None,
    seed: int = 0,
    build: Callable[..., keras.Model] | None = None,
) -> Networks:
    """The networks of whatever `dure.look` takes; see there. Networks are taken as they are.

    Raises
    ------
    DureError
        For a target that is none of them, a file that holds no model, or a result without a lane
        that has come to its end.
    """
    if isinstance(target, Networks):
        return target
    if isinstance(target, (str, PathLike)):
        target = _from_path(Path(target))
    if isinstance(target, _Named):
        return _one(target.model, target.name, seed, build)
    if isinstance(target, RunResult):
        chosen = lanes_of(target, variant)[:lanes]
        return _of_lanes(chosen, f"{target.name}: {chosen[0].variant}", build, stacked=True)
    if isinstance(target, LaneResult):
        return _of_lanes([target], target.name, build, stacked=False)
    if isinstance(target, keras.Model):
        return _one(target, target.name, seed, build)
    raise DureError(
        f"there is no looking into a {type(target).__name__}; pass a keras.Model, the path of a "
        ".keras or .h5 file or of a run folder, a Result, or a lane of one."
    )


class _Named(NamedTuple):
    model: keras.Model
    name: str


def _one(
    model: keras.Model, name: str, seed: int, build: Callable[[], keras.Model] | None
) -> Networks:
    twins = partial(untrained_twin, build=build)
    return Networks(model, name, [Member(None, seed, None)], make_twin=twins)


def lanes_of(result: RunResult, variant: str | None = None) -> list[LaneResult]:
    """The lanes of one variant that trained to their end, by default of the best one's.

    Raises
    ------
    DureError
        If there is no such variant, or none of its lanes has come to its end.
    """
    if variant is not None and variant not in result.variants:
        raise DureError(
            f"there is no variant {variant!r}; this study has {', '.join(result.variants)}."
            + did_you_mean(str(variant), result.variants)
        )
    if variant is None:
        alone = len(result.variants) == 1
        variant = result.variants[0] if alone else result.best().variant
    mine = [lane for lane in result.lane_list() if trained(lane.status) and lane.variant == variant]
    if not mine:
        raise DureError(
            f"no lane of {variant!r} in {result.folder} has come to its end with finite weights; "
            "go on with the run (dure resume), or look at another variant."
        )
    return mine


def _of_lanes(
    lanes: Sequence[LaneResult], name: str, build: Callable[..., Any] | None, *, stacked: bool
) -> Networks:
    first = lanes[0]
    build = build or first.build
    weights = [partial(_weights, lane) for lane in lanes]
    model = load_model(first.folder, first.variant, first.weights(), build)
    arguments = first.manifest.get("study", {}).get("variants", {}).get(first.variant, {})
    members = [
        Member(LaneKey(lane.variant, lane.seed, lane.fold), lane.seed, given)
        for lane, given in zip(lanes, weights, strict=True)
    ]
    made = None if build is None else partial(build, **arguments)
    twins = partial(untrained_twin, build=made)
    return Networks(model, name, members, make_twin=twins, source=first, stacked=stacked)


def _weights(lane: LaneResult) -> Weights:
    stored = lane.weights()
    return [np.asarray(stored[key]) for key in sorted(stored)]


def _from_path(path: Path) -> RunResult | _Named:
    if is_run_folder(path):
        return load(path)
    if not path.exists() and path.suffix not in ENDINGS:
        raise DureError(f"{path} does not exist; give a .keras or .h5 file, or a run folder.")
    return _Named(open_model(path), path.name)
