"""Test and validation parts are kept as given; only a preparation asks for its own types."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer

import dure
from dure.core.arrays import leaves, same_nesting

X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
PIXELS = np.arange(6 * 8).reshape(6, 2, 4) * 5
COUNTS = np.arange(12).reshape(6, 2)


@pytest.mark.parametrize(
    ("x", "y", "test"),
    [
        (X, Y, (X, Y.astype(float))),
        (X, Y.astype(float), (X, Y > 0)),
        (X, Y, (X, Y[:, None])),
        (pd.DataFrame(X), pd.Series(Y), (X, Y)),
        (X, {"a": Y, "b": [Y + 0.5]}, (X, {"a": Y * 1.0, "b": (Y,)})),
        ([X, COUNTS], Y, ((X, COUNTS), Y)),
        ({"a": X, "b": COUNTS}, Y, ([X, COUNTS], Y)),
        ({"a": X}, Y, ({"a": X, "more": COUNTS}, Y)),
        (COUNTS, Y, (X + 0.5, Y)),
        (X[:, 0], Y, (X[:, :1], Y)),
        (PIXELS.astype("uint8"), Y, (PIXELS.astype(float), Y)),
        (PIXELS[..., None], Y, (PIXELS[:4, :, :3], Y[:4])),
        (X, Y, (X, None)),
        (X, Y, (X,)),
        (X, [Y, X], (X, [Y, None])),
    ],
    ids=range(15),
)
def test_a_part_is_kept_as_it_is_given(x: Any, y: Any, test: Any) -> None:
    study = dure.Study(lambda: None, dure.Data(x, y, test=test), validation_data=test)
    for part in (study.data.test, study.arrays().evaluated):
        for one, made in zip((*test, None, None), part, strict=False):
            assert same_nesting(one, made) and type(one) in (type(made), pd.Series)
            for (_, given), (_, kept) in zip(leaves(one, ""), leaves(made, ""), strict=True):
                np.testing.assert_array_equal(given, kept)
                assert kept.shape == given.shape
                assert kept.dtype == ("float32" if given.dtype == float else given.dtype)


def test_inputs_alone_are_a_part_too() -> None:
    study = dure.Study(lambda: None, dure.Data(X), validation_data=X[:2])
    assert study.arrays().evaluated.x.shape == (2, 2)
    assert dure.Data(X, test=pd.DataFrame(X)).test.y is None
    with pytest.raises(dure.StudyError, match="test is a tuple of 4; pass x, "):
        dure.Data(X, Y, test=(X, Y, Y, Y))


def test_pixels_beside_fractions_are_told() -> None:
    with pytest.warns(UserWarning, match=r"test\[0\].*up to 235 .* up to 0.9.*scale both alike"):
        data = dure.Data(PIXELS / 255, Y, test=(PIXELS.astype("uint8"), Y))
    assert data.test.x.dtype == np.uint8
    dure.Data(X + 0.5, Y, test=(COUNTS, Y))


@pytest.mark.parametrize(
    ("x", "test"),
    [
        (COUNTS, X),
        (X, COUNTS),
        (X, pd.DataFrame(COUNTS)),
        (X[:, 0], X[:, :1]),
        (X[:, :1], X[:, 0]),
        ([X, X[:, :1]], (COUNTS, X[:, 0])),
    ],
    ids=range(6),
)
def test_a_preparation_is_shown_shapes_and_types_that_it_knows(x: Any, test: Any) -> None:
    nested = isinstance(x, list)
    prepare = [SimpleImputer(), SimpleImputer()] if nested else SimpleImputer()
    data = dure.Data(x, Y, test=(test, Y), prepare=prepare)
    study = dure.Study(lambda: None, data, validation_data=(test, Y))
    for other in (data.test.x, study.arrays().evaluated.x):
        for (_, one), (_, made) in zip(leaves(data.x, ""), leaves(other, ""), strict=True):
            assert made.dtype == one.dtype and made.shape == one.shape


@pytest.mark.parametrize(
    ("x", "test", "told"),
    [
        (COUNTS > 5, COUNTS, "is int64, x is bool"),
        (COUNTS, X + 0.5, "is float64, x is int64"),
        (COUNTS, X + 2.0**24, "is float64, x is int64"),  # not every one is whole as float32
        (X, X[:, :1], r"has rows of shape \(1,\), x of shape \(2,\)"),
        (X, {"a": X}, "is nested as"),
    ],
)
def test_what_a_preparation_cannot_take_is_told(x: Any, test: Any, told: str) -> None:
    with pytest.raises(dure.StudyError, match=rf"test\[0\].*{told}"):
        dure.Data(x, Y, test=(test, Y), prepare=SimpleImputer())


def test_holes_of_a_test_part_are_left_to_a_preparation() -> None:
    holes = np.where(COUNTS == 3, np.nan, COUNTS)
    data = dure.Data(COUNTS, Y, test=(holes, Y), prepare=SimpleImputer())
    assert data.prepared(range(6))[1].tolist()[1] == [2, 6]
