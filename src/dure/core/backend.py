"""The one backend Dure runs on: whoever needs Keras or JAX takes them from here.

`from dure.core.backend import jax, jnp, keras` makes sure of the backend first; nothing is loaded
before it is asked for.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dure.errors import BackendError

if TYPE_CHECKING:
    import jax
    import jax.numpy as jnp
    import keras

__all__ = [
    "jax",
    "jnp",
    "keras",
    "prefer_jax_backend",
    "require_jax_backend",
    "require_one_keras",
]

_VARIABLE = "KERAS_BACKEND"
_MODULES = {"jax": "jax", "jnp": "jax.numpy", "keras": "keras"}
_HANDED_OUT: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require_jax_backend()
    return _HANDED_OUT.setdefault(name, import_module(_MODULES[name]))


def prefer_jax_backend() -> None:
    """Let a Keras that is not imported yet run on JAX, unless `KERAS_BACKEND` says otherwise.

    So that `import dure` before `import keras` is all a script needs.
    """
    if "keras" not in sys.modules and not os.environ.get(_VARIABLE):
        os.environ[_VARIABLE] = "jax"


def require_jax_backend() -> None:
    """Make sure that Keras runs, or will run, on JAX.

    An unset (or empty) `KERAS_BACKEND` is set to `jax`; the backend in `keras.json` is overridden
    by it, as Keras documents, and not read: Keras writes `tensorflow` there by itself on its first
    import.

    Raises
    ------
    BackendError
        If Keras is already imported on another backend, or `KERAS_BACKEND` names another.
    """
    # A stub or a half-imported Keras has no backend yet: then the variable still decides.
    running = sys.modules.get("keras.src.backend.config")
    if running is not None and hasattr(running, "backend"):
        name = running.backend()
        if name != "jax":
            raise BackendError(
                f"Keras is already running on the backend {name!r}; Dure runs on 'jax'. Run these "
                "two lines, then your imports from keras (not from tensorflow.keras) and your "
                "functions that build models again:\n"
                '    import keras; keras.config.set_backend("jax")\n'
                "    import keras\n"
                f"Or restart {_say_session()}, and import dure before keras."
            )
        return
    wanted = os.environ.get(_VARIABLE)
    if wanted and wanted != "jax":
        raise BackendError(
            f"{_VARIABLE} is {wanted!r}; Dure runs on 'jax'. Unset the variable, or set "
            f"{_VARIABLE}=jax; in Python, before keras is imported:\n"
            f'    import os; os.environ["{_VARIABLE}"] = "jax"'
        )
    os.environ[_VARIABLE] = "jax"


def require_one_keras() -> None:
    """Make sure that the Keras people import now is the one Dure was loaded with.

    Raises
    ------
    BackendError
        If Keras was loaded anew since, as ``keras.config.set_backend`` does: models made now are
        then of classes that Dure does not know.
    """
    running, ours = sys.modules.get("keras"), _HANDED_OUT.get("keras")
    if running is not None and ours is not None and running is not ours:
        raise BackendError(
            "Keras was loaded anew after Dure (keras.config.set_backend does that), and Dure still "
            f"has the old one. Restart {_say_session()}, and import dure before keras; do not call "
            "set_backend there."
        )


def _say_session() -> str:
    """What has to be restarted, in the words of where this runs."""
    find_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    if find_shell is not None and find_shell() is not None:
        return "the session (in Colab: Runtime, Restart session; in Jupyter: Kernel, Restart)"
    return "Python"
