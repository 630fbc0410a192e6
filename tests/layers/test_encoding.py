"""OneHot and MultiHot as ordinary Keras layers: numbers, shapes, types, files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure import StudyError
from dure.layers import MultiHot, OneHot

INTEGERS = st.lists(st.lists(st.integers(-3, 12), min_size=4, max_size=4), min_size=1, max_size=5)


def one_hot_by_hand(integers: Any, count: int) -> np.ndarray:
    found = np.zeros((*np.shape(integers), count), "float32")
    for place, number in np.ndenumerate(integers):
        if 0 <= number < count:
            found[(*place, int(number))] = 1
    return found


def multi_hot_by_hand(sequences: Any, count: int, mask_zero: bool) -> np.ndarray:
    found = np.zeros((len(sequences), count), "float32")
    for row, sequence in enumerate(sequences):
        for number in sequence:
            if (1 if mask_zero else 0) <= number < count:
                found[row, number] = 1
    return found


@settings(deadline=None, max_examples=12)
@given(INTEGERS, st.integers(1, 11))
def test_numbers_are_those_of_a_plain_loop(integers: list[list[int]], count: int) -> None:
    given = np.array(integers)
    np.testing.assert_array_equal(OneHot(count)(given), one_hot_by_hand(given, count))
    for mask_zero in (True, False):
        expected = multi_hot_by_hand(integers, count, mask_zero)
        np.testing.assert_array_equal(MultiHot(count, mask_zero)(given), expected)
    np.testing.assert_array_equal(
        OneHot(count)(given), keras.ops.one_hot(given, count), err_msg="keras.ops.one_hot"
    )


def test_numbers_are_those_of_to_categorical() -> None:
    given = np.random.default_rng(0).integers(0, 9, (5, 3, 2))
    np.testing.assert_array_equal(OneHot(9)(given), keras.utils.to_categorical(given, 9))


def test_padding_gives_what_the_unpadded_sequences_would() -> None:
    reviews = [[1, 5, 5], [7, 2, 3, 9, 1], []]
    padded = keras.utils.pad_sequences(reviews, maxlen=6)
    np.testing.assert_array_equal(MultiHot(10)(padded), multi_hot_by_hand(reviews, 10, False))


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int64", "float32"])
@pytest.mark.parametrize("layer", [OneHot, MultiHot])
def test_any_type_of_integers(layer: Any, kind: str) -> None:
    given = np.array([[1, 4, 4], [0, 2, 3]])
    np.testing.assert_array_equal(layer(5)(given.astype(kind)), layer(5)(given))


@pytest.mark.parametrize("layer", [OneHot, MultiHot])
def test_dtype_policy(layer: Any) -> None:
    made = layer(1000, dtype="mixed_bfloat16")
    got = made(np.array([[999.0, 257.0]], "float32"))  # bfloat16 has no 257
    assert got.dtype == "bfloat16" and made.compute_dtype == "bfloat16"
    assert sorted(np.argwhere(np.asarray(got, "float32"))[:, -1]) == [257, 999]


def test_shapes_are_known_beforehand() -> None:
    assert OneHot(7)(keras.Input((5,))).shape == (None, 5, 7)
    assert OneHot(7)(keras.Input((), dtype="int32")).shape == (None, 7)
    assert MultiHot(7)(keras.Input((None,), dtype="int32")).shape == (None, 7)
    assert MultiHot(7)(keras.Input((4, 5))).shape == (None, 4, 7)
    assert MultiHot(7)(np.ones((2, 4, 5), "int32")).shape == (2, 4, 7)
    assert OneHot(7).compute_output_shape((3, None)) == (3, None, 7)


@pytest.mark.parametrize("wrong", [0, -2, 2.0, True, "5", None])
@pytest.mark.parametrize("layer", [OneHot, MultiHot])
def test_a_wrong_number_of_tokens_is_refused(layer: Any, wrong: Any) -> None:
    with pytest.raises(StudyError, match=f"{layer.__name__} got num_tokens={wrong!r}"):
        layer(wrong)


LOAD = """
import json, sys
import dure
import keras, numpy as np

model = keras.models.load_model(sys.argv[1])
words = np.arange(12).reshape(2, 6) % 9
configs = [layer.get_config() for layer in model.layers if hasattr(layer, "num_tokens")]
print(json.dumps([model.predict(words, verbose=0).tolist(), configs]))
"""


def test_a_file_is_loaded_by_a_fresh_process(tmp_path: Path) -> None:
    words = keras.Input((6,))
    several = keras.layers.Dense(2)(MultiHot(9, mask_zero=False, name="several")(words))
    one = keras.layers.SimpleRNN(2)(OneHot(8, dtype="float32", name="one")(words))
    model = keras.Model(words, keras.layers.Add()([several, one]))
    model.save(tmp_path / "model.keras")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "model.keras")],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    predicted, configs = json.loads(done.stdout)
    given = np.arange(12).reshape(2, 6) % 9
    np.testing.assert_array_equal(predicted, model.predict(given, verbose=0))
    assert configs == [
        json.loads(json.dumps(layer.get_config()))
        for layer in model.layers
        if isinstance(layer, (OneHot, MultiHot))
    ]
    assert {(c["name"], c["num_tokens"], c.get("mask_zero")) for c in configs} == {
        ("several", 9, False),
        ("one", 8, None),
    }
