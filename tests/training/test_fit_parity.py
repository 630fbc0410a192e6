"""`dure.fit` against Keras' own `fit`: same start, same order of batches, same numbers."""

import pytest

import dure
from oracles.parity import CASES, compare


@pytest.mark.parametrize("name", CASES)
def test_same_numbers_as_keras(name: str) -> None:
    deviation = compare(CASES[name], dure.fit)
    assert deviation.one_step < 1e-6
    assert deviation.epochs < 1e-4
    assert deviation.curves < 1e-4
