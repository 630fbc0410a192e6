"""`dure.fit` against Keras' own `fit`: same start, same order of batches, same numbers."""

import pytest

import dure
from oracles.networks.arithmetic import ARITHMETIC
from oracles.parity import ALLOWED, compare


@pytest.mark.parametrize("name", ARITHMETIC)
def test_same_numbers_as_keras(name: str) -> None:
    deviation = compare(ARITHMETIC[name], dure.fit)
    assert all(found < most for found, most in zip(deviation, ALLOWED, strict=True)), deviation
