"""Keras classes and functions of ours, known to `keras.models.load_model` after `import dure`.

Keras finds a class that is not its own only among those registered, that is, whose module has
been imported; it never imports a module named in a file. And `import dure` does not load Keras.
So ours are imported when Keras is.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

MODULES = (
    "dure.layers",
    "dure.keras_bridge.preparation.prepared_model",
    "dure.gallery.shared.steps",
    "dure.remedies.surgery.score",
)
"""Where those stand that saved models may hold."""


def register_with_keras() -> None:
    """Import `MODULES` now if Keras runs on JAX, else right after it was imported so."""
    watched = any(isinstance(finder, _KerasFinder) for finder in sys.meta_path)
    if not _register() and not watched:
        sys.meta_path.insert(0, _KerasFinder())


def _register() -> bool:
    """Import `MODULES` if Keras is loaded on JAX; whether it was."""
    # On another backend `import keras` must succeed too; a stub of Keras has no backend.
    backend = getattr(sys.modules.get("keras.src.backend.config"), "backend", None)
    if "keras" not in sys.modules or backend is None or backend() != "jax":
        return False
    for name in MODULES:
        import_module(name)
    return True


class _KerasFinder:
    """Sees Keras being imported, lets it happen as ever, and registers after it."""

    def __init__(self) -> None:
        self._asking_others = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras" or self._asking_others:
            return None
        self._asking_others = True
        try:
            spec = find_spec(name)
        finally:
            self._asking_others = False
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_and_register(module: ModuleType) -> None:
            load(module)
            if _register():
                sys.meta_path.remove(self)

        # A spec may be asked for without an import, and Keras may first run on another backend
        # (keras.config.set_backend imports it again): so this finder stays until it runs on JAX.
        spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec
