"""Names of classes as targets: labels in their order, and what cannot be one is told by row."""

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import dure

X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
PETS = ["cat", "dog", "bird"] * 4


def faults_of(y: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(X, y, **options)
    return caught.value.faults


@pytest.mark.parametrize(
    "y",
    [
        PETS,
        tuple(PETS),
        np.array(PETS),
        np.array(PETS, dtype=object),
        np.array(PETS)[:, None],
        pd.Series(PETS),
        pd.Series(PETS, dtype=object),
        pd.DataFrame({"pet": PETS}),
        pd.Categorical(PETS),
        [f" {pet} " for pet in PETS],
    ],
    ids=range(10),
)
def test_names_become_labels_in_sorted_order(y: Any) -> None:
    data = dure.Data(X, y, test=(X, y))
    assert data.class_names == ("bird", "cat", "dog")
    assert data.y.tolist() == [1, 2, 0] * 4
    assert data.y.dtype == np.int64
    assert data.test.y.tolist() == [1, 2, 0] * 4
    assert data.task == "classification"
    assert data.take([0, 2]).class_names == data.class_names


def test_categories_and_class_names_keep_their_order() -> None:
    sizes = ["small", "large", "medium"] * 4
    order = ["small", "medium", "large", "never"]
    ordered = pd.Series(pd.Categorical(sizes, categories=order))
    assert dure.Data(X, ordered).class_names == ("small", "medium", "large")
    data = dure.Data(X, sizes, class_names=order)
    assert data.class_names == tuple(order)
    assert data.y.tolist() == [0, 2, 1] * 4


def test_numbers_stay_what_fit_takes() -> None:
    for y in (np.arange(12) % 3, np.arange(12) % 2 > 0, pd.Series(np.arange(12) % 2), X[:, 0]):
        assert dure.Data(X, y).class_names is None
    digits = pd.Series([*"012"] * 4, dtype="category")  # as fetch_openml gives them
    (fault,) = faults_of(digits)
    assert "numbers written as text, such as '0'" in fault and "astype('int64')" in fault


@pytest.mark.parametrize(
    ("y", "options", "told"),
    [
        ([None, *PETS[1:]], {}, "row 0 (counted from 0) holds None; drop such rows"),
        ([*PETS[:3], None, *PETS[4:]], {}, "row 3 (counted from 0) holds None; drop such rows"),
        (pd.Series(PETS).where(np.arange(12) != 4), {}, "row 4 (counted from 0) holds nan"),
        (PETS, {"class_names": ["cat", "dog", "brd"]}, "row 2 (counted from 0) holds 'bird'"),
        (PETS, {"class_names": ["cat", "dog", "brd"]}, "Did you mean 'brd'?"),
        (PETS, {"test": (X, ["fish", *PETS[1:]])}, "test[1] holds names of classes, but 1 row"),
        (PETS, {"task": "regression"}, "task is 'regression', but y holds text"),
        ([f"text {n}" for n in range(12)], {}, "y holds 12 different texts in 12 rows"),
        (["1.5", "2.5"] * 6, {}, "numbers written as text, such as '1.5'"),
        (np.array([PETS, PETS]).T, {}, "y holds text, such as 'cat'; pass numbers"),
        ({"pet": PETS}, {}, "labels, names = pd.factorize(y['pet'], sort=True)"),
    ],
)
def test_what_is_no_name_is_told(y: Any, options: dict[str, Any], told: str) -> None:
    assert told in " ".join(faults_of(y, **options))


def build() -> keras.Model:
    model = keras.Sequential([keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_a_study_names_its_classes_and_validates_by_name() -> None:
    study = dure.Study(build, dure.Data(X, PETS), validation_data=(X[:3], PETS[:3]))
    assert study.arrays().y.tolist() == [1, 2, 0] * 5
    assert study.to_manifest()["data"]["class_names"] == ["bird", "cat", "dog"]
    with pytest.raises(dure.StudyError, match=r"validation_data\[1\] holds names.*'fish'"):
        dure.Study(build, dure.Data(X, PETS), validation_data=(X[:2], ["cat", "fish"]))


def test_fit_says_how_to_make_them_numbers() -> None:
    with pytest.raises(dure.StudyError, match=r"y holds names of classes.*pd.factorize") as caught:
        dure.fit(build(), X, PETS)
    assert len(caught.value.faults) == 1
    labels, _ = pd.factorize(np.array(PETS), sort=True)
    dure.fit(build(), X, labels, verbose=0)
