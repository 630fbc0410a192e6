"""Activations of older Kerases."""

import keras
import numpy as np

from dure.layers.activations import hard_sigmoid_of_keras_2


def test_the_hard_sigmoid_of_keras_2_is_another_function_than_todays() -> None:
    x = np.array([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0], np.float32)
    np.testing.assert_allclose(hard_sigmoid_of_keras_2(x), [0, 0, 0.3, 0.5, 0.7, 1, 1], atol=1e-6)
    assert np.abs(keras.activations.hard_sigmoid(x) - hard_sigmoid_of_keras_2(x)).max() > 0.03
