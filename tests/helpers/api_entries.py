"""What docs/api.md holds, from the script that makes it."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "api_page.py"

_spec = spec_from_file_location("api_page", SCRIPT)
assert _spec is not None and _spec.loader is not None
api_page = sys.modules["api_page"] = module_from_spec(_spec)
_spec.loader.exec_module(api_page)

ENTRIES = {
    entry.name: entry
    for rows in api_page.entries().values()
    for entry in rows
    if entry.thing.__module__.split(".")[0] == "dure"  # pad_sequences is Keras' own
}


def class_of(name: str) -> str:
    """The entry of the class that a method or property belongs to."""
    owner = name.rpartition(".")[0]
    return next(n for n, entry in ENTRIES.items() if entry.thing.__name__ == owner)
