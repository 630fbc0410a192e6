"""Everything a document says, and documents of many kinds of runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import dure
from dure.blocks.content import Document
from dure.core.types import FirstNan, Status
from dure.messages.message import Message
from dure.report.document import document
from helpers.big_runs import made_run

HOSTILE = ("<b>&amp;</b>", "a\"b'c {x} %s", "변형 \\n 하나", "{0}")
"""Names that would break a page or a format that took them for its own."""
NAN = Status("diverged", 4, FirstNan(4, 2, "dense", "gradient"))
FAILED = Status("failed", reason="ValueError: <no> {shape}")


def all_said(found: Any) -> Iterator[Message]:
    """Every text of a document, a section or a block, those inside others too."""
    if isinstance(found, Message):
        yield found
    elif isinstance(found, (tuple, list)):
        for item in found:
            yield from all_said(item)
    elif is_dataclass(found) and not isinstance(found, type):
        for field in fields(found):
            yield from all_said(getattr(found, field.name))


def documents(folder: Path) -> dict[str, Document]:
    """Documents of all kinds of runs, by what is special about them."""
    one = made_run(folder / "one", ["a", "b"], range(8), name="first")
    other = made_run(folder / "other", ["b", "c"], range(8), name="second", step=0.1)
    half = made_run(
        folder / "half",
        seeds=range(3),
        ends={0: Status("finished"), 1: Status("running"), 4: Status("waiting"), 5: NAN},
        reached={1: 5, 5: 4},
    )
    runs: dict[str, dict[str, Any]] = {
        "plain": {},
        "one variant": {"variants": ["only"]},
        "one lane": {"seeds": [0]},
        "one lane, one variant": {"variants": ["only"], "seeds": [0], "test": False},
        "one lane, three variants": {"variants": ["a", "b", "c"], "seeds": [0], "step": -0.1},
        "three variants": {"variants": ["a", "b", "c"], "seeds": range(10), "step": 0.02},
        "no validation": {"validation": False},
        "regression": {"classes": False, "variants": ["a", "b", "c"], "seeds": range(9)},
        "folds": {"seeds": [0], "folds": 5},
        "seeds and folds": {"seeds": range(4), "folds": 3},
        "lost": {"ends": {0: NAN, 1: NAN, 7: FAILED}, "reached": {0: 4, 1: 4, 7: 3}},
        "all lost": {"seeds": [0, 1], "ends": dict.fromkeys(range(4), NAN)},
        "nothing yet": {"ends": dict.fromkeys(range(12), Status("waiting"))},
        "hostile": {"variants": HOSTILE, "name": HOSTILE[0], "layers": HOSTILE},
        "many": {"variants": [f"v{n}" for n in range(14)], "seeds": range(7)},
        "long": {"epochs": 2500, "seeds": range(3)},
        "python": {"manifest": {"source": None, "command": ["<script>.py"]}},
        "bare": {"manifest": {"facts": {}, "data": {}, "versions": {}}, "layers": ()},
    }
    made = {
        kind: document(dure.load(made_run(folder / str(place), **given)))
        for place, (kind, given) in enumerate(runs.items())
    }
    made["half-way"] = document(dure.load(half))
    made["two"] = document(dure.load(one), dure.load(other))
    made["two half-way"] = document(dure.load(one), dure.load(half))
    made["baseline"] = document(dure.load(folder / "5"), baseline="b", rope=0.05)
    made["accuracy"] = document(dure.load(one), metric="val_accuracy")
    return made
