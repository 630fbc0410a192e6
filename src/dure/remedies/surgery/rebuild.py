"""A user's build with a cure: the same call, then surgery, under the same seed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dure.core.backend import keras
from dure.data.random_state import read_generators, write_generators
from dure.messages.message import Message
from dure.remedies.surgery.edits import ORDER, Edit
from dure.remedies.surgery.model_config import Blueprint, own_classes
from dure.remedies.surgery.score import add_score

BASELINE = "baseline"


@dataclass
class EditedModel:
    """A model after surgery.

    Attributes
    ----------
    model
        Compiled as the original was, but for what the cure changes there.
    drawing
        Its drawing; None where only compile arguments were changed, or nothing.
    original
        The drawing before the surgery; None likewise.
    compiled
        What ``compile`` was called with.
    changes
        What was done to the network, a phrase an edit.
    """

    model: keras.Model
    drawing: Blueprint | None
    original: Blueprint | None
    compiled: dict[str, Any]
    changes: list[Message] = field(default_factory=list)


def operate(
    build: Callable[..., keras.Model],
    arguments: Mapping[str, Any],
    edits: Sequence[Edit],
    score: str | None = None,
) -> EditedModel:
    """Call a build and apply edits to what it returns.

    Without edits of the network the very model that `build` made comes back, with its own first
    weights. With them the network is made anew from its edited configuration, with the random
    generators as they stood before: as if the edited network had been written down in `build`.
    First weights of layers before the first change are then those of the original for the same
    seed; behind it, layers draw in another order and have others.

    Parameters
    ----------
    score
        "loss" or "accuracy": what is measured besides, to compare cures by. None: nothing.

    Raises
    ------
    CannotEdit
        An edit has no place in this network.
    """
    before = read_generators()
    model = build(**arguments)
    # What `compile` was called with, as objects: serialised, one's own functions may be lost.
    compiled = dict(model._compile_config.config)
    compiled["optimizer"] = model.optimizer
    ordered = sorted(edits, key=lambda edit: ORDER.index(edit.stage))
    surgery = any(edit.stage != "compile" for edit in ordered)
    drawing = Blueprint.of(model) if surgery else None
    original = Blueprint.of(model) if surgery else None
    told = [edit.apply(drawing) for edit in ordered if drawing is not None]
    told += [edit.compile(compiled) for edit in ordered]
    if score is not None:
        add_score(compiled, accuracy=score == "accuracy")
    if drawing is not None:
        write_generators(before)
        model = drawing.model(own_classes(model))
        # True is what "auto" became for the original; new layers may not allow it.
        compiled["jit_compile"] = "auto" if compiled.get("jit_compile") else False
    if ordered or score is not None:
        model.compile(**compiled)
    return EditedModel(model, drawing, original, compiled, [phrase for phrase in told if phrase])


class CureBuild:
    """``build(cure=NAME)``: the original build with one of several cures; a study's `build`.

    Parameters
    ----------
    build
        The user's function.
    arguments
        What it is called with (those of the variant that is cured).
    cures
        Edits by name; "baseline" is the network as it is.
    score
        As in :func:`operate`.
    default
        The cure that a call without arguments makes.
    """

    def __init__(
        self,
        build: Callable[..., keras.Model],
        arguments: Mapping[str, Any],
        cures: Mapping[str, Sequence[Edit]],
        score: str | None = None,
        default: str = BASELINE,
    ) -> None:
        self.build = build
        self.arguments = dict(arguments)
        self.cures = {BASELINE: (), **{name: tuple(edits) for name, edits in cures.items()}}
        self.score = score
        self.default = default
        # So that manifests tell the user's own function, by name and source.
        self.__wrapped__ = build
        self.__qualname__ = getattr(build, "__qualname__", type(build).__qualname__)
        self.__signature__ = inspect.Signature(
            [inspect.Parameter("cure", inspect.Parameter.KEYWORD_ONLY, default=default)]
        )

    def __call__(self, cure: str | None = None) -> keras.Model:
        return self.edit(cure).model

    def edit(self, cure: str | None = None) -> EditedModel:
        """The network with a cure, and what was done to it."""
        edits = self.cures[self.default if cure is None else cure]
        return operate(self.build, self.arguments, edits, self.score)
