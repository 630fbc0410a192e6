"""The test data, looked at once: when the choice is made, for the baseline and the winner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402

from dure._arrays import Arrays, Part  # noqa: E402
from dure._data import Data  # noqa: E402
from dure._intervals import interval_texts, mean_interval  # noqa: E402
from dure._preparation import transformed  # noqa: E402
from dure.cure.rebuilt import BASELINE, CuredBuild  # noqa: E402
from dure.cure.rounds import Round, Terms  # noqa: E402
from dure.cure.score import NAME  # noqa: E402
from dure.models import load_model  # noqa: E402

if TYPE_CHECKING:
    from dure.study import Split

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """A test metric of baseline and winner, both at their best epochs, over the same lanes.

    `difference` is winner minus baseline, paired; limits are NaN with one lane.
    """

    metric: str
    baseline: tuple[float, float, float]
    winner: tuple[float, float, float]
    difference: tuple[float, float, float]
    rows: int

    def account(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @property
    def told(self) -> str:
        """'0.31 [0.29, 0.33], not 0.52 [0.47, 0.57]: -0.21 [-0.26, -0.16]'."""
        values = interval_texts([self.winner, self.baseline])
        return f"{values[0]}, not {values[1]}: {interval_texts([self.difference])[0]}"


def held_out(terms: Terms, found: Round, winner: str, test: Part) -> list[Held]:
    """Evaluate baseline and winner of a round on test data, lane by lane.

    Parameters
    ----------
    test
        What the user's data held back; inputs are transformed as the lane's own fold was.
    """
    scores = {name: _scores(terms, found, name, test) for name in (BASELINE, winner)}
    rows = len(np.asarray(keras.tree.flatten(test.x)[0]))
    told = []
    for metric in scores[winner]:
        base, own = scores[BASELINE][metric], scores[winner][metric]
        before, after, change = (mean_interval(values)[:3] for values in (base, own, own - base))
        told.append(Held(metric, before, after, change, rows))
    # First what is comparable whatever the penalty.
    return sorted(told, key=lambda held: held.metric != NAME)


def _scores(terms: Terms, found: Round, name: str, test: Part) -> Mapping[str, Floats]:
    """Test metrics by name, each shape (seed, fold); NaN for lanes that were lost."""
    result, study = found.result_of(name), terms.study
    cures = {} if name == BASELINE else {name: found.cures[name].edits}
    data = study.data
    if name != BASELINE:
        changed = found.cures[name].side.changes(study)
        data = changed.get("data", data)
    build = CuredBuild(study.build, terms.arguments, cures, terms.score)
    model: keras.Model | None = None
    grids: dict[str, Floats] = {}
    for at, fold in enumerate(range(1, len(study.splits) + 1)):
        inputs = _inputs(data, study.splits[fold - 1], study.arrays(), test)
        for place, seed in enumerate(found.seeds):
            lane = result.lane(name, seed, fold)
            if lane.status.kind not in ("finished", "stopped"):
                continue
            weights = lane.weights("best")
            if model is None:
                model = load_model(result.folder, name, weights, build)
            else:
                for variable, key in zip(model.weights, sorted(weights), strict=True):
                    variable.assign(weights[key])
            measured = model.evaluate(**inputs, batch_size=256, verbose=0, return_dict=True)
            for metric, value in measured.items():
                empty = np.full((len(found.seeds), len(study.splits)), np.nan)
                grids.setdefault(metric, empty)[place, at] = value
    return grids


def _inputs(data: Data, split: Split, arrays: Arrays, test: Part) -> dict[str, Any]:
    """Arguments of ``evaluate``: inputs as this fold's transformer makes them, targets, weights."""
    x = test.x
    if data.prepare is not None:
        x = transformed(data.prepare, arrays.x, arrays.y, split.train, test.x)[1]
    return {"x": x, "y": test.y, "sample_weight": test.weight}
