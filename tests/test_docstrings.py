"""The examples in the docstrings of everything public run and give what they show.

Those of `FIRST` make a study and train it; every other example goes on from them, and that of a
method from that of its class. So nothing is trained twice.
"""

from __future__ import annotations

import doctest
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import dure
from helpers.api_entries import ENTRIES, class_of

Names = dict[str, Any]

FIRST = (
    "dure.Study",
    "Study.run",
    "Study.learning_curve",
    "Study.capacity",
    "Study.cure",
    "dure.look",
)
DOWNLOADED = ("dure.data.mnist", "dure.data.fashion_mnist", "dure.data.imdb", "dure.data.reuters")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_example(name: str, names: Names) -> Names:
    """The names after the example of an entry has run; fails where it shows something else."""
    docstring = ENTRIES[name].thing.__doc__
    test = doctest.DocTestParser().get_doctest(docstring, dict(names), name, None, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)
    return dict(test.globs)


@pytest.fixture(scope="session")
def names_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Names]:
    """The names that an entry's example can use."""
    folder: Path = tmp_path_factory.mktemp("examples")
    first: Names = {"dure": dure, "keras": keras, "np": np, "pd": pd, "folder": folder}
    for name in FIRST:
        first = run_example(name, first)
    of_class: dict[str, Names] = {}

    def names(name: str) -> Names:
        if ENTRIES[name].kind in ("class", "function"):
            return first
        owner = class_of(name)
        if owner in FIRST:
            return first
        if owner not in of_class:
            of_class[owner] = run_example(owner, first)
        return of_class[owner]

    return names


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if ">>> " in e.thing.__doc__])
def test_the_example_runs(name: str, names_of: Callable[[str], Names]) -> None:
    if name in DOWNLOADED and "DURE_DATA" not in os.environ:
        pytest.skip("needs the excerpts of the folder DURE_DATA, or a network")
    if name not in FIRST:
        run_example(name, names_of(name))
