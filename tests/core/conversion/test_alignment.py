"""Test and validation parts become of training's types where no value changes, else it is told."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer

import dure
from dure.core.arrays import leaves

X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
PIXELS = np.arange(6 * 8).reshape(6, 2, 4) * 5
COUNTS = np.arange(12).reshape(6, 2)


@pytest.mark.parametrize(
    ("x", "y", "test"),
    [
        (X, Y, (X, Y.astype(float))),
        (X, Y.astype(float), (X, Y)),
        (X, Y > 0, (X, Y)),
        (X, Y, (X, Y > 0)),
        (X, Y.astype(float), (X, Y > 0)),
        (X, Y, (X, Y[:, None])),
        (X, Y[:, None], (X, Y)),
        (X, pd.Series(Y), (X, Y)),
        (pd.DataFrame(X), pd.Series(Y), (X, Y)),
        (X, {"a": Y, "b": [Y + 0.5]}, (X, {"a": Y * 1.0, "b": (Y,)})),
        (X, Y, (COUNTS, Y)),
        (COUNTS, Y, (X, Y)),
        (X[:, 0], Y, (X[:, :1], Y)),
        (X[:, :1], Y, (X[:, 0], Y)),
        (PIXELS.astype("uint8"), Y, (PIXELS.astype(float), Y)),
        (PIXELS / 1.0, Y, (PIXELS.astype("uint8"), Y)),
        (PIXELS[..., None], Y, (PIXELS, Y)),
        (X + 0.5, Y, (COUNTS, Y)),
    ],
    ids=range(18),
)
def test_a_test_part_becomes_of_the_types_of_training(x: Any, y: Any, test: Any) -> None:
    data = dure.Data(x, y, test=test)
    study = dure.Study(lambda: None, data, validation_data=test)
    joined = study.arrays()
    for own, made in ((data.x, joined.x), (data.y, joined.y)):
        for (_, one), (_, other) in zip(leaves(own, ""), leaves(made, ""), strict=True):
            assert one.dtype == other.dtype
            assert other.shape == (2 * len(one), *one.shape[1:])
    for (_, one), (_, made) in zip(leaves(test, ""), leaves(data.test[:2], ""), strict=True):
        np.testing.assert_array_equal(np.ravel(one), np.ravel(made))


@pytest.mark.parametrize(
    ("x", "test", "told"),
    [
        (PIXELS.astype("uint8"), PIXELS / 255, "is float32, x is uint8"),
        (PIXELS / 255, PIXELS.astype("uint8"), "numbers up to 235 .* fractions up to 0.9.* alike"),
        (COUNTS > 5, COUNTS, "is int64, x is bool"),
        (COUNTS, X + 0.5, "is float32, x is int64"),
        (COUNTS, X + 2.0**24, "is float32, x is int64"),  # not every one is whole as float32
        (COUNTS.astype("uint8"), X - 3, "is float32, x is uint8"),
    ],
)
def test_a_test_part_whose_values_would_change_is_told(x: Any, test: Any, told: str) -> None:
    with pytest.raises(dure.StudyError, match=rf"test\[0\].*{told}"):
        dure.Data(x, Y, test=(test, Y))


def test_holes_of_a_test_part_are_left_to_a_preparation() -> None:
    holes = np.where(COUNTS == 3, np.nan, COUNTS)
    data = dure.Data(COUNTS, Y, test=(holes, Y), prepare=SimpleImputer())
    assert data.prepared(range(6))[1].tolist()[1] == [2, 6]
    with pytest.raises(dure.StudyError, match="is float64, x is int64"):
        dure.Data(COUNTS, Y, test=(holes + 0.5, Y), prepare=SimpleImputer())
