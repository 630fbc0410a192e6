"""Which weights train: set when a model is compiled, and not to be changed once it has trained."""

from __future__ import annotations

from typing import Any

from dure.core.formatting import join_first
from dure.errors import StudyError
from dure.keras_bridge.model_state import is_keras_own


def find_trainable_faults(model: Any) -> list[str]:
    """What is wrong if other weights train than the optimizer has kept its state for.

    Keras ends in an error of its optimizer then, or, where as many weights were frozen as set
    free, goes on with the state of other weights. A training step of the model's own may hand the
    optimizer whatever weights it likes.
    """
    if not is_keras_own(model.train_step):
        return []
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    known = getattr(optimizer, "_trainable_variables", None)
    if not getattr(optimizer, "built", False) or known is None or not model.built:
        return []
    if [id(v) for v in known] == [id(v) for v in model.trainable_variables]:
        return []
    return [_say_change(model)]


def check_trainable(model: Any) -> None:
    """Refuse what :func:`find_trainable_faults` finds, such as a callback that freezes a layer.

    Raises
    ------
    StudyError
        With the layers that changed.
    """
    found = find_trainable_faults(model)
    if found:
        raise StudyError(
            f"{found[0]} A callback cannot change it while the model trains, in Keras neither: "
            "train twice, and compile in between."
        )


def _say_change(model: Any) -> str:
    at_compile = getattr(model, "_compiled_trainable_state", {})
    frozen: list[str] = []
    freed: list[str] = []
    for layer in model._flatten_layers():
        before = at_compile.get(layer, layer.trainable)
        if layer is not model and before != layer.trainable:
            (freed if layer.trainable else frozen).append(repr(layer.name))
    told = [
        f"{join_first(names, 5)} {'is' if len(names) == 1 else 'are'} {state}"
        for names, state in ((frozen, "frozen"), (freed, "set free"))
        if names
    ]
    if not told:
        return (
            f"the optimizer of model {model.name!r} has the state of other weights than those that "
            "train now (of another model, or of layers since exchanged); call model.compile with a "
            "new optimizer."
        )
    return (
        f"which layers of model {model.name!r} train has changed since it was compiled and "
        f"trained: {' and '.join(told)} now, and its optimizer has the state of the weights "
        "before. Call model.compile(...) again after changing layer.trainable."
    )
