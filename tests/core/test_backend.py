"""The one backend: set where nothing is said, one clear error where another is."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from dure.core.backend import require_jax_backend
from dure.errors import BackendError


@pytest.fixture
def without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "keras"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("value", [None, "", "jax"])
def test_sets_the_variable_where_nothing_else_is_said(
    value: str | None, monkeypatch: pytest.MonkeyPatch, without_keras: None
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")  # so that whatever is set is put back
    if value is None:
        monkeypatch.delenv("KERAS_BACKEND")
    else:
        monkeypatch.setenv("KERAS_BACKEND", value)
    require_jax_backend()
    assert os.environ["KERAS_BACKEND"] == "jax"


def test_refuses_another_backend_in_the_variable(
    monkeypatch: pytest.MonkeyPatch, without_keras: None
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(BackendError, match=r"'tensorflow'.*'jax'.*KERAS_BACKEND=jax"):
        require_jax_backend()
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_refuses_a_keras_that_runs_on_another_backend(
    monkeypatch: pytest.MonkeyPatch, without_keras: None
) -> None:
    running = SimpleNamespace(backend=lambda: "torch")
    monkeypatch.setitem(sys.modules, "keras.src.backend.config", running)
    with pytest.raises(BackendError, match=r"already running.*'torch'.*'jax'"):
        require_jax_backend()


def test_a_running_keras_on_jax_is_right_whatever_the_variable_says_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    assert keras.config.backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    require_jax_backend()


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"} | environment
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_importing_dure_first_is_enough_for_keras_to_run_on_jax() -> None:
    done = _python("import dure, keras; print(keras.config.backend())")
    assert done.stdout.strip() == "jax", done.stderr


def test_importing_dure_leaves_another_choice_alone() -> None:
    done = _python("import dure, os; print(os.environ['KERAS_BACKEND'])", KERAS_BACKEND="torch")
    assert done.stdout.strip() == "torch", done.stderr


def test_keras_found_running_on_another_backend_in_a_real_process() -> None:
    done = _python(
        "import keras\n"
        "from dure.core.backend import require_jax_backend\n"
        "from dure import BackendError\n"
        "try: require_jax_backend()\n"
        "except BackendError as error: print(error)",
        KERAS_BACKEND="numpy",
    )
    assert "already running on the backend 'numpy'" in done.stdout, done.stderr
