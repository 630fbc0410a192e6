"""The one backend: set where nothing is said, one clear error where another is."""

import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from dure.core import backend
from dure.core.backend import require_jax_backend, require_one_keras
from dure.errors import BackendError
from helpers.fresh_process import run_fresh


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


_ON_ANOTHER = """
import os, sys, types, warnings
tensorflow = types.ModuleType("tensorflow")  # as a notebook's host has imported it
tensorflow.executing_eagerly = lambda: True
tensorflow.random = types.SimpleNamespace(set_seed=lambda seed: None)  # Keras seeds it, too
sys.modules["tensorflow"] = tensorflow
os.environ["KERAS_BACKEND"] = "numpy"
import keras
import dure
try:
    dure.fit
except dure.BackendError as error:
    told = str(error)
warnings.simplefilter("ignore")
exec("\\n".join(line.strip() for line in told.splitlines() if line.startswith("    ")))
assert keras.config.backend() == "jax"
"""


def test_two_lines_of_the_message_are_enough_where_keras_runs_on_another_backend() -> None:
    train = """
assert any("OneHot" in name for name in keras.saving.get_custom_objects())
from keras import layers
import numpy as np
model = keras.Sequential([dure.layers.OneHot(3), layers.Flatten(), layers.Dense(1)])
model.compile("sgd", "mse")
x = np.arange(40, dtype="int32").reshape(20, 2) % 3
history = dure.fit(model, x, x[:, :1] * 0.5, verbose=0).history
print(len(told.splitlines()), list(history))
"""
    assert run_fresh(_ON_ANOTHER + train) == "4 ['loss']\n"


def test_an_imported_tensorflow_alone_does_not_matter() -> None:
    code = """
import sys, types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
sys.modules["tensorflow"].executing_eagerly = lambda: True
sys.modules["tensorflow"].random = types.SimpleNamespace(set_seed=lambda seed: None)
import dure, keras, numpy as np
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
print(list(dure.fit(model, np.ones((4, 2)), np.ones(4), verbose=0).history))
"""
    assert run_fresh(code) == "['loss']\n"


def test_the_line_of_the_message_is_enough_where_the_variable_names_another(
    monkeypatch: pytest.MonkeyPatch, without_keras: None
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(BackendError) as caught:
        require_jax_backend()
    exec(str(caught.value).splitlines()[-1].strip(), {})
    require_jax_backend()


def test_a_keras_loaded_anew_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = backend.keras
    require_one_keras()
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    assert backend.keras is ours
    with pytest.raises(BackendError, match=r"loaded anew.*Restart Python"):
        require_one_keras()


def test_in_a_notebook_it_is_the_session_that_is_restarted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell = SimpleNamespace(get_ipython=lambda: object())
    running = SimpleNamespace(backend=lambda: "tensorflow")
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "keras.src.backend.config", running)
    with pytest.raises(BackendError, match=r"restart the session \(in Colab: Runtime"):
        require_jax_backend()
