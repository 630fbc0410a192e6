"""Importing is cheap: what is not used is not loaded."""

import json
import os
import subprocess
import sys

import pytest

import dure

HEAVY = {"jax", "keras", "pandas", "matplotlib", "xarray", "sklearn", "scipy", "numpy", "rich"}


def _loaded_by(code: str) -> set[str]:
    """Top-level modules a fresh Python holds after running the code."""
    report = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", report],
        env={k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_import_dure_loads_nothing_heavy() -> None:
    assert not _loaded_by("import dure") & HEAVY


def test_errors_are_cheap() -> None:
    assert not _loaded_by("from dure import StudyError, BackendError, RunFolderError") & HEAVY


def test_reading_results_loads_neither_jax_nor_keras() -> None:
    loaded = _loaded_by(
        "import dure; dure.load; dure.Result; import dure.storage.store, dure.results.run_result"
    )
    assert not loaded & {"jax", "keras", "sklearn", "matplotlib"}


def test_making_a_study_loads_neither_jax_nor_keras() -> None:
    code = (
        "import dure\n"
        "data = dure.data.digits()\n"
        "print(dure.Study(lambda: None, data, seeds=3, validation_split=0.2))"
    )
    assert not _loaded_by(code) & {"jax", "keras", "matplotlib"}


@pytest.mark.parametrize("name", dure.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(dure, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Studdy'"):
        dure.Studdy  # noqa: B018


def test_dir_is_the_public_names() -> None:
    assert dir(dure) == sorted(dure.__all__)


def test_version_agrees_with_the_installed_package() -> None:
    from importlib.metadata import version

    assert version("dure") == dure.__version__
