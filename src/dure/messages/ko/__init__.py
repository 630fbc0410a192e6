"""Korean: every English template of Dure with its Korean one, a file for each part that speaks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

_PARTS = (
    "counts",
    "comparison",
    "overfitting",
    "health",
    "findings",
    "cures",
    "commands",
    "lens",
    "lens_charts",
    "page",
    "study",
    "chrome",
    "gallery_titles",
    "gallery_a",
    "gallery_b",
    "gallery_c",
    "gallery_d",
    "gallery_e",
)


def parts() -> dict[str, Mapping[str, str]]:
    """The catalogues by name."""
    return {part: import_module(f"dure.messages.ko.{part}").TEXTS for part in _PARTS}


KOREAN: Mapping[str, str] = {
    template: text for part in parts().values() for template, text in part.items()
}
