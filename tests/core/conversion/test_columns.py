"""Columns of tables are found by name: in test and validation parts, inputs and targets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import StandardScaler

import dure
from dure.core.conversion.columns import column_names

TABLE = pd.DataFrame({"a": np.arange(8.0), "b": 100 - np.arange(8.0), "c": np.arange(8) % 3})
TURNED = TABLE[["c", "a", "b"]]
PLAIN = TABLE.to_numpy("float32")
Y = np.arange(8) % 2


def faults_of(*args: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(*args, **options)
    return caught.value.faults


def study(data: dure.Data, validation: Any) -> dure.Study:
    return dure.Study(lambda: None, data, validation_data=validation)


@pytest.mark.parametrize(
    ("x", "other"),
    [
        (TABLE, TURNED),
        (TABLE, TABLE),
        (TABLE.astype(object), TURNED.astype({"b": int})),
        (TABLE, PLAIN),
        (TABLE, pd.DataFrame(PLAIN)),
        (pd.DataFrame(PLAIN), TABLE),
        (PLAIN, TABLE),
        (TABLE.rename(columns={"a": 0}), TURNED.rename(columns={"a": "0"})),  # as out of a CSV
        (pd.DataFrame(PLAIN), pd.DataFrame(PLAIN)[[2, 0, 1]]),
        (TABLE.set_axis([*"abb"], axis=1), TABLE.set_axis([*"abb"], axis=1)),
    ],
    ids=range(10),
)
def test_columns_are_found_by_name(x: Any, other: Any) -> None:
    data = dure.Data(x, Y, test=(other, Y))
    np.testing.assert_array_equal(data.test.x, PLAIN)
    np.testing.assert_array_equal(study(data, (other, Y)).arrays().evaluated.x, PLAIN)
    taken = dure.Data(x, Y).take(slice(4))
    np.testing.assert_array_equal(study(taken, (other, Y)).arrays().evaluated.x, PLAIN)


def test_so_they_are_with_a_preparation_and_several_inputs() -> None:
    for prepare in (StandardScaler(), make_column_transformer((StandardScaler(), ["b", "a"]))):
        data = dure.Data(TABLE, Y, test=(TURNED, Y), prepare=prepare)
        x, test_x = data.prepared(range(8))
        np.testing.assert_array_equal(x, test_x)
        np.testing.assert_array_equal(study(data, (TURNED, Y)).arrays().evaluated.x, PLAIN[:, :3])
    for pack in (list, tuple, lambda parts: dict(zip("uv", parts, strict=True))):
        parts, turned = pack([PLAIN[:, 0], TABLE]), pack([PLAIN[:, 0], TURNED])
        data = dure.Data(parts, Y, test=(turned, Y), prepare=pack([None, StandardScaler()]))
        for x in (data.test.x, study(data, (turned, Y)).arrays().evaluated.x):
            last = x["v"] if isinstance(x, dict) else x[1]
            np.testing.assert_array_equal(last, PLAIN)


def test_so_they_are_in_targets() -> None:
    numbers = dure.Data(PLAIN, TABLE, test=(PLAIN, TURNED))
    np.testing.assert_array_equal(numbers.test.y, PLAIN)
    hot = pd.get_dummies(pd.Series([*"kmkn"] * 2))
    data = dure.Data(PLAIN, hot, test=(PLAIN, hot[["n", "k", "m"]]))
    np.testing.assert_array_equal(data.test.y, hot)
    made = study(data, (PLAIN, hot[["m", "n", "k"]])).arrays()
    np.testing.assert_array_equal(made.evaluated.y, hot)
    other = hot.set_axis([*"kmz"], axis=1)
    (fault,) = faults_of(PLAIN, hot, test=(PLAIN, other))
    assert "test[1] has other columns than y: it lacks 'n' and has 'z' beside" in fault
    with pytest.raises(dure.StudyError, match=r"validation_data\[1\] has other columns than y"):
        study(data, (PLAIN, other))
    called = dure.Data(PLAIN, hot, class_names=["kiwi", "melon", "nut"])
    np.testing.assert_array_equal(study(called, (PLAIN, hot)).arrays().evaluated.y, hot)


def test_other_columns_are_told_with_what_mends_them() -> None:
    towns = pd.get_dummies(pd.DataFrame({"n": np.arange(8.0), "town": [*"PQRS"] * 2}))
    other = pd.get_dummies(pd.DataFrame({"n": np.arange(8.0), "town": [*"PQRZ"] * 2}))
    (fault,) = faults_of(towns, Y, test=(other, Y))
    assert "test[0] has other columns than x: it lacks 'town_S' and has 'town_Z' beside" in fault
    cure = "test[0].reindex(columns=x.columns, fill_value=0)"
    assert cure in fault and "test[0].set_axis(x.columns, axis=1)" in fault
    mended = eval(cure, {"test": (other,), "x": towns})
    assert dure.Data(towns, Y, test=(mended, Y)).test.x[:, 4].tolist() == [0] * 8
    fewer = other.drop(columns="town_Z")
    (fault,) = faults_of({"t": towns}, Y, test=({"t": fewer}, Y))
    assert "test[0]['t'] has other columns than x['t']: it lacks 'town_S'. " in fault
    assert "reindex(columns=x['t'].columns" in fault and "set_axis" not in fault
    (fault,) = faults_of(TABLE, Y, test=(TABLE.assign(id=1), Y))
    assert "it has 'id' beside. Columns are matched by name; leave those out." in fault
    (fault,) = faults_of(TABLE, Y, test=(TABLE.rename(columns={"a": "aa"}), Y))
    assert "Did you mean 'aa'?" in fault
    doubled = TABLE.set_axis([*"abb"], axis=1)
    (fault,) = faults_of(doubled, Y, test=(doubled.iloc[:, ::-1], Y))
    assert "in another order, and more than one is called 'b'" in fault
    with pytest.raises(dure.StudyError, match=r"validation_data\[0\] has other columns than x"):
        study(dure.Data(towns, Y), (other, Y))
    one = dure.Data(TABLE[["a"]], Y, test=(TABLE[["b"]].rename(columns={"b": "size"}), Y))
    assert one.test.x.shape == (8, 1)


def test_what_has_no_names_has_none() -> None:
    rows = [[1, 2], [3, 4]]
    for tree in (PLAIN, rows, [PLAIN, rows], {"a": PLAIN}, pd.Series(rows), pd.DataFrame(PLAIN)):
        assert column_names(tree) is None
    assert column_names([PLAIN, TABLE]) == (None, ("a", "b", "c"))
