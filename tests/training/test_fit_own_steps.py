"""Models with training steps of their own, in the compiled route, against Keras' own `fit`."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import dure
from helpers.fit_twice import by, twice
from oracles.own_steps import CASES, Case

SHUFFLED = dict(zip(CASES, [True, False] * len(CASES), strict=False))


def _data(case: Case) -> tuple[Any, ...]:
    return (case.x,) if case.y is None else (case.x, case.y)


@pytest.mark.parametrize("name", CASES)
def test_a_fit_of_their_own_steps_is_keras(name: str) -> None:
    case = CASES[name]
    size = 16 if name == "last batch" else 11  # 33 and 11 rows: one has a smaller rest
    given = {"epochs": 2, "shuffle": SHUFFLED[name], "validation_split": 0.25, "batch_size": size}
    ours, _ = twice(case.make, *_data(case), **given)
    assert ours.model._dure_programs.by_size  # by a program, not by Keras' fit itself


def test_a_study_without_a_loss_is_trained_judged_and_shown(tmp_path: Path) -> None:
    case = CASES["wasserstein with gradient penalty"]
    split = {"validation_split": 0.25, "batch_size": 16, "epochs": 3}
    study = dure.Study(case.make, dure.Data(case.x, test=(case.x, None)), seeds=[3, 4], **split)
    assert study.plan().programs[0].route == "compiled"
    result = study.run(tmp_path / "run", progress=False)
    theirs = by(keras.Model.fit, case.make, case.x, **split)
    for name, values in theirs.history.history.items():
        np.testing.assert_allclose(result.curves[name].sel(seed=3).squeeze(), values, rtol=1e-4)
    assert (result.monitor.name, list(result.test)) == ("d_loss", ["realness"])
    assert result.layer_curves["gradient_norm"].notnull().any()
    assert "no single loss of training is logged" in result.health().describe()
    assert "d_loss" in str(result) and "d_loss" in result._repr_html_()
    assert "d_loss" in set(result.summary()["metric"])
    with pytest.raises(dure.StudyError, match="there is realness"):
        result.overfitting()


def test_a_lane_of_its_own_step_diverges_where_it_does(tmp_path: Path) -> None:
    def blown_up() -> Any:
        model = CASES["last batch"].make()
        model.optimizer.learning_rate = 1e30
        return model

    case = CASES["last batch"]
    study = dure.Study(blown_up, dure.Data(case.x, case.y), seeds=1, epochs=4, batch_size=16)
    result = study.run(tmp_path / "run", progress=False)
    assert str(result.lanes["status"][0]).startswith("diverged at epoch")
    assert len(result.first_nan) == 1
