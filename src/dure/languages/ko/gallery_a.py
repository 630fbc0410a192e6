"""Korean for TODO."""

from __future__ import annotations

TEXTS: dict[str, str] = {}
