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
    (fault,) = faults_of([*"012"] * 4)
    assert "numbers written as text, such as '0'" in fault and "astype('int64')" in fault
    assert "task='classification' if they name classes" in fault


@pytest.mark.parametrize(
    ("y", "options", "names", "labels"),
    [
        (pd.Series([*"012"] * 4, dtype="category"), {}, "0 1 2", [0, 1, 2]),  # fetch_openml's
        (pd.Categorical(["1", "10", "2"] * 4), {}, "1 10 2", [0, 1, 2]),
        (["1", "10", "2"] * 4, {"class_names": ["2", "10", "1"]}, "2 10 1", [2, 1, 0]),
        (np.array(["1", "10", "2"] * 4), {"task": "classification"}, "1 2 10", [0, 2, 1]),
        (["nan", "b", "a"] * 4, {"class_names": ["a", "b", "nan"]}, "a b nan", [2, 1, 0]),
        (["None", "b", "a"] * 4, {}, "None a b", [0, 2, 1]),
    ],
)
def test_digits_are_names_where_that_is_said(
    y: Any, options: Any, names: str, labels: list[int]
) -> None:
    data = dure.Data(X, y, test=(X[:3], list(y[:3])), **options)
    assert data.class_names == tuple(names.split())
    assert data.y[:3].tolist() == data.test.y.tolist() == labels


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({0: "cat", 1: "dog", 2: "bird"}, ("cat", "dog", "bird")),
        ({np.int64(2): "bird", 1: "dog", 0: "cat"}, ("cat", "dog", "bird")),
        ({False: "cat", True: "dog", 2: "bird"}, ("cat", "dog", "bird")),
        ({"dog": 1, "bird": 2, "cat": 0}, ("cat", "dog", "bird")),  # as Keras' class_indices
        (pd.Index(["cat", "dog", "bird"]), ("cat", "dog", "bird")),
        ({"cat": 1, "dog": 2, "bird": 3}.keys(), ("cat", "dog", "bird")),
        ([7, 8, 9], ("7", "8", "9")),
        (["crane", "dog", "crane"], ("crane", "dog", "crane")),  # as in ImageNet
    ],
)
def test_class_names_come_in_an_order_or_as_a_dict(given: Any, names: tuple[str, ...]) -> None:
    assert dure.Data(X, np.arange(12) % 3, class_names=given).class_names == names


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (5, "class_names is 5; pass a list, a name for each label from 0 on"),
        ("abc", "class_names is 'abc'; pass a list"),
        ({"cat", "dog"}, "pass a list"),
        ([["cat", "dog"]], "pass a list"),
        ([], "class_names is empty"),
        ({1: "cat", 2: "dog", 3: "bird"}, "a dict gives each label from 0 to 2 its name"),
        ({"0": "cat", "1": "dog", "2": "bird"}, "a dict gives each label from 0 to 2 its name"),
    ],
)
def test_what_are_no_class_names_is_told_once(given: Any, told: str) -> None:
    (fault,) = faults_of(np.arange(12) % 3, class_names=given)
    assert told in fault


def test_names_of_a_test_part_are_read_by_the_class_names_of_labels() -> None:
    labels = np.arange(12) % 3
    names = ["dog", "cat", "bird"]
    data = dure.Data(X, labels, class_names=names, test=(X[:2], ["cat", "dog"]))
    assert data.test.y.tolist() == [1, 0]
    study = dure.Study(build, data, validation_data=(X[:2], ["bird", "dog"]))
    assert study.arrays().evaluated.y.tolist() == [2, 0]
    (fault,) = faults_of(labels, test=(X[:2], ["cat", "dog"]))
    assert "test[1] holds names of classes, such as 'cat', but y does not" in fault
    with pytest.raises(dure.StudyError, match=r"validation_data\[1\] holds names of classes"):
        dure.Study(build, dure.Data(X, labels), validation_data=(X[:2], ["cat", "dog"]))


def test_labels_of_a_test_part_beside_names_need_class_names() -> None:
    labels = np.array([1, 2, 0])
    (fault,) = faults_of(PETS, test=(X[:3], labels))
    assert "test[1] holds no names of classes, but y does" in fault
    known = dure.Data(X, PETS, class_names=["bird", "cat", "dog"], test=(X[:3], labels))
    assert known.test.y.tolist() == known.y[:3].tolist()


def test_class_names_say_that_whole_numbers_are_labels() -> None:
    few = np.arange(12) % 11
    assert dure.Data(X, few).task == "regression"
    for y in (few, few.astype(float), few[:, None]):
        named = dure.Data(X, y, class_names=[f"class {n}" for n in range(11)])
        assert named.task == "classification" and named.labels.tolist() == few.tolist()
    people = [f"person {n}" for n in few]
    assert dure.Data(X, people, class_names=sorted(set(people))).task == "classification"
    (fault,) = faults_of(X[:, 0], class_names=["a", "b"])
    assert "y holds no labels" in fault
    (fault,) = faults_of(few, class_names=["a"] * 11, task="regression")
    assert "y holds no labels" in fault


def test_columns_of_one_hot_targets_name_the_classes() -> None:
    data = dure.Data(X, pd.get_dummies(pd.Series(PETS)))
    assert data.class_names == ("bird", "cat", "dog") and data.y.shape == (12, 3)
    assert dure.Data(X, pd.DataFrame(np.eye(3)[np.arange(12) % 3])).class_names is None
    assert dure.Data(X, pd.DataFrame(X, columns=["a", "b"])).class_names is None


@pytest.mark.parametrize(
    ("y", "options", "told"),
    [
        ([None, *PETS[1:]], {}, "row 0 (counted from 0) holds None; drop such rows"),
        ([*PETS[:3], None, *PETS[4:]], {}, "row 3 (counted from 0) holds None; drop such rows"),
        (pd.Series(PETS).where(np.arange(12) != 4), {}, "row 4 (counted from 0) holds nan"),
        (PETS, {"class_names": ["cat", "dog", "brd"]}, "row 2 (counted from 0) holds 'bird'"),
        (PETS, {"class_names": ["cat", "dog", "brd"]}, "Did you mean 'brd'?"),
        (PETS, {"test": (X, ["fish", *PETS[1:]])}, "test[1] holds names of classes, but 1 row"),
        (np.array(["a", np.nan, "b"] * 4), {}, "row 1 (counted from 0) holds 'nan'; which stands"),
        (np.array(["a", "<NA>", "b"] * 4, object), {}, "stands for a missing value made text"),
        (["0", "1", "x"] * 4, {"class_names": ["0", "1"]}, "row 2 (counted from 0) holds 'x'"),
        (["0", "1"] * 6, {"class_names": ["no", "yes"]}, "np.asarray(y).astype('int64')"),
        (["a", "b"] * 6, {"class_names": ["a", "b", "a"]}, "'a', which class_names holds 2"),
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
    assert study.arrays().y.tolist() == [1, 2, 0] * 4
    assert study.arrays().evaluated.y.tolist() == [1, 2, 0]
    assert study.to_manifest()["data"]["class_names"] == ["bird", "cat", "dog"]
    with pytest.raises(dure.StudyError, match=r"validation_data\[1\] holds names.*'fish'"):
        dure.Study(build, dure.Data(X, PETS), validation_data=(X[:2], ["cat", "fish"]))


def test_fit_says_how_to_make_them_numbers() -> None:
    with pytest.raises(dure.StudyError, match=r"y holds names of classes.*pd.factorize") as caught:
        dure.fit(build(), X, PETS)
    assert len(caught.value.faults) == 1
    labels, _ = pd.factorize(np.array(PETS), sort=True)
    dure.fit(build(), X, labels, verbose=0)


def test_fit_takes_one_hot_columns() -> None:
    model = keras.Sequential([keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    hot = pd.get_dummies(pd.Series(PETS))
    dure.fit(model, X, hot, verbose=0, validation_data=(X, hot))
