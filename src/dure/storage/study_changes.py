"""Whether a run folder's study is the one at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dure.errors import StudyChangedError


def refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Raise unless a run folder's study is the one at hand, or has some of its seeds.

    Raises
    ------
    StudyChangedError
        Names every difference, before and now.
    """
    parts = ("study", "data", "networks", "monitor")
    was, is_ = ({part: manifest.get(part) for part in parts} for manifest in (before, now))
    seeds, now_seeds = _take_seeds(was), _take_seeds(is_)
    differences = _rule_differences(before.get("sequential"), now.get("sequential"))
    if missing := [seed for seed in seeds if seed not in now_seeds]:
        differences.append(
            f"study.seeds: the folder has {len(seeds)}, the study {len(now_seeds)}, without "
            f"{_short(missing)}; a run can be given more seeds, not fewer"
        )
    differences += [d for part in parts for d in _differences(part, was[part], is_[part])]
    if differences:
        lines = "\n".join(f"  {line}" for line in differences)
        raise StudyChangedError(
            f"{folder} was made by another study, so it cannot be resumed:\n{lines}\n"
            "Run the study as it was, or choose another run folder for this one."
        )


def _take_seeds(manifest: dict[str, Any]) -> list[int]:
    """The seeds in a manifest's part "study", which is exchanged for one without them."""
    study = dict(manifest["study"] or {})
    seeds = list(study.pop("seeds", ()))
    manifest["study"] = study
    return seeds


def _rule_differences(before: Any, now: Any) -> list[str]:
    """How the rules of two studies run until decided differ, or that only one has a rule."""
    if before and not now:
        return ["until: was 'decided', is not given; its seeds are added by that rule only"]
    if now and not before:
        return ["until: was not given, is 'decided'; looks made by eye cannot be counted"]
    if not before:
        return []
    was, is_ = ({**r["rule"], "looks": r["rule"]["plan"]["looks"]} for r in (before, now))
    return [d for n in ("looks", "rope", "baseline") for d in _differences(n, was[n], is_[n])]


def _differences(path: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = sorted({*before, *now}, key=str)
        found = (_differences(f"{path}.{k}", before.get(k), now.get(k)) for k in keys)
        return [difference for part in found for difference in part]
    # A manifest read back holds lists where Python had tuples.
    same = before == now or (
        isinstance(before, Sequence) and isinstance(now, Sequence) and list(before) == list(now)
    )
    return [] if same else [f"{path}: was {_short(before)}, is {_short(now)}"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-12:]}"
