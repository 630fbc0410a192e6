"""The test data, looked at once: when the choice is made, for the baseline and the winner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.analysis.comparison.paired_test import mean_difference
from dure.core.arrays import Arrays, Samples
from dure.core.backend import keras
from dure.core.types import Floats
from dure.data.dataset import Data
from dure.data.preprocessing import apply_preparation, fit_preparation
from dure.keras_bridge.model_files import load_model
from dure.remedies.model import Held
from dure.remedies.surgery.rebuild import BASELINE, CureBuild
from dure.remedies.surgery.score import NAME
from dure.remedies.trial import Round, SearchTerms, change_study
from dure.results.run_result import LaneResult, Which
from dure.stats.intervals import mean_interval

if TYPE_CHECKING:
    from dure.experiment.spec import Split


def measure_on_test(
    terms: SearchTerms, found: Round, winner: str | None, test: Samples
) -> list[Held]:
    """Evaluate the baseline and the winner of a round on test data, lane by lane.

    Parameters
    ----------
    winner
        None: the baseline only.
    test
        What the user's data held back; inputs are transformed as the lane's own fold was.
    """
    base = _scores(terms, found, BASELINE, test, ("best", "final"))
    own = None if winner is None else _scores(terms, found, winner, test, ("best",))
    rows = len(np.asarray(keras.tree.flatten(test.x)[0]))
    told = []
    for metric, best in base["best"].items():
        left = base["final"][metric]
        won = None if own is None else own["best"][metric]
        told.append(
            Held(
                metric=metric,
                rows=rows,
                left=mean_interval(left)[:3],
                baseline=mean_interval(best)[:3],
                winner=None if won is None else mean_interval(won)[:3],
                difference=None if won is None else mean_difference(won - best),
                gained=mean_difference((best if won is None else won) - left),
            )
        )
    # First what is comparable whatever the penalty.
    return sorted(told, key=lambda held: held.metric != NAME)


def _scores(
    terms: SearchTerms, found: Round, name: str, test: Samples, which: Sequence[Which]
) -> dict[str, dict[str, Floats]]:
    """By which weights, test metrics by name, each (seed, fold); NaN for lanes that were lost."""
    result, study = found.result_of(name), terms.study
    cures = {} if name == BASELINE else {name: found.cures[name].edits}
    changed = {} if name == BASELINE else change_study(study, found.cures[name].side)
    data = changed.get("data", study.data)
    build = CureBuild(study.build, terms.arguments, cures, terms.score)
    model: keras.Model | None = None
    grids: dict[str, dict[str, Floats]] = {kind: {} for kind in which}
    for at, split in enumerate(study.splits):
        inputs = _inputs(data, split, study.arrays(), test)
        for place, seed in enumerate(found.seeds):
            lane = result.lane(name, seed, split.fold)
            if lane.status.kind not in ("finished", "stopped"):
                continue
            for kind in which:
                model = _with_weights(model, lane, kind, build)
                measured = model.evaluate(**inputs, batch_size=256, verbose=0, return_dict=True)
                for metric, value in measured.items():
                    empty = np.full((len(found.seeds), len(study.splits)), np.nan)
                    grids[kind].setdefault(metric, empty)[place, at] = value
    return grids


def _with_weights(
    model: keras.Model | None, lane: LaneResult, which: Which, build: CureBuild
) -> keras.Model:
    """The network with a lane's weights; one model for all lanes, so that it compiles once."""
    weights = lane.weights(which)
    if model is None:
        return load_model(lane.folder, lane.variant, weights, build)
    for variable, key in zip(model.weights, sorted(weights), strict=True):
        variable.assign(weights[key])
    return model


def _inputs(data: Data, split: Split, arrays: Arrays, test: Samples) -> dict[str, Any]:
    """Arguments of ``evaluate``: inputs as this fold's transformer makes them, targets, weights."""
    x = test.x
    if data.prepare is not None:
        fitted = fit_preparation(data.prepare, arrays.x, arrays.y, split.train)
        x = apply_preparation(fitted, test.x, "test[0]")
    return {"x": x, "y": test.y, "sample_weight": test.weight}
