"""Runs rows of the gallery in quick mode."""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dure.gallery.index import find_row
from dure.gallery.page import VERDICT, RowPage

needs_excerpts = pytest.mark.skipif(
    not Path(os.environ.get("DURE_DATA") or "/nowhere").is_dir(),
    reason="needs the excerpts in DURE_DATA",
)


def run_quick(name: str, folder: Path) -> dict[str, Any]:
    """Run a row in quick mode into this folder; its verdict, whose pictures must exist."""
    row = find_row(name)
    page = RowPage(folder, quick=True, progress=False, row=row)
    import_module(row.module).show(page)
    page.close(row)
    verdict = json.loads((folder / VERDICT).read_text(encoding="utf-8"))
    assert verdict["lines"] and all((folder / name).is_file() for name in verdict["pictures"])
    return verdict
