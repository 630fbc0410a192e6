"""Raw rows for a trained model: columns of DataFrames are found by the names they had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import QuantileTransformer, StandardScaler

import dure
from dure.errors import StudyError
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.keras_bridge.preparation.prepared_model import PreparedModel

TABLE = pd.DataFrame({"a": np.arange(8.0), "b": 100 - np.arange(8.0), "c": np.arange(8) % 3})
TURNED = TABLE[["c", "a", "b"]]


def test_columns_of_rows_are_found_by_name() -> None:
    fitted = StandardScaler().fit(TABLE.to_numpy())
    made = FittedPreparation.of(fitted, TABLE.to_numpy("float32"), ("a", "b", "c"))
    again = FittedPreparation.from_config(json.loads(json.dumps(made.get_config())))
    expected = fitted.transform(TABLE.to_numpy())
    for rows in (TABLE, TURNED, TABLE.to_numpy(), TABLE.to_numpy().tolist()):
        np.testing.assert_allclose(again.apply(rows), expected, rtol=1e-5)
    with pytest.raises(StudyError, match="x has other columns than training: it lacks 'a' and"):
        again.apply(TABLE.rename(columns={"a": "z"}))
    with pytest.raises(StudyError, match="it has 'id' beside.*leave those out") as caught:
        again.apply(TABLE.assign(id=1))
    assert len(caught.value.faults) == 1
    unnamed = FittedPreparation.of(fitted, TABLE.to_numpy("float32"))
    np.testing.assert_allclose(unnamed.apply(TABLE), expected, rtol=1e-5)
    held = unnamed.get_config()
    assert "columns" not in held["inputs"]  # so files from before names were kept are read


@pytest.mark.parametrize("pack", [list, lambda parts: dict(zip("uv", parts, strict=True))])
def test_so_they_are_of_several_inputs(pack: Any) -> None:
    fitted, names = StandardScaler().fit(TABLE.to_numpy()), ("a", "b", "c")
    plain = TABLE.to_numpy("float32")
    made = FittedPreparation.of(pack([None, fitted]), pack([plain, plain]), pack([None, names]))
    again = FittedPreparation.from_config(json.loads(json.dumps(made.get_config())))
    out = again.apply(pack([plain, TURNED]))
    last = out["v"] if isinstance(out, dict) else out[1]
    np.testing.assert_allclose(last, fitted.transform(TABLE.to_numpy()), rtol=1e-5)


def test_a_saved_model_finds_numeric_columns_by_name(tmp_path: Path) -> None:
    def build() -> keras.Model:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    data = dure.Data(TABLE, np.arange(8) % 2, prepare=QuantileTransformer(n_quantiles=4))
    lane = dure.Study(build, data).run(tmp_path / "run", progress=False).best("loss")
    model = keras.models.load_model(lane.save(tmp_path / "rows.keras"))
    assert type(model) is PreparedModel
    expected = model.predict(TABLE.to_numpy("float32"), verbose=0)
    np.testing.assert_array_equal(model.predict(TURNED, verbose=0), expected)
    found = dure.look(lane, data=data).saliency(rows=2)
    assert found["feature"].values.tolist() == ["a", "b", "c"]
