"""Tables with a preparation: scikit-learn sees the DataFrame it would see without Dure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import dure
from dure.data.tables import TableTransformer
from dure.errors import StudyError
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from helpers.fresh_process import run_fresh

ROWS = 30
PEOPLE = pd.DataFrame(
    {
        "age": np.linspace(18, 70, ROWS),
        "sex": ["f", "m", None] * 10,
        "city": pd.Categorical(["Seoul", "Busan", "Jeju", "Seoul", "Seoul"] * 6),
        "smokes": [True, False] * 15,
    }
)
PEOPLE.loc[4, "age"] = np.nan
Y = np.arange(ROWS) % 2
HOT = OneHotEncoder(handle_unknown="ignore")
FILLED = make_pipeline(SimpleImputer(), StandardScaler())
BY_NAME = make_column_transformer((FILLED, ["age"]), (HOT, ["sex", "city"]))


def dense(made: Any) -> Any:
    return np.asarray(made.todense() if hasattr(made, "todense") else made, np.float32)


@pytest.mark.parametrize(
    "transformer",
    [
        BY_NAME,
        make_column_transformer((FILLED, [0]), (HOT, [1, 2]), remainder="passthrough"),
        make_column_transformer(
            (FILLED, make_column_selector(dtype_include=np.number)),
            (HOT, make_column_selector(dtype_include=object)),
        ),
        make_pipeline(BY_NAME, StandardScaler(with_mean=False)),
        HOT,
    ],
    ids=["names", "places", "kinds", "inside a pipeline", "whole"],
)
def test_transformers_see_the_table(transformer: Any) -> None:
    plain = PEOPLE.astype({"sex": object, "city": object, "smokes": np.float64})
    plain["sex"] = plain["sex"].where(plain["sex"].notna(), np.nan)
    data = dure.Data(PEOPLE, Y, prepare=transformer, test=(PEOPLE[::-1], Y))
    x, test_x = data.prepared(np.arange(20))
    expected = transformer.fit(plain[:20])
    np.testing.assert_allclose(x, dense(expected.transform(plain)), rtol=1e-6)
    np.testing.assert_allclose(test_x, x[::-1], rtol=1e-6)
    assert data.kind == "tabular" and repr(data).startswith("Data(x=table[30, 4], ")
    assert data.nbytes > 0 and data.take([0, 2]).x.shape == (2, 4)
    assert data.fingerprint != dure.Data(PEOPLE[::-1], Y, prepare=transformer).fingerprint
    assert PEOPLE.columns.tolist() == ["age", "sex", "city", "smokes"]


def test_only_what_needs_a_table_is_shown_one() -> None:
    numbers = pd.DataFrame({"a": np.arange(6.0), "b": 1.5})
    assert type(dure.Data(numbers, prepare=StandardScaler()).prepare) is StandardScaler
    named = dure.Data(numbers, prepare=make_column_transformer((StandardScaler(), ["a"])))
    assert type(named.prepare) is TableTransformer and named.x.dtype == np.float64
    texts = dure.Data(np.array([["a", "b"], ["c", "b"]]), prepare=OrdinalEncoder())
    np.testing.assert_array_equal(texts.prepared([0, 1])[0], [[0, 0], [1, 0]])
    words = dure.data.TextToSequences(num_words=5, maxlen=2)
    assert dure.Data(["a film", "a book"], prepare=words).kind == "text"


def build() -> keras.Model:
    model = keras.Sequential([keras.Input((7,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


_FRESH = """
import sys, dure, keras, pandas as pd
model = keras.models.load_model(sys.argv[1])
people = pd.read_csv(sys.argv[2])
print(*model.predict(people[people.columns[::-1]], verbose=0).ravel().tolist())
"""


def test_a_saved_model_finds_columns_by_name(tmp_path: Path) -> None:
    people = PEOPLE.drop(columns="smokes")
    data = dure.Data(people, Y, prepare=BY_NAME)
    study = dure.Study(build, data, validation_data=(people[:9], Y[:9]), epochs=2)
    result = study.run(tmp_path / "run", progress=False)
    lane = result.best()
    rows = data.prepared(np.arange(ROWS))[0]
    expected = lane.network().predict(rows, verbose=0).ravel()
    path = lane.save(tmp_path / "people.keras")
    people.to_csv(tmp_path / "people.csv", index=False)
    said = run_fresh(_FRESH, path, tmp_path / "people.csv")
    np.testing.assert_allclose([float(one) for one in said.split()], expected, rtol=1e-5)

    model = lane.model()
    assert type(model) is PreparedModel
    lists = people.astype(object).where(people.notna(), None).to_numpy().tolist()
    np.testing.assert_allclose(model.predict(lists, verbose=0).ravel(), expected, rtol=1e-5)
    with pytest.raises(StudyError, match=r"lacks columns of training: 'sex', 'city'\."):
        model.predict(people[["age"]], verbose=0)
    with pytest.raises(StudyError, match=r"'age'.*30 cells that are no numbers, .*row 0 .*: 'x'"):
        model.predict(people.assign(age="x"), verbose=0)
    with pytest.raises(StudyError, match=r"'city'\] holds dates"):
        model.predict(people.assign(city=pd.Timestamp("2024-01-01")), verbose=0)
    with pytest.raises(StudyError, match="has 2 columns; pass 3: age, sex, city"):
        model.predict([["f", 3]], verbose=0)
    found = dure.look(lane, data=data).predictions()
    assert found.sizes["row"] == ROWS


def test_columns_of_numbers_are_found_by_name_too(tmp_path: Path) -> None:
    numbers = pd.DataFrame({"a": np.arange(30.0), "b": 1.5, "c": np.arange(30.0) ** 2})
    prepare = make_column_transformer((StandardScaler(), ["c", "a"]), remainder="passthrough")
    data = dure.Data(numbers, Y, prepare=prepare)

    def small() -> keras.Model:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    lane = dure.Study(small, data).run(tmp_path / "run", progress=False).best("loss")
    model = lane.model()
    expected = lane.network().predict(data.prepared(np.arange(30))[0], verbose=0)
    for same in (numbers, numbers[["c", "b", "a"]], data.x):
        np.testing.assert_allclose(model.predict(same, verbose=0), expected, atol=1e-5)


def test_columns_that_come_twice_are_refused() -> None:
    doubled = PEOPLE[["age", "sex", "sex"]]
    with pytest.raises(StudyError, match="x has columns twice: 'sex'"):
        dure.Data(doubled, Y, prepare=HOT)
