"""Korean: every English template of Dure with its Korean one, a file for each part that speaks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

_PARTS = (
    *("counts", "comparison", "overfitting", "health", "findings", "cures"),
    *("lens", "page", "study", "gallery_a", "gallery_b", "gallery_c", "gallery_d", "gallery_e"),
)


def _merged() -> Mapping[str, str]:
    whole: dict[str, str] = {}
    for part in _PARTS:
        own: Mapping[str, str] = import_module(f"dure.languages.ko.{part}").TEXTS
        twice = {
            template for template in own if whole.get(template, own[template]) != own[template]
        }
        if twice:
            raise ValueError(f"two translations, the second in {part}: {sorted(twice)}")
        whole |= own
    return whole


KOREAN = _merged()
