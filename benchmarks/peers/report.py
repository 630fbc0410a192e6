"""What was measured, as text: tables and how Dure stands against what it is to reach."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

# To reach: times Keras on TensorFlow, times the best peer.
TARGETS: dict[str, tuple[float | None, float]] = {
    **dict.fromkeys(("rnn", "lstm", "lstm2", "gru2"), (10.0, 1.5)),
    "cnn": (None, 1.0),
    "dense": (None, 1.5),
}


def titles(record: dict[str, Any]) -> dict[str, str]:
    """Name and title of every peer measured, in their order."""
    peers = (setting["peer"] for setting in record["settings"])
    return {peer["name"]: peer["title"] for peer in peers}


def best_of(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Per peer the faster of its settings that ran."""
    best: dict[str, dict[str, Any]] = {}
    for setting in record["settings"]:
        name = setting["peer"]["name"]
        if setting["ms"] and (name not in best or setting["ms"] < best[name]["ms"]):
            best[name] = setting
    return best


def table(record: dict[str, Any]) -> str:
    """The aligned table of one workload."""
    best = best_of(record)
    dure = best.get("dure", {}).get("ms")
    head = (
        "one process",
        "two at once",
        "best",
        "/ Dure",
        "CPU ms",
        "peak MB",
        "first epoch s",
    )
    lines = [
        f"{record['title']}: {record['steps']} steps of {record['batch']}; {record['data']}",
        " " * 16 + "".join(f"{text:>14}" for text in head),
    ]
    for name, title in titles(record).items():
        ms = {s["processes"]: s["ms"] for s in record["settings"] if s["peer"]["name"] == name}
        cells = [_number(ms.get(1)), _number(ms.get(2))]
        if name in best:
            chosen = best[name]
            ratio = f"{chosen['ms'] / dure:.2f}" if dure else "-"
            cells += [_number(chosen["ms"]), ratio]
            cells += [_number(statistics.median(chosen["cpu_samples"]))]
            cells += [f"{chosen['peak_mb']:,.0f}", f"{chosen['first_epoch']:.1f}"]
        else:
            cells += ["failed", "-", "-", "-", "-"]
        lines.append(f"{title:16}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def _number(ms: float | None) -> str:
    return "-" if ms is None else f"{ms:.3g}" if ms < 100 else f"{ms:.0f}"


def verdict(record: dict[str, Any]) -> str:
    """How Dure stands against what it is to reach, in one line; '' without Dure or peers."""
    best = best_of(record)
    dure = best.pop("dure", None)
    if dure is None or not best:
        return ""
    over_tf, over_best = TARGETS[record["workload"]]
    first = min(best.values(), key=lambda setting: float(setting["ms"]))
    parts = [(f"the best peer ({first['peer']['title']})", first["ms"] / dure["ms"], over_best)]
    if over_tf is not None and "keras-tf" in best:
        parts.append(("Keras+TF", best["keras-tf"]["ms"] / dure["ms"], over_tf))
    said = [
        f"{times:.2f}x {whom} (to reach {target:g}: {'yes' if times >= target else 'NO'})"
        for whom, times, target in parts
    ]
    return "Dure is " + ", ".join(said)


def summary(records: Sequence[dict[str, Any]]) -> str:
    """All workloads in one table: the best figure of every peer, in ms per model-step."""
    names = titles(records[0])
    lines = [f"{'ms per model-step':26}" + "".join(f"{names[name]:>16}" for name in names)]
    for record in records:
        best = best_of(record)
        cells = [_number(best[name]["ms"]) if name in best else "-" for name in names]
        lines.append(f"{record['title']:26}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)
