"""Study: what it stands for, every fault told at once, what the engine is handed."""

import dataclasses
import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dure
from dure import Data, Study, StudyError, Variant
from dure.core.fingerprint import describe
from dure.core.types import LaneKey
from dure.experiment.validation import class_sample_weights

X = np.arange(40, dtype=np.float32).reshape(20, 2)
Y = np.arange(20) % 2


def build(cell: str = "LSTM", rate: float = 1e-3) -> Any:
    raise AssertionError("a study never builds while it is made")


def study(**changes: Any) -> Study:
    return Study(**{"build": build, "data": Data(X, Y), **changes})


def faults_of(**changes: Any) -> tuple[str, ...]:
    with pytest.raises(StudyError) as caught:
        study(**changes)
    return caught.value.faults


def the_fault_of(**changes: Any) -> str:
    faults = faults_of(**changes)
    assert len(faults) == 1, faults
    return faults[0]


# Variants


def test_without_variants_there_is_one_called_default() -> None:
    (variant,) = study().variant_list
    assert (variant.name, dict(variant.arguments)) == ("default", {})


def test_a_grid_is_the_product_in_order() -> None:
    made = study(variants={"cell": ["SimpleRNN", "LSTM"], "rate": [1e-4, 0.001]}).variant_list
    assert [variant.name for variant in made] == [
        "cell=SimpleRNN, rate=0.0001",
        "cell=SimpleRNN, rate=0.001",
        "cell=LSTM, rate=0.0001",
        "cell=LSTM, rate=0.001",
    ]
    assert made[2].arguments == {"cell": "LSTM", "rate": 1e-4}


def test_a_grid_takes_arrays_ranges_and_any_value() -> None:
    class Thing:
        pass

    made = study(
        build=lambda **anything: None,
        variants={
            "units": range(1, 3),
            "rate": np.array([0.1, 0.2]),
            "made_by": [dict],
            "thing": [Thing()],
            "none": [None],
        },
    ).variant_list
    assert made[0].name == "units=1, rate=0.1, made_by=dict, thing=Thing, none=None"
    assert isinstance(made[0].arguments["rate"], float)


def test_named_variants() -> None:
    made = study(variants={"plain": {}, "fast": {"rate": 0.1}}).variant_list
    assert [(v.name, dict(v.arguments)) for v in made] == [("plain", {}), ("fast", {"rate": 0.1})]


def test_variants_given_as_such() -> None:
    given_ones = [Variant("a", {}), Variant("b", {"rate": 1.0})]
    assert study(variants=given_ones).variant_list == tuple(given_ones)


@pytest.mark.parametrize(
    ("variants", "told"),
    [
        ({}, "variants is empty"),
        ([], "variants is empty"),
        ({"rate": []}, r"variants\['rate'\] is empty"),
        ({"rate": 0.1}, r"in a grid every value is a list: \[0.1\]"),
        ({"cell": "LSTM"}, r"in a grid every value is a list: \['LSTM'\]"),
        ({"a": {}, "rate": [1]}, r"variants\['a'\] is {}"),
        ({"rate": [1, 1]}, "2 variants are named 'rate=1'.*repeated value"),
        ([Variant("a", {}), Variant("a", {})], "2 variants are named 'a'"),
        ([Variant(" ", {})], "named ' '"),
        ([Variant("a\nb", {})], "one line"),
        ({3: {}}, "named 3"),
        ("cell", "variants is of type str"),
        ([{"rate": 1}], "variants is of type list"),
        ({"rat": [1, 2]}, r"give 'rat', which build does not take; it takes cell, rate. Did you "),
        ([Variant("a", None)], "arguments of type NoneType; pass a dict"),  # type: ignore[arg-type]
        ([Variant("a", {1: 2})], r"has arguments named \[1\]"),
    ],
)
def test_variants_that_cannot_be(variants: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(variants=variants)


def test_an_argument_unknown_to_build_is_told_once_for_all_variants() -> None:
    told = the_fault_of(variants={"cell": ["a", "b", "c", "d"], "rats": [1]})
    assert told == (
        "Variants 'cell=a, rats=1', 'cell=b, rats=1' and 2 more give 'rats', which build does not "
        "take; it takes cell, rate. Did you mean 'rate'?"
    )


def test_an_argument_build_needs_is_told() -> None:
    def needs(units: int, rate: float = 1.0) -> None: ...

    assert "variant 'default' does not give" in the_fault_of(build=needs)
    study(build=needs, variants={"units": [1]})
    study(build=functools.partial(needs, units=3))
    study(build=lambda **anything: None, variants={"whatever": [1]})


@pytest.mark.parametrize("bad", [None, 3, "build"])
def test_build_must_be_callable(bad: Any) -> None:
    assert "pass a function" in the_fault_of(build=bad)


def test_build_must_not_be_a_model() -> None:
    import keras

    assert "build is a model" in the_fault_of(build=keras.Sequential())


def test_build_must_take_arguments_by_name() -> None:
    def by_position(units: int, /) -> None: ...

    assert "by position only" in the_fault_of(build=by_position)


# Seeds, folds and lanes


def test_a_number_of_seeds_counts_from_0() -> None:
    assert study(seeds=3).seed_list == (0, 1, 2)
    assert study(seeds=[7, 2**32 - 1]).seed_list == (7, 2**32 - 1)
    assert study(seeds=np.arange(2)).seed_list == (0, 1)
    assert all(type(seed) is int for seed in study(seeds=np.arange(2)).seed_list)


@pytest.mark.parametrize("seeds", [0, -1, True, 1.5, "3", [], [1, 1], [-1], [2**32], [0.5], None])
def test_seeds_that_cannot_be(seeds: Any) -> None:
    assert "seed" in the_fault_of(seeds=seeds)


def test_lanes_run_through_variants_seeds_folds() -> None:
    made = study(variants={"a": {}, "b": {}}, seeds=[5, 3], folds=2)
    assert made.lanes == tuple(
        LaneKey(variant, seed, fold) for variant in "ab" for seed in (5, 3) for fold in (1, 2)
    )


def test_folds_are_stratified_for_classes_and_plain_otherwise() -> None:
    uneven = np.array([0] * 16 + [1] * 4)
    for split in study(data=Data(X, uneven), folds=4).splits:
        assert np.bincount(uneven[split.validation]).tolist() == [4, 1]
    plain = study(data=Data(X, uneven, task="regression"), folds=4).splits
    assert any(np.bincount(uneven[s.validation], minlength=2)[1] != 1 for s in plain)
    assert len(study(data=Data(X, [Y, Y]), folds=4).splits) == 4
    assert len(study(data=Data(X), folds=20).splits) == 20


@pytest.mark.parametrize(
    ("folds", "told"),
    [
        (1, "from 2 on"),
        (2.0, "from 2 on"),
        (True, "from 2 on"),
        (-3, "from 2 on"),
        (21, "there are 20 rows; pass at most 20"),
        (11, "class 0 has 10, class 1 has 10 of the 20 rows; every class needs"),
    ],
)
def test_folds_that_cannot_be(folds: Any, told: str) -> None:
    assert told in the_fault_of(folds=folds)


@pytest.mark.parametrize("split", [-0.1, 1, 1.0, 2, "0.2", True, None, float("nan")])
def test_validation_splits_that_cannot_be(split: Any) -> None:
    assert "validation_split is" in the_fault_of(validation_split=split)


def test_a_validation_split_must_leave_rows_on_both_sides() -> None:
    assert "no row to train on of 20" in the_fault_of(validation_split=0.99)
    assert "no row to validate on" in the_fault_of(validation_split=1e-17)


def test_only_one_way_to_validate() -> None:
    told = the_fault_of(folds=2, validation_split=0.5, validation_data=(X, Y))
    assert told.startswith("folds and validation_split and validation_data came together")


def test_splits_hold_out_the_last_rows() -> None:
    (split,) = study(validation_split=0.25).splits
    assert split.train.tolist() == list(range(15))
    assert split.validation.tolist() == list(range(15, 20))
    (whole,) = study().splits
    assert whole.validation is None


# Arguments of fit


@pytest.mark.parametrize("name", ["epochs", "batch_size", "validation_batch_size"])
@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True])
def test_counts_are_whole_numbers_from_1(name: str, value: Any) -> None:
    assert the_fault_of(**{name: value}) == (f"{name} is {value!r}; pass a whole number from 1 on.")


@pytest.mark.parametrize("value", [0, -2, 1.5, [], [0], [1, 2.5], "all", None])
def test_validation_freq_that_cannot_be(value: Any) -> None:
    assert "validation_freq is" in the_fault_of(validation_freq=value)


def test_validation_freq_may_be_a_list_of_epochs() -> None:
    assert study(validation_freq=(1, 5, np.int64(10))).validation_freq == [1, 5, 10]
    assert study(validation_freq=np.int64(2)).validation_freq == 2


@pytest.mark.parametrize("value", ["rows", 1, None])
def test_shuffle_is_true_or_false(value: Any) -> None:
    assert "shuffle is" in the_fault_of(shuffle=value)


def test_callbacks_are_instances_in_a_list() -> None:
    import keras

    stopping = keras.callbacks.EarlyStopping()
    assert study(callbacks=[stopping]).callbacks == (stopping,)
    assert study(callbacks=None).callbacks == ()
    assert "pass a list" in the_fault_of(callbacks=stopping)
    told = the_fault_of(callbacks=[keras.callbacks.EarlyStopping])
    assert "is the class EarlyStopping; pass an instance: EarlyStopping(...)" in told
    assert "callbacks[1] is of type str" in the_fault_of(callbacks=[stopping, "early"])


@pytest.mark.parametrize(
    "name", ["", " ", "..", "a/b", "a\\b", "a:b", "a\nb", ".hidden", "end.", "x" * 101, None, 3]
)
def test_names_that_cannot_name_a_folder(name: Any) -> None:
    assert "name" in the_fault_of(name=name)


@pytest.mark.parametrize("name", ["study", "두레 1", "a.b-c_d", "LSTM (8)"])
def test_names_that_can(name: str) -> None:
    assert study(name=name).name == name


def test_data_must_be_data() -> None:
    assert the_fault_of(data=(X, Y)).startswith("data is of type tuple; pass dure.Data(x, y), or ")


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(StudyError) as caught:
        Study(
            3,  # type: ignore[arg-type]
            Data(X, Y),
            variants={"rate": 0.1},
            seeds=-1,
            folds=1,
            validation_data=(X[:, :0], Y),
            epochs=0,
            batch_size=0,
            callbacks=[3],
            shuffle="no",  # type: ignore[arg-type]
            class_weight={5: -1.0},
            validation_freq=0,
            validation_batch_size=0,
            name="a/b",
        )
    faults, text = caught.value.faults, str(caught.value)
    for word in (
        "build",
        "variants",
        "seeds",
        "folds",
        "validation_data[0]",
        "epochs",
        "batch_size",
        "callbacks[0]",
        "shuffle",
        "class_weight[5]",
        "class_weight names [5]",
        "validation_freq",
        "validation_batch_size",
        "name",
        "folds and validation_data",
    ):
        assert any(fault.startswith(word) for fault in faults), word
    assert text.startswith(f"{len(faults)} things are wrong with this study:\n  1. ")


# Class weights


@pytest.mark.parametrize(
    ("class_weight", "told"),
    [
        ({}, "class_weight is {}"),
        ([1, 2], r"pass a dict"),
        ({0: "much"}, r"class_weight\[0\] is 'much'"),
        ({0: -1}, r"class_weight\[0\] is -1"),
        ({0: float("nan")}, r"class_weight\[0\] is nan"),
        ({2: 1.0}, r"names \[2\]; the classes of y are whole numbers from 0 to 1"),
        ({"benign": 1.0}, r"names \['benign'\]"),
    ],
)
def test_class_weights_that_cannot_be(class_weight: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(class_weight=class_weight)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (Data(X, Y, sample_weight=np.ones(20)), "Keras takes one of them"),
        (Data(X, [Y, Y]), "single output"),
        (Data(X), "single output"),
        (Data(X, Y + 0.5), "y holds fractions"),
        (Data(X, np.ones((20, 3, 2))), "one label a row"),
    ],
)
def test_data_that_take_no_class_weights(data: Data, told: str) -> None:
    assert told in the_fault_of(data=data, class_weight={0: 1.0})


Targets = st.sampled_from(["integers", "column", "one_hot", "binary", "whole_floats"])


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.dictionaries(st.integers(0, 4), st.floats(0, 10), min_size=1),
    Targets,
)
def test_class_weights_weigh_rows_as_in_keras(
    labels: list[int], class_weight: dict[int, float], how: str
) -> None:
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    y = np.asarray(labels)
    shaped: dict[str, Callable[[], np.ndarray]] = {
        "integers": lambda: y,
        "column": lambda: y[:, None],
        "one_hot": lambda: np.eye(5, dtype=np.float32)[y],
        "binary": lambda: (y > 2).astype(np.float32),
        "whole_floats": lambda: y.astype(np.float32),
    }
    target = shaped[how]()
    ours = class_sample_weights(target, class_weight)
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, class_weight_to_sample_weights(target, class_weight))


def test_class_weights_weigh_training_rows_only() -> None:
    arrays = study(class_weight={1: 3.0}, validation_split=0.25).arrays()
    np.testing.assert_array_equal(arrays.train_weight, np.where(Y == 1, 3, 1))
    assert arrays.validation_weight is None
    extra = study(class_weight={1: 3.0}, validation_data=(X[:4], Y[:4], np.full(4, 0.5))).arrays()
    np.testing.assert_array_equal(extra.train_weight, np.where(Y == 1, 3, 1))
    np.testing.assert_array_equal(extra.evaluated.weight, [0.5] * 4)


# What the engine is handed


def test_arrays_are_the_datas_own_where_nothing_is_added() -> None:
    data = Data(X, Y, sample_weight=np.arange(20.0))
    made = study(data=data, validation_split=0.5)
    arrays = made.arrays()
    assert arrays.x is data.x
    assert arrays.y is data.y
    assert arrays.train_weight is arrays.validation_weight is data.sample_weight
    assert made.arrays() is arrays
    assert made.fold_arrays(made.splits[0]) is arrays
    assert study(data=data).arrays().validation_weight is None
    assert study().arrays().train_weight is None


def test_validation_data_are_apart_from_the_training_rows() -> None:
    validation = (X[:5] + 100, 1 - Y[:5])
    made = study(validation_data=validation)
    (split,), arrays = made.splits, made.arrays()
    assert split.train.tolist() == list(range(20))
    assert split.validation.tolist() == list(range(5))
    assert arrays.x is made.data.x and arrays.y is made.data.y
    assert arrays.train_weight is arrays.validation_weight is None
    np.testing.assert_array_equal(arrays.evaluated.x, X[:5] + 100)
    np.testing.assert_array_equal(arrays.evaluated.y, 1 - Y[:5])
    assert made.validation_data is validation
    held_out = study(validation_split=0.25).arrays()
    assert held_out.apart is None and held_out.evaluated.x is held_out.x


def test_weights_of_one_side_leave_the_other_at_1() -> None:
    weighted = Data(X, Y, sample_weight=np.full(20, 2.0))
    one = study(data=weighted, validation_data=(X[:3], Y[:3])).arrays()
    assert one.train_weight.tolist() == [2] * 20
    assert one.validation_weight is one.evaluated.weight is None
    other = study(validation_data=(X[:3], Y[:3], np.full(3, 0.5))).arrays()
    assert other.train_weight is None
    assert other.evaluated.weight.tolist() == [0.5] * 3


def test_one_weight_serves_all_outputs() -> None:
    data = Data({"a": X, "b": X[:, :1]}, [Y, X], sample_weight=np.arange(20.0))
    extra = ({"a": X[:2], "b": X[:2, :1]}, [Y[:2], X[:2]], np.ones((2, 1)))
    arrays = study(data=data, validation_data=extra).arrays()
    assert [leaf.shape for leaf in arrays.train_weight] == [(20,), (20,)]
    assert [leaf.shape for leaf in arrays.evaluated.weight] == [(2, 1), (2, 1)]


def test_splits_with_validation_data_are_numbered_on_in_the_manifest() -> None:
    """As in run folders from before validation rows were held apart."""
    apart = study(validation_data=(X[:5], Y[:5])).to_manifest()["study"]["splits"]
    joined = study(data=Data(X, Y).take([*range(20), *range(5)]), validation_split=0.2)
    assert apart == joined.to_manifest()["study"]["splits"]


@pytest.mark.parametrize(
    ("validation_data", "told"),
    [
        ((X, Y, Y, Y), "validation_data is a tuple of 4; pass x, "),
        ("rows", "validation_data is of type str"),
        ((X, Y[:3]), r"rows disagree: validation_data\[0\] has 20, validation_data\[1\] has 3"),
    ],
)
def test_validation_data_that_do_not_fit(validation_data: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(validation_data=validation_data)


def test_folds_of_whole_numbers_ask_first_whether_they_are_classes() -> None:
    x, ages = np.zeros((40, 2)), np.arange(40) % 19
    ages[0] = 30
    with pytest.raises(StudyError, match=r"read as classes.*class 30 has 1.*numbers to predict"):
        study(data=Data(x, ages), folds=2)
    assert len(study(data=Data(x, ages, task="regression"), folds=2).splits) == 2
    names = [f"class {n}" for n in range(31)]
    for data in (Data(x, ages, class_names=names), Data(x, np.arange(40) % 2)):
        with pytest.raises(StudyError, match=r"every class needs a row in each fold") as caught:
            study(data=data, folds=30)
        assert "numbers to predict" not in str(caught.value)


def _scaled(x: np.ndarray, train: np.ndarray) -> np.ndarray:
    return (x - x[train].mean(axis=0)) / x[train].std(axis=0)


def test_preparation_is_fitted_inside_each_fold() -> None:
    from sklearn.preprocessing import StandardScaler

    x = np.random.default_rng(0).normal(5, 3, size=(20, 2)).astype(np.float32)
    data = Data(x, Y, test=(x[:4] + 1, Y[:4], np.arange(4.0)), prepare=StandardScaler())
    made = study(data=data, folds=3)
    for split in made.splits:
        arrays, test = made.fold_arrays(split), made.test_arrays(split)
        np.testing.assert_allclose(arrays.x, _scaled(x, split.train), atol=1e-5)
        mean, spread = x[split.train].mean(axis=0), x[split.train].std(axis=0)
        np.testing.assert_allclose(test.x, (x[:4] + 1 - mean) / spread, atol=1e-5)
        assert arrays.y is data.y
        assert test.train_weight is None
        assert test.validation_weight.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(made.arrays().x, x)


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(0, 100))
def test_no_validation_row_ever_touches_the_preparation(folds: int, seed: int) -> None:
    """Changing every validation row changes no prepared training row, to the bit."""
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(seed)
    x = random.normal(size=(20, 2)).astype(np.float32)
    for split in study(data=Data(x, Y), folds=folds).splits:
        other = x.copy()
        other[split.validation] = random.normal(50, 9, size=(len(split.validation), 2))
        prepared = [
            study(data=Data(rows, Y, prepare=StandardScaler()), folds=folds).fold_arrays(split)
            for rows in (x, other)
        ]
        np.testing.assert_array_equal(prepared[0].x[split.train], prepared[1].x[split.train])


def test_validation_data_are_prepared_but_not_fitted_on() -> None:
    from sklearn.preprocessing import StandardScaler

    made = study(data=Data(X, Y, prepare=StandardScaler()), validation_data=(X[:4] + 100, Y[:4]))
    arrays = made.fold_arrays(made.splits[0])
    for made_of, x in ((arrays, X), (arrays.evaluated, X[:4] + 100)):
        expected = (x - X.mean(axis=0)) / X.std(axis=0)
        np.testing.assert_allclose(made_of.x, expected, atol=1e-5)


def test_the_test_part_without_preparation_is_as_given() -> None:
    data = Data(X, Y, test=(X[:3], Y[:3]))
    arrays = study(data=data).test_arrays(study(data=data).splits[0])
    assert arrays.x is data.test.x
    assert arrays.validation_weight is None
    assert study().test_arrays(study().splits[0]) is None


# Manifest


def test_the_manifest_says_everything_in_json() -> None:
    import keras

    made = study(
        data=Data(X, Y, class_names=["a", "b"], source="here", excerpt=True),
        variants={"rate": [0.1, 0.2]},
        seeds=[4, 5],
        folds=2,
        epochs=7,
        callbacks=[keras.callbacks.EarlyStopping(patience=3)],
        class_weight={1: 2.0},
    )
    manifest = made.to_manifest()
    assert json.loads(json.dumps(manifest, allow_nan=False)) == manifest
    told = manifest["study"]
    assert told["variants"] == {"rate=0.1": {"rate": 0.1}, "rate=0.2": {"rate": 0.2}}
    assert (told["seeds"], told["folds"], told["epochs"], told["batch_size"]) == ([4, 5], 2, 7, 32)
    assert told["build"]["name"] == "build"
    assert len(told["build"]["sha256"]) == 64
    assert told["callbacks"][0]["class"] == "EarlyStopping"
    assert told["callbacks"][0]["config"]["patience"] == 3
    assert told["class_weight"] == {"1": 2.0}
    assert manifest["data"] == {
        "fingerprint": made.data.fingerprint,
        "rows": 20,
        "kind": "tabular",
        "task": "classification",
        "source": "here",
        "excerpt": True,
        "class_names": ["a", "b"],
        "prepare": None,
    }


def test_the_same_study_has_the_same_manifest_and_another_has_not() -> None:
    import keras
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    def with_patience(patience: int) -> list[Any]:
        return [keras.callbacks.EarlyStopping(patience=patience)]

    changes: list[dict[str, Any]] = [
        {},
        {"build": lambda cell="", rate=0: None},
        {"variants": {"rate": [1]}},
        {"variants": {"rate": [2]}},
        {"seeds": 2},
        {"folds": 2},
        {"folds": 3},
        {"validation_split": 0.5},
        {"validation_data": (X, Y)},
        {"validation_data": (X, 1 - Y)},
        {"epochs": 2},
        {"batch_size": 8},
        {"callbacks": with_patience(3)},
        {"callbacks": with_patience(4)},
        {"shuffle": False},
        {"class_weight": {0: 2.0}},
        {"validation_freq": 2},
        {"validation_batch_size": 8},
        {"data": Data(X + 1, Y)},
        {"data": Data(X, Y, prepare=StandardScaler())},
        {"data": Data(X, Y, prepare=MinMaxScaler())},
        {"data": Data(X, Y, prepare=MinMaxScaler((0, 2)))},
    ]
    told = [json.dumps(study(**change).to_manifest()) for change in changes]
    assert len(set(told)) == len(told)
    assert told == [json.dumps(study(**change).to_manifest()) for change in changes]


def test_a_validation_part_that_the_preparation_fills_is_in_the_manifest() -> None:
    from sklearn.impute import SimpleImputer

    x = X.copy()
    x[0, 0] = np.nan
    made = study(data=Data(x, Y, prepare=SimpleImputer()), validation_data=(x, Y))
    assert len(made.to_manifest()["study"]["validation_data"]) == 64


def test_values_are_described_without_addresses_or_counters() -> None:
    import keras

    class Plain:
        def __init__(self, size: int) -> None:
            self._size = size

    assert describe(Plain(3)) == describe(Plain(3)) != describe(Plain(4))
    assert describe(keras.layers.Dense(3)) == describe(keras.layers.Dense(3))
    assert describe(keras.layers.Dense(3)) != describe(keras.layers.Dense(4))
    assert describe(np.float32(0.5)) == 0.5
    assert describe(float("nan")) == "nan"
    assert describe(np.arange(3)) != describe(np.arange(3) + 1)
    assert describe({"b": (1, 2)}) == {"b": [1, 2]}
    assert describe({3, 1}) == [1, 3]
    assert describe(functools.partial(build, rate=1))["keywords"] == {"rate": 1}
    assert describe(keras.layers.LSTM)["name"] == "LSTM"
    assert describe(len) == {"name": "len", "sha256": None}


# The rest


def test_a_study_is_frozen_and_short_to_print() -> None:
    made = study(variants={"rate": [1, 2]}, seeds=10, folds=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.epochs = 3  # type: ignore[misc]
    assert repr(made) == (
        "Study('study': 2 variants x 10 seeds x 5 folds = 100 lanes, "
        "Data(x=float32[20, 2], y=int64[20], classification))"
    )


def test_dataclasses_replace_makes_another_study() -> None:
    made = dataclasses.replace(study(variants={"rate": [1, 2]}), seeds=3)
    assert len(made.lanes) == 6


def test_public_names_are_these_classes() -> None:
    assert dure.Study is Study
    assert issubclass(StudyError, ValueError)
